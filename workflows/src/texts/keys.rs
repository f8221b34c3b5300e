//! Which texts a life event must have, which it may have, and that it has no others.

use crate::complaint::Sheet;
use crate::texts::{amount_arg, keys_of};
use livshandelse_core::definition::{Parts, StepDefinition};
use livshandelse_core::form::{FieldKind, Form};
use std::collections::{BTreeMap, BTreeSet};

/// The keys of a life event's texts, in the order they are looked for.
#[derive(Default)]
pub(crate) struct Keys {
    required: Vec<String>,
    optional: BTreeSet<String>,
}

impl Keys {
    /// What a definition's parts must and may say.
    pub(crate) fn of(parts: &Parts) -> Keys {
        let mut keys = Keys::default();
        keys.require("title");
        keys.require("summary");
        for role in &parts.roles {
            keys.require(format!("role-{}", role.name));
        }
        for agency in &parts.agencies {
            keys.require(format!("agency-{}", agency.slug));
        }
        for group in &parts.groups {
            keys.optional.insert(format!("group-{}", group.slug));
        }
        for step in &parts.steps {
            let named = step.clocks.iter().flat_map(|clock| &clock.latest).filter_map(|term| term.named.as_ref());
            let amounts = step.amounts.iter().chain(named.map(|named| &named.slug));
            keys.optional.extend(amounts.map(amount_arg));
        }
        keys.form(&parts.form);
        for step in &parts.steps {
            keys.step(step);
        }
        keys
    }

    fn require(&mut self, key: impl Into<String>) {
        let key = key.into();
        if !self.required.contains(&key) {
            self.required.push(key);
        }
    }

    fn step(&mut self, step: &StepDefinition) {
        let slug = &step.slug;
        self.require(format!("step-{slug}"));
        self.require(format!("step-{slug}-what"));
        self.require(format!("step-{slug}-next"));
        if !step.fee.is_empty() {
            self.require(format!("step-{slug}-fee"));
        }
        if step.condition.is_some() {
            self.require(format!("condition-{slug}"));
        }
        for clock in &step.clocks {
            self.require(format!("clock-{slug}-{}", clock.slug));
            self.require(format!("clock-{slug}-{}-passed", clock.slug));
            if clock.has_price {
                self.require(format!("price-{slug}-{}", clock.slug));
            }
        }
        for evidence in &step.gives {
            self.require(format!("evidence-{evidence}"));
        }
        if let Some(form) = &step.form {
            self.form(form);
        }
    }

    fn form(&mut self, form: &Form) {
        for field in &form.fields {
            let key = format!("form-{}-{}", form.slug, field.slug);
            if let FieldKind::Choice(choices) = &field.kind {
                for choice in choices {
                    self.require(format!("{key}-{choice}"));
                }
            }
            self.optional.insert(format!("{key}-help"));
            self.require(key);
        }
    }

    /// Complains of texts that are missing in a language, and of texts that nobody shows.
    ///
    /// `is_whole` is false when parts could not be read: then nobody knows what is shown.
    pub(crate) fn check(&self, sheet: &Sheet<'_>, is_whole: bool) {
        let known: BTreeMap<String, usize> = keys_of(sheet.text).into_iter().collect();
        let is_readable = sheet.complaint_count() == 0;
        for key in self.required.iter().filter(|_| is_readable) {
            if !known.contains_key(key) {
                sheet.complain(sheet.text.len(), format!("the text `{key}` is missing"), format!("add `{key} = …`"));
            }
        }
        for (key, offset) in &known {
            let is_asked = self.required.contains(key) || self.optional.contains(key);
            let is_quoted = sheet.text.contains(&format!("{{ {key} }}")) || sheet.text.contains(&format!("{{{key}}}"));
            if is_whole && !is_asked && !is_quoted {
                sheet.complain(*offset, format!("nobody shows the text `{key}`"), "remove it, or mend its key");
            }
        }
    }
}
