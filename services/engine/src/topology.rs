//! What the service looks like to its operators.

use livshandelse_core::id::Slug;
use livshandelse_store::{Room, Stats};

/// Whether new work is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Everything is taken.
    Ready,
    /// The disk runs low: no new cases; what is begun goes on.
    DiskLow,
    /// The disk is full.
    DiskFull,
    /// About to stop.
    Draining,
}

impl Readiness {
    /// Says in the log what has changed: whoever is told that the service does not serve looks there for why.
    pub(crate) fn log_after(self, before: Readiness) {
        match self {
            _ if before == self => {}
            Readiness::DiskLow => tracing::warn!("the disk runs low: no new cases are taken until there is room"),
            Readiness::DiskFull => {
                tracing::error!("the disk is full: nothing is taken until there is room; nothing accepted is lost");
            }
            Readiness::Ready if matches!(before, Readiness::DiskLow | Readiness::DiskFull) => {
                tracing::info!("the disk has room again: everything is taken");
            }
            Readiness::Ready | Readiness::Draining => {}
        }
    }
}

/// How the calls to one agency go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyCounts {
    /// The resolved agency.
    pub agency: Slug,
    /// Calls under way.
    pub in_flight: usize,
    /// Calls waiting for a place.
    pub waiting: usize,
    /// Calls that failed since the last that did not.
    pub failed_in_a_row: u32,
}

/// A snapshot for operators.
#[derive(Debug, Clone)]
pub struct Topology {
    /// Cases with a wake-up: every open one.
    pub open_cases: usize,
    /// Cases in memory.
    pub cached_cases: usize,
    /// Requests under way.
    pub in_flight: usize,
    /// Calls to agencies waiting or under way.
    pub calls_waiting: usize,
    /// The store's own numbers.
    pub store: Stats,
    /// Room on disk.
    pub room: Room,
    /// Whether new work is taken.
    pub readiness: Readiness,
    /// Whether civil time is moved by hand.
    pub is_time_lapse: bool,
    /// Each agency called since the start.
    pub agencies: Vec<AgencyCounts>,
}
