//! What the agencies do by themselves: the steps of all life events, with what the tables in `steps/` tell of some of them.
//!
//! A step that the table does not name is handled as its kind is: an application is decided within weeks, a notice is
//! registered within days, a fee is asked for and paid.

use crate::calendar::Hours;
use crate::definition::{self, Appeal, DefinitionError, Kind, Told};
use crate::level::Level;
use crate::script::{self, Act, Move, ScriptError};
use livshandelse_proto::v1::Outcome;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is told of steps, by life event.
static TABLES: &[(&str, &str)] = &[
    ("first-child", include_str!("steps/first-child.toml")),
    ("parent-to-elderly-care", include_str!("steps/parent-to-elderly-care.toml")),
    ("starting-a-business", include_str!("steps/starting-a-business.toml")),
];

/// One step and what its agency does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepEntry {
    /// The step's slug.
    pub slug: String,
    /// The slug of its life event.
    pub life_event: String,
    /// Whose it is.
    pub level: Level,
    /// The agency, before it is resolved to a place.
    pub agency: String,
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
    /// How a decision is challenged.
    pub appeal: Appeal,
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
    pay: String,
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
            Act::Pay { .. } => or(&self.pay, "Betala avgiften, så går vi vidare med ärendet."),
            Act::Progress { waits_for_other: true, .. } => "Vi väntar på en annan myndighet.",
            Act::Progress { .. } => "Vi handlägger ärendet.",
            Act::Execution { .. } => "Beslutet genomförs.",
            Act::Delay { .. } => "Vi har många ärenden just nu.",
            Act::Fail { .. } => "Ett tekniskt fel har uppstått hos oss.",
            // Facts, which carry no words.
            Act::Paid | Act::Revoke => "",
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

/// All steps, by life event and slug.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepTable {
    by_slug: BTreeMap<(String, String), StepEntry>,
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
    /// A life event cannot be read.
    #[error("read the life events")]
    Definition {
        /// What is wrong.
        #[from]
        source: DefinitionError,
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
    /// No life event hands the step over.
    #[error("step `{step}` of the table is handed over by no life event")]
    Nobodys {
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
    diary: Option<String>,
    hours: Option<HoursFile>,
    course: Option<String>,
    asks: Option<Asks>,
    #[serde(default)]
    words: Words,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum HoursFile {
    Office,
    Always,
}

/// What is done with a step of a kind that nothing more is told of.
fn course_of(kind: Kind, is_executed: bool) -> &'static str {
    match (kind, is_executed) {
        (Kind::Apply, false) => "after 8 to 25 days approve",
        (Kind::Apply, true) => "after 8 to 25 days approve; then after 20 to 45 days complete",
        (Kind::Automatic, false) => "after 1 to 4 days approve",
        (Kind::Automatic | Kind::Notify | Kind::Sign | Kind::Book, true) => {
            "after 1 to 4 days approve; then after 10 to 30 days complete"
        }
        (Kind::Notify, false) => "after 1 to 8 days complete",
        (Kind::Sign, false) => "approve",
        (Kind::Book, false) => "after 1 to 4 working-days complete",
        (Kind::Pay, _) => "after 0 to 2 working-days pay due 30 days; then after 1 to 6 days paid",
        (Kind::Information | Kind::External, _) => "complete",
    }
}

fn hours_of(kind: Kind) -> Hours {
    match kind {
        Kind::Sign | Kind::Pay | Kind::Information | Kind::External => Hours::Always,
        Kind::Apply | Kind::Notify | Kind::Automatic | Kind::Book => Hours::OFFICE,
    }
}

/// What an agency's case numbers begin with, where nobody tells: the first three letters of its slug.
fn diary_of(agency: &str) -> String {
    agency.chars().filter(char::is_ascii_alphabetic).take(3).map(|letter| letter.to_ascii_uppercase()).collect()
}

impl StepTable {
    /// The table that comes with the programs, for the life events that do.
    ///
    /// # Errors
    ///
    /// [`TableError`], which a test excludes.
    pub fn embedded() -> Result<StepTable, TableError> {
        StepTable::new(definition::embedded()?, TABLES)
    }

    /// What agencies do with these steps: as their kinds are, and as the texts tell, each of one life event.
    ///
    /// # Errors
    ///
    /// [`TableError`] for the first thing that is wrong.
    pub fn new(steps: Vec<Told>, texts: &[(&str, &str)]) -> Result<StepTable, TableError> {
        let mut table = StepTable::default();
        for told in steps {
            let entry = of_its_kind(told)?;
            table.by_slug.insert((entry.life_event.clone(), entry.slug.clone()), entry);
        }
        for (life_event, text) in texts {
            table.learn(life_event, text)?;
        }
        Ok(table)
    }

    /// Takes what a text tells of the steps of a life event.
    fn learn(&mut self, life_event: &str, text: &str) -> Result<(), TableError> {
        let file: TableFile = toml::from_str(text).map_err(|source| TableError::Shape { source })?;
        let mut seen = Vec::new();
        for own in file.step {
            let step = own.slug;
            let Some(entry) = self.by_slug.get_mut(&(life_event.to_owned(), step.clone())) else {
                return Err(TableError::Nobodys { step });
            };
            if seen.contains(&step) {
                return Err(TableError::Twice { step });
            }
            if let Some(diary) = own.diary {
                entry.diary = diary;
            }
            match own.hours {
                Some(HoursFile::Office) => entry.hours = Hours::OFFICE,
                Some(HoursFile::Always) => entry.hours = Hours::Always,
                None => {}
            }
            if let Some(text) = own.course {
                entry.course =
                    script::course(&text).map_err(|source| TableError::Course { step: step.clone(), source })?;
            }
            entry.asks = own.asks;
            entry.words = own.words;
            seen.push(step);
        }
        Ok(())
    }

    /// The entry of a step.
    pub fn get(&self, life_event: &str, step: &str) -> Option<&StepEntry> {
        self.by_slug.get(&(life_event.to_owned(), step.to_owned()))
    }

    /// The first step of a level with a slug, whatever its life event.
    pub fn find(&self, level: Level, step: &str) -> Option<&StepEntry> {
        self.iter().find(|entry| entry.level == level && entry.slug == step)
    }

    /// All entries, by life event and slug.
    pub fn iter(&self) -> impl Iterator<Item = &StepEntry> {
        self.by_slug.values()
    }
}

fn of_its_kind(told: Told) -> Result<StepEntry, TableError> {
    let course = script::course(course_of(told.kind, told.is_executed))
        .map_err(|source| TableError::Course { step: told.slug.clone(), source })?;
    Ok(StepEntry {
        diary: diary_of(&told.agency),
        hours: hours_of(told.kind),
        course,
        slug: told.slug,
        life_event: told.life_event,
        level: told.level,
        agency: told.agency,
        gives: told.gives,
        goes_on: told.goes_on,
        appeal: told.appeal,
        asks: None,
        words: Words::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_every_course_comes_to_an_end() {
        let table = StepTable::embedded().unwrap();
        for entry in table.iter() {
            let last = entry.course.last().unwrap();
            assert!(last.act.is_decisive(), "{} {}", entry.life_event, entry.slug);
        }
    }

    #[test]
    fn a_decision_that_must_be_carried_out_is() {
        let executed = definition::embedded().unwrap().into_iter().filter(|told| told.is_executed);
        let table = StepTable::embedded().unwrap();
        for told in executed {
            let entry = table.get(&told.life_event, &told.slug).unwrap();
            let is_done = matches!(entry.course.last().unwrap().act, Act::Complete { .. });
            assert!(is_done, "{} {}", told.life_event, told.slug);
        }
    }

    #[test]
    fn a_fee_that_is_asked_for_is_paid() {
        for kind in [false, true] {
            let course = script::course(course_of(Kind::Pay, kind)).unwrap();
            assert!(matches!(course[0].act, Act::Pay { .. }));
            assert_eq!(course[1].act, Act::Paid);
        }
    }

    #[test]
    fn a_step_that_no_life_event_has_is_no_step_of_the_table() {
        let table = "[[step]]\nslug = \"no-such-step\"\n";
        let error = StepTable::new(definition::embedded().unwrap(), &[("first-child", table)]).unwrap_err();
        assert!(matches!(error, TableError::Nobodys { step } if step == "no-such-step"));
    }
}
