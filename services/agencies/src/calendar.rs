//! Working days, office hours, and when a period has passed. Civil time in Sweden.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Summer time as since 1996, written as a rule so that no time zone database is needed.
static STOCKHOLM: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC));

/// Holidays that are not on a Saturday or Sunday. After the last year of the list only
/// weekends are free.
static HOLIDAYS: LazyLock<BTreeSet<Date>> = LazyLock::new(|| {
    include_str!("../../../workflows/reference-data/holidays.csv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next()?.parse().ok())
        .collect()
});

/// Days looked at before a search for a working day is given up.
const SEARCH_DAYS_MAX: u32 = 60;

/// Whether offices are open on a day: no Saturday, Sunday or holiday.
pub fn is_working_day(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !HOLIDAYS.contains(&date)
}

/// The local date and time of an instant.
pub fn local(at: Timestamp) -> DateTime {
    STOCKHOLM.to_datetime(at)
}

/// The instant of a local date and time; the last there is, if it is beyond all.
pub fn instant(at: DateTime) -> Timestamp {
    at.to_zoned(STOCKHOLM.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// So many days later, or earlier.
pub fn plus_days(date: Date, days: i64) -> Date {
    Span::new().try_days(days).and_then(|span| date.checked_add(span)).unwrap_or(if days < 0 {
        Date::MIN
    } else {
        Date::MAX
    })
}

/// The day itself, or the first working day after it.
pub fn roll(date: Date) -> Date {
    let days = (0..SEARCH_DAYS_MAX).map(|days| plus_days(date, i64::from(days)));
    days.into_iter().find(|day| is_working_day(*day)).unwrap_or(date)
}

fn plus_working_days(date: Date, count: u32) -> Date {
    let mut day = roll(date);
    for _ in 0..count {
        day = roll(plus_days(day, 1));
    }
    day
}

/// How a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Exactly so long, office hours or not.
    Milliseconds,
    /// Exactly so long, office hours or not.
    Seconds,
    /// So long, then when the office is open.
    Minutes,
    /// So long, then when the office is open.
    Hours,
    /// Calendar days, then when the office is open.
    Days,
    /// Days on which the office is open.
    WorkingDays,
    /// Seven calendar days each.
    Weeks,
    /// Calendar months: the same day number, or the last day of a short month.
    Months,
}

/// A period that is drawn between two bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delay {
    /// The least.
    pub min: u32,
    /// The most; never below `min`.
    pub max: u32,
    /// What is counted.
    pub unit: Unit,
}

impl Delay {
    /// No time at all.
    pub const NONE: Delay = Delay { min: 0, max: 0, unit: Unit::Days };
}

/// When an office answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hours {
    /// Day and night: a machine answers.
    Always,
    /// On working days, from the first hour until just before the second. `from` is
    /// below `to`, both from 0 to 24.
    Office {
        /// The hour it opens.
        from: u8,
        /// The hour it closes.
        to: u8,
    },
}

impl Hours {
    /// Working days from 8 to 16.
    pub const OFFICE: Hours = Hours::Office { from: 8, to: 16 };

    /// Whether somebody answers at an instant.
    pub fn is_open(self, at: Timestamp) -> bool {
        match self {
            Hours::Always => true,
            Hours::Office { from, to } => {
                let at = local(at);
                let hour = u8::try_from(at.hour()).unwrap_or(0);
                is_working_day(at.date()) && (from..to).contains(&hour)
            }
        }
    }

    /// The instant itself, or the next at which the office opens.
    pub fn next_open(self, at: Timestamp) -> Timestamp {
        let Hours::Office { from, to } = self else {
            return at;
        };
        if self.is_open(at) {
            return at;
        }
        let today = local(at);
        let has_closed = u8::try_from(today.hour()).unwrap_or(0) >= to;
        let first = plus_days(today.date(), i64::from(has_closed));
        instant(at_hour(roll(first), from))
    }

    /// When a drawn period from an instant has passed and somebody answers.
    ///
    /// `draw` places it within the day's hours where the period is counted in days.
    /// Never before `from`.
    pub fn after(self, from: Timestamp, count: u32, unit: Unit, draw: u64) -> Timestamp {
        let exactly = |milliseconds: i64| {
            let span = Span::new().milliseconds(milliseconds.saturating_mul(i64::from(count)));
            from.checked_add(span).unwrap_or(Timestamp::MAX)
        };
        let date = local(from).date();
        let day = match unit {
            Unit::Milliseconds => return exactly(1),
            Unit::Seconds => return exactly(1_000),
            Unit::Minutes => return self.next_open(exactly(60_000)),
            Unit::Hours => return self.next_open(exactly(3_600_000)),
            Unit::Days | Unit::WorkingDays | Unit::Weeks | Unit::Months if count == 0 => {
                return self.next_open(from);
            }
            Unit::Days => plus_days(date, i64::from(count)),
            Unit::Weeks => plus_days(date, i64::from(count) * 7),
            Unit::WorkingDays => plus_working_days(date, count),
            Unit::Months => Span::new()
                .try_months(i64::from(count))
                .and_then(|months| date.checked_add(months))
                .unwrap_or(Date::MAX),
        };
        self.within(day, draw).max(from)
    }

    /// An instant of a day, or of the first working day after it, at which somebody
    /// answers; which one, `draw` tells.
    pub fn within(self, day: Date, draw: u64) -> Timestamp {
        let (day, from, to) = match self {
            Hours::Always => (day, 0, 24),
            Hours::Office { from, to } => (roll(day), from, to),
        };
        let minutes = u64::from(to.saturating_sub(from).max(1)) * 60;
        let minute = i64::try_from(draw % minutes).unwrap_or(0);
        instant(at_hour(day, from)).checked_add(Span::new().minutes(minute)).unwrap_or(Timestamp::MAX)
    }
}

fn at_hour(day: Date, hour: u8) -> DateTime {
    day.at(i8::try_from(hour.min(23)).unwrap_or(0), 0, 0, 0)
}

#[cfg(test)]
mod tests;
