//! The script language: what agencies do instead of what they would do by themselves.
//!
//! One rule a line; `README.md` beside this crate is the whole of it, by example.

mod parse;
mod tokens;

use crate::calendar::{Delay, Hours};
use jiff::civil::Date;
use livshandelse_proto::v1::{ExecutionState, Outcome};

pub use parse::{course, script};

/// What a script, or several after each other, say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// In the order in which they stand. The first that fits counts.
    pub rules: Vec<Rule>,
    /// Facts that registers report by themselves.
    pub facts: Vec<PlannedFact>,
}

impl Script {
    /// Puts another script after this one.
    pub fn extend(&mut self, more: Script) {
        self.rules.extend(more.rules);
        self.facts.extend(more.facts);
    }
}

/// One thing that is done for some hand-overs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// For which.
    pub scope: Scope,
    /// What is done.
    pub effect: Effect,
}

/// Which hand-overs a rule is for: of a step, at an agency, or all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The step's slug. `None`: any.
    pub step: Option<String>,
    /// The agency's slug; a last `*` stands for any end. `None`: any.
    pub agency: Option<String>,
}

impl Scope {
    /// Whether a hand-over is meant.
    pub fn fits(&self, step: &str, agency: &str) -> bool {
        let step_fits = self.step.as_ref().is_none_or(|wanted| wanted == step);
        let agency_fits = self.agency.as_ref().is_none_or(|wanted| match wanted.strip_suffix('*') {
            Some(beginning) => agency.starts_with(beginning),
            None => wanted == agency,
        });
        step_fits && agency_fits
    }
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The matter takes this course, whatever was filed.
    Course(Vec<Move>),
    /// A fault or a habit, as often as the limit says.
    Knob(Knob, Limit),
}

/// How often a rule does what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Each time.
    Always,
    /// The first so many times.
    Times(u32),
    /// So many times in a hundred, drawn.
    Percent(u32),
}

/// A fault or a habit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knob {
    /// The call is not answered; the caller gives up.
    Silent,
    /// Accepts, and is never heard of again.
    Mute,
    /// Answers `UNAVAILABLE`.
    Errors,
    /// Answers `INTERNAL`: a person has to look.
    Broken,
    /// Every report is sent again: once with the same request id, once with another.
    Repeats,
    /// The call is not answered; when the next attempt has come, the first one is
    /// reported on.
    Late,
    /// Says what nobody can understand.
    Garbage(Garbage),
    /// Answers `UNAVAILABLE` on these days, both included.
    Closed {
        /// The first.
        from: Date,
        /// The last.
        to: Date,
    },
    /// Takes so long before it decides, instead of its own time.
    Latency(Delay),
    /// Answers at these hours.
    Hours(Hours),
}

/// A kind of answer that nobody can understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garbage {
    /// An answer in which nothing is said.
    Missing,
    /// A decision whose outcome is not in the contract.
    UnknownOutcome,
    /// A report about a task that the agency never had, before each right one.
    WrongTask,
}

/// One move in a course: wait, then act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// How long after the move before, or after the arrival.
    pub after: Delay,
    /// And not before so many days ahead of the date in this field of the input.
    pub no_sooner: Option<(u32, String)>,
    /// What is done.
    pub act: Act,
}

/// What an agency does with a matter. Empty words: the step's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Decides.
    Decide {
        /// What.
        outcome: Outcome,
        /// In which words.
        words: String,
        /// From when and until when it holds, where it does not hold at once and without end.
        valid: Option<Valid>,
    },
    /// Is done: registered, booked, or carried out after a decision.
    Complete {
        /// In which words.
        words: String,
    },
    /// Asks for something, or offers something, and waits.
    Ask {
        /// In which words.
        words: String,
        /// How long the applicant has, in days.
        due_days: Option<u32>,
        /// Fields of the step's form.
        fields: Vec<String>,
        /// An offer to accept or decline.
        is_offer: bool,
        /// A formal order (föreläggande).
        is_formal: bool,
    },
    /// Asks for a fee, and waits for it.
    Pay {
        /// In which words.
        words: String,
        /// How much, in öre. `None`: the first amount that was handed over with the step.
        amount: Option<u32>,
        /// How long the applicant has, in days.
        due_days: Option<u32>,
    },
    /// Tells that the fee has been paid.
    Paid,
    /// Tells how far the decision has been carried out.
    Execution {
        /// How far.
        state: ExecutionState,
        /// In which words.
        words: String,
    },
    /// Tells that what was granted has been revoked.
    Revoke,
    /// Tells how it stands.
    Progress {
        /// In which words.
        words: String,
        /// It waits for somebody else.
        waits_for_other: bool,
    },
    /// Tells that it will be substantially late (FL 11).
    Delay {
        /// Why.
        why: String,
    },
    /// Cannot do it, for technical reasons.
    Fail {
        /// A slug.
        reason: String,
        /// Whether another attempt may help.
        is_retryable: bool,
    },
}

impl Act {
    /// Whether it brings the matter to its answer, rather than only telling of it.
    pub fn is_decisive(&self) -> bool {
        match self {
            Act::Decide { .. } | Act::Complete { .. } | Act::Fail { .. } => true,
            Act::Ask { is_offer, .. } => *is_offer,
            // What happens after the answer, or is the answer.
            Act::Paid | Act::Revoke => true,
            Act::Pay { .. } | Act::Progress { .. } | Act::Execution { .. } | Act::Delay { .. } => false,
        }
    }
}

/// From when and until when a decision holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Valid {
    /// The first day.
    pub from: Date,
    /// The last day. `None`: without end.
    pub to: Option<Date>,
}

/// A fact that a register reports without a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFact {
    /// Who reports it.
    pub agency: String,
    /// Whom it is about: twelve digits.
    pub identity_number: String,
    /// The day it happens and is reported.
    pub on: Date,
    /// What.
    pub kind: FactKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// A child was born.
    Birth {
        /// Which, from 1.
        child: u32,
    },
    /// A child was stillborn.
    Stillbirth {
        /// Which, from 1.
        child: u32,
    },
    /// A child came home.
    Homecoming {
        /// Which, from 1.
        child: u32,
    },
    /// A child, or the person, died.
    Death {
        /// Which child; `None`: the person.
        child: Option<u32>,
    },
    /// The person moved.
    Move {
        /// To which municipality; empty: abroad.
        municipality: String,
    },
    /// The person was admitted to hospital.
    Admission,
    /// The person is ready to leave hospital.
    ReadyForDischarge,
    /// The person left hospital.
    Discharge,
}

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}; {remedy}")]
pub struct ScriptError {
    /// From 1.
    pub line: usize,
    /// What was found.
    pub problem: String,
    /// What could stand there.
    pub remedy: String,
}

#[cfg(test)]
mod tests;
