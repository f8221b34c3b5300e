//! Story tests: each `workflows/*/scenarios/*.txt` is played through the core and compared with the history below its
//! line, and from each story every fault, withdrawal and crash is derived.
//!
//! `UPDATE_EXPECT=1 cargo test -p livshandelse-tests --test scenarios` writes the lower halves; a person reads the diff.

mod asking;
mod derive;
mod grief;
mod joining;
mod rules;
mod run;
mod script;

use derive::{Story, Tally};
use livshandelse_core::case::Stage as CaseStage;
use livshandelse_tests::stage::Stage;
use livshandelse_tests::{fixture, render};
use script::{Deed, Line, Script};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn workflows() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflows")
}

/// Whether a story is wanted: `SCENARIOS` names a part of its life event or file, `starting-a-business`, `scenarios/fee`.
fn is_chosen(name: &str) -> bool {
    std::env::var_os("SCENARIOS").is_none_or(|wanted| wanted.to_str().is_some_and(|wanted| name.contains(wanted)))
}

/// Every scenario of every built-in life event, by path.
fn scenarios() -> Vec<(PathBuf, Arc<Stage>, Script)> {
    let mut found = Vec::new();
    for name in livshandelse_workflows::Bundle::embedded_names() {
        let stage = match Stage::embedded(name) {
            Ok(stage) => Arc::new(stage),
            Err(wrong) => panic!("workflows/{name} does not load:\n{}", wrong.join("\n")),
        };
        let folder = workflows().join(name).join("scenarios");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.expect("an entry of the folder").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
            .filter(|path| is_chosen(&path.to_string_lossy()))
            .collect();
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).expect("a scenario is text");
            match script::parse(&text) {
                Ok(script) => found.push((path, stage.clone(), script)),
                Err(problem) => panic!("{}: {problem}", shown(&path)),
            }
        }
    }
    found
}

fn shown(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[test]
fn every_scenario_tells_the_history_below_its_line() {
    let mut failures = Vec::new();
    let is_update = std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1");
    for (path, stage, script) in scenarios() {
        let name = shown(&path);
        let mut play = match run::begin(&stage, &script.lines) {
            Ok(play) => play,
            Err(problem) => {
                failures.push(format!("{name}: {problem}"));
                continue;
            }
        };
        play.is_thorough = true;
        for line in &script.lines {
            if let Err(problem) = run::play_line(&mut play, line, true) {
                failures.push(format!("{name}: {problem}"));
            }
        }
        play.recover();
        failures.extend(play.broken.iter().map(|broken| format!("{name}: {broken}")));
        let history = render::history(&play);
        if is_update {
            let text = format!("{}---\n{history}", script.upper);
            std::fs::write(&path, text).expect("the scenario can be written");
        } else if let Some(different) = first_difference(&script.lower, &history) {
            failures.push(format!("{name}: the history is another; UPDATE_EXPECT=1 writes it\n{different}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn first_difference(expected: &str, is: &str) -> Option<String> {
    let (mut expected, mut is) = (expected.lines(), is.lines());
    loop {
        match (expected.next(), is.next()) {
            (None, None) => return None,
            (left, right) if left == right => {}
            (left, right) => {
                return Some(format!(
                    "  expected: {}\n  is:       {}",
                    left.unwrap_or("the end"),
                    right.unwrap_or("the end")
                ));
            }
        }
    }
}

/// Every scenario, and for each sample the story in which everybody does everything.
fn stories() -> Vec<Story> {
    let mut stories = Vec::new();
    let mut stages: BTreeMap<String, Arc<Stage>> = BTreeMap::new();
    for (path, stage, script) in scenarios() {
        stages.insert(stage.definition.revision().to_string(), stage.clone());
        stories.push(Story { name: shown(&path), stage, lines: script.lines });
    }
    for stage in [fixture::small(), fixture::wide()] {
        stages.insert(stage.definition.revision().to_string(), Arc::new(stage));
    }
    stages.retain(|revision, _| is_chosen(revision));
    for (revision, stage) in stages {
        for sample in stage.samples.keys() {
            stories.push(Story {
                name: format!("{revision} {sample}"),
                stage: stage.clone(),
                lines: all_done(sample, "everything"),
            });
        }
    }
    stories
}

/// A sample in which people do so much by themselves: everything, or nothing.
fn all_done(sample: &str, zeal: &str) -> Vec<Line> {
    let line = |number, deed, name: &str, value: &str| {
        let settings = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Line { number, deed, settings }
    };
    vec![line(1, Deed::Start { sample: sample.to_owned() }, "sample", sample), line(2, Deed::Finish, "zeal", zeal)]
}

#[test]
fn a_case_ends_by_its_clocks_when_no_person_does_anything() {
    let mut failures = Vec::new();
    let names = livshandelse_workflows::Bundle::embedded_names();
    let embedded = names.iter().filter(|name| is_chosen(name));
    let embedded = embedded.map(|name| Stage::embedded(name).expect("a life event loads"));
    for stage in embedded.chain([fixture::small(), fixture::wide()]) {
        let stage = Arc::new(stage);
        for (sample, opening) in &stage.samples {
            let lines = all_done(sample, "nothing");
            let mut play = run::begin(&stage, &lines).expect("a sample begins");
            for line in &lines {
                run::play_line(&mut play, line, true).expect("a line is played");
            }
            let is_ended = matches!(play.case.stage, CaseStage::Ended(_));
            // Nothing of a protected person need be given up without her word: then she is asked again instead.
            let is_protected = opening.filing.parties.iter().any(|party| party.is_protected);
            // And a helper's case is kept for the one it is meant to help.
            let is_waiting = play.case.applicant().is_none();
            let is_asked_again = (is_protected || is_waiting) && play.case.wakes_at().is_some();
            if !is_ended && !is_asked_again {
                failures.push(format!("{sample}: {:?}: {}", play.case.stage, play.broken.join("; ")));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn derived(stories: Vec<Story>, kind: fn(&Story, &mut Tally) -> Result<(), String>) {
    let mut tally = Tally::default();
    for story in stories {
        if let Err(problem) = kind(&story, &mut tally) {
            tally.failures.push(format!("{}: {problem}", story.name));
        }
    }
    // Written past the capture of the test harness: how much was tried is part of the answer.
    writeln!(std::io::stderr(), "{}", tally.summary()).expect("standard error is open");
    let more = tally.failures.len().saturating_sub(40);
    tally.failures.truncate(40);
    assert!(tally.failures.is_empty(), "{}\nand {more} more", tally.failures.join("\n"));
}

#[test]
fn a_case_ends_after_every_fault_of_every_agency() {
    derived(stories(), derive::faults);
}

#[test]
fn a_case_ends_when_it_is_withdrawn_after_any_record() {
    derived(stories(), derive::withdrawals);
}

#[test]
fn a_history_cut_after_any_record_is_recovered_and_ends_the_same() {
    derived(stories(), derive::crashes);
}

/// Bounded to one sample of the small life event: each of its faults with each of its records.
#[test]
fn a_crash_in_the_middle_of_a_fault_ends_as_the_fault_does_alone() {
    let stories = stories().into_iter().filter(|story| story.name == "small-event@1 two-parents");
    derived(stories.collect(), derive::crashes_among_faults);
}
