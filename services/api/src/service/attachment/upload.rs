//! An upload: first what comes, then the content in pieces, looked through while it comes.

use super::content::{Flaw, MediaType, Sieve};
use super::policy::Deed;
use super::{AttachmentDesk, LIMITS, body_of, file_name, hex, refused, shown, unblocked};
use crate::actor::Caller;
use crate::convert::wrong::Wrong;
use crate::name;
use crate::status::Refused;
use livshandelse_proto::limits::{ATTACHMENT_BYTES_MAX, ATTACHMENT_PIECE_BYTES_MAX, UPLOAD_SILENCE_MAX};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::upload_attachment_request::Part;
use livshandelse_store::blobs::{Begun, Document, Documents, NewDocument, Request as Repeatable, Uploading};
use sha2::{Digest as _, Sha256};
use tonic::{Status, Streaming};

/// A content that is coming.
struct Coming {
    uploading: Uploading,
    sieve: Sieve,
    hasher: Sha256,
}

impl Coming {
    fn push(&mut self, content: &[u8]) -> Result<(), Refused> {
        self.sieve.push(content).map_err(of_content)?;
        self.hasher.update(content);
        self.uploading.push(content).map_err(refused)
    }

    /// Ends it. What comes to an end before it is whole was broken off, for a call that is given up ends like any other: it
    /// stays. What is refused for what it is leaves nothing.
    fn finish(mut self, documents: &Documents, sha256: Option<[u8; 32]>, now: i64) -> Result<Document, Refused> {
        self.uploading.check_whole().map_err(refused)?;
        let digest: [u8; 32] = self.hasher.finalize_reset().into();
        let checked = self.sieve.finish().map_err(of_content).and_then(|()| {
            if sha256.is_some_and(|said| said != digest) {
                let remedy = format!("what came has {}; send it anew", hex(&digest));
                return Err(Wrong::one("attachment.sha256", "not the digest of what came", remedy));
            }
            Ok(())
        });
        match checked {
            Ok(()) => documents.finish(self.uploading, digest, now).map_err(refused),
            Err(refusal) => {
                self.abandon(documents, now);
                Err(refusal)
            }
        }
    }

    fn abandon(self, documents: &Documents, now: i64) {
        if let Err(error) = documents.abandon(self.uploading, now) {
            tracing::warn!(%error, "what is left of an upload is removed when it expires");
        }
    }
}

/// What is said of a document, checked.
struct Said {
    media_type: MediaType,
    sha256: Option<[u8; 32]>,
    new: NewDocument,
}

/// Takes an upload. What is refused leaves nothing; what is broken off, by whomever, stays until it is resumed or expires.
pub(super) async fn upload(
    desk: &AttachmentDesk,
    caller: &Caller,
    mut stream: Streaming<pb::UploadAttachmentRequest>,
) -> Result<pb::Attachment, Status> {
    let _place = desk.attachments.uploads.clone().try_acquire_owned().map_err(|_| Refused::TooManyCalls)?;
    let Some(Part::Start(start)) = next(&mut stream).await?.and_then(|message| message.part) else {
        return Err(Wrong::one("start", "missing", "say in the first message what comes").into());
    };
    let id = name::read_case(&start.parent)?;
    let case = desk.case(caller, id, Deed::Add).await?;
    let repeatable = desk.repeatable("UploadAttachment", &start.request_id, &body_of(&start))?;
    let Said { media_type, sha256, new } = said(start.attachment.unwrap_or_default(), repeatable)?;
    let wrong_offset = |remedy: String| Wrong::one("start.offset", "not where the content goes on", remedy);
    let from = u64::try_from(start.offset).map_err(|_| wrong_offset("give 0, or what has been received".to_owned()))?;
    let now = desk.api.engine().now().0;
    let begun = desk.attachments.blocking(move |documents| {
        let (mut sieve, mut hasher, mut flaw) = (Sieve::new(media_type), Sha256::new(), None);
        let begun = if from == 0 {
            documents.begin(id.0, new, LIMITS, now)?
        } else {
            documents.resume(id.0, new, LIMITS, now, &mut |content| {
                flaw = flaw.or(sieve.push(content).err());
                hasher.update(content);
            })?
        };
        Ok((begun, sieve, hasher, flaw))
    });
    let mut coming = match begun.await? {
        (Begun::Added(document), ..) => return Ok(shown(&case, &document)),
        (Begun::Uploading(uploading), sieve, hasher, None) => Coming { uploading: *uploading, sieve, hasher },
        (Begun::Uploading(_), _, _, Some(flaw)) => return Err(of_content(flaw).into()),
    };
    let came = coming.uploading.came();
    if came != from {
        return Err(wrong_offset(format!("give {came}, or 0 to begin anew")).into());
    }
    let documents = desk.attachments.documents.clone();
    while let Some(message) = next(&mut stream).await? {
        let content = content_of(message, coming.uploading.came());
        let documents = documents.clone();
        let pushed = unblocked(move || match content.and_then(|content| coming.push(&content)) {
            Ok(()) => Ok(coming),
            Err(refusal) => {
                coming.abandon(&documents, now);
                Err(refusal)
            }
        });
        coming = pushed.await?;
    }
    let now = desk.api.engine().now().0;
    let document = unblocked(move || coming.finish(&documents, sha256, now)).await?;
    Ok(shown(&case, &document))
}

/// The content of a message that must go on after so many bytes.
fn content_of(message: pb::UploadAttachmentRequest, came: u64) -> Result<Vec<u8>, Refused> {
    match message.part {
        Some(Part::Content(content)) if content.len() > ATTACHMENT_PIECE_BYTES_MAX => {
            Err(Refused::TooLarge { what: "content".to_owned(), max: format!("{ATTACHMENT_PIECE_BYTES_MAX} bytes") })
        }
        Some(Part::Content(content)) if !content.is_empty() => {
            if u64::try_from(message.offset) != Ok(came) {
                let remedy = format!("give {came}: pieces come in order");
                return Err(Wrong::one("offset", "not where the content goes on", remedy));
            }
            Ok(content)
        }
        Some(Part::Content(_) | Part::Start(_)) | None => {
            Err(Wrong::one("content", "missing", "send content after the first message, 1 to 65536 bytes in each"))
        }
    }
}

/// The next message, if it comes in time.
async fn next(
    stream: &mut Streaming<pb::UploadAttachmentRequest>,
) -> Result<Option<pb::UploadAttachmentRequest>, Status> {
    match tokio::time::timeout(UPLOAD_SILENCE_MAX, stream.message()).await {
        Ok(message) => message,
        Err(_elapsed) => Err(Refused::TooSlow.into()),
    }
}

fn of_content(flaw: Flaw) -> Refused {
    Wrong::one("attachment.media_type", flaw.problem, flaw.remedy)
}

/// Checks what is said of a document: every wrong field at once.
fn said(given: pb::Attachment, request: Repeatable) -> Result<Said, Refused> {
    let mut wrong = Wrong::default();
    let media_type = MediaType::read(&given.media_type);
    if media_type.is_none() {
        let known = MediaType::ALL.map(MediaType::as_str).join(", ");
        wrong.add("attachment.media_type", "not taken", format!("give one of {known}; save office documents as PDF"));
    }
    if let Some((problem, remedy)) =
        media_type.and_then(|media_type| file_name::flaw(&given.file_name, media_type.endings()))
    {
        wrong.add("attachment.file_name", problem, remedy);
    }
    if !given.name.is_empty() {
        wrong.add("attachment.name", "given", "leave it empty: the service names it");
    }
    let len = u64::try_from(given.size_bytes).ok().filter(|len| *len > 0);
    if len.is_none() {
        wrong.add("attachment.size_bytes", "no size", format!("give 1 to {ATTACHMENT_BYTES_MAX}"));
    }
    let sha256 = match given.sha256.as_str() {
        "" => None,
        text => {
            let read = unhex(text);
            if read.is_none() {
                wrong.add("attachment.sha256", "no SHA-256", "give 64 hexadecimal digits, or nothing");
            }
            read
        }
    };
    wrong.finish()?;
    let (Some(media_type), Some(len)) = (media_type, len) else {
        return Err(Refused::Internal { what: "an upload's fields" });
    };
    let new = NewDocument { file_name: given.file_name, media_type: media_type.as_str().to_owned(), len, request };
    Ok(Said { media_type, sha256, new })
}

/// Reads 64 hexadecimal digits.
fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}
