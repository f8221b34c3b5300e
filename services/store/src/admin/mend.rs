//! Mends what is damaged in a store with what a backup has of it, and leaves everything recorded since as it is.

use std::path::Path;
use std::sync::Arc;

use super::backup::{KEY_FILE_BYTES_MAX, Manifest, read_manifest};
use super::examine::{Expected, chain_after, read_listed, segment_path};
use super::verify::walk;
use super::{AdminError, VerifyReport, documents, forget_index, hold, key_damage};
use crate::disk::{Disk, read_whole, replace};
use crate::durable::{read_format, read_master};
use crate::journal::Segments;
use crate::keys::{KeyLog, join_key_files};
use crate::{Damage, DamagedPart, Error};

/// What was mended, and what a walk over everything found afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MendReport {
    /// What was damaged and is as it was written.
    pub mended: Vec<Damage>,
    /// The store as it is now; its damages are what is left.
    pub now: VerifyReport,
}

/// Puts what a backup has in place of what is damaged: segments of the journal, keys, documents. Then throws the index away, and verifies everything.
///
/// What was recorded after the backup stays. A file is changed only if there is less wrong with it then. What was destroyed stays destroyed. Durable on
/// return; cut short, it may be repeated.
///
/// # Errors
///
/// - [`AdminError::Open`]: the store is open, or its keys cannot be had.
/// - [`AdminError::OtherBackup`]: the backup is of another store; [`AdminError::BackupDamaged`]: there is none.
/// - [`AdminError::Store`]: something cannot be read or written.
pub fn mend(
    disk: &Arc<dyn Disk>,
    backup: &Path,
    keys: &Path,
    data: &Path,
    key_file: &Path,
) -> Result<MendReport, AdminError> {
    let _lock = hold(&**disk, data)?;
    let format = read_format(&**disk, data)?.ok_or_else(|| AdminError::NoStore { data: data.to_owned() })?;
    let master = read_master(&**disk, key_file, &format)?;
    let path = backup.join("MANIFEST");
    let manifest = read_manifest(&**disk, backup)?.ok_or_else(|| AdminError::BackupDamaged { path: path.clone() })?;
    if manifest.store_id != format.store_id {
        return Err(AdminError::OtherBackup { path });
    }
    let segments = Segments::new(Arc::clone(disk), data.join("journal"), 0);
    let mut mended = mend_journal(&**disk, &segments, backup, &manifest)?;
    mended.extend(mend_keys(&**disk, keys, data, &manifest)?);
    forget_index(data)?;
    let (log, wounds) = KeyLog::open(Arc::clone(disk), &data.join("keys"), &master, format.store_id, false)?;
    let (mut now, lists) = walk(&segments, &log, None)?;
    mended.extend(documents::mend(&**disk, backup, data, &lists, &manifest)?);
    documents::verify(&**disk, data, &lists, &mut now)?;
    now.damages.extend(wounds.into_iter().map(|wound| key_damage(&wound.file, wound.offset)));
    Ok(MendReport { mended, now })
}

fn mend_journal(
    disk: &dyn Disk,
    segments: &Segments,
    backup: &Path,
    manifest: &Manifest,
) -> Result<Vec<Damage>, AdminError> {
    let numbers = segments.numbers()?;
    let last = numbers.last().copied().unwrap_or_default();
    let mut mended = Vec::new();
    for (number, listed) in &manifest.segments {
        let number = *number;
        let is_last = number >= last;
        let earlier = || read_listed(disk, &backup.join("journal").join(Segments::file_name(number)), *listed);
        let write = |bytes: &[u8]| {
            let path = segments.path(number);
            replace(disk, &path, bytes).map_err(|source| Error::io("write", &path, source))
        };
        if numbers.binary_search(&number).is_err() {
            if let Some(bytes) = earlier()? {
                write(&bytes)?;
                let part = DamagedPart::SegmentMissing;
                mended.push(Damage { stream: None, sequence: None, file: segment_path(number), offset: 0, part });
            }
            continue;
        }
        let expected = Expected {
            number,
            store_id: manifest.store_id,
            may_be_torn: is_last,
            chain_after: if is_last { None } else { chain_after(segments, number)? },
            // What a backup has had is no write that a crash has torn.
            len_min: if number == manifest.tail.at.segment { listed.len } else { 0 },
        };
        let newer = segments.read(number)?;
        if expected.examine(&newer).is_empty() {
            continue;
        }
        let earlier = earlier()?;
        let whole = expected.mend(newer, || earlier);
        if whole.left.len() < whole.found.len() {
            write(&whole.bytes)?;
            mended.extend(whole.found.into_iter().filter(|damage| !whole.left.contains(damage)));
        }
    }
    Ok(mended)
}

fn mend_keys(disk: &dyn Disk, keys: &Path, data: &Path, manifest: &Manifest) -> Result<Vec<Damage>, AdminError> {
    let mut mended = Vec::new();
    for name in manifest.keys.keys() {
        let (path, from) = (data.join("keys").join(name), keys.join(name));
        let read = |path: &Path| {
            let bytes = read_whole(disk, path, KEY_FILE_BYTES_MAX).map_err(|source| Error::io("read", path, source))?;
            Ok::<_, Error>(bytes.unwrap_or_default())
        };
        let joined = join_key_files(&read(&path)?, &read(&from)?, name, &manifest.store_id);
        if joined.left.len() < joined.found.len() {
            replace(disk, &path, &joined.bytes).map_err(|source| Error::io("write", &path, source))?;
            let is_mended = |offset: &&usize| !joined.left.contains(offset);
            mended.extend(joined.found.iter().filter(is_mended).map(|offset| key_damage(name, *offset)));
        }
    }
    Ok(mended)
}
