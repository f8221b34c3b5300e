//! What operators see and do.

use crate::agency_world::accept;
use crate::world::{World, id, reason, step};
use livshandelse_proto::v1 as pb;
use tonic::{Code, Status};

#[tokio::test]
async fn an_incident_is_listed_mended_and_gone() {
    let world = World::start().await;
    world.agencies.answer(|_| Err(Status::unimplemented("no such step here")));
    let case = world.file().await;
    world.until(&case.name, |case| step(case, "pregnancy-certificate").incident_open).await;
    let list =
        |agency: &str| pb::ListIncidentsRequest { agency: agency.to_owned(), ..pb::ListIncidentsRequest::default() };
    let listed = world.operations().list_incidents(list("agencies/region-05")).await.unwrap().into_inner().incidents;
    assert_eq!((listed.len(), listed[0].reason.as_str(), listed[0].attempt), (1, "undelivered-refused", 1));
    assert!(listed[0].text.contains("RetryStep") && listed[0].task.starts_with("agencies/region-05/tasks/"));
    assert!(
        world.operations().list_incidents(list("agencies/region-01")).await.unwrap().into_inner().incidents.is_empty()
    );

    world.agencies.answer(accept);
    let retry = pb::RetryStepRequest { name: listed[0].step.clone(), request_id: id() };
    let retried = world.operations().retry_step(retry.clone()).await.unwrap().into_inner();
    assert_eq!(world.operations().retry_step(retry).await.unwrap().into_inner(), retried, "a repeat gets the same");
    world.until(&case.name, |case| step(case, "pregnancy-certificate").arrive_time.is_some()).await;
    assert!(world.operations().list_incidents(list("")).await.unwrap().into_inner().incidents.is_empty());
    let needless = pb::RetryStepRequest { name: listed[0].step.clone(), request_id: id() };
    let status = world.operations().retry_step(needless).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NO_INCIDENT"));
}

#[tokio::test]
async fn a_step_is_handed_to_its_agencys_inbox() {
    let world = World::start().await;
    world.agencies.answer(|_| Err(Status::unimplemented("no such step here")));
    let case = world.file().await;
    world.until(&case.name, |case| step(case, "pregnancy-certificate").incident_open).await;
    let name = format!("{}/steps/pregnancy-certificate", case.name);
    let handed = pb::HandToInboxRequest { name: name.clone(), request_id: id() };
    world.operations().hand_to_inbox(handed).await.unwrap();
    let shown = world.until(&case.name, |case| !step(case, "pregnancy-certificate").incident_open).await;
    assert!(step(&shown, "pregnancy-certificate").arrive_time.is_some());
    let nowhere = pb::HandToInboxRequest { name: format!("{}/steps/moon", case.name), request_id: id() };
    assert_eq!(world.operations().hand_to_inbox(nowhere).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn time_is_moved_forward_and_never_back() {
    let world = World::start().await;
    let case = world.file().await;
    world.until(&case.name, |case| step(case, "pregnancy-certificate").arrive_time.is_some()).await;
    let told = loop {
        let told =
            world.operations().advance_time(pb::AdvanceTimeRequest { civil_time: None }).await.unwrap().into_inner();
        if told.idle {
            break told;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(told.civil_time, Some(world.now()));
    let next = told.next_time.unwrap();
    let moved =
        world.operations().advance_time(pb::AdvanceTimeRequest { civil_time: Some(next) }).await.unwrap().into_inner();
    assert_eq!(moved.civil_time, Some(next));
    let back = pb::AdvanceTimeRequest { civil_time: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }) };
    let status = world.operations().advance_time(back).await.unwrap_err();
    assert_eq!(crate::world::wrong_fields(&status), ["civil_time"]);
}

#[tokio::test]
async fn the_topology_tells_how_the_service_stands_and_a_drain_is_passed_on() {
    let world = World::start().await;
    world.file().await;
    let topology = world.operations().get_topology(pb::GetTopologyRequest {}).await.unwrap().into_inner();
    assert_eq!((topology.state(), topology.clock_source()), (pb::ServiceState::Serving, pb::ClockSource::TimeLapse));
    assert_eq!((topology.counts.unwrap().open_case_count, topology.store.as_str()), (1, "memory"));
    assert_eq!(topology.revisions, ["lifeEvents/first-child/revisions/3"]);
    let mut requested = world.api.drain_requested();
    world.operations().drain(pb::DrainRequest::default()).await.unwrap();
    assert!(requested.wait_for(Option::is_some).await.is_ok());
}

#[tokio::test]
async fn only_operators_operate() {
    let world = World::start().await;
    for actor in ["agency:region-05", "person:199309172386"] {
        let mut client = livshandelse_proto::v1::operations_service_client::OperationsServiceClient::with_interceptor(
            world.agency.clone(),
            crate::world::actor(actor),
        );
        let status = client.get_topology(pb::GetTopologyRequest {}).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_ALLOWED"));
        let retry = pb::RetryStepRequest {
            name: "cases/case_00000000000000000000000000/steps/name.1".to_owned(),
            request_id: id(),
        };
        assert_eq!(client.retry_step(retry).await.unwrap_err().code(), Code::PermissionDenied);
    }
}
