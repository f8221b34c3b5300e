//! Turns what a caller sends, a JSON object, into values by field.

use livshandelse_core::form::{FieldKind, Form, WrongField, unknown_path};
use livshandelse_core::id::{DocumentId, PartyId, Slug};
use livshandelse_core::value::{Value, Values};
use serde_json::{Map, Value as Json};

/// What is swapped where values come in: what people write for what the case knows.
pub trait Door {
    /// The party of an identity number.
    ///
    /// # Errors
    ///
    /// What is wrong with a number that is none; it is not repeated.
    fn person(&self, number: &str) -> Result<PartyId, String>;

    /// The document of a name, if it has one of these media types.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to do.
    fn document(&self, name: &str, media_types: &[String]) -> Result<DocumentId, (String, String)>;
}

/// A door where persons alone come in: no document is there.
impl<F: Fn(&str) -> Result<PartyId, String>> Door for F {
    fn person(&self, number: &str) -> Result<PartyId, String> {
        self(number)
    }

    fn document(&self, _name: &str, _media_types: &[String]) -> Result<DocumentId, (String, String)> {
        Err(("no document of this case".to_owned(), "add it to the draft or the case first".to_owned()))
    }
}

/// Reads a form's values from a JSON object and checks them against the form.
///
/// Identity numbers and names of documents are swapped for ids at the `door`, which says what is wrong with one that is none. `path` is
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
    door: &dyn Door,
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
        match value(&field.kind, json, door) {
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
fn value(kind: &FieldKind, json: &Json, door: &dyn Door) -> Result<Value, (String, String)> {
    match json {
        Json::Bool(flag) => Ok(Value::Flag(*flag)),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Number)
            .ok_or_else(|| ("not a whole number".to_owned(), "give a whole number".to_owned())),
        Json::String(text) => match kind {
            FieldKind::Day => Ok(text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Day)),
            FieldKind::Party => door
                .person(text)
                .map(Value::Party)
                .map_err(|problem| (problem, "give a personnummer or samordningsnummer, 12 digits".to_owned())),
            FieldKind::Document(media_types) => door.document(text, media_types).map(Value::Document),
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

/// Writes values as a JSON object, days as `YYYY-MM-DD`, persons and documents as ids.
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
                Value::Document(document) => Json::from(document.to_string()),
            };
            (field.to_string(), json)
        })
        .collect()
}
