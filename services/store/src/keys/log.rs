//! The key log: which keys there are, where they stand, and how they are destroyed.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use aes_gcm::{Aes256Gcm, KeyInit};
use foldhash::HashMap;
use zeroize::Zeroizing;

use super::slot::{
    OWNER_AT, SLOT_LEN, SLOTS_PER_FILE, Slot, associated, associated_place, encode_file_header, encode_owner,
    is_file_header,
};
use super::{MasterKey, seal_in_place, unseal};
use crate::disk::{Disk, DiskFile, fill_with_zeros, read_whole};
use crate::journal::layout::array_at;
use crate::{Error, Random, SpaceId, StreamId, crash_point};

const FILE_LEN: usize = SLOT_LEN * SLOTS_PER_FILE as usize;
/// Keys written ahead at once: a few batches' worth under full load, for one sync.
const SPARES_AT_ONCE: usize = 512;
/// With fewer left, more are asked for.
const SPARES_LOW: usize = 256;
/// Unwrapped keys kept at hand, in each of two generations: some two megabytes at most.
const CACHED_MAX: usize = 1024;

/// Knows every key. Reading may go on while one writes.
pub(crate) struct KeyLog {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    store_id: [u8; 16],
    wrapping: Aes256Gcm,
    known: RwLock<Known>,
    cache: Mutex<Cache>,
    /// Keys that are durable and nobody's yet, in the order of their places.
    spares: Mutex<VecDeque<Spare>>,
    /// Whose keys became whose, and is not in their slots yet.
    owed: Mutex<Vec<Owner>>,
    /// Files that know whose their keys became only in the page cache.
    unsynced: Mutex<BTreeSet<u32>>,
    /// Held by whoever appends to the last file or writes one anew.
    appending: Mutex<()>,
}

/// A key that is nobody's yet.
struct Spare {
    number: u32,
    cipher: Arc<Aes256Gcm>,
}

/// Whose a key became.
#[derive(Clone, Copy)]
struct Owner {
    stream: StreamId,
    space: SpaceId,
    number: u32,
}

#[derive(Default)]
struct Known {
    streams: HashMap<StreamId, StreamKeys>,
    files: Vec<(u32, Arc<dyn DiskFile>)>,
    /// The next free slot of the last file.
    next_slot: u32,
    keys_count: u64,
}

#[derive(Default)]
struct StreamKeys {
    is_disposed: bool,
    spaces: Vec<SpaceKey>,
}

/// The newest key of a space; those before it have been destroyed.
#[derive(Clone, Copy)]
struct SpaceKey {
    space: SpaceId,
    number: u32,
    is_live: bool,
    /// Index of the slot over all files.
    place: u64,
}

#[derive(Default)]
struct Cache {
    young: HashMap<(StreamId, SpaceId), (u32, Arc<Aes256Gcm>)>,
    old: HashMap<(StreamId, SpaceId), (u32, Arc<Aes256Gcm>)>,
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

/// A slot that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyWound {
    pub(crate) file: String,
    pub(crate) offset: usize,
}

fn file_name(number: u32) -> String {
    format!("{number:010}.keys")
}

fn place_of(file: u32, slot: u32) -> u64 {
    u64::from(file - 1) * u64::from(SLOTS_PER_FILE) + u64::from(slot)
}

fn file_and_slot(place: u64) -> (u32, u32) {
    let file = u32::try_from(place / u64::from(SLOTS_PER_FILE)).unwrap_or(u32::MAX - 1) + 1;
    (file, u32::try_from(place % u64::from(SLOTS_PER_FILE)).unwrap_or(0))
}

impl KeyLog {
    /// Opens the log and reads all of it. The last file is written anew, so that what is believed is what the disk has.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        master: &MasterKey,
        store_id: [u8; 16],
        is_copied: bool,
    ) -> Result<(Self, Vec<KeyWound>), Error> {
        let io = |source| Error::io("read", dir, source);
        let mut known = Known { next_slot: SLOTS_PER_FILE, ..Known::default() };
        let mut wounds = Vec::new();
        let numbers: Vec<u32> = disk
            .list(dir)
            .map_err(io)?
            .iter()
            .filter_map(|name| name.strip_suffix(".keys").and_then(|number| number.parse().ok()))
            .collect();
        for number in &numbers {
            let path = dir.join(file_name(*number));
            let bytes = read_whole(&*disk, &path, FILE_LEN).map_err(|source| Error::io("read", &path, source))?;
            let bytes = bytes.unwrap_or_default();
            let (slots, next_slot, hurt) = read_key_file(&bytes, *number, &store_id);
            wounds.extend(hurt);
            slots.into_iter().for_each(|(index, slot)| known.learn(place_of(*number, index), &slot));
            known.next_slot = next_slot;
            if is_copied && Some(number) == numbers.last() {
                write_file(&*disk, dir, *number, &bytes)?;
            }
            let file = disk.open(&path).map_err(|source| Error::io("open", &path, source))?;
            known.files.push((*number, file));
        }
        let log = Self {
            disk,
            dir: dir.to_owned(),
            store_id,
            wrapping: master.wrapping(),
            known: RwLock::new(known),
            cache: Mutex::default(),
            spares: Mutex::default(),
            owed: Mutex::default(),
            unsynced: Mutex::default(),
            appending: Mutex::new(()),
        };
        if is_copied {
            // Of the files before the last, what can be read need not be what the disk has: the next sync sees to it.
            log.unsynced.lock().unwrap_or_else(PoisonError::into_inner).extend(numbers);
        }
        log.finish_disposals()?;
        Ok((log, wounds))
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
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

    fn owed(&self) -> MutexGuard<'_, Vec<Owner>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys_count(&self) -> u64 {
        self.known().keys_count
    }

    pub(crate) fn is_disposed(&self, stream: StreamId) -> bool {
        self.known().streams.get(&stream).is_some_and(|keys| keys.is_disposed)
    }

    /// The live keys of a stream, by space: what its state in the index is sealed under.
    pub(crate) fn live_keys(&self, stream: StreamId) -> Vec<(SpaceId, u32)> {
        let known = self.known();
        let keys = known.streams.get(&stream).map_or(&[][..], |keys| &keys.spaces);
        keys.iter().filter(|key| key.is_live).map(|key| (key.space, key.number)).collect()
    }

    /// The key that new sections of a space are sealed under, with its number; `None` if there is none yet.
    pub(crate) fn newest(&self, stream: StreamId, space: SpaceId) -> Result<Option<(u32, Arc<Aes256Gcm>)>, Error> {
        let found = self.known().find(stream, space);
        match found {
            Some(key) if key.is_live => Ok(self.unwrapped(stream, key)?.map(|cipher| (key.number, cipher))),
            Some(_) | None => Ok(None),
        }
    }

    /// The key that a stored section names.
    pub(crate) fn of_section(&self, stream: StreamId, space: SpaceId, number: u32) -> Result<SectionKey, Error> {
        let (found, is_disposed) = {
            let known = self.known();
            (known.find(stream, space), known.streams.get(&stream).is_some_and(|keys| keys.is_disposed))
        };
        match found {
            _ if is_disposed => Ok(SectionKey::Disposed),
            Some(key) if number == key.number && key.is_live => {
                Ok(self.unwrapped(stream, key)?.map_or(SectionKey::Missing, SectionKey::Live))
            }
            Some(key) if number <= key.number => Ok(SectionKey::Disposed),
            Some(_) | None => self.adopt(stream, space, number),
        }
    }

    /// The key that a record says became its own, though a crash has left the log without word of it.
    fn adopt(&self, stream: StreamId, space: SpaceId, number: u32) -> Result<SectionKey, Error> {
        let Some(Slot::Ahead { owner: None, .. }) = self.slot(u64::from(number))? else {
            return Ok(SectionKey::Missing);
        };
        self.write_owner(Owner { stream, space, number })?;
        let key = SpaceKey { space, number, is_live: true, place: u64::from(number) };
        self.known.write().unwrap_or_else(PoisonError::into_inner).own(stream, key);
        Ok(self.unwrapped(stream, key)?.map_or(SectionKey::Missing, SectionKey::Live))
    }

    /// Puts it into a key's slot whose it became.
    fn write_owner(&self, Owner { stream, space, number }: Owner) -> Result<(), Error> {
        let (file_number, slot) = file_and_slot(u64::from(number));
        let Some(file) = self.file(file_number) else { return Ok(()) };
        let at = u64::from(slot) * SLOT_LEN as u64 + OWNER_AT as u64;
        file.write_at(&encode_owner(stream, space, number), at)
            .map_err(|source| Error::io("write", &self.dir.join(file_name(file_number)), source))?;
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).insert(file_number);
        Ok(())
    }

    /// Makes durable whose keys became whose. Until then the journal's records are the only ones to say so.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let mut owed = std::mem::take(&mut *self.owed());
        while let Some(owner) = owed.pop() {
            if let Err(error) = self.write_owner(owner) {
                owed.push(owner);
                self.owed().append(&mut owed);
                return Err(error);
            }
        }
        let unsynced = std::mem::take(&mut *self.unsynced.lock().unwrap_or_else(PoisonError::into_inner));
        for number in unsynced {
            let Some(file) = self.file(number) else { continue };
            if let Err(source) = file.sync() {
                self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
                return Err(Error::Io { doing: "sync", path: self.dir.join(file_name(number)), source });
            }
        }
        Ok(())
    }

    fn file(&self, number: u32) -> Option<Arc<dyn DiskFile>> {
        let known = self.known();
        known.files.iter().find(|(known, _)| *known == number).map(|(_, file)| Arc::clone(file))
    }

    fn slot(&self, place: u64) -> Result<Option<Slot>, Error> {
        let (file_number, slot) = file_and_slot(place);
        let Some(file) = self.file(file_number) else { return Ok(None) };
        let mut bytes = [0; SLOT_LEN];
        file.read_at(&mut bytes, u64::from(slot) * SLOT_LEN as u64)
            .map_err(|source| Error::io("read", &self.dir.join(file_name(file_number)), source))?;
        Ok(Slot::decode(&bytes))
    }

    /// Unwraps a key; `None` if its slot cannot be opened any more.
    fn unwrapped(&self, stream: StreamId, key: SpaceKey) -> Result<Option<Arc<Aes256Gcm>>, Error> {
        let name = (stream, key.space);
        if let Some((number, cipher)) = self.cache().get(name)
            && number == key.number
        {
            return Ok(Some(cipher));
        }
        let Some(raw) = self.raw(stream, key)? else { return Ok(None) };
        let cipher = Arc::new(Aes256Gcm::new((&*raw).into()));
        self.cache().put(name, (key.number, Arc::clone(&cipher)));
        Ok(Some(cipher))
    }

    fn raw(&self, stream: StreamId, key: SpaceKey) -> Result<Option<Zeroizing<[u8; 32]>>, Error> {
        let owned = (stream, key.space);
        let plain = match self.slot(key.place)? {
            Some(Slot::Key { stream, space, number, nonce, wrapped })
                if (stream, space) == owned && number == key.number =>
            {
                unseal(&self.wrapping, &nonce, &associated(stream, space, number), &wrapped)
            }
            Some(Slot::Ahead { number, nonce, wrapped, owner })
                if number == key.number && owner.is_none_or(|owner| owner == owned) =>
            {
                unseal(&self.wrapping, &nonce, &associated_place(number), &wrapped)
            }
            Some(_) | None => return Ok(None),
        };
        let plain = plain.map(Zeroizing::new);
        Ok(plain.and_then(|plain| <[u8; 32]>::try_from(plain.as_slice()).ok()).map(Zeroizing::new))
    }

    /// Derives a key that is gone as soon as any of the stream's keys is. `None` if one of them already is.
    pub(crate) fn joint_key(
        &self,
        stream: StreamId,
        keys: &[(SpaceId, u32)],
        base: &[u8; 32],
    ) -> Result<Option<Zeroizing<[u8; 32]>>, Error> {
        let mut hasher = blake3::Hasher::new_keyed(base);
        hasher.update(&stream.to_bytes());
        for (space, number) in keys {
            let found = self.known().find(stream, *space).filter(|key| key.is_live && key.number == *number);
            let Some(key) = found else { return Ok(None) };
            let Some(raw) = self.raw(stream, key)? else { return Ok(None) };
            hasher.update(&*raw);
        }
        Ok(Some(Zeroizing::new(*hasher.finalize().as_bytes())))
    }

    /// Lets new keys take the places of those at the log's end that became nobody's, so that restarts leave nothing behind.
    ///
    /// Only for one who has read every record of the journal since the log was last synced: nothing else tells whose a key became before a crash. A key
    /// that no record names is never used itself, since a record that was torn may have been sealed under it.
    pub(crate) fn reuse_places(&self) -> Result<(), Error> {
        let _alone = self.hold();
        let (number, mut next_slot) = {
            let known = self.known();
            let Some((number, _)) = known.files.last() else { return Ok(()) };
            (*number, known.next_slot)
        };
        while next_slot > 1
            && matches!(self.slot(place_of(number, next_slot - 1))?, Some(Slot::Ahead { owner: None, .. }))
        {
            next_slot -= 1;
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).next_slot = next_slot;
        Ok(())
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
        let first = self.next_place()?;
        let in_file = SLOTS_PER_FILE - file_and_slot(first).1;
        let count = SPARES_AT_ONCE.min(in_file as usize);
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
        let slots: Vec<&Slot> = slots.iter().collect();
        self.append_slots(&slots)?;
        self.spares().extend(spares);
        Ok(())
    }

    /// The place that is appended next.
    fn next_place(&self) -> Result<u64, Error> {
        if self.known().next_slot >= SLOTS_PER_FILE {
            self.begin_file()?;
        }
        let known = self.known();
        Ok(place_of(known.files.last().map_or(1, |(number, _)| *number), known.next_slot))
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
        let owners = keys.iter().map(|key| Owner { stream: key.stream, space: key.space, number: key.number });
        self.owed().extend(owners);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for NewKey { stream, space, number, .. } in &keys {
            let (space, number) = (*space, *number);
            known.own(*stream, SpaceKey { space, number, is_live: true, place: u64::from(number) });
        }
        drop(known);
        let mut cache = self.cache();
        for key in keys {
            cache.put((key.stream, key.space), (key.number, key.cipher));
        }
    }

    fn append_slots(&self, mut slots: &[&Slot]) -> Result<(), Error> {
        while !slots.is_empty() {
            if self.known().next_slot >= SLOTS_PER_FILE {
                self.begin_file()?;
            }
            let (number, file, next_slot) = {
                let known = self.known();
                let Some((number, file)) = known.files.last() else { return Ok(()) };
                (*number, Arc::clone(file), known.next_slot)
            };
            let (now, later) = slots.split_at(slots.len().min((SLOTS_PER_FILE - next_slot) as usize));
            let bytes: Vec<u8> = now.iter().flat_map(|slot| slot.encode()).collect();
            let path = self.dir.join(file_name(number));
            file.write_at(&bytes, u64::from(next_slot) * SLOT_LEN as u64)
                .map_err(|source| Error::io("write", &path, source))?;
            crash_point("before-key-sync");
            file.sync().map_err(|source| Error::io("sync", &path, source))?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            for (slot, index) in now.iter().zip(next_slot..) {
                known.learn(place_of(number, index), slot);
                known.next_slot = index + 1;
            }
            slots = later;
        }
        Ok(())
    }

    fn begin_file(&self) -> Result<(), Error> {
        let number = self.known().files.last().map_or(1, |(number, _)| number + 1);
        write_file(&*self.disk, &self.dir, number, &encode_file_header(number, &self.store_id))?;
        let path = self.dir.join(file_name(number));
        let file = self.disk.open(&path).map_err(|source| Error::io("open", &path, source))?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.files.push((number, file));
        known.next_slot = 1;
        Ok(())
    }

    /// Destroys the live keys of one space, or of the whole stream; they are gone from the disk on return. Returns how many.
    pub(crate) fn destroy(&self, stream: StreamId, space: Option<SpaceId>) -> Result<usize, Error> {
        let _alone = self.hold();
        // Whose keys they are must outlive a crash, or the mark would not find them all.
        self.sync()?;
        if space.is_none() && !self.is_disposed(stream) {
            // The mark comes first: whatever a crash leaves undone is finished when the log is opened.
            self.append_slots(&[&Slot::StreamDisposed { stream }])?;
        }
        let doomed: Vec<SpaceKey> = {
            let known = self.known();
            let keys = known.streams.get(&stream).map_or(&[][..], |keys| &keys.spaces);
            keys.iter().filter(|key| key.is_live && space.is_none_or(|space| space == key.space)).copied().collect()
        };
        let mut by_file: Vec<(u32, Vec<(u32, SpaceKey)>)> = Vec::new();
        for key in &doomed {
            let (file, slot) = file_and_slot(key.place);
            match by_file.iter_mut().find(|(number, _)| *number == file) {
                Some((_, slots)) => slots.push((slot, *key)),
                None => by_file.push((file, vec![(slot, *key)])),
            }
        }
        for (number, slots) in by_file {
            self.rewrite_without(stream, number, &slots)?;
        }
        Ok(doomed.len())
    }

    fn rewrite_without(&self, stream: StreamId, number: u32, slots: &[(u32, SpaceKey)]) -> Result<(), Error> {
        let path = self.dir.join(file_name(number));
        let io = |source| Error::io("rewrite", &path, source);
        let bytes = read_whole(&*self.disk, &path, FILE_LEN).map_err(io)?;
        let mut bytes = Zeroizing::new(bytes.unwrap_or_default());
        let old = self.disk.open(&path).map_err(io)?;
        for (slot, key) in slots {
            let at = *slot as usize * SLOT_LEN;
            let mark = Slot::Destroyed { stream, space: key.space, number: key.number }.encode();
            bytes[at..at + SLOT_LEN].copy_from_slice(&mark);
        }
        write_file(&*self.disk, &self.dir, number, &bytes)?;
        let file = self.disk.open(&path).map_err(io)?;
        // The file without a name still has its blocks until they are used again: leave nothing in them.
        fill_with_zeros(&*old, 0, FILE_LEN as u64).and_then(|()| old.sync()).map_err(io)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.files.iter_mut().find(|(known, _)| *known == number) {
            entry.1 = file;
        }
        for (slot, key) in slots {
            known.learn(place_of(number, *slot), &Slot::Destroyed { stream, space: key.space, number: key.number });
        }
        drop(known);
        let mut cache = self.cache();
        slots.iter().for_each(|(_, key)| cache.forget((stream, key.space)));
        Ok(())
    }

    /// Destroys what a crash left of streams that were disposed of whole.
    fn finish_disposals(&self) -> Result<(), Error> {
        let mut unfinished: Vec<StreamId> = self
            .known()
            .streams
            .iter()
            .filter(|(_, keys)| keys.is_disposed && keys.spaces.iter().any(|key| key.is_live))
            .map(|(stream, _)| *stream)
            .collect();
        unfinished.sort();
        unfinished.into_iter().try_for_each(|stream| self.destroy(stream, None).map(drop))
    }

    /// Returns the names of the log's files with their length, for a backup.
    pub(crate) fn file_names(&self) -> Vec<String> {
        self.known().files.iter().map(|(number, _)| file_name(*number)).collect()
    }
}

impl Known {
    fn find(&self, stream: StreamId, space: SpaceId) -> Option<SpaceKey> {
        self.streams.get(&stream)?.spaces.iter().find(|key| key.space == space).copied()
    }

    fn learn(&mut self, place: u64, slot: &Slot) {
        let (stream, space, number, is_live) = match slot {
            Slot::Key { stream, space, number, .. } => (*stream, *space, *number, true),
            Slot::Ahead { number, owner: Some((stream, space)), .. } => (*stream, *space, *number, true),
            Slot::Ahead { owner: None, .. } => return,
            Slot::Destroyed { stream, space, number } => (*stream, *space, *number, false),
            Slot::StreamDisposed { stream } => {
                self.streams.entry(*stream).or_default().is_disposed = true;
                return;
            }
        };
        self.own(stream, SpaceKey { space, number, is_live, place });
    }

    fn own(&mut self, stream: StreamId, new: SpaceKey) {
        let spaces = &mut self.streams.entry(stream).or_default().spaces;
        let before = match spaces.iter_mut().find(|key| key.space == new.space) {
            Some(key) if key.number > new.number => return,
            Some(key) => std::mem::replace(key, new).is_live,
            None => {
                spaces.push(new);
                false
            }
        };
        self.keys_count = self.keys_count + u64::from(new.is_live) - u64::from(before);
    }
}

/// Takes a file of the log apart: its slots with their index, the next free slot, and what cannot be read.
fn read_key_file(bytes: &[u8], number: u32, store_id: &[u8; 16]) -> (Vec<(u32, Slot)>, u32, Vec<KeyWound>) {
    let (mut slots, mut wounds, mut next_slot) = (Vec::new(), Vec::new(), 1);
    for (index, chunk) in (0..SLOTS_PER_FILE).zip(bytes.chunks(SLOT_LEN)) {
        let chunk: [u8; SLOT_LEN] = array_at(chunk, 0);
        let offset = index as usize * SLOT_LEN;
        let mut wounded = || wounds.push(KeyWound { file: file_name(number), offset });
        if index == 0 {
            if !is_file_header(&chunk, number, store_id) {
                wounded();
            }
        } else if let Some(slot) = Slot::decode(&chunk) {
            slots.push((index, slot));
            next_slot = index + 1;
        } else if chunk[SLOT_LEN - 4..] != [0; 4] {
            // Without a checksum it was never written whole: no record can use it, and the next key takes its place.
            wounded();
            next_slot = index + 1;
        }
    }
    (slots, next_slot, wounds)
}

/// A file of the key log, put together from two copies.
pub(crate) struct JoinedKeys {
    pub(crate) bytes: Vec<u8>,
    /// Where the newer copy lacks something, in bytes from its start.
    pub(crate) found: Vec<usize>,
    /// Where it is still lacking.
    pub(crate) left: Vec<usize>,
}

/// Takes from an earlier copy the slots that the newer one has not got any more. What the newer one has counts: a key that was destroyed stays so.
pub(crate) fn join_key_files(newer: &[u8], earlier: &[u8], name: &str, store_id: &[u8; 16]) -> JoinedKeys {
    let number = name.strip_suffix(".keys").and_then(|number| number.parse().ok()).unwrap_or_default();
    let is_good = |bytes: &[u8], offset: usize| match bytes.get(offset..offset + SLOT_LEN) {
        Some(chunk) if offset == 0 => is_file_header(&array_at(chunk, 0), number, store_id),
        Some(chunk) => Slot::decode(&array_at(chunk, 0)).is_some(),
        None => false,
    };
    let mut joined = JoinedKeys { bytes: newer.to_vec(), found: Vec::new(), left: Vec::new() };
    joined.bytes.resize(newer.len().max(earlier.len()).max(SLOT_LEN), 0);
    let wounds: BTreeSet<usize> =
        read_key_file(newer, number, store_id).2.into_iter().map(|wound| wound.offset).collect();
    for offset in (0..joined.bytes.len()).step_by(SLOT_LEN) {
        // Without an earlier copy a slot of zeros is one that was never written.
        let is_lost = wounds.contains(&offset) || (offset == 0 && newer.is_empty());
        match (is_good(newer, offset), is_good(earlier, offset)) {
            (false, true) => {
                joined.found.push(offset);
                joined.bytes[offset..offset + SLOT_LEN].copy_from_slice(&earlier[offset..offset + SLOT_LEN]);
            }
            (false, false) if is_lost => {
                joined.found.push(offset);
                joined.left.push(offset);
            }
            (true, _) | (false, false) => {}
        }
    }
    joined
}

/// Writes a file whole, filled with zeros to its full length, under its name; durable on return.
fn write_file(disk: &dyn Disk, dir: &Path, number: u32, bytes: &[u8]) -> Result<(), Error> {
    let path = dir.join(file_name(number));
    let passing = dir.join(format!("{}.new", file_name(number)));
    let write = || {
        let file = disk.create(&passing)?;
        file.write_at(bytes, 0)?;
        fill_with_zeros(&*file, bytes.len() as u64, FILE_LEN as u64)?;
        file.sync()?;
        disk.rename(&passing, &path)?;
        disk.sync_dir(dir)
    };
    write().map_err(|source| Error::io("write", &path, source))
}
