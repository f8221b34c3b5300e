//! The files of the key log: where slots are read, appended and written anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::HashMap;
use zeroize::Zeroizing;

use super::join::{KeyWound, read_key_file};
use super::slot::{OWNER_AT, SLOT_LEN, SLOTS_PER_FILE, Slot, encode_file_header, encode_owner};
use crate::disk::{Disk, DiskFile, fill_with_zeros, read_whole};
use crate::{Error, SpaceId, StreamId, crash_point};

const FILE_LEN: usize = SLOT_LEN * SLOTS_PER_FILE as usize;
/// Files that are open at once; before there are more, all are closed, and opened again when they are needed.
const OPEN_MAX: usize = 256;

/// The files, by number.
pub(super) struct KeyFiles {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    store_id: [u8; 16],
    /// Held for reading while a slot is read, so that no file is emptied below the reader.
    known: RwLock<Known>,
    /// Files that know whose their keys became only in the page cache.
    unsynced: Mutex<BTreeSet<u32>>,
}

#[derive(Default)]
struct Known {
    /// Which files there are, rising.
    numbers: Vec<u32>,
    /// The next free slot of the last file.
    next_slot: u32,
    open: HashMap<u32, Arc<dyn DiskFile>>,
    /// How often a file was written anew.
    replaced_count: u64,
}

pub(super) fn file_name(number: u32) -> String {
    format!("{number:010}.keys")
}

pub(super) fn place_of(file: u32, slot: u32) -> u64 {
    u64::from(file - 1) * u64::from(SLOTS_PER_FILE) + u64::from(slot)
}

fn file_and_slot(place: u64) -> (u32, u32) {
    let file = u32::try_from(place / u64::from(SLOTS_PER_FILE)).unwrap_or(u32::MAX - 1) + 1;
    (file, u32::try_from(place % u64::from(SLOTS_PER_FILE)).unwrap_or(0))
}

impl KeyFiles {
    /// Lists the files in a directory.
    pub(super) fn list(disk: Arc<dyn Disk>, dir: &Path, store_id: [u8; 16]) -> Result<Self, Error> {
        let names = disk.list(dir).map_err(|source| Error::io("read", dir, source))?;
        let numbers = names.iter().filter_map(|name| name.strip_suffix(".keys").and_then(|name| name.parse().ok()));
        let mut numbers: Vec<u32> = numbers.filter(|number| *number > 0).collect();
        numbers.sort_unstable();
        let known = RwLock::new(Known { numbers, next_slot: SLOTS_PER_FILE, ..Known::default() });
        Ok(Self { disk, dir: dir.to_owned(), store_id, known, unsynced: Mutex::default() })
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn path(&self, number: u32) -> PathBuf {
        self.dir.join(file_name(number))
    }

    pub(super) fn numbers(&self) -> Vec<u32> {
        self.known().numbers.clone()
    }

    /// Calls `each` for every slot with its place, one file after another. Returns the next free slot of the last file, and what
    /// cannot be read.
    pub(super) fn read(&self, each: &mut dyn FnMut(u64, Slot)) -> Result<(u32, Vec<KeyWound>), Error> {
        let (mut next_slot, mut wounds) = (SLOTS_PER_FILE, Vec::new());
        for number in self.numbers() {
            let bytes = self.content(number)?;
            let (next, hurt) = read_key_file(&bytes, number, &self.store_id, &mut |index, slot| {
                each(place_of(number, index), slot);
            });
            next_slot = next;
            wounds.extend(hurt);
        }
        Ok((next_slot, wounds))
    }

    /// Says where the last file goes on.
    pub(super) fn end_at(&self, next_slot: u32) {
        self.known_mut().next_slot = next_slot;
    }

    /// Writes the last file anew, so that what is believed is what the disk has. Of those before it, what can be read need not
    /// be what the disk has: the next sync sees to it.
    pub(super) fn copy_last(&self) -> Result<(), Error> {
        let numbers = self.numbers();
        if let Some(number) = numbers.last() {
            let bytes = self.content(*number)?;
            self.write(*number, &bytes)?;
        }
        self.unsynced().extend(numbers);
        Ok(())
    }

    fn content(&self, number: u32) -> Result<Zeroizing<Vec<u8>>, Error> {
        let path = self.path(number);
        let bytes = read_whole(&*self.disk, &path, FILE_LEN).map_err(|source| Error::io("read", &path, source))?;
        Ok(Zeroizing::new(bytes.unwrap_or_default()))
    }

    fn unsynced(&self) -> std::sync::MutexGuard<'_, BTreeSet<u32>> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An open file; `None` if there is none of this number.
    fn file(&self, number: u32) -> Result<Option<Arc<dyn DiskFile>>, Error> {
        loop {
            let replaced_count = {
                let known = self.known();
                if let Some(file) = known.open.get(&number) {
                    return Ok(Some(Arc::clone(file)));
                }
                if known.numbers.binary_search(&number).is_err() {
                    return Ok(None);
                }
                known.replaced_count
            };
            let path = self.path(number);
            let file = self.disk.open(&path).map_err(|source| Error::io("open", &path, source))?;
            let mut known = self.known_mut();
            // One that was replaced meanwhile may be the one that is gone.
            if known.replaced_count == replaced_count {
                if known.open.len() >= OPEN_MAX {
                    known.open.clear();
                }
                known.open.insert(number, file);
            }
        }
    }

    /// Reads a slot; `None` if there is none there, or it cannot be read.
    pub(super) fn slot(&self, place: u64) -> Result<Option<Slot>, Error> {
        let (number, slot) = file_and_slot(place);
        loop {
            {
                let known = self.known();
                if let Some(file) = known.open.get(&number) {
                    let mut bytes = [0; SLOT_LEN];
                    file.read_at(&mut bytes, u64::from(slot) * SLOT_LEN as u64)
                        .map_err(|source| Error::io("read", &self.path(number), source))?;
                    return Ok(Slot::decode(&bytes));
                }
            }
            if self.file(number)?.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether there is a file for a place.
    pub(super) fn has(&self, place: u64) -> bool {
        self.known().numbers.binary_search(&file_and_slot(place).0).is_ok()
    }

    /// Puts it into a key's slot whose it became; durable with the next [`KeyFiles::sync`].
    pub(super) fn write_owner(&self, stream: StreamId, space: SpaceId, key: u32) -> Result<(), Error> {
        let (number, slot) = file_and_slot(u64::from(key));
        let at = u64::from(slot) * SLOT_LEN as u64 + OWNER_AT as u64;
        let Some(file) = self.file(number)? else { return Ok(()) };
        file.write_at(&encode_owner(stream, space, key), at)
            .map_err(|source| Error::io("write", &self.path(number), source))?;
        self.unsynced().insert(number);
        Ok(())
    }

    /// Makes durable whose keys became whose.
    pub(super) fn sync(&self) -> Result<(), Error> {
        let mut unsynced = std::mem::take(&mut *self.unsynced());
        while let Some(number) = unsynced.first().copied() {
            // What is then on the disk nobody knows, whatever the reason.
            let failed = |source| Error::Io { doing: "sync", path: self.path(number), source };
            let synced = self.file(number).and_then(|file| file.map_or(Ok(()), |file| file.sync().map_err(failed)));
            if let Err(error) = synced {
                self.unsynced().append(&mut unsynced);
                return Err(error);
            }
            unsynced.remove(&number);
        }
        Ok(())
    }

    /// The place that is appended next; a new file is begun if the last one is full.
    pub(super) fn next_place(&self) -> Result<u64, Error> {
        if self.known().next_slot >= SLOTS_PER_FILE {
            self.begin()?;
        }
        let known = self.known();
        Ok(place_of(known.numbers.last().copied().unwrap_or(1), known.next_slot))
    }

    /// Slots that the last file has room for.
    pub(super) fn room(place: u64) -> usize {
        (SLOTS_PER_FILE - file_and_slot(place).1) as usize
    }

    /// Appends slots; durable on return.
    pub(super) fn append(&self, mut slots: &[Slot]) -> Result<(), Error> {
        while !slots.is_empty() {
            let place = self.next_place()?;
            let (number, slot) = file_and_slot(place);
            let (now, later) = slots.split_at(slots.len().min(Self::room(place)));
            let bytes: Vec<u8> = now.iter().flat_map(Slot::encode).collect();
            let Some(file) = self.file(number)? else { return Ok(()) };
            let io = |doing| move |source| Error::io(doing, &self.path(number), source);
            file.write_at(&bytes, u64::from(slot) * SLOT_LEN as u64).map_err(io("write"))?;
            crash_point("before-key-sync");
            file.sync().map_err(io("sync"))?;
            self.known_mut().next_slot = slot + u32::try_from(now.len()).unwrap_or(SLOTS_PER_FILE);
            slots = later;
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), Error> {
        let number = self.known().numbers.last().map_or(1, |number| number + 1);
        self.write(number, &encode_file_header(number, &self.store_id))?;
        let mut known = self.known_mut();
        known.numbers.push(number);
        known.next_slot = 1;
        Ok(())
    }

    /// Takes back the slots at the end of the last file for which `is_free` says so.
    pub(super) fn take_back(&self, is_free: &dyn Fn(&Slot) -> bool) -> Result<(), Error> {
        let (number, mut next_slot) = {
            let known = self.known();
            let Some(number) = known.numbers.last() else { return Ok(()) };
            (*number, known.next_slot)
        };
        while next_slot > 1 && self.slot(place_of(number, next_slot - 1))?.is_some_and(|slot| is_free(&slot)) {
            next_slot -= 1;
        }
        self.known_mut().next_slot = next_slot;
        Ok(())
    }

    /// Puts marks in place of slots. What was there is gone from the disk on return.
    pub(super) fn replace(&self, marks: &[(u64, Slot)]) -> Result<(), Error> {
        let mut by_file: Vec<(u32, Vec<(u32, &Slot)>)> = Vec::new();
        for (place, mark) in marks {
            let (file, slot) = file_and_slot(*place);
            match by_file.iter_mut().find(|(number, _)| *number == file) {
                Some((_, slots)) => slots.push((slot, mark)),
                None => by_file.push((file, vec![(slot, mark)])),
            }
        }
        by_file.into_iter().try_for_each(|(number, slots)| self.replace_in(number, &slots))
    }

    fn replace_in(&self, number: u32, slots: &[(u32, &Slot)]) -> Result<(), Error> {
        let path = self.path(number);
        let io = |source| Error::io("rewrite", &path, source);
        let mut bytes = self.content(number)?;
        bytes.resize(FILE_LEN, 0);
        let old = self.disk.open(&path).map_err(io)?;
        for (slot, mark) in slots {
            let at = *slot as usize * SLOT_LEN;
            bytes[at..at + SLOT_LEN].copy_from_slice(&mark.encode());
        }
        self.write(number, &bytes)?;
        // The file without a name still has its blocks until they are used again: leave nothing in them.
        fill_with_zeros(&*old, 0, FILE_LEN as u64).and_then(|()| old.sync()).map_err(io)
    }

    /// Writes a file whole, filled with zeros to its full length, under its name; durable on return. Nobody reads the one
    /// before it any more.
    fn write(&self, number: u32, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(number);
        let passing = self.dir.join(format!("{}.new", file_name(number)));
        let write = || {
            let file = self.disk.create(&passing)?;
            file.write_at(bytes, 0)?;
            fill_with_zeros(&*file, bytes.len() as u64, FILE_LEN as u64)?;
            file.sync()?;
            self.disk.rename(&passing, &path)?;
            self.disk.sync_dir(&self.dir)
        };
        let written = write().map_err(|source| Error::io("write", &path, source));
        let mut known = self.known_mut();
        known.open.remove(&number);
        known.replaced_count += 1;
        written
    }
}
