//! What is to be done once the record that orders it is on disk.

use crate::id::{Attempt, PartyId, Slug, StepId};
use jiff::civil::Date;

/// Something to do in the world; safe to do twice, since its [`EffectKey`](crate::id::EffectKey) is the same each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Hand a step to its agency, or what the applicant has added to it.
    PerformStep {
        /// The step.
        step: StepId,
        /// Who performs it.
        agency: Slug,
        /// The attempt.
        attempt: Attempt,
        /// 0 for the first filing, then one more for each supplement.
        supplement_number: u32,
    },
    /// Tell the agency that the applicant withdraws; the agency closes.
    CancelStep {
        /// The step.
        step: StepId,
        /// Who has it.
        agency: Slug,
        /// The attempt.
        attempt: Attempt,
    },
    /// Tell somebody that there is something new.
    Tell {
        /// Whom.
        party: PartyId,
    },
    /// Ask every other case of somebody who mourns to keep quiet.
    Quieten {
        /// Who.
        party: PartyId,
        /// The last day.
        to: Date,
    },
}

impl Effect {
    /// The step it concerns, unless it is about a person.
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Effect::PerformStep { step, .. } | Effect::CancelStep { step, .. } => Some(step),
            Effect::Tell { .. } | Effect::Quieten { .. } => None,
        }
    }

    /// The agency it goes to, unless it is about a person.
    pub fn agency(&self) -> Option<&Slug> {
        match self {
            Effect::PerformStep { agency, .. } | Effect::CancelStep { agency, .. } => Some(agency),
            Effect::Tell { .. } | Effect::Quieten { .. } => None,
        }
    }

    /// The attempt it belongs to, unless it is about a person.
    pub fn attempt(&self) -> Option<Attempt> {
        match self {
            Effect::PerformStep { attempt, .. } | Effect::CancelStep { attempt, .. } => Some(*attempt),
            Effect::Tell { .. } | Effect::Quieten { .. } => None,
        }
    }
}
