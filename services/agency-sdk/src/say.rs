//! Builds the messages that an agency sends most.
//!
//! Each function takes only what has to be said; set further fields on what it
//! returns. Times are civil time.

use livshandelse_proto::v1::{self, Outcome};
use prost_types::{Struct, Timestamp, Value, value};

/// That a document has arrived, and how it was registered. An empty number is given
/// later.
pub fn arrival(at: Option<Timestamp>, case_number: &str) -> v1::Arrival {
    v1::Arrival { arrive_time: at, agency_case_number: case_number.to_owned() }
}

/// An answer: arrived, taken on, reported on later.
pub fn accepted(at: Option<Timestamp>, case_number: &str, words: &str) -> v1::PerformStepResponse {
    let acceptance = v1::Acceptance { agency_words: words.to_owned(), expected_decide_date: None };
    v1::PerformStepResponse {
        arrival: Some(arrival(at, case_number)),
        result: Some(v1::perform_step_response::Result::Accepted(acceptance)),
    }
}

/// An answer to a withdrawal: arrived, taken on, reported on later.
pub fn withdrawal_accepted(at: Option<Timestamp>, words: &str) -> v1::CancelStepResponse {
    let acceptance = v1::Acceptance { agency_words: words.to_owned(), expected_decide_date: None };
    v1::CancelStepResponse {
        arrival: Some(arrival(at, "")),
        result: Some(v1::cancel_step_response::Result::Accepted(acceptance)),
    }
}

/// A decision in the matter.
pub fn decision(outcome: Outcome, at: Option<Timestamp>, text: &str) -> v1::Decision {
    v1::Decision { outcome: outcome.into(), decide_time: at, text: text.to_owned(), ..v1::Decision::default() }
}

/// What is missing, and by when.
pub fn supplement(text: &str, fields: &[&str], due: Option<v1::Date>, at: Option<Timestamp>) -> v1::Supplement {
    v1::Supplement {
        text: text.to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        respond_by_date: due,
        request_time: at,
        ..v1::Supplement::default()
    }
}

/// That it is done, and nothing was to be decided.
pub fn completion(at: Option<Timestamp>, text: &str) -> v1::Completion {
    v1::Completion { complete_time: at, text: text.to_owned(), ..v1::Completion::default() }
}

/// How it stands, in the agency's own words.
pub fn progress(state: v1::StepState, words: &str) -> v1::TaskProgress {
    v1::TaskProgress { state: state.into(), agency_words: words.to_owned(), ..v1::TaskProgress::default() }
}

/// Facts that a step gives, by slug.
pub fn gives<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> Struct {
    let fields = facts
        .into_iter()
        .map(|(slug, text)| {
            let value = Value { kind: Some(value::Kind::StringValue(text)) };
            (slug.to_owned(), value)
        })
        .collect();
    Struct { fields }
}

/// A text in an input or evidence; `None` if it is absent or something else.
pub fn text<'a>(values: Option<&'a Struct>, field: &str) -> Option<&'a str> {
    match values?.fields.get(field)?.kind.as_ref()? {
        value::Kind::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A number in an input or evidence; `None` if it is absent or something else.
pub fn number(values: Option<&Struct>, field: &str) -> Option<f64> {
    match values?.fields.get(field)?.kind.as_ref()? {
        value::Kind::NumberValue(number) => Some(*number),
        _ => None,
    }
}

/// A yes or no in an input or evidence; `None` if it is absent or something else.
pub fn flag(values: Option<&Struct>, field: &str) -> Option<bool> {
    match values?.fields.get(field)?.kind.as_ref()? {
        value::Kind::BoolValue(flag) => Some(*flag),
        _ => None,
    }
}
