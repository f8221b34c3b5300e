//! Kills the real process in the middle of uploads and deletions: what was acknowledged is there and whole, of the rest there is
//! all or nothing, no file is left without a document, and no byte on the disk tells what is in one.

use crate::deed::Lines;
use crate::program::{Place, Process};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::upload_attachment_request::Part;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tonic::Status;

const APPLICANT: &str = "199309172386";

/// What every document holds many times over.
const SECRET: &str = "Köpekontrakt Solrosgatan ";

async fn serve(place: &Place, more: &[OsString]) -> (Process, Lines) {
    let mut process = Process::start(place, more);
    let greeting = process.greeting().await.unwrap_or_else(|| panic!("it does not start: {}", place.log_end()));
    let lines = Lines::to(&greeting.portal, &greeting.agency);
    (process, lines)
}

async fn draft(lines: &Lines) -> String {
    let request =
        pb::GetLifeEventRequest { name: "lifeEvents/first-child".to_owned(), ..pb::GetLifeEventRequest::default() };
    let event = lines.life_events(APPLICANT).get_life_event(request).await.unwrap().into_inner();
    let sample = event.samples.into_iter().find(|sample| sample.slug == "unmarried-in-linkoping").unwrap();
    let parties = sample.parties.into_iter().map(|party| pb::Party {
        role: party.role,
        identity_number: party.identity_number,
        display_name: party.display_name,
        ..pb::Party::default()
    });
    let case = pb::Case {
        life_event: "lifeEvents/first-child".to_owned(),
        parties: parties.collect(),
        municipality_code: sample.municipality_code,
        ..pb::Case::default()
    };
    let request = pb::SaveDraftRequest {
        case: Some(case),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..pb::SaveDraftRequest::default()
    };
    lines.cases(APPLICANT).save_draft(request).await.unwrap().into_inner().name
}

fn content(number: usize) -> Vec<u8> {
    format!("{SECRET}{number:04}\n").repeat(8_000).into_bytes()
}

fn upload_id(number: usize) -> String {
    uuid::Uuid::from_u128(number as u128 + 1).to_string()
}

fn messages(case: &str, number: usize, from: usize) -> Vec<pb::UploadAttachmentRequest> {
    let content = content(number);
    let attachment = pb::Attachment {
        file_name: format!("kontrakt-{number}.txt"),
        media_type: "text/plain".to_owned(),
        size_bytes: i64::try_from(content.len()).unwrap(),
        ..pb::Attachment::default()
    };
    let start = pb::UploadAttachmentStart {
        parent: case.to_owned(),
        attachment: Some(attachment),
        request_id: upload_id(number),
        offset: i64::try_from(from).unwrap(),
    };
    let mut messages = vec![pb::UploadAttachmentRequest { part: Some(Part::Start(start)), offset: 0 }];
    for (at, piece) in (from..).step_by(60_000).zip(content[from..].chunks(60_000)) {
        let offset = i64::try_from(at).unwrap();
        messages.push(pb::UploadAttachmentRequest { part: Some(Part::Content(piece.to_vec())), offset });
    }
    messages
}

async fn upload(lines: &Lines, case: &str, number: usize) -> Result<pb::Attachment, Status> {
    let messages = tokio_stream::iter(messages(case, number, 0));
    Ok(lines.attachments(APPLICANT).upload_attachment(messages).await?.into_inner())
}

/// How much of an upload the service has.
async fn received(lines: &Lines, case: &str, number: usize) -> usize {
    let request = pb::GetAttachmentUploadRequest { parent: case.to_owned(), request_id: upload_id(number) };
    let upload = lines.attachments(APPLICANT).get_attachment_upload(request).await;
    upload.map_or(0, |upload| usize::try_from(upload.into_inner().received_bytes).unwrap())
}

async fn delete(lines: &Lines, name: &str) -> Result<(), Status> {
    let request = pb::DeleteAttachmentRequest { name: name.to_owned(), request_id: uuid::Uuid::new_v4().to_string() };
    lines.attachments(APPLICANT).delete_attachment(request).await.map(drop)
}

/// Every document that the service lists, read whole: its name by file name.
async fn documents(lines: &Lines, case: &str) -> BTreeMap<String, String> {
    let request = pb::ListAttachmentsRequest { parent: case.to_owned() };
    let listed = lines.attachments(APPLICANT).list_attachments(request).await.unwrap().into_inner().attachments;
    let mut found = BTreeMap::new();
    for document in listed {
        let request = pb::DownloadAttachmentRequest { name: document.name.clone(), offset: 0 };
        let mut stream = lines.attachments(APPLICANT).download_attachment(request).await.unwrap().into_inner();
        let mut read = Vec::new();
        while let Some(piece) = stream.message().await.unwrap() {
            read.extend(piece.content);
        }
        let number = document.file_name.trim_start_matches("kontrakt-").trim_end_matches(".txt").parse().unwrap();
        assert!(read == content(number), "{} is not whole", document.file_name);
        found.insert(document.file_name, document.name);
    }
    found
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_outlive_a_killed_process_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(&folder.path().join("store"));
    let (mut process, mut lines) = serve(&place, &[]).await;
    let case = draft(&lines).await;
    let mut promised = vec![upload(&lines, &case, 0).await.unwrap().file_name];
    process.kill().await;
    for (number, point) in (1..).zip(["document-before-commit", "document-after-commit"]) {
        (process, lines) = serve(&place, &["--crash-point".into(), point.into()]).await;
        assert!(upload(&lines, &case, number).await.is_err(), "it dies at {point}");
        assert!(!process.ended().await.success());
        (process, lines) = serve(&place, &[]).await;
        let found = documents(&lines, &case).await;
        assert!(promised.iter().all(|name| found.contains_key(name)), "after {point}: {found:?}");
        assert_eq!(found.len() - promised.len(), usize::from(point == "document-after-commit"), "after {point}");
        assert_eq!(files(&place.data().join("documents")).len(), found.len(), "after {point}");
        // Who was not answered asks again, and gets the same.
        promised.push(upload(&lines, &case, number).await.unwrap().file_name);
        assert_eq!(documents(&lines, &case).await.len(), promised.len());
        process.kill().await;
    }

    (process, lines) = serve(&place, &[]).await;
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    let mut client = lines.attachments(APPLICANT);
    let coming = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let uploading = tokio::spawn(async move { client.upload_attachment(coming).await });
    for message in messages(&case, 9, 0).into_iter().take(4) {
        sender.send(message).await.unwrap();
    }
    let incoming = place.data().join("documents/incoming");
    let begun = async {
        while received(&lines, &case, 9).await < 131_072 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), begun).await.expect("the upload does not begin");
    process.kill().await;
    assert!(uploading.await.unwrap().is_err());

    // Broken off in the middle by a kill, it goes on where it was, and dies once more when it is whole.
    (process, lines) = serve(&place, &["--crash-point".into(), "document-before-commit".into()]).await;
    let from = received(&lines, &case, 9).await;
    assert_eq!(from, 131_072, "whole pieces outlive a kill");
    assert_eq!(files(&incoming).len(), 1);
    let rest = tokio_stream::iter(messages(&case, 9, from));
    assert!(lines.attachments(APPLICANT).upload_attachment(rest).await.is_err(), "it dies");
    assert!(!process.ended().await.success());
    (process, lines) = serve(&place, &[]).await;
    let from = received(&lines, &case, 9).await;
    let rest = tokio_stream::iter(messages(&case, 9, from));
    promised.push(lines.attachments(APPLICANT).upload_attachment(rest).await.unwrap().into_inner().file_name);
    process.kill().await;

    (process, lines) = serve(&place, &["--crash-point".into(), "document-removed".into()]).await;
    assert_eq!(files(&incoming), Vec::<PathBuf>::new());
    let found = documents(&lines, &case).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), promised.iter().collect::<Vec<_>>());
    assert!(delete(&lines, &found[&promised[0]]).await.is_err(), "it dies");
    assert!(!process.ended().await.success());
    (process, lines) = serve(&place, &[]).await;
    promised.remove(0);
    let found = documents(&lines, &case).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), promised.iter().collect::<Vec<_>>());
    assert_eq!(files(&place.data().join("documents")).len(), promised.len());
    assert!(process.stop().await.success());

    for path in files(&place.data()) {
        let bytes = std::fs::read(&path).unwrap();
        for word in [SECRET.trim(), "Solrosgatan", "kontrakt-1"] {
            let is_there = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!is_there, "{} tells what is in a document", path.display());
        }
    }
    let verified = place.verify().await;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let report: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(report["documents"], promised.len());
}
