//! Tells what is wrong in a segment, and puts it together anew from two copies of it.
//!
//! A segment is only ever appended to: an earlier copy of it is its beginning, byte for byte.

use std::path::{Path, PathBuf};

use super::backup::{Listed, listed};
use crate::disk::{Disk, read_whole};
use crate::journal::layout::{BLOCK, SegmentHeader};
use crate::journal::scan::{Scan, scan};
use crate::journal::{Segments, Tail};
use crate::{Damage, DamagedPart, Error};

/// What is known of a segment before it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) number: u32,
    pub(super) store_id: [u8; 16],
    /// It is the journal's last, and what a crash has torn at its end is no damage.
    pub(super) may_be_torn: bool,
    /// The journal's chain after it, if that is known.
    pub(super) chain_after: Option<[u8; 32]>,
    /// How much of it there must be at least.
    pub(super) len_min: u64,
}

impl Expected {
    /// Names everything in a segment that is not as it was written: checksums, and whether each batch follows the one before.
    pub(super) fn examine(&self, bytes: &[u8]) -> Vec<Damage> {
        let mut damages = Vec::new();
        let damage = |offset: usize, part| Damage {
            stream: None,
            sequence: None,
            file: segment_path(self.number),
            offset: offset as u64,
            part,
        };
        let header = SegmentHeader::decode(bytes)
            .filter(|header| header.number == self.number && header.store_id == self.store_id);
        if header.is_none() {
            damages.push(damage(0, DamagedPart::SegmentHeader));
        }
        let Scan { batches, wounds, end, .. } = scan(bytes, self.number, BLOCK, self.may_be_torn);
        let is_wounded = !wounds.is_empty();
        damages.extend(wounds.into_iter().map(|wound| Damage {
            stream: wound.stream,
            sequence: wound.sequence,
            ..damage(wound.offset, wound.part)
        }));
        let mut chain = header.map(|header| header.chain_before);
        for batch in batches {
            // Beside a wound a break is no news.
            if let (Some(before), Some(now), false) = (chain, batch.chain_before, is_wounded)
                && before != now
            {
                damages.push(damage(batch.offset, DamagedPart::JournalChain));
            }
            chain = batch.chain_after;
        }
        let is_cut = self.len_min > end as u64;
        let is_other = matches!((chain, self.chain_after), (Some(chain), Some(after)) if chain != after);
        if (is_cut || is_other) && !is_wounded {
            damages.push(damage(end, DamagedPart::JournalChain));
        }
        damages
    }

    /// Takes what an earlier copy has from there, and the rest from the newer one, if that makes it better.
    pub(super) fn mend(&self, newer: Vec<u8>, earlier: impl FnOnce() -> Option<Vec<u8>>) -> Mended {
        let found = self.examine(&newer);
        if found.is_empty() {
            return Mended { bytes: newer, found, left: Vec::new(), is_worse_joined: false };
        }
        let Some(mut joined) = earlier() else {
            return Mended { bytes: newer, left: found.clone(), found, is_worse_joined: false };
        };
        joined.extend(newer.get(joined.len()..).unwrap_or_default());
        let left = self.examine(&joined);
        if left.len() > found.len() {
            return Mended { bytes: newer, left: found.clone(), found, is_worse_joined: true };
        }
        Mended { bytes: joined, found, left, is_worse_joined: false }
    }
}

/// A segment, put together from two copies.
#[derive(Debug)]
pub(super) struct Mended {
    pub(super) bytes: Vec<u8>,
    /// What is wrong with the newer copy.
    pub(super) found: Vec<Damage>,
    /// What is still wrong.
    pub(super) left: Vec<Damage>,
    /// The earlier copy is not the beginning of the newer one.
    pub(super) is_worse_joined: bool,
}

/// A segment's file, from the data directory on.
pub(super) fn segment_path(number: u32) -> PathBuf {
    Path::new("journal").join(Segments::file_name(number))
}

/// The journal's chain after a segment that is not the last, as the next one has it.
pub(super) fn chain_after(segments: &Segments, number: u32) -> Result<Option<[u8; 32]>, Error> {
    let next = segments.read(number + 1)?;
    Ok(SegmentHeader::decode(&next).filter(|header| header.number == number + 1).map(|header| header.chain_before))
}

/// Reads a file of a backup as the manifest has it; `None` if it is not. What a backup that was cut short has appended is left out.
pub(super) fn read_listed(disk: &dyn Disk, path: &Path, expected: Listed) -> Result<Option<Vec<u8>>, Error> {
    let bytes = read_whole(disk, path, u32::MAX as usize).map_err(|source| Error::io("read", path, source))?;
    Ok(bytes
        .map(|mut bytes| {
            bytes.truncate(usize::try_from(expected.len).unwrap_or(usize::MAX));
            bytes
        })
        .filter(|bytes| listed(bytes, expected.is_full) == expected))
}

/// Tells whether the journal has gone another way than to where a backup ends: what it has after the same batch is not the same.
///
/// Damage is no proof of it.
pub(super) fn is_another_way(segments: &Segments, backup: Tail, now: Tail) -> Result<bool, Error> {
    if backup == Tail::default() {
        return Ok(false);
    }
    if now.batch <= backup.batch {
        return Ok((now.batch, now.chain) != (backup.batch, backup.chain));
    }
    let number = backup.at.segment;
    let bytes = segments.read(number)?;
    if SegmentHeader::decode(&bytes).is_some_and(|header| header.first_batch > backup.batch + 1) {
        return Ok(true);
    }
    for batch in scan(&bytes, number, BLOCK, false).batches {
        let chain = match batch.number {
            Some(number) if number == backup.batch => batch.chain_after,
            Some(number) if number == backup.batch + 1 => batch.chain_before,
            Some(_) | None => None,
        };
        if let Some(chain) = chain {
            return Ok(chain != backup.chain);
        }
    }
    let next = SegmentHeader::decode(&segments.read(number + 1)?);
    Ok(next.is_some_and(|next| {
        next.first_batch <= backup.batch || (next.first_batch == backup.batch + 1 && next.chain_before != backup.chain)
    }))
}
