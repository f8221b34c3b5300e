//! Documents of drafts and cases, over gRPC: in and out in pieces, each refusal with its reason, and nothing left behind.

use crate::world::{APPLICANT, CO_PARTY, Line, STRANGER, World, actor, id, reason, wrong_fields};
use livshandelse_proto::limits::{ATTACHMENT_BYTES_MAX, ATTACHMENT_PIECE_BYTES_MAX, ATTACHMENTS_LEN_MAX};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::attachment_service_client::AttachmentServiceClient;
use livshandelse_proto::v1::upload_attachment_request::Part;
use livshandelse_store::blobs::Documents;
use livshandelse_store::disk::Disk as _;
use livshandelse_store::disk::torment::TormentedDisk;
use livshandelse_store::{MemoryStore, SystemRandom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tonic::{Code, Status};

/// A world whose documents lie on a disk in memory.
pub struct Papers {
    pub world: World,
    applicant: &'static str,
    sample: &'static str,
    disk: TormentedDisk,
}

impl Papers {
    async fn start() -> Papers {
        Papers::of("first-child", "unmarried-in-linkoping", APPLICANT).await
    }

    /// The papers of whoever files a sample.
    pub async fn of(life_event: &str, sample: &'static str, applicant: &'static str) -> Papers {
        let disk = TormentedDisk::new(1);
        // The engine has a store of its own: what documents need of one is the same for both.
        let store = Arc::new(MemoryStore::new(Arc::new(livshandelse_engine::CaseProjector)));
        let documents =
            Documents::open(store, Arc::new(disk.clone()), Path::new("/d"), Arc::new(SystemRandom)).unwrap();
        let world = World::keeping(life_event, Arc::new(documents)).await;
        Papers { world, applicant, sample, disk }
    }

    fn client(&self, person: &str) -> AttachmentServiceClient<Line> {
        AttachmentServiceClient::with_interceptor(self.world.portal.clone(), actor(&format!("person:{person}")))
    }

    async fn draft(&self) -> pb::Case {
        let mut case = self.world.sample(self.sample).await;
        case.input = None;
        self.save(case).await.unwrap()
    }

    pub async fn save(&self, case: pb::Case) -> Result<pb::Case, Status> {
        let request = pb::SaveDraftRequest { case: Some(case), request_id: id(), ..pb::SaveDraftRequest::default() };
        Ok(self.world.cases(self.applicant).save_draft(request).await?.into_inner())
    }

    pub async fn upload(&self, case: &str, content: &[u8]) -> Result<pb::Attachment, Status> {
        self.send(self.applicant, messages(start(case, content), content)).await
    }

    pub async fn send(
        &self,
        person: &str,
        messages: Vec<pb::UploadAttachmentRequest>,
    ) -> Result<pb::Attachment, Status> {
        Ok(self.client(person).upload_attachment(tokio_stream::iter(messages)).await?.into_inner())
    }

    async fn download(&self, name: &str, offset: i64) -> Result<Vec<u8>, Status> {
        let request = pb::DownloadAttachmentRequest { name: name.to_owned(), offset };
        let mut stream = self.client(self.applicant).download_attachment(request).await?.into_inner();
        let (mut content, mut at) = (Vec::new(), offset);
        let mut messages_count = 0;
        while let Some(message) = stream.message().await? {
            assert_eq!(message.offset, at, "no gap");
            assert_eq!(message.attachment.is_some(), messages_count == 0);
            assert!(message.content.len() <= ATTACHMENT_PIECE_BYTES_MAX);
            at += i64::try_from(message.content.len()).unwrap();
            content.extend(message.content);
            messages_count += 1;
        }
        Ok(content)
    }

    pub async fn list(&self, person: &str, case: &str) -> Result<Vec<pb::Attachment>, Status> {
        let request = pb::ListAttachmentsRequest { parent: case.to_owned() };
        Ok(self.client(person).list_attachments(request).await?.into_inner().attachments)
    }

    pub async fn delete(&self, person: &str, name: &str) -> Result<(), Status> {
        let request = pb::DeleteAttachmentRequest { name: name.to_owned(), request_id: id() };
        self.client(person).delete_attachment(request).await.map(drop)
    }

    fn files(&self) -> Vec<PathBuf> {
        let names = self.disk.names().into_iter();
        names.filter(|path| path.extension().is_some_and(|ending| ending == "sealed")).collect()
    }

    async fn received(&self, start: &pb::UploadAttachmentStart) -> Result<i64, Status> {
        let upload = self.client(self.applicant).get_attachment_upload(asked(start)).await?.into_inner();
        Ok(upload.received_bytes)
    }

    /// Sends once nobody sends the same any more: that a line is gone is noticed a moment later.
    async fn until_free(&self, messages: Vec<pb::UploadAttachmentRequest>) -> Result<pb::Attachment, Status> {
        let send = async {
            loop {
                match self.send(self.applicant, messages.clone()).await {
                    Err(status) if status.code() == Code::ResourceExhausted => tokio::task::yield_now().await,
                    other => return other,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), send).await.expect("it never ends")
    }

    async fn until_incoming(&self, count: usize) {
        let look = async {
            while self.incoming().len() != count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), look).await.expect("nothing happens any more");
    }

    fn incoming(&self) -> Vec<String> {
        self.disk.list(Path::new("/d/documents/incoming")).unwrap()
    }
}

pub fn start(case: &str, content: &[u8]) -> pb::UploadAttachmentStart {
    let attachment = pb::Attachment {
        file_name: "ritning.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size_bytes: i64::try_from(content.len()).unwrap(),
        ..pb::Attachment::default()
    };
    pb::UploadAttachmentStart { parent: case.to_owned(), attachment: Some(attachment), request_id: id(), offset: 0 }
}

pub fn messages(start: pb::UploadAttachmentStart, content: &[u8]) -> Vec<pb::UploadAttachmentRequest> {
    let from = start.offset;
    let mut messages = vec![pb::UploadAttachmentRequest { part: Some(Part::Start(start)), offset: 0 }];
    for (at, piece) in (from..).step_by(40_000).zip(content[usize::try_from(from).unwrap()..].chunks(40_000)) {
        messages.push(pb::UploadAttachmentRequest { part: Some(Part::Content(piece.to_vec())), offset: at });
    }
    messages
}

/// A PDF of some length.
pub fn pdf(len: usize, seed: u8) -> Vec<u8> {
    let mut content = b"%PDF-1.7\n".to_vec();
    content.extend((0..len).map(|at| u8::try_from((at * 7 + at / 300 + usize::from(seed)) % 90).unwrap() + 33));
    content.extend(b"\ntrailer\n%%EOF\n");
    content
}

#[tokio::test]
async fn a_document_goes_in_and_out_in_pieces_and_on_from_any_byte() {
    let papers = Papers::start().await;
    let draft = papers.draft().await;
    let content = pdf(200_000, 1);
    let added = papers.upload(&draft.name, &content).await.unwrap();
    assert!(added.name.starts_with(&format!("{}/attachments/", draft.name)));
    assert_eq!((added.file_name.as_str(), added.size_bytes, added.sent), ("ritning.pdf", 200_024, false));
    assert_eq!((added.sha256.len(), added.create_time.is_some()), (64, true));
    assert_eq!(papers.download(&added.name, 0).await.unwrap(), content);
    for offset in [1, 65_535, 65_536, 131_073, 200_023, 200_024] {
        let rest = papers.download(&added.name, i64::try_from(offset).unwrap()).await.unwrap();
        assert_eq!(rest, content[offset..], "from {offset}");
    }
    for beyond in [-1, 200_025] {
        assert_eq!(wrong_fields(&papers.download(&added.name, beyond).await.unwrap_err()), ["offset"]);
    }
    let request = pb::GetAttachmentRequest { name: added.name.clone() };
    assert_eq!(papers.client(APPLICANT).get_attachment(request).await.unwrap().into_inner(), added);
    assert_eq!(papers.list(APPLICANT, &draft.name).await.unwrap(), [added]);
}

#[tokio::test]
async fn a_repeated_upload_is_recognised_before_its_content_and_another_body_is_refused() {
    let papers = Papers::start().await;
    let draft = papers.draft().await;
    let content = pdf(1_000, 1);
    let first = start(&draft.name, &content);
    let added = papers.send(APPLICANT, messages(first.clone(), &content)).await.unwrap();
    assert_eq!(papers.send(APPLICANT, messages(first.clone(), b"")).await.unwrap(), added);
    let mut other = first;
    other.attachment.as_mut().unwrap().file_name = "annan.pdf".to_owned();
    let status = papers.send(APPLICANT, messages(other, &content)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
    assert_eq!(papers.list(APPLICANT, &draft.name).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_said_is_held_against_what_comes_and_nothing_half_is_left() {
    let papers = Papers::start().await;
    let draft = papers.draft().await;
    let content = pdf(100_000, 1);
    let refused = |change: fn(&mut pb::Attachment)| {
        let mut start = start(&draft.name, &content);
        change(start.attachment.as_mut().unwrap());
        let sent = messages(start, &content);
        let papers = &papers;
        async move { papers.send(APPLICANT, sent).await.unwrap_err() }
    };
    assert_eq!(wrong_fields(&refused(|said| said.size_bytes += 1).await), ["attachment.size_bytes"]);
    assert_eq!(wrong_fields(&refused(|said| said.size_bytes -= 1).await), ["attachment.size_bytes"]);
    assert_eq!(wrong_fields(&refused(|said| said.size_bytes = 0).await), ["attachment.size_bytes"]);
    assert_eq!(wrong_fields(&refused(|said| said.sha256 = "0".repeat(64)).await), ["attachment.sha256"]);
    assert_eq!(wrong_fields(&refused(|said| said.sha256 = "00".to_owned()).await), ["attachment.sha256"]);
    assert_eq!(wrong_fields(&refused(|said| said.file_name = "../x.pdf".to_owned()).await), ["attachment.file_name"]);
    let png = |said: &mut pb::Attachment| {
        said.media_type = "image/png".to_owned();
        said.file_name = "x.png".to_owned();
    };
    assert_eq!(wrong_fields(&refused(png).await), ["attachment.media_type"]);
    let docx = |said: &mut pb::Attachment| {
        said.media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document".to_owned();
    };
    let status = refused(docx).await;
    assert_eq!(wrong_fields(&status), ["attachment.media_type"]);
    assert!(status.message().contains("as PDF"), "{}", status.message());
    let status = refused(|said| said.size_bytes = i64::try_from(ATTACHMENT_BYTES_MAX).unwrap() + 1).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "TOO_LARGE"));
    assert!(status.message().contains("20971520"), "{}", status.message());

    let active = pdf(10, 1).into_iter().chain(*b"/S /JavaScript %%EOF").collect::<Vec<_>>();
    let status = papers.upload(&draft.name, &active).await.unwrap_err();
    assert!(status.message().contains("scripts"), "{}", status.message());
    let mut sent = messages(start(&draft.name, &content), &content);
    sent.remove(0);
    assert_eq!(wrong_fields(&papers.send(APPLICANT, sent).await.unwrap_err()), ["start"]);
    let big = pb::UploadAttachmentRequest {
        part: Some(Part::Content(vec![b'%'; ATTACHMENT_PIECE_BYTES_MAX + 1])),
        offset: 0,
    };
    let mut sent = messages(start(&draft.name, &content), b"");
    sent.push(big);
    assert_eq!(reason(&papers.send(APPLICANT, sent).await.unwrap_err()), "TOO_LARGE");
    let mut sent = messages(start(&draft.name, &content), &content);
    sent.remove(1);
    assert_eq!(wrong_fields(&papers.send(APPLICANT, sent).await.unwrap_err()), ["offset"]);

    assert_eq!(papers.list(APPLICANT, &draft.name).await.unwrap(), []);
    assert_eq!(papers.files(), Vec::<PathBuf>::new());
    // The one that ended early may still be resumed; of the others nothing is left.
    papers.until_incoming(1).await;
    let added = papers.upload(&draft.name, &content).await.unwrap();
    assert_eq!(papers.files().len(), 1);
    assert_eq!(papers.download(&added.name, 0).await.unwrap(), content);
}

#[tokio::test]
async fn documents_are_the_applicants_alone() {
    let papers = Papers::start().await;
    let case = papers.world.file().await;
    let content = pdf(500, 1);
    let added = papers.upload(&case.name, &content).await.unwrap();
    // A co-party sees the case, a stranger does not.
    let status = papers.list(CO_PARTY, &case.name).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_ALLOWED"));
    assert_eq!(papers.list(STRANGER, &case.name).await.unwrap_err().code(), Code::NotFound);
    for person in [CO_PARTY, STRANGER] {
        let sent = messages(start(&case.name, &content), &content);
        assert!(papers.send(person, sent).await.is_err());
        assert!(papers.delete(person, &added.name).await.is_err());
        let request = pb::DownloadAttachmentRequest { name: added.name.clone(), offset: 0 };
        assert!(papers.client(person).download_attachment(request).await.is_err());
    }
    let agency = actor("agency:socialnamnden-0580");
    let mut agency = AttachmentServiceClient::with_interceptor(papers.world.portal.clone(), agency);
    let request = pb::ListAttachmentsRequest { parent: case.name.clone() };
    assert_eq!(agency.list_attachments(request).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(papers.list(APPLICANT, &case.name).await.unwrap(), [added]);
}

#[tokio::test]
async fn what_is_unsent_is_deleted_with_its_content() {
    let papers = Papers::start().await;
    let case = papers.world.file().await;
    let unsent = papers.upload(&case.name, &pdf(500, 1)).await.unwrap();
    let kept = papers.upload(&case.name, &pdf(500, 2)).await.unwrap();
    papers.delete(APPLICANT, &unsent.name).await.unwrap();
    assert_eq!(papers.delete(APPLICANT, &unsent.name).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(papers.list(APPLICANT, &case.name).await.unwrap(), [kept]);
    assert_eq!(papers.files().len(), 1);
}

#[tokio::test]
async fn a_case_takes_so_many_documents_and_says_which_limit_it_is() {
    let papers = Papers::start().await;
    let draft = papers.draft().await;
    for seed in 0..u8::try_from(ATTACHMENTS_LEN_MAX).unwrap() {
        papers.upload(&draft.name, &pdf(100, seed)).await.unwrap();
    }
    let status = papers.upload(&draft.name, &pdf(100, 99)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ATTACHMENTS_FULL"));
    assert!(status.message().contains("20 documents"), "{}", status.message());
}

#[tokio::test]
async fn a_draft_that_is_withdrawn_leaves_no_document() {
    let papers = Papers::start().await;
    let (draft, other) = (papers.draft().await, papers.world.file().await);
    papers.upload(&draft.name, &pdf(500, 1)).await.unwrap();
    papers.upload(&other.name, &pdf(500, 2)).await.unwrap();
    let request =
        pb::WithdrawCaseRequest { name: draft.name.clone(), request_id: id(), ..pb::WithdrawCaseRequest::default() };
    papers.world.cases(APPLICANT).withdraw_case(request).await.unwrap();
    assert_eq!(reason(&papers.list(APPLICANT, &draft.name).await.unwrap_err()), "CASE_ENDED");
    assert_eq!(papers.world.api.dispose_unsent_documents().await.unwrap(), 1);
    assert_eq!(papers.world.api.dispose_unsent_documents().await.unwrap(), 0);
    assert_eq!((papers.files().len(), papers.incoming()), (1, Vec::new()));
}

/// Sends the first messages of an upload and breaks it off. Returns what was said.
async fn broken_off(papers: &Papers, case: &str, content: &[u8], count: usize) -> pb::UploadAttachmentStart {
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    let mut client = papers.client(APPLICANT);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let upload = tokio::spawn(async move { client.upload_attachment(stream).await });
    let start = start(case, content);
    for message in messages(start.clone(), content).into_iter().take(count) {
        sender.send(message).await.unwrap();
    }
    let whole = i64::try_from((count - 1) * 40_000 / 65_536 * 65_536).unwrap();
    let arrived = async {
        while papers.received(&start).await.ok() != Some(whole) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("nothing happens any more");
    upload.abort();
    assert!(upload.await.unwrap_err().is_cancelled());
    start
}

#[tokio::test]
async fn an_upload_that_is_broken_off_goes_on_where_it_was() {
    let papers = Papers::start().await;
    let draft = papers.draft().await;
    let content = pdf(200_000, 1);
    let begun = broken_off(&papers, &draft.name, &content, 4).await;
    assert_eq!(papers.list(APPLICANT, &draft.name).await.unwrap(), []);
    let offset = papers.received(&begun).await.unwrap();
    assert_eq!(offset, 65_536, "whole pieces are there");

    // From anywhere else it does not go on, and nothing is lost by trying.
    let from = |offset| pb::UploadAttachmentStart { offset, ..begun.clone() };
    let status = papers.until_free(messages(from(65_535), &content)).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["start.offset"]);
    let mut other = from(offset);
    other.attachment.as_mut().unwrap().size_bytes += 1;
    let status = papers.send(APPLICANT, messages(other, &content)).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
    assert!(papers.client(STRANGER).get_attachment_upload(asked(&begun)).await.is_err());

    let added = papers.send(APPLICANT, messages(from(offset), &content)).await.unwrap();
    assert_eq!(papers.download(&added.name, 0).await.unwrap(), content);
    assert_eq!(papers.received(&begun).await.unwrap(), added.size_bytes);
    assert_eq!((papers.files().len(), papers.incoming()), (1, Vec::new()));
}

#[tokio::test]
async fn an_upload_may_begin_anew_and_what_is_wrong_with_the_whole_is_seen_all_the_same() {
    let papers = Papers::start().await;
    let draft = papers.draft().await;
    let content = pdf(200_000, 1);
    let begun = broken_off(&papers, &draft.name, &content, 4).await;
    let added = papers.until_free(messages(begun, &content)).await.unwrap();
    assert_eq!(papers.download(&added.name, 0).await.unwrap(), content);

    // What came before the break counts in the digest too.
    let second = pdf(200_000, 2);
    let begun = broken_off(&papers, &draft.name, &second, 4).await;
    let mut mixed = second[..65_536].to_vec();
    mixed.extend(&content[65_536..]);
    let start = pb::UploadAttachmentStart { offset: 65_536, ..begun };
    let added = papers.until_free(messages(start, &mixed)).await.unwrap();
    assert_eq!(added.sha256, papers.upload(&draft.name, &mixed).await.unwrap().sha256);
    assert_eq!(papers.download(&added.name, 0).await.unwrap(), mixed);
}

#[tokio::test]
async fn an_upload_that_nobody_resumes_expires_with_its_bytes() {
    let papers = Papers::start().await;
    let draft = papers.draft().await;
    let content = pdf(200_000, 1);
    let begun = broken_off(&papers, &draft.name, &content, 4).await;
    papers.world.api.expire_uploads().await.unwrap();
    assert_eq!(papers.incoming().len(), 1, "a day has not passed");
    let expires = papers.client(APPLICANT).get_attachment_upload(asked(&begun)).await.unwrap().into_inner().expire_time;
    let later = livshandelse_core::time::CivilTime(expires.unwrap().seconds * 1_000);
    papers.world.engine.advance(Some(later)).await.unwrap();
    let status = papers.received(&begun).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(papers.world.api.expire_uploads().await.unwrap(), 1);
    assert_eq!((papers.incoming(), papers.files().len()), (Vec::new(), 0));
}

fn asked(start: &pb::UploadAttachmentStart) -> pb::GetAttachmentUploadRequest {
    pb::GetAttachmentUploadRequest { parent: start.parent.clone(), request_id: start.request_id.clone() }
}

#[tokio::test]
async fn without_documents_there_is_no_such_service() {
    let world = World::start().await;
    let mut client =
        AttachmentServiceClient::with_interceptor(world.portal.clone(), actor(&format!("person:{APPLICANT}")));
    let request = pb::ListAttachmentsRequest { parent: "cases/x".to_owned() };
    assert_eq!(client.list_attachments(request).await.unwrap_err().code(), Code::Unimplemented);
}
