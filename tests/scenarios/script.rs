//! Scenario files: commands above the line `---`, the history they produce below it.

use jiff::civil::Date;
use livshandelse_core::case::{ExecutionState, Outcome};
use livshandelse_core::command::Undelivered;
use livshandelse_core::definition::{FactAbout, FactKind};
use livshandelse_core::id::{Attempt, StepId};
use livshandelse_tests::render::kebab;
use livshandelse_workflows::sample::Who;
use std::collections::BTreeMap;

/// One line of a script: a word, what it is about, and `name=value` settings.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Its number in the file, from 1.
    pub(crate) number: usize,
    /// What it says.
    pub(crate) deed: Deed,
    /// Its settings.
    pub(crate) settings: BTreeMap<String, String>,
}

/// What a line says.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Start { sample: String },
    Fact(FactKind, Option<FactOf>),
    Join(Who),
    Contact(Who),
    Answer(StepId),
    Wait(Wait),
    Report(StepId, Option<Attempt>, Say),
    Undelivered(StepId, Option<Attempt>, Undelivered),
    Withdraw(Option<StepId>),
    Add(StepId),
    Retry(StepId),
    Inbox(StepId),
    Expect(Expect),
    Finish,
}

/// Whose a fact is.
#[derive(Debug, Clone)]
pub(crate) enum FactOf {
    /// `fact death co-party`
    Party(Who),
    /// `fact paid fee.1`
    Step(StepId),
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    Days(i32),
    Until(Date),
}

/// What an agency says.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    Arrived,
    Progress(String),
    Supplement(String),
    Offer(String),
    Pay(String),
    Execution(ExecutionState, String),
    Decided(Outcome),
    Completed,
    Failed { retryable: bool },
    Closed,
}

/// What must hold at a line.
#[derive(Debug, Clone)]
pub(crate) enum Expect {
    /// `expect case open`
    Case(String),
    /// `expect name.1 ready turn=applicant`
    Step(StepId, String),
}

/// A scenario as read.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// The text above the line, as it stands.
    pub(crate) upper: String,
    /// The commands.
    pub(crate) lines: Vec<Line>,
    /// The history below the line.
    pub(crate) lower: String,
}

/// Reads a scenario.
pub(crate) fn parse(text: &str) -> Result<Script, String> {
    let (upper, lower) = match text.split_once("\n---\n") {
        Some((upper, lower)) => (format!("{upper}\n"), lower.to_owned()),
        None => (text.trim_end_matches("---\n").trim_end_matches("---").to_owned(), String::new()),
    };
    let mut lines = Vec::new();
    for (index, text) in upper.lines().enumerate() {
        let words = words(text);
        if let Some(line) = line(index + 1, &words).map_err(|problem| format!("line {}: {problem}", index + 1))? {
            lines.push(line);
        }
    }
    Ok(Script { upper, lines, lower })
}

/// Words of a line; a text in quotes is one word, `#` and what follows a blank is left out unless a number follows.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut is_quoted, mut is_word) = (String::new(), false, false);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                is_word = true;
            }
            '#' if !is_quoted && !is_word && !rest.peek().is_some_and(char::is_ascii_digit) => break,
            character if character.is_whitespace() && !is_quoted => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            character => {
                word.push(character);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    words
}

fn line(number: usize, words: &[String]) -> Result<Option<Line>, String> {
    let is_setting = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
    };
    let mut settings = BTreeMap::new();
    for word in words.iter().filter(is_setting) {
        if let Some((name, value)) = word.split_once('=') {
            settings.insert(name.to_owned(), value.to_owned());
        }
    }
    let plain: Vec<&str> = words.iter().filter(|word| !is_setting(word)).map(String::as_str).collect();
    let Some((first, rest)) = plain.split_first() else { return Ok(None) };
    let deed = deed(first, rest, &settings)?;
    Ok(Some(Line { number, deed, settings }))
}

fn deed(first: &str, rest: &[&str], settings: &BTreeMap<String, String>) -> Result<Deed, String> {
    let words = |from: usize| rest.get(from..).unwrap_or_default().join(" ");
    match first {
        "start" => settings
            .get("sample")
            .map(|sample| Deed::Start { sample: sample.clone() })
            .ok_or_else(|| "say which sample: `start sample=unmarried-in-linkoping`".to_owned()),
        "fact" => {
            let word = rest.first().copied().unwrap_or_default();
            let kind = FactKind::ALL.into_iter().find(|kind| kind.slug() == word);
            let known: Vec<&str> = FactKind::ALL.into_iter().map(FactKind::slug).collect();
            let kind = kind.ok_or_else(|| format!("`{word}` is not a fact: {}", known.join(", ")))?;
            let of = match (rest.get(1), kind.about()) {
                (None, _) => None,
                (Some(_), FactAbout::Step) => Some(FactOf::Step(step(&rest[1..])?)),
                (Some(word), FactAbout::Person) => Some(FactOf::Party(who(word)?)),
                (Some(word), FactAbout::Child | FactAbout::Case) => {
                    return Err(format!("`{word}` says nothing of a {}", kind.slug()));
                }
            };
            Ok(Deed::Fact(kind, of))
        }
        "join" => Ok(Deed::Join(who(rest.first().copied().unwrap_or_default())?)),
        "contact" => Ok(Deed::Contact(who(rest.first().copied().unwrap_or_default())?)),
        "answer" => Ok(Deed::Answer(step(rest)?)),
        "wait" => Ok(Deed::Wait(wait(rest)?)),
        "report" => {
            let (attempt, said) = attempt(rest.get(1..).unwrap_or_default())?;
            Ok(Deed::Report(step(rest)?, attempt, say(said)?))
        }
        "undelivered" => {
            let (attempt, said) = attempt(rest.get(1..).unwrap_or_default())?;
            Ok(Deed::Undelivered(step(rest)?, attempt, undelivered(said.first().copied().unwrap_or_default())?))
        }
        "supplement" => Ok(Deed::Report(step(rest)?, None, Say::Supplement(words(1)))),
        "offer" => Ok(Deed::Report(step(rest)?, None, Say::Offer(words(1)))),
        "withdraw" if rest.first() == Some(&"case") => Ok(Deed::Withdraw(None)),
        "withdraw" => Ok(Deed::Withdraw(Some(step(rest)?))),
        "add" => Ok(Deed::Add(step(rest)?)),
        "retry" => Ok(Deed::Retry(step(rest)?)),
        "inbox" => Ok(Deed::Inbox(step(rest)?)),
        "expect" if rest.first() == Some(&"case") => Ok(Deed::Expect(Expect::Case(words(1)))),
        "expect" => Ok(Deed::Expect(Expect::Step(step(rest)?, words(1)))),
        "finish" => Ok(Deed::Finish),
        other => Err(format!(
            "`{other}` is no command: start, join, contact, fact, answer, wait, report, undelivered, supplement, offer, withdraw, add, \
             retry, inbox, expect or finish"
        )),
    }
}

fn step(rest: &[&str]) -> Result<StepId, String> {
    let word = rest.first().ok_or("say which step")?;
    word.parse().map_err(|error| format!("{error}"))
}

fn attempt<'a>(rest: &'a [&'a str]) -> Result<(Option<Attempt>, &'a [&'a str]), String> {
    match rest.split_first() {
        Some((first, more)) if first.starts_with('#') => {
            let number = first[1..].parse().map_err(|_| format!("`{first}` is not an attempt: write `#1`"))?;
            Ok((Some(Attempt(number)), more))
        }
        _ => Ok((None, rest)),
    }
}

fn wait(rest: &[&str]) -> Result<Wait, String> {
    let usage = || "write `wait 15 days`, `wait 3 weeks`, `wait 2 months` or `wait until 2026-04-01`".to_owned();
    match rest {
        ["until", day] => day.parse().map(Wait::Until).map_err(|_| usage()),
        [count, unit] => {
            let count: i32 = count.parse().map_err(|_| usage())?;
            let days = match unit.trim_end_matches('s') {
                "day" => 1,
                "week" => 7,
                "month" => 30,
                "year" => 365,
                _ => return Err(usage()),
            };
            Ok(Wait::Days(count * days))
        }
        _ => Err(usage()),
    }
}

fn undelivered(word: &str) -> Result<Undelivered, String> {
    match word {
        "silent" => Ok(Undelivered::Silent),
        "unreachable" => Ok(Undelivered::Unreachable),
        "garbage" => Ok(Undelivered::Garbage),
        "refused" => Ok(Undelivered::Refused),
        _ => Err(format!("`{word}` is not one of: silent, unreachable, garbage, refused")),
    }
}

fn say(said: &[&str]) -> Result<Say, String> {
    let (first, rest) = said.split_first().ok_or("say what it reports")?;
    let words = rest.join(" ");
    match *first {
        "arrived" => Ok(Say::Arrived),
        "progress" => Ok(Say::Progress(words)),
        "supplement" => Ok(Say::Supplement(words)),
        "offer" => Ok(Say::Offer(words)),
        "pay" => Ok(Say::Pay(words)),
        "execution" => {
            let state = execution(rest.first().copied().unwrap_or_default())?;
            Ok(Say::Execution(state, rest[1..].join(" ")))
        }
        "decided" => outcome(rest.first().copied().unwrap_or_default()).map(Say::Decided),
        "completed" | "done" => Ok(Say::Completed),
        "failed" => Ok(Say::Failed { retryable: rest.first() == Some(&"retryable") }),
        "closed" => Ok(Say::Closed),
        other => Err(format!(
            "`{other}` is not one of: arrived, progress, supplement, offer, pay, execution, decided, completed, failed, \
             closed"
        )),
    }
}

fn outcome(word: &str) -> Result<Outcome, String> {
    match word {
        "approved" => Ok(Outcome::Approved),
        "partly-approved" => Ok(Outcome::PartlyApproved),
        "rejected" => Ok(Outcome::Rejected),
        "dismissed" => Ok(Outcome::Dismissed),
        "closed-without-decision" => Ok(Outcome::ClosedWithoutDecision),
        "no-decision-needed" => Ok(Outcome::NoDecisionNeeded),
        _ => Err(format!(
            "`{word}` is not one of: approved, partly-approved, rejected, dismissed, closed-without-decision, \
             no-decision-needed"
        )),
    }
}

fn execution(word: &str) -> Result<ExecutionState, String> {
    let states = [
        ExecutionState::Pending,
        ExecutionState::Offered,
        ExecutionState::DeclinedOffer,
        ExecutionState::Partly,
        ExecutionState::Interrupted,
        ExecutionState::ReportedToIvo,
    ];
    let found = states.into_iter().find(|state| kebab(state) == word);
    found.ok_or_else(|| format!("`{word}` is not one of: {}", states.iter().map(kebab).collect::<Vec<_>>().join(", ")))
}

/// Somebody of the sample by their word: `applicant`, `co-party.2`.
pub(crate) fn who(word: &str) -> Result<Who, String> {
    Who::parse(word).ok_or_else(|| format!("`{word}` is not a role, or a role and a number: `co-party.2`"))
}
