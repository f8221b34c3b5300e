//! `AttachmentService`: documents of drafts and cases, streamed up and down in pieces.

mod content;
mod file_name;
mod policy;
pub(crate) mod sent;
#[cfg(test)]
mod tests;
mod unsent;
mod upload;

pub(crate) use unsent::{dispose_unsent, expire_uploads};

use crate::actor::Caller;
use crate::api::{Api, request_id};
use crate::convert::paper::Papers;
use crate::convert::time::timestamp;
use crate::convert::wrong::Wrong;
use crate::limits::UPLOADS_MAX;
use crate::name;
use crate::status::Refused;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use livshandelse_core::Rejection;
use livshandelse_core::case::Case;
use livshandelse_core::id::{CaseId, PartyId};
use livshandelse_core::time::CivilTime;
use livshandelse_engine::Refusal;
use livshandelse_proto::limits::{
    ATTACHMENT_BYTES_MAX, ATTACHMENT_CHANGES_MAX, ATTACHMENTS_BYTES_MAX, ATTACHMENTS_LEN_MAX, UPLOAD_KEPT_HOURS_MAX,
};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::attachment_service_server::AttachmentService;
use livshandelse_store::blobs::{
    Document, DocumentError, DocumentLimit, DocumentLimits, Documents, PIECE_BYTES, Reading, Request as Repeatable,
    Upload,
};
use livshandelse_store::{Error, Refusal as StoreRefusal};
use policy::Deed;
use prost::Message as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use tonic::{Request, Response, Status, Streaming};

/// When to try again after others were quicker.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Locks among which cases are shared out: two that have the same wait for each other, and that is all.
const LOCKS: usize = 64;

/// What the contract lets a case hold.
const LIMITS: DocumentLimits = DocumentLimits {
    document_bytes_max: ATTACHMENT_BYTES_MAX,
    documents_max: ATTACHMENTS_LEN_MAX,
    case_bytes_max: ATTACHMENTS_BYTES_MAX,
    changes_max: ATTACHMENT_CHANGES_MAX,
    upload_ms_max: UPLOAD_KEPT_HOURS_MAX * 60 * 60 * 1_000,
};

/// The documents, and how many may come at once. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Attachments {
    documents: Arc<Documents>,
    uploads: Arc<Semaphore>,
    locks: Arc<[Arc<Mutex<()>>]>,
}

impl Attachments {
    pub(crate) fn new(documents: Arc<Documents>) -> Attachments {
        let locks = (0..LOCKS).map(|_| Arc::default()).collect();
        Attachments { documents, uploads: Arc::new(Semaphore::new(UPLOADS_MAX)), locks }
    }

    /// Keeps the documents of a case as they are between a look at them and the record that names them, or names them no more.
    async fn hold(&self, case: CaseId) -> OwnedMutexGuard<()> {
        let index = usize::from(case.0[15]) % self.locks.len();
        self.locks[index].clone().lock_owned().await
    }

    /// Does something with the documents where blocking is allowed.
    async fn blocking<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&Documents) -> Result<T, DocumentError> + Send + 'static,
    ) -> Result<T, Refused> {
        let documents = self.documents.clone();
        unblocked(move || deed(&documents).map_err(refused)).await
    }
}

/// What a person may name as a document in a case.
pub(crate) async fn papers(api: &Api, person: PartyId, case: &Case) -> Result<Papers, Refused> {
    let Some(attachments) = api.attachments().filter(|_| policy::check(case, person, Deed::Read).is_ok()) else {
        return Ok(Papers::Nothing);
    };
    let id = case.id;
    let held = attachments.hold(id).await;
    let listed = attachments.blocking(move |documents| documents.listed(id.0)).await?;
    Ok(Papers::Of { case: id, listed, _held: held })
}

/// Does something where blocking is allowed.
async fn unblocked<T: Send + 'static>(
    deed: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(deed).await.map_err(|_| Refused::Internal { what: "a document's thread" })?
}

/// Serves `AttachmentService`.
#[derive(Debug, Clone)]
pub(crate) struct AttachmentDesk {
    api: Api,
    attachments: Attachments,
}

impl AttachmentDesk {
    /// Serves the documents that the API was given; none without.
    pub(crate) fn of(api: &Api) -> Option<AttachmentDesk> {
        Some(AttachmentDesk { attachments: api.attachments()?.clone(), api: api.clone() })
    }

    /// A case that the caller may do something with the documents of.
    async fn case(&self, caller: &Caller, id: CaseId, deed: Deed) -> Result<Arc<Case>, Refused> {
        let person = caller.person()?;
        let opened = self.api.open(person, id).await?;
        policy::check(&opened.case, person, deed)?;
        Ok(opened.case)
    }

    async fn get(&self, caller: &Caller, name: &str) -> Result<pb::Attachment, Refused> {
        let (id, document) = name::read_attachment(name)?;
        let case = self.case(caller, id, Deed::Read).await?;
        let documents = self.attachments.blocking(move |documents| documents.list(id.0)).await?;
        let found = documents.iter().find(|known| known.id == document);
        found.map(|found| shown(&case, found)).ok_or_else(|| name::not_found(KIND))
    }

    async fn upload(
        &self,
        caller: &Caller,
        request: &pb::GetAttachmentUploadRequest,
    ) -> Result<pb::AttachmentUpload, Refused> {
        let id = name::read_case(&request.parent)?;
        let case = self.case(caller, id, Deed::Add).await?;
        let (request, now) = (request_id(&request.request_id)?.0, self.api.engine().now().0);
        let upload = self.attachments.blocking(move |documents| documents.upload(id.0, request, LIMITS, now)).await?;
        match upload.ok_or_else(|| name::not_found("upload"))? {
            Upload::Coming { document, came, expires_ms } => Ok(pb::AttachmentUpload {
                attachment: Some(pb::Attachment {
                    name: String::new(),
                    sha256: String::new(),
                    create_time: None,
                    ..shown(&case, &document)
                }),
                received_bytes: i64::try_from(came).unwrap_or(i64::MAX),
                expire_time: Some(timestamp(CivilTime(expires_ms))),
            }),
            Upload::Added(document) => Ok(pb::AttachmentUpload {
                received_bytes: i64::try_from(document.len).unwrap_or(i64::MAX),
                attachment: Some(shown(&case, &document)),
                expire_time: None,
            }),
        }
    }

    async fn list(&self, caller: &Caller, parent: &str) -> Result<pb::ListAttachmentsResponse, Refused> {
        let id = name::read_case(parent)?;
        let case = self.case(caller, id, Deed::Read).await?;
        let documents = self.attachments.blocking(move |documents| documents.list(id.0)).await?;
        let attachments = documents.iter().map(|document| shown(&case, document)).collect();
        Ok(pb::ListAttachmentsResponse { attachments })
    }

    async fn delete(&self, caller: &Caller, request: pb::DeleteAttachmentRequest) -> Result<(), Refused> {
        let (id, document) = name::read_attachment(&request.name)?;
        let _held = self.attachments.hold(id).await;
        let case = self.case(caller, id, Deed::Remove).await?;
        let repeatable = self.repeatable("DeleteAttachment", &request.request_id, request.name.as_bytes())?;
        policy::check_unused(&case, document)?;
        let now = self.api.engine().now().0;
        self.attachments.blocking(move |documents| documents.remove(id.0, document, repeatable, now)).await
    }

    async fn download(
        &self,
        caller: &Caller,
        request: pb::DownloadAttachmentRequest,
    ) -> Result<BoxStream<'static, Result<pb::DownloadAttachmentResponse, Status>>, Refused> {
        let (id, document) = name::read_attachment(&request.name)?;
        let case = self.case(caller, id, Deed::Read).await?;
        let reading = self.attachments.blocking(move |documents| documents.read(id.0, document)).await?;
        let offset = within(&reading, request.offset)?;
        let first = pb::DownloadAttachmentResponse {
            offset: request.offset,
            content: Vec::new(),
            attachment: Some(shown(&case, reading.document())),
        };
        let pieces = pieces(Arc::new(reading), offset).map(|piece| {
            let (offset, content) = piece?;
            Ok(pb::DownloadAttachmentResponse { offset, content, attachment: None })
        });
        Ok(stream::iter([Ok(first)]).chain(pieces).boxed())
    }

    /// The request as the documents recognise it when it is repeated.
    fn repeatable(&self, method: &str, id: &str, body: &[u8]) -> Result<Repeatable, Refused> {
        Ok(Repeatable { id: request_id(id)?.0, body: self.api.secrets().body(method, body) })
    }
}

/// An offset that lies within what is read, or at its end.
fn within(reading: &Reading, offset: i64) -> Result<u64, Refused> {
    let len = reading.document().len;
    let within = u64::try_from(offset).ok().filter(|offset| *offset <= len);
    within.ok_or_else(|| {
        Wrong::one("offset", "not within the document", format!("give 0 to {len}, where the document ends"))
    })
}

/// The content from an offset on, each piece with where it begins: read when the reader takes it, a piece at a time.
fn pieces(
    reading: Arc<Reading>,
    offset: u64,
) -> impl futures_util::Stream<Item = Result<(i64, Vec<u8>), Status>> + Send {
    stream::try_unfold(offset, move |offset| {
        let reading = reading.clone();
        async move {
            if offset >= reading.document().len {
                return Ok(None);
            }
            let piece = offset / PIECE_BYTES as u64;
            let skip = usize::try_from(offset % PIECE_BYTES as u64).unwrap_or(0);
            let mut content = unblocked(move || reading.piece(piece).map_err(refused)).await?;
            content.drain(..skip.min(content.len()));
            let next = offset + content.len() as u64;
            let offset = i64::try_from(offset).unwrap_or(i64::MAX);
            Ok(Some(((offset, content), next)))
        }
    })
}

#[tonic::async_trait]
impl AttachmentService for AttachmentDesk {
    type DownloadAttachmentStream = BoxStream<'static, Result<pb::DownloadAttachmentResponse, Status>>;

    async fn upload_attachment(
        &self,
        request: Request<Streaming<pb::UploadAttachmentRequest>>,
    ) -> Result<Response<pb::Attachment>, Status> {
        let caller = self.api.caller(&request)?;
        Ok(Response::new(upload::upload(self, &caller, request.into_inner()).await?))
    }

    async fn get_attachment_upload(
        &self,
        request: Request<pb::GetAttachmentUploadRequest>,
    ) -> Result<Response<pb::AttachmentUpload>, Status> {
        let caller = self.api.caller(&request)?;
        Ok(Response::new(self.upload(&caller, request.get_ref()).await?))
    }

    async fn download_attachment(
        &self,
        request: Request<pb::DownloadAttachmentRequest>,
    ) -> Result<Response<Self::DownloadAttachmentStream>, Status> {
        let caller = self.api.caller(&request)?;
        Ok(Response::new(self.download(&caller, request.into_inner()).await?))
    }

    async fn get_attachment(
        &self,
        request: Request<pb::GetAttachmentRequest>,
    ) -> Result<Response<pb::Attachment>, Status> {
        let caller = self.api.caller(&request)?;
        Ok(Response::new(self.get(&caller, &request.into_inner().name).await?))
    }

    async fn list_attachments(
        &self,
        request: Request<pb::ListAttachmentsRequest>,
    ) -> Result<Response<pb::ListAttachmentsResponse>, Status> {
        let caller = self.api.caller(&request)?;
        Ok(Response::new(self.list(&caller, &request.into_inner().parent).await?))
    }

    async fn delete_attachment(&self, request: Request<pb::DeleteAttachmentRequest>) -> Result<Response<()>, Status> {
        let caller = self.api.caller(&request)?;
        Ok(Response::new(self.delete(&caller, request.into_inner()).await?))
    }
}

/// What an attachment is called where it is not there.
const KIND: &str = "attachment";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A document as the contract has it.
fn shown(case: &Case, document: &Document) -> pb::Attachment {
    pb::Attachment {
        sent: policy::is_sent(case, document.id),
        name: name::attachment(case.id, document.id),
        file_name: document.file_name.clone(),
        media_type: document.media_type.clone(),
        size_bytes: i64::try_from(document.len).unwrap_or(i64::MAX),
        sha256: hex(&document.digest),
        create_time: Some(timestamp(CivilTime(document.added_ms))),
    }
}

/// What a refusal of the documents is towards a caller.
fn refused(error: DocumentError) -> Refused {
    let rejected = |rejection| Refused::Engine(Refusal::Rejected { rejection: Box::new(rejection), case: None });
    match error {
        DocumentError::Absent => name::not_found(KIND),
        DocumentError::RequestReused => rejected(Rejection::RequestIdReused),
        DocumentError::Limit { limit } => limit_refused(limit),
        DocumentError::OtherLength { .. } => Wrong::one(
            "attachment.size_bytes",
            "not the size of what came",
            "give the size of the whole content, and send all of it",
        ),
        DocumentError::NoRoom
        | DocumentError::Store(Error::Full { .. })
        | DocumentError::Refused(StoreRefusal::Full) => Refused::Engine(Refusal::DiskFull),
        DocumentError::Disposed | DocumentError::Refused(StoreRefusal::Disposed { .. }) => {
            rejected(Rejection::CaseEnded)
        }
        DocumentError::Contended | DocumentError::UnderWay | DocumentError::Refused(StoreRefusal::Conflict(_)) => {
            Refused::Engine(Refusal::Busy { retry_after: RETRY_AFTER })
        }
        DocumentError::Damaged { .. } => {
            // Where, not whose: `livshandelse store verify` tells an operator which case it is.
            tracing::error!("a document is damaged; `livshandelse store verify` names it");
            Refused::Engine(Refusal::Quarantined)
        }
        DocumentError::Refused(StoreRefusal::Quarantined { .. }) | DocumentError::Store(Error::Quarantined { .. }) => {
            Refused::Engine(Refusal::Quarantined)
        }
        DocumentError::Refused(StoreRefusal::Empty | StoreRefusal::TooLarge { .. }) => {
            Refused::Internal { what: "a record about a document" }
        }
        DocumentError::Store(error) => {
            tracing::error!(%error, "a document could not be read or written");
            Refused::Engine(Refusal::StoreFailed)
        }
    }
}

fn limit_refused(limit: DocumentLimit) -> Refused {
    match limit {
        DocumentLimit::DocumentBytes => {
            Refused::TooLarge { what: "attachment.size_bytes".to_owned(), max: format!("{ATTACHMENT_BYTES_MAX} bytes") }
        }
        DocumentLimit::Documents => {
            Refused::AttachmentsFull { what: "documents", max: ATTACHMENTS_LEN_MAX.to_string() }
        }
        DocumentLimit::CaseBytes => {
            Refused::AttachmentsFull { what: "bytes of documents", max: ATTACHMENTS_BYTES_MAX.to_string() }
        }
        DocumentLimit::Changes => {
            Refused::AttachmentsFull { what: "uploads and deletions", max: ATTACHMENT_CHANGES_MAX.to_string() }
        }
    }
}

/// The start without what a repeat may differ in.
fn body_of(start: &pb::UploadAttachmentStart) -> Vec<u8> {
    pb::UploadAttachmentStart { request_id: String::new(), offset: 0, ..start.clone() }.encode_to_vec()
}
