//! The rules' part of the table.

use super::{Row, internal};
use livshandelse_core::Rejection;
use livshandelse_core::form::WrongField;
use livshandelse_proto::v1::ErrorReason as Reason;
use tonic::Code;

/// The row of a rejection.
pub(super) fn row(rejection: Rejection) -> Row {
    let failed = |reason, message: String| Row::new(Code::FailedPrecondition, reason, message);
    match rejection {
        Rejection::WrongFields(fields) => Row::fields(fields),
        Rejection::UnknownMunicipality { given: _ } => Row::fields(vec![WrongField {
            path: "case.municipality_code".to_owned(),
            problem: "no municipality".to_owned(),
            remedy: "give a municipality code of four digits, such as 0580".to_owned(),
        }]),
        Rejection::NoSuchCase => Row::new(
            Code::NotFound,
            Reason::NotFound,
            "there is no such case, or it is not yours to see; check the name",
        )
        .resource("case", ""),
        Rejection::NoSuchStep { step: _ } => Row::new(
            Code::NotFound,
            Reason::NotFound,
            "the case has no such step, or it is not yours to see; check the name",
        )
        .resource("step", ""),
        Rejection::CaseExists => {
            failed(Reason::NotADraft, "the case is no draft any more; read it with GetCase".to_owned()).precondition("case")
        }
        Rejection::CaseEnded => {
            failed(Reason::CaseEnded, "the case has ended; begin a new one".to_owned()).precondition("case")
        }
        Rejection::NotFiledYet => {
            failed(Reason::IsADraft, "the case is an unsent draft; send it with CreateCase first".to_owned()).precondition("case")
        }
        Rejection::RequestIdReused => Row::new(
            Code::InvalidArgument,
            Reason::RequestIdReused,
            "request_id came before with another body; give a new UUID for a new request",
        ),
        Rejection::NotYours { actor, what } => Row::new(
            Code::PermissionDenied,
            Reason::NotAllowed,
            format!("{actor} has no part in {what}; leave it to whoever has"),
        )
        .fact("actor", actor)
        .fact("what", what),
        Rejection::NotAsked { step, state } => failed(
            Reason::NothingAsked,
            format!("step {step} asks nothing of you now; read the case again and answer what is asked"),
        )
        .fact("step", &step)
        .fact("state", format!("{state:?}"))
        .precondition(step),
        Rejection::NotAddable { step, state } => failed(
            Reason::StepAlreadyAdded,
            format!("step {step} cannot be added: it is part of the case already, or closed for good; see Step.addable"),
        )
        .fact("step", &step)
        .fact("state", format!("{state:?}"))
        .precondition(step),
        Rejection::NotWithdrawable { step, state } if state.is_over() => {
            failed(Reason::StepEnded, format!("step {step} has ended; there is nothing to withdraw"))
                .fact("step", &step)
                .fact("state", format!("{state:?}"))
                .precondition(step)
        }
        Rejection::NotWithdrawable { step, state } => failed(
            Reason::NotWithdrawable,
            format!("step {step} cannot be withdrawn: it goes on by law, or nobody applied for it; see Step.withdrawable"),
        )
        .fact("step", &step)
        .fact("state", format!("{state:?}"))
        .precondition(step),
        Rejection::NotFiled { step } => {
            failed(Reason::NotFiled, format!("step {step} has not been handed to the agency; wait for its task"))
                .fact("step", &step)
                .precondition(step)
        }
        Rejection::StaleAttempt { step, current, given } => failed(
            Reason::StaleAttempt,
            format!(
                "attempt {} of step {step} does not count, attempt {} does; the report is kept and not applied, do not repeat it",
                given.0, current.0
            ),
        )
        .fact("step", &step)
        .fact("given", given.0)
        .fact("current", current.0)
        .precondition(step),
        Rejection::AlreadyFinished { step, state } => failed(
            Reason::TaskEnded,
            format!("step {step} is over; the report is kept and not applied, do not repeat it"),
        )
        .fact("step", &step)
        .fact("state", format!("{state:?}"))
        .precondition(step),
        Rejection::NotWithdrawn { step } => failed(
            Reason::NotWithdrawn,
            format!("nobody has withdrawn step {step}; tell the outcome with RecordDecision or CompleteTask"),
        )
        .fact("step", &step)
        .precondition(step),
        Rejection::FactContradicts { what } => failed(
            Reason::FactContradicts,
            "the fact contradicts one that is recorded; check it against the register and call an operator if it stands".to_owned(),
        )
        .fact("what", what)
        .precondition("fact"),
        Rejection::NoIncident { step } => {
            failed(Reason::NoIncident, format!("step {step} has no open incident; see ListIncidents"))
                .fact("step", &step)
                .precondition(step)
        }
        Rejection::OtherRevision { pinned: _ } => internal("another revision than the pinned one"),
        Rejection::Inconsistent(_) => internal("inconsistent decision"),
    }
}
