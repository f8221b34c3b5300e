//! Conditions: a typed subset of CEL, lowered at load, that means the same for ever.

use crate::id::Slug;
use crate::value::{Value, Values};
use jiff::civil::Date;

/// A condition over the fields of the life event's form.
///
/// Three-valued: a field that is not given makes what it touches unknown, and only what is definitely false proposes
/// that a step is not needed. A condition never decides (design §1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A flag field.
    Flag(Slug),
    /// Whether a field is given (`has(field)`). Unknown only as long as it waits to be asked of somebody.
    Given(Slug),
    /// A comparison of a field with a constant of its type.
    Compare(Slug, Comparison, Constant),
    /// Not.
    Not(Box<Condition>),
    /// All.
    All(Vec<Condition>),
    /// Any.
    Any(Vec<Condition>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    More,
    /// `>=`
    MoreOrEqual,
}

/// A constant in a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// A day, written `date("2026-01-31")`.
    Day(Date),
}

impl Condition {
    /// Whether it holds: `None` when a field it depends on is not given. What waits to be asked of somebody is not known to
    /// be missing either.
    pub fn holds(&self, input: &Values, is_awaited: &dyn Fn(&Slug) -> bool) -> Option<bool> {
        match self {
            Condition::Flag(field) => match input.get(field) {
                Some(Value::Flag(flag)) => Some(*flag),
                _ => None,
            },
            Condition::Given(field) => {
                let is_given = input.contains_key(field);
                (is_given || !is_awaited(field)).then_some(is_given)
            }
            Condition::Compare(field, comparison, constant) => {
                let order = match (input.get(field)?, constant) {
                    (Value::Number(left), Constant::Number(right)) => left.cmp(right),
                    (Value::Text(left), Constant::Text(right)) => left.cmp(right),
                    (Value::Day(left), Constant::Day(right)) => left.cmp(right),
                    _ => return None,
                };
                Some(match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::More => order.is_gt(),
                    Comparison::MoreOrEqual => order.is_ge(),
                })
            }
            Condition::Not(inner) => inner.holds(input, is_awaited).map(|held| !held),
            Condition::All(parts) => combine(parts, input, is_awaited, false),
            Condition::Any(parts) => combine(parts, input, is_awaited, true),
        }
    }

    /// Every field it reads.
    pub fn fields(&self) -> Vec<&Slug> {
        match self {
            Condition::Flag(field) | Condition::Given(field) | Condition::Compare(field, _, _) => vec![field],
            Condition::Not(inner) => inner.fields(),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(Condition::fields).collect(),
        }
    }
}

/// Kleene's `and` (`decisive` false) and `or` (`decisive` true).
fn combine(parts: &[Condition], input: &Values, is_awaited: &dyn Fn(&Slug) -> bool, decisive: bool) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part.holds(input, is_awaited) {
            Some(held) if held == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!decisive) }
}
