//! What is refused at the door, and what everybody may ask there.

use crate::world::{APPLICANT, World, id, reason, text, values};
use livshandelse_api::Limits;
use livshandelse_api::stack::Origins;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::test]
async fn a_call_that_does_not_say_who_and_what_for_is_refused() {
    let world = World::start().await;
    let mut client = CaseServiceClient::new(world.portal.clone());
    let status = client.list_cases(pb::ListCasesRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "ACTOR_MISSING"));
    assert!(status.message().contains("person:<identity number>"));
    let mut request = Request::new(pb::ListCasesRequest::default());
    request.metadata_mut().insert(ACTOR_METADATA, format!("person:{APPLICANT}").parse().unwrap());
    let status = client.list_cases(request).await.unwrap_err();
    assert_eq!(reason(&status), "PURPOSE_MISSING");
    let mut request = Request::new(pb::ListCasesRequest::default());
    request.metadata_mut().insert(ACTOR_METADATA, "person:199309172387".parse().unwrap());
    request.metadata_mut().insert(PURPOSE_METADATA, "test".parse().unwrap());
    let status = client.list_cases(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().contains("check digit") && !status.message().contains("2387"), "{}", status.message());
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_with_the_limit() {
    let world = World::start().await;
    let mut case = world.sample("unmarried-in-linkoping").await;
    case.input = Some(values(&[("due-date", text(&"x".repeat(2_000_000)))]));
    let request =
        pb::CreateCaseRequest { case: Some(case.clone()), request_id: id(), ..pb::CreateCaseRequest::default() };
    let status = world.cases(APPLICANT).create_case(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "TOO_LARGE"));
    assert!(status.message().contains("1048576"), "{}", status.message());
    case.input = Some(values(&[("due-date", text(&"x".repeat(70_000)))]));
    let status = world.create(case).await.unwrap_err();
    assert_eq!(crate::world::wrong_fields(&status), ["case.input"]);
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_is_told_when_to_come_again() {
    let limits = Limits { portal_calls_max: 0, ..Limits::default() };
    let world = World::with(limits, Origins::default()).await;
    let status = world.cases(APPLICANT).list_cases(pb::ListCasesRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    let topology = world.operations().get_topology(pb::GetTopologyRequest {}).await;
    assert!(topology.is_ok(), "reports and operators have a lane of their own");
}

#[tokio::test]
async fn a_service_is_on_its_own_port_alone() {
    let world = World::start().await;
    let mut wrong_port =
        CaseServiceClient::with_interceptor(world.agency.clone(), crate::world::actor(&format!("person:{APPLICANT}")));
    let status = wrong_port.list_cases(pb::ListCasesRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn health_is_told_to_everybody_and_ends_with_draining() {
    let world = World::start().await;
    let ask = |service: &str| HealthCheckRequest { service: service.to_owned() };
    for (line, service) in [
        (&world.portal, "livshandelse.v1.CaseService"),
        (&world.agency, "livshandelse.v1.AgencyWorkService"),
        (&world.portal, ""),
    ] {
        let answer = HealthClient::new(line.clone()).check(ask(service)).await.unwrap().into_inner();
        assert_eq!(answer.status, tonic_health::pb::health_check_response::ServingStatus::Serving as i32, "{service}");
    }
    let mut watched =
        HealthClient::new(world.portal.clone()).watch(ask("livshandelse.v1.CaseService")).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status, 1);
    world.engine.drain().await;
    assert_eq!(watched.message().await.unwrap().unwrap().status, 2);
}

#[tokio::test]
async fn the_contract_is_told_by_reflection() {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    let world = World::start().await;
    let request = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(world.portal.clone())
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    let Some(MessageResponse::ListServicesResponse(listed)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!()
    };
    assert!(listed.service.iter().any(|service| service.name == "livshandelse.v1.CaseService"));
}

/// One HTTP/1 request as a browser sends it; the first line and headers of the answer, in lower case.
async fn browse(world: &World, method: &str, origin: &str) -> String {
    let mut pipe = tokio::net::TcpStream::connect(&world.portal_address).await.unwrap();
    let request = format!(
        "{method} /livshandelse.v1.LifeEventService/ListLifeEvents HTTP/1.1\r\nhost: x\r\norigin: {origin}\r\n\
         access-control-request-method: POST\r\ncontent-type: application/grpc-web+proto\r\n\
         x-livshandelse-actor: operator:anna\r\nx-livshandelse-purpose: test\r\n\
         content-length: 5\r\nconnection: close\r\n\r\n\0\0\0\0\0"
    );
    pipe.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    pipe.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).to_lowercase()
}

#[tokio::test]
async fn web_pages_call_only_from_origins_on_the_list_and_by_default_from_none() {
    let listed = World::with(Limits::default(), Origins::new(["https://portal.example"]).unwrap()).await;
    let answer = browse(&listed, "POST", "https://portal.example").await;
    assert!(answer.starts_with("http/1.1 200") && answer.contains("grpc-status:0"), "{answer}");
    assert!(answer.contains("access-control-allow-origin: https://portal.example"), "{answer}");
    let answer = browse(&listed, "OPTIONS", "https://portal.example").await;
    assert!(answer.contains("access-control-allow-headers"), "{answer}");
    for (world, origin) in [(&listed, "https://evil.example"), (&World::start().await, "https://portal.example")] {
        let answer = browse(world, "POST", origin).await;
        assert!(answer.starts_with("http/1.1 403"), "{answer}");
    }
}
