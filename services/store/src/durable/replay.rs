//! Folds what the journal has and the index has not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::live::Live;
use super::read::unseal_record;
use super::{OpenError, Shared};
use crate::journal::layout::{BLOCK, Body, Entry, Position, SegmentHeader, VERSION};
use crate::journal::scan::{Scan, body_range, scan};
use crate::keys::SpaceKeys;
use crate::{Damage, DamagedPart, Error, Payload, ProjectorError, Sequence, StoredRecord, StreamId};

/// Bytes of content that are folded at once, at most: bounds the memory of a rebuild.
const BYTES_AT_ONCE: usize = 32 << 20;

/// Records read from the journal that have not been folded yet.
#[derive(Default)]
struct Pending {
    streams: BTreeMap<StreamId, Vec<PendingRecord>>,
    records_count: usize,
    bytes: usize,
}

struct PendingRecord {
    record: StoredRecord,
    at: Position,
    /// Those of its sections that can be read.
    keys: SpaceKeys,
}

impl Shared {
    /// Replays the journal from `from` to its end.
    pub(super) fn replay(&self, from: Position, chain: Option<[u8; 32]>) -> Result<(), OpenError> {
        let numbers = self.segments.numbers()?;
        let Some(last) = numbers.last().copied() else { return Ok(()) };
        let mut pending = Pending::default();
        let mut chain = chain;
        let mut expected = if from == Position::NOWHERE { 1 } else { from.segment };
        for number in numbers.into_iter().filter(|number| *number >= from.segment) {
            if number != expected {
                chain = None;
                let file = Self::segment_file(expected);
                let part = DamagedPart::SegmentMissing;
                self.damaged(Damage { stream: None, sequence: None, file, offset: 0, part });
            }
            expected = number + 1;
            let bytes = self.segments.read(number)?;
            match SegmentHeader::decode(&bytes) {
                Some(header) if header.version > VERSION => {
                    return Err(OpenError::Newer { found: u32::from(header.version), known: u32::from(VERSION) });
                }
                Some(header) if header.number == number && header.store_id == self.store_id => {}
                Some(_) | None => {
                    let file = Self::segment_file(number);
                    let part = DamagedPart::SegmentHeader;
                    self.damaged(Damage { stream: None, sequence: None, file, offset: 0, part });
                }
            }
            let start = if number == from.segment { from.offset as usize } else { BLOCK };
            let scan = scan(&bytes, number, start, number == last);
            self.report_wounds(number, &scan);
            self.replay_segment(number, &bytes, &scan, &mut chain, &mut pending)?;
        }
        self.fold(&mut pending)?;
        Ok(())
    }

    pub(super) fn report_wounds(&self, segment: u32, scan: &Scan) {
        for wound in &scan.wounds {
            self.damaged(Damage {
                stream: wound.stream,
                sequence: wound.sequence,
                file: Self::segment_file(segment),
                offset: wound.offset as u64,
                part: wound.part,
            });
        }
    }

    fn replay_segment(
        &self,
        segment: u32,
        bytes: &[u8],
        scan: &Scan,
        chain: &mut Option<[u8; 32]>,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        for batch in &scan.batches {
            if let (Some(before), Some(expected)) = (batch.chain_before, *chain)
                && before != expected
                && scan.wounds.is_empty()
            {
                let file = Self::segment_file(segment);
                let part = DamagedPart::JournalChain;
                self.damaged(Damage { stream: None, sequence: None, file, offset: batch.offset as u64, part });
            }
            *chain = batch.chain_after;
            for entry in &batch.records {
                self.replay_record(segment, bytes, entry, pending)?;
            }
            // Between batches, so that what a checkpoint says about the end of the journal is not needed here.
            if pending.records_count >= self.settings.checkpoint_records || pending.bytes >= BYTES_AT_ONCE {
                self.fold(pending)?;
                self.spill()?;
            }
        }
        Ok(())
    }

    fn replay_record(&self, segment: u32, bytes: &[u8], entry: &Entry, pending: &mut Pending) -> Result<(), Error> {
        if self.is_quarantined(entry.stream) {
            return Ok(());
        }
        let body = bytes.get(body_range(entry)).unwrap_or_default();
        match unseal_record(&self.keys, entry.stream, entry.sequence, entry.chain, None, body)? {
            Ok(record) => {
                pending.records_count += 1;
                pending.bytes += body.len();
                let keys = keys_of(body, &record);
                let record = PendingRecord { record, at: entry.at, keys };
                pending.streams.entry(entry.stream).or_default().push(record);
            }
            Err(part) => self.damaged(Damage {
                stream: Some(entry.stream),
                sequence: Some(entry.sequence),
                file: Self::segment_file(segment),
                offset: u64::from(entry.at.offset),
                part,
            }),
        }
        Ok(())
    }

    fn fold(&self, pending: &mut Pending) -> Result<(), Error> {
        let Pending { streams, records_count, .. } = std::mem::take(pending);
        for (stream, records) in streams {
            if !self.is_quarantined(stream) {
                self.fold_stream(stream, records)?;
            }
        }
        self.counters.replayed.fetch_add(records_count as u64, Ordering::Relaxed);
        Ok(())
    }

    fn fold_stream(&self, stream: StreamId, records: Vec<PendingRecord>) -> Result<(), Error> {
        let mut live = self.find(stream)?.map_or_else(Live::absent, Arc::unwrap_or_clone);
        let previous = match &live.state {
            Some(state) => Some(state.encode()),
            None => self.row(stream)?.map(|row| self.row_state(stream, &row)).transpose()?.flatten(),
        };
        let is_new = live.sequence == Sequence::NONE;
        let mut new = Vec::with_capacity(records.len());
        for PendingRecord { record, at, keys } in records {
            if record.sequence <= live.sequence {
                // The index knew it already: a checkpoint was cut short.
                continue;
            }
            if record.sequence != live.sequence.next() {
                self.damaged(Damage {
                    stream: Some(stream),
                    sequence: Some(record.sequence),
                    file: Self::segment_file(at.segment),
                    offset: u64::from(at.offset),
                    part: DamagedPart::StreamChain,
                });
                return Ok(());
            }
            live.sequence = record.sequence;
            live.chain = record.chain;
            live.ladder.push(record.sequence, at);
            keys.into_iter().for_each(|(space, number)| live.own(space, number));
            new.push(record);
        }
        if new.is_empty() {
            return Ok(());
        }
        // Nobody knows how much of the rows a checkpoint that was cut short has left.
        live.is_wake_indexed = true;
        live.parties_indexed = 0;
        if self.keys.is_disposed(stream) {
            live.keys.clear();
            live.is_delisted = Some(std::mem::take(&mut live.parties));
            (live.state, live.wake) = (None, None);
            self.recents_mut().current.put(stream, Arc::new(live));
            return Ok(());
        }
        let folded = match (previous, is_new) {
            (Some(previous), _) => self.projector.project(stream, Some(&previous), &new),
            (None, true) => self.projector.project(stream, None, &new),
            (None, false) => Err(ProjectorError::OtherFormat),
        };
        let folded = match folded {
            Err(ProjectorError::OtherFormat) => {
                // In place of the old one, so that the whole history can be read.
                let at = live.ladder.newest();
                self.recents_mut().current.put(stream, Arc::new(live.clone()));
                match self.history(stream, Sequence::NONE, usize::MAX) {
                    Ok(whole) => self.projector.project(stream, None, &whole),
                    Err(Error::Quarantined { .. }) => return Ok(()),
                    Err(error) => return Err(error),
                }
                .map_err(|error| (error, at))
            }
            other => other.map_err(|error| (error, live.ladder.newest())),
        };
        match folded {
            Ok(head) => {
                live.list_under(&head.listed_under);
                live.wake = head.wake;
                live.state = head.state;
                self.recents_mut().current.put(stream, Arc::new(live));
            }
            Err((error, at)) => {
                tracing::error!(kind = stream.kind.as_str(), error = %error, "a history cannot be folded");
                self.damaged(Damage {
                    stream: Some(stream),
                    sequence: Some(live.sequence),
                    file: Self::segment_file(at.segment),
                    offset: u64::from(at.offset),
                    part: DamagedPart::History,
                });
            }
        }
        Ok(())
    }
}

/// The keys that the readable sections of a record are sealed under.
fn keys_of(body: &[u8], record: &StoredRecord) -> SpaceKeys {
    let headers = Body::decode(body).map(|body| body.sections).unwrap_or_default();
    let sections = headers.iter().zip(&record.sections);
    let readable = sections.filter(|(_, section)| matches!(section.payload, Payload::Plain(_)));
    readable.map(|((header, _), section)| (section.space, header.key_number)).collect()
}
