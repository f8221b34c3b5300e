//! Hands the net change since the last checkpoint to the index.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::format::hex;
use super::live::{Heads, Live};
use super::read::state_associated;
use super::{IndexKind, Shared};
use crate::disk::replace;
use crate::index::{HeadRow, META, Meta, encode_damage, encode_wake, party_key, stream_key};
use crate::journal::Tail;
use crate::keys::{SpaceKeys, seal_in_place};
use crate::{Error, Sequence, StreamId, crash_point};

/// Rows that are encoded before they are handed over, to become one run: bounds the memory of a checkpoint to some sixteen
/// megabytes.
const ROWS_AT_ONCE: usize = 65_536;

/// Nonce and sealed state of a row.
type SealedState = ([u8; 12], Vec<u8>);

type Change = (Vec<u8>, Option<Vec<u8>>);

impl Shared {
    /// Writes a checkpoint. Commits and reads go on meanwhile.
    pub(super) fn checkpoint(&self) -> Result<(), Error> {
        let alone = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        self.checkpoint_alone()?;
        drop(alone);
        self.want(|wanted| &wanted.tidying, || self.tidy())
    }

    /// Puts the rows of many checkpoints in order. All else goes on meanwhile.
    pub(super) fn tidy(&self) -> Result<(), Error> {
        self.rows.tidy(&|| !self.is_ending.load(Ordering::Relaxed))
    }

    /// The same for one who holds `checkpointing`.
    pub(super) fn checkpoint_alone(&self) -> Result<(), Error> {
        let (frozen, tail) = {
            let mut writing = self.writing();
            let mut recents = self.recents_mut();
            let frozen = Arc::new(std::mem::take(&mut recents.current));
            recents.frozen = Some(Arc::clone(&frozen));
            writing.records_since_checkpoint = 0;
            (frozen, writing.writer.tail())
        };
        let result = self.write_checkpoint(&frozen, Some(tail));
        self.thaw(&result);
        result
    }

    /// Hands over heads in the middle of a replay. How far the index goes stays as it was: until the end of the replay nobody knows.
    pub(super) fn spill(&self) -> Result<(), Error> {
        let _alone = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        let frozen = {
            let mut recents = self.recents_mut();
            let frozen = Arc::new(std::mem::take(&mut recents.current));
            recents.frozen = Some(Arc::clone(&frozen));
            frozen
        };
        let result = self.write_checkpoint(&frozen, None);
        self.thaw(&result);
        result?;
        self.tidy()
    }

    fn thaw(&self, result: &Result<(), Error>) {
        let mut recents = self.recents_mut();
        match result {
            Ok(()) => {
                recents.frozen = None;
                self.counters.checkpoints.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => recents.unfreeze(),
        }
    }

    fn write_checkpoint(&self, heads: &Heads, tail: Option<Tail>) -> Result<(), Error> {
        if tail.is_some() {
            // First: a replay from there on must not be the only one to know whose the keys before it are, and no row may name a
            // key that the log would give to another.
            self.keys.sync()?;
        }
        let mut changes: Vec<Change> = Vec::new();
        let mut is_first = true;
        for (stream, live) in heads.streams.iter().collect::<BTreeMap<_, _>>() {
            self.changes(*stream, live, &mut changes)?;
            if changes.len() >= ROWS_AT_ONCE {
                self.rows.apply(std::mem::take(&mut changes))?;
                if std::mem::take(&mut is_first) {
                    crash_point("mid-checkpoint");
                }
            }
        }
        let damages_count = {
            let damages = self.damages.read().unwrap_or_else(PoisonError::into_inner);
            let new = damages.list.iter().skip(damages.indexed_count).map(encode_damage);
            changes.extend(new.map(|(key, value)| (key, Some(value))));
            damages.list.len()
        };
        self.rows.apply(changes)?;
        if is_first {
            crash_point("mid-checkpoint");
        }
        let Some(tail) = tail else { return Ok(()) };
        // Last: what it says about the rows is true only when they are there.
        let meta = Meta {
            store_id: self.store_id,
            boot_id: self.settings.boot_id.clone(),
            at: tail.at,
            batch: tail.batch,
            chain: tail.chain,
        };
        self.rows.apply(vec![(META.to_vec(), Some(meta.encode()))])?;
        self.rows.flush()?;
        self.damages.write().unwrap_or_else(PoisonError::into_inner).indexed_count = damages_count;
        Ok(())
    }

    /// The rows of a stream. Its head comes last: only with it a later start believes that the others are there.
    fn changes(&self, stream: StreamId, live: &Live, changes: &mut Vec<Change>) -> Result<(), Error> {
        for party in live.is_delisted.iter().flatten() {
            changes.push((party_key(party, stream), None));
        }
        for party in live.parties.iter().skip(live.parties_indexed) {
            changes.push((party_key(party, stream), Some(Vec::new())));
        }
        match live.wake {
            Some(wake) => changes.push((stream_key(b'w', stream), Some(encode_wake(Some(wake)).to_vec()))),
            None if live.is_wake_indexed => changes.push((stream_key(b'w', stream), None)),
            None => {}
        }
        let mut keys = live.keys.clone();
        let mut state = None;
        if let Some(plain) = &live.state {
            state = self.seal_state(stream, live.sequence, &keys, plain.encode())?;
            if state.is_none() {
                // A crash came between the end of one of them and the head that would have said so.
                keys = self.keys.not_destroyed(stream, keys)?;
                state = self.seal_state(stream, live.sequence, &keys, plain.encode())?;
            }
        }
        let row = HeadRow {
            sequence: live.sequence,
            chain: live.chain,
            ladder: live.ladder.clone(),
            wake: live.wake,
            parties: live.parties.clone(),
            keys,
            state,
        };
        changes.push((stream_key(b'h', stream), Some(row.encode())));
        Ok(())
    }

    /// Seals a state under all keys of its stream; `None` if one of them is gone.
    fn seal_state(
        &self,
        stream: StreamId,
        sequence: Sequence,
        keys: &SpaceKeys,
        mut plain: Vec<u8>,
    ) -> Result<Option<SealedState>, Error> {
        let Some(key) = self.keys.joint_key(stream, keys, &self.index_key)? else { return Ok(None) };
        let cipher = aes_gcm::KeyInit::new((&*key).into());
        let mut nonce = [0; 12];
        self.random.fill(&mut nonce)?;
        let is_sealed = seal_in_place(&cipher, &nonce, &state_associated(stream, sequence), &mut plain, 0);
        Ok(is_sealed.then_some((nonce, plain)))
    }

    /// Writes a last checkpoint and the mark of a clean stop.
    pub(super) fn close(&self) -> Result<(), Error> {
        // What can wait until the next start is cut short; nothing of it may touch the index any more once it is marked as clean.
        self.is_ending.store(true, Ordering::Relaxed);
        let _alone = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.writing().poisoned.is_some() {
            return Ok(());
        }
        self.tidy()?;
        self.checkpoint_alone()?;
        let index = self.settings.data.join("index");
        if self.settings.index == IndexKind::Sled {
            sync_all(&index).map_err(|source| Error::io("sync", &index, source))?;
        }
        let tail = self.writing().writer.tail();
        let path = clean_path(&self.settings.data);
        replace(&*self.disk, &path, clean_mark(tail).as_bytes()).map_err(|source| Error::io("write", &path, source))
    }
}

pub(super) fn clean_path(data: &Path) -> std::path::PathBuf {
    data.join("CLEAN")
}

/// What the mark of a clean stop says: it holds for this end of the journal and no other.
pub(super) fn clean_mark(tail: Tail) -> String {
    format!("batch {}\nchain {}\n", tail.batch, hex(&tail.chain))
}

fn sync_all(dir: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            std::fs::File::open(entry.path())?.sync_all()?;
        }
    }
    std::fs::File::open(dir)?.sync_all()
}
