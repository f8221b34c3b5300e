//! What agencies report, and what is refused of it.

use crate::agency_world::accept;
use crate::world::{APPLICANT, CO_PARTY, STRANGER, World, id, reason, step, text, values, wrong_fields};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::perform_step_response::Result as Answer;
use tonic::{Code, Status};

/// That a child of a person has been born.
pub fn birth(world: &World, person: &str) -> pb::ReportFactRequest {
    let fact = pb::Fact {
        about: Some(pb::fact::About::IdentityNumber(person.to_owned())),
        occur_time: Some(world.now()),
        content: Some(pb::fact::Content::Birth(pb::Birth { child_number: 1, ..pb::Birth::default() })),
        ..pb::Fact::default()
    };
    pb::ReportFactRequest { parent: "agencies/region-05".to_owned(), request_id: id(), fact: Some(fact) }
}

fn completion(world: &World, task: &pb::PerformStepRequest) -> pb::CompleteTaskRequest {
    let completion =
        pb::Completion {
            complete_time: Some(world.now()), text: "Välkommen!".to_owned(), ..pb::Completion::default()
        };
    pb::CompleteTaskRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        arrival: None,
        completion: Some(completion),
    }
}

#[tokio::test]
async fn a_task_that_is_completed_is_done_in_the_case_and_a_repeat_says_so() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    let request = completion(&world, &task);
    let receipt = world.work("region-05").complete_task(request.clone()).await.unwrap().into_inner();
    assert!(!receipt.duplicate && receipt.sequence > 0);
    let shown = world.get(APPLICANT, &case.name).await.unwrap();
    let done = step(&shown, "midwife-enrolment");
    assert_eq!(
        (done.state(), done.agency_words.as_str(), done.source()),
        (pb::StepState::Done, "Välkommen!", pb::StatusSource::Agency)
    );
    let again = world.work("region-05").complete_task(request.clone()).await.unwrap().into_inner();
    assert!(again.duplicate);
    let other = pb::CompleteTaskRequest {
        completion: completion(&world, &task)
            .completion
            .map(|given| pb::Completion { text: "Annat.".to_owned(), ..given }),
        ..request
    };
    let status = world.work("region-05").complete_task(other).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_report_on_a_finished_step_is_kept_and_refused() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    world.work("region-05").complete_task(completion(&world, &task)).await.unwrap();
    let late = pb::RequestSupplementRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        supplement: Some(pb::Supplement { text: "Mer, tack.".to_owned(), ..pb::Supplement::default() }),
        ..pb::RequestSupplementRequest::default()
    };
    let status = world.work("region-05").request_supplement(late).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "TASK_ENDED"));
    let request =
        pb::ListCaseEventsRequest { parent: case.name, page_size: 1_000, ..pb::ListCaseEventsRequest::default() };
    let events = world.cases(APPLICANT).list_case_events(request).await.unwrap().into_inner().events;
    assert!(events.iter().any(|event| event.kind == "report-kept"));
}

#[tokio::test]
async fn a_report_for_an_old_attempt_is_kept_and_never_applied() {
    let world = World::start().await;
    let refuse_first = |request: &pb::PerformStepRequest| match request.attempt {
        1 if request.step == "midwife-enrolment" => Err(Status::invalid_argument("not so")),
        _ => accept(request),
    };
    world.agencies.answer(refuse_first);
    let case = world.file().await;
    world.answer(&case, "midwife-enrolment", values(&[("contact-way", text("phone"))])).await.unwrap();
    world.until(&case.name, |case| step(case, "midwife-enrolment").incident_open).await;
    let old = world.agencies.last("midwife-enrolment").unwrap();
    let retry = pb::RetryStepRequest { name: format!("{}/steps/midwife-enrolment", case.name), request_id: id() };
    let retried = world.operations().retry_step(retry).await.unwrap().into_inner();
    assert_eq!(retried.attempt, 2);
    world.until(&case.name, |case| step(case, "midwife-enrolment").arrive_time.is_some()).await;
    let status = world.work("region-05").complete_task(completion(&world, &old)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STALE_ATTEMPT"));
    let shown = world.get(APPLICANT, &case.name).await.unwrap();
    assert_eq!(step(&shown, "midwife-enrolment").state(), pb::StepState::Received);
    let mixed = pb::CompleteTaskRequest { attempt: 2, ..completion(&world, &old) };
    assert_eq!(wrong_fields(&world.work("region-05").complete_task(mixed).await.unwrap_err()), ["attempt"]);
    let now = world.agencies.last("midwife-enrolment").unwrap();
    assert_eq!(now.task, retried.task);
    world.work("region-05").complete_task(completion(&world, &now)).await.unwrap();
}

#[tokio::test]
async fn another_agencys_step_is_not_there() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    let request = completion(&world, &task);
    let mut others = vec![("region-01", request.clone())];
    let renamed = request.task.replace("region-05", "region-01");
    others.push(("region-01", pb::CompleteTaskRequest { task: renamed, ..request.clone() }));
    others.push((
        "region-05",
        pb::CompleteTaskRequest { task: "agencies/region-05/tasks/000".to_owned(), ..request.clone() },
    ));
    others.push(("region-05", pb::CompleteTaskRequest { task: "x".to_owned(), ..request.clone() }));
    for (agency, request) in others {
        let status = world.work(agency).complete_task(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_FOUND"));
    }
    let person = livshandelse_proto::v1::agency_work_service_client::AgencyWorkServiceClient::with_interceptor(
        world.agency.clone(),
        crate::world::actor(&format!("person:{APPLICANT}")),
    );
    let status = { person }.complete_task(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_ALLOWED"));
}

#[tokio::test]
async fn every_wrong_field_of_a_decision_is_told_at_once() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    let decision = pb::Decision {
        outcome: 99,
        receive_time: Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 }),
        text: "x".repeat(10_001),
        gives: Some(values(&[("wealth", text("much"))])),
        ..pb::Decision::default()
    };
    let request = pb::RecordDecisionRequest {
        task: task.task,
        attempt: task.attempt,
        request_id: id(),
        arrival: Some(pb::Arrival { agency_case_number: "9".repeat(65), ..pb::Arrival::default() }),
        decision: Some(decision),
    };
    let status = world.work("region-05").record_decision(request).await.unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        [
            "arrival.agency_case_number",
            "decision.decide_time",
            "decision.gives.wealth",
            "decision.outcome",
            "decision.receive_time",
            "decision.text",
        ]
    );
}

#[tokio::test]
async fn a_supplement_is_asked_answered_and_handed_over() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    let request = pb::RequestSupplementRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        supplement: Some(pb::Supplement {
            text: "Vilken mottagning?".to_owned(),
            respond_by_date: Some(pb::Date { year: 2026, month: 2, day: 20 }),
            ..pb::Supplement::default()
        }),
        ..pb::RequestSupplementRequest::default()
    };
    let receipt = world.work("region-05").request_supplement(request).await.unwrap().into_inner();
    assert_eq!(receipt.supplement_number, 1);
    let shown = world.get(APPLICANT, &case.name).await.unwrap();
    let asked = step(&shown, "midwife-enrolment");
    assert_eq!(
        (asked.state(), asked.turn(), asked.next_text.as_str()),
        (pb::StepState::WaitingForApplicant, pb::Turn::Applicant, "Vilken mottagning?")
    );
    assert!(
        shown.next_step.ends_with("midwife-enrolment") && shown.headline.contains("20 februari 2026"),
        "{}",
        shown.headline
    );

    let answer = pb::SubmitInputRequest {
        name: asked.name.clone(),
        values: Some(values(&[("answer", text("Kärna"))])),
        request_id: id(),
        supplement_number: 2,
        ..pb::SubmitInputRequest::default()
    };
    let status = world.cases(APPLICANT).submit_input(answer.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "SUPPLEMENT_MISMATCH"));
    world.cases(APPLICANT).submit_input(pb::SubmitInputRequest { supplement_number: 1, ..answer }).await.unwrap();
    world
        .until(&case.name, |_| world.agencies.last("midwife-enrolment").is_some_and(|call| call.supplement_number == 1))
        .await;
    let call = world.agencies.last("midwife-enrolment").unwrap();
    assert_eq!(call.input.unwrap().fields["answer"], text("Kärna"));
    assert_eq!((call.task.as_str(), call.effect_key != task.effect_key), (task.task.as_str(), true));
}

#[tokio::test]
async fn a_matter_is_found_by_the_agencys_own_number_and_by_nobody_elses() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    let arrival = pb::Arrival { arrive_time: Some(world.now()), agency_case_number: "BMM 2026/17".to_owned() };
    let request = pb::ReportProgressRequest {
        task: task.task.clone(),
        attempt: 1,
        request_id: id(),
        arrival: Some(arrival),
        progress: Some(pb::TaskProgress {
            state: pb::StepState::InProgress.into(),
            agency_words: "Bokas".to_owned(),
            ..pb::TaskProgress::default()
        }),
    };
    world.work("region-05").report_progress(request).await.unwrap();
    let ask = |agency: &str| pb::GetTaskByCaseNumberRequest {
        parent: format!("agencies/{agency}"),
        agency_case_number: "BMM 2026/17".to_owned(),
    };
    let found = world.work("region-05").get_task_by_case_number(ask("region-05")).await.unwrap().into_inner();
    assert_eq!((found.name.as_str(), found.state()), (task.task.as_str(), pb::TaskState::Accepted));
    assert_eq!(found.agency_case_key, task.agency_case_key);
    for (caller, agency) in [("region-01", "region-01"), ("region-01", "region-05")] {
        let status = world.work(caller).get_task_by_case_number(ask(agency)).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
    }
    let shown = world.get(APPLICANT, &case.name).await.unwrap();
    let step = step(&shown, "midwife-enrolment");
    assert_eq!((step.agency_case_number.as_str(), step.agency_words.as_str()), ("BMM 2026/17", "Bokas"));
}

#[tokio::test]
async fn a_birth_opens_what_waited_for_it_and_the_reporter_learns_of_no_case() {
    let world = World::start().await;
    let case = world.file().await;
    let request = birth(&world, APPLICANT);
    let known = world.work("region-05").report_fact(request.clone()).await.unwrap().into_inner();
    let again = world.work("region-05").report_fact(request).await.unwrap().into_inner();
    let unknown = world.work("region-05").report_fact(birth(&world, STRANGER)).await.unwrap().into_inner();
    assert_eq!((&known, &known), (&again, &unknown), "whether there is a case is not told");
    let shown = world.until(&case.name, |case| step(case, "birth-notification.1").state() == pb::StepState::Done).await;
    assert_eq!(shown.children[0].state(), pb::ChildState::Born);
    assert_eq!(step(&shown, "birth-notification.1").source(), pb::StatusSource::Fact);
    let seen = world.get(CO_PARTY, &case.name).await.unwrap();
    assert_eq!(seen.children[0].state(), pb::ChildState::Born);
}

#[tokio::test]
async fn a_fact_is_reported_by_the_agencys_own_key_and_a_wrong_one_told_by_field() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    let mut request = birth(&world, APPLICANT);
    request.fact.as_mut().unwrap().about = Some(pb::fact::About::AgencyCaseKey(task.agency_case_key.clone()));
    let receipt = world.work("region-05").report_fact(request.clone()).await.unwrap().into_inner();
    assert!(!receipt.duplicate);
    assert!(world.work("region-05").report_fact(request.clone()).await.unwrap().into_inner().duplicate);

    let stolen = pb::ReportFactRequest { parent: "agencies/skatteverket".to_owned(), ..request };
    assert_eq!(world.work("skatteverket").report_fact(stolen.clone()).await.unwrap_err().code(), Code::NotFound);
    let foreign = world.work("region-05").report_fact(stolen).await.unwrap_err();
    assert_eq!(foreign.code(), Code::NotFound);
    let unknown_agency = pb::ReportFactRequest { parent: "agencies/circus".to_owned(), ..birth(&world, APPLICANT) };
    let status = world.work("circus").report_fact(unknown_agency).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_ALLOWED"));

    let wrong = pb::Fact {
        about: Some(pb::fact::About::IdentityNumber("199309172387".to_owned())),
        occur_time: Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 }),
        content: Some(pb::fact::Content::Move(pb::Move { municipality_code: "9999".to_owned(), move_date: None })),
        ..pb::Fact::default()
    };
    let request = pb::ReportFactRequest { fact: Some(wrong), ..birth(&world, APPLICANT) };
    let status = world.work("region-05").report_fact(request).await.unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        ["fact.identity_number", "fact.move.move_date", "fact.move.municipality_code", "fact.occur_time"]
    );
}

#[tokio::test]
async fn an_agency_that_decides_at_once_needs_no_second_call() {
    let world = World::start().await;
    world.agencies.answer(|request| {
        let decision = pb::Decision {
            outcome: pb::Outcome::Approved.into(),
            decide_time: request.civil_time,
            text: "Bifall.".to_owned(),
            ..pb::Decision::default()
        };
        let arrival = pb::Arrival { arrive_time: request.civil_time, agency_case_number: "D 1".to_owned() };
        Ok(pb::PerformStepResponse { arrival: Some(arrival), result: Some(Answer::Decided(decision)) })
    });
    let case = world.file().await;
    world.answer(&case, "midwife-enrolment", values(&[("contact-way", text("phone"))])).await.unwrap();
    let shown = world.until(&case.name, |case| step(case, "midwife-enrolment").state() == pb::StepState::Done).await;
    let decided = step(&shown, "midwife-enrolment");
    assert_eq!((decided.outcome(), decided.decision_text.as_str()), (pb::Outcome::Approved, "Bifall."));
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood_is_shown_as_unknown_and_waits_for_an_operator() {
    let garbage: [fn(&pb::PerformStepRequest) -> pb::PerformStepResponse; 3] = [
        |_| pb::PerformStepResponse::default(),
        |request| {
            let decision = pb::Decision { outcome: 77, decide_time: request.civil_time, ..pb::Decision::default() };
            pb::PerformStepResponse { arrival: None, result: Some(Answer::Decided(decision)) }
        },
        |_| pb::PerformStepResponse { arrival: None, result: Some(Answer::Supplement(pb::Supplement::default())) },
    ];
    for answer in garbage {
        let world = World::start().await;
        world.agencies.answer(move |request| Ok(answer(request)));
        let case = world.file().await;
        let shown = world.until(&case.name, |case| step(case, "pregnancy-certificate").incident_open).await;
        let unknown = step(&shown, "pregnancy-certificate");
        assert_eq!(
            (unknown.state(), unknown.reason.as_ref().unwrap().slug.as_str()),
            (pb::StepState::Unknown, "undelivered-garbage")
        );
        assert_eq!(shown.progress.unwrap().unknown_count, 1);
    }
}
