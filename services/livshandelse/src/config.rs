//! How the service is set up: a file, the environment and the command line, in this order, the later counting before the
//! earlier.
//!
//! Every key of the file is a flag of `livshandelse serve` too ([`keys::KEYS`]), so there is one place where a value is
//! read and refused: the flag's own. What the file says is put behind the command line wherever neither that nor the
//! environment says anything.

pub(crate) mod file;
pub(crate) mod keys;
mod rules;
#[cfg(test)]
mod tests;

use crate::fail::Failure;
use crate::system;
use clap::ArgMatches;
use clap::parser::ValueSource;
use file::{Complaint, File};
use keys::{KEYS, Key, Kind};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line, `--portal-port`.
    Flag(String),
    /// A variable of the environment.
    Environment(String),
    /// A line of the file, from 1.
    Line(usize),
    /// Nobody said anything.
    Default,
}

/// What holds for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The key, `listen.portal-port`; of agencies one setting each.
    pub(crate) name: String,
    /// The values in the order in which they count; empty when there are none.
    pub(crate) values: Vec<String>,
    /// Where they come from.
    pub(crate) origin: Origin,
}

/// Reads and checks a file of settings.
///
/// # Errors
///
/// If it cannot be read, or anything in it is wrong: everything at once.
pub(crate) fn read(path: &Path) -> Result<File, Failure> {
    let (file, complaints) = look(path)?;
    if complaints.is_empty() { Ok(file) } else { Err(refused(path, &complaints)) }
}

/// Reads a file of settings, and says what is wrong in it.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn look(path: &Path) -> Result<(File, Vec<Complaint>), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::input(
            format!("{}: {error}", path.display()),
            "name a file that can be read, as `deploy/livshandelse.toml` in the sources",
        )
    })?;
    Ok(file::parse(&text))
}

/// All complaints of a file as one failure.
pub(crate) fn refused(path: &Path, complaints: &[Complaint]) -> Failure {
    let lines: Vec<String> = complaints.iter().map(|complaint| complaint.told(&path.display().to_string())).collect();
    Failure::input(lines.join("\n"), "mend the lines named; `livshandelse config check` looks at them again")
}

/// What a file adds to a command line: a flag for each key that neither the command line nor the environment sets.
///
/// `matches` are those of the command that takes the flags. Agencies are not among them: see [`agencies`].
pub(crate) fn arguments(file: &File, matches: &ArgMatches) -> Vec<OsString> {
    let mut arguments = Vec::new();
    for key in KEYS.iter().filter(|key| key.kind != Kind::Pairs && said(key, matches).is_none()) {
        let values = file.entries.iter().filter(|entry| entry.name == key.name).flat_map(|entry| &entry.values);
        arguments.extend(values.map(|value| OsString::from(format!("--{}={value}", key.flag()))));
    }
    arguments
}

/// The agencies of a file, `state=http://…`. Flags and the environment name others, or the same ones anew.
pub(crate) fn agencies(file: &File) -> Vec<(String, String)> {
    let named = file.entries.iter().filter_map(|entry| {
        let agency = entry.name.strip_prefix(keys::AGENCIES)?.strip_prefix('.')?;
        Some((agency.to_owned(), entry.values.first()?.clone()))
    });
    named.collect()
}

/// What holds, and where each value comes from, in the order of [`KEYS`].
///
/// `matches` are those of the command line as it was typed.
pub(crate) fn settings(file: Option<&File>, matches: &ArgMatches, usual: &dyn Fn(&Key) -> Vec<String>) -> Vec<Setting> {
    let mut settings = Vec::new();
    for key in KEYS {
        if key.kind == Kind::Pairs {
            settings.extend(agency_settings(file, key, matches));
            continue;
        }
        let name = key.name.to_owned();
        let entry = file.and_then(|file| file.entries.iter().find(|entry| entry.name == key.name));
        settings.push(match (said(key, matches), entry) {
            (Some(origin), _) => Setting { name, values: typed(key, matches), origin },
            (None, Some(entry)) => Setting { name, values: entry.values.clone(), origin: Origin::Line(entry.line) },
            (None, None) => Setting { name, values: usual(key), origin: Origin::Default },
        });
    }
    settings
}

/// Agencies are added up: the file's, and those named later.
fn agency_settings(file: Option<&File>, key: &Key, matches: &ArgMatches) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut put = |setting: Setting| {
        settings.retain(|earlier| earlier.name != setting.name);
        settings.push(setting);
    };
    for entry in file.iter().flat_map(|file| &file.entries).filter(|entry| key.holds(&entry.name)) {
        put(Setting { name: entry.name.clone(), values: entry.values.clone(), origin: Origin::Line(entry.line) });
    }
    if let Some(origin) = said(key, matches) {
        for value in typed(key, matches) {
            let (agency, endpoint) = value.split_once('=').unwrap_or((&value, ""));
            let name = format!("{}.{agency}", key.name);
            put(Setting { name, values: vec![endpoint.to_owned()], origin: origin.clone() });
        }
    }
    settings
}

/// Where a key is set apart from the file.
fn said(key: &Key, matches: &ArgMatches) -> Option<Origin> {
    match matches.value_source(key.argument) {
        Some(ValueSource::CommandLine) => Some(Origin::Flag(format!("--{}", key.flag()))),
        Some(ValueSource::EnvVariable) => Some(Origin::Environment(key.variable())),
        Some(_) | None => {
            let variable = key.other_variable?;
            system::environment(variable).map(|_| Origin::Environment(variable.to_owned()))
        }
    }
}

/// The values of a key that were typed or are in the environment, as they stand there.
fn typed(key: &Key, matches: &ArgMatches) -> Vec<String> {
    let said = matches!(matches.value_source(key.argument), Some(ValueSource::CommandLine | ValueSource::EnvVariable));
    match matches.get_raw(key.argument) {
        Some(values) if said => values.map(|value| value.to_string_lossy().into_owned()).collect(),
        Some(_) | None => key.other_variable.and_then(system::environment).into_iter().collect(),
    }
}

/// Where the file is, if one is named.
pub(crate) fn named(matches: &ArgMatches) -> Option<PathBuf> {
    matches.get_one::<PathBuf>("config").cloned()
}
