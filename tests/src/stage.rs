//! What a play needs: a definition, the registry, and samples to begin with.

use jiff::civil::Date;
use livshandelse_core::Definition;
use livshandelse_core::case::NewParty;
use livshandelse_core::command::Filing;
use livshandelse_core::definition::Role;
use livshandelse_core::form::{AskedOf, WrongField};
use livshandelse_core::id::{PartyId, Slug};
use livshandelse_core::registry::Registry;
use livshandelse_core::value::Values;
use livshandelse_workflows::sample::Deed;
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
    /// Who may come into it later.
    pub joiners: Vec<NewParty>,
    /// What those answer whom the form asks when they come.
    pub answers: Values,
    /// The civil day it starts.
    pub start: Date,
}

impl Opening {
    /// Who files: the applicant, or the helper where there is none.
    pub fn filer(&self) -> PartyId {
        let parties = &self.filing.parties;
        let filer = parties.iter().find(|party| party.role == Role::Applicant).or(parties.first());
        filer.map_or(PartyId([0; 16]), |party| party.id)
    }

    /// The same opened by the helper alone: everybody else may come in later.
    #[must_use]
    pub fn by_helper(mut self, definition: &Definition) -> Opening {
        let (helpers, others): (Vec<_>, Vec<_>) =
            self.filing.parties.into_iter().partition(|party| party.role == Role::Helper);
        let mut helpers = helpers.into_iter();
        self.filing.parties = helpers.next().into_iter().collect();
        self.joiners.splice(0..0, others.into_iter().chain(helpers));
        let form = &definition.parts().form;
        let parties = &self.filing.parties;
        let waits = |slug: &Slug| {
            let asked = form.field(slug).and_then(|field| field.asked_of);
            asked.is_some_and(|asked| AskedOf::next(asked.role, parties).number <= asked.number)
        };
        let (later, now): (Values, Values) = self.filing.input.into_iter().partition(|(slug, _)| waits(slug));
        self.filing.input = now;
        self.answers.extend(later);
        self
    }
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
    let joiners = sample.joiners(&party_of);
    let mut answers = Values::new();
    for entry in &sample.story {
        if let Deed::Join { input, .. } = &entry.deed {
            answers.extend(sample.answers(definition, input, &party_of)?);
        }
    }
    Ok(Opening { filing, joiners, answers, start: sample.start })
}

/// The party of an identity number, the same in every play.
pub fn party_of(identity_number: &str) -> PartyId {
    let mut bytes = [0; 16];
    for (byte, digit) in bytes.iter_mut().zip(identity_number.bytes()) {
        *byte = digit;
    }
    PartyId(bytes)
}
