//! Civil time reaches what something waits for: clocks end, failed attempts are handed over again, drafts expire.

use super::settle::{REMINDER, REMINDER_DAYS};
use super::{Rejection, Sitting};
use crate::case::{AppealState, ClockState, Reason, Stage};
use crate::command::Actor;
use crate::definition::{ClockKind, Consequence};
use crate::effect::Effect;
use crate::event::Event;
use crate::id::{Attempt, Slug, StepId};
use jiff::ToSpan;

/// Days until an agency that is late is asked about again.
const OVERDUE_AGAIN_DAYS: i32 = 30;

impl Sitting<'_> {
    pub(super) fn pass_time(&mut self) -> Result<(), Rejection> {
        if self.actor != &Actor::Time {
            return Err(Rejection::not_yours(self.actor, "what only time does"));
        }
        match self.case.stage {
            Stage::Absent => return Err(Rejection::NoSuchCase),
            Stage::Draft => {
                if self.case.expires_at.is_some_and(|expires_at| expires_at <= self.now) {
                    self.record(Event::DraftExpired);
                }
            }
            Stage::Open => {
                self.pass_clocks();
                self.retry_due();
            }
            Stage::Ended(_) => {}
        }
        Ok(())
    }

    fn pass_clocks(&mut self) {
        let today = self.now.date();
        let due: Vec<(StepId, Slug)> = self
            .case
            .steps
            .iter()
            .flat_map(|step| {
                let is_due = |clock: &&crate::case::Clock| clock.state == ClockState::Running && clock.acts_on < today;
                step.clocks.iter().filter(is_due).map(|clock| (step.id.clone(), clock.slug.clone()))
            })
            .collect();
        for (id, slug) in due {
            if slug.as_str() == REMINDER {
                let again_on = Some(self.now.date().saturating_add(REMINDER_DAYS.days()));
                self.record(Event::ClockPassed { step: id, clock: slug, again_on });
                continue;
            }
            let clock = self.definition.step(&id.slug).and_then(|step| step.clock(&slug));
            let Some((kind, consequence)) = clock.map(|clock| (clock.kind, clock.consequence)) else { continue };
            if self.case.step(&id).is_none_or(|step| step.state.is_over() && kind != ClockKind::Appeal) {
                continue;
            }
            self.pass_clock(id, slug, kind, consequence);
        }
    }

    fn pass_clock(&mut self, id: StepId, slug: Slug, kind: ClockKind, consequence: Consequence) {
        let again_on = match consequence {
            Consequence::Overdue => {
                let later = self.now.date().saturating_add(OVERDUE_AGAIN_DAYS.days());
                Some(crate::calendar::roll(later))
            }
            Consequence::Closes | Consequence::Warns | Consequence::Settles => None,
        };
        self.record(Event::ClockPassed { step: id.clone(), clock: slug.clone(), again_on });
        if kind == ClockKind::Appeal {
            self.record(Event::AppealMoved { step: id, appeal: AppealState::Late });
            return;
        }
        match consequence {
            Consequence::Closes => {
                self.record(Event::StepNotNeeded { step: id, reason: Reason::ClockEnded(slug) });
            }
            Consequence::Settles => self.record(Event::StepSettled { step: id, clock: slug }),
            Consequence::Overdue | Consequence::Warns => {}
        }
    }

    fn retry_due(&mut self) {
        let due = self.case.steps.iter().filter(|step| step.retry_at.is_some_and(|retry_at| retry_at <= self.now));
        let due: Vec<StepId> = due.map(|step| step.id.clone()).collect();
        for id in due {
            self.hand_over_again(&id);
        }
    }

    /// The next attempt: what was sent is sent again under a new number, so that an answer to the old one is known as late.
    pub(super) fn hand_over_again(&mut self, id: &StepId) {
        let Some(step) = self.case.step(id) else { return };
        let Some(agency) = step.agency.clone() else { return };
        let attempt = Attempt(step.attempts + 1);
        let effect = if step.is_withdrawing {
            Effect::CancelStep { step: id.clone(), agency, attempt }
        } else {
            Effect::PerformStep { step: id.clone(), agency, attempt, supplement_number: step.supplements }
        };
        let effect_index = self.order(effect);
        self.record(Event::StepRetried { step: id.clone(), attempt, effect_index });
    }
}
