//! Reads a segment from a point on, and tells what is good, what is torn and what is damaged.
//!
//! *Torn* is only what a crash in the middle of the last write leaves: the last batch of the journal, with sectors that were never written (they are still
//! zero), and nothing after it. A batch before another one has been synced, so whatever is wrong with it is *damage*.

use std::ops::Range;

use super::layout::{
    BLOCK, BatchHeader, ENTRY_LEN, Entry, FILL, HEADER_LEN, PREFIX_LEN, Position, SECTOR, block_up, decode_prefix,
    journal_chain, to_u32,
};
use crate::{DamagedPart, Sequence, StreamId};

/// A batch with at least one thing in it that can be read.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Where it begins, in bytes from the segment's start.
    pub(crate) offset: usize,
    /// `None` if its header is damaged and a table entry could not tell.
    pub(crate) number: Option<u64>,
    pub(crate) chain_before: Option<[u8; 32]>,
    /// `None` if it cannot be told.
    pub(crate) chain_after: Option<[u8; 32]>,
    /// Good records, in order: entry and body are as they were written.
    pub(crate) records: Vec<Entry>,
}

/// Something wrong in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wound {
    pub(crate) offset: usize,
    pub(crate) part: DamagedPart,
    pub(crate) stream: Option<StreamId>,
    pub(crate) sequence: Option<Sequence>,
}

/// What a scan found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) batches: Vec<Batch>,
    pub(crate) wounds: Vec<Wound>,
    /// Where the next batch may be written.
    pub(crate) end: usize,
    /// The last write was torn; what is left of it begins at `end`.
    pub(crate) is_torn: bool,
}

/// Reads a whole segment from `from` on. Only in the journal's last segment may something be torn.
pub(crate) fn scan(bytes: &[u8], segment: u32, from: usize, is_last: bool) -> Scan {
    let mut scan = Scan { end: from, ..Scan::default() };
    let mut at = from;
    while at + BLOCK <= bytes.len() {
        let position = Position { segment, offset: to_u32(at) };
        if let Some(header) = BatchHeader::decode(&bytes[at..], position, bytes.len()) {
            let end = at + header.len as usize;
            let (records, mut wounds) = read_table(bytes, segment, at, header.records_count, end);
            if wounds.is_empty() {
                wounds.extend(check_fill(bytes, records.last(), end));
            }
            let (chain, is_whole) = checked_chain(bytes, &header, wounds.is_empty());
            if !wounds.is_empty() && is_last && has_unwritten_sector(&bytes[at..end]) && is_zero(&bytes[end..]) {
                scan.is_torn = true;
                return scan;
            }
            if !is_whole {
                scan.wounds.push(Wound { offset: at, part: DamagedPart::JournalChain, stream: None, sequence: None });
            }
            scan.wounds.extend(wounds);
            scan.batches.push(Batch {
                offset: at,
                number: Some(header.batch),
                chain_before: Some(header.chain_before),
                chain_after: Some(chain),
                records,
            });
            at = end;
            scan.end = at;
            continue;
        }
        if is_zero(&bytes[at..]) {
            return scan;
        }
        let next = next_header(bytes, segment, at + BLOCK);
        // The header lies within one sector, so a torn write has it whole or not at all.
        if next.is_none() && is_last && is_zero(&bytes[at..at + SECTOR]) {
            scan.is_torn = true;
            return scan;
        }
        at = salvage(bytes, segment, at, next, &mut scan);
        scan.end = at;
    }
    scan
}

/// Reads what is left of a batch without a header, and returns where to go on.
fn salvage(bytes: &[u8], segment: u32, at: usize, next: Option<usize>, scan: &mut Scan) -> usize {
    scan.wounds.push(Wound { offset: at, part: DamagedPart::BatchHeader, stream: None, sequence: None });
    let limit = next.unwrap_or_else(|| block_up(written_len(bytes)));
    // Any good entry tells how many there are.
    let count = (at + HEADER_LEN..limit.saturating_sub(ENTRY_LEN))
        .step_by(ENTRY_LEN)
        .find_map(|offset| Entry::decode(&bytes[offset..], Position { segment, offset: to_u32(offset) }))
        .filter(|entry| entry.at.offset as usize == at + HEADER_LEN + entry.index as usize * ENTRY_LEN)
        .map(|entry| entry.records_count);
    let Some(count) = count else { return limit.max(at + BLOCK) };
    let (records, wounds) = read_table(bytes, segment, at, count, limit);
    let is_whole = wounds.is_empty();
    scan.wounds.extend(wounds);
    let end = records
        .last()
        .filter(|entry| entry.index + 1 == count)
        .map(|entry| block_up(entry.body_offset as usize + entry.body_len as usize))
        .filter(|end| *end <= limit);
    let (mut number, mut chain_before, mut chain_after) = (None, None, None);
    // With a whole table the chain can be computed from the batch before, if that one is there.
    if is_whole
        && let Some(before) = scan.batches.last()
        && let (Some(batch), Some(chain)) = (before.number, before.chain_after)
    {
        let table = &bytes[at + HEADER_LEN..at + HEADER_LEN + count as usize * ENTRY_LEN];
        number = Some(batch + 1);
        chain_before = Some(chain);
        chain_after = Some(journal_chain(&chain, batch + 1, table));
    }
    scan.batches.push(Batch { offset: at, number, chain_before, chain_after, records });
    end.unwrap_or(limit).max(at + BLOCK)
}

fn checked_chain(bytes: &[u8], header: &BatchHeader, is_table_good: bool) -> ([u8; 32], bool) {
    let start = header.at.offset as usize + HEADER_LEN;
    let table = &bytes[start..start + header.records_count as usize * ENTRY_LEN];
    let is_whole = !is_table_good || journal_chain(&header.chain_before, header.batch, table) == header.chain_after;
    (header.chain_after, is_whole)
}

/// Reads the table of the batch at `at`: good records, and what is wrong with the others.
fn read_table(bytes: &[u8], segment: u32, at: usize, count: u32, end: usize) -> (Vec<Entry>, Vec<Wound>) {
    let mut records = Vec::with_capacity(count as usize);
    let mut wounds = Vec::new();
    let mut body_expected = at + HEADER_LEN + count as usize * ENTRY_LEN;
    for index in 0..count as usize {
        let offset = at + HEADER_LEN + index * ENTRY_LEN;
        let entry = bytes.get(offset..).and_then(|bytes| {
            Entry::decode(bytes, Position { segment, offset: to_u32(offset) })
                .filter(|entry| entry.index as usize == index)
        });
        let Some(entry) = entry else {
            // Bodies lie one after the other, and each begins with whose it is.
            let named = bytes.get(body_expected..end).and_then(decode_prefix);
            wounds.push(Wound {
                offset,
                part: DamagedPart::Entry,
                stream: named.map(|(stream, ..)| stream),
                sequence: named.map(|(_, sequence, _)| sequence),
            });
            body_expected = end;
            continue;
        };
        let range = body_range(&entry);
        body_expected = range.end;
        if range.end <= end && bytes.get(range.clone()).is_some_and(|body| crc32c::crc32c(body) == entry.body_crc) {
            records.push(entry);
        } else {
            wounds.push(Wound {
                offset: range.start,
                part: DamagedPart::Body,
                stream: Some(entry.stream),
                sequence: Some(entry.sequence),
            });
        }
    }
    (records, wounds)
}

/// Looks at what lies between the last record of a batch and its end.
fn check_fill(bytes: &[u8], last: Option<&Entry>, end: usize) -> Option<Wound> {
    const FULL: [u8; BLOCK] = [FILL; BLOCK];
    let start = body_range(last?).end.min(end);
    let is_good = bytes[start..end].chunks(BLOCK).all(|chunk| *chunk == FULL[..chunk.len()]);
    (!is_good).then_some(Wound { offset: start, part: DamagedPart::Fill, stream: None, sequence: None })
}

/// Where the body of a record lies in its segment.
pub(crate) fn body_range(entry: &Entry) -> Range<usize> {
    let start = entry.body_offset as usize;
    start..start + (entry.body_len as usize).max(PREFIX_LEN)
}

fn next_header(bytes: &[u8], segment: u32, from: usize) -> Option<usize> {
    (from..bytes.len().saturating_sub(BLOCK - 1))
        .step_by(BLOCK)
        .find(|at| BatchHeader::decode(&bytes[*at..], Position { segment, offset: to_u32(*at) }, bytes.len()).is_some())
}

const ZEROS: [u8; BLOCK] = [0; BLOCK];

/// Compares block by block, which is one call into `memcmp` each.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(BLOCK).all(|chunk| *chunk == ZEROS[..chunk.len()])
}

fn has_unwritten_sector(bytes: &[u8]) -> bool {
    bytes.chunks(SECTOR).any(is_zero)
}

/// Bytes up to the end of the last block that is not zero.
fn written_len(bytes: &[u8]) -> usize {
    bytes.chunks(BLOCK).rposition(|chunk| !is_zero(chunk)).map_or(0, |last| ((last + 1) * BLOCK).min(bytes.len()))
}
