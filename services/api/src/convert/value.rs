//! `google.protobuf.Struct` to typed values by form, and back.

use crate::convert::wrong::Wrong;
use crate::limits::FIELDS_LEN_MAX;
use livshandelse_core::form::{Form, WrongField, unknown_path};
use livshandelse_core::id::{DocumentId, PartyId, Slug};
use livshandelse_core::value::{Value, Values};
use livshandelse_proto::limits::STRUCT_BYTES_MAX;
use livshandelse_workflows::{Door, values_from_json};
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Value as PbValue};
use serde_json::{Map, Value as Json};

/// Characters of one text among the facts a step gives.
const GIVEN_TEXT_LEN_MAX: usize = 2_000;

/// The largest whole number that a double holds exactly.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Reads values by a form, and swaps identity numbers and names of documents for ids.
///
/// Notes every wrong field below `path`, and what is larger than its limit; then the values are empty.
pub(crate) fn by_form(form: &Form, path: &str, given: Option<&Struct>, door: &dyn Door, wrong: &mut Wrong) -> Values {
    let Some(given) = within_limits(path, given, wrong) else { return Values::new() };
    let object: Map<String, Json> = given.fields.iter().map(|(key, value)| (key.clone(), json(value))).collect();
    match values_from_json(form, path, &object, door) {
        Ok(values) => values,
        Err(fields) => {
            wrong.extend(fields);
            Values::new()
        }
    }
}

/// Reads facts that a step gives: each must be one that the definition promises.
pub(crate) fn given(path: &str, promised: &[Slug], given: Option<&Struct>, wrong: &mut Wrong) -> Values {
    let mut values = Values::new();
    let Some(given) = within_limits(path, given, wrong) else { return values };
    for (name, value) in &given.fields {
        let Some(slug) = promised.iter().find(|slug| slug.as_str() == name) else {
            let known = promised.iter().map(Slug::as_str).collect::<Vec<_>>().join(", ");
            let remedy = if known.is_empty() {
                "leave it out: the step gives nothing".to_owned()
            } else {
                format!("give one of: {known}")
            };
            wrong.add(unknown_path(path, name), "the step does not give this", remedy);
            continue;
        };
        let at = format!("{path}.{slug}");
        match json(value) {
            Json::Bool(flag) => {
                values.insert(slug.clone(), Value::Flag(flag));
            }
            Json::Number(number) if number.as_i64().is_some() => {
                values.insert(slug.clone(), Value::Number(number.as_i64().unwrap_or_default()));
            }
            Json::String(text) => {
                wrong.check_text(&at, &text, GIVEN_TEXT_LEN_MAX);
                let value = text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Day);
                values.insert(slug.clone(), value);
            }
            Json::Number(_) => wrong.add(at, "not a whole number", "give a whole number, or a text"),
            Json::Null => wrong.add(at, "null", "give a value, or leave it out"),
            Json::Array(_) | Json::Object(_) => wrong.add(at, "a list or an object", "give one value: facts are flat"),
        }
    }
    values
}

/// How persons and documents are called towards somebody.
pub(crate) struct Called<P, D> {
    /// A person.
    pub(crate) person: P,
    /// A document.
    pub(crate) document: D,
}

/// Writes values: days as `YYYY-MM-DD`, persons and documents as they are called.
pub(crate) fn to_struct<P: Fn(PartyId) -> String, D: Fn(DocumentId) -> String>(
    values: &Values,
    called: &Called<P, D>,
) -> Struct {
    let fields = values.iter().map(|(slug, value)| {
        let kind = match value {
            Value::Flag(flag) => Kind::BoolValue(*flag),
            // Forms bound their numbers far below what a double cannot hold.
            #[expect(clippy::cast_precision_loss, reason = "a JSON number is a double")]
            Value::Number(number) => Kind::NumberValue(*number as f64),
            Value::Text(text) => Kind::StringValue(text.clone()),
            Value::Day(day) => Kind::StringValue(day.to_string()),
            Value::Party(id) => Kind::StringValue((called.person)(*id)),
            Value::Document(id) => Kind::StringValue((called.document)(*id)),
        };
        (slug.to_string(), PbValue { kind: Some(kind) })
    });
    Struct { fields: fields.collect() }
}

fn within_limits<'a>(path: &str, given: Option<&'a Struct>, wrong: &mut Wrong) -> Option<&'a Struct> {
    let given = given?;
    if given.encoded_len() > STRUCT_BYTES_MAX {
        wrong.add(path, "larger than 64 KiB", "send less");
        return None;
    }
    if given.fields.len() > FIELDS_LEN_MAX {
        wrong.add(path, format!("more than {FIELDS_LEN_MAX} fields"), "send the form's fields alone");
        return None;
    }
    Some(given)
}

fn json(value: &PbValue) -> Json {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(flag)) => Json::Bool(*flag),
        Some(Kind::StringValue(text)) => Json::String(text.clone()),
        Some(Kind::NumberValue(number)) if number.fract() == 0.0 && number.abs() <= WHOLE_MAX =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and within what a double holds exactly")]
            Json::from(*number as i64)
        }
        Some(Kind::NumberValue(number)) => serde_json::Number::from_f64(*number).map_or(Json::Null, Json::Number),
        // Forms and facts are flat: what is inside is of no matter, only that it is not one value.
        Some(Kind::ListValue(_)) => Json::Array(Vec::new()),
        Some(Kind::StructValue(_)) => Json::Object(Map::new()),
    }
}

/// Renames the paths of the rules to those of the contract: `input.due-date` is `case.input.due-date` when a case is
/// filed, and `values.due-date` when a step is answered.
pub(crate) fn rename(fields: &mut [WrongField], renames: &[(&str, &str)]) {
    for field in fields {
        for (from, to) in renames {
            let rest = field.path.strip_prefix(from);
            if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(['.', '['])) {
                field.path = format!("{to}{rest}");
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Refused;
    use livshandelse_core::form::{Field, FieldKind};

    fn structure(pairs: &[(&str, Kind)]) -> Struct {
        let fields = pairs.iter().map(|(key, kind)| ((*key).to_owned(), PbValue { kind: Some(kind.clone()) }));
        Struct { fields: fields.collect() }
    }

    fn slug(text: &str) -> Slug {
        Slug::new(text).unwrap()
    }

    fn form() -> Form {
        let field =
            |name: &str, kind| Field { slug: slug(name), kind, is_required: false, evidence: None, asked_of: None };
        Form {
            slug: slug("f"),
            fields: vec![
                field("due-date", FieldKind::Day),
                field("count", FieldKind::Number { min: 1, max: 8 }),
                field("other", FieldKind::Party),
            ],
        }
    }

    fn read(given: &Struct) -> Result<Values, Vec<WrongField>> {
        let mut wrong = Wrong::default();
        let swap =
            |text: &str| if text == "good" { Ok(PartyId([1; 16])) } else { Err("has a wrong check digit".to_owned()) };
        let values = by_form(&form(), "case.input", Some(given), &swap, &mut wrong);
        match wrong.finish() {
            Ok(()) => Ok(values),
            Err(Refused::Fields(fields)) => Err(fields),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_are_read_by_their_form_and_written_back() {
        let given = structure(&[
            ("due-date", Kind::StringValue("2026-05-03".to_owned())),
            ("count", Kind::NumberValue(2.0)),
            ("other", Kind::StringValue("good".to_owned())),
        ]);
        let values = read(&given).unwrap();
        assert_eq!(values[&slug("count")], Value::Number(2));
        let called = Called { person: |_| "good".to_owned(), document: |_| "a document".to_owned() };
        let back = to_struct(&values, &called);
        assert_eq!(back, given);
    }

    #[test]
    fn every_wrong_value_is_told_with_its_path() {
        let given = structure(&[
            ("due-date", Kind::StringValue("3 May".to_owned())),
            ("count", Kind::NumberValue(2.5)),
            ("other", Kind::StringValue("bad".to_owned())),
            ("unknown", Kind::BoolValue(true)),
        ]);
        let paths: Vec<String> = read(&given).unwrap_err().into_iter().map(|field| field.path).collect();
        assert_eq!(paths, ["case.input.count", "case.input.due-date", "case.input.other", "case.input.unknown"]);
    }

    #[test]
    fn a_struct_over_its_limit_is_one_wrong_field() {
        let given = structure(&[("due-date", Kind::StringValue("x".repeat(70_000)))]);
        let fields = read(&given).unwrap_err();
        assert_eq!((fields.len(), fields[0].path.as_str()), (1, "case.input"));
    }

    #[test]
    fn a_fact_that_the_step_does_not_promise_is_refused() {
        let mut wrong = Wrong::default();
        let offered = structure(&[("custody", Kind::BoolValue(true)), ("wealth", Kind::NumberValue(1.0))]);
        let values = super::given("decision.gives", &[slug("custody")], Some(&offered), &mut wrong);
        assert_eq!(values[&slug("custody")], Value::Flag(true));
        assert!(!wrong.is_empty());
    }

    #[test]
    fn paths_of_the_rules_become_paths_of_the_contract() {
        let wrong = |path: &str| WrongField { path: path.to_owned(), problem: String::new(), remedy: String::new() };
        let mut fields = [wrong("input.due-date"), wrong("parties[0].role"), wrong("inputs")];
        rename(&mut fields, &[("input", "case.input"), ("parties", "case.parties")]);
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["case.input.due-date", "case.parties[0].role", "inputs"]);
    }
}
