//! Samples: real-looking cases with what their people and registers do by themselves.

pub(crate) mod check;
mod filing;

use crate::words::{FACTS, ROLES, plain_period};
use jiff::civil::Date;
use livshandelse_core::calendar::Period;
use livshandelse_core::definition::{FactKind, Role};
use livshandelse_core::id::{Slug, StepId};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A sample case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Its name, the same as the file's.
    #[serde(deserialize_with = "slug")]
    pub name: Slug,
    /// What it shows, by language.
    pub about: BTreeMap<String, String>,
    /// The civil day it starts.
    #[serde(deserialize_with = "day")]
    pub start: Date,
    /// What it is created with.
    pub case: SampleCase,
    /// What people and registers do later, in order.
    #[serde(default)]
    pub story: Vec<StoryEntry>,
    /// How agencies differ from their own rules, by resolved slug: settings of the reference agencies, as they stand.
    #[serde(default)]
    pub agencies: BTreeMap<String, Map<String, Value>>,
}

/// What a sample case is created with: the input of `CreateCase`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleCase {
    /// Kommunkod, four digits.
    pub municipality: String,
    /// Who is in it.
    pub parties: Vec<SampleParty>,
    /// The life event's form.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// Forms of steps, given ahead, by step id.
    #[serde(default)]
    pub step_input: BTreeMap<String, Map<String, Value>>,
}

/// A party of a sample case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleParty {
    /// Its role.
    #[serde(deserialize_with = "role")]
    pub role: Role,
    /// A test number, twelve digits.
    pub identity_number: String,
    /// An invented name.
    pub name: String,
    /// Protected personal data.
    #[serde(default)]
    pub protected: bool,
}

/// Something that happens in a sample by itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawEntry")]
pub struct StoryEntry {
    /// When.
    pub when: When,
    /// Who: `applicant`, `co-party`, `agency:region-05`.
    pub actor: String,
    /// What.
    pub deed: Deed,
}

/// When an entry happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long after the sample's start.
    After(Period),
    /// On a day.
    On(Date),
}

impl When {
    /// The civil day, in a sample that starts on a day.
    pub fn day(self, start: Date) -> Date {
        match self {
            When::After(period) => period.after(start),
            When::On(day) => day,
        }
    }
}

/// What somebody does in a sample.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Reports a fact.
    Fact(SampleFact),
    /// Fills a step's form, signs, answers.
    Answer {
        /// The step.
        step: StepId,
        /// The form's fields.
        input: Map<String, Value>,
    },
    /// Takes up a step that was proposed as not needed.
    Add(StepId),
    /// Withdraws a step.
    Withdraw(StepId),
}

/// A fact as a sample tells it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleFact {
    /// Its kind.
    #[serde(deserialize_with = "fact")]
    pub kind: FactKind,
    /// The child, from 1; 0 when it concerns none.
    #[serde(default)]
    pub child: u8,
    /// The party, by role, where it concerns one.
    #[serde(default, deserialize_with = "optional_role")]
    pub party: Option<Role>,
    /// The day it happened; the day of the entry when left out.
    #[serde(default, deserialize_with = "optional_day")]
    pub on: Option<Date>,
    /// The new municipality of a move.
    #[serde(default)]
    pub municipality: Option<String>,
    /// Evidence the fact carries, by slug.
    #[serde(default)]
    pub values: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    after: Option<String>,
    #[serde(default, deserialize_with = "optional_day")]
    on: Option<Date>,
    #[serde(rename = "as")]
    actor: String,
    fact: Option<SampleFact>,
    answer: Option<String>,
    #[serde(default)]
    input: Map<String, Value>,
    add: Option<String>,
    withdraw: Option<String>,
}

impl TryFrom<RawEntry> for StoryEntry {
    type Error = String;

    fn try_from(raw: RawEntry) -> Result<StoryEntry, String> {
        let when = match (raw.after.as_deref(), raw.on) {
            (Some(text), None) => {
                When::After(plain_period(text).ok_or_else(|| format!("`after` is `{text}`; write `21 days`"))?)
            }
            (None, Some(day)) => When::On(day),
            _ => return Err("an entry has either `after` or `on`".to_owned()),
        };
        let step = |text: &str| text.parse::<StepId>().map_err(|error| error.to_string());
        let deed = match (raw.fact, raw.answer, raw.add, raw.withdraw) {
            (Some(fact), None, None, None) => Deed::Fact(fact),
            (None, Some(answer), None, None) => Deed::Answer { step: step(&answer)?, input: raw.input },
            (None, None, Some(add), None) => Deed::Add(step(&add)?),
            (None, None, None, Some(withdraw)) => Deed::Withdraw(step(&withdraw)?),
            _ => {
                return Err("an entry has one of `fact`, `answer`, `add` and `withdraw`".to_owned());
            }
        };
        Ok(StoryEntry { when, actor: raw.actor, deed })
    }
}

fn slug<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Slug, D::Error> {
    Slug::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a day; write YYYY-MM-DD")))
}

fn optional_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    day(deserializer).map(Some)
}

fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    word(deserializer, ROLES)
}

fn optional_role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Role>, D::Error> {
    role(deserializer).map(Some)
}

fn fact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FactKind, D::Error> {
    word(deserializer, FACTS)
}

fn word<'de, D: Deserializer<'de>, T: Copy>(deserializer: D, words: &[(&'static str, T)]) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        D::Error::custom(format!("`{text}` is not one of: {}", known.join(", ")))
    })
}
