//! Why a step is as it is.

use super::Sight;
use livshandelse_core::case::{Reason, Step, StepState};
use livshandelse_core::command::Undelivered;
use livshandelse_core::definition::StepDefinition;
use livshandelse_proto::v1 as pb;

/// A reason as a stable slug, and as the end of a text key.
pub(crate) fn slug_of(reason: &Reason) -> &'static str {
    match reason {
        Reason::Condition => "condition",
        Reason::NeedGone(_) => "need-gone",
        Reason::ClockEnded(_) => "clock-ended",
        Reason::FactEnded(_) => "fact-ended",
        Reason::WithdrawnUnsent => "withdrawn-unsent",
        Reason::WithdrawnAndClosed => "withdrawn-and-closed",
        Reason::Undelivered(Undelivered::Silent) => "undelivered-silent",
        Reason::Undelivered(Undelivered::Unreachable) => "undelivered-unreachable",
        Reason::Undelivered(Undelivered::Garbage) => "undelivered-garbage",
        Reason::Undelivered(Undelivered::Refused) => "undelivered-refused",
        Reason::AgencyFailed => "agency-failed",
        Reason::CaseWithdrawn => "case-withdrawn",
        Reason::Settled(_) => "settled",
    }
}

impl Sight<'_> {
    /// Why a step is blocked, not needed, failed or unknown.
    pub(super) fn reason(&self, definition: &StepDefinition, step: &Step) -> Option<pb::Reason> {
        let Some(reason) = &step.reason else {
            let key = match step.state {
                StepState::Blocked => "blocked",
                StepState::Ready | StepState::Draft if self.case.is_protected() => "protected",
                StepState::Ready
                | StepState::Draft
                | StepState::Submitted
                | StepState::Received
                | StepState::InProgress
                | StepState::WaitingForApplicant
                | StepState::WaitingForOther
                | StepState::Decided
                | StepState::InExecution
                | StepState::Done
                | StepState::Withdrawn
                | StepState::NotNeeded
                | StepState::FailedDelivery
                | StepState::Unknown => return None,
            };
            let text = self.voice.say(&format!("reason-{key}"), &[]);
            return Some(pb::Reason { slug: key.to_owned(), text, ..pb::Reason::default() });
        };
        let general = self.voice.say(&format!("reason-{}", slug_of(reason)), &[]);
        let own = match reason {
            Reason::Condition if self.is_whole() => {
                let key = format!("condition-{}", definition.slug);
                self.filling(definition, step).say_if(self.voice, &key, &[])
            }
            Reason::ClockEnded(clock) | Reason::Settled(clock) => {
                let key = format!("clock-{}-{clock}-passed", definition.slug);
                self.filling(definition, step).say_if(self.voice, &key, &[])
            }
            Reason::Condition
            | Reason::NeedGone(_)
            | Reason::FactEnded(_)
            | Reason::WithdrawnUnsent
            | Reason::WithdrawnAndClosed
            | Reason::Undelivered(_)
            | Reason::AgencyFailed
            | Reason::CaseWithdrawn => None,
        };
        let legal_basis = match reason {
            Reason::Condition => definition.condition_source.clone(),
            Reason::ClockEnded(clock) | Reason::Settled(clock) => {
                definition.clock(clock).map(|clock| clock.source.clone()).unwrap_or_default()
            }
            Reason::NeedGone(_)
            | Reason::FactEnded(_)
            | Reason::WithdrawnUnsent
            | Reason::WithdrawnAndClosed
            | Reason::Undelivered(_)
            | Reason::AgencyFailed
            | Reason::CaseWithdrawn => String::new(),
        };
        Some(pb::Reason {
            slug: slug_of(reason).to_owned(),
            text: own.unwrap_or(general),
            legal_basis,
            source: String::new(),
        })
    }
}
