//! What is said of rows that cannot be believed, and what is read from those that can.

use super::*;
use crate::reference::AMOUNTS_CSV;
use jiff::civil::date;
use std::collections::BTreeSet;

fn told(rows: &str) -> Vec<String> {
    let text = format!("{HEADER}\n{rows}");
    let complaints = amounts_from_csv("amounts.csv", &text).err().unwrap_or_default();
    complaints.iter().map(ToString::to_string).collect()
}

#[test]
fn a_row_is_read_with_its_days_and_its_source() {
    let text = format!("{HEADER}\nfee,ore,50000,2026-01-01,,\"Förordning (2000:1), \"\"bilagan\"\"\",2026-11-21\n");
    assert_eq!(
        amounts_from_csv("amounts.csv", &text).unwrap(),
        [Amount {
            slug: Slug::new("fee").unwrap(),
            unit: Unit::Ore,
            value: 50_000,
            from: date(2026, 1, 1),
            to: None,
            source: "Förordning (2000:1), \"bilagan\"".to_owned(),
            read_on: date(2026, 11, 21),
        }]
    );
}

#[test]
fn every_fault_of_a_row_is_told_with_line_column_and_remedy() {
    let told = told("Fee,kr,0,2026-13-01,soon,,yesterday\n");
    let starts = [
        "amounts.csv:2:10: `2026-13-01` is not a day in `from`",
        "amounts.csv:2:21: `soon` is not a day in `to`",
        "amounts.csv:2:1: ",
        "amounts.csv:2:5: `kr` is not a unit; use one of: ore, percent-100, days, weeks, months",
        "amounts.csv:2:8: `0` is not a value; give a whole number from 1",
        "amounts.csv:2:26: the source has 0 characters",
        "amounts.csv:2:27: `yesterday` is not a day in `read_on`",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (line, start) in told.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn values_are_whole_numbers_above_zero() {
    for value in ["", "0", "-5", "1.5", "1 000", "10000000000001", "99999999999999999999"] {
        let told = told(&format!("fee,ore,{value},2026-01-01,,SFS 1,2026-11-21\n"));
        assert!(told.len() == 1 && told[0].contains("is not a value"), "{value}: {told:?}");
    }
}

#[test]
fn a_day_has_one_value_and_no_day_between_has_none() {
    let row = |from: &str, to: &str| format!("fee,ore,1,{from},{to},SFS 1,2026-11-21\n");
    let is_told = |rows: [String; 2], problem: &str| {
        let told = told(&rows.concat());
        assert!(told.len() == 1 && told[0].starts_with("amounts.csv:3:1: ") && told[0].contains(problem), "{told:?}");
    };
    let first = row("2025-01-01", "2025-12-31");
    assert!(told(&[first.clone(), row("2026-01-01", "")].concat()).is_empty());
    is_told([first.clone(), row("2025-12-31", "")], "has two values from 2025-12-31 to 2025-12-31");
    is_told([first.clone(), row("2026-02-01", "")], "has no value from 2026-01-01 to 2026-01-31");
    is_told([row("2025-01-01", ""), row("2026-01-01", "")], "has no last day, and another value begins on 2026-01-01");
    is_told([row("2026-01-01", ""), first], "stands after");
}

#[test]
fn a_period_does_not_end_before_it_begins_nor_change_its_unit() {
    let backwards = told("fee,ore,1,2026-02-01,2026-01-31,SFS 1,2026-11-21\n");
    assert!(backwards.len() == 1 && backwards[0].contains("is before the first"), "{backwards:?}");
    let told = told("fee,ore,1,2025-01-01,2025-12-31,SFS 1,2026-11-21\nfee,days,1,2026-01-01,,SFS 1,2026-11-21\n");
    assert!(told.len() == 1 && told[0].contains("is in days here and in ore before"), "{told:?}");
}

#[test]
fn a_line_of_another_shape_is_told_and_so_is_another_header() {
    assert!(told("fee,ore,1\n")[0].starts_with("amounts.csv:2:1: 3 columns; give seven"));
    assert!(told("fee,ore,1,2026-01-01,,SFS 1, 2 och 3 §§,2026-11-21\n")[0].contains("8 columns"));
    assert!(told("fee,ore,1,2026-01-01,,\"SFS 1,2026-11-21\n")[0].contains("never closed"));
    assert!(told("\n")[0].contains("1 columns"));
    let complaints = amounts_from_csv("amounts.csv", "slug;unit\n").unwrap_err();
    assert!(complaints[0].to_string().contains("the header is another"), "{complaints:?}");
}

#[test]
fn the_amounts_that_are_built_in_are_sound() {
    let amounts = amounts_from_csv("workflows/reference-data/amounts.csv", AMOUNTS_CSV).unwrap_or_else(|complaints| {
        panic!("{}", complaints.iter().map(|told| format!("{told}\n")).collect::<String>())
    });
    let slugs: BTreeSet<&str> = amounts.iter().map(|amount| amount.slug.as_str()).collect();
    for expected in ["price-base-amount", "preschool-fee-max-child-1-month", "child-benefit-month"] {
        assert!(slugs.contains(expected), "{expected} is not among {slugs:?}");
    }
}

#[test]
fn the_price_base_amount_of_a_day_is_that_of_its_year() {
    let slug = Slug::new("price-base-amount").unwrap();
    let on = |day| crate::registry().amount(&slug, day).map(|amount| amount.value);
    assert_eq!(on(date(2023, 12, 31)), None);
    assert_eq!(on(date(2024, 1, 1)), Some(5_730_000));
    assert_eq!(on(date(2025, 12, 31)), Some(5_880_000));
    assert_eq!(on(date(2026, 7, 1)), Some(5_920_000));
}

#[test]
fn what_is_made_from_the_price_base_amount_follows_it() {
    let amounts = amounts_from_csv("amounts.csv", AMOUNTS_CSV).unwrap();
    let mut compared = 0;
    for amount in &amounts {
        // SoL (2025:400) 32 kap.: a twelfth of so many ten-thousandths, to the nearest krona; SFL 39 kap. 5 §: four of them.
        let (ten_thousandths, parts) = match amount.slug.as_str() {
            "elderly-fee-cap" => (5_392, 12),
            "elderly-housing-fee-cap" => (5_539, 12),
            "elderly-minimum-single" => (14_789, 12),
            "elderly-minimum-cohabiting" => (12_066, 12),
            "cash-register-limit" => (40_000, 1),
            _ => continue,
        };
        let base = Slug::new("price-base-amount").unwrap();
        let base = crate::registry().amount(&base, amount.from).unwrap();
        assert_eq!((base.from, base.to), (amount.from, amount.to), "{amount:?}");
        let exact_ore = base.value * ten_thousandths / 10_000 / parts;
        assert!((amount.value - exact_ore).abs() <= 50, "{exact_ore}: {amount:?}");
        assert_eq!(amount.value % 100, 0, "whole kronor: {amount:?}");
        compared += 1;
    }
    assert!(compared >= 15, "{compared}");
}

#[test]
fn the_fee_for_preschool_is_its_share_of_the_highest_income_that_counts() {
    let amounts = amounts_from_csv("amounts.csv", AMOUNTS_CSV).unwrap();
    let on = |slug: &str, day: Date| {
        amounts.iter().find(|amount| amount.slug.as_str() == slug && amount.holds_on(day)).map(|amount| amount.value)
    };
    for day in [date(2024, 5, 1), date(2025, 5, 1), date(2026, 6, 30), date(2026, 7, 1)] {
        let deduction = on("preschool-fee-income-deduction-month", day).unwrap_or(0);
        let income = on("preschool-fee-income-cap-month", day).unwrap() - deduction;
        for child in 1..=3 {
            let share = on(&format!("preschool-fee-share-child-{child}"), day).unwrap();
            let fee = on(&format!("preschool-fee-max-child-{child}-month"), day).unwrap();
            assert!((fee - income * share / 10_000).abs() <= 50, "{day}, child {child}: {fee}");
        }
    }
}
