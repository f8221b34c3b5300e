//! What the life events say of the steps that agencies are handed: read from the definitions themselves.
//!
//! Of a definition only what an agency goes by is read; the rest is passed over, so that a life event can grow without these
//! programs knowing.

use crate::level::Level;
use serde::Deserialize;

/// The definitions that are built in. A test compares the list with the folders.
static DEFINITIONS: &[(&str, &str)] = &[
    ("first-child", include_str!("../../../workflows/first-child/definition.toml")),
    ("parent-to-elderly-care", include_str!("../../../workflows/parent-to-elderly-care/definition.toml")),
    ("starting-a-business", include_str!("../../../workflows/starting-a-business/definition.toml")),
];

/// What a step is, as its life event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The life event's slug.
    pub life_event: String,
    /// The step's slug.
    pub slug: String,
    /// What the applicant does.
    pub kind: Kind,
    /// The slug of the agency, before it is resolved to a place.
    pub agency: String,
    /// Which program has it.
    pub level: Level,
    /// The facts that an approval gives, by slug.
    pub gives: Vec<String>,
    /// A withdrawal does not end it.
    pub goes_on: bool,
    /// A decision must be carried out.
    pub is_executed: bool,
    /// How a decision is challenged.
    pub appeal: Appeal,
}

/// What the applicant does in a step that is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Applies for something.
    Apply,
    /// Tells something.
    Notify,
    /// Nothing.
    Automatic,
    /// Signs.
    Sign,
    /// Books a time.
    Book,
    /// Pays.
    Pay,
    /// Reads. Never handed over.
    Information,
    /// Does it elsewhere. Never handed over.
    External,
}

/// How a decision is challenged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Appeal {
    /// It cannot be.
    #[default]
    None,
    /// Appeal to an administrative court.
    AdministrativeCourt,
    /// Reconsideration first.
    Reconsideration,
    /// Review of legality.
    LegalityReview,
    /// A general court.
    GeneralCourt,
    /// Appeal to the county administrative board.
    CountyBoard,
}

impl Appeal {
    /// How to appeal, as the agency tells the party with a decision that went against him. Empty: he cannot.
    ///
    /// `agency` is the agency's name. FL 33, 40, 43 and 44 §§; KL 13:5; SFB 113:7.
    pub fn instruction(self, agency: &str) -> String {
        match self {
            Appeal::None => String::new(),
            Appeal::AdministrativeCourt => format!(
                "Du kan överklaga beslutet till förvaltningsrätten. Skriv vad du vill ändra och varför. Skicka brevet till \
                 {agency}. Det måste ha kommit dit inom tre veckor från den dag du fick beslutet."
            ),
            Appeal::Reconsideration => format!(
                "Du kan begära att {agency} omprövar beslutet. Skriv vad du vill ändra och varför. Vi måste ha fått din \
                 begäran inom den tid som står i beslutet. Först därefter kan du överklaga till förvaltningsrätten."
            ),
            Appeal::LegalityReview => {
                "Den som är medlem av kommunen kan begära laglighetsprövning hos förvaltningsrätten \
                 inom tre veckor från den dag beslutet tillkännagavs på anslagstavlan."
                    .to_owned()
            }
            Appeal::CountyBoard => format!(
                "Du kan överklaga beslutet till länsstyrelsen. Skriv vad du vill ändra och varför. Skicka brevet till \
                 {agency}. Det måste ha kommit dit inom tre veckor från den dag du fick beslutet."
            ),
            Appeal::GeneralCourt => format!(
                "Du kan överklaga beslutet till domstol. Skriv vad du vill ändra och varför, och skicka brevet till {agency} \
                 inom tre veckor från den dag du fick beslutet."
            ),
        }
    }
}

/// A definition cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read the definition of life event `{life_event}`")]
pub struct DefinitionError {
    /// Whose.
    pub life_event: String,
    /// What the reader said.
    #[source]
    pub source: toml::de::Error,
}

#[derive(Deserialize)]
struct DefinitionFile {
    agency: Vec<AgencyFile>,
    step: Vec<StepFile>,
}

#[derive(Deserialize)]
struct AgencyFile {
    slug: String,
    level: LevelFile,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LevelFile {
    State,
    Region,
    Municipality,
    Provider,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StepFile {
    slug: String,
    kind: Kind,
    agency: String,
    #[serde(default)]
    gives: Vec<String>,
    #[serde(default)]
    executed: bool,
    #[serde(default)]
    appeal: Appeal,
    #[serde(default)]
    withdrawal: String,
    #[serde(default)]
    done_by: Option<String>,
}

/// Everything that the built-in life events hand to agencies.
///
/// # Errors
///
/// [`DefinitionError`], which a test excludes.
pub(crate) fn embedded() -> Result<Vec<Told>, DefinitionError> {
    let mut told = Vec::new();
    for (life_event, text) in DEFINITIONS {
        told.extend(read(life_event, text)?);
    }
    Ok(told)
}

/// The steps of one definition that are handed over, in their order.
///
/// # Errors
///
/// [`DefinitionError`] if it is not TOML or lacks what every step has.
pub fn read(life_event: &str, text: &str) -> Result<Vec<Told>, DefinitionError> {
    let file: DefinitionFile =
        toml::from_str(text).map_err(|source| DefinitionError { life_event: life_event.to_owned(), source })?;
    let level_of = |slug: &str| {
        let agency = file.agency.iter().find(|agency| agency.slug == slug)?;
        Some(match agency.level {
            LevelFile::State => Level::State,
            LevelFile::Region => Level::Region,
            // A provider of welfare works for the municipality, which answers for it here.
            LevelFile::Municipality | LevelFile::Provider => Level::Municipality,
        })
    };
    let is_handed_over =
        |step: &&StepFile| !matches!(step.kind, Kind::Information | Kind::External) && step.done_by.is_none();
    let steps = file.step.iter().filter(is_handed_over).filter_map(|step| {
        Some(Told {
            life_event: life_event.to_owned(),
            slug: step.slug.clone(),
            kind: step.kind,
            agency: step.agency.clone(),
            level: level_of(&step.agency)?,
            gives: step.gives.clone(),
            goes_on: step.withdrawal == "goes-on",
            is_executed: step.executed,
            appeal: step.appeal,
        })
    });
    Ok(steps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_life_event_of_the_repository_is_built_in() {
        let workflows = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows");
        let mut found: Vec<String> = std::fs::read_dir(workflows)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("definition.toml").is_file())
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        found.sort();
        let known: Vec<&str> = DEFINITIONS.iter().map(|(life_event, _)| *life_event).collect();
        assert_eq!(known, found, "add the life event to DEFINITIONS");
    }

    #[test]
    fn every_agency_that_is_handed_something_is_one_of_its_level() {
        for told in embedded().unwrap() {
            let resolved = match told.level {
                Level::State => told.agency.clone(),
                Level::Region => format!("{}-05", told.agency),
                Level::Municipality => format!("{}-0580", told.agency),
            };
            assert!(told.level.has(&resolved), "{} {}: {resolved}", told.life_event, told.slug);
        }
    }

    #[test]
    fn an_instruction_names_where_to_write_and_there_is_none_where_nothing_can_be_appealed() {
        assert_eq!(Appeal::None.instruction("Bolagsverket"), "");
        for appeal in [Appeal::AdministrativeCourt, Appeal::Reconsideration, Appeal::GeneralCourt, Appeal::CountyBoard]
        {
            assert!(appeal.instruction("Bolagsverket").contains("Bolagsverket"), "{appeal:?}");
        }
    }
}
