//! Documents that an agency was sent: it reads those of its own step, and learns of no others (I6).

use super::{KIND, hex, pieces, within};
use crate::api::Api;
use crate::name;
use crate::status::Refused;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use livshandelse_core::case::Step;
use livshandelse_core::id::{CaseId, Slug};
use livshandelse_proto::v1 as pb;
use livshandelse_store::blobs::Document;
use std::sync::Arc;
use tonic::Status;

/// Reads a document that went to the agency with a step: `sealed` is what the agency knows it by.
pub(crate) async fn download(
    api: &Api,
    agency: &Slug,
    (case, step): (CaseId, &Step),
    sealed: &str,
    request: pb::DownloadTaskAttachmentRequest,
) -> Result<BoxStream<'static, Result<pb::DownloadTaskAttachmentResponse, Status>>, Refused> {
    let missing = || name::not_found(KIND);
    let attachments = api.attachments().ok_or_else(missing)?;
    let opened = api.opaque().open_document(agency, sealed);
    let sent = |(of, id): &(CaseId, _)| *of == case && step.documents.contains(id);
    let (_, id) = opened.filter(sent).ok_or_else(missing)?;
    let reading =
        attachments.blocking(move |documents| documents.read(case.0, id)).await.map_err(|error| match error {
            // What was sent is never deleted: that it is gone is a fault of ours, and nothing for the agency to draw conclusions from.
            Refused::NotFound { .. } => Refused::Internal { what: "a document that was sent is gone" },
            other => other,
        })?;
    let offset = within(&reading, request.offset)?;
    let first = pb::DownloadTaskAttachmentResponse {
        offset: request.offset,
        content: Vec::new(),
        attachment: Some(shown(request.name, reading.document())),
    };
    let pieces = pieces(Arc::new(reading), offset).map(|piece| {
        let (offset, content) = piece?;
        Ok(pb::DownloadTaskAttachmentResponse { offset, content, attachment: None })
    });
    Ok(stream::iter([Ok(first)]).chain(pieces).boxed())
}

fn shown(name: String, document: &Document) -> pb::TaskAttachment {
    pb::TaskAttachment {
        name,
        file_name: document.file_name.clone(),
        media_type: document.media_type.clone(),
        size_bytes: i64::try_from(document.len).unwrap_or(i64::MAX),
        sha256: hex(&document.digest),
    }
}
