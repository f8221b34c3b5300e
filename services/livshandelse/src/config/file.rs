//! Reads the file of settings (TOML): every key with its line, and everything that is wrong with it at once.

use super::keys::{KEYS, Key, Kind};
use super::rules;
use crate::serve::Serve;
use clap::builder::Resettable;
use clap::{Arg, Args, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a file says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Its keys, in the order of their lines.
    pub(crate) entries: Vec<Entry>,
}

/// One key of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// With its table: `listen.portal-port`.
    pub(crate) name: String,
    /// Its value, or its values.
    pub(crate) values: Vec<String>,
    /// Where, from 1.
    pub(crate) line: usize,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The key; empty when the file is no TOML there.
    pub(crate) key: String,
    /// Where, from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) problem: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl Complaint {
    /// As lines for a person: place and key, what is wrong, and what to do.
    pub(crate) fn told(&self, file: &str) -> String {
        let Complaint { key, line, problem, remedy } = self;
        let place = if key.is_empty() { format!("{file}:{line}") } else { format!("{file}:{line}: {key}") };
        format!("{place}: {problem}\n  {remedy}")
    }
}

/// Reads a file's text; what cannot be used is complained of and left out.
pub(crate) fn parse(text: &str) -> (File, Vec<Complaint>) {
    let mut reading = Reading { text, file: File::default(), complaints: Vec::new(), flags: flags() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reading.complain("", at, error.message().to_owned(), "write it as TOML: key = value, under a [table]");
    }
    reading.table("", table.get_ref());
    let Reading { mut file, mut complaints, .. } = reading;
    file.entries.sort_by_key(|entry| entry.line);
    complaints.extend(rules::together(&file));
    complaints.sort_by_key(|complaint| complaint.line);
    (file, complaints)
}

struct Reading<'a> {
    text: &'a str,
    file: File,
    complaints: Vec<Complaint>,
    flags: Command,
}

/// The flags of `serve`, to read values as they do.
fn flags() -> Command {
    Serve::augment_args(Command::new("serve"))
}

impl Reading<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
    }

    fn complain(&mut self, key: &str, at: usize, problem: String, remedy: &str) {
        let line = self.line(at);
        self.complaints.push(Complaint { key: key.to_owned(), line, problem, remedy: remedy.to_owned() });
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name =
                if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
            let at = key.span().start;
            let known = KEYS.iter().find(|known| known.holds(&name));
            match (known, value.get_ref()) {
                (Some(known), _) => self.value(known, name, at, value),
                (None, DeValue::Table(inner)) if KEYS.iter().any(|known| is_table_of(&name, known)) => {
                    self.table(&name, inner);
                }
                (None, _) => {
                    let (problem, remedy) = unknown(prefix);
                    self.complain(&name, at, problem, &remedy);
                }
            }
        }
    }

    fn value(&mut self, key: &Key, name: String, at: usize, value: &Spanned<DeValue<'_>>) {
        let read: Result<Vec<String>, String> = match (key.kind, value.get_ref()) {
            (Kind::Text | Kind::Pairs, DeValue::String(text)) => Ok(vec![text.to_string()]),
            (Kind::Number, DeValue::Integer(number)) => number_of(number).map(|number| vec![number]),
            (Kind::Texts, DeValue::Array(items)) => {
                let texts = items.iter().map(|item| match item.get_ref() {
                    DeValue::String(text) => Ok(text.to_string()),
                    other => Err(format!("{} stands where a text in quotes belongs", kind_of(other))),
                });
                texts.collect()
            }
            (kind, other) => Err(format!("{} stands where {} belongs", kind_of(other), wanted(kind))),
        };
        let values = match read {
            Ok(values) => values,
            Err(problem) => return self.complain(&name, at, problem, key.remedy),
        };
        let mut is_sound = true;
        for value in &values {
            if let Err(problem) = self.try_value(key, &name, value) {
                self.complain(&name, at, problem, key.remedy);
                is_sound = false;
            }
        }
        if is_sound {
            let line = self.line(at);
            self.file.entries.push(Entry { name, values, line });
        }
    }

    /// Reads a value as the flag would, and holds it against the key's own rule.
    fn try_value(&self, key: &Key, name: &str, value: &str) -> Result<(), String> {
        let agency = name.strip_prefix(key.name).and_then(|rest| rest.strip_prefix('.'));
        let value = match (key.kind, agency) {
            (Kind::Pairs, Some(agency)) => format!("{agency}={value}"),
            _ => value.to_owned(),
        };
        if let Some(flag) = self.flags.get_arguments().find(|flag| flag.get_id() == key.argument) {
            // Its variable is of no matter here, and what it is grouped with is not either.
            let flag: Arg = flag.clone().env(None::<&str>).required(false).requires(Resettable::Reset);
            let command = Command::new("file").no_binary_name(true).arg(flag);
            command.try_get_matches_from([format!("--{}={value}", key.flag())]).map_err(|error| said_of(&error))?;
        }
        (key.rule)(&value)
    }
}

/// What a flag says of a value, in one line.
fn said_of(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let value = first.split('\'').nth(1).unwrap_or_default();
    // `invalid value '80000' for '--portal-port <PORT>': 80000 is not in 0..=65535`: the flag was not typed.
    match first.split_once("': ") {
        Some((_, why)) => format!("`{value}`: {why}"),
        None => format!("`{value}` is not one of what it may be"),
    }
}

fn is_table_of(name: &str, key: &Key) -> bool {
    key.name == name || key.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

fn unknown(prefix: &str) -> (String, String) {
    let below = |key: &Key| match key.name.split_once('.') {
        Some((table, rest)) if table == prefix => Some(rest.to_owned()),
        Some((table, _)) if prefix.is_empty() => Some(format!("[{table}]")),
        None if prefix.is_empty() => Some(format!("[{}]", key.name)),
        Some(_) | None => None,
    };
    let mut names: Vec<String> = KEYS.iter().filter_map(below).collect();
    names.dedup();
    let place = if prefix.is_empty() { "a file has".to_owned() } else { format!("[{prefix}] has") };
    ("there is no such key".to_owned(), format!("{place}: {}", names.join(", ")))
}

fn number_of(number: &toml::de::DeInteger<'_>) -> Result<String, String> {
    let digits = i64::from_str_radix(number.as_str(), number.radix());
    digits.map(|digits| digits.to_string()).map_err(|_| format!("{number} is too large"))
}

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Pairs => "a text in quotes",
        Kind::Number => "a whole number",
        Kind::Texts => "texts in brackets",
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
