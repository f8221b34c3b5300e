//! Who mourns is left in peace, in her other cases too, and those learn nothing but a day: told as stories on the small life
//! event made in code.

#![expect(clippy::unwrap_used, reason = "a story fails where it stops")]

use jiff::civil::{Date, date};
use livshandelse_core::case::{FactReport, Outcome};
use livshandelse_core::command::Actor;
use livshandelse_core::definition::FactKind;
use livshandelse_core::effect::Effect;
use livshandelse_core::event::Event;
use livshandelse_core::id::{PartyId, Subject};
use livshandelse_core::notice::{NoticeCommand, NoticeEvent, NoticeKind, NoticeRef, peace_to};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::Values;
use livshandelse_core::{Answer, Command, Rejection};
use livshandelse_tests::fixture::{APPLICANT, CO_PARTY, START, slug, small};
use livshandelse_tests::play::{Play, decided};
use livshandelse_tests::stage::party_of;
use std::sync::Arc;

const BIRTH: Date = date(2026, 3, 1);

/// A day in the middle of everything.
const LATER: Date = date(2026, 3, 20);

fn mother() -> PartyId {
    party_of(APPLICANT)
}

fn father() -> PartyId {
    party_of(CO_PARTY)
}

/// A case of a sample, created at noon on the day the samples start.
fn case_of(sample: &str) -> Play {
    let mut play = Play::new(Arc::new(small()), CivilTime::noon(START));
    play.is_thorough = true;
    let filing = play.stage.samples[sample].filing.clone();
    play.ask(Actor::Person(mother()), Command::CreateCase(filing)).unwrap();
    play
}

fn happens(play: &mut Play, kind: FactKind) {
    let report = FactReport {
        kind,
        child: Subject(1),
        party: None,
        step: None,
        occurred_at: play.now,
        municipality: None,
        values: Values::new(),
    };
    play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(report)).unwrap();
}

fn keeps_quiet(play: &mut Play, party: PartyId, to: Date) -> Result<Answer, Rejection> {
    play.ask(Actor::Time, Command::Notice(NoticeCommand::KeepQuiet { party, to }))
}

fn notices(play: &Play) -> impl Iterator<Item = (Date, &NoticeEvent)> {
    play.records.iter().flat_map(|record| {
        let about_telling = record.events.iter().filter_map(|event| match event {
            Event::Notice(event) => Some(event),
            _ => None,
        });
        about_telling.map(|event| (record.at.date(), event))
    })
}

/// On which days a party was told, and of what.
fn told(play: &Play, whom: PartyId) -> Vec<(Date, Vec<NoticeKind>)> {
    let told = notices(play).filter_map(|(day, event)| match event {
        NoticeEvent::Ordered { party, kinds, .. } if *party == whom => Some((day, kinds.iter().copied().collect())),
        _ => None,
    });
    told.collect()
}

/// Whose other cases were to keep quiet, and to which day.
fn spread(play: &Play) -> Vec<(PartyId, Date)> {
    let ordered = play.records.iter().flat_map(|record| &record.effects).filter_map(|effect| match effect {
        Effect::Quieten { party, to } => Some((*party, *to)),
        Effect::PerformStep { .. } | Effect::CancelStep { .. } | Effect::Tell { .. } => None,
    });
    ordered.collect()
}

#[track_caller]
fn holds(play: &Play) {
    assert!(play.broken.is_empty(), "{}", play.broken.join("\n"));
}

#[test]
fn a_grief_is_spread_once_to_the_cases_of_both_parents() {
    let mut play = case_of("two-parents");
    happens(&mut play, FactKind::Stillbirth);
    let last = date(2026, 3, 3);
    assert_eq!(spread(&play), [(mother(), last), (father(), last)]);
    // It stays in the case until every other has been asked, so that a process that ends in between begins again.
    assert!(play.case.telling.unspread.is_empty());
    let mut unasked = livshandelse_core::Case::absent();
    play.records.iter().take(2).for_each(|record| unasked.apply_record(record).unwrap());
    assert_eq!(
        unasked.telling.unspread.iter().map(|unspread| unspread.party).collect::<Vec<_>>(),
        [mother(), father()]
    );
    let quiet = unasked.telling.unspread[0].quiet;
    let again = play.ask(Actor::Time, Command::Notice(NoticeCommand::ReportSpread { quiet }));
    assert_eq!(again, Ok(Answer::Repeated));
    assert_eq!(peace_to(&play.stage.definition, &play.case, father()), Some(last));
    assert_eq!(peace_to(&play.stage.definition, &play.case, PartyId([9; 16])), None);
    holds(&play);
}

#[test]
fn the_cases_of_who_may_not_know_of_it_are_not_asked() {
    let mut play = case_of("protected");
    happens(&mut play, FactKind::Stillbirth);
    assert_eq!(spread(&play), [(mother(), date(2026, 3, 3))], "the other parent does not learn of the case (I6)");
    holds(&play);
}

#[test]
fn a_grief_that_is_long_past_quietens_nothing() {
    let mut play = case_of("one-parent");
    play.pass_to(CivilTime::noon(date(2026, 6, 1)));
    let report = FactReport {
        kind: FactKind::Stillbirth,
        child: Subject(1),
        party: None,
        step: None,
        occurred_at: CivilTime::noon(date(2026, 5, 1)),
        municipality: None,
        values: Values::new(),
    };
    play.ask(Actor::Agency(slug("region-05")), Command::ReportFact(report)).unwrap();
    assert_eq!(spread(&play), []);
    holds(&play);
}

#[test]
fn one_who_mourns_elsewhere_is_told_after_the_quiet_the_other_at_once_and_what_the_law_takes_is_told_all_the_same() {
    let mut play = case_of("two-parents");
    play.pass_to(CivilTime::noon(BIRTH));
    play.wants_to_be_told(mother(), true).unwrap();
    play.wants_to_be_told(father(), true).unwrap();
    keeps_quiet(&mut play, mother(), LATER).unwrap();
    happens(&mut play, FactKind::Birth);
    let approved = decided(Outcome::Approved, play.now, Values::new());
    play.report(&"registration.1".parse().unwrap(), None, approved).unwrap();
    let sign = Command::SubmitInput { step: "sign-together.1".parse().unwrap(), input: Values::new() };
    play.ask(Actor::Person(mother()), sign).unwrap();

    assert_eq!(told(&play, mother()), []);
    assert_eq!(told(&play, father()), [(BIRTH, vec![NoticeKind::YourTurn])]);
    play.pass_to(CivilTime::noon(date(2026, 3, 10)));
    // Unsigned, the law closes the way on 15 March.
    let near = (date(2026, 3, 8), vec![NoticeKind::ClockNear]);
    assert_eq!(told(&play, mother()), std::slice::from_ref(&near));
    assert_eq!(told(&play, father()).last(), Some(&near));
    play.pass_to(CivilTime::noon(date(2026, 4, 1)));
    let after = (date(2026, 3, 21), vec![NoticeKind::YourTurn, NoticeKind::DecisionCame]);
    assert_eq!(told(&play, mother()), [near, after]);
    assert!(play.case.telling.held.is_empty());
    holds(&play);
}

#[test]
fn two_who_mourn_for_different_times_are_each_told_on_their_own_day() {
    let mut play = case_of("two-parents");
    play.pass_to(CivilTime::noon(BIRTH));
    play.wants_to_be_told(mother(), true).unwrap();
    play.wants_to_be_told(father(), true).unwrap();
    keeps_quiet(&mut play, mother(), LATER).unwrap();
    keeps_quiet(&mut play, father(), date(2026, 3, 5)).unwrap();
    happens(&mut play, FactKind::Birth);
    let approved = decided(Outcome::Approved, play.now, Values::new());
    play.report(&"registration.1".parse().unwrap(), None, approved).unwrap();
    let sign = Command::SubmitInput { step: "sign-together.1".parse().unwrap(), input: Values::new() };
    play.ask(Actor::Person(mother()), sign).unwrap();
    play.pass_to(CivilTime::noon(date(2026, 3, 6)));
    assert_eq!(told(&play, father()), [(date(2026, 3, 6), vec![NoticeKind::YourTurn])]);
    assert_eq!(told(&play, mother()), []);
    assert!(play.case.telling.held.contains_key(&mother()));
    holds(&play);
}

#[test]
fn the_later_of_two_days_counts_and_one_that_is_not_later_changes_nothing() {
    let mut play = case_of("two-parents");
    assert_eq!(keeps_quiet(&mut play, mother(), LATER), Ok(Answer::Done));
    assert_eq!(keeps_quiet(&mut play, mother(), LATER), Ok(Answer::Repeated));
    assert_eq!(keeps_quiet(&mut play, mother(), date(2026, 3, 19)), Ok(Answer::Repeated));
    assert_eq!(keeps_quiet(&mut play, mother(), date(2026, 3, 21)), Ok(Answer::Done));
    assert_eq!(play.case.telling.kept_quiet, [(mother(), date(2026, 3, 21))].into());
    // A day that has been, somebody who is not in the case, a case that has ended: nothing to keep.
    assert_eq!(keeps_quiet(&mut play, father(), date(2026, 2, 1)), Ok(Answer::Repeated));
    assert_eq!(keeps_quiet(&mut play, PartyId([9; 16]), LATER), Ok(Answer::Repeated));
    happens(&mut play, FactKind::Stillbirth);
    assert!(!play.case.is_open());
    assert_eq!(keeps_quiet(&mut play, father(), date(2026, 5, 1)), Ok(Answer::Repeated));
    holds(&play);
}

#[test]
fn only_the_service_itself_says_who_is_left_in_peace() {
    let mut play = case_of("two-parents");
    let quiet = NoticeRef { sequence: play.case.sequence, index: 0 };
    for actor in [
        Actor::Person(mother()),
        Actor::Person(father()),
        Actor::Agency(slug("region-05")),
        Actor::Operator("drift".to_owned()),
    ] {
        for command in [NoticeCommand::KeepQuiet { party: mother(), to: LATER }, NoticeCommand::ReportSpread { quiet }]
        {
            let refused = play.ask(actor.clone(), Command::Notice(command));
            assert!(matches!(refused, Err(Rejection::NotYours { .. })), "{refused:?}");
        }
    }
    assert!(play.case.telling.kept_quiet.is_empty());
    holds(&play);
}

#[test]
fn who_says_in_her_grief_how_she_wants_to_be_told_is_left_in_peace_from_the_first() {
    let mut play = case_of("two-parents");
    play.quiet_elsewhere = Some(LATER);
    play.wants_to_be_told(mother(), true).unwrap();
    assert_eq!(play.case.telling.kept_quiet, [(mother(), LATER)].into());
    // A grief that is over is nothing to keep.
    play.quiet_elsewhere = Some(date(2026, 2, 1));
    play.wants_to_be_told(father(), true).unwrap();
    assert_eq!(play.case.telling.kept_quiet.len(), 1);
    holds(&play);
}
