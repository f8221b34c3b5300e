//! What agencies say of a task: the same whether they answer a call or call later.

use crate::convert::time::{civil, day};
use crate::convert::value::given;
use crate::convert::word;
use crate::convert::wrong::Wrong;
use livshandelse_core::case::{Ask, ExecutionState, Outcome};
use livshandelse_core::command::{Arrival, Report};
use livshandelse_core::event::Decided;
use livshandelse_core::id::Slug;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::limits::{AGENCY_NUMBER_LEN_MAX, LINK_LEN_MAX, SLUG_LEN_MAX, TEXT_LEN_MAX, WORDS_LEN_MAX};
use livshandelse_proto::v1 as pb;
use prost_types::Timestamp;
use tonic::codegen::http::Uri;

/// An arrival: the agency's own number, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrived {
    /// The agency's own case number.
    pub(crate) case_number: Option<String>,
    /// When it arrived; absent if the agency says only the number.
    pub(crate) at: Option<CivilTime>,
}

impl Arrived {
    /// What it tells, if anything.
    pub(crate) fn into_arrival(self, now: CivilTime) -> Option<Arrival> {
        let says_something = self.at.is_some() || self.case_number.is_some();
        says_something.then(|| Arrival { case_number: self.case_number, at: self.at.unwrap_or(now) })
    }
}

/// Reads an arrival.
pub(crate) fn arrival(path: &str, given: Option<&pb::Arrival>, now: CivilTime, wrong: &mut Wrong) -> Arrived {
    let Some(given) = given else { return Arrived { case_number: None, at: None } };
    let number = given.agency_case_number.trim();
    wrong.check_text(&format!("{path}.agency_case_number"), number, AGENCY_NUMBER_LEN_MAX);
    let at = instant(&format!("{path}.arrive_time"), given.arrive_time.as_ref(), now, wrong);
    Arrived { case_number: (!number.is_empty()).then(|| number.to_owned()), at }
}

/// Reads how a task stands. `is_closable`: the step is being carried out, so `DONE` ends it.
pub(crate) fn progress(path: &str, given: &pb::TaskProgress, now: CivilTime, wrong: &mut Wrong) -> Report {
    let words = words(&format!("{path}.agency_words"), &given.agency_words, WORDS_LEN_MAX, wrong);
    wrong.check_text(&format!("{path}.delay_reason"), &given.delay_reason, WORDS_LEN_MAX);
    // What is not applied is checked all the same: a wrong time is a fault of the caller that he should hear of.
    instant(&format!("{path}.as_of_time"), given.as_of_time.as_ref(), now, wrong);
    instant(&format!("{path}.receive_time"), given.receive_time.as_ref(), now, wrong);
    let appeal = word::appeal(given.appeal_state).unwrap_or_else(|| {
        wrong.add(format!("{path}.appeal_state"), "not a state that is known", "use a value of AppealState");
        None
    });
    let state = pb::StepState::try_from(given.state).unwrap_or_else(|_| {
        wrong.add(format!("{path}.state"), "not a state that is known", "use a value of StepState");
        pb::StepState::Unspecified
    });
    let execution = word::execution(given.execution_state).unwrap_or_else(|| {
        let remedy = "use PENDING, OFFERED, DECLINED_OFFER, PARTLY, INTERRUPTED, REPORTED_TO_IVO or EXECUTED";
        wrong.add(format!("{path}.execution_state"), "not a state that progress tells", remedy);
        None
    });
    if state == pb::StepState::Done || execution == Some(ExecutionState::Executed) {
        return Report::Completed { words, gives: livshandelse_core::value::Values::new() };
    }
    let is_told = matches!(
        state,
        pb::StepState::Unspecified
            | pb::StepState::Received
            | pb::StepState::InProgress
            | pb::StepState::WaitingForOther
            | pb::StepState::InExecution
    );
    if !is_told {
        let remedy = "use RECEIVED, IN_PROGRESS, WAITING_FOR_OTHER, IN_EXECUTION or DONE; for the rest there is a method of its own";
        wrong.add(format!("{path}.state"), "not a state that progress tells", remedy);
    }
    let delay = (!given.delay_reason.is_empty()).then(|| given.delay_reason.clone());
    let interrupted_on = given.interrupt_date.as_ref().and_then(|date| {
        let read = day(date);
        if read.is_none() {
            let remedy = "give year, month and day of a day in the calendar";
            wrong.add(format!("{path}.interrupt_date"), "not a day", remedy);
        }
        read
    });
    let waits_for_other = state == pb::StepState::WaitingForOther;
    Report::Progress { words, waits_for_other, delay, appeal, execution, interrupted_on }
}

/// Reads a decision.
pub(crate) fn decision(
    path: &str,
    decision: &pb::Decision,
    promised: &[Slug],
    now: CivilTime,
    wrong: &mut Wrong,
) -> Report {
    let outcome = word::outcome(decision.outcome).unwrap_or_else(|| {
        wrong.add(format!("{path}.outcome"), "not an outcome", "use a value of Outcome other than NONE");
        Outcome::None
    });
    let decided_at = required(&format!("{path}.decide_time"), decision.decide_time.as_ref(), now, wrong);
    let received_at = instant(&format!("{path}.receive_time"), decision.receive_time.as_ref(), now, wrong);
    wrong.check_text(&format!("{path}.appeal_instruction"), &decision.appeal_instruction, TEXT_LEN_MAX);
    wrong.check_text(&format!("{path}.decision_number"), &decision.decision_number, AGENCY_NUMBER_LEN_MAX);
    for (field, date) in [
        ("executable_date", &decision.executable_date),
        ("valid_from_date", &decision.valid_from_date),
        ("valid_to_date", &decision.valid_to_date),
    ] {
        if date.as_ref().is_some_and(|date| day(date).is_none()) {
            wrong.add(format!("{path}.{field}"), "not a day", "give year, month and day of a day in the calendar");
        }
    }
    let words = words(&format!("{path}.text"), &decision.text, TEXT_LEN_MAX, wrong);
    let gives = given(&format!("{path}.gives"), promised, decision.gives.as_ref(), wrong);
    let valid_from = decision.valid_from_date.as_ref().and_then(day);
    let valid_to = decision.valid_to_date.as_ref().and_then(day);
    if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
        let path = format!("{path}.valid_to_date");
        wrong.add(path, "before valid_from_date", "give a last day that is not before the first");
    }
    let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Report::Decided(Decided {
        outcome,
        decided_at,
        received_at,
        words,
        gives,
        number: said(&decision.decision_number),
        valid_from,
        valid_to,
        appeal_to: said(&decision.appeal_instruction),
    })
}

/// Reads what is asked to be added.
pub(crate) fn supplement(path: &str, given: &pb::Supplement, wrong: &mut Wrong) -> Report {
    if given.text.trim().is_empty() {
        wrong.add(format!("{path}.text"), "empty", "say what is missing: the applicant reads it");
    }
    let words = words(&format!("{path}.text"), &given.text, TEXT_LEN_MAX, wrong);
    wrong.check_text(&format!("{path}.consequence"), &given.consequence, WORDS_LEN_MAX);
    let due = given.respond_by_date.as_ref().and_then(|date| {
        let read = day(date);
        if read.is_none() {
            wrong.add(
                format!("{path}.respond_by_date"),
                "not a day",
                "give year, month and day of a day in the calendar",
            );
        }
        read
    });
    let ask = match &given.payment {
        None if given.offer => Ask::Offer,
        None => Ask::Supplement,
        Some(payment) => {
            if given.offer {
                let remedy = "ask for one at a time: first the answer, then the fee";
                wrong.add(format!("{path}.payment"), "an offer and a fee at once", remedy);
            }
            fee(&format!("{path}.payment"), payment, wrong)
        }
    };
    Report::SupplementAsked { words, due, ask }
}

/// Reads what is asked to be paid.
fn fee(path: &str, given: &pb::Payment, wrong: &mut Wrong) -> Ask {
    let is_address = given.link.len() <= LINK_LEN_MAX
        && given.link.starts_with("https://")
        && given.link.parse::<Uri>().is_ok_and(|link| link.host().is_some_and(|host| !host.is_empty()));
    if !is_address {
        let remedy = format!("give an https address of at most {LINK_LEN_MAX} characters");
        wrong.add(format!("{path}.link"), "not an https address", remedy);
    }
    let amount = given.amount.clone().unwrap_or_default();
    if amount.currency_code != "SEK" {
        wrong.add(format!("{path}.amount.currency_code"), "not SEK", "ask for kronor: give SEK");
    }
    if amount.minor_units <= 0 {
        wrong.add(format!("{path}.amount.minor_units"), "nothing to pay", "give the amount in öre, above zero");
    }
    let reference = given.reference.trim();
    wrong.check_text(&format!("{path}.reference"), reference, AGENCY_NUMBER_LEN_MAX);
    if reference.is_empty() {
        wrong.add(format!("{path}.reference"), "empty", "say what the payment is to be marked with");
    }
    Ask::Payment { link: given.link.clone(), amount: amount.minor_units, reference: reference.to_owned() }
}

/// Reads that a task is done without a decision, or that a withdrawn matter is closed.
pub(crate) fn completion(
    path: &str,
    told: &pb::Completion,
    promised: &[Slug],
    now: CivilTime,
    wrong: &mut Wrong,
) -> Report {
    required(&format!("{path}.complete_time"), told.complete_time.as_ref(), now, wrong);
    let words = words(&format!("{path}.text"), &told.text, TEXT_LEN_MAX, wrong);
    let gives = given(&format!("{path}.gives"), promised, told.gives.as_ref(), wrong);
    match pb::Outcome::try_from(told.outcome) {
        Ok(pb::Outcome::ClosedWithoutDecision) => return Report::Closed { words },
        Ok(pb::Outcome::Unspecified | pb::Outcome::NoDecisionNeeded) => {}
        Ok(_) | Err(_) => wrong.add(
            format!("{path}.outcome"),
            "not an outcome of a completion",
            "use NO_DECISION_NEEDED or CLOSED_WITHOUT_DECISION; tell a decision with RecordDecision",
        ),
    }
    Report::Completed { words, gives }
}

/// Reads that a task could not be done.
pub(crate) fn failure(path: &str, given: &pb::Failure, wrong: &mut Wrong) -> Report {
    let is_slug = given.reason.len() <= SLUG_LEN_MAX && Slug::new(&given.reason).is_ok();
    if !is_slug {
        wrong.add(format!("{path}.reason"), "not a slug", "give a stable word such as register-unavailable");
    }
    let words = words(&format!("{path}.agency_words"), &given.agency_words, WORDS_LEN_MAX, wrong);
    let words = if words.is_empty() { given.reason.clone() } else { words };
    Report::Failed { words, retryable: given.retryable }
}

fn words(path: &str, text: &str, length_max: usize, wrong: &mut Wrong) -> String {
    wrong.check_text(path, text, length_max);
    text.trim().to_owned()
}

fn required(path: &str, given: Option<&Timestamp>, now: CivilTime, wrong: &mut Wrong) -> CivilTime {
    if given.is_none() {
        wrong.add(path, "missing", "say when it was");
    }
    instant(path, given, now, wrong).unwrap_or(now)
}

/// An instant that lies in the past. Clocks of two machines differ: up to an hour ahead counts as now.
fn instant(path: &str, given: Option<&Timestamp>, now: CivilTime, wrong: &mut Wrong) -> Option<CivilTime> {
    let given = given?;
    match civil(given) {
        Some(at) if at <= now.plus_hours(1) => Some(at.min(now)),
        Some(_) => {
            wrong.add(path, "in the future", "report it once it has happened; mind the time zone");
            None
        }
        None => {
            wrong.add(path, "not a time", "give a time between the years 1900 and 2200");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Refused;

    const NOW: CivilTime = CivilTime(1_770_000_000_000);

    fn paths(wrong: Wrong) -> Vec<String> {
        match wrong.finish() {
            Ok(()) => Vec::new(),
            Err(Refused::Fields(fields)) => fields.into_iter().map(|field| field.path).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn at(millis: i64) -> Option<Timestamp> {
        Some(crate::convert::time::timestamp(CivilTime(millis)))
    }

    #[test]
    fn a_decision_is_read_whole() {
        let mut wrong = Wrong::default();
        let given = pb::Decision {
            outcome: pb::Outcome::Approved.into(),
            decide_time: at(NOW.0 - 5),
            text: " Bifall. ".to_owned(),
            ..pb::Decision::default()
        };
        let Report::Decided(decided) = decision("decision", &given, &[], NOW, &mut wrong) else { panic!() };
        assert!(wrong.is_empty());
        assert_eq!(
            (decided.outcome, decided.decided_at, decided.words.as_str()),
            (Outcome::Approved, CivilTime(NOW.0 - 5), "Bifall.")
        );
    }

    #[test]
    fn an_empty_decision_names_all_that_is_missing() {
        let mut wrong = Wrong::default();
        let given = pb::Decision {
            receive_time: at(NOW.0 * 2),
            valid_to_date: Some(pb::Date::default()),
            ..pb::Decision::default()
        };
        decision("decision", &given, &[], NOW, &mut wrong);
        assert_eq!(
            paths(wrong),
            ["decision.outcome", "decision.decide_time", "decision.receive_time", "decision.valid_to_date"]
        );
    }

    #[test]
    fn a_completion_closes_a_withdrawn_matter_and_takes_no_decision() {
        let read = |outcome: pb::Outcome| {
            let mut wrong = Wrong::default();
            let given =
                pb::Completion { outcome: outcome.into(), complete_time: at(NOW.0), ..pb::Completion::default() };
            (completion("completion", &given, &[], NOW, &mut wrong), paths(wrong))
        };
        assert!(matches!(read(pb::Outcome::ClosedWithoutDecision).0, Report::Closed { .. }));
        assert!(matches!(read(pb::Outcome::Unspecified).0, Report::Completed { .. }));
        assert_eq!(read(pb::Outcome::Approved).1, ["completion.outcome"]);
    }

    #[test]
    fn progress_tells_states_of_its_own_alone() {
        let read = |state: pb::StepState| {
            let mut wrong = Wrong::default();
            let given = pb::TaskProgress { state: state.into(), ..pb::TaskProgress::default() };
            (progress("progress", &given, NOW, &mut wrong), paths(wrong))
        };
        assert!(matches!(read(pb::StepState::WaitingForOther).0, Report::Progress { waits_for_other: true, .. }));
        assert!(matches!(read(pb::StepState::Done).0, Report::Completed { .. }));
        assert_eq!(read(pb::StepState::Decided).1, ["progress.state"]);
    }

    #[test]
    fn how_far_a_decision_is_carried_out_is_told_with_progress() {
        let read = |state: pb::ExecutionState| {
            let mut wrong = Wrong::default();
            let given = pb::TaskProgress { execution_state: state.into(), ..pb::TaskProgress::default() };
            (progress("progress", &given, NOW, &mut wrong), paths(wrong))
        };
        let Report::Progress { execution, .. } = read(pb::ExecutionState::ReportedToIvo).0 else { panic!() };
        assert_eq!(execution, Some(ExecutionState::ReportedToIvo));
        assert!(matches!(read(pb::ExecutionState::Executed).0, Report::Completed { .. }));
        assert_eq!(read(pb::ExecutionState::NotApplicable).1, ["progress.execution_state"]);
    }

    #[test]
    fn an_interruption_may_say_its_day() {
        let read = |month| {
            let mut wrong = Wrong::default();
            let given = pb::TaskProgress {
                execution_state: pb::ExecutionState::Interrupted.into(),
                interrupt_date: Some(pb::Date { year: 2026, month, day: 4 }),
                ..pb::TaskProgress::default()
            };
            (progress("progress", &given, NOW, &mut wrong), paths(wrong))
        };
        let Report::Progress { interrupted_on, .. } = read(5).0 else { panic!() };
        assert_eq!(interrupted_on, Some(jiff::civil::date(2026, 5, 4)));
        assert_eq!(read(13).1, ["progress.interrupt_date"]);
    }

    #[test]
    fn a_fee_has_an_address_an_amount_and_a_reference_and_is_no_offer() {
        let read = |link: &str, minor_units, reference: &str, offer| {
            let amount = Some(pb::Money { currency_code: "SEK".to_owned(), minor_units });
            let payment = Some(pb::Payment { link: link.to_owned(), amount, reference: reference.to_owned() });
            let given = pb::Supplement { text: "Betala.".to_owned(), offer, payment, ..pb::Supplement::default() };
            let mut wrong = Wrong::default();
            (supplement("s", &given, &mut wrong), paths(wrong))
        };
        let (report, wrong) = read("https://betala.example/1", 120_000, " A1 ", false);
        assert!(wrong.is_empty());
        let ask =
            Ask::Payment { link: "https://betala.example/1".to_owned(), amount: 120_000, reference: "A1".to_owned() };
        assert!(matches!(report, Report::SupplementAsked { ask: read, .. } if read == ask));
        let long = format!("https://betala.example/{}", "a".repeat(3_000));
        for link in ["http://betala.example/1", "https://", "https:///a b", "javascript:alert(1)", &long] {
            assert_eq!(read(link, 1, "A1", false).1, ["s.payment.link"], "{link}");
        }
        assert_eq!(
            read("https://betala.example/1", 0, "", true).1,
            ["s.payment", "s.payment.amount.minor_units", "s.payment.reference"]
        );
    }

    #[test]
    fn a_decision_that_ends_before_it_begins_is_refused() {
        let day = |day| Some(pb::Date { year: 2026, month: 6, day });
        let given = pb::Decision {
            outcome: pb::Outcome::Approved.into(),
            decide_time: at(NOW.0),
            valid_from_date: day(2),
            valid_to_date: day(1),
            ..pb::Decision::default()
        };
        let mut wrong = Wrong::default();
        decision("decision", &given, &[], NOW, &mut wrong);
        assert_eq!(paths(wrong), ["decision.valid_to_date"]);
    }

    #[test]
    fn a_clock_that_is_a_little_ahead_is_forgiven() {
        let mut wrong = Wrong::default();
        let read = arrival(
            "arrival",
            Some(&pb::Arrival { arrive_time: at(NOW.0 + 60_000), agency_case_number: " FR 12 ".to_owned() }),
            NOW,
            &mut wrong,
        );
        assert!(wrong.is_empty());
        assert_eq!(read, Arrived { case_number: Some("FR 12".to_owned()), at: Some(NOW) });
    }
}
