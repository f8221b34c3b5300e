//! What there is, and what would happen.

use crate::world::{APPLICANT, LIFE_EVENT, World, reason, step};
use livshandelse_proto::v1 as pb;
use tonic::Code;

#[tokio::test]
async fn life_events_are_told_in_the_language_that_is_asked_for() {
    let world = World::start().await;
    for (language, title) in [("", "Första barnet"), ("en-GB", "First child"), ("fi", "Första barnet")] {
        let request =
            pb::ListLifeEventsRequest { language_code: language.to_owned(), ..pb::ListLifeEventsRequest::default() };
        let listed = world.life_events().list_life_events(request).await.unwrap().into_inner();
        assert_eq!((listed.life_events.len(), listed.next_page_token.as_str()), (1, ""));
        assert_eq!(
            (listed.life_events[0].name.as_str(), listed.life_events[0].title.to_lowercase()),
            (LIFE_EVENT, title.to_lowercase())
        );
    }
}

#[tokio::test]
async fn a_life_event_shows_its_steps_with_the_agencies_of_a_place_and_its_forms_with_their_texts() {
    let world = World::start().await;
    let request = pb::GetLifeEventRequest {
        name: format!("{LIFE_EVENT}/revisions/3"),
        municipality_code: "0580".to_owned(),
        language_code: "sv".to_owned(),
    };
    let event = world.life_events().get_life_event(request).await.unwrap().into_inner();
    let municipal = event.steps.iter().find(|step| step.slug == "parenthood-municipality").unwrap();
    assert_eq!(municipal.agency.as_ref().unwrap().slug, "socialnamnden-0580");
    assert!(municipal.agency.as_ref().unwrap().display_name.contains("Linköping"));
    assert!(event.steps.iter().all(|step| !step.title.is_empty() && !step.legal_basis.is_empty()));
    let form = event.forms.iter().find(|form| form.slug == event.start_form).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&form.json_schema).unwrap();
    assert!(!schema["properties"]["due-date"]["title"].as_str().unwrap().is_empty());
    let order: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(order[0], "due-date", "the fields keep their order");
    assert_eq!(event.samples.len(), 5);
}

#[tokio::test]
async fn a_life_event_or_a_place_that_is_not_there_is_refused() {
    let world = World::start().await;
    for name in ["lifeEvents/moon-landing", "lifeEvents/first-child/revisions/9", "x"] {
        let request = pb::GetLifeEventRequest { name: name.to_owned(), ..pb::GetLifeEventRequest::default() };
        let status = world.life_events().get_life_event(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "LIFE_EVENT_NOT_FOUND"), "{name}");
    }
    let nowhere = pb::GetLifeEventRequest {
        name: LIFE_EVENT.to_owned(),
        municipality_code: "9999".to_owned(),
        ..pb::GetLifeEventRequest::default()
    };
    let status = world.life_events().get_life_event(nowhere).await.unwrap_err();
    assert_eq!(crate::world::wrong_fields(&status), ["municipality_code"]);
}

#[tokio::test]
async fn a_preview_tells_order_and_losses_and_stores_nothing() {
    let world = World::start().await;
    let case = world.sample("unmarried-in-linkoping").await;
    let request = pb::PreviewCaseRequest {
        case: Some(case),
        language_code: "sv".to_owned(),
        ..pb::PreviewCaseRequest::default()
    };
    let preview = world.life_events().preview_case(request).await.unwrap().into_inner();
    let shown = preview.case.unwrap();
    assert_eq!(shown.name, "");
    let wave_of = |slug: &str| {
        let name = &step(&shown, slug).name;
        preview.waves.iter().find(|wave| wave.steps.contains(name)).unwrap().number
    };
    assert!(wave_of("midwife-enrolment") < wave_of("birth-notification.1"));
    assert!(wave_of("birth-notification.1") < wave_of("child-registration.1"));
    assert!(wave_of("child-registration.1") < wave_of("name.1"));
    assert!(
        !preview.losses.is_empty()
            && preview.losses.iter().all(|loss| !loss.text.is_empty() && !loss.legal_basis.is_empty())
    );
    assert!(shown.steps.iter().all(|step| !step.answerable && !step.withdrawable));
    let listed = world.cases(APPLICANT).list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
    assert!(listed.cases.is_empty());
    assert!(world.agencies.calls().is_empty());
}

fn day(year: i32, month: i32, day: i32) -> Option<pb::Date> {
    Some(pb::Date { year, month, day })
}

#[tokio::test]
async fn a_preview_tells_when_each_step_can_be_expected_as_far_as_anybody_knows() {
    let world = World::start().await;
    let case = world.sample("unmarried-in-linkoping").await;
    let request = |assumed: &[(&str, Option<pb::Date>)]| pb::PreviewCaseRequest {
        case: Some(case.clone()),
        language_code: "sv".to_owned(),
        assumed_facts: assumed
            .iter()
            .map(|(fact, date)| pb::AssumedFact { fact: (*fact).to_owned(), date: *date })
            .collect(),
    };
    let preview = world.life_events().preview_case(request(&[])).await.unwrap().into_inner();
    let planned = |preview: &pb::PreviewCaseResponse, slug: &str| {
        let name = &step(preview.case.as_ref().unwrap(), slug).name;
        preview.plan.iter().find(|known| known.step == *name).unwrap().clone()
    };
    let before = planned(&preview, "midwife-enrolment");
    assert!(before.earliest_date.is_some() && before.latest_date.is_some() && before.waits_for_text.is_empty());
    assert_eq!(before.filer(), pb::PartyRole::Applicant);
    let registration = planned(&preview, "child-registration.1");
    assert_eq!((registration.earliest_date, registration.filer()), (None, pb::PartyRole::Unspecified));
    assert!(!registration.waits_for_text.is_empty());
    let order: Vec<u32> = preview.plan.iter().map(|step| step.wave).collect();
    assert!(order.is_sorted(), "{order:?}");

    let born = day(2030, 2, 28);
    let preview = world.life_events().preview_case(request(&[("birth", born)])).await.unwrap().into_inner();
    let registration = planned(&preview, "child-registration.1");
    assert_eq!((registration.earliest_date, registration.decision_date), (born, day(2030, 8, 28)));
    let digital = planned(&preview, "parenthood-digital.1");
    assert_eq!((digital.latest_date, digital.latest_legal_basis.as_str()), (day(2030, 3, 14), "FB 1 kap. 4 a §"));
    let benefit = &step(preview.case.as_ref().unwrap(), "parental-benefit.1").name;
    let loss = preview.losses.iter().find(|loss| loss.step == *benefit && loss.clock == "ninety-days").unwrap();
    assert_eq!(loss.end_date, day(2030, 5, 29));
    assert!(loss.text.contains("29 maj 2030"), "{}", loss.text);
    assert!(!preview.variations.is_empty(), "Linköping has settings of its own");
}

#[tokio::test]
async fn a_preview_refuses_to_assume_what_no_world_reports() {
    let world = World::start().await;
    let case = world.sample("unmarried-in-linkoping").await;
    for (fact, date, path) in [
        ("flood", day(2030, 2, 28), "assumed_facts[0].fact"),
        ("birth", None, "assumed_facts[0].date"),
        ("birth", day(2030, 2, 30), "assumed_facts[0].date"),
    ] {
        let request = pb::PreviewCaseRequest {
            case: Some(case.clone()),
            assumed_facts: vec![pb::AssumedFact { fact: fact.to_owned(), date }],
            ..pb::PreviewCaseRequest::default()
        };
        let status = world.life_events().preview_case(request).await.unwrap_err();
        assert_eq!(crate::world::wrong_fields(&status), [path]);
    }
}
