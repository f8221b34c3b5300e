//! A sample's case as the core takes it: what a case is created with, and facts.

use super::{Sample, SampleFact, SampleParty, Who};
use crate::input::values_from_json;
use livshandelse_core::Definition;
use livshandelse_core::case::{FactReport, NewParty};
use livshandelse_core::command::Filing;
use livshandelse_core::form::WrongField;
use livshandelse_core::id::{PartyId, StepId, Subject};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use serde_json::{Map, Value as Json};

impl Sample {
    /// What the sample's case is created with. `party_of` gives the party of an identity number.
    ///
    /// # Errors
    ///
    /// Returns every field that does not fit the forms, with its path.
    pub fn filing(
        &self,
        definition: &Definition,
        party_of: &dyn Fn(&str) -> PartyId,
    ) -> Result<Filing, Vec<WrongField>> {
        let swap = |number: &str| Ok(party_of(number));
        let input = values_from_json(&definition.parts().form, "input", &self.case.input, &swap)?;
        let mut step_input = Vec::new();
        for (name, object) in &self.case.step_input {
            let path = format!("step_input.{name}");
            let wrong = |problem: String| {
                vec![WrongField { path: path.clone(), problem, remedy: "name a step with a form".to_owned() }]
            };
            let id: StepId = name.parse().map_err(|error| wrong(format!("{error}")))?;
            let form = definition.step(&id.slug).and_then(|step| step.form.as_ref());
            let form = form.ok_or_else(|| wrong("no step of this name asks anything".to_owned()))?;
            step_input.push((id, values_from_json(form, &path, object, &swap)?));
        }
        let parties = self.case.parties.iter().map(|party| party.as_new(party_of));
        Ok(Filing {
            revision: definition.revision().clone(),
            parties: parties.collect(),
            input,
            step_input,
            municipality: self.case.municipality.clone(),
        })
    }

    /// What those who come into the case later answer of its form.
    ///
    /// # Errors
    ///
    /// Returns every field that does not fit the form, with its path.
    pub fn answers(
        &self,
        definition: &Definition,
        given: &Map<String, Json>,
        party_of: &dyn Fn(&str) -> PartyId,
    ) -> Result<Values, Vec<WrongField>> {
        values_from_json(&definition.parts().form, "input", given, &|number: &str| Ok(party_of(number)))
    }

    /// Those who may come into the case later.
    pub fn joiners(&self, party_of: &dyn Fn(&str) -> PartyId) -> Vec<NewParty> {
        self.case.joiners.iter().map(|party| party.as_new(party_of)).collect()
    }

    /// A fact of the sample as it is reported at a time. `party_of` gives the party of an identity number.
    pub fn fact_report(&self, fact: &SampleFact, now: CivilTime, party_of: &dyn Fn(&str) -> PartyId) -> FactReport {
        let party = fact.party.and_then(|role| self.case.person(Who { role, number: 1 }));
        let values: Values = fact
            .values
            .iter()
            .filter_map(|(slug, value)| {
                let slug = livshandelse_core::id::Slug::new(slug).ok()?;
                Some((slug, Value::Text(value.as_str().map_or_else(|| value.to_string(), str::to_owned))))
            })
            .collect();
        FactReport {
            kind: fact.kind,
            child: Subject(fact.child),
            party: party.map(|party| party_of(&party.identity_number)),
            occurred_at: fact.on.map_or(now, |day| CivilTime::noon(day).min(now)),
            step: fact.step.clone(),
            municipality: fact.municipality.clone(),
            values,
        }
    }
}

impl SampleParty {
    /// The party as the core takes it. `party_of` gives the party of an identity number.
    pub fn as_new(&self, party_of: &dyn Fn(&str) -> PartyId) -> NewParty {
        NewParty {
            id: party_of(&self.identity_number),
            role: self.role,
            identity_number: self.identity_number.clone(),
            name: self.name.clone(),
            is_protected: self.protected,
        }
    }
}
