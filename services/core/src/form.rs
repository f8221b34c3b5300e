//! Forms: ordered, flat fields, checked all at once.

use crate::case::NewParty;
use crate::definition::Role;
use crate::id::{Slug, Subject};
use crate::registry::Registry;
use crate::value::{Value, Values};

/// A form: what the applicant is asked, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its name; its texts are `form-{name}-…`.
    pub slug: Slug,
    /// Its fields, in the order they are asked.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub slug: Slug,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether the step cannot be filed without it.
    pub is_required: bool,
    /// The evidence that answers it, if another step gives it: then nobody is asked.
    pub evidence: Option<Slug>,
    /// Whom it is asked of, in a life event's own form; without one, who files. It waits until that party is in the case.
    pub asked_of: Option<AskedOf>,
}

/// Whom a question is asked of: one of those who have a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskedOf {
    /// The role.
    pub role: Role,
    /// Which of them, in the order in which they came into the case: from 1.
    pub number: Subject,
}

impl AskedOf {
    /// The next to come in a role, where so many parties are there.
    pub fn next(role: Role, parties: &[NewParty]) -> AskedOf {
        let count = parties.iter().filter(|known| known.role == role).count();
        AskedOf { role, number: Subject(u8::try_from(count + 1).unwrap_or(u8::MAX)) }
    }
}

impl std::fmt::Display for AskedOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number.0 {
            0 | 1 => f.write_str(self.role.slug()),
            number => write!(f, "{}.{number}", self.role.slug()),
        }
    }
}

/// Media types that a document may have.
pub const MEDIA_TYPES: [&str; 4] = ["application/pdf", "image/jpeg", "image/png", "text/plain"];

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Yes or no.
    Flag,
    /// A whole number within bounds, both inclusive.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A text of at most so many characters.
    Text {
        /// Characters at the most.
        length_max: usize,
    },
    /// One of these.
    Choice(Vec<String>),
    /// A calendar day.
    Day,
    /// A person: an identity number at the door, a party id within.
    Party,
    /// A municipality, by its code of four digits.
    Municipality,
    /// One of the case's documents, of one of these media types. What a document is, is known at the door alone.
    Document(Vec<String>),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrongField {
    /// Where: `input.due-date`, `step_input.name.1.first-name`.
    pub path: String,
    /// What is wrong, in lower case without full stop. Never repeats what was given: it may be content.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Form {
    /// The field with a slug.
    pub fn field(&self, slug: &Slug) -> Option<&Field> {
        self.fields.iter().find(|field| field.slug == *slug)
    }

    /// Checks values against the form: every wrong or unknown field, with its path below `path`.
    ///
    /// A missing required field is wrong only when `must_be_whole`.
    pub fn check(&self, path: &str, values: &Values, must_be_whole: bool) -> Vec<WrongField> {
        let mut wrong = Vec::new();
        for (slug, value) in values {
            let at = format!("{path}.{slug}");
            match self.field(slug) {
                None => wrong.push(WrongField {
                    path: at,
                    problem: format!("form `{}` has no such field", self.slug),
                    remedy: format!("use one of: {}", join(self.fields.iter().map(|field| field.slug.as_str()))),
                }),
                Some(field) => {
                    if let Some((problem, remedy)) = field.kind.refuses(value) {
                        wrong.push(WrongField { path: at, problem, remedy });
                    }
                }
            }
        }
        if must_be_whole {
            wrong.extend(self.wrong_missing(path, values, |_| true));
        }
        wrong
    }

    /// Required fields that have no value, of those that are asked now.
    pub fn wrong_missing(&self, path: &str, values: &Values, is_asked: impl Fn(&Field) -> bool) -> Vec<WrongField> {
        let missing = self.missing(values).filter(|slug| self.field(slug).is_some_and(&is_asked));
        missing
            .map(|slug| WrongField {
                path: format!("{path}.{slug}"),
                problem: "required and not given".to_owned(),
                remedy: "give it a value".to_owned(),
            })
            .collect()
    }

    /// Fields that name a municipality which is not there.
    pub fn unknown_places(&self, path: &str, values: &Values, registry: &Registry) -> Vec<WrongField> {
        let places = self.fields.iter().filter(|field| field.kind == FieldKind::Municipality);
        let unknown = places.filter(|field| match values.get(&field.slug) {
            Some(Value::Text(code)) => registry.municipality(code).is_none(),
            Some(_) | None => false,
        });
        unknown
            .map(|field| WrongField {
                path: format!("{path}.{}", field.slug),
                problem: "no such municipality".to_owned(),
                remedy: "give a municipality code of four digits, such as 0580".to_owned(),
            })
            .collect()
    }

    /// Required fields that have no value.
    pub fn missing<'a>(&'a self, values: &'a Values) -> impl Iterator<Item = &'a Slug> {
        self.fields
            .iter()
            .filter(|field| field.is_required && !values.contains_key(&field.slug))
            .map(|field| &field.slug)
    }
}

/// Where a field stands that the form does not have: its name below `path` if that reads like the name of a field.
///
/// Anything else may be content that stands in the wrong place, an identity number for one, and is not repeated.
pub fn unknown_path(path: &str, name: &str) -> String {
    /// A field's name counts something at most; a number of so many digits is somebody's.
    const DIGITS_MAX: usize = 3;
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if digits <= DIGITS_MAX && Slug::new(name).is_ok() { format!("{path}.{name}") } else { path.to_owned() }
}

fn join<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

impl FieldKind {
    /// Why a value is not one of this kind, and what would be.
    fn refuses(&self, value: &Value) -> Option<(String, String)> {
        let refusal = |problem: String, remedy: String| Some((problem, remedy));
        match (self, value) {
            (FieldKind::Flag, Value::Flag(_))
            | (FieldKind::Day, Value::Day(_))
            | (FieldKind::Party, Value::Party(_))
            | (FieldKind::Document(_), Value::Document(_)) => None,
            (FieldKind::Number { min, max }, Value::Number(number)) => {
                if (min..=max).contains(&number) {
                    None
                } else {
                    refusal("out of range".to_owned(), format!("give a whole number from {min} to {max}"))
                }
            }
            (FieldKind::Text { length_max }, Value::Text(text)) => {
                let length = text.chars().count();
                if length == 0 {
                    refusal("empty text".to_owned(), "give a text, or leave the field out".to_owned())
                } else if length > *length_max {
                    refusal(format!("{length} characters"), format!("give at most {length_max} characters"))
                } else if text.chars().any(|character| character.is_control() && character != '\n') {
                    refusal("has control characters".to_owned(), "give plain text".to_owned())
                } else {
                    None
                }
            }
            (FieldKind::Choice(choices), Value::Text(text)) => {
                if choices.iter().any(|choice| choice == text) {
                    None
                } else {
                    refusal(
                        "not one of the choices".to_owned(),
                        format!("use one of: {}", join(choices.iter().map(String::as_str))),
                    )
                }
            }
            (FieldKind::Municipality, Value::Text(code))
                if code.len() == 4 && code.bytes().all(|b| b.is_ascii_digit()) =>
            {
                None
            }
            (FieldKind::Municipality, _) => refusal(
                "not a municipality code".to_owned(),
                "give a municipality code of four digits, such as 0580".to_owned(),
            ),
            (FieldKind::Flag, _) => refusal("not yes or no".to_owned(), "give true or false".to_owned()),
            (FieldKind::Number { min, max }, _) => {
                refusal("not a whole number".to_owned(), format!("give a whole number from {min} to {max}"))
            }
            (FieldKind::Text { .. } | FieldKind::Choice(_), _) => {
                refusal("not a text".to_owned(), "give a text".to_owned())
            }
            (FieldKind::Day, _) => refusal("not a day".to_owned(), "give a day as YYYY-MM-DD".to_owned()),
            (FieldKind::Party, _) => {
                refusal("not a person".to_owned(), "give a personnummer or samordningsnummer, 12 digits".to_owned())
            }
            (FieldKind::Document(_), _) => {
                refusal("not a document".to_owned(), "add it to the case first, and give its name".to_owned())
            }
        }
    }
}
