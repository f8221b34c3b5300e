//! What callers give and get.

use livshandelse_core::command::Request;
use livshandelse_core::id::{CaseId, Revision, Sequence};
use livshandelse_core::{Answer, Case, Rejection};
use std::sync::Arc;
use std::time::Duration;

/// A request to one case.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which case; for one that begins, the id it gets.
    pub case: CaseId,
    /// The definition, for a case that begins or a draft that is saved or filed.
    pub revision: Option<Revision>,
    /// What is asked, by whom.
    pub request: Request,
    /// How it waits when much is going on.
    pub lane: Lane,
    /// The record the caller last saw; another one refuses the request. Repeats are answered all the same.
    pub expected: Option<Sequence>,
}

/// How a request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// New work: refused at once when too much is waiting, or when the disk runs low.
    Start,
    /// What is already begun: waits for its place, until the caller's deadline.
    Report,
}

/// What a caller is told, after it is on disk.
#[derive(Debug, Clone)]
pub struct Told {
    /// The answer.
    pub answer: Answer,
    /// The case as it stood then.
    pub case: Arc<Case>,
}

/// Why a request was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// The rules say no. What a refusal records (a late report) is on disk.
    #[error("{rejection}")]
    Rejected {
        /// Why.
        rejection: Box<Rejection>,
        /// The case as it stands, for callers who may know of it.
        case: Option<Arc<Case>>,
    },
    /// The case has changed since the caller looked.
    #[error("the case has changed since it was read")]
    Changed,
    /// Too much is waiting.
    #[error("too much is waiting")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The disk is nearly or quite full: no new cases.
    #[error("the disk is full")]
    DiskFull,
    /// The service is about to stop.
    #[error("draining")]
    Draining,
    /// Only a time-lapse store moves its own time.
    #[error("this store runs in real time")]
    NotTimeLapse,
    /// Time-lapse moves only when nothing is under way.
    #[error("work is under way")]
    NotIdle,
    /// No such revision.
    #[error("{0} is not published")]
    UnknownRevision(Revision),
    /// The case's stored history is damaged; an operator must look.
    #[error("the case's history is damaged")]
    Quarantined,
    /// The store has failed, and with it this process.
    #[error("the store has failed")]
    StoreFailed,
}
