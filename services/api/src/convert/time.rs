//! Instants and days.

use jiff::civil::Date;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1 as pb;
use prost_types::Timestamp;

/// An instant of civil time as a timestamp.
pub(crate) fn timestamp(at: CivilTime) -> Timestamp {
    let nanos = i32::try_from(at.0.rem_euclid(1_000) * 1_000_000).unwrap_or(0);
    Timestamp { seconds: at.0.div_euclid(1_000), nanos }
}

/// A timestamp as an instant of civil time, to the millisecond; `None` outside the years 1900 to 2200.
pub(crate) fn civil(at: &Timestamp) -> Option<CivilTime> {
    const FROM: i64 = -2_208_988_800;
    const TO: i64 = 7_289_654_400;
    if !(FROM..TO).contains(&at.seconds) || !(0..1_000_000_000).contains(&at.nanos) {
        return None;
    }
    Some(CivilTime(at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000))
}

/// A day.
pub(crate) fn date(day: Date) -> pb::Date {
    pb::Date { year: i32::from(day.year()), month: i32::from(day.month()), day: i32::from(day.day()) }
}

/// A day as the contract allows it: 1900 to 2200, and in the calendar.
pub(crate) fn day(date: &pb::Date) -> Option<Date> {
    let in_range = (1900..=2200).contains(&date.year);
    let day = Date::new(date.year.try_into().ok()?, date.month.try_into().ok()?, date.day.try_into().ok()?).ok();
    day.filter(|_| in_range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_comes_back_also_before_1970() {
        for millis in [0, 1, -1, -1_001, 1_770_000_000_123] {
            assert_eq!(civil(&timestamp(CivilTime(millis))), Some(CivilTime(millis)));
        }
    }

    #[test]
    fn what_is_no_instant_and_no_day_is_refused() {
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000)] {
            assert_eq!(civil(&Timestamp { seconds, nanos }), None);
        }
        for (year, month, day_number) in [(2026, 2, 30), (0, 1, 1), (2026, 0, 1), (2026, 300, 1), (70_000, 1, 1)] {
            assert_eq!(day(&pb::Date { year, month, day: day_number }), None);
        }
        assert_eq!(day(&date(jiff::civil::date(2028, 2, 29))), Some(jiff::civil::date(2028, 2, 29)));
    }
}
