//! `livshandelse case attach`, `attachments`, `detach`: documents of drafts and cases.

use crate::cli::Reach;
use crate::cli::case::{One, case_name};
use crate::connect::{Identity, Known, channel};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::json::value;
use crate::show::last_part;
use crate::show::line::{FAINT, Line, PLAIN, STRONG, wrap, wrap_with_right};
use crate::system;
use clap::Args;
use livshandelse_proto::limits::{ATTACHMENT_BYTES_MAX, ATTACHMENT_PIECE_BYTES_MAX};
use livshandelse_proto::v1::attachment_service_client::AttachmentServiceClient;
use livshandelse_proto::v1::upload_attachment_request::Part;
use livshandelse_proto::v1::{
    Attachment, DeleteAttachmentRequest, DownloadAttachmentRequest, GetAttachmentUploadRequest, ListAttachmentsRequest,
    UploadAttachmentRequest, UploadAttachmentStart,
};
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tonic::Code;

/// How often an upload or a download that was broken off goes on from where it was.
const RESUMES_MAX: u32 = 8;

/// The wait before it goes on; doubled each time, so that a restart of the service is waited for.
const RESUME_DELAY: Duration = Duration::from_millis(250);

/// Pieces that are read ahead of what has been sent.
const PIECES_AHEAD: usize = 4;

/// How far an upload comes between two words about it.
const PROGRESS_BYTES: usize = 1 << 20;

/// Endings of files and the media types that the service takes.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("txt", "text/plain"),
];

/// Adds a document.
#[derive(Debug, Args)]
pub(crate) struct Attach {
    #[command(flatten)]
    reach: Reach,
    /// The draft or case, `case_…`
    case: String,
    /// The document: PDF (PDF/A is best), JPEG, PNG or text, at most 20 MiB
    file: PathBuf,
    /// A UUID; the same one again repeats the request safely
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

/// Lists documents, and fetches them.
#[derive(Debug, Args)]
pub(crate) struct Attachments {
    #[command(flatten)]
    one: One,
    /// Fetch them to this folder; nothing there is written over
    #[arg(long, value_name = "DIR")]
    save_to: Option<PathBuf>,
    /// Only this one, by its name or the last part of it
    #[arg(long, value_name = "ATTACHMENT")]
    only: Option<String>,
}

/// Deletes a document.
#[derive(Debug, Args)]
pub(crate) struct Detach {
    #[command(flatten)]
    reach: Reach,
    /// The draft or case, `case_…`
    case: String,
    /// The document, by its name or the last part of it
    attachment: String,
    /// A UUID; the same one again repeats the request safely
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

async fn client(reach: &Reach) -> Result<AttachmentServiceClient<Known>, Failure> {
    let actor = reach.actor.as_deref().filter(|actor| !actor.is_empty()).ok_or_else(|| {
        Failure::usage("it is not said who you are", "give --actor YYYYMMDDNNNN, or set LIVSHANDELSE_ACTOR")
    })?;
    let identity = Identity::new(actor, &reach.purpose)?;
    Ok(AttachmentServiceClient::with_interceptor(channel(&reach.endpoint).await?, identity))
}

/// Adds the document.
///
/// # Errors
///
/// If the file cannot be read or is none that is taken, or the service refuses it.
pub(crate) async fn attach(attach: Attach, output: &Output) -> Result<(), Failure> {
    let request_id = attach.request_id.unwrap_or_else(system::request_id);
    let added = upload(&attach.reach, &case_name(&attach.case), &attach.file, request_id, output).await?;
    if output.is_json() {
        output.json_pretty(&value("Attachment", &added)?);
    } else {
        output.lines(&lines(std::slice::from_ref(&added), output));
    }
    Ok(())
}

/// Adds a file to a draft or a case, by its name in the contract. Goes on where it was broken off, also where an earlier call with the same
/// request id was.
///
/// # Errors
///
/// If the file cannot be read or is none that is taken, or the service refuses it or stays away.
pub(crate) async fn upload(
    reach: &Reach,
    case: &str,
    file: &Path,
    request_id: String,
    output: &Output,
) -> Result<Attachment, Failure> {
    let content = read(file)?;
    let unnamed = || Failure::input(format!("{} has no name", file.display()), "name a file");
    let file_name = file.file_name().and_then(|name| name.to_str()).ok_or_else(unnamed)?;
    let attachment = Attachment {
        file_name: file_name.to_owned(),
        media_type: media_type(file_name)?.to_owned(),
        size_bytes: i64::try_from(content.len()).unwrap_or(i64::MAX),
        sha256: hex(&Sha256::digest(&content)),
        ..Attachment::default()
    };
    let mut start =
        UploadAttachmentStart { parent: case.to_owned(), attachment: Some(attachment), request_id, offset: 0 };
    let mut client = client(reach).await?;
    let mut delay = RESUME_DELAY;
    for resumed in 0.. {
        let sent = match received(&mut client, &start).await {
            Ok(offset) => {
                start.offset = offset;
                send(&mut client, &start, &content, output).await
            }
            Err(failure) => Err(failure),
        };
        match sent {
            Err(Failure::Refused(status)) if is_broken_off(status.code()) && resumed < RESUMES_MAX => {
                output
                    .progress(output.language().pick("avbruten, fortsätter strax", "broken off, goes on in a moment"));
                tokio::time::sleep(delay).await;
                delay = delay.saturating_mul(2).min(Duration::from_secs(5));
            }
            other => return other,
        }
    }
    Err(Failure::Own("an upload that never ends".to_owned()))
}

/// How much of an upload the service has.
async fn received(client: &mut AttachmentServiceClient<Known>, start: &UploadAttachmentStart) -> Result<i64, Failure> {
    let request = GetAttachmentUploadRequest { parent: start.parent.clone(), request_id: start.request_id.clone() };
    match client.get_attachment_upload(request).await {
        Ok(upload) => Ok(upload.into_inner().received_bytes),
        // Nothing of it, or no such case: then the upload says so.
        Err(status) if status.code() == Code::NotFound => Ok(0),
        Err(status) => Err(status.into()),
    }
}

/// Sends what the service does not have yet.
async fn send(
    client: &mut AttachmentServiceClient<Known>,
    start: &UploadAttachmentStart,
    content: &[u8],
    output: &Output,
) -> Result<Attachment, Failure> {
    let (sender, receiver) = tokio::sync::mpsc::channel(PIECES_AHEAD);
    let feed = async move {
        let mut at = usize::try_from(start.offset).unwrap_or(0).min(content.len());
        let first = UploadAttachmentRequest { part: Some(Part::Start(start.clone())), offset: 0 };
        // Whoever does not take more, answers.
        let mut is_taken = sender.send(first).await.is_ok();
        while is_taken && at < content.len() {
            let piece = &content[at..content.len().min(at + ATTACHMENT_PIECE_BYTES_MAX)];
            let offset = i64::try_from(at).unwrap_or(i64::MAX);
            is_taken = sender
                .send(UploadAttachmentRequest { part: Some(Part::Content(piece.to_vec())), offset })
                .await
                .is_ok();
            let before = at / PROGRESS_BYTES;
            at += piece.len();
            if at / PROGRESS_BYTES > before {
                let said = |bytes: usize| size(i64::try_from(bytes).unwrap_or(i64::MAX));
                let of = output.language().pick("av", "of");
                output.progress(&format!("{} {of} {}", said(at), said(content.len())));
            }
        }
    };
    let coming = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let (added, ()) = tokio::join!(client.upload_attachment(coming), feed);
    Ok(added?.into_inner())
}

/// Whether something ended that may go on: the line, the service, or another that sends the same.
fn is_broken_off(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown | Code::ResourceExhausted
    )
}

/// Lists the documents, and fetches them if that is asked.
///
/// # Errors
///
/// If the service refuses, or a file cannot be written.
pub(crate) async fn attachments(attachments: Attachments, output: &Output) -> Result<(), Failure> {
    let parent = case_name(&attachments.one.case);
    let mut client = client(&attachments.one.reach).await?;
    let listed = client.list_attachments(ListAttachmentsRequest { parent: parent.clone() }).await?.into_inner();
    let only = attachments.only.as_deref().map(|only| attachment_name(&parent, only));
    let mut found = listed.attachments;
    found.retain(|known| only.as_ref().is_none_or(|only| *only == known.name));
    if let (Some(only), true) = (&attachments.only, found.is_empty()) {
        return Err(Failure::input(format!("the case has no document {only}"), "see them without --only"));
    }
    if let Some(folder) = &attachments.save_to {
        std::fs::create_dir_all(folder).map_err(|error| of_file(folder, &error))?;
        for attachment in &found {
            save(&mut client, attachment, folder).await?;
        }
    }
    if output.is_json() {
        let values = found.iter().map(|known| value("Attachment", known)).collect::<Result<Vec<_>, _>>()?;
        output.json_pretty(&serde_json::json!({ "attachments": values }));
    } else {
        output.lines(&lines(&found, output));
    }
    Ok(())
}

/// Deletes the document.
///
/// # Errors
///
/// If the service refuses.
pub(crate) async fn detach(detach: Detach, output: &Output) -> Result<(), Failure> {
    let name = attachment_name(&case_name(&detach.case), &detach.attachment);
    let request = DeleteAttachmentRequest {
        name: name.clone(),
        request_id: detach.request_id.unwrap_or_else(system::request_id),
    };
    client(&detach.reach).await?.delete_attachment(request).await?;
    if output.is_json() {
        output.json_pretty(&serde_json::json!({ "deleted": name }));
    } else {
        output.text(output.language().pick("borttagen, med sin nyckel", "deleted, with its key"));
    }
    Ok(())
}

/// Fetches a document to a folder, and goes on where it was broken off.
async fn save(
    client: &mut AttachmentServiceClient<Known>,
    attachment: &Attachment,
    folder: &Path,
) -> Result<(), Failure> {
    // A service is not believed where files are written: the name alone counts.
    let name = Path::new(&attachment.file_name).file_name().unwrap_or_else(|| last_part(&attachment.name).as_ref());
    let path = folder.join(name);
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| of_file(&path, &error))?;
    let mut hasher = Sha256::new();
    let mut offset = 0;
    for resumed in 0..=RESUMES_MAX {
        match fetch(client, attachment, &mut offset, &mut file, &mut hasher, &path).await {
            Err(Failure::Refused(status)) if status.code() == Code::Unavailable && resumed < RESUMES_MAX => {}
            other => {
                other?;
                break;
            }
        }
    }
    if hex(&hasher.finalize()) != attachment.sha256 {
        return Err(Failure::Own(format!("{} is not what was stored; fetch it again", path.display())));
    }
    file.sync_all().map_err(|error| of_file(&path, &error))
}

async fn fetch(
    client: &mut AttachmentServiceClient<Known>,
    attachment: &Attachment,
    offset: &mut i64,
    file: &mut File,
    hasher: &mut Sha256,
    path: &Path,
) -> Result<(), Failure> {
    let request = DownloadAttachmentRequest { name: attachment.name.clone(), offset: *offset };
    let mut stream = client.download_attachment(request).await?.into_inner();
    while let Some(piece) = stream.message().await? {
        file.write_all(&piece.content).map_err(|error| of_file(path, &error))?;
        hasher.update(&piece.content);
        *offset = offset.saturating_add(i64::try_from(piece.content.len()).unwrap_or(i64::MAX));
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let len = std::fs::metadata(path).map_err(|error| of_file(path, &error))?.len();
    if len > ATTACHMENT_BYTES_MAX {
        return Err(Failure::input(
            format!("{} has {len} bytes", path.display()),
            format!("a document has at most {ATTACHMENT_BYTES_MAX}"),
        ));
    }
    std::fs::read(path).map_err(|error| of_file(path, &error))
}

fn of_file(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("{}: {error}", path.display()), "name another")
}

fn media_type(file_name: &str) -> Result<&'static str, Failure> {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let known = MEDIA_TYPES.iter().find(|(known, _)| *known == ending);
    known.map(|(_, media_type)| *media_type).ok_or_else(|| {
        Failure::input(
            format!("`{file_name}` is no document that is taken"),
            "give PDF, JPEG, PNG or text; save office documents as PDF, best as PDF/A",
        )
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A document's name in the contract, of its name or the last part of it.
fn attachment_name(case: &str, given: &str) -> String {
    if given.starts_with("cases/") { given.to_owned() } else { format!("{case}/attachments/{given}") }
}

/// Two lines for each document.
fn lines(attachments: &[Attachment], output: &Output) -> Vec<Line> {
    let (language, width) = (output.language(), output.width());
    if attachments.is_empty() {
        return wrap(Line::of(language.pick("inga dokument", "no documents"), FAINT), width, 0);
    }
    let mut lines = Vec::new();
    for attachment in attachments {
        let mut right = Line::of(size(attachment.size_bytes), PLAIN);
        if attachment.sent {
            right = right.and(language.pick(" · skickad", " · sent"), FAINT);
        }
        lines.extend(wrap_with_right(Line::of(attachment.file_name.clone(), STRONG), &right, width, 0));
        let id = Line::of(format!("  {}", last_part(&attachment.name)), FAINT);
        lines.extend(wrap_with_right(id, &Line::of(attachment.media_type.clone(), FAINT), width, 2));
    }
    lines
}

/// Bytes as people say them.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes.div_euclid(1_024)),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_told_from_the_ending_and_office_documents_are_refused_with_what_to_do() {
        assert_eq!(media_type("Ritning.PDF").unwrap(), "application/pdf");
        assert_eq!(media_type("foto.jpeg").unwrap(), "image/jpeg");
        for wrong in ["avtal.docx", "avtal", ".", "avtal.pdf.exe"] {
            assert!(matches!(media_type(wrong), Err(Failure::Input { .. })), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_said_as_people_say_them() {
        assert_eq!([1, 1_024, 70_000, 20_971_520].map(size), ["1 B", "1 KiB", "68 KiB", "20.0 MiB"]);
    }

    #[test]
    fn a_document_is_named_by_its_last_part_or_in_full() {
        assert_eq!(attachment_name("cases/case_1", "ab"), "cases/case_1/attachments/ab");
        assert_eq!(attachment_name("cases/case_1", "cases/x/attachments/ab"), "cases/x/attachments/ab");
    }
}
