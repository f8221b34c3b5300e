//! Turns how a matter stands into answers of the contract.

use super::Matter;
use super::matter::Standing;
use crate::calendar;
use jiff::Timestamp;
use jiff::civil::Date;
use livshandelse_agency::{Report, say, v1};
use livshandelse_proto::v1::{get_step_status_response, perform_step_response};

/// An instant as the contract writes it.
pub(super) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// A day as the contract writes it.
pub(super) fn date(day: Date) -> v1::Date {
    v1::Date { year: i32::from(day.year()), month: i32::from(day.month()), day: i32::from(day.day()) }
}

/// An instant of the contract; `None` if it is out of range.
pub(crate) fn instant(at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.seconds, at.nanos).ok()
}

pub(super) fn arrival(matter: &Matter) -> v1::Arrival {
    say::arrival(Some(timestamp(matter.arrived)), &matter.case_number)
}

/// An answer in which a report is made at once.
pub(super) fn with(matter: &Matter, report: Report) -> v1::PerformStepResponse {
    let result = match report {
        Report::Progress(progress) => perform_step_response::Result::Accepted(v1::Acceptance {
            agency_words: progress.map(|progress| progress.agency_words).unwrap_or_default(),
            expected_decide_date: None,
        }),
        Report::Supplement(supplement) => perform_step_response::Result::Supplement(supplement),
        Report::Decision(decision) => perform_step_response::Result::Decided(decision),
        Report::Completion(completion) => perform_step_response::Result::Completed(completion),
        Report::Failure(failure) => perform_step_response::Result::Failed(failure),
    };
    v1::PerformStepResponse { arrival: Some(arrival(matter)), result: Some(result) }
}

/// An answer that tells how it stands.
pub(super) fn as_it_stands(matter: &Matter) -> v1::PerformStepResponse {
    let report = match (&matter.decision, &matter.standing) {
        // What was carried out is told after it.
        (Some(decision), _) => Report::Decision(decision.clone()),
        (None, Standing::Working(words)) => Report::Progress(Some(say::progress(v1::StepState::InProgress, words))),
        (None, Standing::Asked(supplement)) => Report::Supplement(supplement.clone()),
        (None, Standing::Decided(decision)) => Report::Decision(decision.clone()),
        (None, Standing::Done(completion) | Standing::Closed(completion)) => Report::Completion(completion.clone()),
        (None, Standing::Failed(failure)) => Report::Failure(failure.clone()),
    };
    with(matter, report)
}

/// An answer that tells that something was heard: what was decided before is not told again.
pub(super) fn heard(matter: &Matter) -> v1::PerformStepResponse {
    match &matter.standing {
        Standing::Working(words) => {
            with(matter, Report::Progress(Some(say::progress(v1::StepState::InProgress, words))))
        }
        Standing::Asked(_) | Standing::Decided(_) | Standing::Done(_) | Standing::Failed(_) | Standing::Closed(_) => {
            as_it_stands(matter)
        }
    }
}

pub(super) fn status(matter: &Matter) -> v1::GetStepStatusResponse {
    let status = match &matter.standing {
        Standing::Working(words) => {
            get_step_status_response::Status::Progress(say::progress(v1::StepState::InProgress, words))
        }
        Standing::Asked(supplement) => get_step_status_response::Status::Supplement(supplement.clone()),
        Standing::Decided(decision) => get_step_status_response::Status::Decided(decision.clone()),
        Standing::Done(completion) | Standing::Closed(completion) => {
            get_step_status_response::Status::Completed(completion.clone())
        }
        Standing::Failed(failure) => get_step_status_response::Status::Failed(failure.clone()),
    };
    v1::GetStepStatusResponse { attempt: matter.attempt, arrival: Some(arrival(matter)), status: Some(status) }
}

/// A decision whose outcome is not in the contract.
pub(super) fn nonsense(at: Option<prost_types::Timestamp>) -> v1::PerformStepResponse {
    let decision = v1::Decision { outcome: 99, decide_time: at, text: "?".to_owned(), ..v1::Decision::default() };
    v1::PerformStepResponse { arrival: None, result: Some(perform_step_response::Result::Decided(decision)) }
}

/// A fact of a script as the contract writes it.
pub(super) fn fact(planned: &crate::script::PlannedFact) -> v1::Fact {
    use crate::script::FactKind;
    use v1::fact::Content;
    let content = match &planned.kind {
        FactKind::Birth { child } => Content::Birth(v1::Birth { child_number: *child, ..v1::Birth::default() }),
        FactKind::Stillbirth { child } => Content::Stillbirth(v1::Stillbirth { child_number: *child }),
        FactKind::Homecoming { child } => Content::Homecoming(v1::Homecoming { child_number: *child }),
        FactKind::Death { child } => Content::Death(v1::Death { person: child.map(v1::death::Person::ChildNumber) }),
        FactKind::Move { municipality } => {
            Content::Move(v1::Move { municipality_code: municipality.clone(), move_date: Some(date(planned.on)) })
        }
        FactKind::Admission => Content::Admission(v1::Admission::default()),
        FactKind::ReadyForDischarge => Content::ReadyForDischarge(v1::ReadyForDischarge::default()),
        FactKind::Discharge => Content::Discharge(v1::Discharge::default()),
    };
    v1::Fact {
        about: Some(v1::fact::About::IdentityNumber(planned.identity_number.clone())),
        occur_time: Some(timestamp(calendar::instant(planned.on.at(12, 0, 0, 0)))),
        content: Some(content),
        reference: String::new(),
    }
}
