//! Office hours and periods on days that are awkward.

use super::*;

fn at(text: &str) -> Timestamp {
    instant(text.parse().unwrap())
}

fn after(from: &str, count: u32, unit: Unit) -> String {
    local(Hours::OFFICE.after(at(from), count, unit, 0)).to_string()
}

#[test]
fn an_office_is_open_on_working_days_from_eight_to_sixteen() {
    for open in ["2026-03-02T08:00", "2026-03-02T15:59", "2026-12-23T12:00"] {
        assert!(Hours::OFFICE.is_open(at(open)), "{open}");
    }
    for closed in ["2026-03-02T07:59", "2026-03-02T16:00", "2026-03-01T12:00", "2026-04-03T12:00", "2026-06-19T12:00"] {
        assert!(!Hours::OFFICE.is_open(at(closed)), "{closed}");
    }
}

#[test]
fn what_comes_on_the_evening_before_a_long_weekend_waits_until_it_is_over() {
    let evening = at("2026-04-02T18:30");
    let next = local(Hours::OFFICE.next_open(evening)).to_string();
    assert_eq!(next, "2026-04-07T08:00:00", "Easter 2026 is over on 7 April");
    assert_eq!(Hours::Always.next_open(evening), evening);
}

#[test]
fn what_comes_early_in_the_morning_waits_for_the_same_day() {
    let early = Hours::OFFICE.next_open(at("2026-03-03T02:00"));
    assert_eq!(local(early).to_string(), "2026-03-03T08:00:00");
}

#[test]
fn an_answer_that_falls_on_a_free_day_comes_on_the_next_working_day() {
    assert_eq!(after("2026-06-12T10:00", 7, Unit::Days), "2026-06-22T08:00:00");
    assert_eq!(after("2026-06-12T10:00", 1, Unit::Weeks), "2026-06-22T08:00:00");
    assert_eq!(after("2026-12-21T10:00", 3, Unit::WorkingDays), "2026-12-28T08:00:00");
}

#[test]
fn a_month_that_is_too_short_ends_on_its_last_day() {
    assert_eq!(after("2027-01-31T10:00", 1, Unit::Months), "2027-03-01T08:00:00");
    assert_eq!(after("2026-03-31T10:00", 1, Unit::Months), "2026-04-30T08:00:00");
}

#[test]
fn no_delay_in_office_hours_is_at_once() {
    let now = at("2026-03-02T10:17");
    assert_eq!(Hours::OFFICE.after(now, 0, Unit::Days, 99), now);
}

#[test]
fn machine_time_knows_no_office_hours() {
    let night = at("2026-03-01T23:00");
    let later = Hours::OFFICE.after(night, 250, Unit::Milliseconds, 0);
    assert_eq!(later.as_millisecond() - night.as_millisecond(), 250);
}

#[test]
fn the_hour_that_summer_time_takes_is_not_lost_from_an_answer() {
    // Clocks go forward on 29 March 2026.
    let answered = Hours::OFFICE.after(at("2026-03-27T09:00"), 3, Unit::Days, 61);
    assert_eq!(local(answered).to_string(), "2026-03-30T09:01:00");
}

#[test]
fn every_drawn_moment_is_in_office_hours() {
    for draw in 0..2_000 {
        let moment = Hours::OFFICE.after(at("2026-12-20T12:00"), 5, Unit::Days, draw);
        assert!(Hours::OFFICE.is_open(moment), "{draw}: {}", local(moment));
    }
}
