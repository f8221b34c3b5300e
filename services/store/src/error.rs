//! What can go wrong once a store is open. Texts name no stream, since they end in logs; the fields do.

use std::io;
use std::path::{Path, PathBuf};

use crate::{ProjectorError, Sequence, StreamId};

/// Why a call failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full. Nothing was written; the call may be repeated when there is room.
    #[error("the disk is full: {path}")]
    Full {
        /// What could not be written.
        path: PathBuf,
    },
    /// A write or sync failed earlier, so that nobody knows what is on disk. The process must end; opening the store again finds out.
    #[error("the store takes nothing more since an earlier failure: {reason}")]
    Poisoned {
        /// The first failure, in words.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{doing} {path}")]
    Io {
        /// What was being done: `read`, `write`, `sync`, …
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The index could not be read or written. Throw it away: it is rebuilt from the journal.
    #[error("the index failed: {reason}")]
    Index {
        /// What the index said.
        reason: String,
    },
    /// The stream's stored history is damaged.
    #[error("a stream ({}) is quarantined: its stored history is damaged", .stream.kind.as_str())]
    Quarantined {
        /// The stream.
        stream: StreamId,
    },
    /// What is stored cannot be folded.
    #[error("a stream ({}) cannot be folded", .stream.kind.as_str())]
    Projection {
        /// The stream.
        stream: StreamId,
        /// What the projector said.
        #[source]
        source: ProjectorError,
    },
    /// No randomness could be had for a key or a nonce. Nothing was written.
    #[error("no randomness: {reason}")]
    NoRandomness {
        /// What the system said.
        reason: String,
    },
}

impl Error {
    /// Names the file that could not be read or written; a full disk has its own variant.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path: path.to_owned() },
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }
}

/// Something stored that is not as it was written: found, named, never returned as good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The stream that is hurt, if it can still be told; it is quarantined.
    pub stream: Option<StreamId>,
    /// The record, if it can still be told.
    pub sequence: Option<Sequence>,
    /// The file, relative to the data directory.
    pub file: PathBuf,
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What is wrong there.
    pub part: DamagedPart,
}

/// Which part of what is stored is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DamagedPart {
    /// The header of a segment.
    SegmentHeader,
    /// The header of a batch.
    BatchHeader,
    /// The entry of a record in the table of its batch.
    Entry,
    /// The body of a record.
    Body,
    /// A stream's chain does not fit.
    StreamChain,
    /// The journal's chain does not fit: batches are missing.
    JournalChain,
    /// A section cannot be unsealed although its key is there.
    Seal,
    /// A section's key is missing and was never disposed of.
    KeyMissing,
    /// A slot of the key log.
    KeySlot,
    /// The records are as they were written, yet cannot be folded.
    History,
    /// A whole segment is missing.
    SegmentMissing,
    /// What fills a batch to a whole block: nobody is hurt, but the disk is not to be trusted.
    Fill,
    /// The file of a document.
    Document,
}

impl DamagedPart {
    /// Every part; its place here is what is stored, so new ones are added at the end.
    pub const ALL: [Self; 13] = [
        Self::SegmentHeader,
        Self::BatchHeader,
        Self::Entry,
        Self::Body,
        Self::StreamChain,
        Self::JournalChain,
        Self::Seal,
        Self::KeyMissing,
        Self::KeySlot,
        Self::History,
        Self::SegmentMissing,
        Self::Fill,
        Self::Document,
    ];

    /// Returns the part in words, for reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SegmentHeader => "segment header",
            Self::BatchHeader => "batch header",
            Self::Entry => "record entry",
            Self::Body => "record body",
            Self::StreamChain => "stream chain",
            Self::JournalChain => "journal chain",
            Self::Seal => "seal",
            Self::KeyMissing => "missing key",
            Self::KeySlot => "key slot",
            Self::History => "history",
            Self::SegmentMissing => "missing segment",
            Self::Fill => "fill",
            Self::Document => "document",
        }
    }
}
