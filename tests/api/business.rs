//! Fees that are paid at the agency, amounts of a day, and steps that are repeated for premises in two municipalities.

use crate::world::{STRANGER, World, answer_of, id, person, reason, step, text, values, wrong_fields};
use livshandelse_proto::v1 as pb;
use tonic::Code;

const CAFE: &str = "two-friends-cafe-in-karlstad";
const TRUCK: &str = "food-truck-at-sixteen-in-helsingborg";

/// A company whose registration has been applied for, and the fee that is to be paid for it.
async fn registered(world: &World) -> (pb::Case, String, pb::PerformStepRequest) {
    let case = world.create(world.sample(CAFE).await).await.unwrap();
    let sample = world.told(CAFE);
    let number = person(sample, "applicant").identity_number;
    for step in ["charter", "company-registration"] {
        world.answer_as(&number, &case, step, answer_of(sample, step)).await.unwrap();
    }
    world.until_seen_by(&number, &case.name, |case| step(case, "company-registration-fee").arrive_time.is_some()).await;
    let task = world.agencies.last("company-registration-fee").unwrap();
    (case, number, task)
}

fn asks_for_a_fee(task: &pb::PerformStepRequest, link: &str, minor_units: i64) -> pb::RequestSupplementRequest {
    let payment = pb::Payment {
        link: link.to_owned(),
        amount: Some(pb::Money { currency_code: "SEK".to_owned(), minor_units }),
        reference: "AVG202600001".to_owned(),
    };
    pb::RequestSupplementRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        arrival: None,
        supplement: Some(pb::Supplement {
            text: "Betala avgiften.".to_owned(),
            payment: Some(payment),
            ..pb::Supplement::default()
        }),
    }
}

fn paid(world: &World, agency: &str, task: &str) -> pb::ReportFactRequest {
    pb::ReportFactRequest {
        parent: format!("agencies/{agency}"),
        request_id: id(),
        fact: Some(pb::Fact {
            about: None,
            occur_time: Some(world.now()),
            content: Some(pb::fact::Content::Paid(pb::Paid { task: task.to_owned() })),
            ..pb::Fact::default()
        }),
    }
}

#[tokio::test]
async fn a_fee_is_shown_with_its_link_and_the_step_is_done_when_the_agency_tells_that_it_is_paid() {
    let world = World::of("starting-a-business").await;
    let (case, number, task) = registered(&world).await;
    let mut work = world.work("bolagsverket");
    let link = "https://betala.bolagsverket.example/AVG202600001";
    work.request_supplement(asks_for_a_fee(&task, link, 220_000)).await.unwrap();
    let shown = world.get(&number, &case.name).await.unwrap();
    let fee = step(&shown, "company-registration-fee");
    let payment = fee.supplement.as_ref().unwrap().payment.as_ref().unwrap();
    assert_eq!(
        (payment.link.as_str(), payment.amount.as_ref().unwrap().minor_units, payment.reference.as_str()),
        (link, 220_000, "AVG202600001")
    );
    assert_eq!((fee.turn(), fee.answerable), (pb::Turn::Applicant, false));
    let status = world
        .answer_as(&number, &case, "company-registration-fee", values(&[("answer", text("Ja"))]))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");

    // Another agency knows nothing of the task; a person is no agency.
    let status = world.work("skatteverket").report_fact(paid(&world, "skatteverket", &task.task)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "NOT_FOUND"));
    let both = {
        let mut request = paid(&world, "bolagsverket", &task.task);
        request.fact.as_mut().unwrap().about = Some(pb::fact::About::IdentityNumber(STRANGER.to_owned()));
        request
    };
    assert_eq!(wrong_fields(&work.report_fact(both).await.unwrap_err()), ["fact.identity_number"]);
    let request = paid(&world, "bolagsverket", &task.task);
    assert!(!work.report_fact(request.clone()).await.unwrap().into_inner().duplicate);
    assert!(work.report_fact(request).await.unwrap().into_inner().duplicate);
    let shown = world.get(&number, &case.name).await.unwrap();
    let fee = step(&shown, "company-registration-fee");
    assert_eq!((fee.state(), fee.supplement.is_none()), (pb::StepState::Done, true));
    let request =
        pb::ListCaseEventsRequest { parent: case.name, page_size: 1_000, ..pb::ListCaseEventsRequest::default() };
    let events = world.cases(&number).list_case_events(request).await.unwrap().into_inner().events;
    let told: Vec<&str> = events
        .iter()
        .filter(|event| event.step.ends_with("/company-registration-fee"))
        .map(|event| event.kind.as_str())
        .collect();
    assert!(told.contains(&"payment-asked") && told.contains(&"fact-reported"), "{told:?}");
}

#[tokio::test]
async fn a_fee_that_cannot_be_paid_is_not_asked_for() {
    let world = World::of("starting-a-business").await;
    let (_, _, task) = registered(&world).await;
    let mut work = world.work("bolagsverket");
    for (link, amount, wrong) in [
        ("http://betala.example/1", 100, "supplement.payment.link"),
        ("https://betala.example/1", 0, "supplement.payment.amount.minor_units"),
    ] {
        let status = work.request_supplement(asks_for_a_fee(&task, link, amount)).await.unwrap_err();
        assert_eq!(wrong_fields(&status), [wrong]);
    }
}

#[tokio::test]
async fn a_step_shows_the_amounts_it_goes_by_and_its_agency_is_told_the_same() {
    let world = World::of("starting-a-business").await;
    let (case, number, task) = registered(&world).await;
    let shown = world.get(&number, &case.name).await.unwrap();
    let amounts = |step: &str| &crate::world::step(&shown, step).amounts;
    // Known on the day, with value, words and source; unknown on the day, and no value is guessed.
    let [capital] = &amounts("charter")[..] else { panic!() };
    assert_eq!((capital.unit(), capital.value), (pb::AmountUnit::Ore, Some(2_500_000)));
    assert!(capital.value_text.contains("25\u{a0}000"), "{}", capital.value_text);
    assert!(!capital.source.is_empty() && capital.from_date.is_some());
    let [fee] = &amounts("company-registration-fee")[..] else { panic!() };
    assert_eq!((fee.slug.as_str(), fee.value.is_none()), ("company-registration-fee", fee.from_date.is_none()));
    assert!(!fee.value_text.is_empty());
    let handed: Vec<_> = task.amounts.iter().map(|amount| (amount.slug.as_str(), amount.value)).collect();
    assert_eq!(handed, [("company-registration-fee", fee.value)]);
    let event = world.sample(CAFE).await.life_event;
    let request =
        pb::GetLifeEventRequest { name: event, language_code: "en".to_owned(), ..pb::GetLifeEventRequest::default() };
    let event = world.life_events().get_life_event(request).await.unwrap().into_inner();
    let charter = event.steps.iter().find(|step| step.slug == "charter").unwrap();
    assert_eq!(charter.amounts[0].value_text, "SEK 25,000");
    let premises = event.groups.iter().find(|group| group.slug == "premises").unwrap();
    assert_eq!((premises.count_field.as_str(), premises.count_max), ("premises-count", 5));
    assert_eq!(event.filed_by, [i32::from(pb::PartyRole::Applicant)]);
}

#[tokio::test]
async fn each_of_two_premises_has_its_place_and_its_own_agency() {
    let world = World::of("starting-a-business").await;
    let case = world.create(world.sample(TRUCK).await).await.unwrap();
    let places: Vec<_> = case
        .subjects
        .iter()
        .filter(|subject| subject.kind == "premises")
        .map(|subject| (subject.number, subject.municipality_code.as_str(), subject.place.as_str()))
        .collect();
    assert!(places.contains(&(2, "1281", "Lund")), "{places:?}");
    let [first, second] = ["food-registration.1", "food-registration.2"].map(|name| step(&case, name));
    assert_eq!(first.agency.as_ref().unwrap().slug, "miljonamnden-1283");
    assert_eq!(second.agency.as_ref().unwrap().slug, "miljonamnden-1281");
    assert!(second.agency.as_ref().unwrap().display_name.contains("Lund"));
    assert_ne!(first.title, second.title);
    let sample = world.told(TRUCK);
    let number = person(sample, "applicant").identity_number;
    let answer = answer_of(sample, "food-registration.2");
    world.answer_as(&number, &case, "food-registration.2", answer).await.unwrap();
    world.until_seen_by(&number, &case.name, |case| step(case, "food-registration.2").submit_time.is_some()).await;
    world.until_seen_by(&number, &case.name, |case| step(case, "food-registration.2").arrive_time.is_some()).await;
    let handed = world.agencies.last("food-registration").unwrap();
    assert!(handed.task.starts_with("agencies/miljonamnden-1281/"), "{}", handed.task);
    let subject = handed.subject.unwrap();
    assert_eq!((subject.kind.as_str(), subject.number, subject.label.as_str()), ("premises", 2, ""));
    assert_eq!(handed.municipality_code, "1281");
}
