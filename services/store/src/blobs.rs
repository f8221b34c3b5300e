//! Documents of cases: content in files of its own beside the journal, and a list of them in a stream of its own.
//!
//! ```text
//! data/documents/ab/ab….-….sealed   a document's content, in sealed pieces; the name is a keyed digest of the content
//! data/documents/incoming/*.part    what is being uploaded, in sealed pieces; removed when it is whole or expires
//! data/documents/incoming/*.check   a file whose naming or removal was under way: looked at when the store is opened
//! ```
//!
//! The list is the stream [`StreamKind::Documents`](crate::StreamKind::Documents) with the case's id. A record of it holds id, name, type, size and
//! digest, never content; each document's part lies in a space of its own and has, beside these, the random key of the file. So the key log
//! decides over content as over everything else: with the space's key the file's key is gone, and with that the content.
//!
//! The order of an upload: commit that it begins, with the file's key, write the sealed pieces, sync the file, give it its name, sync that, commit the record, answer. The order of a deletion:
//! commit the record, destroy the key, remove the file, answer. Whatever a crash leaves between two of these is finished when the store
//! is opened.

mod content;
mod documents;
mod list;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

pub use content::PIECE_BYTES;
pub(crate) use content::{BlobName, Opened, documents_dir};
pub use documents::{Begun, Documents, Reading, Upload, Uploading};
pub(crate) use list::{List, shown};
pub use livshandelse_core::id::DocumentId;

use crate::{Error, Refusal};

/// The documents of a case, and those that were among them.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// Those that are there, the oldest first.
    pub documents: Vec<Document>,
    /// Those that were removed.
    pub removed: BTreeSet<DocumentId>,
}

/// What is known of a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// What the file was called.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Bytes of its content.
    pub len: u64,
    /// The caller's own digest of the content.
    pub digest: [u8; 32],
    /// When it was added, in civil time: milliseconds since 1970.
    pub added_ms: i64,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Name and digest are somebody's content: never in a log.
        f.debug_struct("Document").field("id", &self.id).field("len", &self.len).finish_non_exhaustive()
    }
}

/// A document that is about to come.
#[derive(Clone)]
pub struct NewDocument {
    /// What the file is called.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Bytes of its content: so many must come.
    pub len: u64,
    /// The request that brings it.
    pub request: Request,
}

impl fmt::Debug for NewDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDocument").field("len", &self.len).finish_non_exhaustive()
    }
}

/// A request, so that its repeat is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: [u8; 16],
    /// A keyed digest of its body.
    pub body: [u8; 16],
}

/// How much of documents a case may hold. The caller's to set.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Bytes of one document.
    pub document_bytes_max: u64,
    /// Documents of a case.
    pub documents_max: usize,
    /// Bytes of all documents of a case; equal content counts each time.
    pub case_bytes_max: u64,
    /// Uploads and deletions of a case in all its time: its list is read whole.
    pub changes_max: usize,
    /// How long an upload may be broken off and resumed, in civil time: milliseconds.
    pub upload_ms_max: i64,
}

/// Which of the limits is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentLimit {
    /// [`DocumentLimits::document_bytes_max`].
    DocumentBytes,
    /// [`DocumentLimits::documents_max`].
    Documents,
    /// [`DocumentLimits::case_bytes_max`].
    CaseBytes,
    /// [`DocumentLimits::changes_max`].
    Changes,
}

/// Why something could not be done with a document. Texts name neither case nor file name.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// There is no such document.
    #[error("no such document")]
    Absent,
    /// The request came before with another body.
    #[error("the request came before with another body")]
    RequestReused,
    /// The same upload is coming just now.
    #[error("the same upload is under way")]
    UnderWay,
    /// A limit is reached. Nothing was stored.
    #[error("the limit on {limit:?} is reached")]
    Limit {
        /// Which.
        limit: DocumentLimit,
    },
    /// More or less came than was said.
    #[error("{came} bytes came, {said} were said")]
    OtherLength {
        /// Bytes that came, counted until it was seen.
        came: u64,
        /// Bytes that were said.
        said: u64,
    },
    /// The disk has little room left: nothing new is begun.
    #[error("the disk has little room left")]
    NoRoom,
    /// All documents of the case have been disposed of.
    #[error("the documents of the case have been disposed of")]
    Disposed,
    /// Somebody else changes the list all the time.
    #[error("the list of documents changes too fast")]
    Contended,
    /// What is stored is not as it was written.
    #[error("a document is damaged: {file}")]
    Damaged {
        /// The file, relative to the data directory, or the journal.
        file: PathBuf,
    },
    /// The list was not stored.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something could not be read or written.
    #[error(transparent)]
    Store(#[from] Error),
}
