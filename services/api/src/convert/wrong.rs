//! Collects wrong fields, so that a caller hears of all of them at once.

use crate::status::Refused;
use livshandelse_core::form::WrongField;

/// The wrong fields found so far.
#[derive(Debug, Default)]
pub(crate) struct Wrong(Vec<WrongField>);

impl Wrong {
    /// A refusal for a single field.
    pub(crate) fn one(path: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Refused {
        let mut wrong = Wrong::default();
        wrong.add(path, problem, remedy);
        Refused::Fields(wrong.0)
    }

    /// Notes a wrong field.
    pub(crate) fn add(&mut self, path: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(WrongField { path: path.into(), problem: problem.into(), remedy: remedy.into() });
    }

    /// Notes more of them.
    pub(crate) fn extend(&mut self, fields: Vec<WrongField>) {
        self.0.extend(fields);
    }

    /// Notes a text that is longer than its limit, or has control characters.
    pub(crate) fn check_text(&mut self, path: &str, text: &str, length_max: usize) {
        let length = text.chars().count();
        if length > length_max {
            self.add(path, format!("{length} characters"), format!("give at most {length_max} characters"));
        } else if text.chars().any(|character| character.is_control() && character != '\n') {
            self.add(path, "has control characters", "give plain text");
        }
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal, if anything is wrong.
    pub(crate) fn finish(self) -> Result<(), Refused> {
        if self.0.is_empty() { Ok(()) } else { Err(Refused::Fields(self.0)) }
    }
}
