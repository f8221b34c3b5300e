//! What a case is started with: a sample, or a file of the same form.

use crate::fail::Failure;
use jiff::Unit;
use jiff::civil::Date;
use livshandelse_core::case::{Mandate, MandateScope};
use livshandelse_core::definition::{MandateKind, Role};
use livshandelse_proto::v1::{self as pb, Case, Party, PartyRole, StepInput};
use livshandelse_workflows::sample::{SampleCase, SampleParty};
use livshandelse_workflows::{Bundle, Sample};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads a life event that is built in.
///
/// # Errors
///
/// If there is none of that name.
pub(crate) fn bundle(life_event: &str) -> Result<Bundle, Failure> {
    Bundle::embedded(life_event).map_err(|complaints| {
        let problems: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        Failure::input(
            format!("the life event `{life_event}` cannot be read\n{}", problems.join("\n")),
            format!("use one of: {}", Bundle::embedded_names().join(", ")),
        )
    })
}

/// A sample of a life event by name.
///
/// # Errors
///
/// If it has none of that name.
pub(crate) fn of_bundle<'a>(bundle: &'a Bundle, name: &str) -> Result<&'a Sample, Failure> {
    bundle.samples.iter().find(|sample| sample.name.as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = bundle.samples.iter().map(|sample| sample.name.as_str()).collect();
        Failure::input(format!("there is no sample `{name}`"), format!("use one of: {}", names.join(", ")))
    })
}

/// A sample by name, of a life event or of whichever has it; with the name of its life event.
///
/// # Errors
///
/// If there is none of that name.
pub(crate) fn sample(life_event: Option<&str>, name: &str) -> Result<(String, Sample), Failure> {
    let life_events = life_event.map_or_else(|| Bundle::embedded_names().to_vec(), |named| vec![named]);
    let mut names = Vec::new();
    for life_event in life_events {
        for sample in bundle(life_event)?.samples {
            if sample.name.as_str() == name {
                return Ok((life_event.to_owned(), sample));
            }
            names.push(sample.name.to_string());
        }
    }
    Err(Failure::input(format!("there is no sample `{name}`"), format!("use one of: {}", names.join(", "))))
}

/// What a sample is started with, its days moved as if it began on another day than its own: a due date stays as far ahead.
pub(crate) fn moved(sample: &Sample, today: Date) -> SampleCase {
    let Ok(distance) = sample.start.until((Unit::Day, today)) else { return sample.case.clone() };
    let mut case = sample.case.clone();
    for value in case.input.values_mut().chain(case.step_input.values_mut().flat_map(|values| values.values_mut())) {
        let day = value.as_str().and_then(|text| text.parse::<Date>().ok());
        if let Some(moved) = day.and_then(|day| day.checked_add(distance).ok()) {
            *value = serde_json::Value::String(moved.to_string());
        }
    }
    case
}

/// Reads what a case is started with from a file: a sample, or its part `case` alone.
///
/// # Errors
///
/// If it cannot be read, or is something else.
pub(crate) fn from_file(path: &Path) -> Result<SampleCase, Failure> {
    let value = json_file(path)?;
    let inner = value.get("case").unwrap_or(&value);
    SampleCase::deserialize_from(inner).map_err(|problem| {
        Failure::input(
            format!("{}: {problem}", path.display()),
            "write {\"municipality\": \"0580\", \"parties\": [{\"role\": \"applicant\", \"identity_number\": …, \"name\": …}], \
             \"input\": {…}}",
        )
    })
}

trait DeserializeFrom: Sized {
    fn deserialize_from(value: &serde_json::Value) -> Result<Self, String>;
}

impl DeserializeFrom for SampleCase {
    fn deserialize_from(value: &serde_json::Value) -> Result<SampleCase, String> {
        serde::Deserialize::deserialize(value).map_err(|error: serde_json::Error| error.to_string())
    }
}

/// Reads a file of JSON.
///
/// # Errors
///
/// If it cannot be read, is too large, or is no JSON.
pub(crate) fn json_file(path: &Path) -> Result<serde_json::Value, Failure> {
    let shown = path.display();
    let size = std::fs::metadata(path).map(|metadata| metadata.len());
    let text = match size {
        Ok(size) if size > FILE_BYTES_MAX => {
            return Err(Failure::input(
                format!("{shown} is {size} bytes"),
                format!("give a file of at most {FILE_BYTES_MAX} bytes"),
            ));
        }
        Ok(_) => std::fs::read_to_string(path),
        Err(error) => Err(error),
    };
    let text = text.map_err(|error| Failure::input(format!("{shown}: {error}"), "give a file that can be read"))?;
    serde_json::from_str(&text).map_err(|error| Failure::input(format!("{shown}: {error}"), "mend the JSON there"))
}

/// What `CreateCase` and `SaveDraft` are called with.
pub(crate) fn message(life_event: &str, from: &SampleCase) -> Case {
    Case {
        life_event: format!("lifeEvents/{life_event}"),
        municipality_code: from.municipality.clone(),
        parties: from.parties.iter().map(joiner).collect(),
        input: Some(structure(&from.input)),
        step_inputs: from
            .step_input
            .iter()
            .map(|(step, values)| StepInput { step: step.clone(), values: Some(structure(values)) })
            .collect(),
        ..Case::default()
    }
}

/// The identity number of who starts it: the applicant, or the helper where she is not in it.
pub(crate) fn filer(from: &SampleCase) -> Option<&str> {
    party(from, Role::Applicant).or_else(|| party(from, Role::Helper))
}

/// The identity number of the first party in a role.
pub(crate) fn party(from: &SampleCase, role: Role) -> Option<&str> {
    from.parties.iter().find(|party| party.role == role).map(|party| party.identity_number.as_str())
}

/// A party as `JoinCase` is called with.
pub(crate) fn joiner(from: &SampleParty) -> Party {
    Party {
        role: role(from.role).into(),
        identity_number: from.identity_number.clone(),
        display_name: from.name.clone(),
        protected: from.protected,
        ..Party::default()
    }
}

/// A mandate as `JoinCase` is called with.
pub(crate) fn mandate(from: &Mandate) -> pb::Mandate {
    let date = |day: Date| pb::Date { year: day.year().into(), month: day.month().into(), day: day.day().into() };
    let kind = match from.kind {
        MandateKind::PowerOfAttorney => pb::MandateKind::PowerOfAttorney,
        MandateKind::FuturePowerOfAttorney => pb::MandateKind::FuturePowerOfAttorney,
        MandateKind::Kinship => pb::MandateKind::Kinship,
        MandateKind::GodMan => pb::MandateKind::GodMan,
        MandateKind::Forvaltare => pb::MandateKind::Forvaltare,
        MandateKind::Guardian => pb::MandateKind::Guardian,
    };
    let steps = match &from.scope {
        MandateScope::All => Vec::new(),
        MandateScope::Steps(steps) => steps.iter().map(ToString::to_string).collect(),
    };
    pb::Mandate {
        kind: kind.into(),
        steps,
        from_date: Some(date(from.from)),
        to_date: from.to.map(date),
        evidence: from.evidence.clone(),
        ..pb::Mandate::default()
    }
}

/// A role in the contract.
pub(crate) fn role(role: Role) -> PartyRole {
    match role {
        Role::Applicant => PartyRole::Applicant,
        Role::CoParty => PartyRole::CoParty,
        Role::Subject => PartyRole::Subject,
        Role::Helper => PartyRole::Helper,
        Role::Representative => PartyRole::Representative,
        Role::Guide => PartyRole::Guide,
    }
}

/// JSON as the contract carries it.
pub(crate) fn structure(values: &serde_json::Map<String, serde_json::Value>) -> Struct {
    Struct { fields: values.iter().map(|(key, value)| (key.clone(), self::value(value))).collect::<BTreeMap<_, _>>() }
}

fn value(json: &serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(is) => Kind::BoolValue(*is),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Kind::StringValue(text.clone()),
        serde_json::Value::Array(values) => {
            Kind::ListValue(ListValue { values: values.iter().map(self::value).collect() })
        }
        serde_json::Value::Object(values) => Kind::StructValue(structure(values)),
    };
    Value { kind: Some(kind) }
}

/// Reads `field=value`. A value that is JSON (`true`, `3`, `null`, `"3"`) is taken as that, anything else as text.
///
/// # Errors
///
/// If there is no `=`.
pub(crate) fn pair(text: &str) -> Result<(String, serde_json::Value), String> {
    let (field, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`; write field=value"))?;
    if field.is_empty() {
        return Err(format!("`{text}` names no field; write field=value"));
    }
    let read = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.to_owned()));
    Ok((field.to_owned(), read))
}

/// What a field of a form is answered with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// A value.
    Value(serde_json::Value),
    /// A file that is added to the case first.
    File(PathBuf),
}

/// Reads `field=value` as [`pair`] does, and `field=@file`. A text that begins with `@` is written in quotation marks.
///
/// # Errors
///
/// If there is no `=`, or no file.
pub(crate) fn given(text: &str) -> Result<(String, Given), String> {
    match text.split_once("=@") {
        Some((field, file)) if !field.contains('=') => {
            if field.is_empty() || file.is_empty() {
                return Err(format!("`{text}` names no field or no file; write field=@file"));
            }
            Ok((field.to_owned(), Given::File(file.into())))
        }
        Some(_) | None => pair(text).map(|(field, value)| (field, Given::Value(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_value_is_json_where_it_is_json_and_text_elsewhere() {
        assert_eq!(pair("a=true"), Ok(("a".to_owned(), serde_json::json!(true))));
        assert_eq!(pair("a=3"), Ok(("a".to_owned(), serde_json::json!(3))));
        assert_eq!(pair("a=\"3\""), Ok(("a".to_owned(), serde_json::json!("3"))));
        assert_eq!(pair("a=Signe Maja"), Ok(("a".to_owned(), serde_json::json!("Signe Maja"))));
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), serde_json::json!("b=c"))));
        assert!(pair("a").is_err() && pair("=b").is_err());
    }

    #[test]
    fn a_file_is_told_from_a_text_that_begins_with_an_at_sign() {
        let value = |json| Given::Value(json);
        assert_eq!(given("drawing=@plan.pdf"), Ok(("drawing".to_owned(), Given::File("plan.pdf".into()))));
        assert_eq!(given("a=\"@home\""), Ok(("a".to_owned(), value(serde_json::json!("@home")))));
        assert_eq!(given("a=b=@c"), Ok(("a".to_owned(), value(serde_json::json!("b=@c")))));
        assert!(given("drawing=@").is_err() && given("=@plan.pdf").is_err());
    }

    #[test]
    fn a_sample_begins_today_with_its_due_date_as_far_ahead_as_it_was() {
        let bundle = Bundle::embedded("first-child").unwrap();
        let sample = &bundle.samples[0];
        let due = |case: &SampleCase| case.input["due-date"].as_str().unwrap().parse::<Date>().unwrap();
        let ahead = due(&sample.case).since((Unit::Day, sample.start)).unwrap();
        let moved = moved(sample, date(2031, 5, 6));
        assert_eq!(due(&moved).since((Unit::Day, date(2031, 5, 6))).unwrap().get_days(), ahead.get_days());
        assert_eq!(moved.parties, sample.case.parties);
    }

    #[test]
    fn every_sample_makes_a_message_with_all_that_it_has() {
        for name in Bundle::embedded_names() {
            for sample in &Bundle::embedded(name).unwrap().samples {
                let message = message(name, &sample.case);
                assert_eq!(message.parties.len(), sample.case.parties.len());
                assert_eq!(message.step_inputs.len(), sample.case.step_input.len());
                assert_eq!(message.input.unwrap().fields.len(), sample.case.input.len());
            }
        }
    }
}
