//! Uploads, reads, deletions: the order in which files, keys and records change.

mod settle;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::content::{BlobName, Opened, PartName, Writing, documents_dir};
use super::list::{Kept, List, Outcome, Pending, shown, stream_of};
use super::{Document, DocumentError, DocumentId, DocumentLimit, DocumentLimits, Listed, NewDocument, Request};
use zeroize::Zeroizing;

use crate::disk::{Disk, replace};
use crate::durable::{hex, unhex};
use crate::{Append, Error, Random, Refusal, Room, SpaceId, Store, StreamId, StreamKind, Unit, crash_point};

/// How often a change is tried when others change the same list.
const TRIES_MAX: usize = 16;

const PART: &str = ".part";
const CHECK: &str = ".check";

/// The documents of all cases of a store. Calls block; none belongs on an async runtime's own threads. All methods may be called from any thread.
pub struct Documents {
    store: Arc<dyn Store>,
    disk: Arc<dyn Disk>,
    random: Arc<dyn Random>,
    dir: PathBuf,
    folders: Mutex<BTreeSet<String>>,
    live: Live,
}

/// Parts that somebody writes or removes just now.
#[derive(Clone, Default)]
struct Live(Arc<Mutex<BTreeSet<PartName>>>);

/// A part that nobody else touches as long as this is there.
struct Claim {
    live: Live,
    part: PartName,
}

impl Live {
    fn claim(&self, part: PartName) -> Result<Claim, DocumentError> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(part);
        if is_free { Ok(Claim { live: self.clone(), part }) } else { Err(DocumentError::UnderWay) }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.live.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.part);
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

/// What [`Documents::begin`] led to.
#[derive(Debug)]
pub enum Begun {
    /// The content may come.
    Uploading(Box<Uploading>),
    /// The same request has added it before.
    Added(Document),
}

/// A document whose content is coming. Dropped before [`Documents::finish`], what has come stays for [`Documents::resume`], until it expires.
pub struct Uploading {
    case: [u8; 16],
    number: u32,
    pending: Pending,
    writing: Writing,
    limits: DocumentLimits,
    claim: Claim,
}

/// How an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// Some of it has come.
    Coming {
        /// What is known of the document; its digest is not.
        document: Document,
        /// Bytes that have come and will be there.
        came: u64,
        /// When it is given up, in civil time: milliseconds since 1970.
        expires_ms: i64,
    },
    /// It is whole.
    Added(Document),
}

impl fmt::Debug for Uploading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploading").field("document", &self.pending.document).finish_non_exhaustive()
    }
}

impl Uploading {
    /// Counts the bytes that have come.
    #[must_use]
    pub fn came(&self) -> u64 {
        self.writing.came()
    }

    /// Takes the content that follows what came before. Not durable.
    ///
    /// # Errors
    ///
    /// [`DocumentError::OtherLength`] when more comes than was said; [`DocumentError::Store`] if it cannot be written.
    pub fn push(&mut self, content: &[u8]) -> Result<(), DocumentError> {
        self.writing.push(content)
    }

    /// Makes sure that as much has come as was said.
    ///
    /// # Errors
    ///
    /// [`DocumentError::OtherLength`] otherwise.
    pub fn check_whole(&self) -> Result<(), DocumentError> {
        self.writing.check_whole()
    }
}

/// A document that is read, piece by piece.
pub struct Reading {
    document: Document,
    opened: Opened,
    path: PathBuf,
    file: BlobName,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("document", &self.document).finish_non_exhaustive()
    }
}

impl Reading {
    /// What is known of it.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Counts its pieces, each of [`super::PIECE_BYTES`] but for the last.
    #[must_use]
    pub fn pieces_count(&self) -> u64 {
        self.opened.pieces_count()
    }

    /// Reads a piece, counted from 0.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Damaged`] if it is not as it was written; [`DocumentError::Store`] if it cannot be read.
    pub fn piece(&self, piece: u64) -> Result<Vec<u8>, DocumentError> {
        self.opened.piece(&self.path, piece)?.ok_or_else(|| DocumentError::Damaged { file: shown(self.file) })
    }
}

impl Documents {
    /// Opens the documents of a store, below its data directory, and finishes what a crash has left: content that no list names is
    /// removed. Incomplete uploads stay until they are resumed or expire.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Store`] if something cannot be read or written.
    pub fn open(
        store: Arc<dyn Store>,
        disk: Arc<dyn Disk>,
        data: &Path,
        random: Arc<dyn Random>,
    ) -> Result<Self, DocumentError> {
        let dir = documents_dir(data);
        let documents = Self { store, disk, random, dir, folders: Mutex::default(), live: Live::default() };
        let incoming = documents.incoming();
        let io = |source| Error::io("open", &incoming, source);
        documents.disk.create_dir(&incoming).map_err(io)?;
        documents.disk.sync_dir(&documents.dir).and_then(|()| documents.disk.sync_dir(data)).map_err(io)?;
        documents.settle()?;
        Ok(documents)
    }

    fn incoming(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    /// Lists the documents of a case, the oldest first. A case without any has an empty list.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Damaged`] or [`DocumentError::Store`] if the list cannot be read.
    pub fn list(&self, case: [u8; 16]) -> Result<Vec<Document>, DocumentError> {
        let list = List::read(&*self.store, case)?;
        Ok(list.documents.into_values().map(|kept| kept.document).collect())
    }

    /// Lists the documents of a case as [`Documents::list`] does, and those that were removed.
    ///
    /// # Errors
    ///
    /// As [`Documents::list`].
    pub fn listed(&self, case: [u8; 16]) -> Result<Listed, DocumentError> {
        let List { documents, removed, .. } = List::read(&*self.store, case)?;
        Ok(Listed { documents: documents.into_values().map(|kept| kept.document).collect(), removed })
    }

    /// Begins an upload from its first byte; checks everything that can be known before the content. What the same request has brought before
    /// is given up. What is begun is a document only after [`Documents::finish`]; `now_ms` is civil time.
    ///
    /// # Errors
    ///
    /// - [`DocumentError::Absent`]: the request added a document that has been removed since.
    /// - [`DocumentError::RequestReused`], [`DocumentError::Limit`], [`DocumentError::NoRoom`], [`DocumentError::Disposed`].
    /// - [`DocumentError::UnderWay`]: the same upload is coming just now.
    /// - [`DocumentError::Damaged`], [`DocumentError::Store`]: the list cannot be read, or no file be made.
    pub fn begin(
        &self,
        case: [u8; 16],
        new: NewDocument,
        limits: DocumentLimits,
        now_ms: i64,
    ) -> Result<Begun, DocumentError> {
        for _ in 0..TRIES_MAX {
            let list = List::read(&*self.store, case)?;
            if let Some(document) = repeated(&list, new.request)? {
                return Ok(Begun::Added(document));
            }
            if let Some((number, pending)) = list.pending_of(new.request.id) {
                if pending.request.body != new.request.body {
                    return Err(DocumentError::RequestReused);
                }
                self.drop_upload(case, &list, number, now_ms)?;
                continue;
            }
            if self.drop_expired(case, &list, limits, now_ms)? > 0 {
                continue;
            }
            check_limits(&list, None, new.len, limits)?;
            if self.store.room() != Room::Plenty {
                return Err(DocumentError::NoRoom);
            }
            let Some(digest_key) = &list.digest_key else {
                let mut digest_key = Zeroizing::new([0; 32]);
                self.random.fill(&mut *digest_key)?;
                // Somebody else may have begun it meanwhile: then his key is taken.
                self.commit(list.begin(case, &digest_key))?;
                continue;
            };
            let mut file_key = Zeroizing::new([0; 32]);
            self.random.fill(&mut *file_key)?;
            let document = Document {
                id: DocumentId(self.chance()?),
                file_name: new.file_name.clone(),
                media_type: new.media_type.clone(),
                len: new.len,
                digest: [0; 32],
                added_ms: now_ms,
            };
            let pending = Pending { request: new.request, document, part: self.chance()?, file_key: file_key.clone() };
            let claim = self.live.claim(pending.part)?;
            let (number, append) = list.begin_upload(case, &pending);
            if !self.commit(append)? {
                continue;
            }
            crash_point("upload-begun");
            let path = self.part_path(case, pending.part);
            let writing = Writing::begin(&*self.disk, path, file_key, digest_key, new.len)?;
            return Ok(Begun::Uploading(Box::new(Uploading { case, number, pending, writing, limits, claim })));
        }
        Err(DocumentError::Contended)
    }

    /// Goes on with an upload that was broken off, after what has come; [`Uploading::came`] tells how much that is, and `seen` is shown it piece by
    /// piece. Begins it where nothing has come.
    ///
    /// # Errors
    ///
    /// As [`Documents::begin`].
    pub fn resume(
        &self,
        case: [u8; 16],
        new: NewDocument,
        limits: DocumentLimits,
        now_ms: i64,
        seen: &mut dyn FnMut(&[u8]),
    ) -> Result<Begun, DocumentError> {
        let list = List::read(&*self.store, case)?;
        if let (Some((number, pending)), Some(digest_key)) = (list.pending_of(new.request.id), &list.digest_key)
            && pending.request.body == new.request.body
            && !is_expired(pending, limits, now_ms)
        {
            let claim = self.live.claim(pending.part)?;
            let path = self.part_path(case, pending.part);
            let key = pending.file_key.clone();
            let resumed = Writing::resume(&*self.disk, path, key, digest_key, pending.document.len, seen)?;
            if let Some(writing) = resumed.filter(|writing| writing.came() > 0) {
                let pending = pending.clone();
                return Ok(Begun::Uploading(Box::new(Uploading { case, number, pending, writing, limits, claim })));
            }
        }
        self.begin(case, new, limits, now_ms)
    }

    /// Tells how the upload of a request stands; `None` if there is none, or not any more.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Damaged`] or [`DocumentError::Store`] if it cannot be read.
    pub fn upload(
        &self,
        case: [u8; 16],
        request: [u8; 16],
        limits: DocumentLimits,
        now_ms: i64,
    ) -> Result<Option<Upload>, DocumentError> {
        let list = List::read(&*self.store, case)?;
        if let Some((_, Outcome::Added(number))) = list.requests.get(&request) {
            return Ok(list.documents.get(number).map(|kept| Upload::Added(kept.document.clone())));
        }
        let found = list.pending_of(request).filter(|(_, pending)| !is_expired(pending, limits, now_ms));
        let (Some((_, pending)), Some(digest_key)) = (found, &list.digest_key) else { return Ok(None) };
        let path = self.part_path(case, pending.part);
        let (key, len) = (pending.file_key.clone(), pending.document.len);
        let writing = Writing::resume(&*self.disk, path, key, digest_key, len, &mut |_| {})?;
        Ok(Some(Upload::Coming {
            document: pending.document.clone(),
            came: writing.map_or(0, |writing| writing.came()),
            expires_ms: expires_ms(pending, limits),
        }))
    }

    /// Gives an upload up: its key is destroyed and what has come removed.
    ///
    /// # Errors
    ///
    /// As [`Store::dispose`]; the next [`Documents::open`] goes on.
    pub fn abandon(&self, uploading: Uploading, now_ms: i64) -> Result<(), DocumentError> {
        let Uploading { case, number, claim, .. } = uploading;
        drop(claim);
        self.abandon_number(case, number, now_ms)
    }

    fn abandon_number(&self, case: [u8; 16], number: u32, now_ms: i64) -> Result<(), DocumentError> {
        for _ in 0..TRIES_MAX {
            let list = List::read(&*self.store, case)?;
            if !list.pending.contains_key(&number) || self.drop_upload(case, &list, number, now_ms)? {
                return Ok(());
            }
        }
        Err(DocumentError::Contended)
    }

    /// Gives up the uploads that have expired. Returns how many. Meant for now and then.
    ///
    /// # Errors
    ///
    /// As [`Documents::abandon`]; what is left is done the next time.
    pub fn expire(&self, limits: DocumentLimits, now_ms: i64) -> Result<usize, DocumentError> {
        let incoming = self.incoming();
        let names = self.disk.list(&incoming).map_err(|source| Error::io("read", &incoming, source))?;
        let cases: BTreeSet<[u8; 16]> = names.iter().filter_map(|name| Some(part_of(name)?.0)).collect();
        let mut expired_count = 0;
        for case in cases {
            expired_count += self.drop_expired(case, &List::read(&*self.store, case)?, limits, now_ms)?;
        }
        Ok(expired_count)
    }

    /// Gives up what has expired of a case. Returns how many of them; the list has changed then.
    fn drop_expired(
        &self,
        case: [u8; 16],
        list: &List,
        limits: DocumentLimits,
        now_ms: i64,
    ) -> Result<usize, DocumentError> {
        let expired = list.pending.iter().filter(|(_, pending)| is_expired(pending, limits, now_ms));
        let mut dropped_count = 0;
        for number in expired.map(|(number, _)| *number) {
            match self.abandon_number(case, number, now_ms) {
                Ok(()) => dropped_count += 1,
                // It is coming all the same: whoever takes so long is ended by others.
                Err(DocumentError::UnderWay) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(dropped_count)
    }

    /// Gives an upload of a list up; `false` if the list has changed.
    fn drop_upload(&self, case: [u8; 16], list: &List, number: u32, now_ms: i64) -> Result<bool, DocumentError> {
        let Some(pending) = list.pending.get(&number) else { return Ok(true) };
        let _claim = self.live.claim(pending.part)?;
        if !self.commit(list.drop_upload(case, number, pending.document.id, now_ms))? {
            return Ok(false);
        }
        crash_point("upload-dropped");
        self.store.dispose(stream_of(case), Some(SpaceId(number)))?;
        self.remove_part(case, pending.part);
        Ok(true)
    }

    /// Ends an upload: the document is in the list, **durable on return**. Equal content in the same case is stored once.
    ///
    /// `digest` is the caller's own digest of the content, kept with it; `added_ms` is civil time.
    ///
    /// # Errors
    ///
    /// - [`DocumentError::OtherLength`]: less came than was said. [`DocumentError::Limit`]: others were quicker. Nothing is stored.
    /// - As [`Documents::begin`]. After [`DocumentError::Store`] with anything but a full disk, the next [`Documents::open`] finds out.
    pub fn finish(&self, uploading: Uploading, digest: [u8; 32], added_ms: i64) -> Result<Document, DocumentError> {
        let Uploading { case, number, pending, mut writing, limits, claim } = uploading;
        let ended = writing.finish();
        let file_digest = match ended {
            Ok(file_digest) => file_digest,
            Err(error) => {
                drop(claim);
                if matches!(error, DocumentError::OtherLength { .. }) {
                    self.abandon_number(case, number, added_ms)?;
                }
                return Err(error);
            }
        };
        let file = BlobName { digest: file_digest, chance: self.chance()? };
        let part = pending.part;
        let own =
            Kept { document: Document { digest, added_ms, ..pending.document }, file, file_key: writing.key().clone() };
        let mut is_named = false;
        let added = self.add((case, number), &own, pending.request, limits, &writing, &mut is_named);
        match added {
            Ok((document, is_own)) => {
                crash_point("document-after-commit");
                self.unname(file, is_named, !is_own);
                if !is_named {
                    self.remove_part(case, part);
                }
                Ok(document)
            }
            Err(error) => {
                // Whoever cannot know what is on disk leaves everything to the next start.
                let is_known = !matches!(&error, DocumentError::Store(inner) if !matches!(inner, Error::Full { .. }));
                if is_known {
                    self.unname(file, is_named, true);
                    drop(claim);
                    if let Err(later) = self.abandon_number(case, number, added_ms) {
                        tracing::warn!(%later, "what is left of an upload is removed when it expires");
                    }
                }
                Err(error)
            }
        }
    }

    /// Puts a document into the list. Tells whether its own file is used.
    fn add(
        &self,
        (case, number): ([u8; 16], u32),
        own: &Kept,
        request: Request,
        limits: DocumentLimits,
        writing: &Writing,
        is_named: &mut bool,
    ) -> Result<(Document, bool), DocumentError> {
        for _ in 0..TRIES_MAX {
            let list = List::read(&*self.store, case)?;
            check_limits(&list, Some(number), own.len(), limits)?;
            if !list.pending.contains_key(&number) {
                return Err(DocumentError::Absent);
            }
            let kept = match list.same_content(&own.file.digest) {
                Some(same) => Kept { document: own.document.clone(), ..same.clone() },
                None => {
                    if !*is_named {
                        self.mark(case, own.file)?;
                        *is_named = true;
                        self.name(own.file, writing.path())?;
                    }
                    own.clone()
                }
            };
            crash_point("document-before-commit");
            if self.commit(list.add(case, number, &kept, request))? {
                return Ok((kept.document, kept.file == own.file));
            }
        }
        Err(DocumentError::Contended)
    }

    /// Opens a document to read its content.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Absent`] if there is no such document; [`DocumentError::Damaged`] if its file is missing or too short.
    pub fn read(&self, case: [u8; 16], id: DocumentId) -> Result<Reading, DocumentError> {
        let find = || -> Result<Kept, DocumentError> {
            let list = List::read(&*self.store, case)?;
            list.find(id).map(|(_, kept)| kept.clone()).ok_or(DocumentError::Absent)
        };
        let Kept { document, file, file_key } = find()?;
        let path = file.path_in(&self.dir);
        match Opened::open(&*self.disk, &path, &file_key, document.len)? {
            Some(opened) => Ok(Reading { document, opened, path, file }),
            None => {
                // It may have been removed just now.
                find()?;
                Err(DocumentError::Damaged { file: shown(file) })
            }
        }
    }

    /// Removes a document: it is out of the list, its key destroyed and its content removed on return. Whether it may be removed is the caller's
    /// to know. Content that another document of the case has too stays as that one's.
    ///
    /// # Errors
    ///
    /// - [`DocumentError::Absent`], [`DocumentError::RequestReused`].
    /// - [`DocumentError::Damaged`], [`DocumentError::Store`]: the next [`Documents::open`] finishes what was begun.
    pub fn remove(&self, case: [u8; 16], id: DocumentId, request: Request, at_ms: i64) -> Result<(), DocumentError> {
        for _ in 0..TRIES_MAX {
            let list = List::read(&*self.store, case)?;
            match list.requests.get(&request.id) {
                Some((body, Outcome::Removed(_))) if *body == request.body => return Ok(()),
                Some(_) => return Err(DocumentError::RequestReused),
                None => {}
            }
            let Some((number, kept)) = list.find(id) else { return Err(DocumentError::Absent) };
            let file = kept.file;
            self.mark(case, file)?;
            if !self.commit(list.remove(case, number, id, request, at_ms))? {
                continue;
            }
            crash_point("document-removed");
            self.store.dispose(stream_of(case), Some(SpaceId(number)))?;
            let is_shared = List::read(&*self.store, case)?.names(file);
            self.unname(file, true, !is_shared);
            return Ok(());
        }
        Err(DocumentError::Contended)
    }

    /// Destroys all documents of a case, keys and content; its list takes no more. Repeating it changes nothing. Returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`Store::dispose`]; the next [`Documents::open`] removes the files that are left.
    pub fn dispose(&self, case: [u8; 16]) -> Result<usize, DocumentError> {
        let list = List::read(&*self.store, case)?;
        let files: BTreeSet<BlobName> = list.documents.values().map(|kept| kept.file).collect();
        for file in &files {
            self.mark(case, *file)?;
        }
        self.store.dispose(stream_of(case), None)?;
        // What was added between is found by whoever looks at the list again: it takes nothing from now on.
        files.iter().for_each(|file| self.unname(*file, true, true));
        list.pending.values().for_each(|pending| self.remove_part(case, pending.part));
        Ok(files.len())
    }

    /// Names up to `limit` cases that have, or had, a list of documents, in the order of their ids, after `after`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the index cannot be read.
    pub fn cases(&self, after: Option<[u8; 16]>, limit: usize) -> Result<Vec<[u8; 16]>, Error> {
        let after = after.map(|id| StreamId::new(StreamKind::Documents, id));
        Ok(self.store.streams(StreamKind::Documents, after, limit)?.into_iter().map(|stream| stream.id).collect())
    }

    fn chance<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Commits a record; `false` if somebody else was quicker.
    fn commit(&self, append: Append) -> Result<bool, DocumentError> {
        match self.store.commit(vec![Unit::one(append)])?.into_iter().next() {
            Some(Ok(())) => Ok(true),
            Some(Err(Refusal::Conflict(_))) => Ok(false),
            Some(Err(Refusal::Disposed { .. })) => Err(DocumentError::Disposed),
            Some(Err(refusal)) => Err(refusal.into()),
            None => Err(Refusal::Empty.into()),
        }
    }

    fn part_path(&self, case: [u8; 16], part: PartName) -> PathBuf {
        self.incoming().join(format!("{}-{}{PART}", hex(&case), hex(&part)))
    }

    /// Removes what has come of an upload. What fails is done at the next start.
    fn remove_part(&self, case: [u8; 16], part: PartName) {
        if let Err(error) = self.disk.remove(&self.part_path(case, part)) {
            tracing::warn!(%error, "what is left of an upload is removed at the next start");
        }
    }

    fn check_path(&self, file: BlobName) -> PathBuf {
        self.incoming().join(format!("{}{CHECK}", file.file_name()))
    }

    /// Notes, durably, that a file is about to be named or removed.
    fn mark(&self, case: [u8; 16], file: BlobName) -> Result<(), Error> {
        let path = self.check_path(file);
        replace(&*self.disk, &path, hex(&case).as_bytes()).map_err(|source| Error::io("write", &path, source))
    }

    /// Gives a synced file its name; durable on return.
    fn name(&self, file: BlobName, from: &Path) -> Result<(), Error> {
        let path = file.path_in(&self.dir);
        let folder = self.dir.join(file.folder());
        let io = |source| Error::io("name", &path, source);
        if !self.folders.lock().unwrap_or_else(PoisonError::into_inner).contains(&file.folder()) {
            self.disk.create_dir(&folder).and_then(|()| self.disk.sync_dir(&self.dir)).map_err(io)?;
            self.folders.lock().unwrap_or_else(PoisonError::into_inner).insert(file.folder());
        }
        self.disk.rename(from, &path).map_err(io)?;
        self.disk.sync_dir(&folder).map_err(io)
    }

    /// Removes a file that nobody names, and the note about it. What fails is done at the next start, and no caller's trouble.
    fn unname(&self, file: BlobName, is_marked: bool, is_removed: bool) {
        if !is_marked {
            return;
        }
        let remove = || {
            if is_removed {
                self.disk.remove(&file.path_in(&self.dir))?;
                match self.disk.sync_dir(&self.dir.join(file.folder())) {
                    // It was never named.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    other => other?,
                }
            }
            self.disk.remove(&self.check_path(file))
        };
        if let Err(error) = remove() {
            tracing::warn!(%error, "what is left of a document is removed at the next start");
        }
    }
}

/// What the same request did before: the document it added.
fn repeated(list: &List, request: Request) -> Result<Option<Document>, DocumentError> {
    match list.requests.get(&request.id) {
        None => Ok(None),
        Some((body, Outcome::Added(number))) if *body == request.body => {
            let kept = list.documents.get(number).ok_or(DocumentError::Absent)?;
            Ok(Some(kept.document.clone()))
        }
        Some(_) => Err(DocumentError::RequestReused),
    }
}

/// The case and the part that a file's name is made of.
fn part_of(name: &str) -> Option<([u8; 16], PartName)> {
    let (case, part) = name.strip_suffix(PART)?.split_once('-')?;
    Some((unhex(case)?, unhex(part)?))
}

fn expires_ms(pending: &Pending, limits: DocumentLimits) -> i64 {
    pending.document.added_ms.saturating_add(limits.upload_ms_max)
}

fn is_expired(pending: &Pending, limits: DocumentLimits, now_ms: i64) -> bool {
    expires_ms(pending, limits) <= now_ms
}

/// Whether a document fits in beside what is there and what is coming; `upload` is its own number where that is among them.
fn check_limits(list: &List, upload: Option<u32>, len: u64, limits: DocumentLimits) -> Result<(), DocumentError> {
    let limit = if list.is_disposed {
        return Err(DocumentError::Disposed);
    } else if len > limits.document_bytes_max {
        DocumentLimit::DocumentBytes
    } else if list.count_without(upload) >= limits.documents_max {
        DocumentLimit::Documents
    } else if list.bytes_without(upload).saturating_add(len) > limits.case_bytes_max {
        DocumentLimit::CaseBytes
    } else if upload.is_none() && list.changes >= limits.changes_max {
        DocumentLimit::Changes
    } else {
        return Ok(());
    };
    Err(DocumentError::Limit { limit })
}
