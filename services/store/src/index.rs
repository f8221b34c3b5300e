//! The index: what can be looked up. It may be lost at any time, and is then made again from the journal.
//!
//! Rows have big-endian keys with a letter in front: `h` the head of a stream, `w` its wake, `p` a party's streams, `d` a damage, `m` how far it goes.
//! How they lie in sled is told in [`crate::runs`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::journal::Ladder;
use crate::journal::layout::{Position, array_at, u32_at, u64_at};
use crate::keys::SpaceKeys;
use crate::{Damage, DamagedPart, Error, PartyKey, Sequence, SpaceId, StreamId, Wake};

pub(crate) const META: &[u8] = b"m";
const FORMAT: u8 = 1;
/// Of the whole index: one of another format is made again. 1 had each row for itself, 2 had them in runs, 3 tells of every stream which keys it has.
const META_FORMAT: u8 = 3;

/// Sorted rows of bytes. [`Rows::apply`] may be torn by a crash; what a row says is true even so.
pub(crate) trait Rows: Send + Sync + 'static {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
    /// Calls `each` for rows with a prefix, in order, from `from` on (the prefix itself for all), until it returns `false`.
    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error>;
    /// Puts or removes rows.
    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), Error>;
    /// Hands everything to the operating system.
    fn flush(&self) -> Result<(), Error>;
    /// Puts in order what has piled up, while others read and write, until `goes_on` says no; it is asked now and then.
    fn tidy(&self, _goes_on: &dyn Fn() -> bool) -> Result<(), Error> {
        Ok(())
    }
}

/// Rows in memory: for simulators, where the index is lost with every crash.
#[derive(Default)]
pub(crate) struct MemoryRows(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);

impl Rows for MemoryRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in rows.range(from.to_vec()..) {
            if !key.starts_with(prefix) || !each(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), Error> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in changes {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), Error> {
        Ok(())
    }
}

pub(crate) fn stream_key(letter: u8, stream: StreamId) -> Vec<u8> {
    let mut key = vec![letter];
    key.extend_from_slice(&stream.to_bytes());
    key
}

pub(crate) fn party_key(party: &PartyKey, stream: StreamId) -> Vec<u8> {
    let mut key = vec![b'p'];
    key.extend_from_slice(party);
    key.extend_from_slice(&stream.to_bytes());
    key
}

/// How far the index goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) store_id: [u8; 16],
    pub(crate) boot_id: String,
    /// Where the first batch stands that it does not know.
    pub(crate) at: Position,
    pub(crate) batch: u64,
    pub(crate) chain: [u8; 32],
}

impl Meta {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![META_FORMAT];
        bytes.extend_from_slice(&self.store_id);
        bytes.extend_from_slice(&self.at.to_bytes());
        bytes.extend_from_slice(&self.batch.to_le_bytes());
        bytes.extend_from_slice(&self.chain);
        bytes.extend_from_slice(self.boot_id.as_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        (bytes.first() == Some(&META_FORMAT) && bytes.len() >= 65).then_some(())?;
        Some(Self {
            store_id: array_at(bytes, 1),
            at: Position::from_bytes(array_at(bytes, 17)),
            batch: u64_at(bytes, 25),
            chain: array_at(bytes, 33),
            boot_id: String::from_utf8(bytes[65..].to_vec()).ok()?,
        })
    }
}

/// The row of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeadRow {
    pub(crate) sequence: Sequence,
    pub(crate) chain: [u8; 32],
    pub(crate) ladder: Ladder,
    pub(crate) wake: Option<Wake>,
    pub(crate) parties: Vec<PartyKey>,
    /// The stream's live keys. Its state is sealed under all of them together.
    pub(crate) keys: SpaceKeys,
    /// Nonce and sealed state.
    pub(crate) state: Option<([u8; 12], Vec<u8>)>,
}

pub(crate) fn encode_wake(wake: Option<Wake>) -> [u8; 9] {
    let mut bytes = [0; 9];
    if let Some(wake) = wake {
        bytes[0] = 1 | u8::from(wake.urgent) << 1 | u8::from(wake.civil_ms.is_some()) << 2;
        bytes[1..].copy_from_slice(&wake.civil_ms.unwrap_or(0).to_le_bytes());
    }
    bytes
}

pub(crate) fn decode_wake(bytes: &[u8; 9]) -> Option<Wake> {
    let has = |bit: u8| bytes[0] & bit != 0;
    has(1).then(|| Wake { civil_ms: has(4).then(|| i64::from_le_bytes(array_at(bytes, 1))), urgent: has(2) })
}

impl HeadRow {
    /// Most sections and parties are few; more than this is not kept in one row, and the rest of the row says so.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
        let mut bytes = vec![FORMAT, u8::from(self.state.is_some())];
        bytes.extend_from_slice(&self.sequence.0.to_le_bytes());
        bytes.extend_from_slice(&self.chain);
        bytes.extend_from_slice(&encode_wake(self.wake));
        bytes.extend_from_slice(&count(self.ladder.0.len()));
        bytes.extend_from_slice(&count(self.parties.len()));
        bytes.extend_from_slice(&count(self.keys.len()));
        self.ladder.0.iter().for_each(|at| bytes.extend_from_slice(&at.to_bytes()));
        self.parties.iter().for_each(|party| bytes.extend_from_slice(party));
        for (space, number) in &self.keys {
            bytes.extend_from_slice(&space.0.to_le_bytes());
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        if let Some((nonce, sealed)) = &self.state {
            bytes.extend_from_slice(nonce);
            bytes.extend_from_slice(sealed);
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        const FIXED: usize = 2 + 8 + 32 + 9 + 12;
        (bytes.first() == Some(&FORMAT) && bytes.len() >= FIXED).then_some(())?;
        let count = |at: usize| u32_at(bytes, at) as usize;
        let mut rest = &bytes[FIXED..];
        let mut take = |len: usize| {
            let (taken, after) = rest.split_at_checked(len)?;
            rest = after;
            Some(taken)
        };
        let ladder = take(count(51).checked_mul(8)?)?;
        let parties = take(count(55).checked_mul(16)?)?;
        let keys = take(count(59).checked_mul(8)?)?;
        let state = if bytes[1] == 1 { Some((array_at(take(12)?, 0), rest.to_vec())) } else { None };
        Some(Self {
            sequence: Sequence(u64_at(bytes, 2)),
            chain: array_at(bytes, 10),
            wake: decode_wake(&array_at(bytes, 42)),
            ladder: Ladder(ladder.chunks_exact(8).map(|at| Position::from_bytes(array_at(at, 0))).collect()),
            parties: parties.chunks_exact(16).map(|party| array_at(party, 0)).collect(),
            keys: keys.chunks_exact(8).map(|key| (SpaceId(u32_at(key, 0)), u32_at(key, 4))).collect(),
            state,
        })
    }
}

/// Encodes a damage as a row: key and value.
pub(crate) fn encode_damage(damage: &Damage) -> (Vec<u8>, Vec<u8>) {
    let part = DamagedPart::ALL.iter().position(|part| *part == damage.part).unwrap_or(0);
    let mut value = vec![FORMAT, u8::try_from(part).unwrap_or(0), u8::from(damage.stream.is_some())];
    value.extend_from_slice(&damage.stream.map_or([0; 17], StreamId::to_bytes));
    value.extend_from_slice(&damage.sequence.map_or(0, |sequence| sequence.0).to_le_bytes());
    value.extend_from_slice(&damage.offset.to_le_bytes());
    value.extend_from_slice(damage.file.to_string_lossy().as_bytes());
    let mut key = vec![b'd'];
    key.extend_from_slice(&blake3::hash(&value).as_bytes()[..16]);
    (key, value)
}

pub(crate) fn decode_damage(bytes: &[u8]) -> Option<Damage> {
    (bytes.first() == Some(&FORMAT) && bytes.len() >= 36).then_some(())?;
    Some(Damage {
        stream: if bytes[2] == 1 { Some(StreamId::from_bytes(&bytes[3..20])?) } else { None },
        sequence: Some(Sequence(u64_at(bytes, 20))).filter(|sequence| sequence.0 > 0),
        offset: u64_at(bytes, 28),
        file: PathBuf::from(String::from_utf8_lossy(&bytes[36..]).into_owned()),
        part: *DamagedPart::ALL.get(usize::from(bytes[1]))?,
    })
}
