//! Showing things to people: lines for a terminal, and JSON for programs.
//!
//! Everything here is pure: it takes messages of the contract and a [`View`], and gives [`Line`]s no wider than the view.

mod brief;
pub(crate) mod case;
pub(crate) mod changes;
pub(crate) mod day;
pub(crate) mod definition;
pub(crate) mod events;
pub(crate) mod json;
pub(crate) mod line;
pub(crate) mod list;
pub(crate) mod preview;
mod step;
mod terms;
pub(crate) mod words;

#[cfg(test)]
mod tests;

pub(crate) use line::Line;

use jiff::civil::Date;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1::{Case, Date as DateMessage, Party, PartyRole, Turn};
use prost_types::Timestamp;
use words::Language;

/// For whom something is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// Columns; nothing is wider.
    pub(crate) width: usize,
    /// The language of our own words.
    pub(crate) language: Language,
    /// The civil day it is; `None` when it is not known, and then nothing is said of days that remain.
    pub(crate) today: Option<Date>,
}

/// The civil day of a timestamp.
pub(crate) fn day_of(time: &Timestamp) -> Date {
    civil(time).date()
}

/// A timestamp as civil time.
pub(crate) fn civil(time: &Timestamp) -> CivilTime {
    CivilTime(time.seconds.saturating_mul(1000).saturating_add(i64::from(time.nanos) / 1_000_000))
}

/// A day of the contract; `None` when it is none.
pub(crate) fn date_of(date: &DateMessage) -> Option<Date> {
    let part = |number: i32| i8::try_from(number).ok();
    Date::new(i16::try_from(date.year).ok()?, part(date.month)?, part(date.day)?).ok()
}

/// The turn that is the reader's own: a co-party is shown what waits for the co-party, a helper what waits for the helper.
fn own_turn(case: &Case) -> Turn {
    match case.parties.iter().find(|party| party.caller).map(Party::role) {
        Some(PartyRole::CoParty) => Turn::CoParty,
        Some(PartyRole::Helper) => Turn::Helper,
        Some(
            PartyRole::Unspecified
            | PartyRole::Subject
            | PartyRole::Applicant
            | PartyRole::Representative
            | PartyRole::Guide,
        )
        | None => Turn::Applicant,
    }
}

/// The last part of a resource name.
pub(crate) fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
