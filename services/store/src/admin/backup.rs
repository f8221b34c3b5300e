//! Copies the journal, the keys and the documents while the store serves.
//!
//! Segments that are full never change, so a second backup to the same place copies only what is new. The manifest is written last: it names the end of the journal
//! as it was when the backup began, and a digest of every file.
//!
//! What is copied is examined before it takes the place of an earlier copy: what that one has whole stays, whatever has become of it in the store.

use std::collections::BTreeMap;
use std::path::Path;

use super::examine::{Expected, chain_after, is_another_way, read_listed, segment_path};
use super::{AdminError, documents, key_damage};
use crate::blobs::BlobName;
use crate::disk::{Disk, read_whole, replace};
use crate::durable::{Format, format_path, hex, unhex};
use crate::journal::layout::Position;
use crate::journal::{Segments, Tail};
use crate::keys::{KeyLog, join_key_files};
use crate::{Damage, DamagedPart, Error, JournalStore};

/// Bytes of a manifest at most: some hundred for each segment.
const MANIFEST_BYTES_MAX: usize = 64 << 20;
/// Bytes of a file of the key log that are read at most: far above what one takes.
pub(super) const KEY_FILE_BYTES_MAX: usize = 64 << 20;

/// What a backup copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// What of the store is not as it was written, as far as it was read for this.
    pub damages: Vec<Damage>,
    /// Those of them that the backup has too, since no earlier one had it whole.
    pub damages_copied: Vec<Damage>,
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
/// What was durable when it began is in it. What is damaged in the store and whole in the backup before stays whole; everything else is copied as it is,
/// and the report names it. Documents are copied as they are; one that the store has lost stays. Durable on return; cut short, the backup before it is still good.
///
/// # Errors
///
/// - [`AdminError::OtherBackup`]: there is a backup of another store.
/// - [`AdminError::OtherWay`]: the backup that is there has what the store has not; it is left as it is.
/// - [`AdminError::Store`]: something cannot be read or written.
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
    let segments = Segments::new(std::sync::Arc::clone(from), settings.data.join("journal"), 0);
    if is_another_way(&segments, before.tail, tail)? {
        return Err(AdminError::OtherWay { backup: backup.to_owned(), batch: before.tail.batch });
    }
    let mut copying = Copying {
        disk,
        before: &before,
        manifest: Manifest { store_id: format.store_id, tail, ..Manifest::default() },
        report: BackupReport { last_batch: tail.batch, ..BackupReport::default() },
    };
    copying.journal(&segments, backup)?;
    let Copying { manifest, report, .. } = &mut copying;
    // After the journal: every document that its records name was there before them. Before the keys: one that is missing by now is one
    // whose key is destroyed.
    documents::copy_new(&**from, &settings.data, disk, backup, &before, manifest, report)?;
    documents::keep_lost(store, &before, manifest, report)?;
    // After the journal: every key that its records use was durable before them.
    copying.keys(store, log, &settings.data.join("keys"), keys)?;
    let Copying { manifest, report, .. } = copying;
    replace(disk, &format_path(backup), format.encode().as_bytes()).map_err(io)?;
    replace(disk, &backup.join("MANIFEST"), manifest.encode().as_bytes()).map_err(io)?;
    documents::forget_old(disk, backup, &before, &manifest)?;
    Ok(report)
}

/// A backup that is being made.
struct Copying<'a> {
    disk: &'a dyn Disk,
    before: &'a Manifest,
    manifest: Manifest,
    report: BackupReport,
}

impl Copying<'_> {
    /// Copies the segments that an earlier backup does not hold whole and full.
    fn journal(&mut self, segments: &Segments, backup: &Path) -> Result<(), AdminError> {
        let tail = self.manifest.tail;
        let numbers = segments.numbers()?;
        for number in 1..=tail.at.segment {
            let is_full = number < tail.at.segment;
            let earlier = self.before.segments.get(&number).copied();
            if let Some(listed) = earlier.filter(|listed| listed.is_full && is_full) {
                self.manifest.segments.insert(number, listed);
                self.report.segments_kept += 1;
                continue;
            }
            if numbers.binary_search(&number).is_err() {
                self.missing(number, earlier);
                continue;
            }
            let mut bytes = segments.read(number)?;
            let mut expected = Expected {
                number,
                store_id: self.manifest.store_id,
                may_be_torn: false,
                chain_after: Some(tail.chain),
                len_min: 0,
            };
            if is_full {
                expected.chain_after = chain_after(segments, number)?;
            } else {
                bytes.truncate(tail.at.offset as usize);
                expected.len_min = u64::from(tail.at.offset);
            }
            let path = backup.join("journal").join(Segments::file_name(number));
            let earlier = earlier.map(|listed| read_listed(self.disk, &path, listed)).transpose()?.flatten();
            let mended = expected.mend(bytes, || earlier);
            if mended.is_worse_joined {
                let batch = self.before.tail.batch;
                return Err(AdminError::OtherWay { backup: backup.to_owned(), batch });
            }
            replace(self.disk, &path, &mended.bytes).map_err(|source| Error::io("back up to", &path, source))?;
            self.manifest.segments.insert(number, listed(&mended.bytes, is_full));
            self.report.segments_copied += 1;
            self.report.bytes += mended.bytes.len() as u64;
            self.report.damages.extend(mended.found);
            self.report.damages_copied.extend(mended.left);
        }
        Ok(())
    }

    /// A segment has gone from the store: what an earlier backup has of it stays.
    fn missing(&mut self, number: u32, earlier: Option<Listed>) {
        let part = DamagedPart::SegmentMissing;
        let damage = Damage { stream: None, sequence: None, file: segment_path(number), offset: 0, part };
        match earlier {
            Some(listed) => {
                self.manifest.segments.insert(number, listed);
                self.report.segments_kept += 1;
            }
            None => self.report.damages_copied.push(damage.clone()),
        }
        self.report.damages.push(damage);
    }

    /// Copies the files of the key log that have changed. What was destroyed is destroyed in the copy too; what is destroyed while
    /// it is copied, with the next backup. Of a case that is disposed of meanwhile the mark is copied last: whoever opens the copy
    /// destroys what it has left.
    fn keys(&mut self, store: &JournalStore, log: &KeyLog, from: &Path, keys: &Path) -> Result<(), AdminError> {
        let mut copied_count = 0;
        loop {
            // A file that was begun meanwhile may have such a mark.
            let names = log.file_names().split_off(copied_count);
            if names.is_empty() {
                return Ok(());
            }
            copied_count += names.len();
            names.into_iter().try_for_each(|name| self.key_file(store, from, keys, name))?;
        }
    }

    fn key_file(&mut self, store: &JournalStore, from: &Path, keys: &Path, name: String) -> Result<(), AdminError> {
        let bytes = store.read_still(&from.join(&name))?;
        let path = keys.join(&name);
        if self.before.keys.get(&name) == Some(&listed(&bytes, false)) {
            self.manifest.keys.insert(name, listed(&bytes, false));
            return Ok(());
        }
        let io = |source| Error::io("back up to", &path, source);
        let earlier = read_whole(self.disk, &path, KEY_FILE_BYTES_MAX).map_err(io)?.unwrap_or_default();
        let joined = join_key_files(&bytes, &earlier, &name, &self.manifest.store_id);
        self.report.damages.extend(joined.found.iter().map(|offset| key_damage(&name, *offset)));
        self.report.damages_copied.extend(joined.left.iter().map(|offset| key_damage(&name, *offset)));
        replace(self.disk, &path, &joined.bytes).map_err(io)?;
        self.report.key_files_copied += 1;
        self.report.bytes += joined.bytes.len() as u64;
        self.manifest.keys.insert(name, listed(&joined.bytes, false));
        Ok(())
    }
}

fn read_format_of(disk: &dyn Disk, data: &Path) -> Result<Format, AdminError> {
    crate::durable::read_format(disk, data)?.ok_or_else(|| AdminError::NoStore { data: data.to_owned() })
}

pub(super) fn listed(bytes: &[u8], is_full: bool) -> Listed {
    Listed { len: bytes.len() as u64, digest: *blake3::hash(bytes).as_bytes(), is_full }
}
