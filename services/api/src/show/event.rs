//! What has happened, as the reader may see it.

use super::Sight;
use crate::convert::time::timestamp;
use crate::convert::word::{Word as _, kebab};
use livshandelse_core::case::Ask;
use livshandelse_core::command::Actor;
use livshandelse_core::definition::{FactKind, Role};
use livshandelse_core::event::{Event, Record};
use livshandelse_core::id::{PartyId, StepId};
use livshandelse_core::notice::NoticeEvent;
use livshandelse_core::status::View;
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::Arg;

/// Events of one record that are numbered; a record has fewer.
const EVENTS_PER_RECORD_MAX: u64 = 10_000;

/// The number of an event: rises with the record, and within it.
pub(crate) fn number_of(record: &Record, index: usize) -> u64 {
    record.sequence.0.saturating_mul(EVENTS_PER_RECORD_MAX).saturating_add(index as u64 + 1)
}

/// The sequence of the record that holds an event.
pub(crate) fn sequence_of(number: u64) -> u64 {
    number / EVENTS_PER_RECORD_MAX
}

/// Every name of an event, for those who check that each has its words.
#[cfg(test)]
pub(super) const KINDS: &[&str] = &[
    "appeal-moved",
    "arrived",
    "case-created",
    "case-ended",
    "case-withdrawn",
    "child-expected",
    "clock-met",
    "clock-passed",
    "clock-started",
    "clock-stopped",
    "contact-changed",
    "decision-recorded",
    "draft-expired",
    "draft-saved",
    "execution-moved",
    "fact-reported",
    "handed-to-inbox",
    "input-given",
    "notice-told",
    "offer-made",
    "party-joined",
    "payment-asked",
    "progress-reported",
    "report-kept",
    "request-accepted",
    "step-added",
    "step-completed",
    "step-done-by-fact",
    "step-failed",
    "step-filed",
    "step-not-needed",
    "step-opened",
    "step-planned",
    "step-retried",
    "step-settled",
    "step-withdrawn",
    "subject-known",
    "supplement-asked",
    "supplement-sent",
    "undelivered",
    "withdrawal-sent",
];

/// An event's stable name, and the step it concerns.
fn kind_of(event: &Event) -> (&'static str, Option<&StepId>) {
    match event {
        Event::RequestAccepted { .. } => ("request-accepted", None),
        Event::DraftSaved { .. } => ("draft-saved", None),
        Event::DraftExpired => ("draft-expired", None),
        Event::CaseCreated { .. } => ("case-created", None),
        Event::ChildExpected { .. } => ("child-expected", None),
        Event::SubjectKnown { .. } => ("subject-known", None),
        Event::PartyJoined { .. } => ("party-joined", None),
        Event::StepPlanned { step, .. } => ("step-planned", Some(step)),
        Event::StepOpened { step } => ("step-opened", Some(step)),
        Event::StepAdded { step } => ("step-added", Some(step)),
        Event::InputGiven { step, .. } => ("input-given", Some(step)),
        Event::StepFiled { step, .. } => ("step-filed", Some(step)),
        Event::StepRetried { step, .. } => ("step-retried", Some(step)),
        Event::SupplementSent { step, .. } => ("supplement-sent", Some(step)),
        Event::Arrived { step, .. } => ("arrived", Some(step)),
        Event::ProgressReported { step, .. } => ("progress-reported", Some(step)),
        Event::SupplementAsked { step, ask: Ask::Supplement, .. } => ("supplement-asked", Some(step)),
        Event::SupplementAsked { step, ask: Ask::Offer, .. } => ("offer-made", Some(step)),
        Event::SupplementAsked { step, ask: Ask::Payment { .. }, .. } => ("payment-asked", Some(step)),
        Event::DecisionRecorded { step, .. } => ("decision-recorded", Some(step)),
        Event::StepCompleted { step, .. } => ("step-completed", Some(step)),
        Event::ExecutionMoved { step, .. } => ("execution-moved", Some(step)),
        Event::AppealMoved { step, .. } => ("appeal-moved", Some(step)),
        Event::StepFailed { step, .. } => ("step-failed", Some(step)),
        Event::Undelivered { step, .. } => ("undelivered", Some(step)),
        Event::HandedToInbox { step } => ("handed-to-inbox", Some(step)),
        Event::ReportKept { step, .. } => ("report-kept", Some(step)),
        Event::ClockStarted { step, .. } => ("clock-started", Some(step)),
        Event::ClockMet { step, .. } => ("clock-met", Some(step)),
        Event::ClockStopped { step, .. } => ("clock-stopped", Some(step)),
        Event::ClockPassed { step, .. } => ("clock-passed", Some(step)),
        Event::FactReported { report, .. } => ("fact-reported", report.step.as_ref()),
        Event::StepDoneByFact { step, .. } => ("step-done-by-fact", Some(step)),
        Event::StepNotNeeded { step, .. } => ("step-not-needed", Some(step)),
        Event::StepSettled { step, .. } => ("step-settled", Some(step)),
        Event::WithdrawalSent { step, .. } => ("withdrawal-sent", Some(step)),
        Event::StepWithdrawn { step, .. } => ("step-withdrawn", Some(step)),
        Event::CaseWithdrawn => ("case-withdrawn", None),
        Event::CaseEnded { .. } => ("case-ended", None),
        Event::Notice(NoticeEvent::ContactChanged { .. }) => ("contact-changed", None),
        Event::Notice(_) => ("notice-told", None),
    }
}

impl Sight<'_> {
    /// An event of a record; `None` where it is not the reader's to see.
    pub(crate) fn event(&self, record: &Record, index: usize) -> Option<pb::CaseEvent> {
        let event = record.events.get(index)?;
        let (kind, step) = kind_of(event);
        if !self.shows_event(event, step) {
            return None;
        }
        let number = number_of(record, index);
        Some(pb::CaseEvent {
            name: format!("{}/events/{number}", self.case_name()),
            number,
            sequence: record.sequence.0,
            create_time: Some(timestamp(record.at)),
            kind: kind.to_owned(),
            text: self.event_text(kind, event, step),
            step: step.map(|step| self.step_name(step)).unwrap_or_default(),
            actor_text: self.actor_text(&record.actor, step),
            purpose: self.purpose(record),
        })
    }

    /// What belongs to a step is shown with the step; the rest is the applicant's, but for what everybody in the case
    /// has to know.
    fn shows_event(&self, event: &Event, step: Option<&StepId>) -> bool {
        // What the service keeps for itself: repeats it recognises, and the clock it wakes itself by.
        if matches!(event, Event::RequestAccepted { .. }) || is_of_unknown_clock(self, event) {
            return false;
        }
        if let Event::Notice(event) = event {
            return self.shows_notice(event);
        }
        if let Some(step) = step {
            return self.shows(step);
        }
        match (self.view, event) {
            (View::Whole, _) => true,
            (View::Of(_), Event::CaseCreated { .. } | Event::CaseWithdrawn | Event::CaseEnded { .. }) => true,
            (View::Of(reader), Event::PartyJoined { party, .. }) => party.role == Role::Applicant || party.id == reader,
            (View::Of(_), Event::FactReported { report, .. }) if self.sees_children() => match report.kind {
                FactKind::Birth | FactKind::Stillbirth | FactKind::Death => !report.child.is_whole(),
                FactKind::Homecoming
                | FactKind::Move
                | FactKind::Paid
                | FactKind::Admission
                | FactKind::ReadyForDischarge
                | FactKind::Discharge
                | FactKind::PermitRevoked => false,
            },
            (View::Of(_), _) => false,
        }
    }

    /// A party's own contact, and what became of telling her; not even the applicant sees another's. The rest is what the
    /// service keeps for itself, above all that somebody is left in peace: it would say that there is another case (I6).
    fn shows_notice(&self, event: &NoticeEvent) -> bool {
        match event {
            NoticeEvent::ContactChanged { party, .. } | NoticeEvent::Told { party, .. } => *party == self.reader,
            NoticeEvent::Ordered { .. }
            | NoticeEvent::Held { .. }
            | NoticeEvent::QuietEnded { .. }
            | NoticeEvent::QuietBegun { .. }
            | NoticeEvent::QuietSpread { .. }
            | NoticeEvent::QuietKept { .. }
            | NoticeEvent::Neared { .. }
            | NoticeEvent::DraftNeared
            | NoticeEvent::WakeSet { .. } => false,
        }
    }

    fn event_text(&self, kind: &str, event: &Event, step: Option<&StepId>) -> String {
        let state = step.and_then(|step| self.case.step(step));
        let agency = state.map(|step| self.agency_name(step)).unwrap_or_default();
        let title = step.map(|step| self.title(step)).unwrap_or_default();
        let said =
            self.voice.say(&format!("event-{kind}"), &[("agency", Arg::Text(&agency)), ("step", Arg::Text(&title))]);
        match event {
            Event::FactReported { report, .. } => {
                let fact = self.voice.say(&format!("fact-{}", report.kind.slug()), &[]);
                format!("{said}: {fact}")
            }
            Event::ClockStarted { step, clock, last_day, .. } => {
                let filling = self
                    .definition
                    .step(&step.slug)
                    .zip(state)
                    .map(|(definition, step)| self.filling(definition, step))
                    .unwrap_or_default();
                let key = format!("clock-{}-{clock}", step.slug);
                let name = filling.say(self.voice, &key, &[("day", Arg::Day(*last_day))]);
                format!("{said}: {name}")
            }
            Event::SubjectKnown { group, subject, .. } => format!("{said}: {}", self.subject_label(group, subject.0)),
            Event::PartyJoined { party, .. } => match self.name_of(party.id) {
                Some(name) => format!("{said}: {name}"),
                None => said,
            },
            Event::ExecutionMoved { execution, .. } => {
                let execution = kebab(execution.pb().as_str_name(), "EXECUTION_STATE_");
                format!("{said}: {}", self.voice.say(&format!("execution-{execution}"), &[]))
            }
            Event::Notice(NoticeEvent::Told { outcome, .. }) => {
                format!("{said}: {}", self.voice.say(&format!("notice-{}", outcome.slug()), &[]))
            }
            Event::DecisionRecorded { decided, .. } => {
                let outcome = kebab(decided.outcome.pb().as_str_name(), "OUTCOME_");
                format!("{said}: {}", self.voice.say(&format!("outcome-{outcome}"), &[]))
            }
            _ => said,
        }
    }

    fn actor_text(&self, actor: &Actor, step: Option<&StepId>) -> String {
        match actor {
            Actor::Person(id) => self.name_of(*id).unwrap_or_default(),
            Actor::Agency(slug) => {
                let named =
                    step.and_then(|step| self.case.step(step)).filter(|step| step.agency.as_ref() == Some(slug));
                match named {
                    Some(step) => self.agency_name(step),
                    None => self.reporter_name(slug),
                }
            }
            Actor::Operator(_) | Actor::Time => self.voice.say("source-case", &[]),
        }
    }

    /// The name of a party, as far as the reader may know it.
    fn name_of(&self, id: PartyId) -> Option<String> {
        match self.case.party(id) {
            Some(party) if party.is_protected && party.id != self.reader => Some(self.voice.say("masked-text", &[])),
            Some(party) if self.is_whole() || party.id == self.reader || party.role == Role::Applicant => {
                Some(party.name.clone())
            }
            Some(_) | None => None,
        }
    }

    /// An agency that reported without a task.
    fn reporter_name(&self, slug: &livshandelse_core::id::Slug) -> String {
        let of_event = self.definition.parts().agencies.iter().find(|agency| {
            let rest = slug.as_str().strip_prefix(agency.slug.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        });
        match of_event {
            Some(agency) if self.is_masked(&agency.slug) => self.voice.say("masked-agency", &[]),
            Some(agency) => super::agency_name(self.voice, self.registry, &agency.slug, Some(slug)),
            None => self.voice.say("masked-agency", &[]),
        }
    }

    /// What for: the reader's own purposes, and those of agencies and operators to whom it belongs.
    fn purpose(&self, record: &Record) -> String {
        let is_shown = self.is_whole() || record.actor == Actor::Person(self.reader);
        if is_shown && record.actor != Actor::Time { record.purpose.clone() } else { String::new() }
    }
}

fn is_of_unknown_clock(sight: &Sight<'_>, event: &Event) -> bool {
    let (step, clock) = match event {
        Event::ClockStarted { step, clock, .. }
        | Event::ClockMet { step, clock }
        | Event::ClockStopped { step, clock }
        | Event::ClockPassed { step, clock, .. } => (step, clock),
        _ => return false,
    };
    sight.definition.step(&step.slug).is_none_or(|step| step.clock(clock).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use livshandelse_core::id::Sequence;
    use livshandelse_core::time::CivilTime;

    #[test]
    fn the_numbers_of_events_rise_and_tell_their_record() {
        let record = |sequence| Record {
            sequence: Sequence(sequence),
            at: CivilTime(0),
            actor: Actor::Time,
            purpose: String::new(),
            events: vec![Event::DraftExpired, Event::CaseWithdrawn],
            effects: Vec::new(),
        };
        let numbers = [number_of(&record(1), 0), number_of(&record(1), 1), number_of(&record(2), 0)];
        assert!(numbers.is_sorted());
        assert_eq!(numbers.map(sequence_of), [1, 1, 2]);
    }
}
