//! Approves everything at once, as cheaply as a call can be answered: for measuring.

use livshandelse_agency::{Refusal, StepHandler, v1};
use livshandelse_proto::v1::{Outcome, cancel_step_response, perform_step_response};

/// Approves everything. Knows nothing, remembers nothing, has no numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Instant;

impl StepHandler for Instant {
    async fn perform(&self, handover: v1::PerformStepRequest) -> Result<v1::PerformStepResponse, Refusal> {
        let decision = v1::Decision {
            outcome: Outcome::Approved.into(),
            decide_time: handover.civil_time,
            ..v1::Decision::default()
        };
        Ok(v1::PerformStepResponse {
            arrival: Some(v1::Arrival {
                arrive_time: handover.arrive_time.or(handover.civil_time),
                agency_case_number: String::new(),
            }),
            result: Some(perform_step_response::Result::Decided(decision)),
        })
    }

    async fn cancel(&self, withdrawal: v1::CancelStepRequest) -> Result<v1::CancelStepResponse, Refusal> {
        let closed = v1::Completion {
            complete_time: withdrawal.civil_time,
            outcome: Outcome::ClosedWithoutDecision.into(),
            ..v1::Completion::default()
        };
        Ok(v1::CancelStepResponse {
            arrival: Some(v1::Arrival { arrive_time: withdrawal.civil_time, agency_case_number: String::new() }),
            result: Some(cancel_step_response::Result::Closed(closed)),
        })
    }

    async fn status(&self, question: v1::GetStepStatusRequest) -> Result<v1::GetStepStatusResponse, Refusal> {
        // Handed over again, it is approved again.
        Err(Refusal::NeverGot { task: question.task })
    }
}
