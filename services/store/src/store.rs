//! The promises every store makes.

use crate::{
    Append, Damage, Error, Head, PartyKey, Refusal, Sequence, SpaceId, StoredHead, StoredRecord, StreamId, StreamKind,
    Unit, Wake,
};

/// Keeps streams of records, and heads to find them by.
///
/// Calls block; none belongs on an async runtime's own threads. All methods may be called from any thread.
///
/// A caller hears of a change, and a reader sees it, only after it is on disk (invariant I1).
pub trait Store: Send + Sync + 'static {
    /// Appends a batch; **durable on return**.
    ///
    /// The results stand in the order of the units. Each unit is all-or-nothing by itself; a refused one leaves the others alone. Units of one batch
    /// are applied in order, so a later one may follow an earlier one in the same stream.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`]: the disk is full; nothing of the batch is written, and it may be repeated when there is room.
    /// - [`Error::Poisoned`] and all others: it is unknown what is on disk. Answer nobody; the process must end.
    fn commit(&self, units: Vec<Unit>) -> Result<Vec<Result<(), Refusal>>, Error>;

    /// Returns the newest head of a stream; `None` if it has no records.
    ///
    /// # Errors
    ///
    /// [`Error::Quarantined`] if the stream's history is damaged; [`Error::Io`] if the index cannot be read.
    fn head(&self, stream: StreamId) -> Result<Option<StoredHead>, Error>;

    /// Returns up to `limit` records that follow `after`, in order. Fewer than `limit` means that there are no more.
    ///
    /// # Errors
    ///
    /// [`Error::Quarantined`] if one of them is damaged (the stream is quarantined from then on); [`Error::Io`] if it cannot be read.
    fn history(&self, stream: StreamId, after: Sequence, limit: usize) -> Result<Vec<StoredRecord>, Error>;

    /// Calls `each` for every stream that has a wake, in no particular order. Meant for the start of the engine.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the index cannot be read.
    fn wakes(&self, each: &mut dyn FnMut(StreamId, Wake)) -> Result<(), Error>;

    /// Returns up to `limit` streams listed under a party, in the order of their ids, that follow `after`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the index cannot be read.
    fn listed(&self, party: PartyKey, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error>;

    /// Returns up to `limit` streams of a kind, in the order of their ids, that follow `after`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the index cannot be read.
    fn streams(&self, kind: StreamKind, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error>;

    /// Destroys the keys of one space of a stream, or of the whole stream; durable on return.
    ///
    /// Sections sealed under them read as [`crate::Payload::Disposed`]. The chain still verifies, since it runs over what is stored, not over what it
    /// says. After one space the state is computed anew from what is left; a later append to the space gets a new key. After the whole stream
    /// it has no state, no wake, is listed nowhere and takes no more records. Repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::commit`]; also [`Error::Projection`] if what is left cannot be folded (the keys are gone all the same).
    fn dispose(&self, stream: StreamId, space: Option<SpaceId>) -> Result<Disposal, Error>;

    /// Returns what is known to be damaged. Streams named here are quarantined.
    fn quarantined(&self) -> Vec<Damage>;

    /// Counts what there is.
    fn stats(&self) -> Stats;

    /// Tells how much room the disk has: refuse new cases on [`Room::Low`], everything on [`Room::Full`].
    fn room(&self) -> Room;

    /// Writes down what makes the next start quick. Nothing acknowledged depends on it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the index cannot be written.
    fn close(&self) -> Result<(), Error>;
}

/// What [`Store::dispose`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disposal {
    /// Keys destroyed now; 0 when there were none left.
    pub keys_count: usize,
}

/// How much room the disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Enough.
    Plenty,
    /// Little: refuse new work, finish what is under way.
    Low,
    /// None: commits may be refused.
    Full,
}

/// Numbers about a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Records committed through this handle.
    pub records_count: u64,
    /// Batches written through this handle.
    pub batches_count: u64,
    /// Syncs of the journal through this handle.
    pub syncs_count: u64,
    /// Number of the journal segment that is written to.
    pub segment_number: u32,
    /// Bytes used in that segment.
    pub segment_used_bytes: u64,
    /// Keys in the key log that have not been destroyed.
    pub keys_count: u64,
    /// Heads that are only in memory, not yet in the index.
    pub heads_unindexed_count: u64,
    /// Checkpoints written through this handle.
    pub checkpoints_count: u64,
    /// Records replayed from the journal when it was opened.
    pub replayed_count: u64,
    /// Damages known.
    pub damages_count: u64,
}

/// Folds records to a head. Handed in when a store is opened, so that whatever the index has lost can be computed again.
///
/// Pure: equal records give an equal head.
pub trait Projector: Send + Sync + 'static {
    /// Folds `records`, which follow what `previous` was made of, in order and without a gap.
    ///
    /// `previous` is what [`crate::StateBlob::encode`] once gave; `None` means that `records` begin at the stream's first.
    ///
    /// # Errors
    ///
    /// - [`ProjectorError::OtherFormat`]: `previous` is of another format; it is called again with the whole history.
    /// - [`ProjectorError::Corrupt`]: the records cannot follow each other; the stream is quarantined.
    fn project(
        &self,
        stream: StreamId,
        previous: Option<&[u8]>,
        records: &[StoredRecord],
    ) -> Result<Head, ProjectorError>;
}

/// Why records could not be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectorError {
    /// The previous state is of a format this version does not read.
    #[error("the state is of another format")]
    OtherFormat,
    /// The records make no history.
    #[error("the history cannot be folded: {reason}")]
    Corrupt {
        /// What is wrong, without anybody's content.
        reason: String,
    },
}

impl Append {
    /// Counts the bytes of the payloads, in plain.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.sections.iter().map(|section| section.payload.len()).sum()
    }
}
