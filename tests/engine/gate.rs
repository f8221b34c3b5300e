//! A store behind a gate: commits wait until a test lets them through, or fail as it says.

use livshandelse_store::{
    Damage, Disposal, Error, MemoryStore, PartyKey, Refusal, Room, Sequence, SpaceId, Stats, Store, StoredHead,
    StoredRecord, StreamId, StreamKind, Unit, Wake,
};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Open,
    Closed,
    /// The next commit fails as after a sync that failed.
    Broken,
    /// The disk is full.
    Full,
    /// The next commit goes through; then the disk is full.
    FullAfterOne,
}

#[derive(Clone)]
pub struct GatedStore {
    inner: Arc<MemoryStore>,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

impl GatedStore {
    pub fn new(inner: MemoryStore) -> GatedStore {
        GatedStore { inner: Arc::new(inner), gate: Arc::new((Mutex::new(Gate::Open), Condvar::new())) }
    }

    pub fn set(&self, gate: Gate) {
        *self.gate.0.lock().unwrap() = gate;
        self.gate.1.notify_all();
    }
}

impl Store for GatedStore {
    fn commit(&self, units: Vec<Unit>) -> Result<Vec<Result<(), Refusal>>, Error> {
        let mut gate = self.gate.0.lock().unwrap();
        while *gate == Gate::Closed {
            gate = self.gate.1.wait(gate).unwrap();
        }
        match *gate {
            Gate::Broken => Err(Error::Poisoned { reason: "sync failed".to_owned() }),
            Gate::Full => Err(Error::Full { path: "journal".into() }),
            Gate::FullAfterOne => {
                *gate = Gate::Full;
                self.inner.commit(units)
            }
            Gate::Open | Gate::Closed => self.inner.commit(units),
        }
    }

    fn head(&self, stream: StreamId) -> Result<Option<StoredHead>, Error> {
        self.inner.head(stream)
    }

    fn history(&self, stream: StreamId, after: Sequence, limit: usize) -> Result<Vec<StoredRecord>, Error> {
        self.inner.history(stream, after, limit)
    }

    fn wakes(&self, each: &mut dyn FnMut(StreamId, Wake)) -> Result<(), Error> {
        self.inner.wakes(each)
    }

    fn listed(&self, party: PartyKey, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error> {
        self.inner.listed(party, after, limit)
    }

    fn streams(&self, kind: StreamKind, after: Option<StreamId>, limit: usize) -> Result<Vec<StreamId>, Error> {
        self.inner.streams(kind, after, limit)
    }

    fn dispose(&self, stream: StreamId, space: Option<SpaceId>) -> Result<Disposal, Error> {
        self.inner.dispose(stream, space)
    }

    fn quarantined(&self) -> Vec<Damage> {
        self.inner.quarantined()
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }

    fn room(&self) -> Room {
        if *self.gate.0.lock().unwrap() == Gate::Full { Room::Full } else { self.inner.room() }
    }

    fn close(&self) -> Result<(), Error> {
        self.inner.close()
    }
}
