//! What forms are filled with and agencies answer: small typed values by field name.

use crate::id::{DocumentId, PartyId, Slug};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One value of a form field, a fact or an evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text, or one of a list of choices.
    Text(String),
    /// A calendar day.
    Day(Date),
    /// A person, swapped for an identity number at the door.
    Party(PartyId),
    /// A document of the case, looked up at the door.
    Document(DocumentId),
}

/// Values by field name, in the order of their names.
pub type Values = BTreeMap<Slug, Value>;
