//! What waits for the writer. Whoever puts something in wakes the writer only when it wants to be woken: when it has
//! nothing to do, or when so much has come together that one sync for all of it is worth it.

use crate::writer::Pending;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A queue between all who decide and the one who writes.
pub(crate) fn queue() -> (Inlet, Outlet) {
    let queue = Arc::new(Queue::default());
    (Inlet(queue.clone()), Outlet(queue))
}

/// Where records are put in. The queue closes with it.
pub(crate) struct Inlet(Arc<Queue>);

/// Where the writer takes them out. What is left when it goes is dropped, and whoever waits for it hears so.
pub(crate) struct Outlet(Arc<Queue>);

/// What the writer has taken out.
pub(crate) struct Taken {
    /// In the order in which it was put in.
    pub(crate) waiting: Vec<Pending>,
    /// Whether it waited for more than has come.
    pub(crate) is_disappointed: bool,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Pending>,
    /// The length at which the writer wants to be woken; 0 while it is busy.
    wanted: usize,
    is_closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inlet {
    /// Puts a record in, behind all others. False if nobody writes any more.
    pub(crate) fn put(&self, pending: Pending) -> bool {
        let mut state = self.0.lock();
        if state.is_closed {
            return false;
        }
        state.waiting.push_back(pending);
        let is_wanted = state.wanted > 0 && state.waiting.len() >= state.wanted;
        if is_wanted {
            state.wanted = 0;
            drop(state);
            self.0.wake.notify_one();
        }
        true
    }
}

impl Outlet {
    /// Waits for something to write and takes at most `len_max` of it out. Once there is something, waits until there are
    /// `worth` of them, for `patience` at the longest. `None` when the queue is closed and empty.
    pub(crate) fn take(&self, len_max: usize, worth: impl FnOnce() -> usize, patience: Duration) -> Option<Taken> {
        let mut state = self.0.lock();
        while state.waiting.is_empty() {
            if state.is_closed {
                return None;
            }
            state.wanted = 1;
            state = self.0.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let worth = worth().min(len_max);
        if state.waiting.len() < worth {
            state.wanted = worth;
            let is_too_few = |state: &mut State| state.waiting.len() < worth && !state.is_closed;
            let waited = self.0.wake.wait_timeout_while(state, patience, is_too_few);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.wanted = 0;
        let is_disappointed = state.waiting.len() < worth;
        let len = state.waiting.len().min(len_max);
        Some(Taken { waiting: state.waiting.drain(..len).collect(), is_disappointed })
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.wake.notify_one();
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        let left = std::mem::take(&mut state.waiting);
        // Those who wait for it are told outside the lock.
        drop(state);
        drop(left);
    }
}
