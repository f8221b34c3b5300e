//! Every rejection has its status, and none tells more than the caller may know.

use super::*;
use livshandelse_core::Rejection;
use livshandelse_core::case::StepState;
use livshandelse_core::id::Attempt;

fn wrong(path: &str) -> WrongField {
    WrongField { path: path.to_owned(), problem: "is wrong".to_owned(), remedy: "mend it".to_owned() }
}

fn rejected(rejection: Rejection) -> Status {
    Status::from(Refused::Engine(Refusal::Rejected { rejection: Box::new(rejection), case: None }))
}

#[test]
fn all_wrong_fields_are_told_at_once() {
    let status = rejected(Rejection::WrongFields((0..5).map(|index| wrong(&format!("case.input.f{index}"))).collect()));
    assert_eq!(status.code(), Code::InvalidArgument);
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations.len(), 5);
    assert_eq!(violations[4].field, "case.input.f4");
    assert_eq!(violations[4].description, "is wrong; mend it");
    assert!(status.message().contains("and 2 more"), "{}", status.message());
}

#[test]
fn every_status_says_reason_and_domain_and_what_varies() {
    let step: StepId = "name.1".parse().unwrap();
    let status = rejected(Rejection::StaleAttempt { step: step.clone(), current: Attempt(3), given: Attempt(1) });
    let error = status.get_error_details();
    let facts = error.error_info().unwrap();
    assert_eq!((facts.reason.as_str(), facts.domain.as_str()), ("STALE_ATTEMPT", "livshandelse"));
    assert_eq!(facts.metadata["current"], "3");
    assert_eq!(error.precondition_failure().unwrap().violations[0].subject, "name.1");
}

#[test]
fn what_passes_by_itself_says_when_to_try_again() {
    for refused in [
        Refused::Engine(Refusal::Busy { retry_after: Duration::from_millis(40) }),
        Refused::Engine(Refusal::DiskFull),
        Refused::Engine(Refusal::Draining),
        Refused::Engine(Refusal::NotIdle),
        Refused::Engine(Refusal::StoreFailed),
        Refused::TooManyCalls,
        Refused::TooManyWatchers,
        Refused::Draining,
    ] {
        let status = Status::from(refused);
        assert!(status.get_details_retry_info().unwrap().retry_delay.is_some(), "{status:?}");
    }
}

#[test]
fn a_withdrawal_is_refused_for_what_is_over_and_for_what_goes_on_by_law() {
    let step: StepId = "name.1".parse().unwrap();
    let reason = |state| {
        let status = rejected(Rejection::NotWithdrawable { step: step.clone(), state });
        status.get_details_error_info().unwrap().reason
    };
    assert_eq!(reason(StepState::Done), "STEP_ENDED");
    assert_eq!(reason(StepState::Received), "NOT_WITHDRAWABLE");
}

#[test]
fn a_fault_of_ours_tells_no_inner_text() {
    let status = Status::from(Refused::Internal { what: "clock" });
    assert_eq!(status.code(), Code::Internal);
    assert!(!status.message().contains("clock"));
}
