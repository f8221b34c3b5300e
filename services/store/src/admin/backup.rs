//! Copies the journal, the keys and the documents while the store serves.
//!
//! Segments that are full never change, so a second backup to the same place copies only what is new. The manifest is written last: it names the end of the journal
//! as it was when the backup began, and a digest of every file.

use std::collections::BTreeMap;
use std::path::Path;

use super::{AdminError, documents};
use crate::blobs::BlobName;
use crate::disk::{Disk, read_whole, replace};
use crate::durable::{Format, format_path, hex, unhex};
use crate::journal::layout::Position;
use crate::journal::{Segments, Tail};
use crate::{Error, JournalStore};

/// Bytes of a manifest at most: some hundred for each segment.
const MANIFEST_BYTES_MAX: usize = 64 << 20;

/// What a backup copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupReport {
    /// Segments that were copied.
    pub segments_copied: u64,
    /// Segments that an earlier backup had copied.
    pub segments_kept: u64,
    /// Files of the key log that were copied.
    pub key_files_copied: u64,
    /// Files of documents that were copied.
    pub documents_copied: u64,
    /// Files of documents that an earlier backup had copied.
    pub documents_kept: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// Number of the last batch that is in it.
    pub last_batch: u64,
}

/// A file as the manifest has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) len: u64,
    pub(super) digest: [u8; 32],
    /// It was full, and does not change any more.
    pub(super) is_full: bool,
}

/// What a backup says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) store_id: [u8; 16],
    pub(super) tail: Tail,
    pub(super) segments: BTreeMap<u32, Listed>,
    pub(super) keys: BTreeMap<String, Listed>,
    /// Files of documents, by name.
    pub(super) documents: BTreeMap<BlobName, Listed>,
}

impl Manifest {
    fn encode(&self) -> String {
        let Tail { at, batch, chain } = self.tail;
        let mut text = format!(
            "livshandelse backup 1\nid {}\nend {} {} {batch} {}\n",
            hex(&self.store_id),
            at.segment,
            at.offset,
            hex(&chain)
        );
        for (number, Listed { len, digest, is_full }) in &self.segments {
            let word = if *is_full { "full" } else { "tail" };
            text.push_str(&format!("segment {number} {word} {len} {}\n", hex(digest)));
        }
        for (name, Listed { len, digest, .. }) in &self.keys {
            text.push_str(&format!("keys {name} {len} {}\n", hex(digest)));
        }
        for (name, Listed { len, digest, .. }) in &self.documents {
            text.push_str(&format!("document {} {len} {}\n", name.file_name(), hex(digest)));
        }
        let digest = hex(blake3::hash(text.as_bytes()).as_bytes());
        text.push_str(&format!("digest {digest}\n"));
        text
    }

    fn decode(text: &str) -> Option<Self> {
        let at = text.rfind("digest ")?;
        let digest: [u8; 32] = unhex(text[at..].strip_prefix("digest ")?.trim_end())?;
        (*blake3::hash(&text.as_bytes()[..at]).as_bytes() == digest).then_some(())?;
        let mut lines = text[..at].lines();
        (lines.next() == Some("livshandelse backup 1")).then_some(())?;
        let mut manifest = Self { store_id: unhex(lines.next()?.strip_prefix("id ")?)?, ..Self::default() };
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["end", segment, offset, batch, chain] => {
                    let at = Position { segment: segment.parse().ok()?, offset: offset.parse().ok()? };
                    manifest.tail = Tail { at, batch: batch.parse().ok()?, chain: unhex(chain)? };
                }
                ["segment", number, word, len, digest] => {
                    let listed = Listed { len: len.parse().ok()?, digest: unhex(digest)?, is_full: word == "full" };
                    manifest.segments.insert(number.parse().ok()?, listed);
                }
                ["keys", name, len, digest] => {
                    let listed = Listed { len: len.parse().ok()?, digest: unhex(digest)?, is_full: false };
                    manifest.keys.insert(name.to_owned(), listed);
                }
                ["document", name, len, digest] => {
                    let listed = Listed { len: len.parse().ok()?, digest: unhex(digest)?, is_full: true };
                    manifest.documents.insert(BlobName::parse(name)?, listed);
                }
                _ => return None,
            }
        }
        Some(manifest)
    }
}

/// Reads the manifest of a backup; `None` if there is none.
pub(super) fn read_manifest(disk: &dyn Disk, backup: &Path) -> Result<Option<Manifest>, AdminError> {
    let path = backup.join("MANIFEST");
    let bytes = read_whole(disk, &path, MANIFEST_BYTES_MAX).map_err(|source| Error::io("read", &path, source))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let manifest = std::str::from_utf8(&bytes).ok().and_then(Manifest::decode);
    manifest.map(Some).ok_or(AdminError::OtherBackup { path })
}

/// Copies a serving store to `backup`, and its keys to `keys`, which should lie apart. The key file itself is not copied.
///
/// What was durable when it began is in it. Durable on return; cut short, the backup before it is still good as far as its files
/// were not added to.
///
/// # Errors
///
/// [`AdminError::OtherBackup`] if there is a backup of another store; [`AdminError::Store`] if something cannot be read or written.
pub fn backup(store: &JournalStore, disk: &dyn Disk, backup: &Path, keys: &Path) -> Result<BackupReport, AdminError> {
    let io = |source| Error::io("back up to", backup, source);
    for dir in [backup.to_owned(), backup.join("journal"), keys.to_owned()] {
        disk.create_dir(&dir).map_err(io)?;
    }
    let (tail, settings, from, log) = store.durable_state();
    let format = read_format_of(&**from, &settings.data)?;
    let before = read_manifest(disk, backup)?.unwrap_or_default();
    if before.tail != Tail::default() && before.store_id != format.store_id {
        return Err(AdminError::OtherBackup { path: backup.join("MANIFEST") });
    }
    let mut report = BackupReport { last_batch: tail.batch, ..BackupReport::default() };
    let mut manifest = Manifest { store_id: format.store_id, tail, ..Manifest::default() };
    let segments = Segments::new(std::sync::Arc::clone(from), settings.data.join("journal"), 0);
    for number in segments.numbers()?.into_iter().filter(|number| *number <= tail.at.segment) {
        let is_full = number < tail.at.segment;
        if let Some(listed) = before.segments.get(&number).filter(|listed| listed.is_full && is_full) {
            manifest.segments.insert(number, *listed);
            report.segments_kept += 1;
            continue;
        }
        let mut bytes = segments.read(number)?;
        if !is_full {
            bytes.truncate(tail.at.offset as usize);
        }
        replace(disk, &backup.join("journal").join(Segments::file_name(number)), &bytes).map_err(io)?;
        manifest.segments.insert(number, listed(&bytes, is_full));
        report.segments_copied += 1;
        report.bytes += bytes.len() as u64;
    }
    // After the journal: every document that its records name was there before them. Before the keys: one that is missing by now is one
    // whose key is destroyed.
    documents::copy_new(&**from, &settings.data, disk, backup, &before, &mut manifest, &mut report)?;
    // After the journal: every key that its records use was durable before them.
    {
        let _still = store.hold_keys();
        for name in log.file_names() {
            let path = settings.data.join("keys").join(&name);
            let bytes = store.read_still(&path)?;
            let now = listed(&bytes, false);
            if before.keys.get(&name) != Some(&now) {
                replace(disk, &keys.join(&name), &bytes).map_err(io)?;
                report.key_files_copied += 1;
                report.bytes += bytes.len() as u64;
            }
            manifest.keys.insert(name, now);
        }
    }
    replace(disk, &format_path(backup), format.encode().as_bytes()).map_err(io)?;
    replace(disk, &backup.join("MANIFEST"), manifest.encode().as_bytes()).map_err(io)?;
    documents::forget_old(disk, backup, &before, &manifest)?;
    Ok(report)
}

fn read_format_of(disk: &dyn Disk, data: &Path) -> Result<Format, AdminError> {
    crate::durable::read_format(disk, data)?.ok_or_else(|| AdminError::NoStore { data: data.to_owned() })
}

pub(super) fn listed(bytes: &[u8], is_full: bool) -> Listed {
    Listed { len: bytes.len() as u64, digest: *blake3::hash(bytes).as_bytes(), is_full }
}
