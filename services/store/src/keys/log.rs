//! The key log: which keys there are, whose they became, and how they are destroyed.
//!
//! Which keys a stream has stands in its head and in its records: the log is asked by a key's number, which is its place, and keeps
//! nothing in memory of keys that nobody uses just now.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use aes_gcm::{Aes256Gcm, KeyInit};
use foldhash::HashMap;
use zeroize::Zeroizing;

use super::files::{KeyFiles, file_name};
use super::join::KeyWound;
use super::slot::{Slot, associated, associated_place};
use super::{MasterKey, seal_in_place, unseal};
use crate::disk::Disk;
use crate::journal::layout::array_at;
use crate::{Error, Random, SpaceId, StreamId};

/// Keys written ahead at once: a few batches' worth under full load, for one sync.
const SPARES_AT_ONCE: usize = 512;
/// With fewer left, more are asked for.
const SPARES_LOW: usize = 256;
/// Unwrapped keys kept at hand, in each of two generations: some two megabytes at most.
const CACHED_MAX: usize = 1024;

/// Finds keys, gives out new ones and destroys them. Reading may go on while one writes.
pub(crate) struct KeyLog {
    files: KeyFiles,
    wrapping: Aes256Gcm,
    /// Streams that were disposed of whole.
    disposed: RwLock<HashSet<StreamId>>,
    /// Keys of the first stores, whose numbers are not their places; the newest of each space. Changed only by destroying.
    firsts: RwLock<HashMap<(StreamId, SpaceId), FirstKey>>,
    live_count: AtomicU64,
    cache: Mutex<Cache>,
    /// Keys that are durable and nobody's yet, in the order of their places.
    spares: Mutex<VecDeque<Spare>>,
    /// By number, whose keys became whose, and is not in their slots yet.
    owed: Mutex<BTreeMap<u32, (StreamId, SpaceId)>>,
    /// Held by whoever appends to the last file or writes one anew.
    appending: Mutex<()>,
}

/// A key that is nobody's yet.
struct Spare {
    number: u32,
    cipher: Arc<Aes256Gcm>,
}

#[derive(Clone, Copy)]
struct FirstKey {
    number: u32,
    place: u64,
    is_live: bool,
}

#[derive(Default)]
struct Cache {
    young: HashMap<(StreamId, SpaceId), (u32, Arc<Aes256Gcm>)>,
    old: HashMap<(StreamId, SpaceId), (u32, Arc<Aes256Gcm>)>,
    /// How often keys were destroyed: what was read before is not kept after.
    destroyed_count: u64,
}

impl Cache {
    fn get(&mut self, key: (StreamId, SpaceId)) -> Option<(u32, Arc<Aes256Gcm>)> {
        if let Some(found) = self.young.get(&key) {
            return Some(found.clone());
        }
        let found = self.old.remove(&key)?;
        self.put(key, found.clone());
        Some(found)
    }

    fn put(&mut self, key: (StreamId, SpaceId), value: (u32, Arc<Aes256Gcm>)) {
        if self.young.len() >= CACHED_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    fn forget(&mut self, key: (StreamId, SpaceId)) {
        self.young.remove(&key);
        self.old.remove(&key);
    }
}

/// A key taken for a record that is about to be written. It is durable; whose it became is not yet.
pub(crate) struct NewKey {
    pub(crate) stream: StreamId,
    pub(crate) space: SpaceId,
    pub(crate) number: u32,
    pub(crate) cipher: Arc<Aes256Gcm>,
}

/// What can be said about the key that a section names.
pub(crate) enum SectionKey {
    Live(Arc<Aes256Gcm>),
    Disposed,
    /// The log has never had it, or has lost it.
    Missing,
}

/// Live keys of a stream: the newest of each space, those before it have been destroyed.
pub(crate) type SpaceKeys = Vec<(SpaceId, u32)>;

impl KeyLog {
    /// Opens the log and reads all of it. The last file is written anew, so that what is believed is what the disk has.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        master: &MasterKey,
        store_id: [u8; 16],
        is_copied: bool,
    ) -> Result<(Self, Vec<KeyWound>), Error> {
        let mut log = Self {
            files: KeyFiles::list(disk, dir, store_id)?,
            wrapping: master.wrapping(),
            disposed: RwLock::default(),
            firsts: RwLock::default(),
            live_count: AtomicU64::new(0),
            cache: Mutex::default(),
            spares: Mutex::default(),
            owed: Mutex::default(),
            appending: Mutex::new(()),
        };
        let wounds = log.read()?;
        if is_copied {
            log.files.copy_last()?;
        }
        log.finish_disposals()?;
        Ok((log, wounds))
    }

    fn read(&mut self) -> Result<Vec<KeyWound>, Error> {
        let (mut disposed, mut firsts, mut live_count) = (HashSet::new(), HashMap::default(), 0);
        let (next_slot, wounds) = self.files.read(&mut |place, slot| match slot {
            Slot::Ahead { owner, .. } => live_count += u64::from(owner.is_some()),
            Slot::StreamDisposed { stream } => {
                disposed.insert(stream);
            }
            Slot::Key { stream, space, number, .. } => {
                live_count += 1;
                learn_first(&mut firsts, (stream, space), FirstKey { number, place, is_live: true });
            }
            Slot::Destroyed { stream, space, number } if u64::from(number) != place => {
                learn_first(&mut firsts, (stream, space), FirstKey { number, place, is_live: false });
            }
            Slot::Destroyed { .. } => {}
        })?;
        self.files.end_at(next_slot);
        self.disposed = RwLock::new(disposed);
        self.firsts = RwLock::new(firsts);
        self.live_count = AtomicU64::new(live_count);
        Ok(wounds)
    }

    fn disposed(&self) -> RwLockReadGuard<'_, HashSet<StreamId>> {
        self.disposed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spares(&self) -> MutexGuard<'_, VecDeque<Spare>> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds back everything that appends to the log's files or writes them anew.
    pub(crate) fn hold(&self) -> MutexGuard<'_, ()> {
        self.appending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owed(&self) -> MutexGuard<'_, BTreeMap<u32, (StreamId, SpaceId)>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Live keys of all streams.
    pub(crate) fn keys_count(&self) -> u64 {
        self.live_count.load(Ordering::Relaxed)
    }

    pub(crate) fn is_disposed(&self, stream: StreamId) -> bool {
        self.disposed().contains(&stream)
    }

    /// The key of the first stores that stands for a space, and where a key of this number stands.
    fn first(&self, owner: (StreamId, SpaceId), number: u32) -> (Option<FirstKey>, u64) {
        let firsts = self.firsts.read().unwrap_or_else(PoisonError::into_inner);
        let first = firsts.get(&owner).copied();
        (first, first.filter(|first| first.number == number).map_or(u64::from(number), |first| first.place))
    }

    /// The key that a stored section names, or a stream's head.
    pub(crate) fn of_section(&self, stream: StreamId, space: SpaceId, number: u32) -> Result<SectionKey, Error> {
        let owner = (stream, space);
        if self.is_disposed(stream) {
            return Ok(SectionKey::Disposed);
        }
        let destroyed_count = {
            let mut cache = self.cache();
            if let Some((_, cipher)) = cache.get(owner).filter(|(cached, _)| *cached == number) {
                return Ok(SectionKey::Live(cipher));
            }
            cache.destroyed_count
        };
        let (first, place) = self.first(owner, number);
        if first.is_some_and(|first| number < first.number || (number == first.number && !first.is_live)) {
            return Ok(SectionKey::Disposed);
        }
        let slot = match self.files.slot(place)? {
            Some(Slot::Destroyed { stream, space, number: destroyed })
                if (stream, space, destroyed) == (owner.0, owner.1, number) =>
            {
                return Ok(SectionKey::Disposed);
            }
            Some(slot) => slot,
            None => return Ok(SectionKey::Missing),
        };
        let is_unclaimed = matches!(slot, Slot::Ahead { owner: None, .. });
        let Some(raw) = self.raw_of(slot, owner, number) else { return Ok(SectionKey::Missing) };
        if is_unclaimed {
            match self.adopt(owner, number)? {
                Some(true) => {}
                Some(false) => return Ok(SectionKey::Missing),
                None => return self.of_section(stream, space, number),
            }
        }
        let cipher = Arc::new(Aes256Gcm::new((&*raw).into()));
        let mut cache = self.cache();
        if cache.destroyed_count == destroyed_count {
            cache.put(owner, (number, Arc::clone(&cipher)));
        }
        Ok(SectionKey::Live(cipher))
    }

    /// Writes down whose the key is that a record says became its own, if a crash has left the log without word of it. Returns
    /// whether it is that one's; `None` if its slot has changed meanwhile, and is to be looked at again.
    fn adopt(&self, owner: (StreamId, SpaceId), number: u32) -> Result<Option<bool>, Error> {
        if let Some(owed) = self.owed().get(&number) {
            return Ok(Some(*owed == owner));
        }
        // Nothing is destroyed from here on. What is owed no more stands in its slot by now.
        let _alone = self.hold();
        if !matches!(self.files.slot(u64::from(number))?, Some(Slot::Ahead { owner: None, .. })) {
            return Ok(None);
        }
        self.files.write_owner(owner.0, owner.1, number)?;
        self.live_count.fetch_add(1, Ordering::Relaxed);
        Ok(Some(true))
    }

    /// Makes durable whose keys became whose. Until then the journal's records are the only ones to say so.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let owed: Vec<_> = self.owed().iter().map(|(number, owner)| (*number, *owner)).collect();
        for (number, (stream, space)) in &owed {
            self.files.write_owner(*stream, *space, *number)?;
        }
        self.files.sync()?;
        let mut known = self.owed();
        for (number, _) in &owed {
            known.remove(number);
        }
        Ok(())
    }

    /// Unwraps the key of a slot; `None` if it is another's, or cannot be opened any more.
    fn raw_of(&self, slot: Slot, owner: (StreamId, SpaceId), number: u32) -> Option<Zeroizing<[u8; 32]>> {
        let plain = match slot {
            Slot::Key { stream, space, number: found, nonce, wrapped }
                if (stream, space, found) == (owner.0, owner.1, number) =>
            {
                unseal(&self.wrapping, &nonce, &associated(stream, space, number), &wrapped)
            }
            Slot::Ahead { number: found, nonce, wrapped, owner: known }
                if found == number && known.is_none_or(|known| known == owner) =>
            {
                unseal(&self.wrapping, &nonce, &associated_place(number), &wrapped)
            }
            _ => None,
        };
        let plain = plain.map(Zeroizing::new)?;
        <[u8; 32]>::try_from(plain.as_slice()).ok().map(Zeroizing::new)
    }

    /// Derives a key that is gone as soon as any of these keys of a stream is. `None` if one of them already is.
    pub(crate) fn joint_key(
        &self,
        stream: StreamId,
        keys: &[(SpaceId, u32)],
        base: &[u8; 32],
    ) -> Result<Option<Zeroizing<[u8; 32]>>, Error> {
        if self.is_disposed(stream) {
            return Ok(None);
        }
        let mut hasher = blake3::Hasher::new_keyed(base);
        hasher.update(&stream.to_bytes());
        for (space, number) in keys {
            let owner = (stream, *space);
            let slot = self.files.slot(self.first(owner, *number).1)?;
            let Some(raw) = slot.and_then(|slot| self.raw_of(slot, owner, *number)) else { return Ok(None) };
            hasher.update(&*raw);
        }
        Ok(Some(Zeroizing::new(*hasher.finalize().as_bytes())))
    }

    /// Those of a stream's keys that have not been destroyed. One that is lost stays: what it seals is not disposed of.
    pub(crate) fn not_destroyed(&self, stream: StreamId, keys: SpaceKeys) -> Result<SpaceKeys, Error> {
        let mut left = SpaceKeys::new();
        for (space, number) in keys {
            if !matches!(self.of_section(stream, space, number)?, SectionKey::Disposed) {
                left.push((space, number));
            }
        }
        Ok(left)
    }

    /// Lets new keys take the places of those at the log's end that became nobody's, so that restarts leave nothing behind.
    ///
    /// Only for one who has read every record of the journal since the log was last synced: nothing else tells whose a key became before a crash. A key
    /// that no record names is never used itself, since a record that was torn may have been sealed under it.
    pub(crate) fn reuse_places(&self) -> Result<(), Error> {
        let _alone = self.hold();
        self.files.take_back(&|slot| matches!(slot, Slot::Ahead { owner: None, .. }))
    }

    /// Whether it is time to write more keys ahead.
    pub(crate) fn wants_spares(&self) -> bool {
        self.spares().len() < SPARES_LOW
    }

    /// Writes keys ahead of their use; durable on return.
    pub(crate) fn write_ahead(&self, random: &dyn Random) -> Result<(), Error> {
        let _alone = self.hold();
        if !self.wants_spares() {
            return Ok(());
        }
        let first = self.files.next_place()?;
        let count = SPARES_AT_ONCE.min(KeyFiles::room(first));
        let mut fresh = Zeroizing::new(vec![0; 44 * count]);
        random.fill(&mut fresh)?;
        let (mut slots, mut spares) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (fresh, place) in fresh.chunks_exact(44).zip(first..) {
            let number =
                u32::try_from(place).map_err(|_| Error::Poisoned { reason: "the key log is full".to_owned() })?;
            let nonce: [u8; 12] = array_at(fresh, 32);
            let mut wrapped = fresh[..32].to_vec();
            // A key of 32 bytes is never too long to seal.
            let _ = seal_in_place(&self.wrapping, &nonce, &associated_place(number), &mut wrapped, 0);
            let raw: Zeroizing<[u8; 32]> = Zeroizing::new(array_at(fresh, 0));
            spares.push(Spare { number, cipher: Arc::new(Aes256Gcm::new((&*raw).into())) });
            slots.push(Slot::Ahead { number, nonce, wrapped: array_at(&wrapped, 0), owner: None });
        }
        self.files.append(&slots)?;
        self.spares().extend(spares);
        Ok(())
    }

    /// Takes a key for a space that has none; writes some ahead first if there are no more.
    pub(crate) fn take(&self, stream: StreamId, space: SpaceId, random: &dyn Random) -> Result<NewKey, Error> {
        loop {
            if let Some(Spare { number, cipher }) = self.spares().pop_front() {
                return Ok(NewKey { stream, space, number, cipher });
            }
            self.write_ahead(random)?;
        }
    }

    /// Notes whose keys became whose, before the records that use them are written. It is durable with those records, which
    /// say it; their slots say it from the next [`KeyLog::sync`] on.
    pub(crate) fn own(&self, keys: Vec<NewKey>) {
        self.owed().extend(keys.iter().map(|key| (key.number, (key.stream, key.space))));
        self.live_count.fetch_add(keys.len() as u64, Ordering::Relaxed);
        let mut cache = self.cache();
        for key in keys {
            cache.put((key.stream, key.space), (key.number, key.cipher));
        }
    }

    /// Takes back that keys became somebody's, since no record of them was written. They are used no more: a record that was torn
    /// may have been sealed under them.
    pub(crate) fn disown(&self, keys: &[(StreamId, SpaceId, u32)]) {
        let (mut owed, mut cache) = (self.owed(), self.cache());
        for (stream, space, number) in keys {
            if owed.remove(number).is_some() {
                self.live_count.fetch_sub(1, Ordering::Relaxed);
            }
            cache.forget((*stream, *space));
        }
    }

    /// Destroys those of a stream's keys that belong to one space, or all of them, and marks the stream as disposed of; they are
    /// gone from the disk on return. Returns how many were live.
    pub(crate) fn destroy(
        &self,
        stream: StreamId,
        space: Option<SpaceId>,
        keys: &[(SpaceId, u32)],
    ) -> Result<usize, Error> {
        let _alone = self.hold();
        // Whose keys they are must outlive a crash, or the mark would not find them all.
        self.sync()?;
        if space.is_none() && !self.is_disposed(stream) {
            // The mark comes first: whatever a crash leaves undone is finished when the log is opened.
            self.files.append(&[Slot::StreamDisposed { stream }])?;
            self.disposed.write().unwrap_or_else(PoisonError::into_inner).insert(stream);
        }
        let mut marks = Vec::new();
        for (owned, number) in keys.iter().filter(|(owned, _)| space.is_none_or(|space| space == *owned)) {
            let owner = (stream, *owned);
            let place = self.first(owner, *number).1;
            let is_live = match self.files.slot(place)? {
                Some(Slot::Key { stream, space, .. }) => (stream, space) == owner,
                Some(Slot::Ahead { owner: known, .. }) => known.is_none_or(|known| known == owner),
                Some(Slot::Destroyed { .. } | Slot::StreamDisposed { .. }) => false,
                // What cannot be read any more might be by others.
                None => self.files.has(place),
            };
            if is_live {
                marks.push((place, Slot::Destroyed { stream, space: *owned, number: *number }));
            }
        }
        self.files.replace(&marks)?;
        let subtract = |count: u64| Some(count.saturating_sub(marks.len() as u64));
        // It never fails, since it always has something to put there.
        let _ = self.live_count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract);
        let mut firsts = self.firsts.write().unwrap_or_else(PoisonError::into_inner);
        let mut cache = self.cache();
        cache.destroyed_count += 1;
        for (_, mark) in &marks {
            let Slot::Destroyed { stream, space, number } = mark else { continue };
            cache.forget((*stream, *space));
            if let Some(first) = firsts.get_mut(&(*stream, *space)).filter(|first| first.number == *number) {
                first.is_live = false;
            }
        }
        Ok(marks.len())
    }

    /// Searches the whole log for live keys of streams: slow, for when nothing else tells.
    pub(crate) fn search(&self, is_meant: &dyn Fn(StreamId) -> bool) -> Result<BTreeMap<StreamId, SpaceKeys>, Error> {
        self.sync()?;
        let mut found: BTreeMap<StreamId, SpaceKeys> = BTreeMap::new();
        self.files.read(&mut |_, slot| match slot {
            Slot::Key { stream, space, number, .. } | Slot::Ahead { number, owner: Some((stream, space)), .. }
                if is_meant(stream) =>
            {
                found.entry(stream).or_default().push((space, number));
            }
            _ => {}
        })?;
        Ok(found)
    }

    /// Destroys what a crash left of streams that were disposed of whole.
    fn finish_disposals(&self) -> Result<(), Error> {
        let disposed = self.disposed().clone();
        if disposed.is_empty() {
            return Ok(());
        }
        let unfinished = self.search(&|stream| disposed.contains(&stream))?;
        unfinished.into_iter().try_for_each(|(stream, keys)| self.destroy(stream, None, &keys).map(drop))
    }

    /// The names of the log's files, for a backup.
    pub(crate) fn file_names(&self) -> Vec<String> {
        self.files.numbers().into_iter().map(file_name).collect()
    }
}

fn learn_first(firsts: &mut HashMap<(StreamId, SpaceId), FirstKey>, owner: (StreamId, SpaceId), new: FirstKey) {
    let first = firsts.entry(owner).or_insert(new);
    if first.number <= new.number {
        *first = new;
    }
}
