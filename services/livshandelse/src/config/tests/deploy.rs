//! Everything that is written for operators in `deploy/` can be typed: no command that is gone, no flag that never was.

use crate::cli::command;

const RUNBOOK: &str = include_str!("../../../../../deploy/RUNBOOK.md");
const UNIT: &str = include_str!("../../../../../deploy/systemd/livshandelse.service");
const CONTAINER: &str = include_str!("../../../../../deploy/Containerfile");

/// Commands of this program in a text: from its name to the end of the line, the code or the redirection.
fn typed(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for line in text.lines() {
        for (at, _) in line.match_indices("livshandelse ") {
            let before = line[..at].chars().next_back();
            let is_command = matches!(before, None | Some(' ' | '`' | '/')) && !line[..at].ends_with("-u ");
            let rest = line[at..].split(['`', '<', '>', '|', ';', '…']).next().unwrap_or_default();
            let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            let is_known = words.get(1).is_some_and(|word| {
                word.starts_with("--") || command().get_subcommands().any(|inner| inner.get_name() == word)
            });
            if is_command && is_known && words.len() > 1 {
                commands.push(words);
            }
        }
    }
    commands
}

fn can_be_typed(words: &[String]) {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if let Err(error) = command().try_get_matches_from(words)
        && !matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand)
    {
        panic!("{}: {error}", words.join(" "));
    }
}

#[test]
fn everything_that_is_written_for_operators_can_be_typed() {
    let commands = typed(RUNBOOK);
    for expected in ["config check", "health", "store verify", "store backup", "store restore", "store rebuild", "man"]
    {
        assert!(
            commands.iter().any(|words| words[1..].join(" ").starts_with(expected)),
            "the runbook has no `{expected}`: {commands:?}"
        );
    }
    assert!(commands.len() >= 25, "{} commands", commands.len());
    for words in commands {
        can_be_typed(&words);
    }
}

#[test]
fn what_systemd_and_a_container_start_can_be_typed() {
    let started = UNIT.lines().filter_map(|line| line.split_once('=')).filter(|(key, _)| key.starts_with("ExecStart"));
    let started: Vec<Vec<String>> =
        started.map(|(_, line)| line.split_whitespace().map(str::to_owned).collect()).collect();
    assert_eq!(started.len(), 1, "what runs before the service is started again and again: {started:?}");
    for words in &started {
        assert_eq!(words[0], "/usr/bin/livshandelse");
        can_be_typed(words);
    }
    let json = |line: &str| -> Vec<String> { serde_json::from_str(line.trim()).unwrap() };
    let line = |start: &str| CONTAINER.lines().find_map(|line| line.trim().strip_prefix(start)).unwrap();
    let health = json(CONTAINER.lines().find_map(|line| line.split_once("--retries=3 CMD")).unwrap().1);
    can_be_typed(&health);
    let entry = json(line("ENTRYPOINT "));
    assert_eq!(health[0], entry[0]);
    can_be_typed(&[entry, json(line("CMD "))].concat());
}

#[test]
fn a_stop_is_given_more_time_than_draining_takes() {
    let seconds = UNIT.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap().parse::<u32>().unwrap();
    let flags = super::flags();
    let drain = flags.get_arguments().find(|flag| flag.get_id() == "drain_seconds").unwrap();
    let drain: u32 = drain.get_default_values()[0].to_str().unwrap().parse().unwrap();
    assert!(seconds > drain + 30, "{seconds} s to stop, {drain} s to drain");
}
