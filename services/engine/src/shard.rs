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

/// Ended cases that a shard keeps: those who follow a case look at its end once more. Memory that is let go early is used anew
/// while it is still in the processor's caches.
const ENDED_MAX: usize = 1;

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
    /// Cases that ended last, in this order.
    ended: VecDeque<CaseId>,
    /// Cases that have been forgotten so far.
    forgotten: u64,
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
        shard.tidy_hand();
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

    /// Notes that a case has ended, and forgets the one that ended a while before it: it is rarely asked for again.
    pub(crate) fn release(&mut self, case: CaseId) {
        self.ended.push_back(case);
        if self.ended.len() <= ENDED_MAX {
            return;
        }
        if let Some(earlier) = self.ended.pop_front()
            && self.entries.get(&earlier).is_some_and(|entry| entry.in_flight == 0)
        {
            self.remove(earlier);
        }
    }

    /// How many cases have been forgotten so far. What was read from the store may be put in the cache only if none has been
    /// meanwhile: it might be one that was written to and forgotten again.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Forgets a case; it is read from the store when next asked for.
    pub(crate) fn remove(&mut self, case: CaseId) {
        self.forgotten += 1;
        self.entries.remove(&case);
    }

    /// Takes out of the hand what has left, once it is more than what is there.
    fn tidy_hand(&mut self) {
        if self.hand.len() > 2 * self.entries.len() + HAND_SPARE {
            let entries = &self.entries;
            self.hand.retain(|id| entries.contains_key(id));
        }
    }

    /// Forgets one case that is not in use and has not been used since the hand last passed. False when none can go.
    fn evict_one(&mut self) -> bool {
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
                    self.remove(id);
                    return true;
                }
            }
        }
        false
    }
}
