//! Withdrawal is an arriving återkallelse: what is unsent ends at once, what is filed only its agency closes.

use super::{Answer, Rejection, Sitting};
use crate::case::{Reason, StepState};
use crate::definition::{StepKind, Withdrawal};
use crate::effect::Effect;
use crate::event::Event;
use crate::id::StepId;

impl Sitting<'_> {
    pub(super) fn withdraw_step(&mut self, id: &StepId) -> Result<Answer, Rejection> {
        self.require_own(id)?;
        let (definition, step) = self.step(id)?;
        let state = step.state;
        if state.is_over() || definition.kind == StepKind::Information {
            return Err(Rejection::NotWithdrawable { step: id.clone(), state });
        }
        if step.is_withdrawing {
            return Ok(Answer::Repeated);
        }
        let goes_on = definition.withdrawal == Withdrawal::GoesOn;
        let is_automatic = definition.kind == StepKind::Automatic;
        if (goes_on && (state.is_under_way() || is_automatic)) || definition.done_by.is_some() {
            return Err(Rejection::NotWithdrawable { step: id.clone(), state });
        }
        self.withdraw(id, Reason::WithdrawnUnsent);
        Ok(Answer::Done)
    }

    pub(super) fn withdraw_case(&mut self) -> Result<Answer, Rejection> {
        self.require_owner()?;
        if matches!(self.case.stage, crate::case::Stage::Draft) {
            self.record(Event::DraftExpired);
            return Ok(Answer::Done);
        }
        self.require_open()?;
        if self.case.withdrawn_at.is_some() {
            return Ok(Answer::Repeated);
        }
        self.record(Event::CaseWithdrawn);
        let ids: Vec<StepId> = self.case.steps.iter().map(|step| step.id.clone()).collect();
        for id in ids {
            let (definition, step) = self.step(&id)?;
            // What the helper has filed for the helper's own sake is not the applicant's to withdraw.
            let is_anothers = definition.is_helpers_own() && self.case.applicant().is_some();
            let goes_on = (definition.withdrawal == Withdrawal::GoesOn || is_anothers) && step.state.is_under_way();
            if !step.state.is_over() && !step.is_withdrawing && !goes_on && definition.kind != StepKind::Information {
                self.withdraw(&id, Reason::CaseWithdrawn);
            }
        }
        Ok(Answer::Done)
    }

    fn withdraw(&mut self, id: &StepId, unsent: Reason) {
        let Some(step) = self.case.step(id) else { return };
        match (step.state, step.task, step.agency.clone()) {
            (StepState::Blocked | StepState::Ready | StepState::Draft, _, _) | (_, None, _) | (_, _, None) => {
                self.record(Event::StepWithdrawn { step: id.clone(), reason: unsent, words: None });
            }
            (_, Some(task), Some(agency)) => {
                let effect_index = self.order(Effect::CancelStep { step: id.clone(), agency, attempt: task.attempt });
                self.record(Event::WithdrawalSent { step: id.clone(), effect_index });
            }
        }
    }
}
