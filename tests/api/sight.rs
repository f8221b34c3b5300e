//! Who sees what (I6).

use crate::world::{APPLICANT, CO_PARTY, STRANGER, World, id, step, values};
use livshandelse_proto::v1 as pb;
use tonic::Code;

#[tokio::test]
async fn the_other_parent_sees_only_the_steps_that_are_theirs_to_see() {
    let world = World::start().await;
    let case = world.file().await;
    world.enrol(&case).await;
    let seen = world.get(CO_PARTY, &case.name).await.unwrap();
    let slugs: Vec<&str> = seen.steps.iter().map(|step| step.slug.as_str()).collect();
    assert!(
        slugs.contains(&"parenthood-digital")
            && !slugs.contains(&"midwife-enrolment")
            && !slugs.contains(&"child-benefit")
    );
    assert!(seen.input.is_none() && seen.municipality_code.is_empty() && !seen.withdrawable);
    assert!(!seen.headline.contains("barnmorska"), "{}", seen.headline);

    let hidden = pb::SubmitInputRequest {
        name: format!("{}/steps/midwife-enrolment", case.name),
        values: Some(values(&[])),
        request_id: id(),
        ..pb::SubmitInputRequest::default()
    };
    assert_eq!(world.cases(CO_PARTY).submit_input(hidden).await.unwrap_err().code(), Code::NotFound);
    let request = pb::ListCaseEventsRequest {
        parent: case.name.clone(),
        page_size: 1_000,
        ..pb::ListCaseEventsRequest::default()
    };
    let events = world.cases(CO_PARTY).list_case_events(request).await.unwrap().into_inner().events;
    assert!(!events.is_empty() && events.iter().all(|event| !event.step.contains("midwife-enrolment")));
    let theirs = pb::WithdrawCaseRequest { name: case.name, request_id: id(), ..pb::WithdrawCaseRequest::default() };
    assert_eq!(world.cases(CO_PARTY).withdraw_case(theirs).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_case_from_none() {
    let world = World::start().await;
    let case = world.file().await;
    let there = world.get(STRANGER, &case.name).await.unwrap_err();
    let nowhere = world.get(STRANGER, "cases/case_00000000000000000000000000").await.unwrap_err();
    assert_eq!((there.code(), there.message()), (nowhere.code(), nowhere.message()));
    let add = |name: &str| pb::AddStepRequest {
        name: format!("{name}/steps/name.1"),
        request_id: id(),
        ..pb::AddStepRequest::default()
    };
    let there = world.cases(STRANGER).add_step(add(&case.name)).await.unwrap_err();
    let nowhere = world.cases(STRANGER).add_step(add("cases/case_00000000000000000000000000")).await.unwrap_err();
    assert_eq!((there.code(), there.message()), (nowhere.code(), nowhere.message()));
    let listed = world.cases(STRANGER).list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
    assert!(listed.cases.is_empty());
}

#[tokio::test]
async fn a_protected_mothers_place_is_masked_and_the_other_parent_learns_nothing() {
    let world = World::start().await;
    let sample = world.sample("protected-mother").await;
    let mother = sample.parties.iter().find(|party| party.protected).unwrap().identity_number.clone();
    let other = sample
        .parties
        .iter()
        .find(|party| party.role() == pb::PartyRole::CoParty)
        .map(|party| party.identity_number.clone());
    let request = pb::CreateCaseRequest { case: Some(sample), request_id: id(), ..pb::CreateCaseRequest::default() };
    let case = world.cases(&mother).create_case(request).await.unwrap().into_inner();
    assert!(case.municipality_code.is_empty());
    for step in &case.steps {
        let agency = step.agency.as_ref().unwrap();
        let is_local = matches!(agency.level(), pb::AgencyLevel::Region | pb::AgencyLevel::Municipality);
        assert_eq!((agency.masked, agency.slug.is_empty()), (is_local, is_local), "{}", step.name);
    }
    assert!(world.agencies.calls().is_empty(), "nothing is sent before she has approved it");
    if let Some(other) = other {
        assert_eq!(world.get(&other, &case.name).await.unwrap_err().code(), Code::NotFound);
        let listed = world.cases(&other).list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
        assert!(listed.cases.is_empty());
    }
}

#[tokio::test]
async fn two_agencies_cannot_join_what_they_know_of_a_case() {
    let world = World::start().await;
    let case = world.file().await;
    world.enrol(&case).await;
    world.work("region-05").report_fact(crate::agency_work::birth(&world, APPLICANT)).await.unwrap();
    world.until(&case.name, |case| step(case, "child-registration.1").arrive_time.is_some()).await;
    let region = world.agencies.last("midwife-enrolment").unwrap();
    let state = world.agencies.last("child-registration").unwrap();
    assert_ne!(region.agency_case_key, state.agency_case_key);
    assert_ne!(region.effect_key, state.effect_key);
    assert!(region.task.split('/').next_back() != state.task.split('/').next_back());
}
