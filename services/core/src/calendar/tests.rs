//! Holidays, periods and the next working day, against tables.

use super::*;
use jiff::civil::date;
use std::collections::BTreeMap;

#[test]
fn easter_falls_where_the_church_says() {
    for (year, month, day) in [
        (1990, 4, 15),
        (2000, 4, 23),
        (2008, 3, 23),
        (2011, 4, 24),
        (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5),
        (2030, 4, 21),
        (2038, 4, 25),
        (2076, 4, 19),
        (2100, 3, 28),
    ] {
        assert_eq!(easter_day(year), Some(date(year, month, day)));
    }
}

#[test]
fn the_holidays_on_weekdays_are_those_of_the_table_and_no_others() {
    let table: BTreeMap<Date, &str> = include_str!("../../../../workflows/reference-data/holidays.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let (day, name) = line.split_once(',').unwrap();
            (day.parse().unwrap(), name)
        })
        .collect();
    assert_eq!(table.len(), 72);
    let mut computed = BTreeMap::new();
    let mut day = date(2024, 1, 1);
    while day.year() <= 2030 {
        let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert_eq!(is_free_day(day), is_weekend || table.contains_key(&day), "{day}");
        if let Some(holiday) = holiday(day)
            && !is_weekend
        {
            computed.insert(day, holiday.slug());
        }
        day = day.tomorrow().unwrap();
    }
    assert_eq!(computed, table);
}

#[test]
fn every_year_has_its_holidays_once() {
    for year in 1990..=2100 {
        let mut count = 0;
        let mut day = date(year, 1, 1);
        while day.year() == year {
            count += usize::from(holiday(day).is_some());
            day = day.tomorrow().unwrap();
        }
        // Ascension Day can fall on 1 May (2008) and Whit Sunday on 6 June (2060): then one day is two holidays.
        assert!((15..=16).contains(&count), "{year}: {count}");
    }
}

#[test]
fn whit_monday_was_a_holiday_until_the_national_day_became_one() {
    assert_eq!(holiday(date(2004, 5, 31)), Some(Holiday::WhitMonday));
    assert_eq!(holiday(date(2004, 6, 6)), None);
    assert_eq!(holiday(date(2005, 5, 16)), None);
    assert_eq!(holiday(date(2005, 6, 6)), Some(Holiday::NationalDay));
}

#[test]
fn a_last_day_on_a_free_day_moves_to_the_next_working_day() {
    for (from, to) in [
        (date(2026, 3, 13), date(2026, 3, 13)),
        (date(2026, 3, 14), date(2026, 3, 16)),
        (date(2026, 4, 3), date(2026, 4, 7)),
        (date(2026, 5, 1), date(2026, 5, 4)),
        (date(2026, 6, 19), date(2026, 6, 22)),
        (date(2026, 12, 24), date(2026, 12, 28)),
        (date(2026, 12, 31), date(2027, 1, 4)),
        (date(2025, 10, 31), date(2025, 10, 31)),
        (date(2025, 11, 1), date(2025, 11, 3)),
        (Date::MAX, Date::MAX),
    ] {
        assert_eq!(roll(from), to, "{from}");
    }
}

#[test]
fn a_period_ends_on_the_same_day_number_or_the_last_of_the_month() {
    let mut row_count = 0;
    for line in include_str!("periods.txt").lines().filter(|line| !line.starts_with('#')) {
        let [from, months, days, to] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let period = Period { months: months.parse().unwrap(), days: days.parse().unwrap() };
        assert_eq!(period.after(from.parse().unwrap()), to.parse::<Date>().unwrap(), "{line}");
        row_count += 1;
    }
    assert_eq!(row_count, 100);
}

#[test]
fn weeks_are_seven_days_and_years_twelve_months() {
    assert_eq!(Period::weeks(3), Period::days(21));
    assert_eq!(Period::years(2), Period::months(24));
    assert_eq!(Period::months(1) + Period::days(-3), Period { months: 1, days: -3 });
}

#[test]
fn a_period_beyond_the_calendar_ends_where_the_calendar_does() {
    assert_eq!(Period::days(i32::MAX).after(date(2026, 1, 1)), Date::MAX);
    assert_eq!(Period::months(i32::MIN).after(date(2026, 1, 1)), Date::MIN);
}
