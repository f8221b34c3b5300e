//! Remembers: what the engine may forget the moment it answers.
//!
//! Everything here works on bytes: what a record means is the caller's business (see the record codec).
//!
//! # The tour
//!
//! - A [`Store`] keeps *streams*: numbered sequences of records, one per case and a few for the whole installation ([`StreamKind`]).
//! - [`Store::commit`] takes a batch of [`Unit`]s and is **durable on return**; there is no flush. A unit is all or nothing, and names for
//!   every [`Append`] the sequence it expects to follow: another writer's record in between is a [`Refusal::Conflict`]. Correctness rests on
//!   that compare-and-set alone.
//! - A record consists of [`Section`]s, each belonging to exactly one owner space and sealed under a random key of its own, so that one space can be
//!   disposed of without touching another ([`Store::dispose`]).
//! - With each record comes the [`Head`]: what shall be looked up about the stream without reading its history. It is a pure function of the
//!   history; a [`Projector`] computes it anew when the index is lost.
//! - [`MemoryStore`] keeps it all in memory. [`JournalStore`] keeps it in a journal of its own, with sled as an index that may be lost at any time.
//!   One suite, [`conformance`], holds both to the same promises.
//!
//! - [`blobs`]: documents of cases, in files of their own beside the journal.
//! - [`admin`]: verify, back up, restore, rebuild, count. [`disk::torment`] is the disk for simulators.
//!
//! ```text
//! let results = store.commit(vec![Unit::one(append)])?;   // Err: the process must end, or the disk is full and nothing was written
//! match &results[0] { Ok(()) => …answer…, Err(Refusal::Conflict(c)) => …load again, decide again… }
//! ```

pub mod admin;
pub mod blobs;
pub mod conformance;
mod crash_point;
pub mod disk;
mod durable;
mod error;
mod index;
mod journal;
mod keys;
mod memory;
mod random;
pub mod record;
mod runs;
mod sled;
mod store;
mod types;

pub use crash_point::{arm_crash_point, crash_point};
pub use durable::{Background, ClockKind, IndexKind, JournalStore, OpenError, Settings};
pub use error::{Damage, DamagedPart, Error};
pub use memory::MemoryStore;
pub use random::{Random, SystemRandom};
pub use store::{Disposal, Projector, ProjectorError, Room, Stats, Store};
pub use types::{
    Append, Conflict, Head, PartyKey, Payload, Refusal, Section, Sequence, SpaceId, StateBlob, StoredHead,
    StoredRecord, StoredSection, StreamId, StreamKind, Unit, Wake,
};
