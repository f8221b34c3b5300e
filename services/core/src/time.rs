//! Civil time: the time that law runs on, Europe/Stockholm.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt;
use std::sync::LazyLock;

/// Swedish civil time since the summer time rules of 1996 (directive 2000/84/EC): CET, and CEST from the last
/// Sunday of March to the last Sunday of October. Written as a rule so that no time zone database is needed.
static STOCKHOLM: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC));

/// The days of [`YEARS`] with their first instants in milliseconds, one more at the end. Rules ask for days all the time, and
/// to reckon one from the rule of summer time takes a hundred times as long as to look it up.
static DAYS: LazyLock<Vec<(i64, Date)>> = LazyLock::new(|| {
    let first = jiff::civil::date(*YEARS.start(), 1, 1);
    let days = first.series(jiff::Span::new().days(1)).take_while(|day| day.year() <= *YEARS.end() + 1);
    days.take(days_before(*YEARS.end() + 1) + 1).map(|day| (CivilTime::reckoned(day, 0).0, day)).collect()
});

/// The years whose days are looked up. Each fourth of them has a leap day.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;
const DAY_MILLIS: i64 = 86_400_000;

/// How many of the days of [`YEARS`] come before a year.
fn days_before(year: i16) -> usize {
    let years = usize::try_from(year - YEARS.start()).unwrap_or(0);
    365 * years + years.div_ceil(4)
}

/// An instant of civil time, in milliseconds since 1970-01-01 UTC.
///
/// Handed in from outside, never read here. In time-lapse it runs ahead of the real clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime(pub i64);

impl CivilTime {
    /// Noon in Stockholm on a day: where a fact that only has a date is placed.
    pub fn noon(date: Date) -> CivilTime {
        CivilTime::reckoned(date, 12)
    }

    /// The first instant of a day in Stockholm.
    pub fn start_of(date: Date) -> CivilTime {
        if !YEARS.contains(&date.year()) {
            return CivilTime::reckoned(date, 0);
        }
        let index = days_before(date.year()) + usize::try_from(date.day_of_year() - 1).unwrap_or(0);
        DAYS.get(index).map_or_else(|| CivilTime::reckoned(date, 0), |(start, _)| CivilTime(*start))
    }

    /// The first instant after a day: when a period whose last day it is has passed.
    pub fn after(date: Date) -> CivilTime {
        CivilTime::start_of(date.tomorrow().unwrap_or(Date::MAX))
    }

    fn reckoned(date: Date, hour: i8) -> CivilTime {
        let zoned = date.at(hour, 0, 0, 0).to_zoned(STOCKHOLM.clone());
        CivilTime(zoned.map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond()))
    }

    /// The instant of a day and time of day in Stockholm; of an hour that comes twice, the first.
    pub fn local_at(local: jiff::civil::DateTime) -> CivilTime {
        CivilTime(local.to_zoned(STOCKHOLM.clone()).map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond()))
    }

    /// The day in Stockholm.
    pub fn date(self) -> Date {
        let guess = self.0.saturating_sub(DAYS[0].0).div_euclid(DAY_MILLIS);
        // Summer time moves a day's start by an hour at most: it is the day that is guessed or the one after it.
        for index in [guess, guess + 1] {
            let days = usize::try_from(index).ok().and_then(|index| DAYS.get(index..index + 2));
            if let Some([(start, day), (end, _)]) = days
                && (*start..*end).contains(&self.0)
            {
                return *day;
            }
        }
        self.local().date()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every hour of two years with their changes of time, and the ends of what is looked up.
    fn instants() -> impl Iterator<Item = CivilTime> {
        let hours = |from: Date, count: i64| {
            let first = CivilTime::reckoned(from, 0);
            (0..count).flat_map(move |hour| [-1, 0, 1].map(|millis| CivilTime(first.plus_hours(hour).0 + millis)))
        };
        hours(jiff::civil::date(2026, 12, 30), 2 * 366 * 24)
            .chain(hours(jiff::civil::date(1999, 12, 30), 96))
            .chain(hours(jiff::civil::date(2099, 12, 30), 96))
    }

    #[test]
    fn a_day_that_is_looked_up_is_the_day_that_is_reckoned() {
        for instant in instants() {
            let day = instant.local().date();
            assert_eq!(instant.date(), day, "{}", instant.0);
            assert_eq!(CivilTime::start_of(day), CivilTime::reckoned(day, 0), "{day}");
        }
    }

    #[test]
    fn the_days_that_are_looked_up_are_those_of_a_century() {
        let (first, last) = (DAYS[0].1, DAYS[DAYS.len() - 1].1);
        assert_eq!((first, last), (jiff::civil::date(2000, 1, 1), jiff::civil::date(2100, 1, 1)));
    }
}
