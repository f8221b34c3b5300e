//! What can go wrong between us and an agency.

use livshandelse_core::command::Undelivered;
use livshandelse_core::id::{Slug, StepId};
use livshandelse_core::time::CivilTime;

/// One fault in a play. Each stops after a while: then the case must end (I8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The first attempt at a step fails, and another can help.
    FailsOnce(StepId),
    /// The first attempt at a step fails and an operator must act.
    FailsForGood(StepId),
    /// The agency refuses what is asked.
    Refuses(StepId),
    /// The first attempt is not delivered; once the second is on its way, the agency answers the first.
    AnswersLate(StepId),
    /// No attempt reaches an agency until a time.
    Unheard {
        /// The agency.
        agency: Slug,
        /// How it shows.
        why: Undelivered,
        /// Until when; set when it begins.
        until: Option<CivilTime>,
    },
    /// An agency takes everything and does nothing until a time.
    Idle {
        /// The agency.
        agency: Slug,
        /// Until when; set when it begins.
        until: Option<CivilTime>,
    },
    /// An agency that closes nothing: withdrawals are ignored and what was asked is decided.
    IgnoresWithdrawals,
}

impl Fault {
    /// What kind it is, in a few words.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::FailsOnce(_) => "fails once",
            Fault::FailsForGood(_) => "fails for good",
            Fault::Refuses(_) => "refuses",
            Fault::AnswersLate(_) => "answers late",
            Fault::Unheard { .. } => "unheard",
            Fault::Idle { .. } => "idle",
            Fault::IgnoresWithdrawals => "ignores withdrawals",
        }
    }
}
