//! Why a call is not answered, and the status it becomes.

use livshandelse_proto::ERROR_DOMAIN;
use livshandelse_proto::v1::ErrorReason;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// Why a call cannot be answered, for technical reasons.
///
/// What the agency refuses in the matter itself is a `Decision`, never one of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The agency never got the task. A hand-over is then made again.
    #[error("task `{task}` was never handed over here")]
    NeverGot {
        /// The name that was asked for.
        task: String,
    },
    /// The agency does not have the step.
    #[error("this agency has no step `{step}`")]
    NoSuchStep {
        /// The step's slug.
        step: String,
    },
    /// The request does not hold what it should.
    #[error("{} field(s) are wrong", .fields.len())]
    WrongFields {
        /// Path and what is wrong with it, for every wrong field.
        fields: Vec<(String, String)>,
    },
    /// An effect key came back with another hand-over.
    #[error("effect key `{effect_key}` was used for another hand-over")]
    EffectKeyReused {
        /// The key.
        effect_key: String,
    },
    /// Closed or down: it is tried again with the same `effect_key`.
    #[error("not available now: {why}")]
    NotNow {
        /// Why, without personal facts.
        why: String,
        /// How long to wait, in machine time. `None`: as the caller finds best.
        retry_delay: Option<Duration>,
    },
    /// Something is broken here; a person has to look.
    #[error("broken: {why}")]
    Broken {
        /// What, without personal facts.
        why: String,
    },
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Status {
        let text = refusal.to_string();
        let mut details = ErrorDetails::new();
        let (code, reason) = match refusal {
            Refusal::NeverGot { task } => {
                details.set_resource_info("task", task, "", "hand it over again");
                (Code::NotFound, ErrorReason::NotFound)
            }
            Refusal::NoSuchStep { step } => {
                details.set_resource_info("step", step, "", "ask which steps the agency has");
                (Code::Unimplemented, ErrorReason::NotFound)
            }
            Refusal::WrongFields { fields } => {
                let violations: Vec<FieldViolation> =
                    fields.into_iter().map(|(path, problem)| FieldViolation::new(path, problem)).collect();
                details.set_bad_request(violations);
                (Code::InvalidArgument, ErrorReason::FieldInvalid)
            }
            Refusal::EffectKeyReused { .. } => (Code::InvalidArgument, ErrorReason::RequestIdReused),
            Refusal::NotNow { retry_delay, .. } => {
                if retry_delay.is_some() {
                    details.set_retry_info(retry_delay);
                }
                (Code::Unavailable, ErrorReason::Overloaded)
            }
            Refusal::Broken { .. } => (Code::Internal, ErrorReason::Internal),
        };
        details.set_error_info(reason.as_reason(), ERROR_DOMAIN, HashMap::new());
        Status::with_error_details(code, text, details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let fields = vec![("task".to_owned(), "empty".to_owned()), ("attempt".to_owned(), "0".to_owned())];
        let status = Status::from(Refusal::WrongFields { fields });
        assert_eq!(status.code(), Code::InvalidArgument);
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations.len(), 2);
        let reason = status.get_details_error_info().unwrap().reason;
        assert_eq!(reason, "FIELD_INVALID");
    }

    #[test]
    fn an_agency_that_is_closed_says_when_to_come_back() {
        let refusal = Refusal::NotNow { why: "closed".to_owned(), retry_delay: Some(Duration::from_secs(3)) };
        let status = Status::from(refusal);
        assert_eq!(status.code(), Code::Unavailable);
        let retry = status.get_details_retry_info().unwrap();
        assert_eq!(retry.retry_delay, Some(Duration::from_secs(3)));
    }
}
