//! Builds batches and writes them: one write, one sync.

use std::sync::Arc;

use aes_gcm::Aes256Gcm;

use super::Segments;
use super::layout::{
    BLOCK, BatchHeader, ENTRY_LEN, Entry, FILL, HEADER_LEN, PREFIX_LEN, Position, SECTION_LEN, SectionHeader,
    SegmentHeader, VERSION, block_up, encode_prefix, journal_chain, stream_chain, to_u32,
};
use crate::disk::{DiskFile, fill_with_zeros};
use crate::keys::{TAG_LEN, seal_in_place};
use crate::{Error, Section, Sequence, StreamId, crash_point};

/// Where a stream's newest records stand, so that any can be found in few steps.
///
/// For a record with number `n` it holds the places of `n`, of `n` with its lowest set bit cleared, of that one likewise, and so on. An entry keeps
/// the place before it and the second of these; so the way from `n` to any earlier record takes at most some twenty steps in a million.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ladder(pub(crate) Vec<Position>);

impl Ladder {
    pub(crate) fn newest(&self) -> Position {
        self.0.first().copied().unwrap_or_default()
    }

    /// Where the skip of the record with number `next` leads, before it is added.
    fn skip(&self, next: Sequence) -> Position {
        // `next` has as many zeros at its end as steps have to be left out.
        let steps = next.0.trailing_zeros() as usize;
        self.0.get(steps).copied().unwrap_or_default()
    }

    pub(crate) fn push(&mut self, next: Sequence, at: Position) {
        let steps = (next.0.trailing_zeros() as usize).min(self.0.len());
        self.0.drain(..steps);
        self.0.insert(0, at);
    }
}

/// A record that has been checked and can be written.
pub(crate) struct Ready {
    pub(crate) stream: StreamId,
    pub(crate) sequence: Sequence,
    pub(crate) sections: Vec<Section>,
    /// For each section its key's number and cipher.
    pub(crate) keys: Vec<(u32, Arc<Aes256Gcm>)>,
}

impl Ready {
    /// Bytes the record takes in a batch.
    pub(crate) fn stored_bytes(sections: &[Section]) -> usize {
        let sealed: usize = sections.iter().map(|section| section.payload.len() + TAG_LEN + SECTION_LEN).sum();
        ENTRY_LEN + PREFIX_LEN + sealed
    }
}

/// What a section's seal is bound to.
pub(crate) fn section_associated(stream: StreamId, sequence: Sequence, space: u32, index: usize) -> [u8; 33] {
    let mut bytes = [0; 33];
    bytes[..17].copy_from_slice(&stream.to_bytes());
    bytes[17..25].copy_from_slice(&sequence.0.to_le_bytes());
    bytes[25..29].copy_from_slice(&space.to_le_bytes());
    bytes[29..].copy_from_slice(&to_u32(index).to_le_bytes());
    bytes
}

/// The end of the journal: where the next batch goes and what it follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) at: Position,
    /// Number of the last batch.
    pub(crate) batch: u64,
    pub(crate) chain: [u8; 32],
}

/// What a stream is at, as far as writing needs to know.
pub(crate) trait Streams {
    /// The chain before the next record of a stream, and its ladder; afterwards [`Streams::written`] is told.
    fn before(&self, stream: StreamId) -> ([u8; 32], &Ladder);
    /// A record has been put into the batch.
    fn written(&mut self, stream: StreamId, sequence: Sequence, chain: [u8; 32], at: Position);
}

/// Builds a batch that goes to `tail`; returns its bytes and the tail after it.
pub(crate) fn build(
    tail: Tail,
    records: Vec<Ready>,
    nonces: &mut dyn Iterator<Item = [u8; 12]>,
    streams: &mut dyn Streams,
) -> (Vec<u8>, Tail) {
    let table_end = HEADER_LEN + records.len() * ENTRY_LEN;
    let estimate: usize = records.iter().map(|record| Ready::stored_bytes(&record.sections)).sum();
    let mut bytes = Vec::with_capacity(block_up(HEADER_LEN + estimate));
    bytes.resize(table_end, FILL);
    let records_count = to_u32(records.len());
    let base = tail.at.offset as usize;
    for (index, record) in records.into_iter().enumerate() {
        let Ready { stream, sequence, sections, keys } = record;
        let body_start = bytes.len();
        let sections_count = u16::try_from(sections.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&encode_prefix(stream, sequence, sections_count));
        let headers_start = bytes.len();
        bytes.resize(headers_start + sections.len() * SECTION_LEN, 0);
        for (number, (section, (key_number, cipher))) in sections.iter().zip(&keys).enumerate() {
            let start = bytes.len();
            bytes.extend_from_slice(&section.payload);
            // A nonce for every section is drawn before; payloads are bounded by the size of a unit.
            let nonce = nonces.next().unwrap_or_default();
            let associated = section_associated(stream, sequence, section.space.0, number);
            let _ = seal_in_place(cipher, &nonce, &associated, &mut bytes, start);
            let header = SectionHeader {
                space: section.space.0,
                key_number: *key_number,
                sealed_len: to_u32(bytes.len() - start),
                nonce,
                digest: *blake3::hash(&bytes[start..]).as_bytes(),
            };
            let at = headers_start + number * SECTION_LEN;
            bytes[at..at + SECTION_LEN].copy_from_slice(&header.encode());
        }
        let headers_end = headers_start + sections.len() * SECTION_LEN;
        let (chain_before, ladder) = streams.before(stream);
        let chain = stream_chain(&chain_before, stream, sequence, &bytes[headers_start..headers_end]);
        let entry_at = HEADER_LEN + index * ENTRY_LEN;
        let at = Position { segment: tail.at.segment, offset: to_u32(base + entry_at) };
        let entry = Entry {
            at,
            stream,
            sequence,
            index: to_u32(index),
            records_count,
            previous: ladder.newest(),
            skip: ladder.skip(sequence),
            body_offset: to_u32(base + body_start),
            body_len: to_u32(bytes.len() - body_start),
            body_crc: crc32c::crc32c(&bytes[body_start..]),
            chain,
        };
        entry.encode_into(&mut bytes[entry_at..]);
        streams.written(stream, sequence, chain, at);
    }
    bytes.resize(block_up(bytes.len()), FILL);
    let after = Tail {
        at: Position { segment: tail.at.segment, offset: to_u32(base + bytes.len()) },
        batch: tail.batch + 1,
        chain: journal_chain(&tail.chain, tail.batch + 1, &bytes[HEADER_LEN..table_end]),
    };
    let header = BatchHeader {
        at: tail.at,
        len: to_u32(bytes.len()),
        batch: after.batch,
        records_count,
        chain_before: tail.chain,
        chain_after: after.chain,
    };
    header.encode_into(&mut bytes);
    (bytes, after)
}

/// The one who appends.
pub(crate) struct Writer {
    segments: Arc<Segments>,
    store_id: [u8; 16],
    file: Option<Arc<dyn DiskFile>>,
    tail: Tail,
}

impl Writer {
    /// Goes on at `tail`; a tail nowhere begins the journal.
    pub(crate) fn new(segments: Arc<Segments>, store_id: [u8; 16], tail: Tail) -> Result<Self, Error> {
        let file = if tail.at == Position::NOWHERE { None } else { Some(segments.file(tail.at.segment)?) };
        Ok(Self { segments, store_id, file, tail })
    }

    pub(crate) fn tail(&self) -> Tail {
        self.tail
    }

    /// Makes sure that `len` bytes fit into the segment, if needed by beginning the next one. Returns whether it did.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room for another segment; nothing of the batch is written.
    pub(crate) fn make_room(&mut self, len: usize) -> Result<bool, Error> {
        let end = self.tail.at.offset as usize + block_up(len);
        if self.file.is_some() && end <= self.segments.segment_bytes() as usize {
            return Ok(false);
        }
        let number = self.tail.at.segment + 1;
        let header = SegmentHeader {
            version: VERSION,
            number,
            store_id: self.store_id,
            first_batch: self.tail.batch + 1,
            chain_before: self.tail.chain,
        };
        self.file = Some(self.segments.begin(&header)?);
        self.tail.at = Position { segment: number, offset: to_u32(BLOCK) };
        Ok(true)
    }

    /// Writes and syncs a batch that was built for the present tail; durable on return.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if nothing of it was left behind; after any other error nobody knows what is on disk.
    pub(crate) fn write(&mut self, bytes: &[u8], after: Tail) -> Result<(), Error> {
        let path = self.segments.path(self.tail.at.segment);
        let Some(file) = &self.file else {
            return Err(Error::Poisoned { reason: "no segment has been begun".to_owned() });
        };
        let offset = u64::from(self.tail.at.offset);
        crash_point("before-write");
        if let Err(source) = file.write_at(bytes, offset) {
            let error = Error::io("write", &path, source);
            if let Error::Full { .. } = &error {
                // A segment has all its room beforehand, except on file systems that copy on write. Take back what was written.
                fill_with_zeros(&**file, offset, offset + bytes.len() as u64)
                    .and_then(|()| file.sync())
                    .map_err(|source| Error::Poisoned { reason: format!("take back a batch: {source}") })?;
            }
            return Err(error);
        }
        crash_point("before-sync");
        file.sync().map_err(|source| Error::Io { doing: "sync", path, source })?;
        crash_point("after-sync");
        self.tail = after;
        Ok(())
    }
}
