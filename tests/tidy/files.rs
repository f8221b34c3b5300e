//! What a file may look like: its first line, its length, its leftovers.

use crate::{files_below, none, root, shown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a source file at the most; generated ones are not counted.
const LINES_MAX: usize = 700;

/// Bytes of a file in git at the most.
const BYTES_MAX: u64 = 512 * 1024;

fn sources() -> Vec<(PathBuf, String)> {
    let rust =
        files_below(&root()).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let written = rust.filter(|path| !is_generated(path));
    written.map(|path| (path.clone(), std::fs::read_to_string(&path).expect("a source file is text"))).collect()
}

fn is_generated(path: &Path) -> bool {
    let place = shown(path);
    place.contains("/gen/") || place.ends_with("/gen.rs")
}

#[test]
fn every_source_file_opens_by_saying_what_it_is_for() {
    let silent = sources().into_iter().filter(|(_, source)| !source.starts_with("//! "));
    none(
        silent
            .map(|(path, _)| format!("{}:1: begin with a `//!` sentence that says what the file is for", shown(&path)))
            .collect(),
    );
}

#[test]
fn no_source_file_is_too_long_to_read() {
    let long = sources().into_iter().filter(|(_, source)| source.lines().count() > LINES_MAX);
    none(
        long.map(|(path, source)| {
            format!("{}: {} lines; split it by purpose, at most {LINES_MAX}", shown(&path), source.lines().count())
        })
        .collect(),
    );
}

#[test]
fn nothing_is_left_for_later_in_the_sources() {
    // Put together here, so that this file does not find itself.
    let leftovers = [
        (["FIX", "ME"].concat(), "mend it, or write an issue and leave it out"),
        (["TO", "DO"].concat(), "do it, or write an issue and leave it out"),
        (["XX", "X"].concat(), "say what is wrong in a sentence, or mend it"),
        (["to", "do!("].concat(), "write the code, or an error that says what is missing"),
        (["unimple", "mented!("].concat(), "write the code, or an error that says what is missing"),
        (["#[ig", "nore"].concat(), "make the test run, or take it away"),
        (["dbg", "!("].concat(), "use tracing, or take it away"),
    ];
    let mut complaints = Vec::new();
    for (path, source) in sources() {
        for (index, line) in source.lines().enumerate() {
            for (word, remedy) in leftovers.iter().filter(|(word, _)| is_word(line, word)) {
                complaints.push(format!("{}:{}: `{word}`: {remedy}", shown(&path), index + 1));
            }
        }
    }
    none(complaints);
}

fn is_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let joins = |character: Option<char>| {
            character.is_some_and(|character| character.is_alphanumeric() || character == '_')
        };
        let is_bare = word.chars().all(char::is_alphabetic);
        let goes_on = is_bare && joins(line[at + word.len()..].chars().next());
        !(joins(line[..at].chars().next_back()) || goes_on)
    })
}

#[test]
fn no_text_names_a_folder_of_one_machine() {
    // Put together here, so that this file does not find itself.
    let homes = [
        ["/ho", "me/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/Us", "ers/"].concat(),
        ["/wo", "rk/"].concat(),
        ["C:", "\\"].concat(),
    ];
    let kinds = ["rs", "toml", "md", "proto", "txt", "json", "ftl", "yaml", "yml", "csv", "service", "sh"];
    let mut complaints = Vec::new();
    for path in files_below(&root()) {
        let is_text = path.extension().is_some_and(|extension| kinds.iter().any(|kind| extension == *kind));
        if !is_text || is_ignored(&path) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (index, line) in text.lines().enumerate() {
            for home in homes.iter().filter(|home| names(line, home)) {
                complaints.push(format!(
                    "{}:{}: `{home}…` is on one machine only; write a path from the root",
                    shown(&path),
                    index + 1
                ));
            }
        }
    }
    none(complaints);
}

/// Whether a line names a folder at the root of a disk: after a blank, a quote or a bracket, or at its beginning.
fn names(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        line[..at].chars().next_back().is_none_or(|before| before.is_whitespace() || "\"'`(=<".contains(before))
    })
}

fn is_ignored(path: &Path) -> bool {
    shown(path).starts_with(".cargo/")
}

#[test]
fn nothing_heavy_is_in_git() {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    // Without git (a source archive) everything that could be committed is weighed.
    let listed = output.ok().filter(|output| output.status.success() && !output.stdout.is_empty());
    let paths: Vec<PathBuf> = match listed {
        Some(output) => {
            String::from_utf8_lossy(&output.stdout).split_terminator('\0').map(|path| root().join(path)).collect()
        }
        None => files_below(&root()),
    };
    let heavy = paths.into_iter().filter_map(|path| {
        let size_bytes = std::fs::metadata(&path).ok()?.len();
        (size_bytes > BYTES_MAX).then(|| {
            format!(
                "{}: {size_bytes} bytes; make it smaller than {BYTES_MAX}, or make it when it is needed",
                shown(&path)
            )
        })
    });
    none(heavy.collect());
}

#[test]
fn every_life_event_has_a_happy_path_and_a_failure() {
    let mut complaints = Vec::new();
    let folders = std::fs::read_dir(root().join("workflows")).expect("the workflows folder");
    for folder in folders.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if !folder.join("definition.toml").is_file() {
            continue;
        }
        let scenarios = files_below(&folder.join("scenarios"));
        let stories: Vec<String> = scenarios.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        let fails = |story: &String| {
            let commands = story.split("\n---").next().unwrap_or_default();
            commands.lines().any(|line| {
                line.starts_with("undelivered")
                    || (line.starts_with("report") && (line.contains(" failed") || line.contains(" rejected")))
            })
        };
        let is_happy = |story: &String| !fails(story) && story.contains("case-ended") && story.contains("  completed");
        if !stories.iter().any(is_happy) {
            complaints
                .push(format!("{}: no scenario ends well; add scenarios/….txt that ends `completed`", shown(&folder)));
        }
        if !stories.iter().any(fails) {
            complaints.push(format!(
                "{}: no scenario fails; add one with `undelivered` or `report … failed`",
                shown(&folder)
            ));
        }
    }
    none(complaints);
}
