//! A store that forgets everything when it is dropped: for tests, and for trying things out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    Append, Conflict, Damage, Disposal, Error, Head, PartyKey, Payload, Projector, Refusal, Room, Sequence, SpaceId,
    Stats, Store, StoredHead, StoredRecord, StoredSection, StreamId, StreamKind, Unit, Wake,
};

#[cfg(test)]
mod tests;

/// The largest unit, in bytes of payload: what the journal takes with segments of its default size.
const UNIT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Keeps everything in memory, with the same promises as the others except that nothing outlives the process.
///
/// Clones share their content; dropping one and going on with another is what reopening is elsewhere.
#[derive(Clone)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
    projector: Arc<dyn Projector>,
}

#[derive(Default)]
struct Inner {
    streams: BTreeMap<StreamId, Stream>,
    listing: BTreeSet<(PartyKey, StreamId)>,
    stats: Stats,
}

struct Stream {
    records: Vec<StoredRecord>,
    head: Head,
    is_disposed: bool,
}

impl Stream {
    fn sequence(&self) -> Sequence {
        Sequence(self.records.len() as u64)
    }

    fn chain(&self) -> [u8; 32] {
        self.records.last().map_or([0; 32], |record| record.chain)
    }
}

impl MemoryStore {
    /// Makes an empty store. The projector is only asked after a disposal.
    #[must_use]
    pub fn new(projector: Arc<dyn Projector>) -> Self {
        Self { inner: Arc::default(), projector }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change below is made in one go after all checks, so a panic elsewhere leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn check(&self, unit: &Unit) -> Result<(), Refusal> {
        if unit.0.is_empty() {
            return Err(Refusal::Empty);
        }
        let bytes = unit.0.iter().map(Append::payload_bytes).sum();
        if bytes > UNIT_BYTES_MAX {
            return Err(Refusal::TooLarge { bytes, bytes_max: UNIT_BYTES_MAX });
        }
        let mut ahead: BTreeMap<StreamId, Sequence> = BTreeMap::new();
        for append in &unit.0 {
            let stream = append.stream;
            let stored = self.streams.get(&stream);
            if stored.is_some_and(|stream| stream.is_disposed) {
                return Err(Refusal::Disposed { stream });
            }
            let actual = ahead.get(&stream).copied().unwrap_or_else(|| stored.map_or(Sequence::NONE, Stream::sequence));
            if append.expected != actual {
                return Err(Conflict { stream, expected: append.expected, actual }.into());
            }
            ahead.insert(stream, actual.next());
        }
        Ok(())
    }

    fn append(&mut self, append: Append) {
        let Append { stream, sections, head, .. } = append;
        self.listing.extend(head.listed_under.iter().map(|party| (*party, stream)));
        let entry = self.streams.entry(stream).or_insert_with(|| Stream {
            records: Vec::new(),
            head: head.clone(),
            is_disposed: false,
        });
        let sequence = entry.sequence().next();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&entry.chain());
        hasher.update(&stream.to_bytes());
        hasher.update(&sequence.0.to_le_bytes());
        let sections: Vec<StoredSection> = sections
            .into_iter()
            .map(|section| {
                hasher.update(&section.space.0.to_le_bytes());
                hasher.update(blake3::hash(&section.payload).as_bytes());
                StoredSection { space: section.space, payload: Payload::Plain(section.payload) }
            })
            .collect();
        let chain = *hasher.finalize().as_bytes();
        entry.records.push(StoredRecord { stream, sequence, chain, sections });
        entry.head = head;
        self.stats.records_count += 1;
    }
}

impl Store for MemoryStore {
    fn commit(&self, units: Vec<Unit>) -> Result<Vec<Result<(), Refusal>>, Error> {
        let mut inner = self.lock();
        let results = units
            .into_iter()
            .map(|unit| {
                inner.check(&unit)?;
                unit.0.into_iter().for_each(|append| inner.append(append));
                Ok(())
            })
            .collect();
        inner.stats.batches_count += 1;
        Ok(results)
    }

    fn head(&self, stream: StreamId) -> Result<Option<StoredHead>, Error> {
        // Encoding happens outside of the lock: it is the caller's code.
        let (mut head, state) = {
            let inner = self.lock();
            let Some(stored) = inner.streams.get(&stream) else { return Ok(None) };
            let head = StoredHead {
                sequence: stored.sequence(),
                state: None,
                chain: stored.chain(),
                wake: stored.head.wake.filter(|_| !stored.is_disposed),
                disposed: stored.is_disposed,
            };
            (head, stored.head.state.clone().filter(|_| !stored.is_disposed))
        };
        head.state = state.map(|state| state.encode());
        Ok(Some(head))
    }

    fn history(&self, stream: StreamId, after: Sequence, limit: usize) -> Result<Vec<StoredRecord>, Error> {
        let inner = self.lock();
        let skip = usize::try_from(after.0).unwrap_or(usize::MAX);
        let records = inner.streams.get(&stream).map_or(&[][..], |stored| &stored.records);
        Ok(records.iter().skip(skip).take(limit).cloned().collect())
    }

    fn wakes(&self, each: &mut dyn FnMut(StreamId, Wake)) -> Result<(), Error> {
        let wakes: Vec<(StreamId, Wake)> = {
            let inner = self.lock();
            inner
                .streams
                .iter()
                .filter(|(_, stored)| !stored.is_disposed)
                .filter_map(|(stream, stored)| Some((*stream, stored.head.wake?)))
                .collect()
        };
        wakes.into_iter().for_each(|(stream, wake)| each(stream, wake));
        Ok(())
    }

    fn listed(&self, party: PartyKey, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error> {
        let inner = self.lock();
        let from = after.map_or(Bound::Included((party, StreamId::new(StreamKind::Case, [0; 16]))), |after| {
            Bound::Excluded((party, after))
        });
        Ok(inner
            .listing
            .range((from, Bound::Unbounded))
            .take_while(|(listed, _)| *listed == party)
            .take(limit)
            .map(|(_, stream)| *stream)
            .collect())
    }

    fn streams(&self, kind: StreamKind, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error> {
        let inner = self.lock();
        let first = StreamId::new(kind, [0; 16]);
        let from = match after {
            Some(after) if after >= first => Bound::Excluded(after),
            Some(_) | None => Bound::Included(first),
        };
        Ok(inner
            .streams
            .range((from, Bound::Unbounded))
            .map(|(stream, _)| *stream)
            .take_while(|stream| stream.kind == kind)
            .take(limit)
            .collect())
    }

    fn dispose(&self, stream: StreamId, space: Option<SpaceId>) -> Result<Disposal, Error> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let Some(stored) = inner.streams.get_mut(&stream) else { return Ok(Disposal::default()) };
        let mut gone = BTreeSet::new();
        for section in stored.records.iter_mut().flat_map(|record| &mut record.sections) {
            if space.is_none_or(|space| space == section.space) && section.payload != Payload::Disposed {
                section.payload = Payload::Disposed;
                gone.insert(section.space);
            }
        }
        if space.is_none() {
            stored.is_disposed = true;
            inner.listing.retain(|(_, listed)| *listed != stream);
        } else if !gone.is_empty() {
            stored.head = self
                .projector
                .project(stream, None, &stored.records)
                .map_err(|source| Error::Projection { stream, source })?;
        }
        Ok(Disposal { keys_count: gone.len() })
    }

    fn quarantined(&self) -> Vec<Damage> {
        Vec::new()
    }

    fn stats(&self) -> Stats {
        self.lock().stats
    }

    fn room(&self) -> Room {
        Room::Plenty
    }

    fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}
