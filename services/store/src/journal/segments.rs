//! The files of the journal: finding, reading, preparing, copying them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::layout::{BLOCK, ENTRY_LEN, Entry, Position, SegmentHeader};
use crate::Error;
use crate::disk::{Disk, DiskFile, fill_with_zeros, read_exact_at, read_whole};

/// Open segments kept at hand for reading.
const OPEN_MAX: usize = 128;
const PREPARED: &str = "prepared";
/// Bytes of a segment that are filled with zeros before they are synced.
const FILLED_AT_ONCE: usize = 1 << 20;

/// The journal's directory.
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes: u32,
    open: Mutex<BTreeMap<u32, Arc<dyn DiskFile>>>,
    /// Held while the next segment is being prepared.
    preparing: Mutex<()>,
}

/// A record as it was read: its entry, and its body unless that is damaged.
pub(crate) struct Stored {
    pub(crate) entry: Entry,
    pub(crate) body: Option<Vec<u8>>,
}

impl Segments {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, segment_bytes: u32) -> Self {
        Self { disk, dir, segment_bytes, open: Mutex::default(), preparing: Mutex::default() }
    }

    pub(crate) fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    pub(crate) fn file_name(number: u32) -> String {
        format!("{number:010}.segment")
    }

    pub(crate) fn path(&self, number: u32) -> PathBuf {
        self.dir.join(Self::file_name(number))
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<dyn DiskFile>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of all segments, in order.
    pub(crate) fn numbers(&self) -> Result<Vec<u32>, Error> {
        let names = self.disk.list(&self.dir).map_err(|source| Error::io("read", &self.dir, source))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".segment")?.parse().ok()).collect())
    }

    pub(crate) fn file(&self, number: u32) -> Result<Arc<dyn DiskFile>, Error> {
        if let Some(file) = self.opened().get(&number) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(number);
        let file = self.disk.open(&path).map_err(|source| Error::io("open", &path, source))?;
        let mut open = self.opened();
        if open.len() >= OPEN_MAX {
            open.pop_first();
        }
        open.insert(number, Arc::clone(&file));
        Ok(file)
    }

    /// Reads a whole segment; empty if there is none.
    pub(crate) fn read(&self, number: u32) -> Result<Vec<u8>, Error> {
        let path = self.path(number);
        let bytes = read_whole(&*self.disk, &path, u32::MAX as usize);
        Ok(bytes.map_err(|source| Error::io("read", &path, source))?.unwrap_or_default())
    }

    /// Reads one record; `None` if its entry is damaged.
    pub(crate) fn read_record(&self, at: Position) -> Result<Option<Stored>, Error> {
        let io = |source| Error::io("read", &self.path(at.segment), source);
        let file = self.file(at.segment)?;
        // Whatever cannot be read because the file ends is damage, not an error of the system.
        let read = |offset: u32, len: usize| match read_exact_at(&*file, u64::from(offset), len) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(source) => Err(io(source)),
        };
        let Some(entry) = read(at.offset, ENTRY_LEN)?.and_then(|bytes| Entry::decode(&bytes, at)) else {
            return Ok(None);
        };
        let body =
            if entry.body_len <= self.segment_bytes { read(entry.body_offset, entry.body_len as usize)? } else { None };
        let body = body.filter(|body| crc32c::crc32c(body) == entry.body_crc);
        Ok(Some(Stored { entry, body }))
    }

    /// Makes the file of the next segment, filled with zeros and synced, unless it is there already.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        let _preparing = self.preparing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.dir.join(PREPARED);
        if self.disk.open(&path).is_ok() {
            return Ok(());
        }
        self.zero_filled(&self.dir.join("prepared.new"), &path)
    }

    fn zero_filled(&self, passing: &Path, path: &Path) -> Result<(), Error> {
        let make = || {
            let file = self.disk.create(passing)?;
            let len = u64::from(self.segment_bytes);
            // A little at a time, so that no commit's sync waits behind a whole segment.
            for from in (0..len).step_by(FILLED_AT_ONCE) {
                fill_with_zeros(&*file, from, len.min(from + FILLED_AT_ONCE as u64))?;
                file.sync()?;
            }
            self.disk.rename(passing, path)?;
            self.disk.sync_dir(&self.dir)
        };
        make().map_err(|source| {
            // Leave the room to others; the attempt is repeated when a segment is needed.
            let removed = self.disk.remove(passing);
            tracing::warn!(is_removed = removed.is_ok(), "a segment could not be prepared");
            Error::io("prepare", path, source)
        })
    }

    /// Takes the prepared file into use as a segment; its header is durable on return.
    pub(crate) fn begin(&self, header: &SegmentHeader) -> Result<Arc<dyn DiskFile>, Error> {
        self.prepare()?;
        let (prepared, path) = (self.dir.join(PREPARED), self.path(header.number));
        let make = || {
            let file = self.disk.open(&prepared)?;
            file.write_at(&header.encode(), 0)?;
            file.sync()?;
            self.disk.rename(&prepared, &path)?;
            self.disk.sync_dir(&self.dir)?;
            Ok(file)
        };
        let file: Arc<dyn DiskFile> = make().map_err(|source| Error::io("begin", &path, source))?;
        self.opened().insert(header.number, Arc::clone(&file));
        Ok(file)
    }

    /// Removes what a crash left of a prepared segment: nobody knows how much of it is on disk.
    pub(crate) fn forget_prepared(&self) -> Result<(), Error> {
        [PREPARED, "prepared.new"]
            .into_iter()
            .try_for_each(|name| self.disk.remove(&self.dir.join(name)))
            .map_err(|source| Error::io("remove", &self.dir, source))
    }

    /// Writes the first `end` bytes of a segment to a new file with zeros behind them, syncs it and gives it the segment's name.
    pub(crate) fn copy(&self, number: u32, bytes: &[u8], end: usize) -> Result<(), Error> {
        let (path, passing) = (self.path(number), self.dir.join("copied.new"));
        let make = || {
            let file = self.disk.create(&passing)?;
            for (chunk, at) in bytes[..end.min(bytes.len())].chunks(1 << 20).zip((0u64..).step_by(1 << 20)) {
                file.write_at(chunk, at)?;
            }
            let len = u64::from(self.segment_bytes).max(bytes.len() as u64).max(BLOCK as u64);
            fill_with_zeros(&*file, end as u64, len)?;
            file.sync()?;
            self.disk.rename(&passing, &path)?;
            self.disk.sync_dir(&self.dir)
        };
        self.opened().remove(&number);
        make().map_err(|source| Error::io("copy", &path, source))
    }
}
