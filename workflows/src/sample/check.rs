//! Reads samples, and finds out whether they could be filed: places, persons, fields, steps and actors exist.

use crate::bundle::{Files, stem};
use crate::complaint::{Complaint, Sheet};
use crate::input::values_from_json;
use crate::reference::registry;
use crate::sample::{Deed, Sample, SampleCase, Who};
use livshandelse_core::definition::{FactAbout, FactKind, Parts, Role, Routing};
use livshandelse_core::form::{Field, Form};
use livshandelse_core::id::{PartyId, StepId};
use livshandelse_core::identity::IdentityNumber;

/// Reads the samples of a bundle, by name.
pub(crate) fn read_samples(files: &Files, parts: Option<&Parts>, complaints: &mut Vec<Complaint>) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("samples/")) {
        let sheet = Sheet::new(path, text);
        match serde_json::from_str::<Sample>(text) {
            Err(error) => {
                sheet.complain_of_json(&error, "mend the sample here");
            }
            Ok(sample) => {
                let mut wrong = Vec::new();
                if sample.name.as_str() != stem(path) {
                    wrong
                        .push((format!("the sample is called `{}`", sample.name), format!("name it `{}`", stem(path))));
                }
                if let Some(parts) = parts {
                    check_sample(&sample, parts, &mut wrong);
                }
                for (problem, remedy) in wrong {
                    sheet.complain(0, problem, remedy);
                }
                samples.push(sample);
            }
        }
        complaints.extend(sheet.into_complaints());
    }
    samples
}

/// Whether a sample could be filed: its places, persons, fields and steps exist.
fn check_sample(sample: &Sample, parts: &Parts, wrong: &mut Vec<(String, String)>) {
    let case = &sample.case;
    if registry().municipality(&case.municipality).is_none() {
        wrong.push((
            format!("`{}` is no municipality", case.municipality),
            "give a kommunkod of four digits".to_owned(),
        ));
    }
    check_parties(case, parts, wrong);
    check_actors(sample, parts, wrong);
    check_facts(sample, wrong);
    // What is asked of somebody who has not joined is answered in the story.
    let waits = |field: &Field| {
        field.asked_of.is_some_and(|asked| {
            let count = case.parties.iter().filter(|party| party.role == asked.role).count();
            count < usize::from(asked.number.0)
        })
    };
    for field in parts.form.fields.iter().filter(|field| waits(field)) {
        if case.input.contains_key(field.slug.as_str()) {
            let problem = format!("input.{}: is asked of somebody who joins later", field.slug);
            wrong.push((problem, "give it as `input` of the story's `join`".to_owned()));
        }
    }
    for field in parts.form.fields.iter().filter(|field| field.is_required && !waits(field)) {
        if !case.input.contains_key(field.slug.as_str()) {
            wrong.push((format!("input.{}: required and not given", field.slug), "give it a value".to_owned()));
        }
    }
    let swap = |text: &str| {
        IdentityNumber::parse(text).map_err(|error| error.to_string())?;
        Ok(PartyId([0; 16]))
    };
    let mut check_form = |form: &Form, path: &str, object: &serde_json::Map<String, serde_json::Value>| {
        if let Err(fields) = values_from_json(form, path, object, &swap) {
            wrong.extend(fields.into_iter().map(|field| (format!("{}: {}", field.path, field.problem), field.remedy)));
        }
    };
    check_form(&parts.form, "input", &case.input);
    let form_of = |step: &StepId| {
        let repeats = !step.subject.is_whole();
        let step = parts.steps.iter().find(|known| known.slug == step.slug && known.for_each.is_some() == repeats)?;
        Some(step.form.clone().unwrap_or_else(|| Form { slug: step.slug.clone(), fields: Vec::new() }))
    };
    let mut unknown_steps = Vec::new();
    for (step, object) in &case.step_input {
        match step.parse::<StepId>().ok().and_then(|step| form_of(&step)) {
            Some(form) => check_form(&form, &format!("step_input.{step}"), object),
            None => unknown_steps.push(step.clone()),
        }
    }
    for entry in &sample.story {
        match &entry.deed {
            Deed::Fact(fact) => {
                if let Some(step) = fact.step.as_ref().filter(|step| form_of(step).is_none()) {
                    unknown_steps.push(step.to_string());
                }
            }
            Deed::Join { input, .. } => check_form(&parts.form, "story.join", input),
            Deed::Answer { step, input } => match form_of(step) {
                Some(form) => check_form(&form, &format!("story.{step}"), input),
                None => unknown_steps.push(step.to_string()),
            },
            Deed::Add(step) | Deed::Withdraw(step) => {
                if form_of(step).is_none() {
                    unknown_steps.push(step.to_string());
                }
            }
        }
    }
    wrong.extend(unknown_steps.into_iter().map(|step| {
        (
            format!("no step is called `{step}`"),
            "name a step of the definition, with the subject's number if it repeats: `name.1`".to_owned(),
        )
    }));
}

/// Whether the persons of a sample exist, and have the roles that the case asks for.
fn check_parties(case: &SampleCase, parts: &Parts, wrong: &mut Vec<(String, String)>) {
    for party in case.parties.iter().chain(&case.joiners) {
        if let Err(error) = IdentityNumber::parse(&party.identity_number) {
            wrong.push((
                format!("the identity number of `{}` {error}", party.name),
                "use a published test number".to_owned(),
            ));
        }
        if !parts.roles.iter().any(|role| role.role == party.role) {
            wrong.push((
                format!("`{}` has a role that the case does not have", party.name),
                "use a role of the definition".to_owned(),
            ));
        }
    }
    let is_helper_alone = !case.parties.iter().any(|party| party.role == Role::Applicant);
    if is_helper_alone && !(parts.filed_by.contains(&Role::Helper) && case.parties.len() == 1) {
        wrong.push((
            "the case has no applicant".to_owned(),
            "give one, or, where a helper may file, the helper alone and the others as `joiners`".to_owned(),
        ));
    }
    for role in &parts.roles {
        let count = case.parties.iter().filter(|party| party.role == role.role).count();
        if count > usize::from(role.count_max) || (count == 0 && role.is_required && !is_helper_alone) {
            wrong.push((
                format!("{count} parties are `{}`", role.name),
                format!("give at most {}, and one if it is required", role.count_max),
            ));
        }
    }
}

/// Whether those who act in a sample are its parties or agencies of the life event.
fn check_actors(sample: &Sample, parts: &Parts, wrong: &mut Vec<(String, String)>) {
    let is_agency = |resolved: &str| {
        parts.agencies.iter().any(|agency| {
            let rest = resolved.strip_prefix(agency.slug.as_str());
            rest.is_some_and(|rest| match agency.routing {
                Routing::Country => rest.is_empty(),
                Routing::Municipality | Routing::NewMunicipality => {
                    rest.strip_prefix('-').is_some_and(|code| registry().municipality(code).is_some())
                }
                Routing::Region => rest.strip_prefix('-').is_some_and(|code| registry().region(code).is_some()),
            })
        })
    };
    let is_party = |word: &str| Who::parse(word).is_some_and(|who| sample.case.person(who).is_some());
    for entry in &sample.story {
        let is_known = match entry.actor.strip_prefix("agency:") {
            Some(resolved) => is_agency(resolved),
            None => is_party(&entry.actor),
        };
        if !is_known {
            wrong.push((
                format!("nobody in the case is `{}`", entry.actor),
                "use the role of one of its parties or joiners, or agency: and a resolved slug".to_owned(),
            ));
        }
        if let Deed::Join { who, .. } = &entry.deed
            && sample.case.person(*who).is_none()
        {
            wrong.push((
                format!("nobody can join as `{}`", who.role.slug()),
                "add the person to the case's `joiners`".to_owned(),
            ));
        }
    }
    for resolved in sample.agencies.keys().filter(|resolved| !is_agency(resolved)) {
        wrong.push((
            format!("no agency of the life event is `{resolved}`"),
            "use a resolved slug: `skatteverket`, `socialnamnden-0580`, `region-05`".to_owned(),
        ));
    }
}

/// Whether the facts of a sample say whom and where they concern.
fn check_facts(sample: &Sample, wrong: &mut Vec<(String, String)>) {
    for entry in &sample.story {
        let Deed::Fact(fact) = &entry.deed else {
            continue;
        };
        let kind = fact.kind.slug();
        if (fact.kind.about() == FactAbout::Step) != fact.step.is_some() {
            let remedy = "say of which step a fact of a step is, `\"step\": \"fee.1\"`, and of others none";
            wrong.push((format!("a {kind} of a step, or of none"), remedy.to_owned()));
        }
        if fact.kind.is_per_child() && fact.child == 0 {
            wrong.push((format!("a {kind} concerns no child"), "write `\"child\": 1`".to_owned()));
        }
        let municipality = fact.municipality.as_deref();
        let is_known = municipality.is_some_and(|code| registry().municipality(code).is_some());
        if (fact.kind == FactKind::Move) != is_known {
            wrong.push((
                format!("a {kind} to `{}`", municipality.unwrap_or_default()),
                "give a move the kommunkod it goes to, and other facts none".to_owned(),
            ));
        }
    }
}
