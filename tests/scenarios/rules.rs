//! Rules told as stories, on the small life event made in code.

#![expect(clippy::unwrap_used, reason = "a story fails where it stops")]

use jiff::civil::{Date, date};
use livshandelse_core::case::{AppealState, Ask, End, FactReport, Outcome, Reason, Stage, StepState};
use livshandelse_core::command::{Actor, Report};
use livshandelse_core::decide::{Standing, need_standing};
use livshandelse_core::definition::{Awaited, FactKind, Need, NeedFor, Role};
use livshandelse_core::event::Event;
use livshandelse_core::form::WrongField;
use livshandelse_core::id::{CaseId, PartyId, StepId, Subject};
use livshandelse_core::status::{Turn, turn_of, unfulfilled};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_core::{Answer, Command, Rejection};
use livshandelse_tests::finish::Zeal;
use livshandelse_tests::fixture::{APPLICANT, CO_PARTY, START, slug, small};
use livshandelse_tests::play::{Play, decided};
use livshandelse_tests::stage::{self, party_of};
use std::sync::Arc;

const BIRTH: Date = date(2026, 3, 1);

fn id(text: &str) -> StepId {
    text.parse().unwrap()
}

/// A case of a sample, created at noon on the day the samples start.
fn case_of(sample: &str) -> Play {
    let mut play = Play::new(Arc::new(small()), CivilTime::noon(START));
    play.is_thorough = true;
    let filing = play.stage.samples[sample].filing.clone();
    play.ask(mother(), Command::CreateCase(filing)).unwrap();
    play
}

fn mother() -> Actor {
    Actor::Person(party_of(APPLICANT))
}

fn father() -> Actor {
    Actor::Person(party_of(CO_PARTY))
}

fn stranger() -> Actor {
    Actor::Person(PartyId([9; 16]))
}

fn answer(play: &mut Play, actor: Actor, step: &str, input: &[(&str, Value)]) -> Result<Answer, Rejection> {
    let input = input.iter().map(|(field, value)| (slug(field), value.clone())).collect();
    play.ask(actor, Command::SubmitInput { step: id(step), input })
}

fn fact(kind: FactKind, child: u8, at: CivilTime) -> FactReport {
    FactReport {
        kind,
        child: Subject(child),
        party: None,
        step: None,
        occurred_at: at,
        municipality: None,
        values: Values::new(),
    }
}

fn happens(play: &mut Play, kind: FactKind, child: u8) -> Result<Answer, Rejection> {
    let report = fact(kind, child, play.now);
    play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(report))
}

/// A case whose first child is born on the day it was due and registered.
fn registered(sample: &str) -> Play {
    let mut play = case_of(sample);
    play.pass_to(CivilTime::noon(BIRTH));
    happens(&mut play, FactKind::Birth, 1).unwrap();
    if play.case.is_protected() {
        answer(&mut play, mother(), "registration.1", &[]).unwrap();
    }
    play.report(&id("registration.1"), None, approved(&play)).unwrap();
    play
}

fn approved(play: &Play) -> Report {
    decided(Outcome::Approved, play.now, Values::new())
}

fn rejected(play: &Play) -> Report {
    decided(Outcome::Rejected, play.now, Values::new())
}

#[track_caller]
fn stands(play: &Play, step: &str, state: StepState) {
    let step = play.case.step(&id(step)).unwrap();
    assert_eq!(step.state, state, "{}", step.id);
}

fn turn(play: &Play, step: &str) -> Turn {
    turn_of(&play.stage.definition, &play.case, play.case.step(&id(step)).unwrap())
}

/// The mandatory steps that did not come about.
fn lost(play: &Play) -> Vec<StepId> {
    unfulfilled(&play.stage.definition, &play.case).map(|step| step.id.clone()).collect()
}

#[track_caller]
fn holds(play: &Play) {
    assert!(play.broken.is_empty(), "{}", play.broken.join("\n"));
}

#[test]
fn an_application_is_filed_although_something_it_needs_to_be_complete_has_not_come() {
    let mut play = case_of("two-parents");
    happens(&mut play, FactKind::Birth, 1).unwrap();
    stands(&play, "registration.1", StepState::Submitted);
    answer(&mut play, mother(), "benefit.1", &[("days", Value::Number(10))]).unwrap();
    stands(&play, "benefit.1", StepState::Submitted);
    holds(&play);
}

#[test]
fn a_child_that_is_not_born_holds_back_what_has_no_object_yet() {
    let play = case_of("two-parents");
    stands(&play, "benefit.1", StepState::Blocked);
    stands(&play, "booking", StepState::Ready);
    holds(&play);
}

#[test]
fn what_waits_for_a_birth_is_not_needed_after_a_stillbirth_and_the_grieving_are_told_whom_to_call() {
    let mut play = case_of("two-parents");
    happens(&mut play, FactKind::Stillbirth, 1).unwrap();
    stands(&play, "benefit.1", StepState::NotNeeded);
    stands(&play, "someone-to-call.1", StepState::Ready);
    assert_eq!(play.case.stage, Stage::Ended(End::ClosedByFact));
    holds(&play);
}

#[test]
fn one_twins_stillbirth_leaves_the_others_steps_as_they_are() {
    let mut play = case_of("twins");
    happens(&mut play, FactKind::Birth, 1).unwrap();
    happens(&mut play, FactKind::Stillbirth, 2).unwrap();
    stands(&play, "registration.1", StepState::Submitted);
    stands(&play, "registration.2", StepState::NotNeeded);
    stands(&play, "someone-to-call.1", StepState::Blocked);
    stands(&play, "someone-to-call.2", StepState::Ready);
    holds(&play);
}

#[test]
fn day_fourteen_is_theirs_and_on_day_fifteen_the_municipality_takes_over() {
    let mut play = registered("two-parents");
    let clock = play.case.step(&id("sign-together.1")).unwrap().clocks[0].clone();
    assert_eq!(clock.last_day, date(2026, 3, 15));
    play.pass_to(CivilTime(CivilTime::after(date(2026, 3, 15)).0 - 1));
    stands(&play, "sign-together.1", StepState::Ready);
    stands(&play, "inquiry.1", StepState::Blocked);
    play.pass_to(CivilTime::after(date(2026, 3, 15)));
    stands(&play, "sign-together.1", StepState::NotNeeded);
    stands(&play, "inquiry.1", StepState::Received);
    holds(&play);
}

#[test]
fn a_name_nobody_chose_in_three_months_is_settled_by_law() {
    let mut play = registered("two-parents");
    play.pass_to(CivilTime::noon(date(2026, 6, 1)));
    stands(&play, "name.1", StepState::Ready);
    play.pass_to(CivilTime::start_of(date(2026, 6, 2)));
    stands(&play, "name.1", StepState::Done);
    assert_eq!(play.case.step(&id("name.1")).unwrap().reason, Some(Reason::Settled(slug("three-months"))));
    holds(&play);
}

#[test]
fn an_agency_that_is_late_is_asked_again_and_again_and_keeps_its_step() {
    let mut play = registered("one-parent");
    play.pass_to(CivilTime::noon(date(2026, 9, 20)));
    let place = play.case.step(&id("place.1")).unwrap();
    assert_eq!(place.state, StepState::Received);
    assert_eq!(place.clocks.iter().find(|clock| clock.slug == slug("place")).unwrap().passed_count, 3);
    holds(&play);
}

#[test]
fn every_wrong_field_is_named_at_once_with_a_remedy_and_nothing_is_stored() {
    let mut play = Play::new(Arc::new(small()), CivilTime::noon(START));
    let mut filing = play.stage.samples["two-parents"].filing.clone();
    filing.input.insert(slug("expected-children"), Value::Number(9));
    filing.input.insert(slug("due-date"), Value::Flag(true));
    filing.input.remove(&slug("other-parent-exists"));
    filing.input.insert(slug("shoe-size"), Value::Number(38));
    filing.municipality = "9999".to_owned();
    filing.parties[1].name.clear();
    filing.step_input.push((id("name"), Values::new()));
    let Err(Rejection::WrongFields(wrong)) = play.ask(mother(), Command::CreateCase(filing)) else {
        panic!("accepted")
    };
    let mut paths: Vec<&str> = wrong.iter().map(|field| field.path.as_str()).collect();
    paths.sort_unstable();
    let expected = [
        "input.due-date",
        "input.expected-children",
        "input.other-parent-exists",
        "input.shoe-size",
        "municipality",
        "parties[1].name",
        "step_input.name",
    ];
    assert_eq!(paths, expected);
    assert!(wrong.iter().all(|field: &WrongField| !field.remedy.is_empty()));
    assert!(play.records.is_empty());
    holds(&play);
}

#[test]
fn a_form_is_not_taken_until_it_is_whole() {
    let mut play = registered("two-parents");
    let Err(Rejection::WrongFields(wrong)) = answer(&mut play, mother(), "name.1", &[]) else { panic!("accepted") };
    assert_eq!(wrong[0].path, "input.first-names");
    stands(&play, "name.1", StepState::Ready);
    holds(&play);
}

#[test]
fn a_form_given_ahead_is_used_when_its_step_opens_and_an_empty_one_only_once() {
    let mut play = Play::new(Arc::new(small()), CivilTime::noon(START));
    let mut filing = play.stage.samples["two-parents"].filing.clone();
    filing.step_input.push((id("benefit.1"), Values::from([(slug("days"), Value::Number(5))])));
    filing.step_input.push((id("name.1"), Values::new()));
    play.ask(mother(), Command::CreateCase(filing)).unwrap();
    happens(&mut play, FactKind::Birth, 1).unwrap();
    stands(&play, "benefit.1", StepState::Submitted);
    play.report(&id("registration.1"), None, approved(&play)).unwrap();
    stands(&play, "name.1", StepState::Draft);
    holds(&play);
}

#[test]
fn something_done_elsewhere_waits_for_the_applicants_word() {
    let mut play = case_of("one-parent");
    stands(&play, "tell-employer", StepState::Ready);
    answer(&mut play, mother(), "tell-employer", &[]).unwrap();
    stands(&play, "tell-employer", StepState::Done);
    holds(&play);
}

#[test]
fn both_sign_in_any_order_and_the_turn_is_whoever_has_not() {
    let mut play = registered("two-parents");
    assert_eq!(turn(&play, "sign-together.1"), Turn::Applicant);
    answer(&mut play, mother(), "sign-together.1", &[]).unwrap();
    assert_eq!(turn(&play, "sign-together.1"), Turn::CoParty);
    let again = answer(&mut play, mother(), "sign-together.1", &[]);
    assert!(matches!(again, Err(Rejection::NotAsked { .. })), "{again:?}");
    stands(&play, "sign-together.1", StepState::Draft);
    answer(&mut play, father(), "sign-together.1", &[]).unwrap();
    stands(&play, "sign-together.1", StepState::Submitted);

    let mut play = registered("two-parents");
    answer(&mut play, father(), "sign-together.1", &[]).unwrap();
    assert_eq!(turn(&play, "sign-together.1"), Turn::Applicant);
    answer(&mut play, mother(), "sign-together.1", &[]).unwrap();
    stands(&play, "sign-together.1", StepState::Submitted);
    holds(&play);
}

#[test]
fn the_other_parent_sees_the_name_and_cannot_file_it_or_see_the_benefit() {
    let mut play = registered("two-parents");
    let filed = answer(&mut play, father(), "name.1", &[("first-names", Value::Text("Olle".to_owned()))]);
    assert!(matches!(filed, Err(Rejection::NotYours { .. })), "{filed:?}");
    let seen = answer(&mut play, father(), "benefit.1", &[("days", Value::Number(1))]);
    assert_eq!(seen, Err(Rejection::NoSuchStep { step: id("benefit.1") }));
    holds(&play);
}

#[test]
fn a_stranger_does_not_learn_that_a_case_exists_open_drafted_or_ended() {
    let mut open = case_of("one-parent");
    let mut ended = case_of("one-parent");
    happens(&mut ended, FactKind::Stillbirth, 1).unwrap();
    let mut draft = Play::new(Arc::new(small()), CivilTime::noon(START));
    let filing = draft.stage.samples["two-parents"].filing.clone();
    draft.ask(mother(), Command::SaveDraft(filing)).unwrap();
    for (play, actor) in [(&mut open, stranger()), (&mut ended, stranger()), (&mut draft, father())] {
        for command in [
            Command::SubmitInput { step: id("name.1"), input: Values::new() },
            Command::AddStep { step: id("name.1") },
            Command::WithdrawStep { step: id("name.1") },
            Command::WithdrawCase,
        ] {
            assert_eq!(play.ask(actor.clone(), command.clone()), Err(Rejection::NoSuchCase), "{command:?}");
        }
        let report = Report::Closed { words: String::new() };
        let command =
            Command::Report { step: id("name.1"), attempt: livshandelse_core::id::Attempt(1), arrival: None, report };
        assert_eq!(play.ask(Actor::Agency(slug("board-0980")), command), Err(Rejection::NoSuchCase));
        holds(play);
    }
}

#[test]
fn nothing_of_a_protected_person_is_sent_before_she_says_yes_and_the_other_parent_sees_nothing() {
    let mut play = case_of("protected");
    happens(&mut play, FactKind::Birth, 1).unwrap();
    stands(&play, "registration.1", StepState::Ready);
    assert_eq!(turn(&play, "registration.1"), Turn::Applicant);
    assert!(play.desks.is_empty());
    assert_eq!(answer(&mut play, father(), "sign-together.1", &[]), Err(Rejection::NoSuchCase));
    answer(&mut play, mother(), "registration.1", &[]).unwrap();
    stands(&play, "registration.1", StepState::Submitted);
    holds(&play);
}

#[test]
fn a_protected_person_who_says_nothing_is_still_asked_a_year_later() {
    let mut play = case_of("protected");
    happens(&mut play, FactKind::Birth, 1).unwrap();
    play.pass_to(CivilTime::noon(date(2028, 6, 1)));
    stands(&play, "registration.1", StepState::Ready);
    assert!(play.case.wakes_at().is_some());
    holds(&play);
}

#[test]
fn what_is_unsent_is_withdrawn_at_once_and_what_is_filed_only_its_agency_closes() {
    let mut play = registered("two-parents");
    play.ask(mother(), Command::WithdrawStep { step: id("benefit.1") }).unwrap();
    stands(&play, "benefit.1", StepState::Withdrawn);

    answer(&mut play, mother(), "name.1", &[("first-names", Value::Text("Olle".to_owned()))]).unwrap();
    let closed = Report::Closed { words: "Avskrivet.".to_owned() };
    let early = play.report(&id("name.1"), None, closed.clone());
    assert_eq!(early, Err(Rejection::NotWithdrawn { step: id("name.1") }));
    play.ask(mother(), Command::WithdrawStep { step: id("name.1") }).unwrap();
    stands(&play, "name.1", StepState::Submitted);
    let again = play.ask(mother(), Command::WithdrawStep { step: id("name.1") });
    assert_eq!(again, Ok(Answer::Repeated));
    play.report(&id("name.1"), None, closed).unwrap();
    stands(&play, "name.1", StepState::Withdrawn);

    let goes_on = play.ask(mother(), Command::WithdrawStep { step: id("inquiry.1") });
    assert!(goes_on.is_err(), "what the law carries on cannot be withdrawn: {goes_on:?}");
    holds(&play);
}

#[test]
fn a_case_is_withdrawn_once_and_nothing_can_be_added_to_it_afterwards() {
    let mut play = case_of("one-parent");
    happens(&mut play, FactKind::Birth, 1).unwrap();
    play.ask(mother(), Command::WithdrawCase).unwrap();
    assert_eq!(play.case.stage, Stage::Open, "the registration goes on by law");
    assert_eq!(play.ask(mother(), Command::WithdrawCase), Ok(Answer::Repeated));
    let added = play.ask(mother(), Command::AddStep { step: id("sign-together.1") });
    assert!(matches!(added, Err(Rejection::NotAddable { .. })), "{added:?}");
    play.report(&id("registration.1"), None, approved(&play)).unwrap();
    assert_eq!(play.case.stage, Stage::Ended(End::Withdrawn));
    holds(&play);
}

#[test]
fn a_step_taken_up_again_begins_anew_with_its_clocks() {
    let mut play = registered("two-parents");
    answer(&mut play, mother(), "sign-together.1", &[]).unwrap();
    play.ask(mother(), Command::WithdrawStep { step: id("sign-together.1") }).unwrap();
    play.ask(mother(), Command::AddStep { step: id("sign-together.1") }).unwrap();
    stands(&play, "sign-together.1", StepState::Ready);
    let step = play.case.step(&id("sign-together.1")).unwrap();
    assert!(step.signed_by.is_empty());
    assert_eq!(step.clocks[0].last_day, date(2026, 3, 15));
    play.pass_to(CivilTime::noon(date(2026, 3, 16)));
    stands(&play, "sign-together.1", StepState::NotNeeded);
    holds(&play);
}

#[test]
fn a_step_that_a_condition_proposed_away_may_be_added_all_the_same() {
    let mut play = registered("one-parent");
    stands(&play, "sign-together.1", StepState::NotNeeded);
    play.ask(mother(), Command::AddStep { step: id("sign-together.1") }).unwrap();
    stands(&play, "sign-together.1", StepState::Ready);
    holds(&play);
}

#[test]
fn a_fact_told_twice_is_recognised_and_one_that_contradicts_leaves_nothing_behind() {
    let mut play = case_of("two-parents");
    happens(&mut play, FactKind::Birth, 1).unwrap();
    assert_eq!(happens(&mut play, FactKind::Birth, 1), Ok(Answer::Repeated));
    let before = play.case.clone();
    let contradicts = happens(&mut play, FactKind::Stillbirth, 1);
    assert!(matches!(contradicts, Err(Rejection::FactContradicts { .. })), "{contradicts:?}");
    let unheard_of = happens(&mut play, FactKind::Homecoming, 3);
    assert!(matches!(unheard_of, Err(Rejection::FactContradicts { .. })), "{unheard_of:?}");
    assert_eq!(play.case, before);
    holds(&play);
}

#[test]
fn a_child_nobody_expected_gets_its_own_steps() {
    let mut play = case_of("two-parents");
    happens(&mut play, FactKind::Birth, 1).unwrap();
    happens(&mut play, FactKind::Birth, 2).unwrap();
    stands(&play, "registration.2", StepState::Submitted);
    holds(&play);
}

#[test]
fn a_lodged_appeal_holds_the_case_open_and_a_new_decision_can_be_appealed_again() {
    let mut play = registered("one-parent");
    answer(&mut play, mother(), "name.1", &[("first-names", Value::Text("Olle".to_owned()))]).unwrap();
    play.report(&id("name.1"), None, rejected(&play)).unwrap();
    play.ask(mother(), Command::WithdrawStep { step: id("benefit.1") }).unwrap();
    play.report(&id("place.1"), None, approved(&play)).unwrap();
    let done = Report::Completed { words: "Klart.".to_owned(), gives: Values::new() };
    play.report(&id("place.1"), None, done).unwrap();
    let lodged = |appeal, words: &str| Report::Progress {
        words: words.to_owned(),
        waits_for_other: false,
        delay: None,
        appeal: Some(appeal),
        execution: None,
        interrupted_on: None,
    };
    play.report(&id("name.1"), None, lodged(AppealState::Lodged, "Överklagandet har kommit in.")).unwrap();
    assert_eq!(turn(&play, "name.1"), Turn::Agency);
    play.pass_to(CivilTime::noon(date(2027, 3, 1)));
    assert_eq!(play.case.stage, Stage::Open);
    play.report(&id("name.1"), None, approved(&play)).unwrap();
    let name = play.case.step(&id("name.1")).unwrap();
    assert_eq!((name.outcome, name.appeal), (Outcome::Approved, AppealState::Open));
    assert_eq!(play.case.stage, Stage::Ended(End::Completed));
    holds(&play);
}

#[test]
fn a_case_cannot_continue_when_what_a_mandatory_step_needs_was_refused_for_good() {
    let mut play = case_of("one-parent");
    play.pass_to(CivilTime::noon(BIRTH));
    happens(&mut play, FactKind::Birth, 1).unwrap();
    play.report(&id("registration.1"), None, rejected(&play)).unwrap();
    assert_eq!(play.case.stage, Stage::Open, "an appeal may change it");
    play.finish(Zeal::Mandatory);
    assert_eq!(play.case.stage, Stage::Ended(End::CannotContinue));
    holds(&play);
}

#[test]
fn a_case_that_came_about_but_for_a_refusal_is_completed_and_names_what_did_not() {
    let mut play = registered("one-parent");
    let input = play.fitting_input(&id("name.1"));
    play.ask(mother(), Command::SubmitInput { step: id("name.1"), input }).unwrap();
    play.report(&id("name.1"), None, rejected(&play)).unwrap();
    assert_eq!(lost(&play), Vec::<StepId>::new(), "an appeal may change it");
    play.finish(Zeal::Mandatory);
    assert_eq!(play.case.stage, Stage::Ended(End::Completed));
    assert!(lost(&play).contains(&id("name.1")), "{:?}", lost(&play));
    holds(&play);
}

#[test]
fn a_need_of_every_child_waits_for_each_that_is_there() {
    let mut play = case_of("twins");
    let every = Need {
        any: vec![Awaited::Approved(slug("registration"))],
        every: Some(slug("child")),
        purpose: NeedFor::ToFile,
    };
    let any = Need { every: None, ..every.clone() };
    let stands = |play: &Play| {
        let booking = play.case.step(&id("booking")).unwrap();
        [&any, &every].map(|need| need_standing(&play.stage.definition, &play.case, need, booking))
    };
    happens(&mut play, FactKind::Birth, 1).unwrap();
    assert_eq!(stands(&play), [Standing::Waiting, Standing::Waiting]);
    play.report(&id("registration.1"), None, approved(&play)).unwrap();
    assert_eq!(stands(&play), [Standing::Met, Standing::Waiting]);
    happens(&mut play, FactKind::Stillbirth, 2).unwrap();
    assert_eq!(stands(&play), [Standing::Met, Standing::Met], "of a child that is not there nothing is missing");
    holds(&play);
}

#[test]
fn a_need_of_every_child_is_gone_when_one_is_refused_for_good() {
    let mut play = case_of("twins");
    let any = vec![Awaited::Approved(slug("registration"))];
    let every = Need { any, every: Some(slug("child")), purpose: NeedFor::ToFile };
    happens(&mut play, FactKind::Birth, 1).unwrap();
    happens(&mut play, FactKind::Birth, 2).unwrap();
    play.report(&id("registration.1"), None, approved(&play)).unwrap();
    play.report(&id("registration.2"), None, rejected(&play)).unwrap();
    play.finish(Zeal::Nothing);
    let booking = play.case.step(&id("booking")).unwrap();
    assert_eq!(need_standing(&play.stage.definition, &play.case, &every, booking), Standing::Gone);
    holds(&play);
}

#[test]
fn a_refusal_on_one_way_is_forgotten_when_another_way_leads_there() {
    let mut play = Play::new(Arc::new(stage::Stage::embedded("first-child").unwrap()), CivilTime::noon(START));
    let filing = play.stage.samples["unmarried-in-linkoping"].filing.clone();
    let people: Vec<Actor> = filing.parties.iter().map(|party| Actor::Person(party.id)).collect();
    play.ask(people[0].clone(), Command::CreateCase(filing)).unwrap();
    let input = play.fitting_input(&id("parenthood-before-birth"));
    play.ask(people[0].clone(), Command::SubmitInput { step: id("parenthood-before-birth"), input }).unwrap();
    play.report(&id("parenthood-before-birth"), None, rejected(&play)).unwrap();
    play.pass_to(CivilTime::noon(BIRTH));
    happens(&mut play, FactKind::Birth, 1).unwrap();
    play.report(&id("child-registration.1"), None, approved(&play)).unwrap();
    for person in people {
        answer(&mut play, person, "parenthood-digital.1", &[]).unwrap();
    }
    play.report(&id("parenthood-digital.1"), None, approved(&play)).unwrap();
    stands(&play, "parenthood-municipality.1", StepState::NotNeeded);
    play.finish(Zeal::Mandatory);
    assert_eq!(play.case.stage, Stage::Ended(End::Completed));
    holds(&play);
}

#[test]
fn a_decision_that_decides_nothing_is_refused() {
    let mut play = registered("one-parent");
    let empty = decided(Outcome::None, play.now, Values::new());
    let answered = play.report(&id("place.1"), None, empty);
    assert!(matches!(answered, Err(Rejection::WrongFields(_))), "{answered:?}");
    stands(&play, "place.1", StepState::Received);
    holds(&play);
}

#[test]
fn a_delivery_that_is_mended_after_the_decision_goes_on_being_carried_out() {
    let mut play = registered("one-parent");
    play.report(&id("place.1"), None, approved(&play)).unwrap();
    let offer = Report::SupplementAsked { words: "Plats från maj.".to_owned(), due: None, ask: Ask::Offer };
    play.report(&id("place.1"), None, offer).unwrap();
    assert!(play.answer_question(&id("place.1")));
    let attempt = play.desks[&id("place.1")].attempt;
    let why = livshandelse_core::command::Undelivered::Unreachable;
    play.ask(Actor::Time, Command::ReportUndelivered { step: id("place.1"), attempt, why }).unwrap();
    stands(&play, "place.1", StepState::FailedDelivery);
    play.pass_to(play.now.plus_hours(1));
    stands(&play, "place.1", StepState::InExecution);
    holds(&play);
}

#[test]
fn a_draft_keeps_its_id_until_it_is_filed_or_expires() {
    let mut play = Play::new(Arc::new(small()), CivilTime::noon(START));
    let filing = play.stage.samples["two-parents"].filing.clone();
    play.ask(mother(), Command::SaveDraft(filing.clone())).unwrap();
    let known: CaseId = play.case.id;
    play.pass_to(CivilTime::noon(date(2026, 3, 1)));
    play.ask(mother(), Command::SaveDraft(filing)).unwrap();
    assert_eq!(play.case.id, known);
    play.pass_to(CivilTime::noon(date(2026, 5, 29)));
    assert_eq!(play.case.stage, Stage::Draft);
    play.pass_to(CivilTime::noon(date(2026, 6, 1)));
    assert_eq!(play.case.stage, Stage::Ended(End::DraftExpired));
    holds(&play);
}

#[test]
fn a_case_is_pinned_to_the_revision_it_was_checked_against() {
    let mut play = Play::new(Arc::new(small()), CivilTime::noon(START));
    let mut filing = play.stage.samples["one-parent"].filing.clone();
    filing.revision.number = 2;
    let answered = play.ask(mother(), Command::CreateCase(filing));
    assert!(matches!(answered, Err(Rejection::OtherRevision { .. })), "{answered:?}");
    holds(&play);
}

#[test]
fn a_signature_counts_for_the_role_that_gave_it() {
    let mut play = registered("two-parents");
    answer(&mut play, father(), "sign-together.1", &[]).unwrap();
    let given = play.records.iter().flat_map(|record| &record.events);
    let roles: Vec<Role> = given
        .filter_map(|event| match event {
            Event::InputGiven { role, is_signature: true, .. } => Some(*role),
            _ => None,
        })
        .collect();
    assert_eq!(roles, [Role::CoParty]);
    play.finish(Zeal::Mandatory);
    assert!(matches!(play.case.stage, Stage::Ended(_)));
    holds(&play);
}
