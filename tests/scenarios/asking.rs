//! Questions that wait for the one whom they are asked of: told as stories on the wide life event made in code.

#![expect(clippy::unwrap_used, reason = "a story fails where it stops")]

use livshandelse_core::case::{Mandate, MandateScope, NewParty, Reason, StepState};
use livshandelse_core::command::Actor;
use livshandelse_core::definition::{MandateKind, Role};
use livshandelse_core::id::StepId;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_core::{Answer, Command, Rejection};
use livshandelse_tests::fixture::{APPLICANT, CO_PARTY, HELPER, OTHER_PARTY, REPRESENTATIVE, START, slug, wide};
use livshandelse_tests::play::Play;
use livshandelse_tests::stage::party_of;
use std::sync::Arc;

/// Asked of the applicant, and required.
const HERS: &str = "lives-with-somebody";

/// Asked of the second founder, who may leave it.
const SECONDS: &str = "second-trade";

fn id(text: &str) -> StepId {
    text.parse().unwrap()
}

fn person(number: &str) -> Actor {
    Actor::Person(party_of(number))
}

fn says(field: &str, value: Value) -> Values {
    Values::from([(slug(field), value)])
}

fn case_of(sample: &str) -> Play {
    let stage = Arc::new(wide());
    let opening = stage.samples[sample].clone();
    let mut play = Play::new(stage, CivilTime::noon(START));
    play.is_thorough = true;
    play.joiners = opening.joiners.clone();
    play.ask(Actor::Person(opening.filer()), Command::CreateCase(opening.filing)).unwrap();
    play
}

fn somebody(play: &Play, number: &str) -> NewParty {
    let all = play.case.parties.iter().chain(&play.joiners);
    all.into_iter().find(|party| party.identity_number == number).unwrap().clone()
}

fn joins(play: &mut Play, actor: &str, number: &str, input: Values) -> Result<Answer, Rejection> {
    let party = somebody(play, number);
    play.ask(person(actor), Command::JoinCase { party, mandate: None, represented: None, input })
}

fn together(play: &Play) -> (StepState, Option<Reason>) {
    let step = play.case.step(&id("together")).unwrap();
    (step.state, step.reason.clone())
}

#[track_caller]
fn wrong(answer: Result<Answer, Rejection>, path: &str, problem: &str) {
    let Err(Rejection::WrongFields(fields)) = &answer else { panic!("{answer:?}") };
    let told: Vec<_> = fields.iter().map(|field| (field.path.as_str(), field.problem.as_str())).collect();
    assert_eq!(told, [(path, problem)]);
    assert!(!fields[0].remedy.is_empty());
}

#[track_caller]
fn holds(play: &Play) {
    assert!(play.broken.is_empty(), "{}", play.broken.join("\n"));
}

#[test]
fn what_only_she_can_answer_is_not_asked_of_the_helper_and_is_asked_of_her_when_she_joins() {
    let stage = Arc::new(wide());
    let mut early = Play::new(stage.clone(), CivilTime::noon(START));
    let mut filing = stage.samples["helper-files"].filing.clone();
    filing.input.extend(says(HERS, Value::Flag(false)));
    let path = "input.lives-with-somebody";
    let answered_for_her = early.ask(person(HELPER), Command::CreateCase(filing.clone()));
    wrong(answered_for_her, path, "is asked of applicant, who has not joined");
    wrong(early.ask(person(HELPER), Command::SaveDraft(filing)), path, "is asked of applicant, who has not joined");

    let mut play = case_of("helper-files");
    assert_eq!(together(&play), (StepState::Blocked, None), "nobody knows yet whether it is needed");
    wrong(joins(&mut play, APPLICANT, APPLICANT, Values::new()), path, "required and not given");
    let word = says(HERS, Value::Text("nej".to_owned()));
    wrong(joins(&mut play, APPLICANT, APPLICANT, word), path, "not yes or no");
    joins(&mut play, APPLICANT, APPLICANT, says(HERS, Value::Flag(false))).unwrap();
    assert_eq!(play.case.input[&slug(HERS)], Value::Flag(false));
    assert_eq!(together(&play), (StepState::NotNeeded, Some(Reason::Condition)), "by what she has answered");
    play.ask(person(APPLICANT), Command::AddStep { step: id("together") }).unwrap();
    assert_eq!(together(&play).0, StepState::Ready);
    holds(&play);
}

#[test]
fn she_is_asked_once_and_what_she_answered_stands() {
    let mut play = case_of("helper-files");
    joins(&mut play, APPLICANT, APPLICANT, says(HERS, Value::Flag(true))).unwrap();
    assert_eq!(together(&play).0, StepState::Ready);
    assert_eq!(joins(&mut play, APPLICANT, APPLICANT, Values::new()), Ok(Answer::Repeated));
    let again = joins(&mut play, APPLICANT, APPLICANT, says(HERS, Value::Flag(false)));
    wrong(again, "input.lives-with-somebody", "is not asked of who joins");
    assert_eq!(play.case.input[&slug(HERS)], Value::Flag(true));
    holds(&play);
}

#[test]
fn an_applicant_who_files_is_asked_at_once_and_may_leave_it_in_a_draft() {
    let stage = Arc::new(wide());
    let mut play = Play::new(stage.clone(), CivilTime::noon(START));
    let mut filing = stage.samples["applicant-files"].filing.clone();
    filing.input.remove(&slug(HERS));
    play.ask(person(APPLICANT), Command::SaveDraft(filing.clone())).unwrap();
    let whole = play.ask(person(APPLICANT), Command::CreateCase(filing));
    wrong(whole, "input.lives-with-somebody", "required and not given");
    holds(&play);
}

#[test]
fn who_brings_her_by_a_mandate_answers_for_her() {
    let mut play = case_of("helper-files");
    let mandate = Mandate {
        kind: MandateKind::GodMan,
        scope: MandateScope::All,
        from: START,
        to: None,
        evidence: "Registerutdrag visat".to_owned(),
    };
    let shows = |play: &mut Play, input: Values| {
        let (party, represented) = (somebody(play, REPRESENTATIVE), Some(somebody(play, APPLICANT)));
        let mandate = Some(mandate.clone());
        play.ask(person(REPRESENTATIVE), Command::JoinCase { party, mandate, represented, input })
    };
    wrong(shows(&mut play, Values::new()), "input.lives-with-somebody", "required and not given");
    assert!(play.case.applicant().is_none(), "who was refused has brought nobody along");
    shows(&mut play, says(HERS, Value::Flag(false))).unwrap();
    assert_eq!(together(&play), (StepState::NotNeeded, Some(Reason::Condition)));
    holds(&play);
}

#[test]
fn nobody_answers_what_is_asked_of_another() {
    let mut play = case_of("helper-files");
    joins(&mut play, APPLICANT, APPLICANT, says(HERS, Value::Flag(true))).unwrap();
    let trade = || says(SECONDS, Value::Text("Bagare".to_owned()));
    let first = joins(&mut play, CO_PARTY, CO_PARTY, trade());
    wrong(first, "input.second-trade", "is not asked of who joins");
    assert!(play.case.step(&id("charter.1")).is_none());
    joins(&mut play, CO_PARTY, CO_PARTY, Values::new()).unwrap();
    // Who comes second of them is asked, and a founder who joins later has a step of her own.
    joins(&mut play, OTHER_PARTY, OTHER_PARTY, trade()).unwrap();
    assert_eq!(play.case.input[&slug(SECONDS)], Value::Text("Bagare".to_owned()));
    for step in ["charter.1", "charter.2"] {
        assert_eq!(play.case.step(&id(step)).unwrap().state, StepState::Ready);
    }
    let filed = play.case.input.get(&slug("premises-count")).cloned();
    let party = NewParty { role: Role::Guide, ..somebody(&play, REPRESENTATIVE) };
    let input = says("premises-count", Value::Number(3));
    let guide = play.ask(person(APPLICANT), Command::JoinCase { party, mandate: None, represented: None, input });
    wrong(guide, "input.premises-count", "is not asked of who joins");
    assert_eq!(play.case.input.get(&slug("premises-count")).cloned(), filed);
    holds(&play);
}

#[test]
fn who_may_not_join_does_not_learn_what_is_asked() {
    let mut play = case_of("applicant-files");
    let stranger = joins(&mut play, HELPER, HELPER, says(HERS, Value::Number(7)));
    assert_eq!(stranger, Err(Rejection::NoSuchCase));
    holds(&play);
}
