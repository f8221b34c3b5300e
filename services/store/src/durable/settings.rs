//! What can be set about a store.

use std::path::PathBuf;

/// Which clock a store lives by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// Civil time is the world's.
    Real,
    /// Civil time is stepped by a conductor. A store made so never takes real time.
    TimeLapse,
}

impl ClockKind {
    /// Returns the word that stands in `FORMAT`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::TimeLapse => "time-lapse",
        }
    }
}

/// Where the index lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// In sled, under `index/` of the data directory of the real disk.
    Sled,
    /// In memory: made again from the journal at every start. For simulators.
    Memory,
}

/// Who does what need not be done before an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Threads of the store's own.
    Threads,
    /// Whoever commits, at once: for simulators, where nothing may happen by chance.
    Inline,
}

/// What can be set about a store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data directory; made if it is not there.
    pub data: PathBuf,
    /// The key file. Made with a new key for a new store; never made for an existing one.
    pub key_file: PathBuf,
    /// Which clock the caller lives by; a store made by another is refused.
    pub clock: ClockKind,
    /// What tells one start of the machine from another (`/proc/sys/kernel/random/boot_id`). Empty: unknown, so that only a clean stop saves the index.
    pub boot_id: String,
    /// Bytes of a journal segment, a multiple of 4096, from 64 KiB to 1 GiB. A unit may take a quarter of it, at most 16 MiB.
    pub segment_bytes: u32,
    /// Records after which the index gets the net change.
    pub checkpoint_records: usize,
    /// Bytes that sled may use as a cache.
    pub index_cache_bytes: u64,
    /// Free bytes from which on [`crate::Room::Low`] is told.
    pub room_low_bytes: u64,
    /// Free bytes from which on [`crate::Room::Full`] is told.
    pub room_full_bytes: u64,
    /// Where the index lives.
    pub index: IndexKind,
    /// Who prepares segments and writes checkpoints.
    pub background: Background,
}

impl Settings {
    /// Settings for serving: 16 MiB segments, a checkpoint every 50,000 records, 64 MiB for sled, low below 2 GiB, full below 256 MiB.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            key_file: key_file.into(),
            clock: ClockKind::Real,
            boot_id: String::new(),
            segment_bytes: 16 << 20,
            checkpoint_records: 50_000,
            index_cache_bytes: 64 << 20,
            room_low_bytes: 2 << 30,
            room_full_bytes: 256 << 20,
            index: IndexKind::Sled,
            background: Background::Threads,
        }
    }

    /// The largest unit, in stored bytes.
    pub(crate) fn unit_bytes_max(&self) -> usize {
        (self.segment_bytes as usize / 4).min(16 << 20)
    }
}
