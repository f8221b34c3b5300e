//! A logical shard: a cache of cases with a short lock. Cases hash to shards; a case is decided under its shard's lock,
//! on its newest state, which may not be on disk yet; no reader sees it before it is.
//!
//! The order of work, once for all: **decide, log, sync, answer, act.**
//!
//! 1. `decide` on the newest state, under the lock.
//! 2. Queue the record for the writer, still under the lock, so that records of a case are written in their order.
//! 3. The writer commits: durable when it returns. One sync covers many commands.
//! 4. Answer the caller, show readers the new state.
//! 5. Perform effects. After a crash those whose attempt has no answer are performed again.

use foldhash::HashMap;
use livshandelse_core::Case;
use livshandelse_core::id::CaseId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Logical shards. More than there will ever be cores, so that a lock is rarely waited for; a case's shard is a function
/// of its id alone.
pub(crate) const SHARD_COUNT: usize = 256;

/// Places of the hand that cases may have left before it is gone through for them.
const HAND_SPARE: usize = 16;

/// One case in memory.
#[derive(Debug)]
pub(crate) struct Entry {
    /// With everything that has been decided.
    pub(crate) newest: Arc<Case>,
    /// As it is on disk: what readers see.
    pub(crate) committed: Arc<Case>,
    /// Records queued or being written.
    pub(crate) in_flight: u32,
    /// Begun without looking whether it was there: nobody else may decide on it until its first record is on disk.
    pub(crate) is_unconfirmed: bool,
    /// Used since the clock hand last passed.
    is_touched: bool,
}

/// A shard.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    entries: HashMap<CaseId, Entry>,
    /// The order in which the clock hand passes entries.
    hand: VecDeque<CaseId>,
}

/// All shards.
#[derive(Debug)]
pub(crate) struct Shards {
    shards: Vec<Mutex<Shard>>,
    entries_max: usize,
}

impl Shards {
    pub(crate) fn new(cases_cached_max: usize) -> Shards {
        let shards = (0..SHARD_COUNT).map(|_| Mutex::default()).collect();
        Shards { shards, entries_max: cases_cached_max.div_ceil(SHARD_COUNT).max(4) }
    }

    /// Locks a case's shard. Held only for computing, never across a wait.
    pub(crate) fn lock(&self, case: CaseId) -> MutexGuard<'_, Shard> {
        // Case ids are hashes, so any byte spreads them evenly.
        self.shards[usize::from(case.0[0]) % SHARD_COUNT].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a case in the cache unless it is there, and makes room for it.
    pub(crate) fn insert(&self, shard: &mut Shard, id: CaseId, case: Arc<Case>, is_unconfirmed: bool) {
        if shard.entries.contains_key(&id) {
            return;
        }
        while shard.entries.len() >= self.entries_max && shard.evict_one() {}
        let (newest, committed) = (case.clone(), case);
        shard.entries.insert(id, Entry { newest, committed, in_flight: 0, is_unconfirmed, is_touched: false });
        shard.hand.push_back(id);
    }

    /// The state on disk, if the case is in memory.
    pub(crate) fn committed(&self, case: CaseId) -> Option<Arc<Case>> {
        let mut shard = self.lock(case);
        let entry = shard.get(case).filter(|entry| !entry.is_unconfirmed)?;
        Some(entry.committed.clone())
    }

    /// Cases in memory.
    pub(crate) fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).entries.len()).sum()
    }
}

impl Shard {
    /// A case in memory.
    pub(crate) fn get(&mut self, case: CaseId) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&case)?;
        entry.is_touched = true;
        Some(entry)
    }

    /// Lets a case be the next to go when room is needed: it has ended, and is rarely asked for again.
    pub(crate) fn release(&mut self, case: CaseId) {
        if let Some(entry) = self.entries.get_mut(&case).filter(|entry| entry.in_flight == 0) {
            entry.is_touched = false;
            // It also stands where it was put in; the hand passes over what is gone by then.
            self.hand.push_front(case);
        }
    }

    /// Forgets a case; it is read from the store when next asked for.
    pub(crate) fn remove(&mut self, case: CaseId) {
        self.entries.remove(&case);
    }

    /// Forgets one case that is not in use and has not been used since the hand last passed. False when none can go.
    fn evict_one(&mut self) -> bool {
        if self.hand.len() > 2 * self.entries.len() + HAND_SPARE {
            let entries = &self.entries;
            self.hand.retain(|id| entries.contains_key(id));
        }
        for _ in 0..self.hand.len() * 2 {
            let Some(id) = self.hand.pop_front() else { return false };
            match self.entries.get_mut(&id) {
                None => return true,
                Some(entry) if entry.in_flight > 0 => self.hand.push_back(id),
                Some(entry) if entry.is_touched => {
                    entry.is_touched = false;
                    self.hand.push_back(id);
                }
                Some(_) => {
                    self.entries.remove(&id);
                    return true;
                }
            }
        }
        false
    }
}
