//! Turns what a caller sends, a JSON object, into values by field.

use livshandelse_core::form::{FieldKind, Form, WrongField, unknown_path};
use livshandelse_core::id::{PartyId, Slug};
use livshandelse_core::value::{Value, Values};
use serde_json::{Map, Value as Json};

/// Reads a form's values from a JSON object and checks them against the form.
///
/// Identity numbers are swapped for party ids by `swap`, which says what is wrong with a number that is none. `path` is
/// where the object stands in the request: `input`, `step_input.name.1`. Missing fields are not wrong here: ask
/// [`Form::missing`].
///
/// # Errors
///
/// Returns every wrong or unknown field. Nothing that was given is repeated in them.
pub fn values_from_json(
    form: &Form,
    path: &str,
    object: &Map<String, Json>,
    swap: &dyn Fn(&str) -> Result<PartyId, String>,
) -> Result<Values, Vec<WrongField>> {
    let (mut values, mut wrong) = (Values::new(), Vec::new());
    for (name, json) in object {
        let field = Slug::new(name).ok().and_then(|slug| form.field(&slug));
        let Some(field) = field else {
            let known: Vec<_> = form.fields.iter().map(|field| field.slug.as_str()).collect();
            wrong.push(WrongField {
                path: unknown_path(path, name),
                problem: "no such field".to_owned(),
                remedy: format!("use one of: {}", known.join(", ")),
            });
            continue;
        };
        let at = format!("{path}.{}", field.slug);
        match value(&field.kind, json, swap) {
            Ok(value) => {
                values.insert(field.slug.clone(), value);
            }
            Err((problem, remedy)) => wrong.push(WrongField { path: at, problem, remedy }),
        }
    }
    wrong.extend(form.check(path, &values, false));
    wrong.sort();
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

/// A value as the JSON says it: whether it fits the field is for the form to say.
fn value(
    kind: &FieldKind,
    json: &Json,
    swap: &dyn Fn(&str) -> Result<PartyId, String>,
) -> Result<Value, (String, String)> {
    match json {
        Json::Bool(flag) => Ok(Value::Flag(*flag)),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Number)
            .ok_or_else(|| ("not a whole number".to_owned(), "give a whole number".to_owned())),
        Json::String(text) => match kind {
            FieldKind::Day => Ok(text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Day)),
            FieldKind::Party => swap(text)
                .map(Value::Party)
                .map_err(|problem| (problem, "give a personnummer or samordningsnummer, 12 digits".to_owned())),
            FieldKind::Flag
            | FieldKind::Number { .. }
            | FieldKind::Text { .. }
            | FieldKind::Choice(_)
            | FieldKind::Municipality => Ok(Value::Text(text.clone())),
        },
        Json::Null => Err(("null".to_owned(), "give a value, or leave the field out".to_owned())),
        Json::Array(_) | Json::Object(_) => {
            Err(("a list or an object".to_owned(), "give one value: forms are flat".to_owned()))
        }
    }
}

/// Writes values as a JSON object, days as `YYYY-MM-DD` and persons as party ids.
pub fn values_to_json(values: &Values) -> Map<String, Json> {
    values
        .iter()
        .map(|(field, value)| {
            let json = match value {
                Value::Flag(flag) => Json::from(*flag),
                Value::Number(number) => Json::from(*number),
                Value::Text(text) => Json::from(text.as_str()),
                Value::Day(day) => Json::from(day.to_string()),
                Value::Party(party) => Json::from(party.to_string()),
            };
            (field.to_string(), json)
        })
        .collect()
}
