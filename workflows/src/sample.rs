//! Samples: real-looking cases with what their people and registers do by themselves.

pub(crate) mod check;
mod filing;

use crate::words::{FACTS, MANDATES, ROLES, plain_period};
use jiff::civil::Date;
use livshandelse_core::calendar::Period;
use livshandelse_core::case::{Mandate, MandateScope};
use livshandelse_core::definition::{FactKind, MandateKind, Role};
use livshandelse_core::form::AskedOf;
use livshandelse_core::id::{Slug, StepId, Subject};
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
    /// Who may come into it later.
    #[serde(default)]
    pub joiners: Vec<SampleParty>,
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
    /// Somebody comes into the case.
    Join {
        /// Who: one of the sample's joiners, or of its parties who shows a mandate.
        who: Who,
        /// What a representative shows.
        mandate: Option<Mandate>,
        /// What is answered of the life event's form.
        input: Map<String, Value>,
    },
}

/// Somebody of a sample: `applicant`, or `co-party.2` for the second with the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// The role.
    pub role: Role,
    /// Counts from 1, parties before joiners.
    pub number: usize,
}

impl Who {
    /// Reads `applicant` or `co-party.2`.
    pub fn parse(text: &str) -> Option<Who> {
        let (word, number) = match text.split_once('.') {
            Some((word, number)) => (word, number.parse().ok().filter(|number| (1..=99).contains(number))?),
            None => (text, 1),
        };
        let role = ROLES.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)?;
        Some(Who { role, number })
    }

    /// The same, as whom a question is asked of.
    pub fn asked_of(self) -> Option<AskedOf> {
        Some(AskedOf { role: self.role, number: Subject(u8::try_from(self.number).ok()?) })
    }
}

impl SampleCase {
    /// The party or joiner that is meant.
    pub fn person(&self, who: Who) -> Option<&SampleParty> {
        let all = self.parties.iter().chain(&self.joiners);
        all.filter(|party| party.role == who.role).nth(who.number.checked_sub(1)?)
    }
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
    /// The step, where it concerns one: `serving-permit.1`.
    #[serde(default, deserialize_with = "optional_step")]
    pub step: Option<StepId>,
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
    join: Option<String>,
    mandate: Option<RawMandate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMandate {
    #[serde(deserialize_with = "mandate_kind")]
    kind: MandateKind,
    #[serde(default)]
    scope: Vec<String>,
    #[serde(deserialize_with = "day")]
    from: Date,
    #[serde(default, deserialize_with = "optional_day")]
    to: Option<Date>,
    evidence: String,
}

impl RawMandate {
    fn read(self) -> Result<Mandate, String> {
        let RawMandate { kind, scope, from, to, evidence } = self;
        let steps = scope.iter().map(|step| Slug::new(step).map_err(|error| error.to_string()));
        let steps = steps.collect::<Result<Vec<Slug>, String>>()?;
        let scope = if steps.is_empty() { MandateScope::All } else { MandateScope::Steps(steps) };
        Ok(Mandate { kind, scope, from, to, evidence })
    }
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
        let deed = match (raw.fact, raw.answer, raw.add, raw.withdraw, raw.join) {
            (Some(fact), None, None, None, None) => Deed::Fact(fact),
            (None, Some(answer), None, None, None) => Deed::Answer { step: step(&answer)?, input: raw.input },
            (None, None, Some(add), None, None) => Deed::Add(step(&add)?),
            (None, None, None, Some(withdraw), None) => Deed::Withdraw(step(&withdraw)?),
            (None, None, None, None, Some(join)) => {
                let who = Who::parse(&join).ok_or_else(|| format!("`{join}` is not a role, or a role and a number"))?;
                Deed::Join { who, mandate: raw.mandate.map(RawMandate::read).transpose()?, input: raw.input }
            }
            _ => {
                return Err("an entry has one of `fact`, `answer`, `add`, `withdraw` and `join`".to_owned());
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

fn optional_step<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StepId>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

fn mandate_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MandateKind, D::Error> {
    word(deserializer, MANDATES)
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
