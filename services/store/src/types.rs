//! What goes into a store and what comes out of it.

use std::fmt;
use std::sync::Arc;

/// What a stream is about. The number is part of what is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StreamKind {
    /// The history of one case.
    Case = 1,
    /// The agencies known to this installation.
    Registry = 2,
    /// Published revisions of life events.
    Definitions = 3,
    /// Persons and organisations.
    Parties = 4,
    /// Who looked at what.
    AccessLog = 5,
    /// The operator's own space: incidents, security log.
    Operator = 6,
    /// The list of a case's documents; their content lies in files (see [`crate::blobs`]).
    Documents = 7,
}

impl StreamKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 7] = [
        Self::Case,
        Self::Registry,
        Self::Definitions,
        Self::Parties,
        Self::AccessLog,
        Self::Operator,
        Self::Documents,
    ];

    /// Returns the stored number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Reads a stored number; `None` if no kind has it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Returns the kind in our own words, for texts and errors.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Registry => "registry",
            Self::Definitions => "definitions",
            Self::Parties => "parties",
            Self::AccessLog => "access-log",
            Self::Operator => "operator",
            Self::Documents => "documents",
        }
    }
}

/// Names one numbered sequence of records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// What the stream is about.
    pub kind: StreamKind,
    /// Which one of its kind.
    pub id: [u8; 16],
}

impl StreamId {
    /// Bytes of a stored stream id: the kind, then the id.
    pub const LEN: usize = 17;

    /// Names a stream.
    #[must_use]
    pub const fn new(kind: StreamKind, id: [u8; 16]) -> Self {
        Self { kind, id }
    }

    /// Returns the stored form, which sorts as the value does.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = self.kind.number();
        bytes[1..].copy_from_slice(&self.id);
        bytes
    }

    /// Reads the stored form; `None` if its length or its kind is wrong.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, id) = bytes.split_first()?;
        Some(Self { kind: StreamKind::from_number(*kind)?, id: id.try_into().ok()? })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.kind.as_str())?;
        self.id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The number of a record in its stream: 1 for the first; 0 means "nothing yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

impl Sequence {
    /// What a stream without records has.
    pub const NONE: Self = Self(0);

    /// Returns the number that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names an owner space within one stream; the caller chooses the numbers (an agency and retention class, the applicant's own space).
///
/// Each (stream, space) has a random key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpaceId(pub u32);

/// Names a party under whom streams are listed.
pub type PartyKey = [u8; 16];

/// The part of a record that belongs to exactly one owner space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Whose it is.
    pub space: SpaceId,
    /// The content, in plain; sealed before it leaves memory.
    pub payload: Vec<u8>,
}

/// The state of a stream, encoded only when somebody needs the bytes (at a checkpoint, mostly).
pub trait StateBlob: Send + Sync {
    /// Encodes the state. The bytes begin with a format number of the caller's own, so that another version's are told apart.
    fn encode(&self) -> Vec<u8>;
}

impl StateBlob for Vec<u8> {
    fn encode(&self) -> Vec<u8> {
        self.clone()
    }
}

/// When a stream wants to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Civil time in milliseconds since 1970, if the stream waits for a moment in civil time.
    pub civil_ms: Option<i64>,
    /// The stream has work under way (effects without an answer) and must be loaded at once after a start.
    pub urgent: bool,
}

/// What can be looked up about a stream without reading its history; a pure function of the history.
#[derive(Clone)]
pub struct Head {
    /// The state after the newest record; `None` where the history is short enough to stand for it.
    pub state: Option<Arc<dyn StateBlob>>,
    /// When to wake the stream; `None` if it needs no waking (an ended case).
    pub wake: Option<Wake>,
    /// Parties under whom the stream is listed. Only ever grows: one left out here stays listed from earlier.
    pub listed_under: Vec<PartyKey>,
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The state is somebody's content: never in a log.
        f.debug_struct("Head").field("wake", &self.wake).finish_non_exhaustive()
    }
}

/// One logical record to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// Where it goes.
    pub stream: StreamId,
    /// The sequence of the stream's last record as the caller knows it; [`Sequence::NONE`] begins a stream.
    pub expected: Sequence,
    /// The content, by owner space, in an order that is kept. A space may occur more than once.
    pub sections: Vec<Section>,
    /// What the index keeps for the stream after this record.
    pub head: Head,
}

/// Appends that are stored all together or not at all.
#[derive(Clone, Debug)]
pub struct Unit(pub Vec<Append>);

impl Unit {
    /// A unit of a single record.
    #[must_use]
    pub fn one(append: Append) -> Self {
        Self(vec![append])
    }
}

/// Somebody else has appended in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{stream} is at {actual}, not at {expected}")]
pub struct Conflict {
    /// The stream.
    pub stream: StreamId,
    /// What the caller expected.
    pub expected: Sequence,
    /// What the stream has.
    pub actual: Sequence,
}

/// Why one unit was not stored; the other units of the batch are not affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The expected sequence is stale: load again, decide again.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The unit has no records.
    #[error("a unit without records")]
    Empty,
    /// The unit does not fit into a journal segment's share.
    #[error("the unit takes {bytes} bytes, more than {bytes_max}")]
    TooLarge {
        /// What it would take.
        bytes: usize,
        /// What it may take.
        bytes_max: usize,
    },
    /// The stream's stored history is damaged; it takes nothing more until a person has mended it.
    #[error("a stream ({}) is quarantined because its stored history is damaged", .stream.kind.as_str())]
    Quarantined {
        /// The stream.
        stream: StreamId,
    },
    /// The disk became full after earlier units of the same batch were stored. Nothing of this one is written.
    #[error("the disk is full")]
    Full,
    /// The whole stream has been disposed of.
    #[error("{stream} has been disposed of")]
    Disposed {
        /// The stream.
        stream: StreamId,
    },
}

/// The newest that is known of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHead {
    /// Number of the last record.
    pub sequence: Sequence,
    /// The state after it. `None` when it cannot be had here (disposed of): the caller replays the history.
    pub state: Option<Vec<u8>>,
    /// The chain value over all records so far.
    pub chain: [u8; 32],
    /// When to wake the stream.
    pub wake: Option<Wake>,
    /// The whole stream has been disposed of.
    pub disposed: bool,
}

/// The content of a stored section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// As it was appended.
    Plain(Vec<u8>),
    /// Its key has been destroyed; nobody can read it.
    Disposed,
}

/// A section as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSection {
    /// Whose it is.
    pub space: SpaceId,
    /// The content, unless disposed of.
    pub payload: Payload,
}

/// A record as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its stream.
    pub stream: StreamId,
    /// Its number.
    pub sequence: Sequence,
    /// The stream's chain value after this record.
    pub chain: [u8; 32],
    /// Its sections, in the order they were appended.
    pub sections: Vec<StoredSection>,
}
