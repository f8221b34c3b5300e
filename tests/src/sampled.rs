//! Values that fit: what people fill forms with when a scenario leaves it open, and what agencies give.

use jiff::civil::Date;
use livshandelse_core::Definition;
use livshandelse_core::case::{Case, NewParty};
use livshandelse_core::definition::StepDefinition;
use livshandelse_core::form::{AskedOf, FieldKind, Form};
use livshandelse_core::id::{DocumentId, PartyId, Slug};
use livshandelse_core::value::{Value, Values};

/// A value that a field takes.
pub fn value(kind: &FieldKind, today: Date, person: PartyId) -> Value {
    match kind {
        FieldKind::Flag => Value::Flag(true),
        FieldKind::Number { min, .. } => Value::Number(*min),
        FieldKind::Text { .. } => Value::Text("Alva".to_owned()),
        FieldKind::Choice(choices) => Value::Text(choices.first().cloned().unwrap_or_default()),
        FieldKind::Day => Value::Day(today),
        FieldKind::Party => Value::Party(person),
        FieldKind::Municipality => Value::Text("0580".to_owned()),
        FieldKind::Document(_) => Value::Document(DocumentId([7; 16])),
    }
}

/// The required fields of a form that have no value yet.
pub fn fill(form: &Form, known: &Values, today: Date, person: PartyId) -> Values {
    form.fields
        .iter()
        .filter(|field| field.is_required && field.evidence.is_none() && !known.contains_key(&field.slug))
        .map(|field| (field.slug.clone(), value(&field.kind, today, person)))
        .collect()
}

/// What those answer who come into a case: of what is asked of them what is known, and what is required.
pub fn joining(definition: &Definition, case: &Case, comers: &[&NewParty], known: &Values, today: Date) -> Values {
    let coming = comers.iter().filter(|party| case.party(party.id).is_none());
    let comers: Vec<(AskedOf, PartyId)> =
        coming.map(|party| (AskedOf::next(party.role, &case.parties), party.id)).collect();
    let fields = definition.parts().form.fields.iter();
    let asked = fields.filter_map(|field| {
        let (_, person) = comers.iter().find(|(asked, _)| field.asked_of == Some(*asked))?;
        let needed = || field.is_required.then(|| value(&field.kind, today, *person));
        Some((field.slug.clone(), known.get(&field.slug).cloned().or_else(needed)?))
    });
    asked.collect()
}

/// The evidence that a step gives, each of the kind that the forms asking for it take.
pub fn evidence(definition: &Definition, step: &StepDefinition, today: Date, person: PartyId) -> Values {
    step.gives.iter().map(|slug| (slug.clone(), evidence_value(definition, slug, today, person))).collect()
}

fn evidence_value(definition: &Definition, slug: &Slug, today: Date, person: PartyId) -> Value {
    let forms = definition.steps().iter().filter_map(|step| step.form.as_ref());
    let mut fields = forms.flat_map(|form| &form.fields);
    match fields.find(|field| field.evidence.as_ref() == Some(slug)) {
        Some(field) => value(&field.kind, today, person),
        None => Value::Text(slug.to_string()),
    }
}

/// A value from the word a scenario writes for it.
///
/// # Errors
///
/// Returns what the field takes if the word does not fit.
pub fn parse(kind: &FieldKind, word: &str, person: impl Fn(&str) -> Option<PartyId>) -> Result<Value, String> {
    match kind {
        FieldKind::Flag => word.parse().map(Value::Flag).map_err(|_| format!("`{word}` is not true or false")),
        FieldKind::Number { .. } => word.parse().map(Value::Number).map_err(|_| format!("`{word}` is not a number")),
        FieldKind::Text { .. } | FieldKind::Choice(_) | FieldKind::Municipality => Ok(Value::Text(word.to_owned())),
        FieldKind::Day => word.parse().map(Value::Day).map_err(|_| format!("`{word}` is not a day")),
        FieldKind::Document(_) => {
            word.parse().map(Value::Document).map_err(|_| format!("`{word}` is not a document id"))
        }
        FieldKind::Party => person(word).map(Value::Party).ok_or_else(|| format!("nobody is `{word}`")),
    }
}
