//! Whatever is wrong is refused, all of it at once, with its place and what to do.

use crate::world::{APPLICANT, World, flag, id, number, reason, text, values, wrong_fields};
use livshandelse_proto::v1 as pb;
use tonic::Code;
use tonic_types::StatusExt as _;

#[tokio::test]
async fn every_wrong_field_of_a_case_is_told_at_once() {
    let world = World::start().await;
    let case = pb::Case {
        input: Some(values(&[
            ("due-date", text("3 May")),
            ("married", number(1.5)),
            ("expected-children", number(9.0)),
            ("shoe-size", number(43.0)),
        ])),
        step_inputs: vec![
            pb::StepInput {
                step: "pregnancy-certificate".to_owned(),
                values: Some(values(&[("recipient", flag(true))])),
            },
            pb::StepInput { step: "moon".to_owned(), values: None },
        ],
        ..world.sample("unmarried-in-linkoping").await
    };
    let status = world.create(case).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        wrong_fields(&status),
        [
            "case.input.due-date",
            "case.input.expected-children",
            "case.input.married",
            "case.input.shoe-size",
            "case.step_inputs[0].values.recipient",
            "case.step_inputs[1].step",
        ]
    );
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert!(violations.iter().all(|violation| violation.description.contains("; ")), "each says what to do");
}

#[tokio::test]
async fn what_the_rules_find_wrong_is_told_by_the_paths_of_the_contract() {
    let world = World::start().await;
    let mut case = world.sample("unmarried-in-linkoping").await;
    case.input.as_mut().unwrap().fields.remove("married");
    case.parties[1].role = pb::PartyRole::Subject.into();
    case.parties[1].display_name = String::new();
    case.municipality_code = "9999".to_owned();
    let status = world.create(case).await.unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        ["case.input.married", "case.municipality_code", "case.parties[1].display_name", "case.parties[1].role"]
    );
}

#[tokio::test]
async fn a_wrong_check_digit_is_told_for_each_kind_of_number_and_never_repeated() {
    let world = World::start().await;
    for wrong in ["199105242392", "19910524-2392", "199106762398", "202100-5449", "162021005449"] {
        let mut case = world.sample("unmarried-in-linkoping").await;
        case.parties[1].identity_number = wrong.to_owned();
        let status = world.create(case).await.unwrap_err();
        assert_eq!(wrong_fields(&status), ["case.parties[1].identity_number"]);
        let violation = &status.get_details_bad_request().unwrap().field_violations[0];
        assert!(violation.description.contains("check digit"), "{wrong}: {}", violation.description);
        assert!(!format!("{status:?}").contains(&wrong[2..8]), "the number is not repeated");
    }
}

#[tokio::test]
async fn an_unknown_life_event_is_not_found() {
    let world = World::start().await;
    for name in ["lifeEvents/moon-landing", "first-child", "lifeEvents/first-child/revisions/2"] {
        let case = pb::Case { life_event: name.to_owned(), ..world.sample("unmarried-in-linkoping").await };
        let status = world.create(case).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "LIFE_EVENT_NOT_FOUND"), "{name}");
    }
    let nothing = pb::CreateCaseRequest { request_id: id(), ..pb::CreateCaseRequest::default() };
    let status = world.cases(APPLICANT).create_case(nothing).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["case.life_event"]);
}

#[tokio::test]
async fn a_request_without_a_uuid_is_refused() {
    let world = World::start().await;
    let case = world.sample("unmarried-in-linkoping").await;
    for wrong in ["", "1", "00000000-0000-0000-0000-000000000000"] {
        let request = pb::CreateCaseRequest {
            case: Some(case.clone()),
            request_id: wrong.to_owned(),
            ..pb::CreateCaseRequest::default()
        };
        let status = world.cases(APPLICANT).create_case(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_INVALID"));
    }
}

#[tokio::test]
async fn an_answer_nobody_asked_for_is_refused_and_a_wrong_one_told_by_field() {
    let world = World::start().await;
    let case = world.file().await;
    let status = world
        .answer(&case, "midwife-enrolment", values(&[("contact-way", text("pigeon")), ("clinic-wish", number(1.0))]))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&status), ["values.clinic-wish", "values.contact-way"]);
    let status =
        world.answer(&case, "midwife-enrolment", values(&[("first-pregnancy", flag(true))])).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["values.contact-way"]);
    for unasked in ["birth-notification.1", "name.1"] {
        let status = world.answer(&case, unasked, values(&[])).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOTHING_ASKED"), "{unasked}");
    }
    world.enrol(&case).await;
    let twice = world.answer(&case, "midwife-enrolment", values(&[("contact-way", text("phone"))])).await.unwrap_err();
    assert_eq!(reason(&twice), "NOTHING_ASKED");
    for nowhere in ["moon", "name.9", "x y"] {
        let status = world.answer(&case, nowhere, values(&[])).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_FOUND"), "{nowhere}");
    }
}

#[tokio::test]
async fn the_same_request_id_for_another_answer_is_refused() {
    let world = World::start().await;
    let case = world.file().await;
    let request = pb::SubmitInputRequest {
        name: format!("{}/steps/midwife-enrolment", case.name),
        values: Some(values(&[("contact-way", text("phone"))])),
        request_id: id(),
        ..pb::SubmitInputRequest::default()
    };
    world.cases(APPLICANT).submit_input(request.clone()).await.unwrap();
    world.cases(APPLICANT).submit_input(request.clone()).await.unwrap();
    let other = pb::SubmitInputRequest { values: Some(values(&[("contact-way", text("letter"))])), ..request };
    let status = world.cases(APPLICANT).submit_input(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
}
