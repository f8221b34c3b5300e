//! Walks the whole journal, record by record.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{AdminError, documents, hold, key_damage};
use crate::blobs::List;
use crate::disk::Disk;
use crate::durable::{read_format, read_master, unseal_record};
use crate::journal::layout::{BLOCK, Entry, SegmentHeader};
use crate::journal::scan::{body_range, scan};
use crate::journal::{Segments, Tail};
use crate::keys::KeyLog;
use crate::{Damage, DamagedPart, Error, JournalStore, Payload, Sequence, StreamId, StreamKind};

/// What a walk over the whole journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segments read.
    pub segments_count: u64,
    /// Batches read.
    pub batches_count: u64,
    /// Records whose checksums, chain and seals are good.
    pub records_count: u64,
    /// Streams they belong to.
    pub streams_count: u64,
    /// Sections that were unsealed.
    pub sections_count: u64,
    /// Sections whose key has been destroyed.
    pub sections_disposed_count: u64,
    /// Number of the last batch.
    pub last_batch: u64,
    /// The journal's chain value after it: keep it elsewhere, and nobody can shorten the journal unseen.
    pub chain: [u8; 32],
    /// The last write was torn by a crash; nothing in it had been acknowledged.
    pub is_torn: bool,
    /// Documents whose every piece and digest is good.
    pub documents_count: u64,
    /// Bytes of their content.
    pub document_bytes: u64,
    /// Everything that is not as it was written.
    pub damages: Vec<Damage>,
}

/// Verifies a store that nobody has open: checksums, chains, seals, documents.
///
/// # Errors
///
/// [`AdminError::Open`] if the store or its keys cannot be had; damage is no error but in the report.
pub fn verify(disk: &Arc<dyn Disk>, data: &Path, key_file: &Path) -> Result<VerifyReport, AdminError> {
    let _lock = hold(&**disk, data)?;
    let format = read_format(&**disk, data)?.ok_or_else(|| AdminError::NoStore { data: data.to_owned() })?;
    let master = read_master(&**disk, key_file, &format)?;
    let (keys, wounds) = KeyLog::open(Arc::clone(disk), &data.join("keys"), &master, format.store_id, false)?;
    let segments = Segments::new(Arc::clone(disk), data.join("journal"), 0);
    let (mut report, lists) = walk(&segments, &keys, None)?;
    documents::verify(&**disk, data, &lists, &mut report)?;
    report.damages.extend(wounds.into_iter().map(|wound| key_damage(&wound.file, wound.offset)));
    Ok(report)
}

impl JournalStore {
    /// Verifies what is durable now, while the store serves.
    ///
    /// # Errors
    ///
    /// [`AdminError::Store`] if a file cannot be read; damage is no error but in the report.
    pub fn verify(&self) -> Result<VerifyReport, AdminError> {
        let (tail, settings, disk, keys) = self.durable_state();
        let segments = Segments::new(Arc::clone(disk), settings.data.join("journal"), 0);
        let (mut report, lists) = walk(&segments, keys, Some(tail))?;
        documents::verify_serving(
            &**disk,
            &settings.data,
            &lists,
            &|stream, space| self.has_key(stream, space),
            &mut report,
        )?;
        Ok(report)
    }
}

/// A walk in progress.
struct Walk<'a> {
    keys: &'a KeyLog,
    streams: HashMap<StreamId, (Sequence, [u8; 32])>,
    /// Streams of which something is damaged: what follows in them cannot fit.
    hurt: BTreeMap<StreamId, ()>,
    chain: Option<[u8; 32]>,
    lists: Lists,
    report: VerifyReport,
}

/// The lists of documents that a walk has come across.
pub(super) type Lists = BTreeMap<StreamId, List>;

/// Walks the journal up to `until`, or to its end.
pub(super) fn walk(
    segments: &Segments,
    keys: &KeyLog,
    until: Option<Tail>,
) -> Result<(VerifyReport, Lists), AdminError> {
    let mut numbers = segments.numbers()?;
    if let Some(until) = until {
        numbers.retain(|number| *number <= until.at.segment);
    }
    let last = numbers.last().copied();
    let mut walk = Walk {
        keys,
        streams: HashMap::new(),
        hurt: BTreeMap::new(),
        chain: Some([0; 32]),
        lists: Lists::new(),
        report: VerifyReport::default(),
    };
    for (number, expected) in numbers.iter().zip(1..) {
        if *number != expected && number.checked_sub(1).is_some_and(|before| !numbers.contains(&before)) {
            walk.wound(number - 1, 0, DamagedPart::SegmentMissing, None, None);
            walk.chain = None;
        }
        let mut bytes = segments.read(*number)?;
        if let Some(until) = until.filter(|until| until.at.segment == *number) {
            bytes.truncate(until.at.offset as usize);
        }
        walk.segment(*number, &bytes, until.is_none() && Some(*number) == last)?;
    }
    if let (Some(until), Some(chain)) = (until, walk.chain)
        && until.chain != chain
    {
        walk.wound(until.at.segment, until.at.offset as usize, DamagedPart::JournalChain, None, None);
    }
    walk.report.streams_count = walk.streams.len() as u64;
    Ok((walk.report, walk.lists))
}

impl Walk<'_> {
    fn wound(
        &mut self,
        segment: u32,
        offset: usize,
        part: DamagedPart,
        stream: Option<StreamId>,
        sequence: Option<Sequence>,
    ) {
        let file = PathBuf::from("journal").join(Segments::file_name(segment));
        self.hurt.extend(stream.map(|stream| (stream, ())));
        self.report.damages.push(Damage { stream, sequence, file, offset: offset as u64, part });
    }

    fn segment(&mut self, number: u32, bytes: &[u8], is_last: bool) -> Result<(), AdminError> {
        self.report.segments_count += 1;
        match SegmentHeader::decode(bytes) {
            Some(header) if header.number == number => {
                if self.chain.is_some_and(|chain| chain != header.chain_before) {
                    self.wound(number, 0, DamagedPart::JournalChain, None, None);
                }
                self.chain = Some(header.chain_before);
            }
            Some(_) | None => self.wound(number, 0, DamagedPart::SegmentHeader, None, None),
        }
        let scan = scan(bytes, number, BLOCK, is_last);
        self.report.is_torn |= scan.is_torn;
        for wound in &scan.wounds {
            self.wound(number, wound.offset, wound.part, wound.stream, wound.sequence);
        }
        let mut last_batch = None;
        for batch in &scan.batches {
            self.report.batches_count += 1;
            let is_gap = matches!((last_batch, batch.number), (Some(before), Some(now)) if before + 1 != now);
            let is_broken = matches!((self.chain, batch.chain_before), (Some(before), Some(now)) if before != now);
            // Beside a wound a break is no news.
            if (is_gap || is_broken) && scan.wounds.is_empty() {
                self.wound(number, batch.offset, DamagedPart::JournalChain, None, None);
            }
            (self.chain, last_batch) = (batch.chain_after, batch.number);
            if let (Some(batch), Some(chain)) = (batch.number, batch.chain_after) {
                (self.report.last_batch, self.report.chain) = (batch, chain);
            }
            for entry in &batch.records {
                self.record(number, bytes, entry)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, segment: u32, bytes: &[u8], entry: &Entry) -> Result<(), Error> {
        let (sequence, chain) = self.streams.get(&entry.stream).copied().unwrap_or_default();
        let is_hurt = self.hurt.contains_key(&entry.stream);
        let offset = entry.at.offset as usize;
        if entry.sequence != sequence.next() && !is_hurt {
            self.wound(segment, offset, DamagedPart::StreamChain, Some(entry.stream), Some(entry.sequence));
        }
        let before = Some(&chain).filter(|_| entry.sequence == sequence.next() && !is_hurt);
        let body = bytes.get(body_range(entry)).unwrap_or_default();
        match unseal_record(self.keys, entry.stream, entry.sequence, entry.chain, before, body)? {
            Ok(record) => {
                self.report.records_count += 1;
                if entry.stream.kind == StreamKind::Documents
                    && self.lists.entry(entry.stream).or_default().fold(&record).is_none()
                {
                    self.wound(segment, offset, DamagedPart::History, Some(entry.stream), Some(entry.sequence));
                }
                for section in &record.sections {
                    match section.payload {
                        Payload::Plain(_) => self.report.sections_count += 1,
                        Payload::Disposed => self.report.sections_disposed_count += 1,
                    }
                }
            }
            Err(part) => self.wound(segment, offset, part, Some(entry.stream), Some(entry.sequence)),
        }
        self.streams.insert(entry.stream, (entry.sequence, entry.chain));
        Ok(())
    }
}
