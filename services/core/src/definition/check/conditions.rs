//! Conditions type-check against the life event's form.

use super::{Checker, Place};
use crate::condition::{Comparison, Condition, Constant};
use crate::definition::StepDefinition;
use crate::form::FieldKind;
use crate::id::Slug;

impl Checker<'_> {
    pub(super) fn check_condition(&mut self, step: &StepDefinition) {
        let Some(condition) = &step.condition else {
            return;
        };
        let mut wrong = Vec::new();
        self.walk(condition, &mut wrong);
        for (problem, remedy) in wrong {
            self.fault(Place::Condition(step.slug.clone()), problem, remedy);
        }
    }

    fn walk(&self, condition: &Condition, wrong: &mut Vec<(String, String)>) {
        match condition {
            Condition::Given(field) => {
                self.kind_of(field, wrong);
            }
            Condition::Flag(field) => match self.kind_of(field, wrong) {
                None | Some(FieldKind::Flag) => {}
                Some(_) => wrong.push((
                    format!("`{field}` is not yes or no"),
                    "compare it with a constant, or ask whether it is given with has()".to_owned(),
                )),
            },
            Condition::Compare(field, comparison, constant) => {
                if let Some(kind) = self.kind_of(field, wrong) {
                    wrong.extend(mismatch(field, kind, *comparison, constant));
                }
            }
            Condition::Not(inner) => self.walk(inner, wrong),
            Condition::All(inner) | Condition::Any(inner) => {
                for part in inner {
                    self.walk(part, wrong);
                }
            }
        }
    }

    fn kind_of(&self, field: &Slug, wrong: &mut Vec<(String, String)>) -> Option<&FieldKind> {
        let form = &self.parts.form;
        let known = form.field(field);
        if known.is_none() {
            let fields: Vec<_> = form.fields.iter().map(|field| field.slug.as_str().replace('-', "_")).collect();
            wrong.push((
                format!("the life event's form has no field `{field}`"),
                format!("use one of: {}", fields.join(", ")),
            ));
        }
        known.map(|field| &field.kind)
    }
}

/// Why a field cannot be compared so.
fn mismatch(field: &Slug, kind: &FieldKind, comparison: Comparison, constant: &Constant) -> Option<(String, String)> {
    let is_equality = match comparison {
        Comparison::Equal | Comparison::NotEqual => true,
        Comparison::Less | Comparison::LessOrEqual | Comparison::More | Comparison::MoreOrEqual => false,
    };
    match (kind, constant) {
        (FieldKind::Number { min, max }, Constant::Number(number)) => (is_equality && !(min..=max).contains(&number))
            .then(|| (format!("`{field}` is never {number}"), format!("compare it with a number from {min} to {max}"))),
        (FieldKind::Choice(choices), Constant::Text(text)) if is_equality => (!choices.contains(text))
            .then(|| (format!("`{text}` is not a choice of `{field}`"), format!("use one of: {}", choices.join(", ")))),
        (FieldKind::Text { .. } | FieldKind::Municipality, Constant::Text(_)) if is_equality => None,
        (FieldKind::Text { .. } | FieldKind::Choice(_) | FieldKind::Municipality, Constant::Text(_)) => {
            Some((format!("`{field}` is a text and has no order"), "compare it with == or !=".to_owned()))
        }
        (FieldKind::Day, Constant::Day(_)) => None,
        (FieldKind::Flag, _) => Some((
            format!("`{field}` is yes or no and compared with something else"),
            format!("write `{0}` or `!{0}`", field.as_str().replace('-', "_")),
        )),
        (FieldKind::Party, _) => Some((
            format!("`{field}` is a person, and persons are not compared"),
            "ask whether it is given with has()".to_owned(),
        )),
        (FieldKind::Document(_), _) => Some((
            format!("`{field}` is a document, and documents are not compared"),
            "ask whether it is given with has()".to_owned(),
        )),
        (FieldKind::Number { .. }, _) => {
            Some((format!("`{field}` is a whole number"), "compare it with a whole number".to_owned()))
        }
        (FieldKind::Text { .. } | FieldKind::Choice(_) | FieldKind::Municipality, _) => {
            Some((format!("`{field}` is a text"), "compare it with a text in quotation marks".to_owned()))
        }
        (FieldKind::Day, _) => Some((format!("`{field}` is a day"), "compare it with date(\"YYYY-MM-DD\")".to_owned())),
    }
}
