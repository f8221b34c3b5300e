//! When cases wake: a set of civil moments, a pure function of the cases, rebuilt from the store at every start.

use foldhash::HashMap;
use livshandelse_core::id::CaseId;
use livshandelse_core::time::CivilTime;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(crate) struct Timers {
    state: Mutex<State>,
    /// Told when something is due earlier than before.
    pub(crate) earlier: Notify,
}

#[derive(Debug, Default)]
struct State {
    due: BTreeSet<(CivilTime, CaseId)>,
    by_case: HashMap<CaseId, CivilTime>,
}

impl Timers {
    /// Sets, moves or clears a case's wake-up.
    pub(crate) fn set(&self, case: CaseId, at: Option<CivilTime>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.by_case.get(&case).copied() == at {
            return;
        }
        let first_before = state.due.first().map(|(at, _)| *at);
        let before = match at {
            Some(at) => state.by_case.insert(case, at),
            None => state.by_case.remove(&case),
        };
        if let Some(before) = before {
            state.due.remove(&(before, case));
        }
        if let Some(at) = at {
            state.due.insert((at, case));
            if first_before.is_none_or(|first| at < first) {
                self.earlier.notify_one();
            }
        }
    }

    /// The earliest moment at which anything is due.
    pub(crate) fn next(&self) -> Option<CivilTime> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).due.first().map(|(at, _)| *at)
    }

    /// Takes out up to `limit` cases that are due.
    pub(crate) fn take_due(&self, now: CivilTime, limit: usize) -> Vec<CaseId> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some((at, case)) = state.due.first().copied().filter(|(at, _)| *at <= now)
        {
            state.due.remove(&(at, case));
            state.by_case.remove(&case);
            taken.push(case);
        }
        taken
    }

    /// Cases that have a wake-up: every open one.
    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).by_case.len()
    }
}
