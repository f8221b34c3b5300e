//! What nobody wrote down: from each story, the same story with every fault, every withdrawal, every crash.

use crate::run::{begin, play_line};
use crate::script::Line;
use livshandelse_core::case::{Stage as CaseStage, StepState};
use livshandelse_core::command::Undelivered;
use livshandelse_core::event::Event;
use livshandelse_core::id::StepId;
use livshandelse_tests::fault::Fault;
use livshandelse_tests::finish::Zeal;
use livshandelse_tests::play::{Play, Twist};
use livshandelse_tests::stage::Stage;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A story to derive from.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    /// Its name, shown when a derived run fails.
    pub(crate) name: String,
    /// Its life event.
    pub(crate) stage: Arc<Stage>,
    /// Its commands.
    pub(crate) lines: Vec<Line>,
}

/// How many runs there were of each kind, and what did not hold.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) runs: BTreeMap<&'static str, usize>,
    pub(crate) failures: Vec<String>,
}

impl Tally {
    fn count(&mut self, kind: &'static str, what: &str, story: &Story, play: &Play) {
        *self.runs.entry(kind).or_default() += 1;
        for broken in &play.broken {
            self.failures.push(format!("{}, {kind} {what}: {broken}", story.name));
        }
        if play.broken.is_empty() && !matches!(play.case.stage, CaseStage::Ended(_)) {
            self.failures.push(format!("{}, {kind} {what}: I8: the case has not ended", story.name));
        }
    }

    /// Every kind with its number of runs.
    pub(crate) fn summary(&self) -> String {
        let kinds: Vec<String> = self.runs.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        format!("{} derived runs: {}", self.runs.values().sum::<usize>(), kinds.join(", "))
    }
}

impl Story {
    /// Plays it with something prepared, tolerating that the lines no longer fit, and lets everybody finish.
    fn play(&self, prepare: impl FnOnce(&mut Play)) -> Result<Play, String> {
        let mut play = begin(&self.stage, &self.lines)?;
        prepare(&mut play);
        for line in &self.lines {
            // A line that no longer fits is refused by the case: that is an answer too.
            let _refused = play_line(&mut play, line, false);
            if !play.broken.is_empty() {
                return Ok(play);
            }
        }
        play.finish(Zeal::Mandatory);
        Ok(play)
    }

    fn told(&self) -> Result<Play, String> {
        self.play(|_| ())
    }
}

/// Derived runs of one kind from one story at the most, spread evenly over all there are. Two hundred stories of three life
/// events would otherwise give some hundred thousand runs; `DERIVE=all` plays them all.
const RUNS_MAX: usize = 12;

/// As many as may be played, spread evenly; which ones differs from story to story.
fn spread<T>(story: &Story, all: Vec<T>) -> Vec<T> {
    if all.len() <= RUNS_MAX || std::env::var_os("DERIVE").is_some_and(|how| how == "all") {
        return all;
    }
    let stride = all.len().div_ceil(RUNS_MAX);
    let first = story.name.bytes().map(usize::from).sum::<usize>() % stride;
    all.into_iter().skip(first).step_by(stride).collect()
}

/// Every fault that can be told of a story: each step's, and each agency's.
fn faults_of(told: &Play) -> Vec<Fault> {
    let filed = told.filed();
    let agencies: BTreeSet<_> =
        told.case.steps.iter().filter(|step| step.attempts > 0).filter_map(|step| step.agency.clone()).collect();
    let steps = filed.iter().flat_map(|step| {
        let step = || step.clone();
        [Fault::FailsOnce(step()), Fault::FailsForGood(step()), Fault::Refuses(step()), Fault::AnswersLate(step())]
    });
    let whole = agencies.iter().flat_map(|agency| {
        let unheard = |why| Fault::Unheard { agency: agency.clone(), why, until: None };
        [
            unheard(Undelivered::Silent),
            unheard(Undelivered::Unreachable),
            unheard(Undelivered::Garbage),
            unheard(Undelivered::Refused),
            Fault::Idle { agency: agency.clone(), until: None },
        ]
    });
    steps.chain(whole).collect()
}

/// Fail, refuse, answer late, and silence each step and each agency; deliver every report twice.
pub(crate) fn faults(story: &Story, tally: &mut Tally) -> Result<(), String> {
    let told = story.told()?;
    for fault in spread(story, faults_of(&told)) {
        let play = story.play(|play| play.fault = Some(fault.clone()))?;
        tally.count(fault.name(), &format!("{fault:?}"), story, &play);
    }
    let twice = story.play(|play| play.is_report_doubled = true)?;
    tally.count("every report twice", "", story, &twice);
    if twice.end() != told.end() {
        tally.failures.push(format!("{}, every report twice: another end", story.name));
    }
    Ok(())
}

/// Withdraw the case after each record, and each step whenever it has changed; by agencies that close, and by ones that
/// do not.
pub(crate) fn withdrawals(story: &Story, tally: &mut Tally) -> Result<(), String> {
    let told = story.told()?;
    for count in spread(story, (1..=told.records.len()).collect()) {
        for fault in [None, Some(Fault::IgnoresWithdrawals)] {
            let play = story.play(|play| {
                play.turn_of_events = Some((count, Twist::WithdrawCase));
                play.fault = fault.clone();
            })?;
            tally.count("withdraw the case", &format!("after record {count}, {fault:?}"), story, &play);
        }
    }
    for (count, step) in spread(story, changes(&told)) {
        let play = story.play(|play| play.turn_of_events = Some((count, Twist::WithdrawStep(step.clone()))))?;
        tally.count("withdraw a step", &format!("{step} after record {count}"), story, &play);
    }
    Ok(())
}

/// The records after which a step stands otherwise than before, with the step.
fn changes(told: &Play) -> Vec<(usize, StepId)> {
    let mut known: BTreeMap<StepId, StepState> = BTreeMap::new();
    let mut changes = Vec::new();
    let mut case = livshandelse_core::Case::absent();
    for (index, record) in told.records.iter().enumerate() {
        if case.apply_record(record).is_err() {
            break;
        }
        for step in &case.steps {
            let is_new = known.insert(step.id.clone(), step.state) != Some(step.state);
            if is_new && !step.state.is_over() && index > 0 {
                changes.push((index + 1, step.id.clone()));
            }
        }
    }
    changes
}

/// Cut the history after every record, recover from the records alone, and finish the same.
pub(crate) fn crashes(story: &Story, tally: &mut Tally) -> Result<(), String> {
    let told = story.told()?;
    for count in spread(story, (1..=told.records.len()).collect()) {
        let play = story.play(|play| play.turn_of_events = Some((count, Twist::Crash)))?;
        tally.count("crash", &format!("after record {count}"), story, &play);
        if play.records != told.records || play.case != told.case {
            let (a, b) = (events(&told), events(&play));
            let first = a.iter().zip(&b).position(|(a, b)| a != b);
            tally
                .failures
                .push(format!("{}, crash after record {count}: another history from event {first:?}", story.name));
        }
    }
    Ok(())
}

/// Cut the history after every record of every fault, too: what a fault leaves half done is recovered as well.
pub(crate) fn crashes_among_faults(story: &Story, tally: &mut Tally) -> Result<(), String> {
    for fault in faults_of(&story.told()?) {
        let told = story.play(|play| play.fault = Some(fault.clone()))?;
        for count in spread(story, (1..=told.records.len()).collect()) {
            let play = story.play(|play| {
                play.fault = Some(fault.clone());
                play.turn_of_events = Some((count, Twist::Crash));
            })?;
            let what = format!("after record {count}, {fault:?}");
            tally.count("crash among faults", &what, story, &play);
            if play.end() != told.end() {
                tally.failures.push(format!("{}, crash {what}: another end", story.name));
            }
        }
    }
    Ok(())
}

fn events(play: &Play) -> Vec<Event> {
    play.records.iter().flat_map(|record| record.events.clone()).collect()
}
