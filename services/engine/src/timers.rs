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

    /// Sets the wake-up of a case that has been woken and has none; one that was set meanwhile, after `now`, knows better.
    pub(crate) fn put_back(&self, case: CaseId, at: CivilTime, now: CivilTime) {
        let is_set = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.by_case.get(&case).is_some_and(|set| *set > now)
        };
        if !is_set {
            self.set(case, Some(at));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_set_while_a_case_is_woken_is_not_put_back() {
        let (timers, case) = (Timers::default(), CaseId([7; 16]));
        let at = |millis| CivilTime(millis);
        timers.set(case, Some(at(10)));
        assert_eq!(timers.take_due(at(10), 1), [case]);
        // While it is woken, somebody reports: three days from then.
        timers.set(case, Some(at(3_000)));
        timers.put_back(case, at(30_000), at(10));
        assert_eq!(timers.next(), Some(at(3_000)));
        // Woken again, and nothing set meanwhile.
        assert_eq!(timers.take_due(at(3_000), 1), [case]);
        timers.put_back(case, at(30_000), at(3_000));
        assert_eq!(timers.next(), Some(at(30_000)));
    }
}
