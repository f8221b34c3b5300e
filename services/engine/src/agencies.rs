//! The world outside, as the engine sees it.

use crate::definitions::Published;
use livshandelse_core::Case;
use livshandelse_core::command::{Arrival, Report, Undelivered};
use livshandelse_core::id::{Attempt, EffectKey, Slug, StepId};
use livshandelse_core::time::CivilTime;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A future on the heap, so that the trait can be used as an object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Calls agencies. One call of one attempt; deadlines, retries and limits are the engine's.
pub trait Agencies: Send + Sync + 'static {
    /// Hands a step to its agency and returns what the agency answers.
    fn perform(&self, order: Order) -> BoxFuture<'static, Result<Said, Failure>>;

    /// Tells an agency that the applicant withdraws, and returns what it answers.
    fn cancel(&self, order: Order) -> BoxFuture<'static, Result<Said, Failure>>;
}

/// What an agency answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// That the document has arrived, if it says so.
    pub arrival: Option<Arrival>,
    /// What it says of the step.
    pub report: Report,
}

impl From<Report> for Said {
    fn from(report: Report) -> Said {
        Said { arrival: None, report }
    }
}

/// One call to make.
#[derive(Debug, Clone)]
pub struct Order {
    /// The case as it is on disk.
    pub case: Arc<Case>,
    /// The definition it is pinned to.
    pub published: Arc<Published>,
    /// The step.
    pub step: StepId,
    /// Whom to call.
    pub agency: Slug,
    /// The attempt.
    pub attempt: Attempt,
    /// Names the effect for ever: the same in every repeat.
    pub key: EffectKey,
    /// 0 for the first filing, then one more for each supplement.
    pub supplement_number: u32,
    /// Civil time of the call.
    pub now: CivilTime,
    /// Whether civil time is moved by hand.
    pub is_time_lapse: bool,
    /// How long the call may take.
    pub deadline: Duration,
}

/// Why a call gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// The kind.
    pub why: Undelivered,
    /// For the log: no content of the case, no address.
    pub text: String,
}
