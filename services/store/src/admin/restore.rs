//! Makes a store from a backup, and verifies it record by record before it may be used.

use std::path::Path;
use std::sync::Arc;

use super::backup::{KEY_FILE_BYTES_MAX, Listed, listed, read_manifest};
use super::examine::read_listed;
use super::verify::walk;
use super::{AdminError, Until, VerifyReport, documents, until};
use crate::disk::{Disk, read_whole, replace};
use crate::durable::{format_path, read_format, read_master};
use crate::journal::Segments;
use crate::keys::{KeyLog, join_key_files};
use crate::{Error, OpenError};

/// Restores a backup to an empty data directory, and verifies every record: checksums, chains, seals, and the end of the journal.
///
/// With [`Until::Time`] or [`Until::Batch`] the store ends there: the journal is cut off at a batch, and what came after is not in it. Keys that only
/// what came after used stay in the key log, unused.
///
/// Durable on return. `FORMAT` is written last, so that a restore that was cut short is no store. Damage that the backup has copied along is in the
/// report; such streams will be quarantined.
///
/// # Errors
///
/// - [`AdminError::NotEmpty`]: `data` holds something.
/// - [`AdminError::BackupDamaged`]: a file of the backup is missing or has changed since.
/// - [`AdminError::Open`]: the key file is missing, or belongs to another store.
pub fn restore(
    disk: &Arc<dyn Disk>,
    backup: &Path,
    keys: &Path,
    data: &Path,
    key_file: &Path,
    until: Until,
) -> Result<VerifyReport, AdminError> {
    let io = |source| Error::io("restore to", data, source);
    let (journal, key_log) = (data.join("journal"), data.join("keys"));
    for dir in [data, &journal, &key_log] {
        disk.create_dir(dir).map_err(io)?;
        if disk.list(dir).map_err(io)?.iter().any(|name| name != "LOCK") {
            return Err(AdminError::NotEmpty { data: data.to_owned() });
        }
    }
    let Some(_lock) = disk.lock(&data.join("LOCK")).map_err(io)? else {
        return Err(OpenError::Held { data: data.to_owned() }.into());
    };
    let manifest =
        read_manifest(&**disk, backup)?.ok_or_else(|| AdminError::BackupDamaged { path: backup.join("MANIFEST") })?;
    let format = read_format(&**disk, backup)?
        .filter(|format| format.store_id == manifest.store_id)
        .ok_or_else(|| AdminError::BackupDamaged { path: format_path(backup) })?;
    let master = read_master(&**disk, key_file, &format)?;
    for (number, expected) in &manifest.segments {
        let name = Segments::file_name(*number);
        copy(&**disk, &backup.join("journal").join(&name), &journal.join(&name), *expected)?;
    }
    for (name, expected) in &manifest.keys {
        copy_keys(&**disk, &keys.join(name), &key_log.join(name), *expected, &format.store_id)?;
    }
    documents::copy_back(&**disk, backup, data, &manifest)?;
    let (log, _) = KeyLog::open(Arc::clone(disk), &key_log, &master, format.store_id, false)?;
    let segments = Segments::new(Arc::clone(disk), journal, 0);
    let tail = until::find(&segments, &log, manifest.tail, until)?;
    if tail != manifest.tail {
        until::cut(&**disk, &segments, &data.join("journal"), tail)?;
    }
    let (mut report, lists) = walk(&segments, &log, Some(tail))?;
    documents::verify(&**disk, data, &lists, &mut report)?;
    documents::keep_named(&**disk, data, &lists, &manifest)?;
    replace(&**disk, &format_path(data), format.encode().as_bytes()).map_err(io)?;
    Ok(report)
}

/// Copies a file of a backup as the manifest has it.
pub(super) fn copy(disk: &dyn Disk, from: &Path, to: &Path, expected: Listed) -> Result<(), AdminError> {
    let bytes = read_listed(disk, from, expected)?;
    let bytes = bytes.ok_or_else(|| AdminError::BackupDamaged { path: from.to_owned() })?;
    replace(disk, to, &bytes).map_err(|source| Error::io("write", to, source))?;
    Ok(())
}

/// Copies a file of the key log. A backup that was cut short has left a newer one, which has every key that the older one had.
fn copy_keys(disk: &dyn Disk, from: &Path, to: &Path, expected: Listed, store_id: &[u8; 16]) -> Result<(), AdminError> {
    let bytes = read_whole(disk, from, KEY_FILE_BYTES_MAX).map_err(|source| Error::io("read", from, source))?;
    let name = from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_good = |bytes: &Vec<u8>| {
        listed(bytes, false) == expected || join_key_files(bytes, &[], name, store_id).found.is_empty()
    };
    let bytes = bytes.filter(is_good).ok_or_else(|| AdminError::BackupDamaged { path: from.to_owned() })?;
    replace(disk, to, &bytes).map_err(|source| Error::io("write", to, source))?;
    Ok(())
}
