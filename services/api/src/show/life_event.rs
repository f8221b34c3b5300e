//! A life event as it is described before anybody is in it.

use super::amount::{self, Filling};
use super::clock::consequence_key;
use super::{agency_name, need};
use crate::convert::time::date;
use crate::convert::word::Word as _;
use crate::name;
use crate::voice::Voice;
use jiff::civil::Date;
use livshandelse_core::definition::{
    AgencyDefinition, ClockDefinition, GroupDefinition, Members, Reception, Role, StepDefinition, StepKind, Withdrawal,
};
use livshandelse_core::form::{FieldKind, Form};
use livshandelse_core::registry::Registry;
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::{Bundle, LANGUAGES, Sample};
use prost_types::value::Kind;
use prost_types::{Struct, Value as PbValue};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// A bundle shown in one language, in one municipality or none.
pub(crate) struct Shown<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) voice: Voice<'a>,
    pub(crate) registry: &'a Registry,
    pub(crate) municipality: Option<&'a str>,
    /// The day whose amounts are shown.
    pub(crate) day: Date,
}

impl Shown<'_> {
    /// What a list shows.
    pub(crate) fn summary(&self) -> pb::LifeEvent {
        let definition = &self.bundle.definition;
        let parts = definition.parts();
        let mut roles = vec![Role::Applicant];
        roles.extend(parts.roles.iter().map(|role| role.role).filter(|role| *role != Role::Applicant));
        pb::LifeEvent {
            name: name::life_event(&definition.revision().life_event),
            revision_name: name::revision(definition.revision()),
            revision: definition.revision().number,
            title: self.voice.say("title", &[]),
            description: self.voice.say("summary", &[]),
            language_code: self.voice.language().to_owned(),
            available_language_codes: LANGUAGES.map(str::to_owned).to_vec(),
            roles: roles.into_iter().map(|role| role.number()).collect(),
            start_form: parts.form.slug.to_string(),
            filed_by: parts.filed_by.iter().map(|role| role.number()).collect(),
            digest: parts.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            ..pb::LifeEvent::default()
        }
    }

    /// Everything.
    pub(crate) fn whole(&self) -> pb::LifeEvent {
        let definition = &self.bundle.definition;
        let mut forms = BTreeMap::from([(&definition.parts().form.slug, &definition.parts().form)]);
        forms.extend(definition.steps().iter().filter_map(|step| step.form.as_ref()).map(|form| (&form.slug, form)));
        pb::LifeEvent {
            steps: definition.steps().iter().map(|step| self.step(step)).collect(),
            forms: forms.into_values().map(|form| self.form(form)).collect(),
            variants: definition.steps().iter().filter_map(|step| self.variant(step)).collect(),
            groups: definition.parts().groups.iter().map(group).collect(),
            samples: self.bundle.samples.iter().map(|sample| self.sample(sample)).collect(),
            ..self.summary()
        }
    }

    fn step(&self, step: &StepDefinition) -> pb::StepDefinition {
        let slug = &step.slug;
        let agency = self.bundle.definition.agency(&step.agency);
        let shown_agency = agency.map(|agency| self.agency(agency));
        let is_here = agency.is_some_and(|agency| agency.reception == Reception::Here);
        let withdrawal = match step.withdrawal {
            Withdrawal::AgencyCloses => "withdrawal-agency-closes",
            Withdrawal::GoesOn => "withdrawal-goes-on",
        };
        let amounts = amount::on(self.registry, step, self.municipality, self.day);
        let filling = Filling::of(self.voice, &amounts);
        let say = |key: &str| filling.say(self.voice, key, &[]);
        pb::StepDefinition {
            slug: slug.to_string(),
            title: self.voice.say(&format!("step-{slug}"), &[]),
            description: say(&format!("step-{slug}-what")),
            kind: step.kind.number(),
            routing_text: String::new(),
            mandatory: step.is_mandatory,
            for_each: step.for_each.as_ref().map(ToString::to_string).unwrap_or_default(),
            needs: step.needs.iter().map(|need| self.need(need)).collect(),
            condition: step.condition.as_ref().map(|_| pb::Reason {
                slug: "condition".to_owned(),
                text: say(&format!("condition-{slug}")),
                legal_basis: step.condition_source.clone(),
                source: String::new(),
            }),
            form: step.form.as_ref().map(|form| form.slug.to_string()).unwrap_or_default(),
            gives: step.gives.iter().map(ToString::to_string).collect(),
            uses: step.uses.iter().map(|used| used.evidence.to_string()).collect(),
            clocks: step.clocks.iter().map(|clock| self.clock(step, clock, &filling)).collect(),
            legal_basis: step.legal_basis.clone(),
            secrecy: Some(pb::Secrecy { provision: step.secrecy.clone(), ..pb::Secrecy::default() }),
            appeal_route: step.appeal_route.number(),
            privacy_information: Some(pb::PrivacyInformation {
                controller: shown_agency.as_ref().map(|agency| agency.display_name.clone()).unwrap_or_default(),
                purpose: say(&format!("step-{slug}-what")),
                ground: step.privacy.ground.clone(),
                recipients: step.privacy.recipients.clone(),
                retention: step.retention.to_string(),
            }),
            fee: (!step.fee.is_empty()).then(|| pb::Fee {
                text: say(&format!("step-{slug}-fee")),
                amount: amount::fee_of(&amounts).filter(|_| step.kind == StepKind::Pay),
                paid_first: step.kind == StepKind::Pay,
                source: String::new(),
            }),
            withdrawal_text: self.voice.say(withdrawal, &[]),
            arrival_text: if is_here { String::new() } else { self.voice.say("arrival-other-way", &[]) },
            arrival_is_here: is_here,
            variations: self.variations(step),
            retention_class: step.retention.to_string(),
            mandates: step.mandates.iter().map(|kind| kind.number()).collect(),
            amounts: amounts
                .iter()
                .map(|used| amount::shown(self.voice, self.registry, self.municipality, used))
                .collect(),
            agency: shown_agency,
        }
    }

    fn agency(&self, agency: &AgencyDefinition) -> pb::Agency {
        let resolved = self.registry.resolve(agency, self.municipality.unwrap_or_default(), self.municipality);
        pb::Agency {
            name: resolved.as_ref().map(name::agency).unwrap_or_default(),
            slug: resolved.as_ref().map(ToString::to_string).unwrap_or_default(),
            display_name: agency_name(self.voice, self.registry, &agency.slug, resolved.as_ref()),
            level: agency.level.number(),
            masked: false,
            contact: String::new(),
        }
    }

    fn need(&self, need: &livshandelse_core::definition::Need) -> pb::NeedDefinition {
        let first = need.any.first().map(need::event_of);
        let (event, step, slug) = first.unwrap_or((pb::NeedEvent::Unspecified, None, String::new()));
        pb::NeedDefinition {
            text: need::text(self.voice, &self.bundle.definition, need, &|_| true),
            purpose: need.purpose.number(),
            event: event.into(),
            step: step.map(ToString::to_string).unwrap_or_default(),
            slug,
        }
    }

    fn clock(&self, step: &StepDefinition, clock: &ClockDefinition, filling: &Filling) -> pb::ClockDefinition {
        let key = format!("clock-{}-{}", step.slug, clock.slug);
        pb::ClockDefinition {
            slug: clock.slug.to_string(),
            kind: clock.kind.number(),
            title: filling.say(self.voice, &key, &[]),
            period_text: String::new(),
            holder: clock.holder.number(),
            roll_over: clock.roll_over.number(),
            consequence: self.voice.say(consequence_key(clock.consequence), &[]),
            // Without a day there is nothing yet to say of the price.
            price_text: String::new(),
            legal_basis: clock.source.clone(),
        }
    }

    /// A step that only some situations have is a situation of its own.
    fn variant(&self, step: &StepDefinition) -> Option<pb::Variant> {
        step.condition.as_ref()?;
        Some(pb::Variant {
            slug: step.slug.to_string(),
            title: self.voice.say(&format!("step-{}", step.slug), &[]),
            description: {
                let amounts = amount::on(self.registry, step, self.municipality, self.day);
                Filling::of(self.voice, &amounts).say(self.voice, &format!("condition-{}", step.slug), &[])
            },
            steps: vec![step.slug.to_string()],
        })
    }

    /// What the agencies of the municipality have set themselves for a step.
    pub(crate) fn variations(&self, step: &StepDefinition) -> Vec<pb::Variation> {
        let here = self.bundle.variations.iter().filter(|known| Some(known.municipality.as_str()) == self.municipality);
        let settings = here.flat_map(|known| &known.settings).filter(|setting| setting.step == step.slug);
        let shown = settings.map(|setting| pb::Variation {
            key: format!("{}.{}", setting.step, setting.key),
            title: self.voice.say(&format!("step-{}", step.slug), &[]),
            value_text: setting.value.clone(),
            source: setting.source.clone(),
            valid_from_date: Some(date(setting.date)),
            guard: setting.guard.clone(),
        });
        shown.collect()
    }

    fn form(&self, form: &Form) -> pb::Form {
        let stored = self.bundle.schemas.get(&form.slug).map(String::as_str).unwrap_or_default();
        let schema = serde_json::from_str::<Json>(stored).map(|schema| self.titled(form, schema));
        pb::Form {
            slug: form.slug.to_string(),
            title: self.form_title(form),
            json_schema: schema.map(|schema| schema.to_string()).unwrap_or_default(),
        }
    }

    /// A form is called as its step, or as the life event where it begins one.
    fn form_title(&self, form: &Form) -> String {
        let asks = |step: &&StepDefinition| step.form.as_ref().is_some_and(|known| known.slug == form.slug);
        match self.bundle.definition.steps().iter().find(asks) {
            Some(step) => self.voice.say(&format!("step-{}", step.slug), &[]),
            None => self.voice.say("title", &[]),
        }
    }

    /// The schema with its texts rendered: `title` and `description` of each field, and a title for each choice.
    fn titled(&self, form: &Form, mut schema: Json) -> Json {
        let Some(Json::Object(properties)) = schema.get_mut("properties") else { return schema };
        for field in &form.fields {
            let Some(Json::Object(property)) = properties.get_mut(field.slug.as_str()) else { continue };
            let key = format!("form-{}-{}", form.slug, field.slug);
            property.insert("title".to_owned(), self.voice.say(&key, &[]).into());
            if let Some(help) = self.voice.say_if(&format!("{key}-help"), &[]) {
                property.insert("description".to_owned(), help.into());
            }
            if let FieldKind::Choice(choices) = &field.kind {
                let titles: Map<String, Json> = choices
                    .iter()
                    .map(|choice| (choice.clone(), self.voice.say(&format!("{key}-{choice}"), &[]).into()))
                    .collect();
                property.insert("x-choice-titles".to_owned(), Json::Object(titles));
            }
        }
        schema
    }

    fn sample(&self, sample: &Sample) -> pb::Sample {
        let about = sample.about.get(self.voice.language()).or_else(|| sample.about.values().next());
        pb::Sample {
            slug: sample.name.to_string(),
            title: about.cloned().unwrap_or_default(),
            input: Some(structure(&sample.case.input)),
            parties: sample
                .case
                .parties
                .iter()
                .map(|party| pb::SampleParty {
                    role: party.role.number(),
                    identity_number: party.identity_number.clone(),
                    display_name: party.name.clone(),
                    protected: party.protected,
                })
                .collect(),
            municipality_code: sample.case.municipality.clone(),
            step_inputs: sample
                .case
                .step_input
                .iter()
                .map(|(step, values)| pb::StepInput { step: step.clone(), values: Some(structure(values)) })
                .collect(),
        }
    }
}

fn group(group: &GroupDefinition) -> pb::GroupDefinition {
    let (mut count_field, mut role, mut fact) = (String::new(), 0, String::new());
    match &group.members {
        Members::Counted(field) => count_field = field.to_string(),
        Members::Parties(of) => role = of.number(),
        Members::Times { begins, .. } => fact = begins.slug().to_owned(),
    }
    pb::GroupDefinition {
        slug: group.slug.to_string(),
        count_field,
        role,
        count_max: u32::from(group.count_max),
        municipality_field: group.municipality.as_ref().map(ToString::to_string).unwrap_or_default(),
        fact,
    }
}

fn structure(object: &Map<String, Json>) -> Struct {
    let fields = object.iter().filter_map(|(key, value)| Some((key.clone(), PbValue { kind: Some(kind(value)?) })));
    Struct { fields: fields.collect() }
}

fn kind(value: &Json) -> Option<Kind> {
    match value {
        Json::Bool(flag) => Some(Kind::BoolValue(*flag)),
        Json::Number(number) => number.as_f64().map(Kind::NumberValue),
        Json::String(text) => Some(Kind::StringValue(text.clone())),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
