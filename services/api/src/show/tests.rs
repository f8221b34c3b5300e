//! Whatever can be shown has words, in every language.

use super::event::KINDS;
use crate::convert::word::{Word, kebab};
use livshandelse_core::case::{End, ExecutionState, Outcome, Reason};
use livshandelse_core::command::Undelivered;
use livshandelse_core::definition::{FactKind, MandateKind};
use livshandelse_core::id::Slug;
use livshandelse_workflows::{Bundle, LANGUAGES};

/// Every key of the shared texts that is asked for.
fn keys() -> Vec<String> {
    let clock = Slug::new("c").unwrap();
    let reasons = [
        Reason::Condition,
        Reason::NeedGone(String::new()),
        Reason::ClockEnded(clock.clone()),
        Reason::FactEnded(FactKind::Birth.into()),
        Reason::WithdrawnUnsent,
        Reason::WithdrawnAndClosed,
        Reason::Undelivered(Undelivered::Silent),
        Reason::Undelivered(Undelivered::Unreachable),
        Reason::Undelivered(Undelivered::Garbage),
        Reason::Undelivered(Undelivered::Refused),
        Reason::AgencyFailed,
        Reason::CaseWithdrawn,
        Reason::Settled(clock),
    ];
    let ends = [End::Completed, End::Withdrawn, End::CannotContinue, End::ClosedByFact, End::DraftExpired];
    let outcomes = [
        Outcome::Approved,
        Outcome::PartlyApproved,
        Outcome::Rejected,
        Outcome::Dismissed,
        Outcome::ClosedWithoutDecision,
        Outcome::NoDecisionNeeded,
    ];
    let mut keys: Vec<String> = KINDS.iter().map(|kind| format!("event-{kind}")).collect();
    keys.extend(reasons.iter().map(|reason| format!("reason-{}", super::reason_slug(reason))));
    keys.extend(ends.map(|end| format!("headline-ended-{}", kebab(end.pb().as_str_name(), "END_REASON_"))));
    keys.extend(outcomes.map(|outcome| format!("outcome-{}", kebab(outcome.pb().as_str_name(), "OUTCOME_"))));
    keys.extend(FactKind::ALL.map(|kind| format!("fact-{}", kind.slug())));
    keys.extend(MandateKind::ALL.map(|kind| format!("mandate-{}", kind.slug())));
    let executions = [
        ExecutionState::Pending,
        ExecutionState::Offered,
        ExecutionState::DeclinedOffer,
        ExecutionState::Partly,
        ExecutionState::Interrupted,
        ExecutionState::ReportedToIvo,
    ];
    keys.extend(executions.map(|state| format!("execution-{}", kebab(state.pb().as_str_name(), "EXECUTION_STATE_"))));
    let single = "reason-blocked reason-protected need-filed need-arrived need-decided need-approved need-executed \
        need-lapsed need-clock need-joined need-or need-every subject-number headline-helper headline-attention headline-attention-by headline-attention-passed \
        headline-co-party headline-waiting headline-waiting-for-fact headline-optional headline-unknown headline-done \
        headline-ended-decided headline-nothing-left headline-unfulfilled headline-may-appeal \
        headline-draft headline-grief consequence-closes consequence-overdue consequence-warns consequence-settles \
        masked-agency masked-text child-number level-municipality source-case withdrawal-agency-closes \
        withdrawal-goes-on arrival-other-way";
    keys.extend(single.split_whitespace().map(str::to_owned));
    keys
}

#[test]
fn every_word_that_is_shown_is_there_in_every_language() {
    let bundle = Bundle::embedded("first-child").unwrap();
    for language in LANGUAGES {
        let missing: Vec<String> = keys().into_iter().filter(|key| !bundle.texts.has(language, key)).collect();
        assert!(missing.is_empty(), "add to workflows/texts/{language}.ftl: {missing:?}");
    }
}
