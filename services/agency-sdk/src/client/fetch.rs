//! Fetches the documents that the applicant sent with a step.

use super::{ReportError, WorkClient, is_worth_another_try, refused};
use livshandelse_proto::v1;
use prost_types::value::Kind;
use sha2::{Digest as _, Sha256};

/// The documents that a hand-over names: the field that each answers, and its name.
pub fn attachments_of(handover: &v1::PerformStepRequest) -> Vec<(String, String)> {
    let own = format!("{}/attachments/", handover.task);
    let fields = handover.input.iter().flat_map(|input| &input.fields);
    let named = fields.filter_map(|(field, value)| match value.kind.as_ref()? {
        Kind::StringValue(text) if text.starts_with(&own) => Some((field.clone(), text.clone())),
        Kind::StringValue(_)
        | Kind::NullValue(_)
        | Kind::NumberValue(_)
        | Kind::BoolValue(_)
        | Kind::StructValue(_)
        | Kind::ListValue(_) => None,
    });
    named.collect()
}

impl WorkClient {
    /// Fetches a document by the name that the input of its task has for it. Its content goes to `take`, piece by piece and in order;
    /// believe in it only when this has returned.
    ///
    /// Goes on where it was broken off while the service is away or busy. Not cancel safe: dropped, begin anew.
    ///
    /// # Errors
    ///
    /// - [`ReportError::NotFound`] if there is no such document, or it did not go to this agency.
    /// - [`ReportError::Garbled`] if what came is not what was stored. Begin anew.
    /// - Else see [`ReportError`].
    pub async fn fetch(
        &self,
        name: &str,
        mut take: impl FnMut(&[u8]) + Send,
    ) -> Result<v1::TaskAttachment, ReportError> {
        let mut delay = self.patience.first_delay;
        let mut attempts = 0;
        let (mut known, mut offset, mut hasher) = (None, 0, Sha256::new());
        let attachment = loop {
            attempts += 1;
            let before = offset;
            let message = v1::DownloadTaskAttachmentRequest { name: name.to_owned(), offset };
            let mut accept = |content: &[u8]| {
                hasher.update(content);
                offset += i64::try_from(content.len()).unwrap_or(i64::MAX);
                take(content);
            };
            let status = match self.stream(message, &mut known, &mut accept).await {
                Ok(()) => break known.ok_or(ReportError::Garbled)?,
                Err(status) => status,
            };
            if !is_worth_another_try(status.code()) {
                return Err(refused(&status));
            }
            if offset > before {
                // It goes forward: patience begins anew.
                (attempts, delay) = (0, self.patience.first_delay);
            }
            if attempts >= self.patience.attempts_max {
                return Err(ReportError::NotReached { attempts, last: status.message().to_owned() });
            }
            tokio::time::sleep(delay.min(self.patience.delay_max)).await;
            delay = delay.saturating_mul(2).min(self.patience.delay_max);
        };
        let digest: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if attachment.sha256 == digest { Ok(attachment) } else { Err(ReportError::Garbled) }
    }

    async fn stream(
        &self,
        message: v1::DownloadTaskAttachmentRequest,
        known: &mut Option<v1::TaskAttachment>,
        accept: &mut (impl FnMut(&[u8]) + Send),
    ) -> Result<(), tonic::Status> {
        let mut client = self.client.clone();
        let mut stream = client.download_task_attachment(self.request(message)).await?.into_inner();
        while let Some(piece) = stream.message().await? {
            if let Some(attachment) = piece.attachment {
                *known = Some(attachment);
            }
            accept(&piece.content);
        }
        Ok(())
    }
}
