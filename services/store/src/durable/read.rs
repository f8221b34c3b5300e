//! Reads heads, histories and lists: from memory first, then from the index.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Shared;
use super::live::Live;
use crate::index::{HeadRow, decode_wake, party_key, stream_key};
use crate::journal::layout::{Body, Position, array_at, stream_chain};
use crate::journal::section_associated;
use crate::keys::{KeyLog, SectionKey, unseal};
use crate::{
    Damage, DamagedPart, Error, PartyKey, Payload, Sequence, SpaceId, StoredHead, StoredRecord, StoredSection,
    StreamId, StreamKind, Wake,
};

/// Opens the sections of a record whose body's checksum is good.
///
/// `before` is the chain before it, if known: then the chain is checked too.
pub(crate) fn unseal_record(
    keys: &KeyLog,
    stream: StreamId,
    sequence: Sequence,
    chain: [u8; 32],
    before: Option<&[u8; 32]>,
    body: &[u8],
) -> Result<Result<StoredRecord, DamagedPart>, Error> {
    let Some(body) = Body::decode(body).filter(|body| (body.stream, body.sequence) == (stream, sequence)) else {
        return Ok(Err(DamagedPart::Body));
    };
    if before.is_some_and(|before| stream_chain(before, stream, sequence, body.section_headers) != chain) {
        return Ok(Err(DamagedPart::StreamChain));
    }
    let mut sections = Vec::with_capacity(body.sections.len());
    for (index, (header, sealed)) in body.sections.into_iter().enumerate() {
        let space = SpaceId(header.space);
        let payload = match keys.of_section(stream, space, header.key_number)? {
            SectionKey::Disposed => Payload::Disposed,
            SectionKey::Missing => return Ok(Err(DamagedPart::KeyMissing)),
            SectionKey::Live(cipher) => {
                let associated = section_associated(stream, sequence, header.space, index);
                match unseal(&cipher, &header.nonce, &associated, sealed) {
                    Some(plain) => Payload::Plain(plain),
                    None => return Ok(Err(DamagedPart::Seal)),
                }
            }
        };
        sections.push(StoredSection { space, payload });
    }
    Ok(Ok(StoredRecord { stream, sequence, chain, sections }))
}

impl Shared {
    pub(super) fn row(&self, stream: StreamId) -> Result<Option<HeadRow>, Error> {
        let Some(bytes) = self.rows.get(&stream_key(b'h', stream))? else { return Ok(None) };
        let unreadable = || Error::Index { reason: format!("the row of {stream} cannot be read") };
        HeadRow::decode(&bytes).map(Some).ok_or_else(unreadable)
    }

    /// The newest of a stream, without the state if that lies in the index.
    pub(super) fn find(&self, stream: StreamId) -> Result<Option<Arc<Live>>, Error> {
        // Memory first: what leaves it is in the index by then.
        if let Some(live) = self.recents().find(stream) {
            return Ok(Some(live));
        }
        Ok(self.row(stream)?.map(|row| Arc::new(Live::from_row(row))))
    }

    /// Opens the state of a row; `None` if it has none or one of its keys is gone.
    pub(super) fn row_state(&self, stream: StreamId, row: &HeadRow) -> Result<Option<Vec<u8>>, Error> {
        let Some((nonce, sealed)) = &row.state else { return Ok(None) };
        let Some(key) = self.keys.joint_key(stream, &row.keys, &self.index_key)? else { return Ok(None) };
        let cipher = aes_gcm::KeyInit::new((&*key).into());
        Ok(unseal(&cipher, nonce, &state_associated(stream, row.sequence), sealed))
    }

    pub(super) fn head(&self, stream: StreamId) -> Result<Option<StoredHead>, Error> {
        if self.is_quarantined(stream) {
            return Err(Error::Quarantined { stream });
        }
        let disposed = self.keys.is_disposed(stream);
        let recent = self.recents().find(stream);
        let (sequence, chain, wake, state) = match recent {
            Some(live) => (live.sequence, live.chain, live.wake, live.state.as_ref().map(|state| state.encode())),
            None => match self.row(stream)? {
                Some(row) => (row.sequence, row.chain, row.wake, self.row_state(stream, &row)?),
                None => return Ok(None),
            },
        };
        let (state, wake) = if disposed { (None, None) } else { (state, wake) };
        Ok(Some(StoredHead { sequence, state, chain, wake, disposed }))
    }

    pub(super) fn history(&self, stream: StreamId, after: Sequence, limit: usize) -> Result<Vec<StoredRecord>, Error> {
        if self.is_quarantined(stream) {
            return Err(Error::Quarantined { stream });
        }
        let Some(live) = self.find(stream)? else { return Ok(Vec::new()) };
        let newest = live.sequence.0.min(after.0.saturating_add(limit as u64));
        if newest <= after.0 {
            return Ok(Vec::new());
        }
        self.history_of(stream, live.sequence, &live.ladder.0, after, Sequence(newest))
    }

    /// Reads the records after `after` up to `newest`, walking back from the newest.
    fn history_of(
        &self,
        stream: StreamId,
        last: Sequence,
        ladder: &[Position],
        after: Sequence,
        newest: Sequence,
    ) -> Result<Vec<StoredRecord>, Error> {
        // The lowest rung that is not below what is wanted.
        let mut number = last.0;
        let mut at = ladder.first().copied().unwrap_or_default();
        for rung in ladder.iter().skip(1) {
            let below = number & number.wrapping_sub(1);
            if below < newest.0 {
                break;
            }
            (number, at) = (below, *rung);
        }
        let mut records = Vec::new();
        while number > after.0 {
            let stored = self.segments.read_record(at)?;
            let Some(stored) =
                stored.filter(|stored| (stored.entry.stream, stored.entry.sequence.0) == (stream, number))
            else {
                return Err(self.quarantine(stream, number, at, DamagedPart::Entry));
            };
            let entry = stored.entry;
            if number <= newest.0 {
                let read = match &stored.body {
                    Some(body) => unseal_record(&self.keys, stream, entry.sequence, entry.chain, None, body)?,
                    None => Err(DamagedPart::Body),
                };
                match read {
                    Ok(record) => records.push(record),
                    Err(part) => return Err(self.quarantine(stream, number, at, part)),
                }
            }
            let below = number & (number - 1);
            (number, at) = if below >= newest.0 { (below, entry.skip) } else { (number - 1, entry.previous) };
        }
        records.reverse();
        Ok(records)
    }

    pub(super) fn quarantine(&self, stream: StreamId, number: u64, at: Position, part: DamagedPart) -> Error {
        self.damaged(Damage {
            stream: Some(stream),
            sequence: Some(Sequence(number)),
            file: Self::segment_file(at.segment),
            offset: u64::from(at.offset),
            part,
        });
        Error::Quarantined { stream }
    }

    pub(super) fn wakes(&self, each: &mut dyn FnMut(StreamId, Wake)) -> Result<(), Error> {
        let recent: BTreeMap<StreamId, Option<Wake>> = {
            let recents = self.recents();
            recents
                .generations()
                .flat_map(|heads| heads.streams.iter().map(|(stream, live)| (*stream, live.wake)))
                .collect()
        };
        let is_awake = |stream: StreamId| !self.keys.is_disposed(stream) && !self.is_quarantined(stream);
        for (stream, wake) in &recent {
            if let Some(wake) = wake.filter(|_| is_awake(*stream)) {
                each(*stream, wake);
            }
        }
        self.rows.scan(b"w", b"w", &mut |key, value| {
            let wake = decode_wake(&array_at(value, 0));
            if let (Some(stream), Some(wake)) = (StreamId::from_bytes(&key[1..]), wake)
                && !recent.contains_key(&stream)
                && is_awake(stream)
            {
                each(stream, wake);
            }
            true
        })
    }

    pub(super) fn listed(
        &self,
        party: PartyKey,
        after: Option<StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamId>, Error> {
        let first = StreamId::new(StreamKind::Case, [0; 16]);
        let mut found = BTreeSet::new();
        {
            let recents = self.recents();
            for heads in recents.generations() {
                let listing = heads.listing.range((party, after.unwrap_or(first))..);
                found.extend(
                    listing
                        .take_while(|(listed, _)| *listed == party)
                        .map(|(_, stream)| *stream)
                        .filter(|stream| Some(*stream) != after && !self.keys.is_disposed(*stream))
                        .take(limit),
                );
            }
        }
        let prefix = party_key(&party, first)[..17].to_vec();
        let from = after.map_or_else(|| prefix.clone(), |after| party_key(&party, after));
        self.collect(&prefix, &from, 17, after, limit, &mut found)?;
        Ok(found.into_iter().take(limit).collect())
    }

    pub(super) fn streams(
        &self,
        kind: StreamKind,
        after: Option<StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamId>, Error> {
        let mut found: BTreeSet<StreamId> = {
            let recents = self.recents();
            recents
                .generations()
                .flat_map(|heads| heads.streams.keys().copied())
                .filter(|stream| stream.kind == kind && after.is_none_or(|after| *stream > after))
                .collect()
        };
        let prefix = vec![b'h', kind.number()];
        let from =
            after.filter(|after| after.kind >= kind).map_or_else(|| prefix.clone(), |after| stream_key(b'h', after));
        self.collect(&prefix, &from, 1, after, limit, &mut found)?;
        Ok(found.into_iter().take(limit).collect())
    }

    /// Adds up to `limit` streams from rows whose key ends with one.
    fn collect(
        &self,
        prefix: &[u8],
        from: &[u8],
        skip: usize,
        after: Option<StreamId>,
        limit: usize,
        found: &mut BTreeSet<StreamId>,
    ) -> Result<(), Error> {
        let is_list = prefix.first() == Some(&b'p');
        let mut count = 0;
        self.rows.scan(prefix, from, &mut |key, _| {
            if count >= limit {
                return false;
            }
            if let Some(stream) = StreamId::from_bytes(&key[skip..])
                && Some(stream) != after
                && !(is_list && self.keys.is_disposed(stream))
            {
                found.insert(stream);
                count += 1;
            }
            true
        })
    }
}

/// What the seal of a state in the index is bound to.
pub(super) fn state_associated(stream: StreamId, sequence: Sequence) -> [u8; 25] {
    let mut bytes = [0; 25];
    bytes[..17].copy_from_slice(&stream.to_bytes());
    bytes[17..].copy_from_slice(&sequence.0.to_le_bytes());
    bytes
}
