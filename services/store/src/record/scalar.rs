//! Ids, slugs, steps, days and small numbers, to and from their stored form.

use super::error::DecodeError;
use jiff::SignedDuration;
use jiff::civil::Date;
use livshandelse_core::id::{Slug, StepId, Subject};
use livshandelse_core::time::CivilTime;

/// The day that stored days are counted from.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Takes what must be there.
pub(super) fn present<T>(field: &'static str, value: Option<T>) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::Absent { field })
}

/// A count of things that are few.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Reads 16 bytes: an id or a hash.
pub(super) fn read_16(field: &'static str, bytes: &[u8]) -> Result<[u8; 16], DecodeError> {
    bytes.try_into().map_err(|_| DecodeError::Invalid { field, expected: "name of 16 bytes" })
}

pub(super) fn write_slug(slug: &Slug) -> String {
    slug.as_str().to_owned()
}

pub(super) fn read_slug(field: &'static str, text: &str) -> Result<Slug, DecodeError> {
    Slug::new(text).map_err(|_| DecodeError::Invalid { field, expected: "slug" })
}

pub(super) fn write_step(step: &StepId) -> String {
    // Most steps do not repeat, and then the slug is all.
    if step.subject.is_whole() { write_slug(&step.slug) } else { step.to_string() }
}

pub(super) fn read_step(text: &str) -> Result<StepId, DecodeError> {
    text.parse().map_err(|_| DecodeError::Invalid { field: "step", expected: "step id" })
}

pub(super) fn read_subject(field: &'static str, number: u32) -> Result<Subject, DecodeError> {
    u8::try_from(number).map(Subject).map_err(|_| DecodeError::Invalid { field, expected: "number up to 255" })
}

pub(super) fn write_day(day: Date) -> i32 {
    // Every day jiff knows is within four million days of the epoch.
    i32::try_from(day.duration_since(EPOCH).as_hours() / 24).unwrap_or(i32::MAX)
}

pub(super) fn read_day(field: &'static str, number: i32) -> Result<Date, DecodeError> {
    SignedDuration::try_from_hours(i64::from(number) * 24)
        .and_then(|since| EPOCH.checked_add(since).ok())
        .ok_or(DecodeError::Invalid { field, expected: "day of the years -9999 to 9999" })
}

pub(super) fn read_optional_day(field: &'static str, number: Option<i32>) -> Result<Option<Date>, DecodeError> {
    number.map(|number| read_day(field, number)).transpose()
}

pub(super) fn write_time(time: Option<CivilTime>) -> Option<i64> {
    time.map(|time| time.0)
}

pub(super) fn read_time(civil_ms: Option<i64>) -> Option<CivilTime> {
    civil_ms.map(CivilTime)
}
