//! A disk in memory that does what real ones do on their worst day, from a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile};

/// The smallest piece a disk writes whole.
const SECTOR: usize = 512;

/// A disk that forgets unsynced writes on a crash, tears the last ones, flips bits, fails a sync and fills up.
///
/// Clones share their content, so it outlives the store on it. Equal seeds and equal calls give equal behaviour.
#[derive(Clone)]
pub struct TormentedDisk {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    seed: u64,
    /// Counts crashes: a handle from before a crash is dead.
    life: u64,
    files: BTreeMap<u64, Content>,
    next_file: u64,
    names: BTreeMap<PathBuf, u64>,
    names_durable: BTreeMap<PathBuf, u64>,
    locked: BTreeSet<PathBuf>,
    capacity_bytes: u64,
    syncs_until_failure: Option<u32>,
    writes_until_failure: Option<u32>,
    syncs_count: u64,
}

#[derive(Default)]
struct Content {
    /// What readers see.
    seen: Vec<u8>,
    /// What survives.
    durable: Vec<u8>,
    /// Written since the last sync: offset and bytes, in order.
    unsynced: Vec<(usize, Vec<u8>)>,
}

fn put(bytes: &mut Vec<u8>, offset: usize, new: &[u8]) {
    let end = offset + new.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(new);
}

impl TormentedDisk {
    /// Makes an empty disk with 16 GiB of room.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                seed,
                life: 0,
                files: BTreeMap::new(),
                next_file: 1,
                names: BTreeMap::new(),
                names_durable: BTreeMap::new(),
                locked: BTreeSet::new(),
                capacity_bytes: 16 << 30,
                syncs_until_failure: None,
                writes_until_failure: None,
                syncs_count: 0,
            })),
        }
    }

    fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pulls the plug: handles die, locks end, and of what was not synced each sector survives or not, as the seed has it.
    pub fn crash(&self) {
        let mut inner = self.lock_inner();
        inner.life += 1;
        inner.locked.clear();
        let mut mode = inner.draw();
        let mut files = std::mem::take(&mut inner.files);
        for content in files.values_mut() {
            for (offset, bytes) in std::mem::take(&mut content.unsynced) {
                let kept: Vec<bool> = match mode % 4 {
                    0 => Vec::new(),
                    1 => vec![true; bytes.len().div_ceil(SECTOR) + 1],
                    2 => vec![true; usize::try_from(inner.draw()).unwrap_or(0) % (bytes.len() / SECTOR + 1)],
                    _ => (0..=bytes.len().div_ceil(SECTOR)).map(|_| inner.draw().is_multiple_of(2)).collect(),
                };
                // Sectors are counted on the disk, not from the start of the write.
                let mut at = 0;
                while at < bytes.len() {
                    let end = (at + SECTOR - (offset + at) % SECTOR).min(bytes.len());
                    if kept.get(at / SECTOR).copied().unwrap_or(false) {
                        put(&mut content.durable, offset + at, &bytes[at..end]);
                    }
                    at = end;
                }
                mode = mode.rotate_left(7);
            }
            content.seen = content.durable.clone();
        }
        inner.files = files;
        // Names that were not synced: all of them survive, or none.
        if inner.draw().is_multiple_of(2) {
            inner.names = inner.names_durable.clone();
        } else {
            inner.names_durable = inner.names.clone();
        }
        let alive: BTreeSet<u64> = inner.names.values().copied().collect();
        inner.files.retain(|file, _| alive.contains(file));
        inner.syncs_until_failure = None;
        inner.writes_until_failure = None;
    }

    /// Kills the process but not the machine: handles die and locks end, while what was written stays as readers saw it, synced or not.
    pub fn kill(&self) {
        let mut inner = self.lock_inner();
        inner.life += 1;
        inner.locked.clear();
        inner.syncs_until_failure = None;
        inner.writes_until_failure = None;
    }

    /// Makes the sync after the next `count` ones fail; what it should have made durable never will be.
    pub fn fail_sync_after(&self, count: u32) {
        self.lock_inner().syncs_until_failure = Some(count);
    }

    /// Makes the write after the next `count` ones fail with an I/O error, half of it written.
    pub fn fail_write_after(&self, count: u32) {
        self.lock_inner().writes_until_failure = Some(count);
    }

    /// Sets how many bytes all files together may take.
    pub fn set_capacity(&self, bytes: u64) {
        self.lock_inner().capacity_bytes = bytes;
    }

    /// Returns the bytes that all files take.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.lock_inner().used_bytes()
    }

    /// Returns how many syncs there have been.
    #[must_use]
    pub fn syncs_count(&self) -> u64 {
        self.lock_inner().syncs_count
    }

    /// Returns the names of all files.
    #[must_use]
    pub fn names(&self) -> Vec<PathBuf> {
        self.lock_inner().names.keys().cloned().collect()
    }

    /// Returns what a file holds; empty if there is none.
    #[must_use]
    pub fn content(&self, path: &Path) -> Vec<u8> {
        let inner = self.lock_inner();
        inner.names.get(path).and_then(|file| inner.files.get(file)).map_or(Vec::new(), |content| content.seen.clone())
    }

    /// Changes a file behind everybody's back, durably. A bit flip is `|bytes| bytes[at] ^= 1`.
    pub fn alter(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut inner = self.lock_inner();
        let Some(file) = inner.names.get(path).copied() else { return };
        if let Some(content) = inner.files.get_mut(&file) {
            change(&mut content.seen);
            content.durable.clone_from(&content.seen);
            content.unsynced.clear();
        }
    }
}

impl Inner {
    /// SplitMix64: small, and good enough to choose sectors.
    fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn used_bytes(&self) -> u64 {
        self.files.values().map(|content| content.seen.len() as u64).sum()
    }

    fn forget_unnamed(&mut self, file: u64) {
        let is_named = self.names.values().chain(self.names_durable.values()).any(|named| *named == file);
        if !is_named {
            self.files.remove(&file);
        }
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for TormentedDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inner = self.lock_inner();
        let file = *inner.names.get(path).ok_or_else(missing)?;
        Ok(Arc::new(TormentedFile { disk: self.clone(), file, life: inner.life }))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut inner = self.lock_inner();
        let file = inner.next_file;
        inner.next_file += 1;
        inner.files.insert(file, Content::default());
        if let Some(old) = inner.names.insert(path.to_owned(), file) {
            inner.forget_unnamed(old);
        }
        Ok(Arc::new(TormentedFile { disk: self.clone(), file, life: inner.life }))
    }

    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let inner = self.lock_inner();
        Ok(inner
            .names
            .keys()
            .filter(|path| path.parent() == Some(dir))
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        let file = inner.names.remove(from).ok_or_else(missing)?;
        inner.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.lock_inner().names.remove(path);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        inner.count_sync()?;
        let inner = &mut *inner;
        inner.names_durable.retain(|path, _| path.parent() != Some(dir));
        let here = inner.names.iter().filter(|(path, _)| path.parent() == Some(dir));
        inner.names_durable.extend(here.map(|(path, file)| (path.clone(), *file)));
        Ok(())
    }

    fn free_bytes(&self, _dir: &Path) -> io::Result<u64> {
        let inner = self.lock_inner();
        Ok(inner.capacity_bytes.saturating_sub(inner.used_bytes()))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let mut inner = self.lock_inner();
        if !inner.locked.insert(path.to_owned()) {
            return Ok(None);
        }
        Ok(Some(Box::new(Held { disk: self.clone(), path: path.to_owned(), life: inner.life })))
    }
}

impl Inner {
    fn count_sync(&mut self) -> io::Result<()> {
        self.syncs_count += 1;
        match self.syncs_until_failure.as_mut() {
            Some(0) => Err(io::Error::other("the disk did not take it")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

struct Held {
    disk: TormentedDisk,
    path: PathBuf,
    life: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut inner = self.disk.lock_inner();
        if inner.life == self.life {
            inner.locked.remove(&self.path);
        }
    }
}

struct TormentedFile {
    disk: TormentedDisk,
    file: u64,
    life: u64,
}

impl TormentedFile {
    fn alive(&self) -> io::Result<MutexGuard<'_, Inner>> {
        let inner = self.disk.lock_inner();
        if inner.life == self.life { Ok(inner) } else { Err(io::Error::other("a handle from before the crash")) }
    }
}

impl DiskFile for TormentedFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let inner = self.alive()?;
        let content = inner.files.get(&self.file).ok_or_else(missing)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(content.seen.len());
        let count = bytes.len().min(content.seen.len() - from);
        bytes[..count].copy_from_slice(&content.seen[from..from + count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut inner = self.alive()?;
        let room = inner.capacity_bytes.saturating_sub(inner.used_bytes());
        let fails = match inner.writes_until_failure.as_mut() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        // A handle outlives the name of its file, as on a real disk.
        let content = inner.files.entry(self.file).or_default();
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let growth = (offset + bytes.len()).saturating_sub(content.seen.len()) as u64;
        if growth > room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let bytes = if fails { &bytes[..bytes.len() / 2] } else { bytes };
        put(&mut content.seen, offset, bytes);
        content.unsynced.push((offset, bytes.to_vec()));
        if fails { Err(io::Error::other("the disk took half")) } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.alive()?;
        let counted = inner.count_sync();
        let Some(content) = inner.files.get_mut(&self.file) else { return counted };
        let unsynced = std::mem::take(&mut content.unsynced);
        // After a failed sync the pages count as clean: readers see them, no later sync writes them.
        counted?;
        for (offset, bytes) in unsynced {
            put(&mut content.durable, offset, &bytes);
        }
        Ok(())
    }

    fn len_bytes(&self) -> io::Result<u64> {
        let inner = self.alive()?;
        Ok(inner.files.get(&self.file).ok_or_else(missing)?.seen.len() as u64)
    }
}
