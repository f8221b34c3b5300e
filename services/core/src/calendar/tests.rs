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
        (2027, 3, 28),
        (2028, 4, 16),
        (2029, 4, 1),
        (2030, 4, 21),
        (2031, 4, 13),
        (2032, 3, 28),
        (2033, 4, 17),
        (2034, 4, 9),
        (2035, 3, 25),
        (2038, 4, 25),
        (2076, 4, 19),
        (2100, 3, 28),
    ] {
        assert_eq!(easter_day(year), Some(date(year, month, day)));
    }
}

/// Easter Day as the church defines it, another way than the arithmetic of [`easter_day`]: the Sunday after the fourteenth
/// day of the first ecclesiastical moon that has it on 21 March or later, with Gauss's corrections of the calendar.
fn easter_by_the_moon(year: i16) -> Date {
    let year_number = i32::from(year);
    let century = year_number / 100 + 1;
    let skipped_leap_days = 3 * century / 4 - 12;
    let moon_drift = (8 * century + 5) / 25 - 5;
    let golden_number = year_number % 19 + 1;
    let epact = (11 * golden_number + 20 + moon_drift - skipped_leap_days).rem_euclid(30);
    let epact = if epact == 24 || (epact == 25 && golden_number > 11) { epact + 1 } else { epact };
    let full_moon = if epact > 23 { 74 - epact } else { 44 - epact };
    let mut day = date(year, 3, 1).saturating_add(Span::new().days(full_moon - 1)).tomorrow().unwrap();
    while day.weekday() != Weekday::Sunday {
        day = day.tomorrow().unwrap();
    }
    day
}

#[test]
fn easter_is_the_sunday_after_the_full_moon_of_spring() {
    for year in 1900..=2299 {
        assert_eq!(easter_day(year), Some(easter_by_the_moon(year)), "{year}");
    }
}

/// Every holiday and eve of 2024 to 2035, on whatever day of the week.
fn table() -> BTreeMap<Date, &'static str> {
    let rows = include_str!("../../../../workflows/reference-data/holidays.csv").lines().skip(1);
    rows.map(|line| {
        let (day, name) = line.split_once(',').unwrap();
        (day.parse().unwrap(), name)
    })
    .collect()
}

#[test]
fn the_holidays_are_those_of_the_table_and_no_others() {
    let table = table();
    assert_eq!(table.len(), 12 * 16);
    let mut day = date(2024, 1, 1);
    while day.year() <= 2035 {
        assert_eq!(holiday(day).map(Holiday::slug), table.get(&day).copied(), "{day}");
        let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert_eq!(is_free_day(day), is_weekend || table.contains_key(&day), "{day}");
        day = day.tomorrow().unwrap();
    }
}

#[test]
fn the_moving_holidays_of_the_table_stand_where_easter_and_the_week_put_them() {
    for (day, name) in table() {
        let from_easter = (day - easter_by_the_moon(day.year())).get_days();
        let (month, number) = (day.month(), day.day());
        let stands_right = match name {
            "good-friday" => from_easter == -2,
            "easter-day" => from_easter == 0,
            "easter-monday" => from_easter == 1,
            "ascension-day" => from_easter == 39 && day.weekday() == Weekday::Thursday,
            "whit-sunday" => from_easter == 49,
            "midsummer-eve" => day.weekday() == Weekday::Friday && month == 6 && (19..=25).contains(&number),
            "midsummer-day" => day.weekday() == Weekday::Saturday && month == 6 && (20..=26).contains(&number),
            "all-saints-day" => {
                day.weekday() == Weekday::Saturday && ((month, number) == (10, 31) || (month == 11 && number <= 6))
            }
            "new-years-day" => (month, number) == (1, 1),
            "epiphany" => (month, number) == (1, 6),
            "first-of-may" => (month, number) == (5, 1),
            "national-day" => (month, number) == (6, 6),
            "christmas-eve" => (month, number) == (12, 24),
            "christmas-day" => (month, number) == (12, 25),
            "boxing-day" => (month, number) == (12, 26),
            "new-years-eve" => (month, number) == (12, 31),
            other => panic!("{day}: `{other}` is no holiday"),
        };
        assert!(stands_right, "{day} {name}");
    }
}

#[test]
fn eves_that_the_law_does_not_name_are_working_days() {
    // Skärtorsdagen, valborgsmässoafton, the day before trettondedagen, the Friday after Ascension Day, the day before nationaldagen.
    for day in [date(2026, 4, 2), date(2026, 4, 30), date(2026, 1, 5), date(2026, 5, 15), date(2025, 6, 5)] {
        assert!(!is_free_day(day), "{day}");
    }
    // Påskafton and pingstafton are Saturdays.
    assert!(is_free_day(date(2026, 4, 4)) && is_free_day(date(2026, 5, 23)));
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

/// One row of `periods.txt`.
struct Row {
    line: &'static str,
    anchor: Date,
    /// Number and unit, one for each part of the period.
    parts: Vec<(i32, &'static str)>,
    roll_over: RollOver,
    last_day: Date,
    acts_on: Date,
}

impl Row {
    fn read(line: &'static str) -> Row {
        let [anchor, period, roll_over, last_day, acts_on, rule] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("six columns are asked for: {line}")
        };
        assert!(rule.contains(": "), "say what the row asks: {line}");
        let part = |part: &'static str| {
            let (number, unit) = part.split_once(' ').unwrap();
            (number.parse().unwrap(), unit.trim_end_matches('s'))
        };
        let roll_over = match roll_over {
            "yes" => RollOver::Yes,
            "no" => RollOver::No,
            "unclear" => RollOver::Unclear,
            other => panic!("`{other}` is not a word here: {line}"),
        };
        Row {
            line,
            anchor: anchor.parse().unwrap(),
            parts: period.split(" and ").map(part).collect(),
            roll_over,
            last_day: last_day.parse().unwrap(),
            acts_on: acts_on.parse().unwrap(),
        }
    }

    fn period(&self) -> Period {
        let period = |(number, unit): &(i32, &str)| match *unit {
            "day" => Period::days(*number),
            "week" => Period::weeks(*number),
            "month" => Period::months(*number),
            "year" => Period::years(*number),
            other => panic!("`{other}` is no unit: {}", self.line),
        };
        self.parts.iter().map(period).fold(Period::ZERO, |sum, part| sum + part)
    }
}

fn rows() -> impl Iterator<Item = Row> {
    include_str!("periods.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Row::read)
}

#[test]
fn every_period_of_the_table_ends_and_acts_on_its_days() {
    let wrong: Vec<String> = rows()
        .filter_map(|row| {
            let last_day = row.period().after(row.anchor);
            let acts_on = row.roll_over.acts_on(last_day);
            let is_right = (last_day, acts_on) == (row.last_day, row.acts_on);
            (!is_right).then(|| format!("{}\n  gives {last_day}, {acts_on}", row.line))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(rows().count() >= 600, "{}", rows().count());
}

#[test]
fn the_table_itself_keeps_the_words_of_the_law() {
    for row in rows() {
        let line = row.line;
        if let [(_, "week")] = row.parts[..] {
            assert_eq!(row.last_day.weekday(), row.anchor.weekday(), "the day of the same name: {line}");
        }
        if let [(_, "month" | "year")] = row.parts[..] {
            let is_same_number = row.last_day.day() == row.anchor.day();
            let is_last = row.last_day == row.last_day.last_of_month();
            assert!(is_same_number || (is_last && row.last_day.day() < row.anchor.day()), "the same number: {line}");
        }
        let has_moved = row.acts_on != row.last_day;
        match row.roll_over {
            RollOver::No => assert!(!has_moved, "{line}"),
            RollOver::Yes | RollOver::Unclear => {
                assert_eq!(has_moved, is_free_day(row.last_day), "{line}");
                assert!(!is_free_day(row.acts_on) && row.acts_on >= row.last_day, "{line}");
            }
        }
    }
}

#[test]
fn the_table_asks_of_every_holiday_and_every_kind_of_period() {
    let moved: BTreeMap<&str, usize> = rows()
        .filter(|row| row.roll_over == RollOver::Yes)
        .filter_map(|row| holiday(row.last_day))
        .fold(BTreeMap::new(), |mut counts, holiday| {
            *counts.entry(holiday.slug()).or_default() += 1;
            counts
        });
    let of_table: std::collections::BTreeSet<&str> = table().into_values().collect();
    for name in of_table {
        assert!(moved.contains_key(name), "no row rolls over {name}");
    }
    for unit in ["day", "week", "month", "year"] {
        let count = |is_before: bool| {
            rows().filter(|row| row.parts.iter().any(|part| part.1 == unit && (part.0 < 0) == is_before)).count()
        };
        assert!(count(false) >= 10, "{unit}s forwards: {}", count(false));
        assert!(unit == "year" || count(true) >= 5, "{unit}s backwards: {}", count(true));
    }
}

#[test]
fn a_last_day_stays_or_moves_as_its_source_says() {
    let midsummer_eve = date(2026, 6, 19);
    assert_eq!(RollOver::No.acts_on(midsummer_eve), midsummer_eve);
    assert_eq!(RollOver::Yes.acts_on(midsummer_eve), date(2026, 6, 22));
    // Shown as the 19th; nobody loses anything before the 22nd has passed.
    assert_eq!(RollOver::Unclear.acts_on(midsummer_eve), date(2026, 6, 22));
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
