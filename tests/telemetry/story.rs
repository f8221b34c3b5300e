//! What happens while everything that is told is kept: cases of every kind, and everything that can be refused.

use crate::agency::Agencies;
use crate::collector::Collector;
use crate::line::{Lines, id, step, values};
use crate::program::Process;
use crate::words::{
    ADDRESS, AGENCY_NUMBER, AGENCY_WORDS, APPLICANT, FORM_TEXT, MISTYPED, OPERATOR, OTHER_PARENT, PURPOSE, STRANGER,
    Secrets,
};
use livshandelse_proto::v1 as pb;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost_types::Timestamp;
use std::path::{Path, PathBuf};
use tonic::Code;

/// The trace of the portal that sends in what is handed to the midwives, and its span.
pub const PORTAL_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub const PORTAL_SPAN: &str = "00f067aa0ba902b7";
/// The trace that an agency claims to be in, and its span.
pub const AGENCY_TRACE: &str = "c0ffee00c0ffee00c0ffee00c0ffee01";
pub const AGENCY_SPAN: &str = "c0ffee02c0ffee03";

/// What was kept.
#[derive(Debug)]
pub struct Kept {
    pub secrets: Secrets,
    pub log: Vec<String>,
    pub spans: Vec<Span>,
    pub span_bytes: Vec<Vec<u8>>,
    pub metrics: Vec<String>,
    pub refusals: Vec<Vec<u8>>,
    pub agency_metadata_names: Vec<String>,
    pub agency_metadata: Vec<String>,
}

/// Plays everything: one process, then another on the same store after its disk has been hurt.
pub async fn play() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let (collector, to_collector) = Collector::serve().await;
    let (agencies, to_agencies) = Agencies::serve().await;
    let mut secrets = Secrets::default();
    for number in [APPLICANT, STRANGER, MISTYPED] {
        secrets.identity_number(number);
    }
    for (what, text) in [
        ("a form's text", FORM_TEXT),
        ("an agency's words", AGENCY_WORDS),
        ("an agency's number", AGENCY_NUMBER),
        ("an address", ADDRESS),
        ("an operator's name", OPERATOR),
        ("what a call is for", PURPOSE),
        ("where the protected mother lives", "1281"),
        ("where the protected mother lives", "Lund"),
        ("where the protected mother is cared for", "region-12"),
    ] {
        secrets.text(what, text);
    }

    let process = Process::start(folder.path(), "log-1", &to_collector, &to_agencies).await;
    let data = folder.path().join("data");
    let definitions = written(&data);
    let lines = Lines::to(&process.portal, &process.agency);
    let case = normal(&lines, &agencies, &mut secrets).await;
    protected(&lines, &agencies, &mut secrets).await;
    refused_by_an_agency(&lines, &mut secrets).await;
    withdrawn(&lines, &agencies, &mut secrets).await;
    let right = sample(&lines, "unmarried-in-linkoping", &mut secrets).await;
    wrong_input(&lines, right).await;
    nobodys_business(&lines, &case, &agencies).await;
    let metrics = process.metrics().await;
    let mut log = process.stop().await;

    hurt(&data, definitions);
    let process = Process::start(folder.path(), "log-2", &to_collector, &to_agencies).await;
    let after = Lines::to(&process.portal, &process.agency);
    let damaged = after.cases(APPLICANT).get_case(named(&case.name)).await;
    after.refused(Code::DataLoss, damaged);
    let later_metrics = process.metrics().await;
    log.extend(process.stop().await);

    Kept {
        secrets,
        log,
        spans: collector.spans(),
        span_bytes: collector.bytes(),
        metrics: metrics.lines().chain(later_metrics.lines()).map(str::to_owned).collect(),
        refusals: lines.refusals().into_iter().chain(after.refusals()).collect(),
        agency_metadata_names: agencies.metadata_names(),
        agency_metadata: agencies.metadata(),
    }
}

fn named(name: &str) -> pb::GetCaseRequest {
    pb::GetCaseRequest { name: name.to_owned(), ..pb::GetCaseRequest::default() }
}

fn now(case: &pb::Case) -> Timestamp {
    case.create_time.unwrap()
}

/// What a sample is filed with; everybody in it is noted among what may not come out.
async fn sample(lines: &Lines, sample: &str, secrets: &mut Secrets) -> pb::Case {
    let name = "lifeEvents/first-child".to_owned();
    let request = pb::GetLifeEventRequest { name: name.clone(), ..pb::GetLifeEventRequest::default() };
    let event = lines.life_events(APPLICANT).get_life_event(request).await.unwrap().into_inner();
    let sample = event.samples.into_iter().find(|known| known.slug == sample).unwrap();
    let parties = sample.parties.into_iter().map(|party| {
        secrets.identity_number(&party.identity_number);
        secrets.name(&party.display_name);
        pb::Party {
            role: party.role,
            identity_number: party.identity_number,
            display_name: party.display_name,
            protected: party.protected,
            ..pb::Party::default()
        }
    });
    pb::Case {
        life_event: name,
        parties: parties.collect(),
        municipality_code: sample.municipality_code,
        input: sample.input,
        step_inputs: sample.step_inputs,
        ..pb::Case::default()
    }
}

/// Files a sample as its applicant; its case is noted too.
async fn file(lines: &Lines, name: &str, secrets: &mut Secrets) -> (String, pb::Case) {
    let case = sample(lines, name, secrets).await;
    let person = case.parties[0].identity_number.clone();
    let request = pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() };
    let case = lines.cases(&person).create_case(request).await.unwrap().into_inner();
    secrets.case(&case.name);
    for party in &case.parties {
        secrets.text("a party", &party.party_id);
    }
    (person, case)
}

fn enrolment(case: &pb::Case) -> pb::SubmitInputRequest {
    pb::SubmitInputRequest {
        name: format!("{}/steps/midwife-enrolment", case.name),
        values: Some(values(&[
            ("contact-way", "phone"),
            ("clinic-wish", FORM_TEXT),
            ("interpreter-language", ADDRESS),
        ])),
        request_id: id(),
        ..pb::SubmitInputRequest::default()
    }
}

fn completion(task: &pb::PerformStepRequest) -> pb::CompleteTaskRequest {
    let completion =
        pb::Completion { complete_time: task.civil_time, text: AGENCY_WORDS.to_owned(), ..pb::Completion::default() };
    pb::CompleteTaskRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        arrival: None,
        completion: Some(completion),
    }
}

/// A case that goes as it should, but for one agency that answers what nobody can use; then reports come too late.
async fn normal(lines: &Lines, agencies: &Agencies, secrets: &mut Secrets) -> pb::Case {
    let (person, case) = file(lines, "unmarried-in-linkoping", secrets).await;
    assert_eq!(person, APPLICANT);
    let portal = lines.within(PORTAL_TRACE, PORTAL_SPAN, APPLICANT);
    portal.cases(APPLICANT).submit_input(enrolment(&case)).await.unwrap();
    let task = agencies.task("region-05", "midwife-enrolment").await;
    // Content and who it is about do reach the one who needs them: what is searched for is what was sent.
    let handed_over = format!("{task:?}").into_bytes();
    assert!(secrets.found_in(&handed_over).len() >= 3, "{task:?}");
    secrets.text("a task", task.task.rsplit('/').next().unwrap());
    secrets.text("an agency's key of a case", &task.agency_case_key);

    let agency = lines.within(AGENCY_TRACE, AGENCY_SPAN, APPLICANT);
    let progress = pb::ReportProgressRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        arrival: None,
        progress: Some(pb::TaskProgress {
            state: pb::StepState::InProgress.into(),
            agency_words: AGENCY_WORDS.to_owned(),
            ..pb::TaskProgress::default()
        }),
    };
    agency.work("region-05").report_progress(progress).await.unwrap();

    let mut wrong = completion(&task);
    wrong.completion.as_mut().unwrap().gives = Some(values(&[(APPLICANT, FORM_TEXT), ("wealth", AGENCY_WORDS)]));
    wrong.completion.as_mut().unwrap().text = format!("{AGENCY_WORDS}\u{7}");
    lines.refused(Code::InvalidArgument, agency.work("region-05").complete_task(wrong).await);
    agency.work("region-05").complete_task(completion(&task)).await.unwrap();
    // Too late, and from an attempt that never was.
    let decision = pb::Decision {
        outcome: pb::Outcome::Rejected.into(),
        decide_time: task.civil_time,
        text: AGENCY_WORDS.to_owned(),
        ..pb::Decision::default()
    };
    let late = pb::RecordDecisionRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        arrival: None,
        decision: Some(decision),
    };
    lines.refused(Code::FailedPrecondition, agency.work("region-05").record_decision(late).await);
    let never = pb::CompleteTaskRequest { attempt: 9, ..completion(&task) };
    lines.refused(Code::InvalidArgument, agency.work("region-05").complete_task(never).await);

    lines.until(APPLICANT, &case.name, |case| step(case, "pregnancy-certificate").incident_open).await;
    let birth = |identity_number: &str| {
        let fact = pb::Fact {
            about: Some(pb::fact::About::IdentityNumber(identity_number.to_owned())),
            occur_time: Some(now(&case)),
            content: Some(pb::fact::Content::Birth(pb::Birth { child_number: 1, ..pb::Birth::default() })),
            ..pb::Fact::default()
        };
        pb::ReportFactRequest { parent: "agencies/region-05".to_owned(), request_id: id(), fact: Some(fact) }
    };
    agency.work("region-05").report_fact(birth(APPLICANT)).await.unwrap();
    agency.work("region-05").report_fact(birth(STRANGER)).await.unwrap();
    lines.refused(Code::InvalidArgument, agency.work("region-05").report_fact(birth(MISTYPED)).await);
    lines.until(APPLICANT, &case.name, |case| step(case, "birth-notification.1").state() == pb::StepState::Done).await;
    case
}

/// Nothing of where she lives may come out: not by the agencies that are called, nor by those that call.
async fn protected(lines: &Lines, agencies: &Agencies, secrets: &mut Secrets) {
    let (mother, case) = file(lines, "protected-mother", secrets).await;
    lines.cases(&mother).submit_input(enrolment(&case)).await.unwrap();
    let task = agencies.task("region-12", "midwife-enrolment").await;
    lines.work("region-12").complete_task(completion(&task)).await.unwrap();
    let certificate = pb::SubmitInputRequest {
        name: format!("{}/steps/pregnancy-certificate", case.name),
        values: Some(values(&[("recipient", "both"), ("delivery", "digital")])),
        request_id: id(),
        ..pb::SubmitInputRequest::default()
    };
    lines.cases(&mother).submit_input(certificate).await.unwrap();
    lines.until(&mother, &case.name, |case| step(case, "pregnancy-certificate").incident_open).await;
    for person in [OTHER_PARENT, STRANGER] {
        lines.refused(Code::NotFound, lines.cases(person).get_case(named(&case.name)).await);
    }
    let number = format!("{AGENCY_NUMBER} {}", &task.agency_case_key[..6]);
    let ask = pb::GetTaskByCaseNumberRequest { parent: "agencies/region-12".to_owned(), agency_case_number: number };
    lines.refused(Code::NotFound, lines.work("region-05").get_task_by_case_number(ask).await);
}

/// An agency that refuses, and says of whom and why.
async fn refused_by_an_agency(lines: &Lines, secrets: &mut Secrets) {
    let (person, case) = file(lines, "two-mothers-in-uppsala", secrets).await;
    secrets.text("a form's text", "Vi har fått behandling vid en klinik");
    lines.until(&person, &case.name, |case| step(case, "parenthood-before-birth").incident_open).await;
}

/// A case that is withdrawn while an agency has it.
async fn withdrawn(lines: &Lines, agencies: &Agencies, secrets: &mut Secrets) {
    let (person, case) = file(lines, "twins-in-goteborg", secrets).await;
    secrets.text("a form's text", "Barnmorskan vid Provtorget");
    agencies.task("region-14", "midwife-enrolment").await;
    let request =
        pb::WithdrawCaseRequest { name: case.name.clone(), request_id: id(), ..pb::WithdrawCaseRequest::default() };
    lines.cases(&person).withdraw_case(request.clone()).await.unwrap();
    agencies.withdrawal().await;
    lines.until(&person, &case.name, |case| case.state() == pb::CaseState::Ended).await;
    let later = pb::WithdrawCaseRequest { request_id: id(), ..request };
    lines.refused(Code::FailedPrecondition, lines.cases(&person).withdraw_case(later).await);
}

/// Identity numbers and content where they do not belong: what is wrong is told, and not repeated.
///
/// `right` is what could be filed as it is.
async fn wrong_input(lines: &Lines, right: pb::Case) {
    for case in [
        pb::Case { municipality_code: STRANGER.to_owned(), ..right.clone() },
        pb::Case { etag: STRANGER.to_owned(), name: format!("cases/{STRANGER}"), ..right.clone() },
        pb::Case { parties: [right.parties.clone(), right.parties.clone()].concat(), ..right.clone() },
    ] {
        let request =
            pb::CreateCaseRequest { case: Some(case.clone()), request_id: id(), ..pb::CreateCaseRequest::default() };
        let filed = lines.cases(APPLICANT).create_case(request).await;
        let code = if case.name.is_empty() { Code::InvalidArgument } else { Code::NotFound };
        lines.refused(code, filed);
    }
    let filing = |party: &str, municipality_code: &str, input: &[(&str, &str)]| {
        let party = pb::Party {
            role: pb::PartyRole::Applicant.into(),
            identity_number: party.to_owned(),
            display_name: "Saga Fiktbäck".to_owned(),
            ..pb::Party::default()
        };
        let case = pb::Case {
            life_event: "lifeEvents/first-child".to_owned(),
            parties: vec![party],
            municipality_code: municipality_code.to_owned(),
            input: Some(values(input)),
            ..pb::Case::default()
        };
        pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() }
    };
    for (party, municipality, input) in [
        (MISTYPED, "0580", &[][..]),
        (APPLICANT, STRANGER, &[("due-date", "2026-03-04"), ("other-parent-exists", STRANGER)]),
        (
            APPLICANT,
            "0580",
            &[(STRANGER, FORM_TEXT), (ADDRESS, "x"), ("due-date", STRANGER), ("pnr-192401019183", "x")],
        ),
    ] {
        let filed = lines.cases(APPLICANT).create_case(filing(party, municipality, input)).await;
        lines.refused(Code::InvalidArgument, filed);
    }
    let mut number = filing(APPLICANT, "0580", &[]);
    let kind = Some(prost_types::value::Kind::NumberValue(192_401_019_183.0));
    let fields = &mut number.case.as_mut().unwrap().input.as_mut().unwrap().fields;
    fields.insert("expected-children".to_owned(), prost_types::Value { kind });
    lines.refused(Code::InvalidArgument, lines.cases(APPLICANT).create_case(number).await);
    let step_inputs = vec![
        pb::StepInput { step: STRANGER.to_owned(), values: Some(values(&[("x", FORM_TEXT)])) },
        pb::StepInput {
            step: "midwife-enrolment".to_owned(),
            values: Some(values(&[("contact-way", STRANGER), ("clinic-wish", &FORM_TEXT.repeat(9))])),
        },
    ];
    let mut forms = filing(APPLICANT, "0580", &[]);
    forms.case.as_mut().unwrap().step_inputs = step_inputs;
    lines.refused(Code::InvalidArgument, lines.cases(APPLICANT).create_case(forms).await);

    lines.refused(Code::Unauthenticated, lines.cases(MISTYPED).get_case(named("cases/x")).await);
    lines.refused(Code::NotFound, lines.cases(APPLICANT).get_case(named(&format!("cases/{STRANGER}"))).await);
    let event =
        pb::GetLifeEventRequest { name: format!("lifeEvents/{STRANGER}"), ..pb::GetLifeEventRequest::default() };
    lines.refused(Code::NotFound, lines.life_events(APPLICANT).get_life_event(event).await);
    let token = pb::ListCasesRequest { page_token: STRANGER.to_owned(), ..pb::ListCasesRequest::default() };
    lines.refused(Code::InvalidArgument, lines.cases(APPLICANT).list_cases(token).await);
    // No method of ours: its path is the caller's own text.
    let mut raw = tonic::client::Grpc::new(lines.portal.clone());
    raw.ready().await.unwrap();
    let path = format!("/livshandelse.v1.CaseService/{STRANGER}").parse().unwrap();
    let codec: tonic_prost::ProstCodec<pb::GetCaseRequest, pb::Case> = tonic_prost::ProstCodec::default();
    lines.refused(Code::Unimplemented, raw.unary(tonic::Request::new(named("x")), path, codec).await);
}

/// What is somebody else's is not there, and its name is not repeated.
async fn nobodys_business(lines: &Lines, case: &pb::Case, agencies: &Agencies) {
    lines.refused(Code::NotFound, lines.cases(STRANGER).get_case(named(&case.name)).await);
    let watch = pb::WatchCaseRequest { name: case.name.clone(), ..pb::WatchCaseRequest::default() };
    lines.refused(Code::NotFound, lines.cases(STRANGER).watch_case(watch).await);
    let events = pb::ListCaseEventsRequest { parent: case.name.clone(), ..pb::ListCaseEventsRequest::default() };
    lines.refused(Code::NotFound, lines.cases(STRANGER).list_case_events(events).await);
    lines.refused(Code::NotFound, lines.cases(STRANGER).submit_input(enrolment(case)).await);
    let step = format!("{}/steps/midwife-enrolment", case.name);
    let add = pb::AddStepRequest { name: step.clone(), request_id: id(), ..pb::AddStepRequest::default() };
    lines.refused(Code::NotFound, lines.cases(STRANGER).add_step(add).await);
    let withdraw = pb::WithdrawStepRequest { name: step, request_id: id(), ..pb::WithdrawStepRequest::default() };
    lines.refused(Code::NotFound, lines.cases(STRANGER).withdraw_step(withdraw).await);
    let task = agencies.task("region-05", "midwife-enrolment").await;
    lines.refused(Code::NotFound, lines.work("region-12").complete_task(completion(&task)).await);
    lines.refused(
        Code::PermissionDenied,
        lines
            .work(&format!("a{STRANGER}"))
            .report_fact(pb::ReportFactRequest {
                parent: format!("agencies/a{STRANGER}"),
                request_id: id(),
                fact: None,
            })
            .await,
    );
    let key = pb::Fact {
        about: Some(pb::fact::About::AgencyCaseKey(task.agency_case_key.clone())),
        occur_time: Some(now(case)),
        content: Some(pb::fact::Content::Birth(pb::Birth { child_number: 1, ..pb::Birth::default() })),
        ..pb::Fact::default()
    };
    let key = pb::ReportFactRequest { parent: "agencies/skatteverket".to_owned(), request_id: id(), fact: Some(key) };
    lines.refused(Code::NotFound, lines.work("skatteverket").report_fact(key).await);
    let retry = |step: &str| pb::RetryStepRequest { name: format!("{}/steps/{step}", case.name), request_id: id() };
    lines.refused(Code::FailedPrecondition, lines.operations().retry_step(retry("midwife-enrolment")).await);
    lines.refused(Code::NotFound, lines.operations().retry_step(retry("no-such-step")).await);
}

const BLOCK_BYTES: usize = 4_096;

fn segment(data: &Path) -> PathBuf {
    let segments = std::fs::read_dir(data.join("journal")).unwrap().map(|entry| entry.unwrap().path());
    segments.min().unwrap()
}

/// Blocks of the journal's first segment that were written.
fn written(data: &Path) -> usize {
    let bytes = std::fs::read(segment(data)).unwrap();
    bytes.chunks(BLOCK_BYTES).rposition(|block| block.iter().any(|byte| *byte != 0)).map_or(0, |last| last + 1)
}

/// Turns a byte round in the middle of every block but the first so many, and throws the index away.
fn hurt(data: &Path, blocks_spared: usize) {
    std::fs::remove_dir_all(data.join("index")).unwrap();
    let path = segment(data);
    let mut bytes = std::fs::read(&path).unwrap();
    for block in bytes.chunks_mut(BLOCK_BYTES).skip(blocks_spared) {
        if let Some(byte) = block.get_mut(BLOCK_BYTES / 4).filter(|byte| **byte != 0) {
            *byte ^= 0x40;
        }
    }
    std::fs::write(path, bytes).unwrap();
}
