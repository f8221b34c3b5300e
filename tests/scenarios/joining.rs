//! Who files, who joins, who acts for another, and who pays: told as stories on the wide life event made in code.

#![expect(clippy::unwrap_used, reason = "a story fails where it stops")]

use jiff::civil::{Date, date};
use livshandelse_core::case::{
    Ask, ClockState, End, ExecutionState, FactReport, Mandate, MandateScope, NewParty, Outcome, Reason, Stage,
    StepState,
};
use livshandelse_core::command::{Actor, Report, Undelivered};
use livshandelse_core::definition::{FactKind, MandateKind, Role};
use livshandelse_core::event::{Decided, Event};
use livshandelse_core::id::{Attempt, StepId, Subject};
use livshandelse_core::notice::NoticeEvent;
use livshandelse_core::status::{Turn, View, shows, turn_of, view_of};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_core::{Answer, Command, Rejection};
use livshandelse_tests::finish::{bill, paid};
use livshandelse_tests::fixture::{APPLICANT, CO_PARTY, HELPER, OTHER_PARTY, REPRESENTATIVE, START, slug, wide};
use livshandelse_tests::play::{Play, decided};
use livshandelse_tests::sampled;
use livshandelse_tests::stage::party_of;
use std::sync::Arc;

fn id(text: &str) -> StepId {
    text.parse().unwrap()
}

fn person(number: &str) -> Actor {
    Actor::Person(party_of(number))
}

/// A case of a sample, filed at noon on the day the samples start.
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
    play.joiners.iter().find(|party| party.identity_number == number).unwrap().clone()
}

fn joins(play: &mut Play, actor: Actor, number: &str) -> Result<Answer, Rejection> {
    let party = somebody(play, number);
    let input = sampled::joining(&play.stage.definition, &play.case, &[&party], &play.answers, play.now.date());
    play.ask(actor, Command::JoinCase { party, mandate: None, represented: None, input })
}

fn mandate(kind: MandateKind, from: Date, to: Option<Date>) -> Mandate {
    Mandate { kind, scope: MandateScope::All, from, to, evidence: "Registerutdrag visat".to_owned() }
}

fn represents(play: &mut Play, mandate: Mandate) -> Result<Answer, Rejection> {
    let represented = play.case.applicant().is_none().then(|| somebody(play, APPLICANT));
    let party = somebody(play, REPRESENTATIVE);
    let comers: Vec<_> = represented.iter().collect();
    let input = sampled::joining(&play.stage.definition, &play.case, &comers, &play.answers, play.now.date());
    play.ask(person(REPRESENTATIVE), Command::JoinCase { party, mandate: Some(mandate), represented, input })
}

fn fill(play: &mut Play, actor: Actor, step: &str) -> Result<Answer, Rejection> {
    let input = Values::from([(slug("why"), Value::Text("Jag behöver det.".to_owned()))]);
    play.ask(actor, Command::SubmitInput { step: id(step), input })
}

fn approve(play: &mut Play, step: &str) {
    let report = decided(Outcome::Approved, play.now, Values::new());
    play.report(&id(step), None, report).unwrap();
}

fn fact(kind: FactKind, at: CivilTime) -> FactReport {
    FactReport { kind, step: None, ..paid(&id("care-fee"), at) }
}

fn dies(play: &mut Play, number: &str) {
    let report = FactReport { party: Some(party_of(number)), ..fact(FactKind::Death, play.now) };
    play.ask(Actor::Agency(slug("register")), Command::ReportFact(report)).unwrap();
}

fn sees(play: &Play, number: &str, step: &str) -> bool {
    let view = view_of(&play.case, party_of(number));
    view.is_some_and(|view| shows(&play.stage.definition, &play.case, view, &id(step), play.now.date()))
}

fn turn(play: &Play, step: &str) -> Turn {
    turn_of(&play.stage.definition, &play.case, play.case.step(&id(step)).unwrap())
}

#[track_caller]
fn stands(play: &Play, step: &str, state: StepState) {
    let step = play.case.step(&id(step)).unwrap();
    assert_eq!(step.state, state, "{}", step.id);
}

#[track_caller]
fn holds(play: &Play) {
    assert!(play.broken.is_empty(), "{}", play.broken.join("\n"));
}

#[track_caller]
fn wrong(answer: Result<Answer, Rejection>, path: &str) {
    let Err(Rejection::WrongFields(fields)) = &answer else { panic!("{answer:?}") };
    assert!(fields.iter().any(|field| field.path == path && !field.remedy.is_empty()), "{fields:?}");
}

#[test]
fn a_helper_files_alone_and_the_case_waits_for_the_one_it_is_to_help() {
    let mut play = case_of("helper-files");
    stands(&play, "care", StepState::Blocked);
    assert_eq!(turn(&play, "support"), Turn::Helper);
    assert_eq!(view_of(&play.case, party_of(HELPER)), Some(View::Whole));
    let early = fill(&mut play, person(HELPER), "care");
    assert!(matches!(early, Err(Rejection::NotYours { .. })), "{early:?}");
    fill(&mut play, person(HELPER), "support").unwrap();
    approve(&mut play, "support");
    assert_eq!(play.case.stage, Stage::Open);
    assert!(play.case.wakes_at().is_some());
    play.pass_to(CivilTime::noon(date(2026, 12, 1)));
    stands(&play, "care", StepState::Blocked);
    play.ask(person(HELPER), Command::WithdrawCase).unwrap();
    assert_eq!(play.case.stage, Stage::Ended(End::Withdrawn));
    holds(&play);
}

#[test]
fn a_helper_cannot_file_for_somebody_else() {
    let stage = Arc::new(wide());
    let mut play = Play::new(stage.clone(), CivilTime::noon(START));
    let mut filing = stage.samples["helper-files"].filing.clone();
    filing.parties.extend(stage.samples["helper-files"].joiners.iter().take(1).cloned());
    wrong(play.ask(person(HELPER), Command::CreateCase(filing)), "parties");
    let mut filing = stage.samples["helper-files"].filing.clone();
    filing.step_input.push((id("care"), Values::from([(slug("why"), Value::Text("Hon behöver det".to_owned()))])));
    wrong(play.ask(person(HELPER), Command::CreateCase(filing)), "step_input.care");
    assert!(play.records.is_empty());
    holds(&play);
}

#[test]
fn when_the_applicant_has_joined_the_case_is_hers_and_the_helper_keeps_what_is_the_helpers() {
    let mut play = case_of("helper-files");
    joins(&mut play, person(APPLICANT), APPLICANT).unwrap();
    stands(&play, "care", StepState::Ready);
    assert_eq!(joins(&mut play, person(APPLICANT), APPLICANT), Ok(Answer::Repeated));
    assert!(sees(&play, HELPER, "care") && !sees(&play, HELPER, "together") && sees(&play, HELPER, "support"));
    assert!(sees(&play, APPLICANT, "care") && !sees(&play, APPLICANT, "support"));
    let withdrawn = play.ask(person(HELPER), Command::WithdrawCase);
    assert!(matches!(withdrawn, Err(Rejection::NotYours { .. })), "{withdrawn:?}");
    fill(&mut play, person(HELPER), "support").unwrap();
    let hers = play.ask(person(APPLICANT), Command::WithdrawStep { step: id("support") });
    assert_eq!(hers, Err(Rejection::NoSuchStep { step: id("support") }));
    play.ask(person(APPLICANT), Command::WithdrawCase).unwrap();
    stands(&play, "support", StepState::Received);
    stands(&play, "care", StepState::Withdrawn);
    approve(&mut play, "support");
    assert_eq!(play.case.stage, Stage::Ended(End::Withdrawn));
    holds(&play);
}

#[test]
fn with_an_applicant_there_a_helper_comes_in_by_her_leave_or_by_her_word_to_an_agency() {
    let mut play = case_of("applicant-files");
    assert_eq!(joins(&mut play, person(HELPER), HELPER), Err(Rejection::NoSuchCase));
    let other = joins(&mut play, person(CO_PARTY), HELPER);
    assert!(matches!(other, Err(Rejection::NotYours { .. })), "{other:?}");
    let provider = joins(&mut play, Actor::Agency(slug("another-agency")), HELPER);
    assert!(matches!(provider, Err(Rejection::NotYours { .. })), "{provider:?}");
    joins(&mut play, person(APPLICANT), HELPER).unwrap();
    assert!(sees(&play, HELPER, "care"));

    let mut play = case_of("applicant-files");
    joins(&mut play, Actor::Agency(slug("board-0580")), HELPER).unwrap();
    assert!(sees(&play, HELPER, "care"));
    holds(&play);
}

#[test]
fn nobody_comes_into_a_draft_or_into_the_case_of_a_protected_person() {
    let stage = Arc::new(wide());
    let mut draft = Play::new(stage.clone(), CivilTime::noon(START));
    draft.joiners = stage.samples["helper-files"].joiners.clone();
    draft.ask(person(HELPER), Command::SaveDraft(stage.samples["helper-files"].filing.clone())).unwrap();
    assert_eq!(joins(&mut draft, person(APPLICANT), APPLICANT), Err(Rejection::NoSuchCase));

    let mut play = case_of("protected-helper");
    joins(&mut play, person(APPLICANT), APPLICANT).unwrap();
    assert_eq!(joins(&mut play, person(CO_PARTY), CO_PARTY), Err(Rejection::NoSuchCase));
    joins(&mut play, person(APPLICANT), CO_PARTY).unwrap();
    assert_eq!(view_of(&play.case, party_of(CO_PARTY)), None);
    holds(&play);
}

#[test]
fn one_who_shows_a_mandate_brings_the_applicant_and_acts_where_the_step_accepts_it() {
    let mut play = case_of("helper-files");
    let godman = mandate(MandateKind::GodMan, START, Some(date(2026, 6, 30)));
    represents(&mut play, godman).unwrap();
    assert!(play.case.applicant().is_some());
    assert!(sees(&play, REPRESENTATIVE, "care") && !sees(&play, REPRESENTATIVE, "together"));
    let personal = fill(&mut play, person(REPRESENTATIVE), "together");
    assert_eq!(personal, Err(Rejection::NoSuchStep { step: id("together") }));
    fill(&mut play, person(REPRESENTATIVE), "care").unwrap();
    stands(&play, "care", StepState::Received);
    let last = play.records.last().unwrap();
    assert_eq!(last.actor, person(REPRESENTATIVE));
    play.pass_to(CivilTime::noon(date(2026, 7, 1)));
    let late = play.ask(person(REPRESENTATIVE), Command::WithdrawStep { step: id("care") });
    assert_eq!(late, Err(Rejection::NoSuchStep { step: id("care") }));
    holds(&play);
}

#[test]
fn a_mandate_without_ground_is_refused_with_every_fault_named() {
    let mut play = case_of("helper-files");
    wrong(represents(&mut play, mandate(MandateKind::Guardian, START, None)), "mandate.kind");
    let backwards = Mandate { evidence: " ".to_owned(), ..mandate(MandateKind::GodMan, START, Some(date(2026, 1, 1))) };
    wrong(represents(&mut play, backwards.clone()), "mandate.to");
    wrong(represents(&mut play, backwards), "mandate.evidence");
    wrong(joins(&mut play, person(REPRESENTATIVE), REPRESENTATIVE), "mandate");
    wrong(joins(&mut play, person(REPRESENTATIVE), REPRESENTATIVE), "represented");
    let nowhere = MandateScope::Steps(vec![slug("no-such-step")]);
    wrong(
        represents(&mut play, Mandate { scope: nowhere, ..mandate(MandateKind::GodMan, START, None) }),
        "mandate.scope",
    );
    holds(&play);
}

#[test]
fn a_helper_who_is_given_a_mandate_stays_the_helper_and_acts_for_her() {
    let mut play = case_of("helper-files");
    joins(&mut play, person(APPLICANT), APPLICANT).unwrap();
    let before = fill(&mut play, person(HELPER), "care");
    assert!(matches!(before, Err(Rejection::NotYours { .. })), "{before:?}");
    let party = NewParty { role: Role::Representative, ..play.case.party(party_of(HELPER)).unwrap().clone() };
    let mandate = Some(mandate(MandateKind::PowerOfAttorney, START, None));
    play.ask(person(HELPER), Command::JoinCase { party, mandate, represented: None, input: Values::new() }).unwrap();
    fill(&mut play, person(HELPER), "care").unwrap();
    assert_eq!(play.case.party(party_of(HELPER)).unwrap().role, Role::Helper);
    holds(&play);
}

#[test]
fn a_god_mans_mandate_ends_with_her_life_and_a_power_of_attorney_does_not() {
    for (kind, holds_on) in [(MandateKind::GodMan, false), (MandateKind::PowerOfAttorney, true)] {
        let mut play = case_of("helper-files");
        represents(&mut play, mandate(kind, START, None)).unwrap();
        dies(&mut play, APPLICANT);
        let care = play.stage.definition.step(&slug("care")).unwrap();
        let held = play.case.mandate_for(party_of(REPRESENTATIVE), care, START);
        assert_eq!(held.is_some(), holds_on, "{kind:?}");
        stands(&play, "care", StepState::NotNeeded);
        holds(&play);
    }
}

#[test]
fn a_grief_is_that_of_those_who_are_near_and_not_of_one_who_acts_by_office() {
    let mut play = case_of("helper-files");
    represents(&mut play, mandate(MandateKind::GodMan, START, None)).unwrap();
    joins(&mut play, person(CO_PARTY), CO_PARTY).unwrap();
    dies(&mut play, CO_PARTY);
    let events = play.records.iter().flat_map(|record| &record.events);
    let begins = |event: &Event, of: &str| matches!(event, Event::Notice(NoticeEvent::QuietBegun { party, .. }) if *party == party_of(of));
    let quiet = [HELPER, APPLICANT, CO_PARTY, REPRESENTATIVE].map(|of| events.clone().any(|event| begins(event, of)));
    assert_eq!(quiet, [true, true, true, false], "others wait for a god man");
    holds(&play);
}

#[test]
fn each_founder_signs_in_person() {
    let mut play = case_of("applicant-files");
    let sign = |play: &mut Play, number: &str, step: &str| {
        play.ask(person(number), Command::SubmitInput { step: id(step), input: Values::new() })
    };
    let wrong_one = sign(&mut play, CO_PARTY, "charter.2");
    assert_eq!(wrong_one, Err(Rejection::NoSuchStep { step: id("charter.2") }));
    sign(&mut play, CO_PARTY, "charter.1").unwrap();
    stands(&play, "charter.1", StepState::Submitted);
    stands(&play, "charter.2", StepState::Ready);
    sign(&mut play, OTHER_PARTY, "charter.2").unwrap();
    stands(&play, "charter.2", StepState::Submitted);
    holds(&play);
}

#[test]
fn premises_elsewhere_go_to_their_own_board_by_its_own_fee() {
    let mut play = case_of("applicant-files");
    for step in ["permit.1", "permit.2"] {
        fill(&mut play, person(APPLICANT), step).unwrap();
    }
    let filed = |step: &str| {
        let step = play.case.step(&id(step)).unwrap();
        (step.agency.clone().unwrap().to_string(), step.amounts[0].found.unwrap().value)
    };
    assert_eq!(filed("permit.1"), ("board-0580".to_owned(), 1_000_000));
    assert_eq!(filed("permit.2"), ("board-0980".to_owned(), 750_000));
    holds(&play);
}

#[test]
fn an_amount_that_nobody_knows_is_recorded_as_unknown() {
    let mut play = case_of("applicant-files");
    play.pass_to(CivilTime::noon(date(2027, 1, 15)));
    fill(&mut play, person(APPLICANT), "permit.1").unwrap();
    assert_eq!(play.case.step(&id("permit.1")).unwrap().amounts[0].found, None);
    holds(&play);
}

#[test]
fn a_municipality_that_is_not_there_is_refused_at_the_door() {
    let stage = Arc::new(wide());
    let mut play = Play::new(stage.clone(), CivilTime::noon(START));
    let mut filing = stage.samples["applicant-files"].filing.clone();
    filing.input.insert(slug("place-1"), Value::Text("9999".to_owned()));
    wrong(play.ask(person(APPLICANT), Command::CreateCase(filing)), "input.place-1");
    holds(&play);
}

#[test]
fn a_fee_is_asked_for_with_a_link_and_done_when_its_agency_has_the_money() {
    let mut play = case_of("applicant-files");
    fill(&mut play, person(APPLICANT), "permit.1").unwrap();
    let fee = id("permit-fee.1");
    stands(&play, "permit-fee.1", StepState::Received);
    let crooked = |link: &str, amount| Report::SupplementAsked {
        words: "Betala.".to_owned(),
        due: None,
        ask: Ask::Payment { link: link.to_owned(), amount, reference: "1".to_owned() },
    };
    wrong(play.report(&fee, None, crooked("http://betala.example/1", 1)), "payment.link");
    wrong(play.report(&fee, None, crooked("https://betala.example/1", 0)), "payment.amount");
    play.report(&fee, None, bill(&fee)).unwrap();
    assert_eq!(turn(&play, "permit-fee.1"), Turn::Applicant);
    let answered = fill(&mut play, person(APPLICANT), "permit-fee.1");
    assert!(matches!(answered, Err(Rejection::NotAsked { .. })), "{answered:?}");
    let report = paid(&fee, play.now);
    let other = play.ask(Actor::Agency(slug("board-0980")), Command::ReportFact(report.clone()));
    assert!(matches!(other, Err(Rejection::NotYours { .. })), "{other:?}");
    play.ask(Actor::Agency(slug("board-0580")), Command::ReportFact(report.clone())).unwrap();
    stands(&play, "permit-fee.1", StepState::Done);
    let again = play.ask(Actor::Agency(slug("board-0580")), Command::ReportFact(report));
    assert_eq!(again, Ok(Answer::Repeated));
    holds(&play);
}

#[test]
fn an_application_goes_on_when_its_fee_is_paid_and_a_second_fee_is_another() {
    let mut play = case_of("applicant-files");
    fill(&mut play, person(APPLICANT), "care").unwrap();
    for _ in 0..2 {
        play.report(&id("care"), None, bill(&id("care"))).unwrap();
        stands(&play, "care", StepState::WaitingForApplicant);
        play.now = play.now.plus_hours(1);
        let report = paid(&id("care"), play.now);
        play.ask(Actor::Agency(slug("board-0580")), Command::ReportFact(report)).unwrap();
        stands(&play, "care", StepState::InProgress);
    }
    holds(&play);
}

#[test]
fn a_fee_paid_before_anybody_asked_is_done_when_its_agency_says_so() {
    let mut play = case_of("applicant-files");
    let report = paid(&id("permit-fee.1"), play.now);
    play.ask(Actor::Agency(slug("board-0580")), Command::ReportFact(report)).unwrap();
    stands(&play, "permit-fee.1", StepState::Done);
    stands(&play, "permit-fee.2", StepState::Blocked);
    holds(&play);
}

#[test]
fn the_agencys_time_stands_still_while_something_is_missing_and_begins_anew_with_it() {
    let mut play = case_of("applicant-files");
    fill(&mut play, person(APPLICANT), "care").unwrap();
    let last_day = |play: &Play| {
        let step = play.case.step(&id("care")).unwrap();
        let clock = step.clocks.iter().find(|clock| clock.slug == slug("complete")).unwrap();
        (clock.state == livshandelse_core::case::ClockState::Running).then_some(clock.last_day)
    };
    assert_eq!(last_day(&play), Some(date(2026, 4, 13)));
    let missing = Report::SupplementAsked { words: "Läkarintyget.".to_owned(), due: None, ask: Ask::Supplement };
    play.report(&id("care"), None, missing).unwrap();
    assert_eq!(last_day(&play), None);
    play.pass_to(CivilTime::noon(date(2026, 5, 4)));
    assert!(play.answer_question(&id("care")));
    assert_eq!(last_day(&play), Some(date(2026, 7, 13)));
    holds(&play);
}

#[test]
fn what_was_decided_is_offered_declined_and_reported_as_not_carried_out() {
    let mut play = case_of("applicant-files");
    fill(&mut play, person(APPLICANT), "care").unwrap();
    let told = |execution| Report::Progress {
        words: format!("{execution:?}"),
        waits_for_other: false,
        delay: None,
        appeal: None,
        execution: Some(execution),
        interrupted_on: None,
    };
    wrong(play.report(&id("care"), None, told(ExecutionState::Interrupted)), "progress.execution");
    approve(&mut play, "care");
    wrong(play.report(&id("care"), None, told(ExecutionState::Executed)), "progress.execution");
    let execution = |play: &Play| play.case.step(&id("care")).unwrap().execution;
    let offer = |words: &str| Report::SupplementAsked { words: words.to_owned(), due: None, ask: Ask::Offer };
    play.report(&id("care"), None, offer("Rum 1")).unwrap();
    let no = Values::from([(slug("accept"), Value::Flag(false))]);
    play.ask(person(APPLICANT), Command::SubmitInput { step: id("care"), input: no }).unwrap();
    assert_eq!(execution(&play), ExecutionState::DeclinedOffer);
    play.report(&id("care"), None, told(ExecutionState::ReportedToIvo)).unwrap();
    assert_eq!(execution(&play), ExecutionState::ReportedToIvo);
    assert_eq!(play.report(&id("care"), None, told(ExecutionState::ReportedToIvo)), Ok(Answer::Repeated));
    play.report(&id("care"), None, offer("Rum 2")).unwrap();
    assert!(play.answer_question(&id("care")));
    assert_eq!(execution(&play), ExecutionState::Offered);
    let moved_in = Report::Completed { words: "Inflyttad.".to_owned(), gives: Values::new() };
    play.report(&id("care"), None, moved_in).unwrap();
    assert_eq!(execution(&play), ExecutionState::Executed);
    let week = play.case.step(&id("new-address")).unwrap().clocks[0].last_day;
    assert_eq!(week, date(2026, 2, 9));
    holds(&play);
}

fn carried_out(words: &str) -> Report {
    Report::Completed { words: words.to_owned(), gives: Values::new() }
}

fn interrupted(words: &str, interrupted_on: Option<Date>) -> Report {
    Report::Progress {
        words: words.to_owned(),
        waits_for_other: false,
        delay: None,
        appeal: None,
        execution: Some(ExecutionState::Interrupted),
        interrupted_on,
    }
}

/// Care that was granted, and begun the same day.
fn cared_for() -> Play {
    let mut play = case_of("applicant-files");
    fill(&mut play, person(APPLICANT), "care").unwrap();
    approve(&mut play, "care");
    play.report(&id("care"), None, carried_out("Inflyttad.")).unwrap();
    stands(&play, "care", StepState::Done);
    play
}

#[test]
fn care_that_has_begun_is_interrupted_and_its_time_begins_anew_each_time() {
    let mut play = cared_for();
    let goes_on = |play: &Play| {
        let clock = play.case.step(&id("care")).unwrap().clocks.iter().find(|clock| clock.slug == slug("goes-on"));
        clock.map(|clock| (clock.last_day, clock.state, clock.passed_count))
    };
    assert_eq!(goes_on(&play), None);
    play.pass_to(CivilTime::noon(date(2026, 3, 10)));
    play.report(&id("care"), None, interrupted("Vattenskada.", Some(date(2026, 3, 2)))).unwrap();
    stands(&play, "care", StepState::InExecution);
    assert_eq!(turn(&play, "care"), Turn::Agency);
    assert_eq!(goes_on(&play), Some((date(2026, 6, 2), ClockState::Running, 0)));

    let again = interrupted("Vattenskada.", Some(date(2026, 3, 2)));
    assert_eq!(play.report(&id("care"), None, again), Ok(Answer::Repeated));
    play.report(&id("care"), None, interrupted("Det dröjer.", None)).unwrap();
    assert_eq!(goes_on(&play).unwrap().0, date(2026, 6, 2), "it is still interrupted since the same day");
    play.report(&id("care"), None, interrupted("Det dröjer.", Some(date(2026, 3, 3)))).unwrap();
    assert_eq!(goes_on(&play).unwrap().0, date(2026, 6, 3), "the agency may put its day right");

    play.pass_to(CivilTime::noon(date(2026, 6, 5)));
    assert_eq!(goes_on(&play).unwrap().2, 1);
    play.report(&id("care"), None, carried_out("Tillbaka.")).unwrap();
    stands(&play, "care", StepState::Done);
    assert_eq!(goes_on(&play).unwrap().1, ClockState::Met);
    play.report(&id("care"), None, interrupted("Brand.", None)).unwrap();
    assert_eq!(goes_on(&play), Some((date(2026, 9, 5), ClockState::Running, 0)));
    holds(&play);
}

#[test]
fn an_interruption_has_a_day_from_the_decision_until_today() {
    let mut play = cared_for();
    let path = "progress.interrupt_date";
    wrong(play.report(&id("care"), None, interrupted("Avbrott.", Some(date(2026, 2, 1)))), path);
    wrong(play.report(&id("care"), None, interrupted("Avbrott.", Some(date(2026, 2, 3)))), path);
    play.report(&id("care"), None, interrupted("Avbrott.", None)).unwrap();
    let Report::Progress { words, waits_for_other, delay, appeal, interrupted_on, .. } =
        interrupted("Det blir bättre.", Some(START))
    else {
        panic!("tells how it stands")
    };
    let moved = Report::Progress { words, waits_for_other, delay, appeal, execution: None, interrupted_on };
    wrong(play.report(&id("care"), None, moved), path);
    holds(&play);
}

#[test]
fn what_is_interrupted_before_it_was_told_as_carried_out_had_begun_all_the_same() {
    let mut play = case_of("applicant-files");
    fill(&mut play, person(APPLICANT), "care").unwrap();
    approve(&mut play, "care");
    play.report(&id("care"), None, interrupted("Avbrott.", None)).unwrap();
    let state = |play: &Play, name: &str| {
        let care = play.case.step(&id("care")).unwrap();
        care.clocks.iter().find(|clock| clock.slug == slug(name)).map(|clock| clock.state)
    };
    assert_eq!(state(&play, "carried-out"), Some(ClockState::Stopped));
    assert_eq!(state(&play, "goes-on"), Some(ClockState::Running));
    stands(&play, "new-address", StepState::Blocked);
    play.report(&id("care"), None, carried_out("Inflyttad.")).unwrap();
    assert_eq!(state(&play, "goes-on"), Some(ClockState::Met));
    stands(&play, "new-address", StepState::Ready);
    holds(&play);
}

#[test]
fn nobody_is_asked_to_go_on_with_care_that_death_or_a_withdrawal_has_ended() {
    let mut play = cared_for();
    dies(&mut play, APPLICANT);
    let kept = play.report(&id("care"), None, interrupted("Avliden.", None));
    assert!(matches!(kept, Err(Rejection::AlreadyFinished { .. })), "{kept:?}");
    stands(&play, "care", StepState::Done);
    holds(&play);

    let mut play = cared_for();
    play.report(&id("care"), None, interrupted("Avbrott.", None)).unwrap();
    dies(&mut play, APPLICANT);
    stands(&play, "care", StepState::NotNeeded);
    holds(&play);

    let mut play = cared_for();
    play.report(&id("care"), None, interrupted("Avbrott.", None)).unwrap();
    play.ask(person(APPLICANT), Command::WithdrawStep { step: id("care") }).unwrap();
    play.report(&id("care"), None, Report::Closed { words: "Avslutat.".to_owned() }).unwrap();
    stands(&play, "care", StepState::Withdrawn);
    holds(&play);
}

#[test]
fn a_decision_is_kept_in_full() {
    let mut play = case_of("applicant-files");
    fill(&mut play, person(APPLICANT), "permit.1").unwrap();
    let Report::Decided(plain) = decided(Outcome::PartlyApproved, play.now, Values::new()) else { panic!("decides") };
    let whole = Decided {
        number: Some("MN-2026-7".to_owned()),
        valid_from: Some(date(2026, 3, 1)),
        valid_to: Some(date(2027, 2, 28)),
        appeal_to: Some("Skriv till nämnden inom tre veckor.".to_owned()),
        ..plain
    };
    play.report(&id("permit.1"), None, Report::Decided(whole)).unwrap();
    let step = play.case.step(&id("permit.1")).unwrap();
    let kept = step.decision.as_ref().unwrap();
    assert_eq!((kept.number.as_deref(), kept.valid_to), (Some("MN-2026-7"), Some(date(2027, 2, 28))));
    holds(&play);
}

#[test]
fn a_revoked_permit_ends_what_hangs_on_it_there_and_nowhere_else() {
    let mut play = case_of("applicant-files");
    for step in ["permit.1", "permit.2"] {
        fill(&mut play, person(APPLICANT), step).unwrap();
        approve(&mut play, step);
    }
    let report = FactReport { step: Some(id("permit.2")), ..fact(FactKind::PermitRevoked, play.now) };
    play.ask(Actor::Agency(slug("board-0980")), Command::ReportFact(report)).unwrap();
    stands(&play, "inspection.1", StepState::Received);
    stands(&play, "inspection.2", StepState::NotNeeded);
    holds(&play);
}

#[test]
fn a_spouses_death_ends_what_was_for_two_and_her_own_ends_everything_that_says_so() {
    let mut play = case_of("applicant-files");
    dies(&mut play, CO_PARTY);
    stands(&play, "together", StepState::NotNeeded);
    stands(&play, "care", StepState::Ready);
    stands(&play, "charter.1", StepState::NotNeeded);
    stands(&play, "charter.2", StepState::Ready);
    dies(&mut play, APPLICANT);
    stands(&play, "care", StepState::NotNeeded);
    // Nobody is left who could apply.
    stands(&play, "permit.1", StepState::NotNeeded);
    holds(&play);
}

#[test]
fn each_stay_in_hospital_has_steps_of_its_own() {
    let mut play = case_of("applicant-files");
    let told = |play: &mut Play, kind: FactKind, day: Date| {
        let now = CivilTime::noon(day);
        play.pass_to(now);
        play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(fact(kind, now))).unwrap();
        play.case.facts.last().unwrap().occurrence
    };
    assert_eq!(play.case.step(&id("going-home.1")), None, "nobody is in hospital");
    // In hospital since before the case: its beginning is never told.
    assert_eq!(told(&mut play, FactKind::ReadyForDischarge, date(2026, 2, 3)), Subject(1));
    stands(&play, "going-home.1", StepState::Submitted);
    assert_eq!(told(&mut play, FactKind::Discharge, date(2026, 2, 6)), Subject(1));
    stands(&play, "going-home.1", StepState::NotNeeded);
    assert_eq!(play.case.step(&id("going-home.2")), None);

    assert_eq!(told(&mut play, FactKind::Admission, date(2026, 3, 2)), Subject(2));
    stands(&play, "going-home.2", StepState::Blocked);
    assert_eq!(told(&mut play, FactKind::ReadyForDischarge, date(2026, 3, 9)), Subject(2));
    stands(&play, "going-home.2", StepState::Submitted);
    let three_days = |play: &Play| play.case.step(&id("going-home.2")).unwrap().clocks.last().unwrap().last_day;
    assert_eq!(three_days(&play), date(2026, 3, 12));
    // What is told late of the first stay is of the first.
    let late = fact(FactKind::Discharge, CivilTime::noon(date(2026, 2, 7)));
    play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(late)).unwrap();
    assert_eq!(play.case.facts.last().unwrap().occurrence, Subject(1));
    stands(&play, "going-home.2", StepState::Submitted);
    // A spouse's stay is none of hers.
    let spouses = FactReport { party: Some(party_of(CO_PARTY)), ..fact(FactKind::Admission, play.now) };
    play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(spouses)).unwrap();
    assert_eq!(play.case.facts.last().unwrap().occurrence, Subject::WHOLE);
    assert_eq!(play.case.subjects[&slug("stay")].len(), 2);
    holds(&play);
}

#[test]
fn a_beginning_that_is_told_late_is_of_the_stay_that_is_known() {
    let mut play = case_of("applicant-files");
    play.pass_to(CivilTime::noon(date(2026, 2, 20)));
    for (kind, day) in [(FactKind::ReadyForDischarge, 12), (FactKind::Admission, 9), (FactKind::Discharge, 15)] {
        let told = fact(kind, CivilTime::noon(date(2026, 2, day)));
        play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(told)).unwrap();
    }
    assert!(play.case.facts.iter().all(|fact| fact.occurrence == Subject(1)));
    assert_eq!(play.case.step(&id("going-home.2")), None);
    // More than there is room for are told of the last.
    for month in 3..=6 {
        play.pass_to(CivilTime::noon(date(2026, month, 2)));
        let told = fact(FactKind::Admission, play.now);
        play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(told)).unwrap();
    }
    assert_eq!(play.case.subjects[&slug("stay")].len(), 3);
    holds(&play);
}

#[test]
fn a_person_is_ready_for_discharge_more_than_once() {
    let mut play = case_of("applicant-files");
    let ready = |play: &mut Play| {
        let report = fact(FactKind::ReadyForDischarge, play.now);
        play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(report))
    };
    ready(&mut play).unwrap();
    stands(&play, "going-home.1", StepState::Submitted);
    assert_eq!(ready(&mut play), Ok(Answer::Repeated));
    play.pass_to(play.now.plus_hours(48));
    ready(&mut play).unwrap();
    assert_eq!(play.case.facts.len(), 2);
    let child = FactReport { child: Subject(1), ..fact(FactKind::ReadyForDischarge, play.now) };
    wrong(play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(child)), "fact.child_number");
    holds(&play);
}

#[test]
fn an_agency_that_does_not_hear_that_a_step_is_over_is_told_again_until_it_answers() {
    let mut play = case_of("helper-files");
    joins(&mut play, person(APPLICANT), APPLICANT).unwrap();
    fill(&mut play, person(APPLICANT), "care").unwrap();
    dies(&mut play, APPLICANT);
    stands(&play, "care", StepState::NotNeeded);
    for round in 1..=3 {
        let why = Undelivered::Unreachable;
        let attempt = Attempt(round);
        play.ask(Actor::Time, Command::ReportUndelivered { step: id("care"), attempt, why }).unwrap();
        let care = play.case.step(&id("care")).unwrap();
        assert_eq!(care.reason, Some(Reason::FactEnded(FactKind::Death.into())));
        let retry_at = care.retry_at.unwrap();
        play.pass_to(retry_at);
    }
    play.ask(person(HELPER), Command::WithdrawStep { step: id("support") }).unwrap();
    assert_eq!(play.case.stage, Stage::Open);
    let closed = play.report(&id("care"), None, Report::Closed { words: "Avskrivet.".to_owned() });
    assert!(matches!(closed, Err(Rejection::AlreadyFinished { .. })), "{closed:?}");
    assert_eq!(play.case.stage, Stage::Ended(End::ClosedByFact));
    let cancels = play.records.iter().flat_map(|record| &record.events);
    assert_eq!(cancels.filter(|event| matches!(event, Event::StepRetried { .. })).count(), 3);
    holds(&play);
}
