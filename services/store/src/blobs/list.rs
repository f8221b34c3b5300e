//! The list of a case's documents: a fold of its records.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use prost::Message;
use zeroize::{Zeroize, Zeroizing};

use super::content::{BlobName, FileKey, PartName};
use super::stored::{Change, Entry, What, Which};
use super::{Document, DocumentError, DocumentId, Request};
use crate::{Append, Error, Head, Payload, Section, Sequence, SpaceId, Store, StoredRecord, StreamId, StreamKind};

/// The space of what happened; a document's own is its number.
const LIST_SPACE: SpaceId = SpaceId(0);

/// The documents of one case, as its records say.
#[derive(Default)]
pub(crate) struct List {
    pub(super) sequence: Sequence,
    /// The key of the digests of its contents; `None` before the first record, and when it has been disposed of.
    pub(crate) digest_key: Option<Zeroizing<[u8; 32]>>,
    /// By number: the order in which they were added.
    pub(crate) documents: BTreeMap<u32, Kept>,
    /// Uploads that are not whole yet, by the number that the document will have.
    pub(super) pending: BTreeMap<u32, Pending>,
    /// Removed.
    pub(super) removed: BTreeSet<DocumentId>,
    /// Removed or given up, but the key of its space is still there: a crash came between.
    pub(super) undead: Vec<u32>,
    /// What requests did.
    pub(super) requests: BTreeMap<[u8; 16], ([u8; 16], Outcome)>,
    pub(super) numbers_used: u32,
    /// Uploads and deletions in all its time.
    pub(super) changes: usize,
    pub(super) is_disposed: bool,
}

/// What a request did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Added(u32),
    Removed(u32),
}

/// An upload that has begun and is not whole yet.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) request: Request,
    pub(super) document: Document,
    /// Names its part.
    pub(super) part: PartName,
    pub(super) file_key: FileKey,
}

/// A document that is there, with where its content is.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(super) document: Document,
    pub(crate) file: BlobName,
    pub(crate) file_key: FileKey,
}

impl Kept {
    pub(crate) fn len(&self) -> u64 {
        self.document.len
    }
}

/// The stream of a case's list.
pub(super) fn stream_of(case: [u8; 16]) -> StreamId {
    StreamId::new(StreamKind::Documents, case)
}

fn damaged() -> DocumentError {
    DocumentError::Damaged { file: PathBuf::from("journal") }
}

impl List {
    /// Reads the list of a case.
    pub(crate) fn read(store: &dyn Store, case: [u8; 16]) -> Result<Self, DocumentError> {
        let stream = stream_of(case);
        let records = match store.history(stream, Sequence::NONE, usize::MAX) {
            Err(Error::Quarantined { .. }) => return Err(damaged()),
            other => other?,
        };
        let mut list = Self::default();
        for record in &records {
            list.fold(record).ok_or_else(damaged)?;
        }
        list.is_disposed = !records.is_empty() && list.digest_key.is_none();
        Ok(list)
    }

    /// Adds a record; `None` if it cannot be read.
    pub(crate) fn fold(&mut self, record: &StoredRecord) -> Option<()> {
        self.sequence = record.sequence;
        let mut sections = record.sections.iter();
        let Payload::Plain(change) = &sections.next()?.payload else {
            // The whole list has been disposed of.
            return Some(());
        };
        let Change { at_ms, request, body, what } = Change::decode(change.as_slice()).ok()?;
        match what? {
            What::Begun(key) => self.digest_key = Some(Zeroizing::new(key.try_into().ok()?)),
            What::Added(Which { number, id }) => {
                self.numbers_used = self.numbers_used.max(number);
                if self.pending.remove(&number).is_none() {
                    // Its upload was of a time when uploads were not noted.
                    self.changes += 1;
                }
                self.requests.insert(request.try_into().ok()?, (body.try_into().ok()?, Outcome::Added(number)));
                if let Some(Payload::Plain(entry)) = sections.next().map(|section| &section.payload) {
                    self.documents.insert(number, kept(entry, id.try_into().ok()?, at_ms)?);
                }
            }
            What::Removed(Which { number, id }) => {
                self.changes += 1;
                self.removed.insert(DocumentId(id.try_into().ok()?));
                self.requests.insert(request.try_into().ok()?, (body.try_into().ok()?, Outcome::Removed(number)));
                if self.documents.remove(&number).is_some() {
                    self.undead.push(number);
                }
            }
            What::UploadBegun(Which { number, id }) => {
                self.changes += 1;
                self.numbers_used = self.numbers_used.max(number);
                if let Some(Payload::Plain(entry)) = sections.next().map(|section| &section.payload) {
                    let request = Request { id: request.try_into().ok()?, body: body.try_into().ok()? };
                    self.pending.insert(number, pending(entry, id.try_into().ok()?, at_ms, request)?);
                }
            }
            What::UploadDropped(Which { number, .. }) => {
                if self.pending.remove(&number).is_some() {
                    self.undead.push(number);
                }
            }
        }
        Some(())
    }

    /// The upload that a request began.
    pub(super) fn pending_of(&self, request: [u8; 16]) -> Option<(u32, &Pending)> {
        self.pending.iter().find(|(_, pending)| pending.request.id == request).map(|(number, found)| (*number, found))
    }

    /// Whether an upload's part belongs to the list.
    pub(super) fn has_part(&self, part: PartName) -> bool {
        self.pending.values().any(|pending| pending.part == part)
    }

    pub(super) fn find(&self, id: DocumentId) -> Option<(u32, &Kept)> {
        self.documents.iter().find(|(_, kept)| kept.document.id == id).map(|(number, kept)| (*number, kept))
    }

    /// A document with equal content.
    pub(super) fn same_content(&self, digest: &[u8; 32]) -> Option<&Kept> {
        self.documents.values().find(|kept| kept.file.digest == *digest)
    }

    /// Whether it names a file.
    pub(crate) fn names(&self, file: BlobName) -> bool {
        self.documents.values().any(|kept| kept.file == file)
    }

    /// Documents, and uploads but for one.
    pub(super) fn count_without(&self, upload: Option<u32>) -> usize {
        self.documents.len() + self.pending.keys().filter(|number| upload != Some(**number)).count()
    }

    /// Bytes of documents, and of uploads but for one, when they are whole.
    pub(super) fn bytes_without(&self, upload: Option<u32>) -> u64 {
        let pending = self.pending.iter().filter(|(number, _)| upload != Some(**number));
        let coming: u64 = pending.map(|(_, pending)| pending.document.len).sum();
        coming + self.documents.values().map(Kept::len).sum::<u64>()
    }

    pub(super) fn begin(&self, case: [u8; 16], digest_key: &[u8; 32]) -> Append {
        let change = Change { what: Some(What::Begun(digest_key.to_vec())), ..Change::default() };
        self.append(case, change, None)
    }

    /// Begins an upload. Returns its number.
    pub(super) fn begin_upload(&self, case: [u8; 16], pending: &Pending) -> (u32, Append) {
        let number = self.numbers_used + 1;
        let document = &pending.document;
        let change = Change {
            at_ms: document.added_ms,
            request: pending.request.id.to_vec(),
            body: pending.request.body.to_vec(),
            what: Some(What::UploadBegun(Which { number, id: document.id.0.to_vec() })),
        };
        let mut entry = Entry {
            file_name: document.file_name.clone(),
            media_type: document.media_type.clone(),
            len: document.len,
            digest: Vec::new(),
            file_digest: Vec::new(),
            file_chance: pending.part.to_vec(),
            file_key: pending.file_key.to_vec(),
        };
        let section = Section { space: SpaceId(number), payload: entry.encode_to_vec() };
        entry.file_key.zeroize();
        (number, self.append(case, change, Some(section)))
    }

    /// Gives an upload up.
    pub(super) fn drop_upload(&self, case: [u8; 16], number: u32, id: DocumentId, at_ms: i64) -> Append {
        let what = Some(What::UploadDropped(Which { number, id: id.0.to_vec() }));
        self.append(case, Change { at_ms, what, ..Change::default() }, None)
    }

    /// Adds the document that an upload was of.
    pub(super) fn add(&self, case: [u8; 16], number: u32, kept: &Kept, request: Request) -> Append {
        let document = &kept.document;
        let change = Change {
            at_ms: document.added_ms,
            request: request.id.to_vec(),
            body: request.body.to_vec(),
            what: Some(What::Added(Which { number, id: document.id.0.to_vec() })),
        };
        let mut entry = Entry {
            file_name: document.file_name.clone(),
            media_type: document.media_type.clone(),
            len: document.len,
            digest: document.digest.to_vec(),
            file_digest: kept.file.digest.to_vec(),
            file_chance: kept.file.chance.to_vec(),
            file_key: kept.file_key.to_vec(),
        };
        let section = Section { space: SpaceId(number), payload: entry.encode_to_vec() };
        entry.file_key.zeroize();
        self.append(case, change, Some(section))
    }

    pub(super) fn remove(&self, case: [u8; 16], number: u32, id: DocumentId, request: Request, at_ms: i64) -> Append {
        let change = Change {
            at_ms,
            request: request.id.to_vec(),
            body: request.body.to_vec(),
            what: Some(What::Removed(Which { number, id: id.0.to_vec() })),
        };
        self.append(case, change, None)
    }

    fn append(&self, case: [u8; 16], change: Change, own: Option<Section>) -> Append {
        let mut sections = vec![Section { space: LIST_SPACE, payload: change.encode_to_vec() }];
        sections.extend(own);
        // A list is short and read whole: it needs no state.
        let head = Head { state: None, wake: None, listed_under: Vec::new() };
        Append { stream: stream_of(case), expected: self.sequence, sections, head }
    }
}

/// Reads the section of an upload that began.
fn pending(entry: &[u8], id: [u8; 16], added_ms: i64, request: Request) -> Option<Pending> {
    let Entry { file_name, media_type, len, file_chance, file_key, .. } = Entry::decode(entry).ok()?;
    Some(Pending {
        request,
        document: Document { id: DocumentId(id), file_name, media_type, len, digest: [0; 32], added_ms },
        part: file_chance.try_into().ok()?,
        file_key: Zeroizing::new(file_key.try_into().ok()?),
    })
}

/// Reads a document's own section.
fn kept(entry: &[u8], id: [u8; 16], added_ms: i64) -> Option<Kept> {
    let Entry { file_name, media_type, len, digest, file_digest, file_chance, file_key } = Entry::decode(entry).ok()?;
    Some(Kept {
        document: Document {
            id: DocumentId(id),
            file_name,
            media_type,
            len,
            digest: digest.try_into().ok()?,
            added_ms,
        },
        file: BlobName { digest: file_digest.try_into().ok()?, chance: file_chance.try_into().ok()? },
        file_key: Zeroizing::new(file_key.try_into().ok()?),
    })
}

/// Where a file lies, relative to the data directory.
pub(crate) fn shown(file: BlobName) -> PathBuf {
    file.path_in(Path::new("documents"))
}
