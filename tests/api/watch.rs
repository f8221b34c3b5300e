//! Following cases: the whole first, then what changes.

use crate::world::{APPLICANT, CO_PARTY, STRANGER, World, id, step};
use livshandelse_api::Limits;
use livshandelse_api::stack::Origins;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::case_update::Content;
use std::time::Duration;
use tonic::{Code, Status, Streaming};

fn watch(case: &pb::Case, after_sequence: u64) -> pb::WatchCaseRequest {
    pb::WatchCaseRequest { name: case.name.clone(), after_sequence, language_code: String::new() }
}

async fn next(stream: &mut Streaming<pb::CaseUpdate>) -> Result<Option<pb::CaseUpdate>, Status> {
    tokio::time::timeout(Duration::from_secs(20), stream.message()).await.expect("nothing comes")
}

#[tokio::test]
async fn a_watcher_gets_the_whole_case_and_then_each_changed_step() {
    let world = World::start().await;
    let case = world.file().await;
    world.until(&case.name, |case| step(case, "pregnancy-certificate").arrive_time.is_some()).await;
    let mut stream = world.cases(APPLICANT).watch_case(watch(&case, 0)).await.unwrap().into_inner();
    let first = next(&mut stream).await.unwrap().unwrap();
    let Some(Content::Case(mut known)) = first.content else { panic!("{first:?}") };
    world.enrol(&case).await;
    let now = world.get(APPLICANT, &case.name).await.unwrap();
    while known.sequence < now.sequence {
        let update = next(&mut stream).await.unwrap().unwrap();
        let Some(Content::Change(change)) = update.content else { panic!("{update:?}") };
        assert!(change.steps.len() < now.steps.len(), "only what has changed");
        let steps = std::mem::take(&mut known.steps);
        known = change.case.unwrap();
        known.steps = steps;
        for step in change.steps {
            match known.steps.iter_mut().find(|known| known.name == step.name) {
                Some(known) => *known = step,
                None => known.steps.push(step),
            }
        }
    }
    assert_eq!(known, now, "what a watcher has put together is the case");
}

#[tokio::test]
async fn a_watcher_resumes_where_it_was() {
    let world = World::start().await;
    let case = world.file().await;
    let now = world.until(&case.name, |case| step(case, "pregnancy-certificate").arrive_time.is_some()).await;
    let mut current = world.cases(APPLICANT).watch_case(watch(&case, now.sequence)).await.unwrap().into_inner();
    let mut behind = world.cases(APPLICANT).watch_case(watch(&case, now.sequence - 1)).await.unwrap().into_inner();
    let update = next(&mut behind).await.unwrap().unwrap();
    assert!(matches!(update.content, Some(Content::Case(_))));
    world.enrol(&case).await;
    let update = next(&mut current).await.unwrap().unwrap();
    assert!(matches!(update.content, Some(Content::Change(_))) && update.sequence > now.sequence);
}

#[tokio::test]
async fn a_stream_ends_with_its_case() {
    let world = World::start().await;
    let case = world.file().await;
    let mut stream = world.cases(APPLICANT).watch_case(watch(&case, 0)).await.unwrap().into_inner();
    let request =
        pb::WithdrawCaseRequest { name: case.name.clone(), request_id: id(), ..pb::WithdrawCaseRequest::default() };
    world.cases(APPLICANT).withdraw_case(request).await.unwrap();
    let mut last = None;
    while let Some(update) = next(&mut stream).await.unwrap() {
        last = Some(update);
    }
    let Some(Content::Change(change)) = last.unwrap().content else { panic!("the last is a change") };
    assert_eq!(change.case.unwrap().state(), pb::CaseState::Ended);
}

#[tokio::test]
async fn silence_is_broken_by_a_heartbeat() {
    let limits = Limits { heartbeat_interval: Duration::from_millis(20), ..Limits::default() };
    let world = World::with(limits, Origins::default()).await;
    let case = world.file().await;
    let now = world.until(&case.name, |case| step(case, "pregnancy-certificate").arrive_time.is_some()).await;
    let mut stream = world.cases(APPLICANT).watch_case(watch(&case, now.sequence)).await.unwrap().into_inner();
    let update = next(&mut stream).await.unwrap().unwrap();
    let Some(Content::Heartbeat(heartbeat)) = update.content else { panic!("{update:?}") };
    assert_eq!((heartbeat.civil_time, update.sequence), (Some(world.now()), 0));
}

#[tokio::test]
async fn the_other_parents_stream_is_silent_about_what_is_not_theirs() {
    let world = World::start().await;
    let case = world.file().await;
    world.until(&case.name, |case| step(case, "pregnancy-certificate").arrive_time.is_some()).await;
    let mut stream = world.cases(CO_PARTY).watch_case(watch(&case, 0)).await.unwrap().into_inner();
    next(&mut stream).await.unwrap().unwrap();
    world.enrol(&case).await;
    world.work("region-05").report_fact(crate::agency_work::birth(&world, APPLICANT)).await.unwrap();
    let update = next(&mut stream).await.unwrap().unwrap();
    let Some(Content::Change(change)) = update.content else { panic!("{update:?}") };
    assert!(change.steps.iter().all(|step| step.slug != "midwife-enrolment"));
    assert!(change.steps.iter().any(|step| step.slug == "birth-notification"), "the enrolment before it was not told");
    let status = world.cases(STRANGER).watch_case(watch(&case, 0)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn all_my_cases_are_followed_also_those_that_begin_later() {
    let world = World::start().await;
    let first = world.file().await;
    let mut stream = world.cases(APPLICANT).watch_cases(pb::WatchCasesRequest::default()).await.unwrap().into_inner();
    assert_eq!(next(&mut stream).await.unwrap().unwrap().name, first.name);
    let second = world.file().await;
    loop {
        let update = next(&mut stream).await.unwrap().unwrap();
        if update.name == second.name {
            assert!(matches!(update.content, Some(Content::Case(_))), "a new case comes whole");
            break;
        }
    }
    let too_many = vec![pb::CasePosition::default(); 1_001];
    let request = pb::WatchCasesRequest { positions: too_many, ..pb::WatchCasesRequest::default() };
    let status = world.cases(APPLICANT).watch_cases(request).await.unwrap_err();
    assert_eq!(crate::world::wrong_fields(&status), ["positions"]);
}

#[tokio::test]
async fn too_many_watchers_are_refused_and_a_place_is_free_when_one_leaves() {
    let limits = Limits { watchers_max: 1, ..Limits::default() };
    let world = World::with(limits, Origins::default()).await;
    let case = world.file().await;
    let mut stream = world.cases(APPLICANT).watch_case(watch(&case, 0)).await.unwrap().into_inner();
    next(&mut stream).await.unwrap();
    let status = world.cases(APPLICANT).watch_case(watch(&case, 0)).await.unwrap_err();
    assert_eq!((status.code(), crate::world::reason(&status).as_str()), (Code::ResourceExhausted, "TOO_MANY_WATCHERS"));
    drop(stream);
    while world.cases(APPLICANT).watch_case(watch(&case, 0)).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_service_drains() {
    let world = World::start().await;
    let case = world.file().await;
    let mut stream = world.cases(APPLICANT).watch_case(watch(&case, 0)).await.unwrap().into_inner();
    next(&mut stream).await.unwrap();
    let engine = world.engine.clone();
    tokio::spawn(async move { engine.drain().await });
    let status = loop {
        match next(&mut stream).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ends with a status"),
            Err(status) => break status,
        }
    };
    assert_eq!((status.code(), crate::world::reason(&status).as_str()), (Code::Unavailable, "DRAINING"));
    world.stop.send(()).unwrap();
    world.served.await.unwrap().unwrap();
}
