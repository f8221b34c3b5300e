//! Civil time, handed in: the real one, or one that is moved step by step.

use livshandelse_core::time::CivilTime;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where civil time comes from.
#[derive(Clone)]
pub enum CivilClock {
    /// Real time, read through a door that the program owns.
    Real(Arc<dyn Fn() -> CivilTime + Send + Sync>),
    /// Time-lapse: stands still until it is moved.
    Lapse(Arc<AtomicI64>),
}

impl CivilClock {
    /// A time-lapse clock that stands at an instant.
    pub fn lapse(at: CivilTime) -> CivilClock {
        CivilClock::Lapse(Arc::new(AtomicI64::new(at.0)))
    }

    /// Civil time now.
    pub fn now(&self) -> CivilTime {
        match self {
            CivilClock::Real(read) => read(),
            CivilClock::Lapse(at) => CivilTime(at.load(Ordering::Acquire)),
        }
    }

    /// Whether it is moved by hand.
    pub fn is_lapse(&self) -> bool {
        matches!(self, CivilClock::Lapse(_))
    }

    /// Moves a time-lapse clock on; never back. Does nothing to real time.
    pub(crate) fn move_to(&self, to: CivilTime) {
        if let CivilClock::Lapse(at) = self {
            at.fetch_max(to.0, Ordering::AcqRel);
        }
    }
}

impl fmt::Debug for CivilClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CivilClock({})", self.now())
    }
}
