//! Civil time: the time that law runs on, Europe/Stockholm.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt;
use std::sync::LazyLock;

/// Swedish civil time since the summer time rules of 1996 (directive 2000/84/EC): CET, and CEST from the last
/// Sunday of March to the last Sunday of October. Written as a rule so that no time zone database is needed.
static STOCKHOLM: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC));

/// An instant of civil time, in milliseconds since 1970-01-01 UTC.
///
/// Handed in from outside, never read here. In time-lapse it runs ahead of the real clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime(pub i64);

impl CivilTime {
    /// Noon in Stockholm on a day: where a fact that only has a date is placed.
    pub fn noon(date: Date) -> CivilTime {
        CivilTime::at(date, 12)
    }

    /// The first instant of a day in Stockholm.
    pub fn start_of(date: Date) -> CivilTime {
        CivilTime::at(date, 0)
    }

    /// The first instant after a day: when a period whose last day it is has passed.
    pub fn after(date: Date) -> CivilTime {
        CivilTime::start_of(date.tomorrow().unwrap_or(Date::MAX))
    }

    fn at(date: Date, hour: i8) -> CivilTime {
        let zoned = date.at(hour, 0, 0, 0).to_zoned(STOCKHOLM.clone());
        CivilTime(zoned.map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond()))
    }

    /// The instant of a day and time of day in Stockholm; of an hour that comes twice, the first.
    pub fn local_at(local: jiff::civil::DateTime) -> CivilTime {
        CivilTime(local.to_zoned(STOCKHOLM.clone()).map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond()))
    }

    /// The day in Stockholm.
    pub fn date(self) -> Date {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        STOCKHOLM.to_datetime(instant).date()
    }

    /// The day and time of day in Stockholm.
    pub fn local(self) -> jiff::civil::DateTime {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        STOCKHOLM.to_datetime(instant)
    }

    /// This instant and so many whole hours more.
    pub fn plus_hours(self, hours: i64) -> CivilTime {
        CivilTime(self.0.saturating_add(hours.saturating_mul(3_600_000)))
    }
}

impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local().strftime("%Y-%m-%d %H:%M"))
    }
}

impl fmt::Debug for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
