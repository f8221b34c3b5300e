//! Whatever is asked, in whatever order: the invariants hold, the history replays, repeats are recognised, old attempts
//! change nothing, and when people and agencies do their part the case ends.

use livshandelse_core::case::{
    AppealState, Ask, ExecutionState, FactReport, Mandate, MandateScope, Outcome, Stage as CaseStage,
};
use livshandelse_core::command::{Actor, Report, Undelivered};
use livshandelse_core::definition::{FactAbout, FactKind, MandateKind, Role};
use livshandelse_core::id::{Attempt, PartyId, Slug, StepId, Subject};
use livshandelse_core::notice::NoticeCommand;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_core::{Answer, Case, Command, Rejection};
use livshandelse_tests::finish::Zeal;
use livshandelse_tests::play::{Play, decided};
use livshandelse_tests::stage::Stage;
use livshandelse_tests::{finish, fixture, render, sampled};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static FIRST_CHILD: LazyLock<Arc<Stage>> = LazyLock::new(|| match Stage::embedded("first-child") {
    Ok(stage) => Arc::new(stage),
    Err(wrong) => panic!("first-child does not load:\n{}", wrong.join("\n")),
});

static WIDE: LazyLock<Arc<Stage>> = LazyLock::new(|| Arc::new(fixture::wide()));

static SMALL: LazyLock<Arc<Stage>> = LazyLock::new(|| Arc::new(fixture::small()));

/// One random deed. Numbers pick a step, a person, a word; they wrap around what there is.
#[derive(Debug, Clone)]
enum Deed {
    Answer { step: usize, person: usize, is_whole: bool },
    Report { step: usize, word: usize, attempts_back: u32, is_twice: bool },
    Fact { kind: usize, child: u8, place: usize },
    Undelivered { step: usize, why: usize },
    Withdraw { step: usize },
    WithdrawCase,
    Add { step: usize },
    Retry { step: usize },
    Inbox { step: usize },
    Wait { days: i64 },
    Repeat { which: usize },
    Join { which: usize, mandate: usize },
    Contact { person: usize, is_wanted: bool },
    KeepQuiet { person: usize, days: i64 },
    Crash,
}

fn deed() -> impl Strategy<Value = Deed> {
    let step = 0..200_usize;
    prop_oneof![
        6 => (step.clone(), 0..4_usize, any::<bool>())
            .prop_map(|(step, person, is_whole)| Deed::Answer { step, person, is_whole }),
        10 => (step.clone(), 0..17_usize, prop_oneof![4 => Just(0_u32), 1 => 1..3_u32], any::<bool>())
            .prop_map(|(step, word, attempts_back, is_twice)| Deed::Report { step, word, attempts_back, is_twice }),
        5 => (0..10_usize, 0..4_u8, 0..60_usize).prop_map(|(kind, child, place)| Deed::Fact { kind, child, place }),
        3 => (step.clone(), 0..4_usize).prop_map(|(step, why)| Deed::Undelivered { step, why }),
        1 => step.clone().prop_map(|step| Deed::Withdraw { step }),
        1 => Just(Deed::WithdrawCase),
        1 => step.clone().prop_map(|step| Deed::Add { step }),
        1 => step.clone().prop_map(|step| Deed::Retry { step }),
        1 => step.prop_map(|step| Deed::Inbox { step }),
        4 => (0..90_i64).prop_map(|days| Deed::Wait { days }),
        2 => any::<usize>().prop_map(|which| Deed::Repeat { which }),
        2 => (0..6_usize, 0..8_usize).prop_map(|(which, mandate)| Deed::Join { which, mandate }),
        1 => (0..4_usize, any::<bool>()).prop_map(|(person, is_wanted)| Deed::Contact { person, is_wanted }),
        1 => (0..4_usize, 0..60_i64).prop_map(|(person, days)| Deed::KeepQuiet { person, days }),
        1 => Just(Deed::Crash),
    ]
}

/// A hundred plays by themselves; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 100;
    }
    config
}

fn opened(stage: &Arc<Stage>, sample: usize) -> Play {
    let openings: Vec<_> = stage.samples.values().collect();
    let opening = openings[sample % openings.len()];
    let mut play = Play::new(stage.clone(), CivilTime::noon(opening.start));
    play.is_thorough = true;
    play.joiners.clone_from(&opening.joiners);
    play.answers.clone_from(&opening.answers);
    let actor = Actor::Person(opening.filer());
    let answer = play.ask(actor, Command::CreateCase(opening.filing.clone()));
    assert_eq!(answer, Ok(Answer::Done));
    play
}

/// A step: one that is on an agency's desk for what agencies do, so that not everything misses.
fn pick(play: &Play, step: usize, is_for_agency: bool) -> StepId {
    let desks: Vec<&StepId> = play.desks.keys().collect();
    if is_for_agency && !desks.is_empty() && !step.is_multiple_of(7) {
        return desks[step % desks.len()].clone();
    }
    play.case.steps[step % play.case.steps.len()].id.clone()
}

fn person(play: &Play, person: usize) -> Actor {
    let known = play.case.parties.get(person).map_or(PartyId([9; 16]), |party| party.id);
    Actor::Person(known)
}

fn words(text: &str) -> String {
    text.to_owned()
}

fn report(play: &Play, step: &StepId, word: usize) -> Report {
    let known = play.stage.definition.step(&step.slug).expect("a planned step is defined");
    let gives = || sampled::evidence(&play.stage.definition, known, play.now.date(), play.applicant());
    let progress = |waits_for_other, appeal| Report::Progress {
        words: words("Handläggs."),
        waits_for_other,
        delay: None,
        appeal,
        execution: None,
        interrupted_on: None,
    };
    let asked = |ask| Report::SupplementAsked { words: words("Vad gäller?"), due: None, ask };
    let moved = |execution| Report::Progress {
        words: words("Verkställs."),
        waits_for_other: false,
        delay: None,
        appeal: None,
        execution: Some(execution),
        interrupted_on: None,
    };
    match word {
        0 => Report::Arrived { case_number: Some(words("A-1")), at: play.now },
        1 => progress(false, None),
        2 => progress(true, None),
        3 => progress(false, Some(AppealState::Lodged)),
        4 => progress(false, Some(AppealState::DecidedUpheld)),
        5 => asked(Ask::Supplement),
        6 => asked(Ask::Offer),
        7 => decided(Outcome::Approved, play.now, gives()),
        8 => decided(Outcome::Rejected, play.now, Values::new()),
        9 => decided(Outcome::None, play.now, Values::new()),
        10 => Report::Completed { words: words("Klart."), gives: gives() },
        11 => Report::Failed { words: words("Går inte."), retryable: true },
        12 => Report::Failed { words: words("Går inte alls."), retryable: false },
        13 => finish::bill(step),
        14 => moved(ExecutionState::Interrupted),
        15 => moved(ExecutionState::ReportedToIvo),
        _ => Report::Closed { words: words("Avskrivet.") },
    }
}

fn fact(play: &Play, kind: usize, child: u8, place: usize) -> FactReport {
    let kind = FactKind::ALL[kind % FactKind::ALL.len()];
    let codes = ["0580", "0980", "9999"];
    let step = (kind.about() == FactAbout::Step).then(|| pick(play, place, true));
    let child = if kind.is_per_child() || kind == FactKind::Death { child } else { 0 };
    FactReport {
        kind,
        step,
        child: Subject(child),
        party: (kind == FactKind::Death && child == 0).then(|| play.applicant()),
        occurred_at: play.now,
        municipality: (kind == FactKind::Move).then(|| codes[place % codes.len()].to_owned()),
        values: Values::new(),
    }
}

/// Does one deed. What comes of it may be a refusal; what must hold is checked by the play, and here.
fn act(play: &mut Play, deed: &Deed) {
    let operator = Actor::Operator("drift".to_owned());
    let applicant = Actor::Person(play.owner());
    match deed {
        Deed::Answer { step, person: who, is_whole } => {
            let step = pick(play, *step, false);
            let is_asked = play.case.step(&step).is_some_and(|step| step.asked.is_some());
            let mut input = if *is_whole { play.fitting_input(&step) } else { Values::new() };
            if let (true, Ok(accept)) = (is_asked && *is_whole, Slug::new("accept")) {
                input.insert(accept, Value::Flag(true));
            }
            let _refused = play.ask(person(play, *who), Command::SubmitInput { step, input });
        }
        Deed::Report { step, word, attempts_back, is_twice } => {
            let step = pick(play, *step, true);
            let said = report(play, &step, *word);
            report_checked(play, &step, *attempts_back, *is_twice, said);
        }
        Deed::Fact { kind, child, place } => {
            let told = fact(play, *kind, *child, *place);
            let owner = told.step.as_ref().and_then(|step| play.agency_with(step));
            let reporter = owner.map_or_else(|| play.birth_reporter(), Actor::Agency);
            let _refused = play.ask(reporter, Command::ReportFact(told));
        }
        Deed::Undelivered { step, why } => {
            let step = pick(play, *step, true);
            let attempt = play.desks.get(&step).map_or(Attempt(1), |desk| desk.attempt);
            let whys = [Undelivered::Silent, Undelivered::Unreachable, Undelivered::Garbage, Undelivered::Refused];
            let command = Command::ReportUndelivered { step, attempt, why: whys[*why % whys.len()] };
            let _refused = play.ask(Actor::Time, command);
        }
        Deed::Withdraw { step } => {
            let step = pick(play, *step, false);
            let _refused = play.ask(applicant, Command::WithdrawStep { step });
        }
        Deed::WithdrawCase => {
            let _refused = play.ask(applicant, Command::WithdrawCase);
        }
        Deed::Add { step } => {
            let step = pick(play, *step, false);
            let _refused = play.ask(applicant, Command::AddStep { step });
        }
        Deed::Retry { step } => {
            let step = pick(play, *step, true);
            let _refused = play.ask(operator, Command::RetryStep { step });
        }
        Deed::Inbox { step } => {
            let step = pick(play, *step, true);
            let _refused = play.ask(operator, Command::HandToInbox { step });
        }
        Deed::Wait { days } => play.pass_to(play.now.plus_hours(24 * days)),
        Deed::Repeat { which } => repeat(play, *which),
        Deed::Join { which, mandate } => join(play, *which, *mandate),
        Deed::Contact { person, is_wanted } => {
            if let Some(id) = play.case.parties.get(*person).map(|party| party.id) {
                let _refused = play.wants_to_be_told(id, *is_wanted);
            }
        }
        Deed::KeepQuiet { person, days } => {
            let party = play.case.parties.get(*person).map_or(PartyId([9; 16]), |party| party.id);
            let to = play.now.plus_hours(24 * days).date();
            let answer = play.ask(Actor::Time, Command::Notice(NoticeCommand::KeepQuiet { party, to }));
            let again = play.ask(Actor::Time, Command::Notice(NoticeCommand::KeepQuiet { party, to }));
            if answer.is_err() || again != Ok(Answer::Repeated) {
                play.broken.push(format!("quiet to {to} is answered {answer:?}, and once more {again:?}"));
            }
        }
        Deed::Crash => play.recover(),
    }
}

/// Somebody of the sample comes in, with or without a mandate, whether it is their turn or not.
fn join(play: &mut Play, which: usize, mandate: usize) {
    let Some(party) = play.joiners.get(which).cloned() else { return };
    let mandate = MandateKind::ALL.get(mandate).map(|kind| Mandate {
        kind: *kind,
        scope: MandateScope::All,
        from: play.now.date(),
        to: None,
        evidence: words("Visad handling"),
    });
    let has_applicant = play.case.applicant().is_some();
    let represented = play.joiners.iter().find(|party| party.role == Role::Applicant && !has_applicant);
    let represented = represented.filter(|_| mandate.is_some()).cloned();
    let actor = Actor::Person(party.id);
    let comers: Vec<_> = represented.iter().chain([&party]).collect();
    let mut input = sampled::joining(&play.stage.definition, &play.case, &comers, &play.answers, play.now.date());
    // Now and then somebody answers what nobody asked, or not what is asked.
    if which == 4 {
        input.clone_from(&play.case.input);
    }
    let _refused = play.ask(actor, Command::JoinCase { party, mandate, represented, input });
}

/// A request that was taken before comes again, however much has happened since: it is recognised and adds nothing.
fn repeat(play: &mut Play, which: usize) {
    if play.taken.is_empty() {
        return;
    }
    let request = play.taken[which % play.taken.len()].clone();
    let count = play.records.len();
    let answer = play.ask_as(request.clone());
    if answer != Ok(Answer::Repeated) || play.records.len() != count {
        play.broken.push(format!("I3: a repeat of {:?} is answered {answer:?}", request.command));
    }
}

fn report_checked(play: &mut Play, step: &StepId, attempts_back: u32, is_twice: bool, said: Report) {
    play.is_report_doubled = is_twice;
    let current = play.case.step(step).and_then(|step| step.task).map(|task| task.attempt);
    let given = current.map(|current| Attempt(current.0.saturating_sub(attempts_back).max(1)));
    let before = play.bare();
    let answer = play.report(step, given, said.clone());
    play.is_report_doubled = false;
    if given < current && play.bare() != before {
        play.broken.push(format!("I3: {said:?} of an old attempt at {step} changed the case: {answer:?}"));
    }
    if given < current && matches!(answer, Ok(Answer::Done)) {
        play.broken.push(format!("I3: {said:?} of an old attempt at {step} was taken"));
    }
    // That an agency has been heard at all is news, also where what it said is refused, and with whatever is recorded, notices that
    // have become due are seen to; that it has heard of the end of a step may be what the case was waiting for.
    let was_waited_for = before.step(step).is_some_and(livshandelse_core::case::Step::is_cancelling);
    let is_refused = answer.is_err() && !matches!(answer, Err(Rejection::Inconsistent(_)));
    if is_refused && !was_waited_for && heard(play.bare()) != heard(before) {
        play.broken.push(format!("{said:?} of {step} was refused and changed the case: {answer:?}"));
    }
}

fn heard(mut case: Case) -> Case {
    case.telling = Arc::default();
    for step in &mut case.steps {
        if let Some(task) = &mut Arc::make_mut(step).task {
            task.is_answered = true;
        }
    }
    case
}

fn plays_well(stage: &Arc<Stage>, sample: usize, deeds: &[Deed]) -> Result<(), TestCaseError> {
    let mut play = opened(stage, sample);
    for deed in deeds {
        act(&mut play, deed);
        prop_assert!(play.broken.is_empty(), "after {deed:?}:\n{}\n{}", play.broken.join("\n"), render::history(&play));
    }
    play.is_thorough = false;
    play.recover();
    play.finish(Zeal::Mandatory);
    prop_assert!(
        play.broken.is_empty(),
        "{}\n{}",
        play.broken.join("\n"),
        render::history(&play).lines().take(250).collect::<Vec<_>>().join("\n")
    );
    prop_assert!(matches!(play.case.stage, CaseStage::Ended(_)), "I8: {:?}", play.case.stage);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_to_a_first_child_the_invariants_hold_and_it_ends(
        sample in 0..8_usize,
        deeds in prop::collection::vec(deed(), 1..60),
    ) {
        plays_well(&FIRST_CHILD, sample, &deeds)?;
    }

    #[test]
    fn whatever_happens_to_a_small_event_the_invariants_hold_and_it_ends(
        sample in 0..4_usize,
        deeds in prop::collection::vec(deed(), 1..60),
    ) {
        plays_well(&SMALL, sample, &deeds)?;
    }

    #[test]
    fn whatever_happens_to_a_wide_event_the_invariants_hold_and_it_ends(
        sample in 0..4_usize,
        deeds in prop::collection::vec(deed(), 1..60),
    ) {
        plays_well(&WIDE, sample, &deeds)?;
    }
}
