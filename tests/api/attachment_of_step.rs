//! Documents that answers name: from the applicant's space to the agency whose step they belong to, and to no other.

use crate::attachment::{Papers, messages, pdf, start};
use crate::world::{actor, answer_of, id, reason, step, text, values, wrong_fields};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::life_event_service_client::LifeEventServiceClient;
use prost_types::value::Kind;
use tonic::{Code, Status};

const ALVA: &str = "198804152380";
const ELIS: &str = "199007272397";
const SAMPLE: &str = "two-friends-cafe-in-karlstad";
const BUILDING: &str = "byggnadsnamnden-1780";
const FOOD: &str = "miljonamnden-1780";
const STEP: &str = "change-of-use.1";

async fn cafe() -> Papers {
    Papers::of("starting-a-business", SAMPLE, ALVA).await
}

/// The sample, with nothing answered yet about the new use of the premises.
async fn filed(papers: &Papers) -> pb::Case {
    let mut case = papers.world.sample(SAMPLE).await;
    case.step_inputs.clear();
    papers.world.create(case).await.unwrap()
}

/// What is answered about the new use, with a drawing.
fn with_drawing(drawing: &str) -> prost_types::Struct {
    values(&[
        ("address", text("Västra Torggatan 90")),
        ("used-as", text("Skoaffär")),
        ("new-use", text("Kafé")),
        ("drawing", text(drawing)),
    ])
}

async fn answer(papers: &Papers, case: &pb::Case, given: prost_types::Struct) -> Result<pb::Case, Status> {
    papers.world.answer_as(ALVA, case, STEP, given).await
}

async fn handed_over(papers: &Papers, case: &pb::Case) -> pb::PerformStepRequest {
    let arrived = |case: &pb::Case| step(case, STEP).arrive_time.is_some();
    papers.world.until_seen_by(ALVA, &case.name, arrived).await;
    papers.world.agencies.last("change-of-use").unwrap()
}

fn named(handed: &pb::PerformStepRequest) -> String {
    match &handed.input.as_ref().unwrap().fields["drawing"].kind {
        Some(Kind::StringValue(name)) => name.clone(),
        other => panic!("{other:?}"),
    }
}

/// What an agency reads of a document.
async fn fetch(
    papers: &Papers,
    agency: &str,
    name: &str,
    offset: i64,
) -> Result<(pb::TaskAttachment, Vec<u8>), Status> {
    let request = pb::DownloadTaskAttachmentRequest { name: name.to_owned(), offset };
    let mut stream = papers.world.work(agency).download_task_attachment(request).await?.into_inner();
    let (mut known, mut content) = (None, Vec::new());
    while let Some(message) = stream.message().await? {
        assert_eq!(message.offset - offset, i64::try_from(content.len()).unwrap(), "no gap");
        known = known.or(message.attachment);
        content.extend(message.content);
    }
    Ok((known.unwrap(), content))
}

#[tokio::test]
async fn a_drawing_goes_with_its_step_and_its_agency_reads_it_piece_by_piece() {
    let papers = cafe().await;
    let case = filed(&papers).await;
    let content = pdf(200_000, 1);
    let drawing = papers.upload(&case.name, &content).await.unwrap();
    let case = answer(&papers, &case, with_drawing(&drawing.name)).await.unwrap();
    assert_eq!(step(&case, STEP).attachments, std::slice::from_ref(&drawing.name));
    let handed = handed_over(&papers, &case).await;
    let name = named(&handed);
    assert!(name.starts_with(&format!("{}/attachments/", handed.task)), "{name}");
    assert!(!name.contains(drawing.name.rsplit('/').next().unwrap()), "the agency knows it by a name of its own");

    let (known, read) = fetch(&papers, BUILDING, &name, 0).await.unwrap();
    assert!(read == content);
    assert_eq!((known.name, known.file_name, known.media_type), (name.clone(), drawing.file_name, drawing.media_type));
    assert_eq!((known.sha256, known.size_bytes), (drawing.sha256, drawing.size_bytes));
    assert!(fetch(&papers, BUILDING, &name, 70_001).await.unwrap().1 == content[70_001..]);
    let beyond = i64::try_from(content.len()).unwrap() + 1;
    assert_eq!(wrong_fields(&fetch(&papers, BUILDING, &name, beyond).await.unwrap_err()), ["offset"]);

    let status = papers.delete(ALVA, &drawing.name).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ATTACHMENT_SENT"));
    assert!(papers.list(ALVA, &case.name).await.unwrap()[0].sent);
    // Whoever sees the step otherwise does not see what the applicant sent with it.
    let seen = papers.world.get(ELIS, &case.name).await.unwrap();
    assert_eq!(step(&seen, STEP).attachments, Vec::<String>::new());
}

#[tokio::test]
async fn no_other_agency_reads_a_document_or_learns_that_there_is_one() {
    let papers = cafe().await;
    let case = filed(&papers).await;
    let drawing = papers.upload(&case.name, &pdf(500, 1)).await.unwrap();
    let case = answer(&papers, &case, with_drawing(&drawing.name)).await.unwrap();
    let handed = handed_over(&papers, &case).await;
    let name = named(&handed);
    let sealed = name.rsplit('/').next().unwrap();
    let food = answer_of(papers.world.told(SAMPLE), "food-registration.1");
    papers.world.answer_as(ALVA, &case, "food-registration.1", food).await.unwrap();
    let arrived = |case: &pb::Case| step(case, "food-registration.1").arrive_time.is_some();
    papers.world.until_seen_by(ALVA, &case.name, arrived).await;
    let foods = papers.world.agencies.last("food-registration").unwrap().task;

    let nobodys = format!("agencies/{FOOD}/tasks/0000/attachments/0000");
    let nothing = fetch(&papers, FOOD, &nobodys, 0).await.unwrap_err();
    for wrong in [name.clone(), format!("{foods}/attachments/{sealed}"), drawing.name.clone()] {
        let status = fetch(&papers, FOOD, &wrong, 0).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (nothing.code(), reason(&nothing)), "{wrong}");
        assert_eq!(status.code(), Code::NotFound);
    }
    for wrong in [format!("{}/attachments/0000", handed.task), format!("{}/attachments/", handed.task)] {
        assert_eq!(fetch(&papers, BUILDING, &wrong, 0).await.unwrap_err().code(), Code::NotFound, "{wrong}");
    }
}

#[tokio::test]
async fn an_answer_to_the_agency_brings_a_document_too_and_what_it_had_stays_readable() {
    let papers = cafe().await;
    let case = filed(&papers).await;
    let (old, new) = (pdf(500, 1), pdf(600, 2));
    let drawing = papers.upload(&case.name, &old).await.unwrap();
    let case = answer(&papers, &case, with_drawing(&drawing.name)).await.unwrap();
    let handed = handed_over(&papers, &case).await;
    let supplement = pb::RequestSupplementRequest {
        task: handed.task.clone(),
        attempt: handed.attempt,
        request_id: id(),
        supplement: Some(pb::Supplement {
            text: "Rita ut toaletten.".to_owned(),
            fields: vec!["drawing".to_owned()],
            ..pb::Supplement::default()
        }),
        ..pb::RequestSupplementRequest::default()
    };
    papers.world.work(BUILDING).request_supplement(supplement).await.unwrap();
    let better = papers.upload(&case.name, &new).await.unwrap();
    // By its last part alone, as a person would type it.
    let short = better.name.rsplit('/').next().unwrap();
    let case = answer(&papers, &case, values(&[("drawing", text(short))])).await.unwrap();
    assert_eq!(step(&case, STEP).attachments, [drawing.name.clone(), better.name.clone()]);
    papers
        .world
        .until_seen_by(ALVA, &case.name, |_| {
            papers.world.agencies.last("change-of-use").is_some_and(|last| last.supplement_number == 1)
        })
        .await;
    let again = papers.world.agencies.last("change-of-use").unwrap();
    assert!(fetch(&papers, BUILDING, &named(&again), 0).await.unwrap().1 == new);
    assert!(fetch(&papers, BUILDING, &named(&handed), 0).await.unwrap().1 == old);
    assert_eq!(reason(&papers.delete(ALVA, &drawing.name).await.unwrap_err()), "ATTACHMENT_SENT");
}

#[tokio::test]
async fn every_document_that_is_none_is_refused_at_the_door_with_what_to_do() {
    let papers = cafe().await;
    let (case, other) = (filed(&papers).await, filed(&papers).await);
    let elsewhere = papers.upload(&other.name, &pdf(500, 1)).await.unwrap();
    let deleted = papers.upload(&case.name, &pdf(500, 2)).await.unwrap();
    papers.delete(ALVA, &deleted.name).await.unwrap();
    let mut plain = start(&case.name, b"Ett kafe.");
    let said = plain.attachment.as_mut().unwrap();
    (said.file_name, said.media_type) = ("ritning.txt".to_owned(), "text/plain".to_owned());
    let plain = papers.send(ALVA, messages(plain, b"Ett kafe.")).await.unwrap();
    for (wrong, says) in [
        (elsewhere.name.as_str(), "no document of this case"),
        (elsewhere.name.rsplit('/').next().unwrap(), "no document of this case"),
        ("ritning.pdf", "no document of this case"),
        (deleted.name.as_str(), "a document that has been deleted"),
        (plain.name.as_str(), "a document of another type"),
    ] {
        let status = answer(&papers, &case, with_drawing(wrong)).await.unwrap_err();
        assert_eq!(wrong_fields(&status), ["values.drawing"], "{wrong}");
        assert!(format!("{status:?}").contains(says), "{wrong}: {status:?}");
    }
    // Elis sees the step, and has no document to name.
    let good = papers.upload(&case.name, &pdf(500, 3)).await.unwrap();
    assert!(papers.world.answer_as(ELIS, &case, STEP, with_drawing(&good.name)).await.is_err());
    answer(&papers, &case, with_drawing(&good.name)).await.unwrap();
}

#[tokio::test]
async fn a_draft_keeps_a_document_by_its_name_and_is_not_sent_without_it() {
    let papers = cafe().await;
    let mut sample = papers.world.sample(SAMPLE).await;
    sample.step_inputs.clear();
    let draft = papers.save(sample.clone()).await.unwrap();
    let drawing = papers.upload(&draft.name, &pdf(500, 1)).await.unwrap();
    sample.name.clone_from(&draft.name);
    let given = pb::StepInput { step: STEP.to_owned(), values: Some(with_drawing(&drawing.name)) };
    sample.step_inputs = vec![given.clone()];
    let draft = papers.save(sample.clone()).await.unwrap();
    assert_eq!(draft.step_inputs, [given]);

    // What is in a draft is hers to delete; only then a field is wrong.
    papers.delete(ALVA, &drawing.name).await.unwrap();
    let bare = pb::Case { name: draft.name.clone(), ..pb::Case::default() };
    let status = papers.world.create(bare.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "nobody but Alva knows of it");
    let send = |case: pb::Case| {
        let request = pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() };
        let mut cases = papers.world.cases(ALVA);
        async move { cases.create_case(request).await }
    };
    let status = send(bare.clone()).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["case.step_inputs[0].values.drawing"]);

    let drawing = papers.upload(&draft.name, &pdf(500, 2)).await.unwrap();
    sample.step_inputs[0].values = Some(with_drawing(&drawing.name));
    papers.save(sample).await.unwrap();
    let case = send(bare).await.unwrap().into_inner();
    assert_eq!(step(&case, STEP).attachments, [drawing.name]);
}

#[tokio::test]
async fn a_document_that_an_answer_names_stays_until_the_answer_is_filed_or_names_another() {
    let papers = cafe().await;
    let mut sample = papers.world.sample(SAMPLE).await;
    sample.step_inputs.clear();
    let draft = papers.save(sample.clone()).await.unwrap();
    let certificate = papers.upload(&draft.name, &pdf(500, 1)).await.unwrap();
    // The company cannot be registered before its charter is signed: the answer waits.
    let mut registration = answer_of(papers.world.told(SAMPLE), "company-registration");
    registration.fields.insert("certificate".to_owned(), text(&certificate.name));
    sample.name.clone_from(&draft.name);
    sample.step_inputs = vec![pb::StepInput { step: "company-registration".to_owned(), values: Some(registration) }];
    let request = pb::CreateCaseRequest { case: Some(sample), request_id: id(), ..pb::CreateCaseRequest::default() };
    let case = papers.world.cases(ALVA).create_case(request).await.unwrap().into_inner();
    assert!(step(&case, "company-registration").submit_time.is_none());
    let status = papers.delete(ALVA, &certificate.name).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ATTACHMENT_NAMED"));
}

#[tokio::test]
async fn a_preview_asks_for_no_document() {
    let papers = cafe().await;
    let mut sample = papers.world.sample(SAMPLE).await;
    let given = sample.step_inputs.iter_mut().find(|given| given.step == STEP).unwrap();
    given.values = Some(with_drawing("ritning.pdf"));
    let request = pb::PreviewCaseRequest { case: Some(sample.clone()), ..pb::PreviewCaseRequest::default() };
    let alva = actor(&format!("person:{ALVA}"));
    let mut events = LifeEventServiceClient::with_interceptor(papers.world.portal.clone(), alva);
    let preview = events.preview_case(request).await.unwrap().into_inner();
    assert!(preview.case.unwrap().steps.iter().all(|step| step.attachments.is_empty()));
    // A case that is to be stored has none before there is a draft.
    let status = papers.world.create(sample).await.unwrap_err();
    let wrong = wrong_fields(&status);
    assert!(wrong.len() == 1 && wrong[0].ends_with(".values.drawing"), "{wrong:?}");
}
