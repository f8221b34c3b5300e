//! What stands where in a segment: the only place that knows offsets.
//!
//! ```text
//! segment  = header block, then batches, then zeros to its full length
//! batch    = header (128) | table: one entry (128) per record | bodies | fill to a whole block
//! body     = prefix (32): stream, sequence | one section header (56) each | sealed sections
//! ```
//!
//! Numbers are little-endian. Headers, entries, prefixes and bodies each have a CRC-32C of their own, and headers and entries say where they stand,
//! so that a misplaced write is not believed. Fill is never zero: within a batch no sector is, so a zero sector was never written.

use crate::{Sequence, StreamId};

/// Batches begin at, and take, multiples of this.
pub(crate) const BLOCK: usize = 4096;
/// What a disk writes whole: a torn write misses whole ones of these.
pub(crate) const SECTOR: usize = 512;
/// Bytes of a batch header.
pub(crate) const HEADER_LEN: usize = 128;
/// Bytes of an entry in the table.
pub(crate) const ENTRY_LEN: usize = 128;
/// Bytes before the section headers of a body.
pub(crate) const PREFIX_LEN: usize = 32;
/// Bytes of a section header.
pub(crate) const SECTION_LEN: usize = 56;
/// What fills a batch to a whole block.
pub(crate) const FILL: u8 = 0x5a;
/// The newest layout this version reads and the only one it writes.
pub(crate) const VERSION: u16 = 1;

const SEGMENT_MAGIC: &[u8; 8] = b"LHSEGM\r\n";
const BATCH_MAGIC: &[u8; 8] = b"LHBATC\r\n";
const ENTRY_MAGIC: &[u8; 4] = b"LHen";

/// Where an entry stands. Segment numbers begin at 1; 0 means "nowhere".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// Number of the segment.
    pub(crate) segment: u32,
    /// Bytes from the segment's start.
    pub(crate) offset: u32,
}

impl Position {
    pub(crate) const NOWHERE: Self = Self { segment: 0, offset: 0 };

    pub(crate) fn to_bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.segment.to_le_bytes());
        bytes[4..].copy_from_slice(&self.offset.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self { segment: u32_at(&bytes, 0), offset: u32_at(&bytes, 4) }
    }
}

pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    if let Some(slice) = bytes.get(at..at + N) {
        array.copy_from_slice(slice);
    }
    array
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// Writes the checksum of everything before the last four bytes into those.
fn seal_crc(bytes: &mut [u8]) {
    let at = bytes.len() - 4;
    let crc = crc32c::crc32c(&bytes[..at]);
    put(bytes, at, &crc.to_le_bytes());
}

fn has_good_crc(bytes: &[u8]) -> bool {
    bytes.len() > 4 && u32_at(bytes, bytes.len() - 4) == crc32c::crc32c(&bytes[..bytes.len() - 4])
}

/// Counts in 32 bits what is bounded by the length of a segment, which is checked when a store is opened.
pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) fn block_up(len: usize) -> usize {
    len.div_ceil(BLOCK) * BLOCK
}

/// What the first block of a segment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) version: u16,
    pub(crate) number: u32,
    pub(crate) store_id: [u8; 16],
    /// Number of the first batch that will stand in it.
    pub(crate) first_batch: u64,
    /// The journal's chain value before that batch.
    pub(crate) chain_before: [u8; 32],
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FILL; BLOCK];
        put(&mut bytes, 0, SEGMENT_MAGIC);
        put(&mut bytes, 8, &self.version.to_le_bytes());
        put(&mut bytes, 10, &self.number.to_le_bytes());
        put(&mut bytes, 14, &self.store_id);
        put(&mut bytes, 30, &self.first_batch.to_le_bytes());
        put(&mut bytes, 38, &self.chain_before);
        seal_crc(&mut bytes);
        bytes
    }

    /// Reads the first block; `None` if it is damaged.
    pub(crate) fn decode(block: &[u8]) -> Option<Self> {
        let block = block.get(..BLOCK)?;
        (block.starts_with(SEGMENT_MAGIC) && has_good_crc(block)).then(|| Self {
            version: u16::from_le_bytes(array_at(block, 8)),
            number: u32_at(block, 10),
            store_id: array_at(block, 14),
            first_batch: u64_at(block, 30),
            chain_before: array_at(block, 38),
        })
    }
}

/// What stands before a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    /// Where the header itself stands.
    pub(crate) at: Position,
    /// Bytes of the whole batch, a multiple of [`BLOCK`].
    pub(crate) len: u32,
    /// Number of the batch in the journal, from 1.
    pub(crate) batch: u64,
    pub(crate) records_count: u32,
    pub(crate) chain_before: [u8; 32],
    pub(crate) chain_after: [u8; 32],
}

impl BatchHeader {
    pub(crate) fn encode_into(&self, bytes: &mut [u8]) {
        let bytes = &mut bytes[..HEADER_LEN];
        bytes.fill(FILL);
        put(bytes, 0, BATCH_MAGIC);
        put(bytes, 8, &VERSION.to_le_bytes());
        put(bytes, 10, &self.at.to_bytes());
        put(bytes, 18, &self.len.to_le_bytes());
        put(bytes, 22, &self.batch.to_le_bytes());
        put(bytes, 30, &self.records_count.to_le_bytes());
        put(bytes, 34, &self.chain_before);
        put(bytes, 66, &self.chain_after);
        seal_crc(bytes);
    }

    /// Reads a header that should stand at `at` in a segment of `segment_len` bytes; `None` if it is none or damaged.
    pub(crate) fn decode(bytes: &[u8], at: Position, segment_len: usize) -> Option<Self> {
        let bytes = bytes.get(..HEADER_LEN)?;
        if !bytes.starts_with(BATCH_MAGIC) || !has_good_crc(bytes) {
            return None;
        }
        let header = Self {
            at: Position::from_bytes(array_at(bytes, 10)),
            len: u32_at(bytes, 18),
            batch: u64_at(bytes, 22),
            records_count: u32_at(bytes, 30),
            chain_before: array_at(bytes, 34),
            chain_after: array_at(bytes, 66),
        };
        let len = header.len as usize;
        let fits = header.at == at
            && len.is_multiple_of(BLOCK)
            && len >= HEADER_LEN + header.records_count as usize * ENTRY_LEN
            && at.offset as usize + len <= segment_len;
        fits.then_some(header)
    }
}

/// What the table of a batch says about one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where the entry itself stands.
    pub(crate) at: Position,
    pub(crate) stream: StreamId,
    pub(crate) sequence: Sequence,
    /// Index in the table, and how many there are: enough to go on when the batch header is damaged.
    pub(crate) index: u32,
    pub(crate) records_count: u32,
    /// The stream's record before this one.
    pub(crate) previous: Position,
    /// The stream's record whose number is this one's with the lowest set bit cleared: the way back in few steps.
    pub(crate) skip: Position,
    /// Where the body begins in the segment.
    pub(crate) body_offset: u32,
    pub(crate) body_len: u32,
    pub(crate) body_crc: u32,
    /// The stream's chain value after this record.
    pub(crate) chain: [u8; 32],
}

impl Entry {
    pub(crate) fn encode_into(&self, bytes: &mut [u8]) {
        let bytes = &mut bytes[..ENTRY_LEN];
        bytes.fill(FILL);
        put(bytes, 0, ENTRY_MAGIC);
        put(bytes, 4, &self.at.to_bytes());
        put(bytes, 12, &self.stream.to_bytes());
        put(bytes, 29, &self.sequence.0.to_le_bytes());
        put(bytes, 37, &self.index.to_le_bytes());
        put(bytes, 41, &self.records_count.to_le_bytes());
        put(bytes, 45, &self.previous.to_bytes());
        put(bytes, 53, &self.skip.to_bytes());
        put(bytes, 61, &self.body_offset.to_le_bytes());
        put(bytes, 65, &self.body_len.to_le_bytes());
        put(bytes, 69, &self.body_crc.to_le_bytes());
        put(bytes, 73, &self.chain);
        seal_crc(bytes);
    }

    /// Reads an entry that should stand at `at`; `None` if it is none or damaged.
    pub(crate) fn decode(bytes: &[u8], at: Position) -> Option<Self> {
        let bytes = bytes.get(..ENTRY_LEN)?;
        if !bytes.starts_with(ENTRY_MAGIC) || !has_good_crc(bytes) {
            return None;
        }
        let entry = Self {
            at: Position::from_bytes(array_at(bytes, 4)),
            stream: StreamId::from_bytes(&bytes[12..29])?,
            sequence: Sequence(u64_at(bytes, 29)),
            index: u32_at(bytes, 37),
            records_count: u32_at(bytes, 41),
            previous: Position::from_bytes(array_at(bytes, 45)),
            skip: Position::from_bytes(array_at(bytes, 53)),
            body_offset: u32_at(bytes, 61),
            body_len: u32_at(bytes, 65),
            body_crc: u32_at(bytes, 69),
            chain: array_at(bytes, 73),
        };
        (entry.at == at && entry.body_len as usize >= PREFIX_LEN).then_some(entry)
    }
}

/// What stands before the sections of a body: whose record it is, in case the entry is damaged.
pub(crate) fn encode_prefix(stream: StreamId, sequence: Sequence, sections_count: u16) -> [u8; PREFIX_LEN] {
    let mut bytes = [FILL; PREFIX_LEN];
    put(&mut bytes, 0, &stream.to_bytes());
    put(&mut bytes, 17, &sequence.0.to_le_bytes());
    put(&mut bytes, 25, &sections_count.to_le_bytes());
    seal_crc(&mut bytes);
    bytes
}

/// Reads a prefix; `None` if it is damaged.
pub(crate) fn decode_prefix(bytes: &[u8]) -> Option<(StreamId, Sequence, u16)> {
    let bytes = bytes.get(..PREFIX_LEN)?;
    if !has_good_crc(bytes) {
        return None;
    }
    let stream = StreamId::from_bytes(&bytes[..17])?;
    Some((stream, Sequence(u64_at(bytes, 17)), u16::from_le_bytes(array_at(bytes, 25))))
}

/// What stands before a sealed section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SectionHeader {
    pub(crate) space: u32,
    pub(crate) key_number: u32,
    pub(crate) sealed_len: u32,
    pub(crate) nonce: [u8; 12],
    /// BLAKE3 over the sealed bytes: the chain runs over this, so it verifies even where the bytes are gone.
    pub(crate) digest: [u8; 32],
}

impl SectionHeader {
    pub(crate) fn encode(&self) -> [u8; SECTION_LEN] {
        let mut bytes = [0; SECTION_LEN];
        put(&mut bytes, 0, &self.space.to_le_bytes());
        put(&mut bytes, 4, &self.key_number.to_le_bytes());
        put(&mut bytes, 8, &self.sealed_len.to_le_bytes());
        put(&mut bytes, 12, &self.nonce);
        put(&mut bytes, 24, &self.digest);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Self {
        Self {
            space: u32_at(bytes, 0),
            key_number: u32_at(bytes, 4),
            sealed_len: u32_at(bytes, 8),
            nonce: array_at(bytes, 12),
            digest: array_at(bytes, 24),
        }
    }
}

/// The stream's chain after a record: over the chain before it, whose record it is, and its section headers, which hold the digests of what is sealed.
pub(crate) fn stream_chain(
    before: &[u8; 32],
    stream: StreamId,
    sequence: Sequence,
    section_headers: &[u8],
) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(&stream.to_bytes());
    hasher.update(&sequence.0.to_le_bytes());
    hasher.update(section_headers);
    *hasher.finalize().as_bytes()
}

/// The journal's chain after a batch: over the chain before it, its number and its table.
pub(crate) fn journal_chain(before: &[u8; 32], batch: u64, table: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(&batch.to_le_bytes());
    hasher.update(table);
    *hasher.finalize().as_bytes()
}

/// A body taken apart; the sections lie where they lay.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    pub(crate) stream: StreamId,
    pub(crate) sequence: Sequence,
    /// All section headers as stored, for the chain.
    pub(crate) section_headers: &'a [u8],
    pub(crate) sections: Vec<(SectionHeader, &'a [u8])>,
}

impl<'a> Body<'a> {
    /// Takes apart a body whose checksum is good; `None` if it does not add up.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (stream, sequence, sections_count) = decode_prefix(bytes)?;
        let headers_end = PREFIX_LEN + usize::from(sections_count) * SECTION_LEN;
        let section_headers = bytes.get(PREFIX_LEN..headers_end)?;
        let mut rest = &bytes[headers_end..];
        let mut sections = Vec::with_capacity(usize::from(sections_count));
        for header in section_headers.chunks_exact(SECTION_LEN) {
            let header = SectionHeader::decode(header);
            let (sealed, after) = rest.split_at_checked(header.sealed_len as usize)?;
            rest = after;
            sections.push((header, sealed));
        }
        rest.is_empty().then_some(Self { stream, sequence, section_headers, sections })
    }
}
