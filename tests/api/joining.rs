//! A helper begins, the parent joins, a representative shows a mandate: who may, and who then sees what.

use crate::world::{STRANGER, World, answer_of, flag, id, person, reason, step, text, values, wrong_fields};
use livshandelse_proto::v1 as pb;
use tonic::{Code, Status};

const SAMPLE: &str = "widow-in-skelleftea";

/// A helper's case, with the numbers of the helper, the parent, and who may act for her.
struct Begun {
    world: World,
    case: pb::Case,
    helper: pb::Party,
    parent: pb::Party,
    representative: pb::Party,
}

impl Begun {
    async fn new() -> Begun {
        let world = World::of("parent-to-elderly-care").await;
        let case = world.create(world.sample(SAMPLE).await).await.unwrap();
        let sample = world.told(SAMPLE);
        let [helper, parent, representative] = ["helper", "applicant", "representative"].map(|who| person(sample, who));
        Begun { world, case, helper, parent, representative }
    }

    fn joins(&self, party: &pb::Party) -> pb::JoinCaseRequest {
        pb::JoinCaseRequest {
            name: self.case.name.clone(),
            party: Some(party.clone()),
            request_id: id(),
            ..pb::JoinCaseRequest::default()
        }
    }

    async fn join(&self, actor: &pb::Party, request: pb::JoinCaseRequest) -> Result<pb::Case, Status> {
        Ok(self.world.cases(&actor.identity_number).join_case(request).await?.into_inner())
    }

    async fn seen_by(&self, party: &pb::Party) -> pb::Case {
        self.world.get(&party.identity_number, &self.case.name).await.unwrap()
    }

    /// The representative with a mandate of a kind, and the parent along with him.
    fn shows(&self, kind: pb::MandateKind, steps: &[&str]) -> pb::JoinCaseRequest {
        let mandate = pb::Mandate {
            kind: kind.into(),
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
            from_date: Some(pb::Date { year: 2026, month: 1, day: 1 }),
            evidence: "Tingsrättens beslut, i original".to_owned(),
            ..pb::Mandate::default()
        };
        pb::JoinCaseRequest {
            mandate: Some(mandate),
            represented: Some(self.parent.clone()),
            ..self.joins(&self.representative)
        }
    }
}

fn slugs(case: &pb::Case) -> Vec<&str> {
    case.steps.iter().map(|step| step.slug.as_str()).collect()
}

#[tokio::test]
async fn a_helpers_case_holds_the_helper_alone_and_waits_for_whom_it_is_about() {
    let begun = Begun::new().await;
    let case = &begun.case;
    assert_eq!((case.state(), case.parties.len()), (pb::CaseState::Open, 1));
    assert_eq!((case.parties[0].role(), case.parties[0].caller), (pb::PartyRole::Helper, true));
    let home = step(case, "care-home");
    assert_eq!((home.state(), home.answerable), (pb::StepState::Blocked, false));
    let awaited = home.needs.iter().find(|need| need.event() == pb::NeedEvent::Joined).unwrap();
    assert_eq!((awaited.slug.as_str(), awaited.met), ("applicant", false));
    assert!(awaited.text.contains("är med"), "{}", awaited.text);
    // What is the helper's own can be done at once, and goes to where the helper lives.
    let own = step(case, "carer-support.1");
    assert_eq!((own.turn(), own.answerable), (pb::Turn::Helper, true));
    assert_eq!(own.agency.as_ref().unwrap().slug, "socialnamnden-0180");
    assert_eq!(own.subject.as_ref().unwrap().kind, "carer");
    let answer = answer_of(begun.world.told(SAMPLE), "carer-support.1");
    let helper = &begun.helper.identity_number;
    begun.world.answer_as(helper, case, "carer-support.1", answer).await.unwrap();
    begun.world.until_seen_by(helper, &case.name, |case| step(case, "carer-support.1").arrive_time.is_some()).await;
    let handed = begun.world.agencies.last("carer-support").unwrap();
    let numbers: Vec<&str> = handed.parties.iter().map(|party| party.identity_number.as_str()).collect();
    assert_eq!(numbers, [helper], "the agency learns of the helper alone");
    let status = begun.world.get(&begun.parent.identity_number, &case.name).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn what_is_asked_of_the_parent_is_asked_when_she_joins_and_shown_to_her_alone() {
    let begun = Begun::new().await;
    let mut early = begun.world.sample(SAMPLE).await;
    let answers = || values(&[("lives-with-spouse", flag(false)), ("housing-supplement", text("has"))]);
    early.input = Some(answers());
    let status = begun.world.create(early).await.unwrap_err();
    let fields = ["case.input.housing-supplement", "case.input.lives-with-spouse"];
    assert_eq!((status.code(), wrong_fields(&status)), (Code::InvalidArgument, fields.map(str::to_owned).to_vec()));

    let wrong = values(&[("old-home", text("a boat")), ("wished-municipality-1", text("9999")), ("pets", flag(true))]);
    let request = pb::JoinCaseRequest { input: Some(wrong), ..begun.joins(&begun.parent) };
    let status = begun.join(&begun.parent, request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(wrong_fields(&status), ["input.old-home", "input.pets"]);
    // Who may not join learns nothing, not even that something is asked.
    let agency = crate::world::actor("agency:bolagsverket");
    let mut client = pb::case_service_client::CaseServiceClient::with_interceptor(begun.world.portal.clone(), agency);
    assert_eq!(client.join_case(request.clone()).await.unwrap_err().code(), Code::NotFound);
    let absent = pb::JoinCaseRequest { name: "cases/case_00000000000000000000000000".to_owned(), ..request };
    assert_eq!(begun.join(&begun.parent, absent).await.unwrap_err().code(), Code::NotFound);

    let request = pb::JoinCaseRequest { input: Some(answers()), ..begun.joins(&begun.parent) };
    let joined = begun.join(&begun.parent, request.clone()).await.unwrap();
    let hers = joined.input.as_ref().unwrap();
    assert_eq!(hers.fields["housing-supplement"], text("has"));
    assert_eq!(hers.fields["carer-municipality-1"], text("0180"), "the whole case is hers to see");
    assert_eq!(step(&joined, "move-together").state(), pb::StepState::NotNeeded);
    assert_eq!(step(&joined, "housing-supplement-change").state(), pb::StepState::Blocked);
    assert_eq!(begun.join(&begun.parent, request).await.unwrap().parties.len(), 2, "the same request again");

    let helpers = begun.seen_by(&begun.helper).await.input.unwrap();
    let seen: Vec<&str> = helpers.fields.keys().map(String::as_str).collect();
    assert_eq!(seen, ["carer-municipality-1", "helper-relation"], "the helper sees what the helper answered");
    let late = pb::JoinCaseRequest { input: Some(answers()), ..begun.joins(&begun.parent) };
    let status = begun.join(&begun.parent, late).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["input.housing-supplement", "input.lives-with-spouse"]);
}

#[tokio::test]
async fn when_the_parent_joins_the_case_is_hers_and_the_helper_sees_what_is_his() {
    let begun = Begun::new().await;
    let request = begun.joins(&begun.parent);
    let joined = begun.join(&begun.parent, request.clone()).await.unwrap();
    assert_eq!(joined.parties.len(), 2);
    let home = step(&joined, "care-home");
    assert_eq!((home.state(), home.turn(), home.answerable), (pb::StepState::Ready, pb::Turn::Applicant, true));
    assert!(!slugs(&joined).contains(&"carer-support"), "the helper's own matters are not hers to see");

    let helpers = begun.seen_by(&begun.helper).await;
    let seen = slugs(&helpers);
    assert!(seen.contains(&"carer-support") && seen.contains(&"consent-talk"), "{seen:?}");
    assert!(!seen.contains(&"care-home") && !seen.contains(&"health-information"), "{seen:?}");
    assert!(helpers.municipality_code.is_empty());
    let values = answer_of(begun.world.told(SAMPLE), "care-home");
    let helper = &begun.helper.identity_number;
    let status = begun.world.answer_as(helper, &begun.case, "care-home", values).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let request_all = pb::WithdrawCaseRequest {
        name: begun.case.name.clone(),
        request_id: id(),
        ..pb::WithdrawCaseRequest::default()
    };
    let status = begun.world.cases(helper).withdraw_case(request_all).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_ALLOWED"));

    // The same request again finds it done; another under the same name is refused.
    assert_eq!(begun.join(&begun.parent, request.clone()).await.unwrap().parties.len(), 2);
    let other = pb::JoinCaseRequest {
        party: Some(pb::Party { display_name: "En annan".to_owned(), ..begun.parent.clone() }),
        ..request
    };
    let status = begun.join(&begun.parent, other).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
    let list = pb::ListCaseEventsRequest {
        parent: begun.case.name.clone(),
        page_size: 1_000,
        ..pb::ListCaseEventsRequest::default()
    };
    for party in [&begun.parent, &begun.helper] {
        let events = begun.world.cases(&party.identity_number).list_case_events(list.clone()).await.unwrap();
        let events = events.into_inner().events;
        let came = events.iter().find(|event| event.kind == "party-joined").unwrap();
        assert!(came.text.ends_with(&begun.parent.display_name), "{}", came.text);
    }
    // She finds it among her own.
    let mut cases = begun.world.cases(&begun.parent.identity_number);
    let listed = cases.list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.cases.len(), 1);
}

#[tokio::test]
async fn a_stranger_learns_nothing_from_trying_to_join() {
    let begun = Begun::new().await;
    begun.join(&begun.parent, begun.joins(&begun.parent)).await.unwrap();
    let stranger =
        pb::Party { identity_number: STRANGER.to_owned(), display_name: "Nyfiken".to_owned(), ..begun.helper.clone() };
    let there = begun.join(&stranger, begun.joins(&stranger)).await.unwrap_err();
    let nowhere =
        pb::JoinCaseRequest { name: "cases/case_00000000000000000000000000".to_owned(), ..begun.joins(&stranger) };
    let nowhere = begun.join(&stranger, nowhere).await.unwrap_err();
    assert_eq!((there.code(), there.message()), (Code::NotFound, nowhere.message()));
    assert_eq!(there.details(), nowhere.details());
    // Nor may anybody bring another.
    let status = begun.join(&stranger, begun.joins(&begun.representative)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let an_etag = pb::JoinCaseRequest { etag: "abc".to_owned(), ..begun.joins(&stranger) };
    assert_eq!(begun.join(&stranger, an_etag).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn an_agency_that_took_her_word_brings_her_in_and_is_shown_nothing() {
    let begun = Begun::new().await;
    let line = |agency: &str| {
        use livshandelse_proto::v1::case_service_client::CaseServiceClient;
        let actor = crate::world::actor(&format!("agency:{agency}"));
        CaseServiceClient::with_interceptor(begun.world.portal.clone(), actor)
    };
    let status = line("bolagsverket").join_case(begun.joins(&begun.parent)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let told = line("socialnamnden-2482").join_case(begun.joins(&begun.parent)).await.unwrap().into_inner();
    assert_eq!(told, pb::Case { name: begun.case.name.clone(), ..pb::Case::default() });
    assert!(slugs(&begun.seen_by(&begun.parent).await).contains(&"care-home"));
}

#[tokio::test]
async fn a_representative_acts_where_the_mandate_reaches_and_nowhere_else() {
    let begun = Begun::new().await;
    let request = begun.shows(pb::MandateKind::GodMan, &["care-home"]);
    let seen = begun.join(&begun.representative, request).await.unwrap();
    let home = step(&seen, "care-home");
    assert_eq!((home.turn(), home.answerable), (pb::Turn::Applicant, true));
    assert!(!slugs(&seen).contains(&"home-care"), "the mandate does not reach there");
    let own = seen.parties.iter().find(|party| party.caller).unwrap();
    let [mandate] = &own.mandates[..] else { panic!("{:?}", own.mandates) };
    assert_eq!((mandate.kind(), mandate.in_force, mandate.text.as_str()), (pb::MandateKind::GodMan, true, "God man"));

    let number = &begun.representative.identity_number;
    let answer = answer_of(begun.world.told(SAMPLE), "care-home");
    begun.world.answer_as(number, &begun.case, "care-home", answer).await.unwrap();
    begun.world.until_seen_by(number, &begun.case.name, |case| step(case, "care-home").arrive_time.is_some()).await;
    let handed = begun.world.agencies.last("care-home").unwrap();
    let acting = handed.parties.iter().find(|party| party.role() == pb::PartyRole::Representative).unwrap();
    assert_eq!((acting.identity_number.as_str(), acting.mandates.len()), (number.as_str(), 1));
    assert!(handed.parties.iter().any(|party| party.role() == pb::PartyRole::Applicant));
    assert!(!handed.parties.iter().any(|party| party.role() == pb::PartyRole::Helper));

    let consent = values(&[("with-whom", text("Alla")), ("about-what", text("everything"))]);
    let status = begun.world.answer_as(number, &begun.case, "consent-talk", consent).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "she consents herself or not at all");
    // The helper does not learn by which right somebody else acts.
    let helpers = begun.seen_by(&begun.helper).await;
    assert!(helpers.parties.iter().all(|party| party.mandates.is_empty()));
    let hers = begun.seen_by(&begun.parent).await;
    assert!(hers.parties.iter().any(|party| !party.mandates.is_empty()));
}

#[tokio::test]
async fn every_wrong_field_of_a_joiner_and_a_mandate_is_named_at_once() {
    let begun = Begun::new().await;
    let mut request = begun.shows(pb::MandateKind::Unspecified, &["Not A Step"]);
    request.party.as_mut().unwrap().identity_number = "199309172387".to_owned();
    request.mandate.as_mut().unwrap().from_date = None;
    let status = begun.join(&begun.representative, request).await.unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        ["mandate.from_date", "mandate.kind", "mandate.steps[0]", "party.identity_number"]
    );
    let mut request = begun.shows(pb::MandateKind::Guardian, &[]);
    request.mandate.as_mut().unwrap().to_date = Some(pb::Date { year: 2025, month: 1, day: 1 });
    request.mandate.as_mut().unwrap().evidence = String::new();
    let status = begun.join(&begun.representative, request).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["mandate.evidence", "mandate.kind", "mandate.to_date"]);
    let without = pb::JoinCaseRequest { mandate: None, ..begun.shows(pb::MandateKind::GodMan, &[]) };
    let status = begun.join(&begun.representative, without).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["mandate"]);
    let operator = crate::world::actor("operator:anna");
    let mut client = pb::case_service_client::CaseServiceClient::with_interceptor(begun.world.portal.clone(), operator);
    let status = client.join_case(begun.joins(&begun.parent)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_ALLOWED"));
}

#[tokio::test]
async fn a_decision_is_shown_in_full_and_neither_a_declined_offer_nor_an_interruption_is_the_end() {
    let begun = Begun::new().await;
    begun.join(&begun.parent, begun.joins(&begun.parent)).await.unwrap();
    let number = begun.parent.identity_number.clone();
    let world = &begun.world;
    let name = begun.case.name.clone();
    let answer = answer_of(world.told(SAMPLE), "care-home");
    world.answer_as(&number, &begun.case, "care-home", answer).await.unwrap();
    world.until_seen_by(&number, &name, |case| step(case, "care-home").arrive_time.is_some()).await;
    let task = world.agencies.last("care-home").unwrap();
    let mut work = world.work("socialnamnden-2482");
    let day = |month, day| Some(pb::Date { year: 2026, month, day });
    let decision = pb::Decision {
        outcome: pb::Outcome::PartlyApproved.into(),
        decide_time: Some(world.now()),
        text: "Du har rätt till korttidsplats.".to_owned(),
        appeal_instruction: "Skriv till socialnämnden inom tre veckor.".to_owned(),
        decision_number: "SN 2026/00017".to_owned(),
        valid_from_date: day(2, 1),
        valid_to_date: day(7, 31),
        ..pb::Decision::default()
    };
    let request = pb::RecordDecisionRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        decision: Some(decision),
        arrival: None,
    };
    work.record_decision(request).await.unwrap();
    let shown = world.get(&number, &name).await.unwrap();
    let home = step(&shown, "care-home");
    assert_eq!(
        (home.outcome(), home.execution_state(), home.decision_number.as_str()),
        (pb::Outcome::PartlyApproved, pb::ExecutionState::Pending, "SN 2026/00017")
    );
    assert_eq!((home.valid_from_date, home.valid_to_date), (day(2, 1), day(7, 31)));
    assert_eq!(home.appeal_instruction, "Skriv till socialnämnden inom tre veckor.");

    let progress = |state: pb::ExecutionState| pb::ReportProgressRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        arrival: None,
        progress: Some(pb::TaskProgress {
            state: pb::StepState::InExecution.into(),
            execution_state: state.into(),
            agency_words: "Anmält.".to_owned(),
            ..pb::TaskProgress::default()
        }),
    };
    work.report_progress(progress(pb::ExecutionState::ReportedToIvo)).await.unwrap();
    let shown = world.get(&number, &name).await.unwrap();
    assert_eq!(step(&shown, "care-home").execution_state(), pb::ExecutionState::ReportedToIvo);
    let offer = pb::Supplement { text: "Plats på Provgården.".to_owned(), offer: true, ..pb::Supplement::default() };
    let request = pb::RequestSupplementRequest {
        task: task.task.clone(),
        attempt: task.attempt,
        request_id: id(),
        arrival: None,
        supplement: Some(offer),
    };
    work.request_supplement(request).await.unwrap();
    let shown = world.get(&number, &name).await.unwrap();
    let home = step(&shown, "care-home");
    assert_eq!((home.execution_state(), home.answerable), (pb::ExecutionState::Offered, true));
    let no = values(&[("accept", flag(false))]);
    let declined = world.answer_as(&number, &begun.case, "care-home", no).await.unwrap();
    let home = step(&declined, "care-home");
    assert_eq!(
        (home.execution_state(), home.outcome()),
        (pb::ExecutionState::DeclinedOffer, pb::Outcome::PartlyApproved)
    );

    // Carried out in the end, and then broken off: the municipality's turn again, with a day of its own.
    work.report_progress(progress(pb::ExecutionState::Executed)).await.unwrap();
    let shown = world.get(&number, &name).await.unwrap();
    assert_eq!(step(&shown, "care-home").state(), pb::StepState::Done);
    work.report_progress(progress(pb::ExecutionState::Interrupted)).await.unwrap();
    let shown = world.get(&number, &name).await.unwrap();
    let home = step(&shown, "care-home");
    assert_eq!((home.state(), home.turn()), (pb::StepState::InExecution, pb::Turn::Agency));
    assert_eq!(home.execution_state(), pb::ExecutionState::Interrupted);
    assert!(home.interrupt_date.is_some());
    let running = |clock: &&pb::Clock| clock.state() == pb::ClockState::Running;
    assert_eq!(home.clocks.iter().filter(running).filter(|clock| clock.slug == "interruption").count(), 1);
    work.report_progress(progress(pb::ExecutionState::Executed)).await.unwrap();
    let shown = world.get(&number, &name).await.unwrap();
    let home = step(&shown, "care-home");
    assert_eq!((home.state(), home.interrupt_date), (pb::StepState::Done, None));
}

#[tokio::test]
async fn who_joins_where_somebody_is_protected_joins_and_is_shown_the_name_alone() {
    let begun = Begun::new().await;
    begun.join(&begun.parent, begun.joins(&begun.parent)).await.unwrap();
    let sibling = pb::Party {
        identity_number: STRANGER.to_owned(),
        display_name: "Ett syskon".to_owned(),
        protected: true,
        ..begun.helper.clone()
    };
    // The parent lets the sibling in; the sibling, whose place must not be known, sees nothing of the others' matters.
    let place = Some(values(&[("carer-municipality-2", text("1283"))]));
    let request = pb::JoinCaseRequest { input: place, ..begun.joins(&sibling) };
    let shown = begun.join(&begun.parent, request).await.unwrap();
    assert_eq!(shown.parties.len(), 3);
    let answers = shown.input.unwrap().fields;
    assert!(answers.contains_key("carer-municipality-1") && !answers.contains_key("carer-municipality-2"));
    assert!(shown.parties.iter().any(|party| party.masked), "her place and name are not even the parent's to read");
    let status = begun.world.get(STRANGER, &begun.case.name).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let again = begun.join(&sibling, begun.joins(&sibling)).await;
    let told = again.map(|case| (case.name, case.parties.len()));
    let is_silent = match &told {
        Ok((_, parties)) => *parties == 0,
        Err(status) => status.code() == Code::NotFound,
    };
    assert!(is_silent, "{told:?}");
}
