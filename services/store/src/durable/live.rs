//! What is only in memory: heads the index does not have yet, and what is known to be damaged.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use foldhash::HashMap;

use crate::index::HeadRow;
use crate::journal::Ladder;
use crate::keys::SpaceKeys;
use crate::{Damage, PartyKey, Sequence, SpaceId, StateBlob, StreamId, Wake};

/// Damages kept at most; a disk that has more needs no longer list.
const DAMAGES_MAX: usize = 10_000;

/// The newest of a stream.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) sequence: Sequence,
    pub(super) chain: [u8; 32],
    pub(super) ladder: Ladder,
    pub(super) wake: Option<Wake>,
    pub(super) parties: Vec<PartyKey>,
    /// Its live keys.
    pub(super) keys: SpaceKeys,
    /// `None` if there is none, or it lies in the index.
    pub(super) state: Option<Arc<dyn StateBlob>>,
    /// The index may have a wake for the stream.
    pub(super) is_wake_indexed: bool,
    /// The index has the first so many of the parties.
    pub(super) parties_indexed: usize,
    /// The index may list the stream although it is listed nowhere any more.
    pub(super) is_delisted: Option<Vec<PartyKey>>,
}

impl Live {
    /// A stream without records.
    pub(super) fn absent() -> Self {
        Self {
            sequence: Sequence::NONE,
            chain: [0; 32],
            ladder: Ladder::default(),
            wake: None,
            parties: Vec::new(),
            keys: SpaceKeys::new(),
            state: None,
            is_wake_indexed: false,
            parties_indexed: 0,
            is_delisted: None,
        }
    }

    /// What the index has.
    pub(super) fn from_row(row: HeadRow) -> Self {
        Self {
            sequence: row.sequence,
            chain: row.chain,
            ladder: row.ladder,
            is_wake_indexed: row.wake.is_some(),
            wake: row.wake,
            parties_indexed: row.parties.len(),
            parties: row.parties,
            keys: row.keys,
            state: None,
            is_delisted: None,
        }
    }

    /// As it will be seen once the checkpoint that has it is written.
    pub(super) fn as_indexed(&self) -> Self {
        Self {
            is_wake_indexed: self.is_wake_indexed || self.wake.is_some(),
            parties_indexed: self.parties.len(),
            ..self.clone()
        }
    }

    /// The number of the key that new sections of a space are sealed under, if it has one.
    pub(super) fn key_of(&self, space: SpaceId) -> Option<u32> {
        self.keys.iter().find(|(owned, _)| *owned == space).map(|(_, number)| *number)
    }

    /// Notes that a key became a space's. One of a higher number stays: it followed this one.
    pub(super) fn own(&mut self, space: SpaceId, number: u32) {
        match self.keys.iter_mut().find(|(owned, _)| *owned == space) {
            Some((_, known)) => *known = number.max(*known),
            None => self.keys.push((space, number)),
        }
    }

    pub(super) fn list_under(&mut self, parties: &[PartyKey]) {
        for party in parties {
            if !self.parties.contains(party) {
                self.parties.push(*party);
            }
        }
    }
}

/// Heads by stream, and who they are listed under.
#[derive(Default)]
pub(super) struct Heads {
    pub(super) streams: HashMap<StreamId, Arc<Live>>,
    pub(super) listing: BTreeSet<(PartyKey, StreamId)>,
}

impl Heads {
    pub(super) fn put(&mut self, stream: StreamId, live: Arc<Live>) {
        let before = self.streams.insert(stream, Arc::clone(&live));
        // What was listed with an earlier head need not be listed again.
        let listed = before.map_or(0, |before| if before.is_delisted.is_some() { 0 } else { before.parties.len() });
        let new = live.parties.iter().skip(listed.max(live.parties_indexed)).map(|party| (*party, stream));
        self.listing.extend(new);
    }
}

/// Heads since the last checkpoint, and those that one is writing just now.
#[derive(Default)]
pub(super) struct Recents {
    pub(super) current: Heads,
    pub(super) frozen: Option<Arc<Heads>>,
}

impl Recents {
    pub(super) fn len(&self) -> usize {
        self.current.streams.len() + self.frozen.as_ref().map_or(0, |heads| heads.streams.len())
    }

    pub(super) fn find(&self, stream: StreamId) -> Option<Arc<Live>> {
        if let Some(live) = self.current.streams.get(&stream) {
            return Some(Arc::clone(live));
        }
        let frozen = self.frozen.as_ref()?.streams.get(&stream)?;
        Some(Arc::new(frozen.as_indexed()))
    }

    /// The older generation first.
    pub(super) fn generations(&self) -> impl Iterator<Item = &Heads> {
        self.frozen.as_deref().into_iter().chain(std::iter::once(&self.current))
    }

    /// Takes what a failed checkpoint has not written back; newer heads win.
    pub(super) fn unfreeze(&mut self) {
        let Some(frozen) = self.frozen.take() else { return };
        for (stream, live) in frozen.streams.iter().collect::<std::collections::BTreeMap<_, _>>() {
            if !self.current.streams.contains_key(stream) {
                self.current.streams.insert(*stream, Arc::clone(live));
            } else if let Some(newer) = self.current.streams.get_mut(stream) {
                let newer = Arc::make_mut(newer);
                newer.parties_indexed = live.parties_indexed;
                newer.is_wake_indexed = true;
            }
        }
        self.current.listing.extend(frozen.listing.iter().copied());
    }
}

/// What is known to be damaged.
#[derive(Default)]
pub(super) struct Damages {
    pub(super) list: Vec<Damage>,
    pub(super) streams: HashSet<StreamId>,
    /// How many of the list the index has.
    pub(super) indexed_count: usize,
}

impl Damages {
    pub(super) fn add(&mut self, damage: Damage) {
        self.streams.extend(damage.stream);
        if self.list.len() < DAMAGES_MAX && !self.list.contains(&damage) {
            self.list.push(damage);
        }
    }
}
