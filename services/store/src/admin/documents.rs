//! Documents in a backup, in a restored store, and under verification.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::backup::{BackupReport, Listed, Manifest, listed};
use super::restore::copy;
use super::verify::Lists;
use super::{AdminError, VerifyReport};
use crate::blobs::{BlobName, List, Opened, documents_dir, shown};
use crate::disk::{Disk, read_whole, replace};
use crate::{Damage, DamagedPart, Error, SpaceId, Store, StreamId, StreamKind};

/// Bytes of a file of a document that are read at most: far above what a caller may store.
const FILE_BYTES_MAX: usize = 1 << 30;

/// Names every document file of a directory.
fn files(disk: &dyn Disk, documents: &Path) -> Result<Vec<BlobName>, Error> {
    let mut found = Vec::new();
    for folder in BlobName::folders() {
        let folder = documents.join(folder);
        let names = disk.list(&folder).map_err(|source| Error::io("read", &folder, source))?;
        found.extend(names.iter().filter_map(|name| BlobName::parse(name)));
    }
    Ok(found)
}

/// Counts the files of documents, and their bytes.
pub(super) fn count(disk: &dyn Disk, data: &Path) -> Result<(u64, u64), Error> {
    let documents = documents_dir(data);
    let (mut count, mut bytes) = (0, 0);
    for name in files(disk, &documents)? {
        let path = name.path_in(&documents);
        count += 1;
        bytes +=
            disk.open(&path).and_then(|file| file.len_bytes()).map_err(|source| Error::io("read", &path, source))?;
    }
    Ok((count, bytes))
}

/// Copies the documents that an earlier backup does not hold. A document's file never changes.
pub(super) fn copy_new(
    from: &dyn Disk,
    data: &Path,
    disk: &dyn Disk,
    backup: &Path,
    before: &Manifest,
    manifest: &mut Manifest,
    report: &mut BackupReport,
) -> Result<(), AdminError> {
    let (source, target) = (documents_dir(data), documents_dir(backup));
    let mut folders = BTreeSet::new();
    for name in files(from, &source)? {
        if let Some(listed) = before.documents.get(&name) {
            manifest.documents.insert(name, *listed);
            report.documents_kept += 1;
            continue;
        }
        let path = name.path_in(&source);
        // One that was removed just now is not missed.
        let bytes = read_whole(from, &path, FILE_BYTES_MAX).map_err(|source| Error::io("read", &path, source))?;
        let Some(bytes) = bytes else { continue };
        let to = name.path_in(&target);
        let io = |source| Error::io("write", &to, source);
        if folders.insert(name.folder()) {
            disk.create_dir(&target.join(name.folder())).map_err(io)?;
        }
        replace(disk, &to, &bytes).map_err(io)?;
        manifest.documents.insert(name, listed(&bytes, true));
        report.documents_copied += 1;
        report.bytes += bytes.len() as u64;
    }
    if !folders.is_empty() {
        // The folders' own names.
        disk.sync_dir(&target)
            .and_then(|()| disk.sync_dir(backup))
            .map_err(|source| Error::io("sync", &target, source))?;
    }
    Ok(())
}

/// Keeps in a backup what the store has lost: a document that has gone although the list of a case still names it.
pub(super) fn keep_lost(
    store: &dyn Store,
    before: &Manifest,
    manifest: &mut Manifest,
    report: &mut BackupReport,
) -> Result<(), AdminError> {
    /// Lists that are asked for at once.
    const LISTS_AT_ONCE: usize = 1_000;
    let gone = before.documents.iter().filter(|(name, _)| !manifest.documents.contains_key(*name));
    let mut gone: BTreeMap<BlobName, Listed> = gone.map(|(name, listed)| (*name, *listed)).collect();
    let mut after = None;
    while !gone.is_empty() {
        let streams = store.streams(StreamKind::Documents, after, LISTS_AT_ONCE)?;
        let Some(last) = streams.last() else { break };
        after = Some(*last);
        for stream in streams {
            // Of a list that cannot be read nobody knows what it names: then nothing is forgotten.
            let list = List::read(store, stream.id);
            let is_lost = |name: &BlobName| list.as_ref().map_or(true, |list| list.names(*name));
            for (name, listed) in gone.extract_if(.., |name, _| is_lost(name)) {
                let part = DamagedPart::Document;
                report.damages.push(Damage {
                    stream: Some(stream),
                    sequence: None,
                    file: shown(name),
                    offset: 0,
                    part,
                });
                report.documents_kept += 1;
                manifest.documents.insert(name, listed);
            }
        }
    }
    Ok(())
}

/// Removes from a backup what the store has removed.
pub(super) fn forget_old(disk: &dyn Disk, backup: &Path, before: &Manifest, now: &Manifest) -> Result<(), AdminError> {
    let documents = documents_dir(backup);
    for name in before.documents.keys().filter(|name| !now.documents.contains_key(name)) {
        let path = name.path_in(&documents);
        disk.remove(&path).map_err(|source| Error::io("remove", &path, source))?;
    }
    Ok(())
}

/// Copies the documents of a backup to a new data directory.
pub(super) fn copy_back(disk: &dyn Disk, backup: &Path, data: &Path, manifest: &Manifest) -> Result<(), AdminError> {
    let (source, target) = (documents_dir(backup), documents_dir(data));
    let mut folders = BTreeSet::new();
    for (name, expected) in &manifest.documents {
        if folders.insert(name.folder()) {
            let folder = target.join(name.folder());
            disk.create_dir(&folder).map_err(|source| Error::io("create", &folder, source))?;
        }
        copy(disk, &name.path_in(&source), &name.path_in(&target), *expected)?;
    }
    if !folders.is_empty() {
        disk.sync_dir(&target)
            .and_then(|()| disk.sync_dir(data))
            .map_err(|source| Error::io("sync", &target, source))?;
    }
    Ok(())
}

/// Removes restored files that no list names: they came after the backup's end of the journal, or lost their key.
pub(super) fn keep_named(disk: &dyn Disk, data: &Path, lists: &Lists, manifest: &Manifest) -> Result<(), AdminError> {
    let named: BTreeSet<BlobName> =
        lists.values().flat_map(|list| list.documents.values()).map(|kept| kept.file).collect();
    let documents = documents_dir(data);
    for name in manifest.documents.keys().filter(|name| !named.contains(name)) {
        let path = name.path_in(&documents);
        disk.remove(&path).map_err(|source| Error::io("remove", &path, source))?;
    }
    Ok(())
}

/// Puts what a backup has in place of documents that a list names and that are damaged or gone. Returns which.
pub(super) fn mend(
    disk: &dyn Disk,
    backup: &Path,
    data: &Path,
    lists: &Lists,
    manifest: &Manifest,
) -> Result<Vec<Damage>, AdminError> {
    let mut found = VerifyReport::default();
    verify(disk, data, lists, &mut found)?;
    let mut mended = Vec::new();
    for damage in found.damages {
        let Some((name, expected)) = manifest.documents.iter().find(|(name, _)| shown(**name) == damage.file) else {
            continue;
        };
        let to = documents_dir(data);
        let folder = to.join(name.folder());
        disk.create_dir(&folder).map_err(|source| Error::io("create", &folder, source))?;
        match copy(disk, &name.path_in(&documents_dir(backup)), &name.path_in(&to), *expected) {
            Ok(()) => mended.push(damage),
            // The backup's is no better.
            Err(AdminError::BackupDamaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(mended)
}

/// Reads every document that a list names, piece by piece, and checks its digest.
pub(super) fn verify(disk: &dyn Disk, data: &Path, lists: &Lists, report: &mut VerifyReport) -> Result<(), AdminError> {
    walk(disk, data, lists, &|_, _| Ok(true), report)
}

/// The same while documents may be removed. Of one that is gone `has_key` says that its stream has no key for its space any more.
pub(super) fn verify_serving(
    disk: &dyn Disk,
    data: &Path,
    lists: &Lists,
    has_key: &dyn Fn(StreamId, SpaceId) -> Result<bool, Error>,
    report: &mut VerifyReport,
) -> Result<(), AdminError> {
    walk(disk, data, lists, has_key, report)
}

fn walk(
    disk: &dyn Disk,
    data: &Path,
    lists: &Lists,
    has_key: &dyn Fn(StreamId, SpaceId) -> Result<bool, Error>,
    report: &mut VerifyReport,
) -> Result<(), AdminError> {
    let documents = documents_dir(data);
    for (stream, list) in lists {
        let Some(digest_key) = &list.digest_key else { continue };
        for (number, kept) in &list.documents {
            let path = kept.file.path_in(&documents);
            let wound = match Opened::open(disk, &path, &kept.file_key, kept.len())? {
                Some(opened) => opened.verify(&path, digest_key, &kept.file.digest)?,
                None => Some(0),
            };
            match wound {
                None => {
                    report.documents_count += 1;
                    report.document_bytes += kept.len();
                }
                // While serving it may have been removed since the walk: then its key is gone too.
                Some(_) if !has_key(*stream, SpaceId(*number))? => {}
                Some(offset) => report.damages.push(Damage {
                    stream: Some(*stream),
                    sequence: None,
                    file: shown(kept.file),
                    offset,
                    part: DamagedPart::Document,
                }),
            }
        }
    }
    Ok(())
}
