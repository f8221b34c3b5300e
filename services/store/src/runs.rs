//! Rows in sorted runs: what a checkpoint changes is written at once, in the order of its keys, and never changed in place.
//!
//! Cases have ids that lie anywhere, so that a tree would be touched everywhere for each checkpoint, the more the larger it
//! is. A run costs as much as it has rows. When a level has many runs, they are merged into one of the next, so that a row is
//! written anew a few times in its life and there are never many places to look. Merging goes on beside all else: rows are
//! added and read meanwhile.
//!
//! ```text
//! R run            what it is: level, which runs it stands for, the first key of each block, a filter of its keys
//! r run block      some four kilobytes of rows
//! m                how far the index goes; a row of its own
//! ```

mod block;
mod filter;
mod run;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::Error;
use crate::index::{META, Rows};
use run::{BLOCK, Merge, RUN, Run, RunWriter, block_key, run_of_block};

/// Runs of a level that are merged into one.
const RUNS_OF_LEVEL_MAX: usize = 8;
/// Runs that were never merged, from which on whoever adds one waits for a merge.
const UNMERGED_MAX: usize = 8 * RUNS_OF_LEVEL_MAX;

type Change = (Vec<u8>, Option<Vec<u8>>);

/// Rows that are kept in runs, which lie among rows of another kind.
pub(crate) struct RunRows<R> {
    rows: R,
    /// The newest first.
    runs: RwLock<Arc<Vec<Arc<Run>>>>,
    next_number: AtomicU64,
    /// Held by whoever merges; runs that have been merged and may still be read.
    merging: Mutex<Vec<Arc<Run>>>,
    /// Something could not be read: nothing is said any more about how far the index goes, so that the next start makes it again.
    is_damaged: AtomicBool,
}

impl<R: Rows> RunRows<R> {
    /// Takes over the runs that are there.
    ///
    /// # Errors
    ///
    /// [`Error::Index`] if they cannot be read: then the index is to be made again.
    pub(crate) fn open(rows: R) -> Result<Self, Error> {
        let mut runs = Vec::new();
        let mut is_readable = true;
        rows.scan(&[RUN], &[RUN], &mut |key, value| {
            let run = Run::decode(key, value);
            is_readable &= run.is_some();
            runs.extend(run.map(Arc::new));
            is_readable
        })?;
        let replaced: Vec<u64> = runs.iter().flat_map(|run| run.replaces.iter().copied()).collect();
        let (left, mut runs): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| replaced.contains(&run.number));
        // What a crash has left of a merge: in the order of their numbers, so that what is stood for goes before what stands for it.
        left.iter().try_for_each(|run| rows.apply(run.removal()))?;
        sort(&mut runs);
        for run in &runs {
            is_readable &= run.is_whole(&rows)?;
        }
        if !is_readable {
            return Err(Error::Index { reason: "a run cannot be read".to_owned() });
        }
        remove_undescribed(&rows, &runs)?;
        let next_number = AtomicU64::new(runs.iter().map(|run| run.number).max().unwrap_or(0) + 1);
        Ok(Self {
            rows,
            runs: RwLock::new(Arc::new(runs)),
            next_number,
            merging: Mutex::default(),
            is_damaged: AtomicBool::new(false),
        })
    }

    /// The runs as they are, the newest first.
    fn runs(&self) -> Arc<Vec<Arc<Run>>> {
        Arc::clone(&self.runs.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows a run, in place of those that it stands for.
    fn show(&self, run: Run) {
        let mut shown = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        let others = shown.iter().filter(|other| !run.replaces.contains(&other.number)).cloned();
        let mut runs: Vec<Arc<Run>> = others.collect();
        runs.push(Arc::new(run));
        sort(&mut runs);
        *shown = Arc::new(runs);
    }

    fn next_number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    /// Passes a result on. After one that says that the index cannot be read, the next start makes it again: otherwise it would
    /// fail at the same place each time.
    fn noted<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if matches!(result, Err(Error::Index { .. })) && !self.is_damaged.swap(true, Ordering::Relaxed) {
            tracing::error!("the index is damaged: the next start makes it again from the journal");
            // If this fails too, an operator is told how to make it again.
            drop(self.rows.apply(vec![(META.to_vec(), None)]).and_then(|()| self.rows.flush()));
        }
        result
    }

    fn find(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        for run in self.runs().iter() {
            if let Some(value) = run.get(&self.rows, key)? {
                return Ok(value);
            }
        }
        Ok(None)
    }

    fn go_through(&self, prefix: &[u8], from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        let runs = self.runs();
        Merge::from(&self.rows, runs.iter().map(Arc::as_ref), from)?
            .each(|key, value| Ok(key.starts_with(prefix) && value.is_none_or(|value| each(key, value))))
    }

    /// Merges the levels that have many runs.
    fn merge_levels(&self, goes_on: &dyn Fn() -> bool) -> Result<(), Error> {
        let goes_on = || goes_on() && !self.is_damaged.load(Ordering::Relaxed);
        let mut merged = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove_merged(&mut merged, &goes_on)?;
        let mut level = 0;
        while goes_on() && self.runs().iter().any(|run| run.level >= level) {
            // Above one that was merged there may be many now; and meanwhile there may be many again at the lowest.
            level = if self.merge(level, &mut merged, &goes_on)? { 0 } else { level.saturating_add(1) };
        }
        Ok(())
    }

    /// Writes changes as a run. Of a key that occurs twice the last change counts.
    fn add(&self, mut changes: Vec<Change>) -> Result<(), Error> {
        let has_too_many = || self.runs().iter().filter(|run| run.level == 0).count() >= UNMERGED_MAX;
        if has_too_many() {
            self.merge_levels(&has_too_many)?;
        }
        changes.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut writer = RunWriter::new(&self.rows, self.next_number(), 0, Vec::new(), changes.len());
        let mut changes = changes.into_iter().peekable();
        while let Some((key, value)) = changes.next() {
            if changes.peek().is_none_or(|(next, _)| *next != key) {
                writer.push(&key, value.as_deref())?;
            }
        }
        self.show(writer.finish()?);
        Ok(())
    }

    /// Merges the runs of a level, if there are many. Returns whether it did.
    fn merge(&self, level: u8, merged: &mut Vec<Arc<Run>>, goes_on: &dyn Fn() -> bool) -> Result<bool, Error> {
        let runs = self.runs();
        let inputs: Vec<Arc<Run>> = runs.iter().filter(|run| run.level == level).cloned().collect();
        if inputs.len() < RUNS_OF_LEVEL_MAX {
            return Ok(false);
        }
        let is_oldest = runs.iter().all(|run| run.level <= level);
        drop(runs);
        let rows_max = inputs.iter().map(|run| run.rows_count).sum::<u64>();
        let replaces: Vec<u64> = inputs.iter().map(|run| run.number).collect();
        let rows_max = usize::try_from(rows_max).unwrap_or(usize::MAX);
        let mut writer = RunWriter::new(&self.rows, self.next_number(), level + 1, replaces, rows_max);
        let mut is_whole = true;
        Merge::from(&self.rows, inputs.iter().map(Arc::as_ref), &[])?.each(|key, value| {
            // What is gone need only be said while an older run has it.
            if (value.is_some() || !is_oldest) && writer.push(key, value)? {
                is_whole = goes_on();
            }
            Ok(is_whole)
        })?;
        if !is_whole {
            // What has been written of it is removed at the next start, like what a crash leaves.
            return Ok(false);
        }
        self.show(writer.finish()?);
        merged.extend(inputs);
        self.remove_merged(merged, goes_on)?;
        Ok(true)
    }

    /// Removes merged runs that nobody reads any more, in the order in which they were merged, up to the first that somebody
    /// reads. A run that stands for others stays until they have gone: after a crash it alone says that they count no more.
    fn remove_merged(&self, merged: &mut Vec<Arc<Run>>, goes_on: &dyn Fn() -> bool) -> Result<(), Error> {
        while let Some(run) = merged.first().filter(|run| Arc::strong_count(run) == 1 && goes_on()) {
            // One that could not be removed stays the next to go.
            self.rows.apply(run.removal())?;
            merged.remove(0);
        }
        Ok(())
    }
}

/// The newest first: of two levels the lower has the newer rows.
fn sort(runs: &mut [Arc<Run>]) {
    runs.sort_by_key(|run| (run.level, std::cmp::Reverse(run.number)));
}

/// Removes the blocks of runs that were never described, since a crash or the end of the process came before.
fn remove_undescribed(rows: &dyn Rows, runs: &[Arc<Run>]) -> Result<(), Error> {
    let mut from = vec![BLOCK];
    loop {
        let mut found = None;
        rows.scan(&[BLOCK], &from, &mut |key, _| {
            found = run_of_block(key);
            false
        })?;
        let Some(number) = found else { return Ok(()) };
        from = block_key(number + 1, 0);
        if runs.iter().any(|run| run.number == number) {
            continue;
        }
        let mut blocks = Vec::new();
        rows.scan(&block_key(number, 0)[..9], &block_key(number, 0), &mut |key, _| {
            blocks.push((key.to_vec(), None));
            true
        })?;
        rows.apply(blocks)?;
    }
}

impl<R: Rows> Rows for RunRows<R> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if key == META {
            return self.rows.get(key);
        }
        self.noted(self.find(key))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        self.noted(self.go_through(prefix, from, each))
    }

    fn apply(&self, changes: Vec<Change>) -> Result<(), Error> {
        let (own, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(key, _)| key == META);
        if !changes.is_empty() {
            self.noted(self.add(changes))?;
        }
        if !own.is_empty() && !self.is_damaged.load(Ordering::Relaxed) {
            self.rows.apply(own)?;
            if self.is_damaged.load(Ordering::Relaxed) {
                // It was found just now.
                self.rows.apply(vec![(META.to_vec(), None)])?;
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), Error> {
        self.rows.flush()
    }

    fn tidy(&self, goes_on: &dyn Fn() -> bool) -> Result<(), Error> {
        self.noted(self.merge_levels(goes_on))
    }
}
