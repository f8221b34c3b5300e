//! Does: takes commands, decides, commits, answers, acts. One order of work: *log, sync, answer, act* (see `shard.rs`).
//!
//! A tour: [`Engine`] is what everybody holds. `shard` caches cases and decides under a short lock; what is decided goes
//! through `queue` to `writer`, the one thread that commits, many commands a sync; `acknowledge` is what happens once they
//! are on disk: answers, timers, watchers, effects; `dispatch` hands steps to agencies behind the [`Agencies`] trait,
//! `telling` tells people behind [`Tellers`]; `timers` knows when civil time wakes cases, and `waking` wakes them;
//! [`Definitions`] keeps every revision ever published.
//!
//! Two clocks. *Civil time* ([`CivilClock`]) is law's; *machine time* is tokio's, for deadlines and retries. Nothing here
//! reads the system's clock, environment or chance.

mod acknowledge;
mod agencies;
mod ask;
mod civil_clock;
mod definitions;
mod dispatch;
mod engine;
pub mod field;
mod incidents;
mod limits;
mod list_key;
mod loading;
mod metrics;
mod origin;
mod projection;
mod queue;
mod shard;
mod telling;
mod timers;
mod topology;
mod waking;
mod watch;
mod writer;

pub use agencies::{Agencies, BoxFuture, Failure, Order, Said};
pub use ask::{Ask, Lane, Refusal, Told};
pub use civil_clock::CivilClock;
pub use definitions::{
    AgencyApproval, Approval, Approvals, ApproveError, By, Definitions, NewDefinition, PublishError, Published,
    handed_over, is_handed_over,
};
pub use engine::{Advanced, Engine, ReadBundle, Setup, StartError};
pub use incidents::Incident;
pub use limits::Limits;
pub use list_key::ListKey;
pub use metrics::Metrics;
pub use projection::{CaseProjector, HISTORY_STANDS_FOR_STATE};
pub use telling::{Attempted, Returned, TellOrder, Tellers, WayMark};
pub use topology::{AgencyCounts, Readiness, Topology};
