//! What the server does before and instead of the handler.

use super::*;
use crate::say;
use prost_types::Timestamp;
use std::sync::atomic::{AtomicU32, Ordering};
use tonic::Code;
use tonic_types::StatusExt;

/// Registers each hand-over under a new number.
#[derive(Default)]
struct Counting(AtomicU32);

impl StepHandler for Counting {
    async fn perform(&self, handover: v1::PerformStepRequest) -> Result<v1::PerformStepResponse, Refusal> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Ok(say::accepted(handover.civil_time, &format!("A {number}"), "Mottagen"))
    }

    async fn cancel(&self, withdrawal: v1::CancelStepRequest) -> Result<v1::CancelStepResponse, Refusal> {
        Err(Refusal::NeverGot { task: withdrawal.task })
    }

    async fn status(&self, question: v1::GetStepStatusRequest) -> Result<v1::GetStepStatusResponse, Refusal> {
        Err(Refusal::NeverGot { task: question.task })
    }
}

fn server() -> StepServer<Counting> {
    StepServer::new(Arc::new(Counting::default()), Memory::default())
}

fn handover(effect_key: &str) -> v1::PerformStepRequest {
    let noon = Timestamp { seconds: 1_770_000_000, nanos: 0 };
    v1::PerformStepRequest {
        task: "agencies/skatteverket/tasks/t1".to_owned(),
        agency_case_key: "k1".to_owned(),
        step: "name".to_owned(),
        attempt: 1,
        effect_key: effect_key.to_owned(),
        life_event: "lifeEvents/first-child".to_owned(),
        civil_time: Some(noon),
        submit_time: Some(noon),
        ..v1::PerformStepRequest::default()
    }
}

#[tokio::test]
async fn a_repeated_handover_is_registered_once() {
    let server = server();
    let first = server.perform_step(Request::new(handover("e1"))).await;
    let again = server.perform_step(Request::new(handover("e1"))).await;
    let other = server.perform_step(Request::new(handover("e2"))).await;
    let first = first.unwrap().into_inner();
    assert_eq!(first, again.unwrap().into_inner());
    assert_ne!(first, other.unwrap().into_inner());
}

#[tokio::test]
async fn a_handover_with_nothing_in_it_has_every_wrong_field_named() {
    let empty = v1::PerformStepRequest::default();
    let status = server().perform_step(Request::new(empty)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields: Vec<String> =
        status.get_details_bad_request().unwrap().field_violations.into_iter().map(|wrong| wrong.field).collect();
    let expected =
        ["task", "attempt", "effect_key", "agency_case_key", "step", "life_event", "civil_time", "submit_time"];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn an_effect_key_that_comes_back_with_another_task_is_refused() {
    let server = server();
    server.perform_step(Request::new(handover("e1"))).await.unwrap();
    let mut other = handover("e1");
    other.task = "agencies/skatteverket/tasks/t2".to_owned();
    let status = server.perform_step(Request::new(other)).await.unwrap_err();
    let reason = status.get_details_error_info().unwrap().reason;
    assert_eq!(reason, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_task_that_was_never_handed_over_is_not_found() {
    let question = v1::GetStepStatusRequest {
        task: "agencies/skatteverket/tasks/t9".to_owned(),
        ..v1::GetStepStatusRequest::default()
    };
    let status = server().get_step_status(Request::new(question)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}
