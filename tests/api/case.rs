//! Cases on behalf of citizens, method by method.

use crate::world::{APPLICANT, CO_PARTY, World, flag, id, reason, step, text, values, wrong_fields};
use livshandelse_proto::v1 as pb;
use tonic::Code;

#[tokio::test]
async fn a_case_is_filed_and_read_back_in_two_languages() {
    let world = World::start().await;
    let filed = world.file().await;
    assert!(filed.name.starts_with("cases/case_"));
    assert_eq!((filed.state(), filed.municipality_code.as_str()), (pb::CaseState::Open, "0580"));
    assert!(!filed.headline.is_empty() && filed.steps.len() > 10);
    for (language, state) in [("sv", "Första barnet"), ("en", "First child")] {
        let request = pb::GetCaseRequest {
            name: filed.name.clone(),
            language_code: language.to_owned(),
            ..pb::GetCaseRequest::default()
        };
        let read = world.cases(APPLICANT).get_case(request).await.unwrap().into_inner();
        assert_eq!(read.title.to_lowercase(), state.to_lowercase());
    }
    let json = format!("{filed:?}");
    assert!(!json.contains(APPLICANT) && !json.contains(CO_PARTY), "no identity number is sent back");
}

#[tokio::test]
async fn a_repeated_request_finds_its_case_and_another_body_is_refused() {
    let world = World::start().await;
    let case = world.sample("unmarried-in-linkoping").await;
    let request = pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() };
    let first = world.cases(APPLICANT).create_case(request.clone()).await.unwrap().into_inner();
    let in_english = pb::CreateCaseRequest { language_code: "en".to_owned(), ..request.clone() };
    let again = world.cases(APPLICANT).create_case(in_english).await.unwrap().into_inner();
    assert_eq!(again.name, first.name);
    let mut other = request;
    other.case.as_mut().unwrap().municipality_code = "0180".to_owned();
    let status = world.cases(APPLICANT).create_case(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
    let listed = world.cases(APPLICANT).list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.cases.len(), 1);
}

#[tokio::test]
async fn whoever_goes_on_with_a_watch_need_not_be_sent_the_steps_and_an_unknown_view_changes_nothing() {
    let world = World::start().await;
    let case = world.sample("unmarried-in-linkoping").await;
    let request = pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() };
    let unknown = pb::CreateCaseRequest { view: 99, ..request.clone() };
    let status = world.cases(APPLICANT).create_case(unknown).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["view"]);
    let listed = world.cases(APPLICANT).list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
    assert!(listed.cases.is_empty());

    let basic = pb::CreateCaseRequest { view: pb::CaseView::Basic.into(), ..request.clone() };
    let filed = world.cases(APPLICANT).create_case(basic).await.unwrap().into_inner();
    assert!(filed.steps.is_empty() && filed.state() == pb::CaseState::Open && !filed.etag.is_empty());
    let again = world.cases(APPLICANT).create_case(request).await.unwrap().into_inner();
    assert!(again.name == filed.name && again.steps.len() > 10, "the view is no part of what is asked");
}

#[tokio::test]
async fn a_case_that_is_only_checked_is_not_stored() {
    let world = World::start().await;
    let case = world.sample("unmarried-in-linkoping").await;
    let request =
        pb::CreateCaseRequest { case: Some(case.clone()), validate_only: true, ..pb::CreateCaseRequest::default() };
    let checked = world.cases(APPLICANT).create_case(request.clone()).await.unwrap().into_inner();
    assert_eq!((checked.name.as_str(), checked.state()), ("", pb::CaseState::Open));
    let wrong =
        pb::CreateCaseRequest { case: Some(pb::Case { municipality_code: "9999".to_owned(), ..case }), ..request };
    let status = world.cases(APPLICANT).create_case(wrong).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["case.municipality_code"]);
    let listed = world.cases(APPLICANT).list_cases(pb::ListCasesRequest::default()).await.unwrap().into_inner();
    assert!(listed.cases.is_empty());
}

#[tokio::test]
async fn a_draft_is_the_applicants_alone_until_it_is_sent_as_it_is() {
    let world = World::start().await;
    let mut case = world.sample("unmarried-in-linkoping").await;
    case.input = None;
    let request = pb::SaveDraftRequest { case: Some(case), request_id: id(), ..pb::SaveDraftRequest::default() };
    let draft = world.cases(APPLICANT).save_draft(request).await.unwrap().into_inner();
    assert_eq!(draft.state(), pb::CaseState::Draft);
    assert!(draft.expire_time.is_some() && draft.headline.contains("Utkastet"));
    assert_eq!(world.get(CO_PARTY, &draft.name).await.unwrap_err().code(), Code::NotFound);

    // Goes on with it: the parties are named by what was sent back, never by number.
    let full = world.sample("unmarried-in-linkoping").await;
    let parties = draft.parties.iter().map(|party| pb::Party {
        party_id: party.party_id.clone(),
        role: party.role,
        display_name: party.display_name.clone(),
        ..pb::Party::default()
    });
    let saved = pb::Case { name: draft.name.clone(), parties: parties.collect(), ..full };
    let request = pb::SaveDraftRequest {
        case: Some(saved),
        request_id: id(),
        etag: draft.etag.clone(),
        ..pb::SaveDraftRequest::default()
    };
    let saved = world.cases(APPLICANT).save_draft(request.clone()).await.unwrap().into_inner();
    assert_eq!(saved.name, draft.name);
    let stale = pb::SaveDraftRequest { request_id: id(), ..request };
    let status = world.cases(APPLICANT).save_draft(stale).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "ETAG_MISMATCH"));

    let bare = pb::Case { name: draft.name.clone(), ..pb::Case::default() };
    let request = pb::CreateCaseRequest { case: Some(bare), request_id: id(), ..pb::CreateCaseRequest::default() };
    let sent = world.cases(APPLICANT).create_case(request.clone()).await.unwrap().into_inner();
    assert_eq!((sent.name.as_str(), sent.state()), (draft.name.as_str(), pb::CaseState::Open));
    assert_eq!(world.cases(APPLICANT).create_case(request.clone()).await.unwrap().into_inner().name, draft.name);
    let again = pb::CreateCaseRequest { request_id: id(), ..request };
    let status = world.cases(APPLICANT).create_case(again).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_A_DRAFT"));
    assert!(world.get(CO_PARTY, &draft.name).await.is_ok());
}

#[tokio::test]
async fn a_list_is_paged_newest_first_and_a_token_of_another_list_is_refused() {
    let world = World::start().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(world.file().await.name);
    }
    names.sort();
    let mut request = pb::ListCasesRequest { page_size: 2, ..pb::ListCasesRequest::default() };
    let first = world.cases(APPLICANT).list_cases(request.clone()).await.unwrap().into_inner();
    assert!(first.cases.iter().all(|case| case.steps.is_empty()));
    request.page_token = first.next_page_token.clone();
    let second = world.cases(APPLICANT).list_cases(request.clone()).await.unwrap().into_inner();
    let mut listed: Vec<String> = first.cases.into_iter().chain(second.cases).map(|case| case.name).collect();
    listed.sort();
    assert_eq!((listed, second.next_page_token.as_str()), (names, ""));

    request.states = vec![pb::CaseState::Draft.into()];
    let status = world.cases(APPLICANT).list_cases(request.clone()).await.unwrap_err();
    assert_eq!(reason(&status), "PAGE_TOKEN_INVALID", "the token remembers its filter");
    request.page_token = String::new();
    assert!(world.cases(APPLICANT).list_cases(request.clone()).await.unwrap().into_inner().cases.is_empty());
    request.page_size = -1;
    let status = world.cases(APPLICANT).list_cases(request).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["page_size"]);
}

#[tokio::test]
async fn an_answered_step_is_handed_to_its_agency_under_names_made_for_it() {
    let world = World::start().await;
    let case = world.file().await;
    let task = world.enrol(&case).await;
    assert!(task.task.starts_with("agencies/region-05/tasks/"));
    let id = case.name.strip_prefix("cases/").unwrap();
    assert!(!format!("{task:?}").contains(id), "our own name of the case does not leave us");
    assert_eq!(task.input.unwrap().fields["contact-way"], text("phone"));
    assert_eq!(task.parties.iter().map(|party| party.identity_number.as_str()).collect::<Vec<_>>(), [APPLICANT]);
    let certificate = world.agencies.last("pregnancy-certificate").unwrap();
    assert_eq!(certificate.agency_case_key, task.agency_case_key, "one agency knows a case by one key");
    let shown = world.get(APPLICANT, &case.name).await.unwrap();
    let enrolled = step(&shown, "midwife-enrolment");
    assert_eq!((enrolled.state(), enrolled.turn()), (pb::StepState::Received, pb::Turn::Agency));
    assert!(enrolled.agency_case_number.starts_with("DNR midwife-enrolment"));
}

#[tokio::test]
async fn a_change_to_a_case_that_has_changed_is_refused_unless_it_is_a_repeat() {
    let world = World::start().await;
    let case = world.file().await;
    let request = pb::SubmitInputRequest {
        name: format!("{}/steps/midwife-enrolment", case.name),
        values: Some(values(&[("contact-way", text("phone"))])),
        request_id: id(),
        etag: world.get(APPLICANT, &case.name).await.unwrap().etag,
        ..pb::SubmitInputRequest::default()
    };
    world.until(&case.name, |case| step(case, "pregnancy-certificate").arrive_time.is_some()).await;
    let fresh =
        pb::SubmitInputRequest { etag: world.get(APPLICANT, &case.name).await.unwrap().etag, ..request.clone() };
    world.cases(APPLICANT).submit_input(fresh.clone()).await.unwrap();
    world.cases(APPLICANT).submit_input(fresh.clone()).await.unwrap();
    let stale = pb::SubmitInputRequest { request_id: id(), ..fresh };
    let status = world.cases(APPLICANT).submit_input(stale).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
}

#[tokio::test]
async fn a_step_that_is_proposed_as_not_needed_may_be_added_and_withdrawn_again() {
    let world = World::start().await;
    let mut case = world.sample("unmarried-in-linkoping").await;
    case.input.as_mut().unwrap().fields.insert("employed".to_owned(), flag(false));
    case.step_inputs.retain(|given| given.step != "employer-notice");
    let case = world.create(case).await.unwrap();
    let notice = step(&case, "employer-notice");
    assert_eq!(notice.state(), pb::StepState::NotNeeded);
    assert!(notice.addable && !notice.reason.as_ref().unwrap().text.is_empty());
    let request = pb::AddStepRequest { name: notice.name.clone(), request_id: id(), ..pb::AddStepRequest::default() };
    let added = world.cases(APPLICANT).add_step(request.clone()).await.unwrap().into_inner();
    assert_eq!(step(&added, "employer-notice").state(), pb::StepState::Ready);
    let again = pb::AddStepRequest { request_id: id(), ..request };
    let status = world.cases(APPLICANT).add_step(again).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STEP_ALREADY_ADDED"));
    let request =
        pb::WithdrawStepRequest { name: notice.name.clone(), request_id: id(), ..pb::WithdrawStepRequest::default() };
    let withdrawn = world.cases(APPLICANT).withdraw_step(request).await.unwrap().into_inner();
    assert_eq!(step(&withdrawn, "employer-notice").state(), pb::StepState::Withdrawn);
}

#[tokio::test]
async fn a_withdrawn_case_ends_when_its_agencies_have_closed_what_they_had() {
    let world = World::start().await;
    let case = world.file().await;
    world.enrol(&case).await;
    let request =
        pb::WithdrawCaseRequest { name: case.name.clone(), request_id: id(), ..pb::WithdrawCaseRequest::default() };
    world.cases(APPLICANT).withdraw_case(request.clone()).await.unwrap();
    let ended = world.until(&case.name, |case| case.state() == pb::CaseState::Ended).await;
    assert_eq!(ended.end_reason(), pb::EndReason::Withdrawn);
    let enrolment = step(&ended, "midwife-enrolment");
    assert_eq!((enrolment.state(), enrolment.agency_words.as_str()), (pb::StepState::Withdrawn, "Avskriven."));
    assert!(world.agencies.cancels().iter().any(|cancel| cancel.step == "midwife-enrolment"));
    let later = pb::WithdrawCaseRequest { request_id: id(), ..request };
    let status = world.cases(APPLICANT).withdraw_case(later).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CASE_ENDED"));
}

#[tokio::test]
async fn what_has_happened_is_listed_in_order_and_in_pages() {
    let world = World::start().await;
    let case = world.file().await;
    world.enrol(&case).await;
    let mut request =
        pb::ListCaseEventsRequest { parent: case.name.clone(), page_size: 7, ..pb::ListCaseEventsRequest::default() };
    let mut events = Vec::new();
    loop {
        let page = world.cases(APPLICANT).list_case_events(request.clone()).await.unwrap().into_inner();
        events.extend(page.events);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert!(events.is_sorted_by_key(|event| event.number) && events.len() > 10);
    let mut numbers: Vec<u64> = events.iter().map(|event| event.number).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), events.len());
    assert_eq!((events[0].kind.as_str(), events[0].actor_text.as_str()), ("case-created", "Saga Fiktbäck"));
    assert!(events.iter().all(|event| !event.text.starts_with("event-")), "every event has a text");
    assert!(events.iter().any(|event| event.kind == "arrived" && event.actor_text.contains("Östergötland")));
}
