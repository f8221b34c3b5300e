//! What the agencies do by themselves: the table `steps.toml`, read once.

use crate::calendar::Hours;
use crate::level::Level;
use crate::script::{self, Act, Move, ScriptError};
use livshandelse_proto::v1::Outcome;
use serde::Deserialize;
use std::collections::BTreeMap;

static TABLE: &str = include_str!("steps.toml");

/// One step and what its agency does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepEntry {
    /// The step's slug.
    pub slug: String,
    /// Whose it is.
    pub level: Level,
    /// What its case numbers begin with.
    pub diary: String,
    /// When it is answered.
    pub hours: Hours,
    /// What is done.
    pub course: Vec<Move>,
    /// The facts that an approval gives, by slug.
    pub gives: Vec<String>,
    /// A withdrawal does not end it.
    pub goes_on: bool,
    /// What some are asked for first.
    pub asks: Option<Asks>,
    /// What is said.
    pub words: Words,
}

/// What some applicants are asked for before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Asks {
    /// How many in a hundred.
    pub percent: u32,
    /// In which words.
    pub words: String,
    /// Fields of the form.
    pub fields: Vec<String>,
    /// How long the applicant has.
    pub due_days: u32,
}

/// What is said of a step, with `{…}` to be filled in. Empty: a general word.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    received: String,
    approved: String,
    partly: String,
    rejected: String,
    dismissed: String,
    closed: String,
    done: String,
    offer: String,
    asked: String,
}

impl Words {
    /// What is said when the document has come.
    pub fn of_arrival(&self) -> &str {
        or(&self.received, "Vi har fått ditt ärende.")
    }

    /// What is said with an act that has no words of its own.
    pub fn of(&self, act: &Act) -> &str {
        match act {
            Act::Decide { outcome, .. } => self.of_outcome(*outcome),
            Act::Complete { .. } => or(&self.done, "Ärendet är klart."),
            Act::Ask { is_offer: true, .. } => or(&self.offer, "Du har fått ett erbjudande."),
            Act::Ask { .. } => or(&self.asked, "Vi behöver fler uppgifter från dig."),
            Act::Progress { waits_for_other: true, .. } => "Vi väntar på en annan myndighet.",
            Act::Progress { .. } => "Vi handlägger ärendet.",
            Act::Delay { .. } => "Vi har många ärenden just nu.",
            Act::Fail { .. } => "Ett tekniskt fel har uppstått hos oss.",
        }
    }

    fn of_outcome(&self, outcome: Outcome) -> &str {
        match outcome {
            Outcome::Approved | Outcome::Unspecified | Outcome::None => or(&self.approved, "Ansökan beviljas."),
            Outcome::PartlyApproved => or(&self.partly, "Ansökan beviljas till en del."),
            Outcome::Rejected => or(&self.rejected, "Ansökan avslås."),
            Outcome::Dismissed => or(&self.dismissed, "Ansökan avvisas."),
            Outcome::ClosedWithoutDecision => or(&self.closed, "Ärendet avslutas."),
            Outcome::NoDecisionNeeded => or(&self.done, "Ärendet är klart."),
        }
    }
}

fn or<'a>(own: &'a str, general: &'a str) -> &'a str {
    if own.is_empty() { general } else { own }
}

/// All steps, by slug.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepTable {
    by_slug: BTreeMap<String, StepEntry>,
}

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is not TOML, or has another shape.
    #[error("read the table of steps")]
    Shape {
        /// What the reader said.
        #[source]
        source: toml::de::Error,
    },
    /// A course cannot be read.
    #[error("read the course of step `{step}`")]
    Course {
        /// Which step's.
        step: String,
        /// What is wrong with it.
        source: ScriptError,
    },
    /// A step stands there twice.
    #[error("step `{step}` stands in the table twice")]
    Twice {
        /// Which.
        step: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    step: Vec<EntryFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EntryFile {
    slug: String,
    level: Level,
    diary: String,
    hours: HoursFile,
    course: String,
    #[serde(default)]
    gives: Vec<String>,
    #[serde(default)]
    goes_on: bool,
    asks: Option<Asks>,
    #[serde(default)]
    words: Words,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HoursFile {
    Office,
    Always,
}

impl StepTable {
    /// The table that comes with the programs.
    ///
    /// # Errors
    ///
    /// [`TableError`], which a test excludes.
    pub fn embedded() -> Result<StepTable, TableError> {
        StepTable::parse(TABLE)
    }

    /// Reads a table.
    ///
    /// # Errors
    ///
    /// [`TableError`] for the first thing that is wrong.
    pub fn parse(text: &str) -> Result<StepTable, TableError> {
        let file: TableFile = toml::from_str(text).map_err(|source| TableError::Shape { source })?;
        let mut by_slug = BTreeMap::new();
        for entry in file.step {
            let step = entry.slug.clone();
            let course =
                script::course(&entry.course).map_err(|source| TableError::Course { step: step.clone(), source })?;
            let entry = StepEntry {
                slug: entry.slug,
                level: entry.level,
                diary: entry.diary,
                hours: match entry.hours {
                    HoursFile::Office => Hours::OFFICE,
                    HoursFile::Always => Hours::Always,
                },
                course,
                gives: entry.gives,
                goes_on: entry.goes_on,
                asks: entry.asks,
                words: entry.words,
            };
            if by_slug.insert(step.clone(), entry).is_some() {
                return Err(TableError::Twice { step });
            }
        }
        Ok(StepTable { by_slug })
    }

    /// The entry of a step.
    pub fn get(&self, step: &str) -> Option<&StepEntry> {
        self.by_slug.get(step)
    }

    /// All entries, by slug.
    pub fn iter(&self) -> impl Iterator<Item = &StepEntry> {
        self.by_slug.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_every_course_comes_to_an_end() {
        let table = StepTable::embedded().unwrap();
        for entry in table.iter() {
            let last = entry.course.last().unwrap();
            assert!(last.act.is_decisive(), "{}", entry.slug);
        }
    }

    #[test]
    fn every_step_that_is_handed_over_has_an_agency_that_does_it() {
        let definition = include_str!("../../../workflows/first-child/definition.toml");
        let definition: toml::Table = toml::from_str(definition).unwrap();
        let agencies: BTreeMap<&str, &str> = definition["agency"]
            .as_array()
            .unwrap()
            .iter()
            .map(|agency| (agency["slug"].as_str().unwrap(), agency["level"].as_str().unwrap()))
            .collect();
        let table = StepTable::embedded().unwrap();
        for step in definition["step"].as_array().unwrap() {
            let slug = step["slug"].as_str().unwrap();
            let level = agencies[step["agency"].as_str().unwrap()];
            let is_handed_over = !matches!(step["kind"].as_str().unwrap(), "information" | "external");
            if !is_handed_over || level == "provider" {
                continue;
            }
            let entry = table.get(slug).unwrap_or_else(|| panic!("add `{slug}` to steps.toml"));
            assert_eq!(entry.level.to_string(), level, "{slug}");
            let gives: Vec<&str> = step
                .get("gives")
                .and_then(toml::Value::as_array)
                .map(|gives| gives.iter().filter_map(toml::Value::as_str).collect())
                .unwrap_or_default();
            assert_eq!(entry.gives, gives, "{slug}");
            let goes_on = step["withdrawal"].as_str() == Some("goes-on");
            assert_eq!(entry.goes_on, goes_on, "{slug}");
        }
    }
}
