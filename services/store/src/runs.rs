//! Rows in sorted runs: what a checkpoint changes is written at once, in the order of its keys, and never changed in place.
//!
//! Cases have ids that lie anywhere, so that a tree would be touched everywhere for each checkpoint, the more the larger it
//! is. A run costs as much as it has rows. Runs of a level are merged into one of the next as soon as there are many, so that
//! a row is written anew a few times in its life and there are never many places to look.
//!
//! ```text
//! R run            what it is: level, which runs it stands for, the first key of each block, a filter of its keys
//! r run block      some sixteen kilobytes of rows
//! m                how far the index goes; a row of its own
//! ```

mod block;
mod filter;
mod run;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::Error;
use crate::index::{META, Rows};
use run::{Merge, RUN, Run, RunWriter, block_key};

/// Runs of a level that are merged into one.
const RUNS_OF_LEVEL_MAX: usize = 8;

type Change = (Vec<u8>, Option<Vec<u8>>);

/// Rows that are kept in runs, which lie among rows of another kind.
pub(crate) struct RunRows<R> {
    rows: R,
    /// The newest first.
    runs: RwLock<Arc<Vec<Arc<Run>>>>,
    /// Held by whoever changes which runs there are; runs that have been merged and may still be read.
    changing: Mutex<Vec<Arc<Run>>>,
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
        runs.sort_by_key(|run| (run.level, std::cmp::Reverse(run.number)));
        let last = runs.iter().max_by_key(|run| run.number);
        if !is_readable || !last.map_or(Ok(true), |run| run.is_whole(&rows))? {
            return Err(Error::Index { reason: "a run cannot be read".to_owned() });
        }
        let opened = Self { rows, runs: RwLock::new(Arc::new(runs)), changing: Mutex::default() };
        opened.remove_undescribed()?;
        Ok(opened)
    }

    /// The runs as they are, the newest first.
    fn runs(&self) -> Arc<Vec<Arc<Run>>> {
        Arc::clone(&self.runs.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn show(&self, runs: Vec<Arc<Run>>) {
        *self.runs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(runs);
    }

    fn changing(&self) -> MutexGuard<'_, Vec<Arc<Run>>> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_number(&self) -> u64 {
        self.runs().iter().map(|run| run.number).max().unwrap_or(0) + 1
    }

    /// Writes changes as a run. Of a key that occurs twice the last change counts.
    fn add(&self, mut changes: Vec<Change>) -> Result<(), Error> {
        let mut merged = self.changing();
        changes.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut writer = RunWriter::new(&self.rows, self.next_number(), 0, Vec::new(), changes.len());
        let mut changes = changes.into_iter().peekable();
        while let Some((key, value)) = changes.next() {
            if changes.peek().is_none_or(|(next, _)| *next != key) {
                writer.push(&key, value.as_deref())?;
            }
        }
        let run = Arc::new(writer.finish()?);
        self.show(std::iter::once(run).chain(self.runs().iter().cloned()).collect());
        self.merge_levels(&mut merged)?;
        self.remove_merged(&mut merged)
    }

    fn merge_levels(&self, merged: &mut Vec<Arc<Run>>) -> Result<(), Error> {
        for level in 0..u8::MAX {
            let runs = self.runs();
            let inputs: Vec<Arc<Run>> = runs.iter().filter(|run| run.level == level).cloned().collect();
            if inputs.len() < RUNS_OF_LEVEL_MAX {
                return Ok(());
            }
            let is_oldest = runs.iter().all(|run| run.level <= level);
            let rows_max = inputs.iter().map(|run| run.rows_count).sum::<u64>();
            let replaces: Vec<u64> = inputs.iter().map(|run| run.number).collect();
            let rows_max = usize::try_from(rows_max).unwrap_or(usize::MAX);
            let mut writer = RunWriter::new(&self.rows, self.next_number(), level + 1, replaces, rows_max);
            let mut rows = Merge::from(&self.rows, inputs.iter().map(Arc::as_ref), &[])?;
            while let Some((key, value)) = rows.next()? {
                // What is gone need only be said while an older run has it.
                if value.is_some() || !is_oldest {
                    writer.push(&key, value.as_deref())?;
                }
            }
            drop(rows);
            let run = Arc::new(writer.finish()?);
            let others = runs.iter().filter(|run| run.level != level).cloned();
            let mut runs: Vec<Arc<Run>> = others.chain([run]).collect();
            runs.sort_by_key(|run| (run.level, std::cmp::Reverse(run.number)));
            self.show(runs);
            merged.extend(inputs);
        }
        Ok(())
    }

    /// Removes merged runs that nobody reads any more, in the order in which they were merged, up to the first that somebody
    /// reads. A run that stands for others stays until they have gone: after a crash it alone says that they count no more.
    fn remove_merged(&self, merged: &mut Vec<Arc<Run>>) -> Result<(), Error> {
        while let Some(run) = merged.first().filter(|run| Arc::strong_count(run) == 1) {
            // One that could not be removed stays the next to go.
            self.rows.apply(run.removal())?;
            merged.remove(0);
        }
        Ok(())
    }

    /// Removes blocks that a crash has left of a run that was never described.
    fn remove_undescribed(&self) -> Result<(), Error> {
        let number = self.next_number();
        for index in 0.. {
            let key = block_key(number, index);
            if self.rows.get(&key)?.is_none() {
                break;
            }
            self.rows.apply(vec![(key, None)])?;
        }
        Ok(())
    }
}

impl<R: Rows> Rows for RunRows<R> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if key == META {
            return self.rows.get(key);
        }
        for run in self.runs().iter() {
            if let Some(value) = run.get(&self.rows, key)? {
                return Ok(value);
            }
        }
        Ok(None)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        let runs = self.runs();
        let mut rows = Merge::from(&self.rows, runs.iter().map(Arc::as_ref), from)?;
        while let Some((key, value)) = rows.next()? {
            if !key.starts_with(prefix) {
                break;
            }
            if let Some(value) = value
                && !each(&key, &value)
            {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, changes: Vec<Change>) -> Result<(), Error> {
        let (own, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(key, _)| key == META);
        if !changes.is_empty() {
            self.add(changes)?;
        }
        if own.is_empty() { Ok(()) } else { self.rows.apply(own) }
    }

    fn flush(&self) -> Result<(), Error> {
        self.rows.flush()
    }
}
