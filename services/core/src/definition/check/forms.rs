//! Forms: fields that make sense.

use super::{Checker, Place};
use crate::definition::StepKind;
use crate::form::{Field, FieldKind, Form, MEDIA_TYPES};

/// Fields of a form at most: nobody is asked more at once.
const FIELDS_MAX: usize = 64;

/// Choices of a field at most.
const CHOICES_MAX: usize = 64;

/// What to do with a document that no agency would get.
const NEEDED_BY_AN_AGENCY: &str = "ask for it in the form of a step that is filed with the agency that needs it";

/// Characters of a text field at most.
const TEXT_MAX: usize = 10_000;

impl Checker<'_> {
    pub(super) fn check_forms(&mut self) {
        let parts = self.parts;
        for form in self.forms().into_iter().cloned().collect::<Vec<_>>() {
            self.check_form(&form);
        }
        for step in &parts.steps {
            let reaches_an_agency = step.kind != StepKind::External && step.done_by.is_none();
            if let Some(form) = step.form.as_ref().filter(|_| !reaches_an_agency) {
                for field in form.fields.iter().filter(|field| matches!(field.kind, FieldKind::Document(_))) {
                    let place = Place::Field { form: form.slug.clone(), field: field.slug.clone() };
                    let problem =
                        format!("nobody gets the document `{}`: `{}` is filed nowhere", field.slug, step.slug);
                    self.fault(place, problem, NEEDED_BY_AN_AGENCY);
                }
            }
            if let Some(form) = &step.form
                && form.slug == parts.form.slug
            {
                let problem = format!("`{}` asks with the life event's own form", step.slug);
                self.fault(Place::Step(step.slug.clone()), problem, "give the step a form of its own, or none");
            }
        }
        for field in &parts.form.fields {
            self.check_asked_of(&parts.form, field);
            if field.evidence.is_some() {
                let place = Place::Field { form: parts.form.slug.clone(), field: field.slug.clone() };
                let problem = format!("no step has given anything when `{}` is asked", field.slug);
                self.fault(place, problem, "remove `x-evidence`");
            }
            if matches!(field.kind, FieldKind::Document(_)) {
                let place = Place::Field { form: parts.form.slug.clone(), field: field.slug.clone() };
                let problem = format!("nobody gets the document `{}`: it is not asked by a step", field.slug);
                self.fault(place, problem, NEEDED_BY_AN_AGENCY);
            }
        }
    }

    fn check_form(&mut self, form: &Form) {
        if form.fields.is_empty() || form.fields.len() > FIELDS_MAX {
            let problem = format!("the form `{}` has {} fields", form.slug, form.fields.len());
            self.fault(Place::Form(form.slug.clone()), problem, format!("give it 1 to {FIELDS_MAX}, or remove it"));
        }
        for (index, field) in form.fields.iter().enumerate() {
            let place = || Place::Field { form: form.slug.clone(), field: field.slug.clone() };
            if form.fields[..index].iter().any(|earlier| earlier.slug == field.slug) {
                self.fault(place(), format!("two fields are called `{}`", field.slug), "give each its own name");
            }
            if let Some((problem, remedy)) = wrong_kind(field) {
                self.fault(place(), problem, remedy);
            }
            if field.asked_of.is_some() && form.slug != self.parts.form.slug {
                let problem =
                    format!("`{}` is a step's question, and a step is answered by who acts in it", field.slug);
                self.fault(place(), problem, "remove `x-asked-of`; `signed-by` and `mandates` say who acts in a step");
            }
        }
    }

    /// Whether somebody can come of whom a question is asked.
    fn check_asked_of(&mut self, form: &Form, field: &Field) {
        let Some(asked) = field.asked_of else { return };
        let role = self.parts.roles.iter().find(|role| role.role == asked.role);
        if !role.is_some_and(|role| (1..=role.count_max).contains(&asked.number.0)) {
            let place = Place::Field { form: form.slug.clone(), field: field.slug.clone() };
            let problem = format!("`{}` is asked of {asked}, and the case has no place for that one", field.slug);
            self.fault(place, problem, "name a role of the definition, and a number up to its `count-max`");
        }
    }
}

fn wrong_kind(field: &Field) -> Option<(String, String)> {
    let slug = &field.slug;
    match &field.kind {
        FieldKind::Flag | FieldKind::Day | FieldKind::Party | FieldKind::Municipality => None,
        FieldKind::Document(_) if field.evidence.is_some() => Some((
            format!("`{slug}` is a document, and no step gives documents as evidence"),
            "remove `x-evidence`".to_owned(),
        )),
        FieldKind::Document(media_types) => {
            let is_known = |media_type: &String| MEDIA_TYPES.contains(&media_type.as_str());
            let repeats = media_types.iter().enumerate().any(|(at, known)| media_types[..at].contains(known));
            (repeats || media_types.is_empty() || !media_types.iter().all(is_known)).then(|| {
                let known = MEDIA_TYPES.join(", ");
                (format!("`{slug}` takes no true media types"), format!("give it one or more of {known}, each once"))
            })
        }
        FieldKind::Number { min, max } => {
            (min > max).then(|| (format!("no number fits `{slug}`"), "let `minimum` be at most `maximum`".to_owned()))
        }
        FieldKind::Text { length_max } => (*length_max == 0 || *length_max > TEXT_MAX)
            .then(|| (format!("`{slug}` takes {length_max} characters"), format!("let it take 1 to {TEXT_MAX}"))),
        FieldKind::Choice(choices) => {
            let repeats = choices.iter().enumerate().any(|(index, choice)| choices[..index].contains(choice));
            (repeats || choices.len() < 2 || choices.len() > CHOICES_MAX).then(|| {
                (format!("`{slug}` has no true choice"), format!("give it 2 to {CHOICES_MAX} choices, each once"))
            })
        }
    }
}
