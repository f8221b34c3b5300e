//! Where a journal is cut off when a store is restored to a point in time.

use std::path::Path;

use super::AdminError;
use crate::disk::{Disk, replace};
use crate::durable::unseal_record;
use crate::journal::layout::{BLOCK, Entry, Position, SegmentHeader, to_u32};
use crate::journal::scan::{body_range, scan};
use crate::journal::{Segments, Tail};
use crate::keys::KeyLog;
use crate::record::decode_stored;
use crate::{Error, StreamKind};

/// How far a store is restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// To the end of the backup.
    #[default]
    End,
    /// To the last batch with a number up to this, counted from 1.
    Batch(u64),
    /// Up to this instant of civil time, inclusive, in milliseconds since 1970-01-01 UTC: to the batch before the first that
    /// has a record of a later one. What was committed together stays together.
    Time(i64),
}

/// Finds the end of what is restored; `whole` is the end of the backup.
pub(super) fn find(segments: &Segments, keys: &KeyLog, whole: Tail, until: Until) -> Result<Tail, AdminError> {
    let mut tail = Tail::default();
    for number in segments.numbers()?.into_iter().filter(|number| *number <= whole.at.segment) {
        let mut bytes = segments.read(number)?;
        if number == whole.at.segment {
            bytes.truncate(whole.at.offset as usize);
        }
        if let Some(header) = SegmentHeader::decode(&bytes) {
            let batch = header.first_batch.saturating_sub(1);
            tail = Tail { at: Position { segment: number, offset: to_u32(BLOCK) }, batch, chain: header.chain_before };
        }
        for batch in scan(&bytes, number, BLOCK, false).batches {
            let is_later = match until {
                Until::End => false,
                Until::Batch(last) => batch.number.is_some_and(|number| number > last),
                Until::Time(last) => {
                    let mut is_later = false;
                    for entry in &batch.records {
                        is_later |= civil_ms(keys, &bytes, entry)?.is_some_and(|at| at > last);
                    }
                    is_later
                }
            };
            let start = Position { segment: number, offset: to_u32(batch.offset) };
            if is_later {
                return Ok(Tail { at: start, ..tail });
            }
            if let (Some(number), Some(chain)) = (batch.number, batch.chain_after) {
                (tail.batch, tail.chain) = (number, chain);
            }
        }
    }
    Ok(whole)
}

/// When a case's record was made; `None` for other streams, and for what is damaged or was disposed of.
fn civil_ms(keys: &KeyLog, bytes: &[u8], entry: &Entry) -> Result<Option<i64>, Error> {
    if entry.stream.kind != StreamKind::Case {
        return Ok(None);
    }
    let body = bytes.get(body_range(entry)).unwrap_or_default();
    let record = unseal_record(keys, entry.stream, entry.sequence, entry.chain, None, body)?;
    Ok(record.ok().and_then(|record| decode_stored(&record).ok()).map(|decoded| decoded.record.at.0))
}

/// Cuts the journal off at `tail`: nothing of what follows is left in the directory.
pub(super) fn cut(disk: &dyn Disk, segments: &Segments, journal: &Path, tail: Tail) -> Result<(), AdminError> {
    for number in segments.numbers()?.into_iter().rev() {
        let path = journal.join(Segments::file_name(number));
        if number > tail.at.segment {
            disk.remove(&path).map_err(|source| Error::io("remove", &path, source))?;
        } else if number == tail.at.segment {
            let mut bytes = segments.read(number)?;
            bytes.truncate(tail.at.offset as usize);
            replace(disk, &path, &bytes).map_err(|source| Error::io("write", &path, source))?;
        }
    }
    disk.sync_dir(journal).map_err(|source| Error::io("sync", journal, source).into())
}
