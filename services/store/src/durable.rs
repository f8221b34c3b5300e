//! The store for one machine: a journal that is the truth, a key log, and an index that may be lost.
//!
//! ```text
//! data/FORMAT   what this is, and of which version     data/journal/  segments
//! data/LOCK     held while a process has it open       data/keys/     the key log (wrapped by the key file, which lies elsewhere)
//! data/CLEAN    only after a clean stop                data/index/    sled; remove it and it is made again
//! ```
//!
//! The order of a commit: check the sequences, take new keys (durable ahead of their use), write and sync the batch, show it to readers, answer. Nothing waits for the index:
//! heads live in memory until a checkpoint hands the net change to it.

mod checkpoint;
mod commit;
mod dispose;
mod format;
mod live;
mod open;
mod read;
mod replay;
mod settings;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;

use zeroize::Zeroizing;

pub(crate) use format::{Format, format_path, hex, unhex};
pub use open::OpenError;
pub(crate) use open::{read_format, read_master};
pub(crate) use read::unseal_record;
pub use settings::{Background, ClockKind, IndexKind, Settings};

use crate::disk::{Disk, read_whole};
use crate::index::Rows;
use crate::journal::{Segments, Writer};
use crate::keys::{KeyLog, SectionKey};
use crate::{
    Damage, Disposal, Error, PartyKey, Projector, Random, Refusal, Room, Sequence, SpaceId, Stats, Store, StoredHead,
    StoredRecord, StreamId, StreamKind, Unit, Wake,
};
use live::{Damages, Recents};

/// Keeps streams in a journal with sled as its index. See [`Settings`] for what can be set.
pub struct JournalStore {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What all threads of a store see.
struct Shared {
    settings: Settings,
    store_id: [u8; 16],
    disk: Arc<dyn Disk>,
    random: Arc<dyn Random>,
    projector: Arc<dyn Projector>,
    segments: Arc<Segments>,
    keys: KeyLog,
    rows: Box<dyn Rows>,
    index_key: Zeroizing<[u8; 32]>,
    /// Locks are taken in this order: `checkpointing`, `writing`, `recents`.
    checkpointing: Mutex<()>,
    writing: Mutex<Writing>,
    recents: RwLock<Recents>,
    damages: RwLock<Damages>,
    counters: Counters,
    wanted: Mutex<Option<Wanted>>,
    /// What can wait until the next start is cut short.
    is_ending: AtomicBool,
    /// Held as long as the store is open; the last to go.
    _lock: Box<dyn Send + Sync>,
}

/// Where background threads hear what is wanted.
struct Wanted {
    checkpoint: SyncSender<()>,
    segment: SyncSender<()>,
    keys: SyncSender<()>,
    tidying: SyncSender<()>,
}

struct Writing {
    writer: Writer,
    poisoned: Option<String>,
    records_since_checkpoint: usize,
}

#[derive(Default)]
struct Counters {
    records: AtomicU64,
    batches: AtomicU64,
    checkpoints: AtomicU64,
    replayed: AtomicU64,
}

impl Shared {
    fn recents(&self) -> RwLockReadGuard<'_, Recents> {
        self.recents.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn recents_mut(&self) -> RwLockWriteGuard<'_, Recents> {
        self.recents.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for whoever is writing. A thread that panicked while writing leaves the store poisoned.
    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(|poisoned| {
            let mut writing = poisoned.into_inner();
            writing.poisoned.get_or_insert_with(|| "a thread panicked while it wrote".to_owned());
            writing
        })
    }

    fn damaged(&self, damage: Damage) {
        // Where, not whose: `livshandelse store verify` tells an operator which case it is.
        tracing::error!(file = ?damage.file, offset = damage.offset, part = damage.part.as_str(), "store.damaged");
        self.damages.write().unwrap_or_else(PoisonError::into_inner).add(damage);
    }

    fn is_quarantined(&self, stream: StreamId) -> bool {
        self.damages.read().unwrap_or_else(PoisonError::into_inner).streams.contains(&stream)
    }

    fn segment_file(number: u32) -> PathBuf {
        Path::new("journal").join(Segments::file_name(number))
    }
}

impl JournalStore {
    /// Returns how far the journal is durable, its keys and where they lie, for a backup while serving.
    pub(crate) fn durable_state(&self) -> (crate::journal::Tail, &Settings, &Arc<dyn Disk>, &KeyLog) {
        let tail = self.shared.writing().writer.tail();
        (tail, &self.shared.settings, &self.shared.disk, &self.shared.keys)
    }

    /// Whether a stream has a live key for a space.
    pub(crate) fn has_key(&self, stream: StreamId, space: SpaceId) -> Result<bool, Error> {
        let Some(number) = self.shared.find(stream)?.and_then(|live| live.key_of(space)) else { return Ok(false) };
        Ok(matches!(self.shared.keys.of_section(stream, space, number)?, SectionKey::Live(_)))
    }

    /// Reads a file of the key log while nothing is appended to it and nothing in it is destroyed.
    pub(crate) fn read_still(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let _still = self.shared.keys.hold();
        let bytes = read_whole(&*self.shared.disk, path, 64 << 20).map_err(|source| Error::io("read", path, source))?;
        Ok(bytes.unwrap_or_default())
    }
}

impl Store for JournalStore {
    fn commit(&self, units: Vec<Unit>) -> Result<Vec<Result<(), Refusal>>, Error> {
        self.shared.commit(units)
    }

    fn head(&self, stream: StreamId) -> Result<Option<StoredHead>, Error> {
        self.shared.head(stream)
    }

    fn history(&self, stream: StreamId, after: Sequence, limit: usize) -> Result<Vec<StoredRecord>, Error> {
        self.shared.history(stream, after, limit)
    }

    fn wakes(&self, each: &mut dyn FnMut(StreamId, Wake)) -> Result<(), Error> {
        self.shared.wakes(each)
    }

    fn listed(&self, party: PartyKey, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error> {
        self.shared.listed(party, after, limit)
    }

    fn streams(&self, kind: StreamKind, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error> {
        self.shared.streams(kind, after, limit)
    }

    fn dispose(&self, stream: StreamId, space: Option<SpaceId>) -> Result<Disposal, Error> {
        self.shared.dispose(stream, space)
    }

    fn quarantined(&self) -> Vec<Damage> {
        self.shared.damages.read().unwrap_or_else(PoisonError::into_inner).list.clone()
    }

    fn stats(&self) -> Stats {
        let tail = self.shared.writing().writer.tail();
        let heads_unindexed = self.shared.recents().len() as u64;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.shared.counters;
        Stats {
            records_count: count(&counters.records),
            batches_count: count(&counters.batches),
            syncs_count: count(&counters.batches),
            segment_number: tail.at.segment,
            segment_used_bytes: u64::from(tail.at.offset),
            keys_count: self.shared.keys.keys_count(),
            heads_unindexed_count: heads_unindexed,
            checkpoints_count: count(&counters.checkpoints),
            replayed_count: count(&counters.replayed),
            damages_count: self.quarantined().len() as u64,
        }
    }

    fn room(&self) -> Room {
        let settings = &self.shared.settings;
        match self.shared.disk.free_bytes(&settings.data) {
            Ok(free) if free <= settings.room_full_bytes => Room::Full,
            Ok(free) if free <= settings.room_low_bytes => Room::Low,
            Ok(_) => Room::Plenty,
            // Not to know is no reason to refuse work; a commit finds out.
            Err(_) => Room::Low,
        }
    }

    fn close(&self) -> Result<(), Error> {
        self.shared.close()
    }
}

impl Drop for JournalStore {
    fn drop(&mut self) {
        // Without senders the threads end after what they are doing.
        let wanted = self.shared.wanted.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(wanted);
        self.shared.is_ending.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}
