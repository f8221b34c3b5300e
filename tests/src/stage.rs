//! What a play needs: a definition, the registry, and samples to begin with.

use jiff::civil::Date;
use livshandelse_core::Definition;
use livshandelse_core::command::Filing;
use livshandelse_core::form::WrongField;
use livshandelse_core::id::PartyId;
use livshandelse_core::registry::Registry;
use livshandelse_workflows::{Bundle, Sample};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A life event ready to be played.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The checked life event.
    pub definition: Definition,
    /// Municipalities and regions.
    pub registry: Registry,
    /// How cases begin, by the sample's name.
    pub samples: BTreeMap<String, Opening>,
}

/// How a case begins.
#[derive(Debug, Clone)]
pub struct Opening {
    /// What it is created with.
    pub filing: Filing,
    /// The civil day it starts.
    pub start: Date,
}

impl Stage {
    /// A life event that is built in, with its samples.
    ///
    /// # Errors
    ///
    /// Returns what is wrong in its bundle or in a sample, one line each.
    pub fn embedded(life_event: &str) -> Result<Stage, Vec<String>> {
        let bundle = Bundle::embedded(life_event)
            .map_err(|complaints| complaints.iter().map(|complaint| format!("{complaint:?}")).collect::<Vec<_>>())?;
        let definition = Arc::unwrap_or_clone(bundle.definition);
        let (mut samples, mut wrong) = (BTreeMap::new(), Vec::new());
        for sample in &bundle.samples {
            match opening(&definition, sample) {
                Ok(opening) => {
                    samples.insert(sample.name.to_string(), opening);
                }
                Err(fields) => wrong.extend(fields.iter().map(|field| {
                    format!("samples/{}.json: {}: {}; {}", sample.name, field.path, field.problem, field.remedy)
                })),
            }
        }
        let registry = livshandelse_workflows::registry().clone();
        if wrong.is_empty() { Ok(Stage { definition, registry, samples }) } else { Err(wrong) }
    }
}

/// How a sample's case begins.
fn opening(definition: &Definition, sample: &Sample) -> Result<Opening, Vec<WrongField>> {
    let filing = sample.filing(definition, &party_of)?;
    Ok(Opening { filing, start: sample.start })
}

/// The party of an identity number, the same in every play.
pub fn party_of(identity_number: &str) -> PartyId {
    let mut bytes = [0; 16];
    for (byte, digit) in bytes.iter_mut().zip(identity_number.bytes()) {
        *byte = digit;
    }
    PartyId(bytes)
}
