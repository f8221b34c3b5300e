//! What operators mend. They never skip or re-route an application (I9).

use super::{Rejection, Sitting};
use crate::event::Event;
use crate::id::StepId;

impl Sitting<'_> {
    pub(super) fn retry_step(&mut self, id: &StepId) -> Result<(), Rejection> {
        self.require_incident(id)?;
        self.hand_over_again(id);
        Ok(())
    }

    pub(super) fn hand_to_inbox(&mut self, id: &StepId) -> Result<(), Rejection> {
        self.require_incident(id)?;
        self.record(Event::HandedToInbox { step: id.clone() });
        Ok(())
    }

    fn require_incident(&self, id: &StepId) -> Result<(), Rejection> {
        self.require_operator()?;
        self.require_open()?;
        let (_, step) = self.step(id)?;
        if step.incident.is_none() || step.task.is_none() {
            return Err(Rejection::NoIncident { step: id.clone() });
        }
        Ok(())
    }
}
