//! What a step's own input leads to, and what is said of it.

use crate::calendar::{plus_days, roll};
use crate::draw::Draw;
use jiff::civil::Date;
use livshandelse_agency::say;
use livshandelse_proto::v1::Outcome;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use std::collections::BTreeMap;

/// What was filed, as far as it matters to the answer.
#[derive(Debug, Clone, Copy)]
pub struct Filed<'a> {
    /// The step's slug.
    pub step: &'a str,
    /// What the applicant answered, with all supplements.
    pub input: &'a Struct,
    /// Facts that are missing to be complete.
    pub missing: &'a [String],
    /// The day it was filed.
    pub on: Date,
}

/// What an officer makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing stands in the way.
    Usual,
    /// Something must be asked for first.
    Ask {
        /// In which words.
        words: &'static str,
        /// Fields of the form.
        fields: &'static [&'static str],
        /// How long the applicant has, in days.
        due_days: u32,
        /// An answer that still does not tell ends in a dismissal.
        insists: bool,
    },
    /// Not approved in full.
    Instead(Outcome),
}

/// How far back parental benefit is paid, in days (SFB 12:12).
const PAID_BACK_DAYS: i64 = 90;

/// Days at the birth, for each child (SFB 13:14).
const BIRTH_DAYS_MAX: f64 = 10.0;

/// Judges what was filed.
pub fn judge(filed: Filed<'_>) -> Judgement {
    let input = Some(filed.input);
    let is_missing = |wanted: &str| filed.missing.iter().any(|missing| missing == wanted);
    match filed.step {
        "name" => judge_name(input),
        "ten-days" if say::number(input, "days").is_some_and(|days| days > BIRTH_DAYS_MAX) => {
            Judgement::Instead(Outcome::PartlyApproved)
        }
        "ten-days" | "parental-benefit" if ends_before_it_begins(input) => Judgement::Ask {
            words: "Den sista dagen ligger före den första. Vilka dagar gäller det?",
            fields: &["first-day", "last-day"],
            due_days: 14,
            insists: true,
        },
        "parental-benefit" => {
            let first = date(input, "first-day");
            let too_early = first.is_some_and(|day| day < plus_days(filed.on, -PAID_BACK_DAYS));
            if too_early { Judgement::Instead(Outcome::PartlyApproved) } else { Judgement::Usual }
        }
        // The name of a company that can be taken for the state's is refused (lag 2018:1653, 2 kap.).
        "company-name" if says(input, "first-choice", "statens") => Judgement::Instead(Outcome::Rejected),
        // Without the bank's certificate a company is not registered (ABL 2 kap. 18 §): it is asked for.
        "company-registration" if is_missing("bank-certificate") => Judgement::Ask {
            words: "Vi saknar intyget från banken om att aktiekapitalet är betalt. Skicka det, så går vi vidare.",
            fields: &[],
            due_days: 42,
            // It comes from the bank, when it comes.
            insists: false,
        },
        "joint-custody" if is_missing("parenthood") => Judgement::Instead(Outcome::Rejected),
        _ => Judgement::Usual,
    }
}

fn judge_name(input: Option<&Struct>) -> Judgement {
    let first_names = say::text(input, "first-names").unwrap_or_default();
    let is_a_name = |char: char| char.is_alphabetic() || matches!(char, ' ' | '-' | '\'' | '’');
    if !first_names.chars().all(is_a_name) {
        return Judgement::Instead(Outcome::Rejected);
    }
    let surname = say::text(input, "surname").unwrap_or_default();
    if say::text(input, "surname-choice") == Some("other") && surname.is_empty() {
        return Judgement::Ask {
            words: "Du har valt ett annat efternamn. Vilket efternamn ska barnet ha?",
            fields: &["surname"],
            due_days: 14,
            insists: true,
        };
    }
    if say::flag(input, "other-guardian-agrees") == Some(false) {
        return Judgement::Ask {
            words: "Båda vårdnadshavarna måste ansöka. Be den andra att godkänna namnet.",
            fields: &["other-guardian-agrees"],
            due_days: 21,
            insists: true,
        };
    }
    Judgement::Usual
}

/// Whether a text has a word in it, whatever the letters' size.
fn says(input: Option<&Struct>, field: &str, word: &str) -> bool {
    let text = say::text(input, field).unwrap_or_default().to_lowercase();
    text.split(|char: char| !char.is_alphanumeric()).any(|known| known == word)
}

fn ends_before_it_begins(input: Option<&Struct>) -> bool {
    match (date(input, "first-day"), date(input, "last-day")) {
        (Some(first), Some(last)) => last < first,
        (_, _) => false,
    }
}

/// A day in an input; `None` if it is absent or none.
pub fn date(input: Option<&Struct>, field: &str) -> Option<Date> {
    say::text(input, field)?.parse().ok()
}

/// What can stand in an answer, by name.
pub type Known = BTreeMap<String, String>;

/// Adds every plain value of an input or evidence, dates in words.
pub fn know(known: &mut Known, values: &Struct) {
    for (field, value) in &values.fields {
        if let Some(text) = in_words(value) {
            known.insert(field.clone(), text);
        }
    }
}

fn in_words(value: &Value) -> Option<String> {
    match value.kind.as_ref()? {
        Kind::StringValue(text) => Some(match text.parse() {
            Ok(day) => day_in_words(day),
            Err(_) => text.clone(),
        }),
        Kind::NumberValue(number) => Some(number.to_string()),
        Kind::BoolValue(flag) => Some(if *flag { "ja" } else { "nej" }.to_owned()),
        Kind::NullValue(_) | Kind::StructValue(_) | Kind::ListValue(_) => None,
    }
}

/// A day as people write it: `den 1 mars 2026`.
pub fn day_in_words(day: Date) -> String {
    const MONTHS: [&str; 12] = [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ];
    let month = usize::try_from(day.month() - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"");
    format!("den {} {month} {}", day.day(), day.year())
}

/// Fills `{name}` in; what is not known is said to be so.
pub fn fill(template: &str, known: &Known) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((name, after)) => {
                let value = known.get(name).map_or("(inte angivet)", String::as_str);
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A fact that a step gives.
///
/// `parts` names the matter, so that each has its own; `child` is its number, 0 if none.
pub fn fact(slug: &str, known: &Known, born: Date, child: u32, draw: Draw, parts: &[&str]) -> String {
    match slug {
        "personal-number" => match known.get("personal-number") {
            Some(given) => given.clone(),
            None => personal_number(born, draw.within(0, 19, parts).wrapping_add(child)),
        },
        "parenthood" => "confirmed".to_owned(),
        "custody" => "joint".to_owned(),
        "pregnancy-certificate" => "issued".to_owned(),
        "organisation-number" => organisation_number(draw.within(0, 9_999, parts)),
        "guardian-consent" => "given".to_owned(),
        "f-tax" => "approved".to_owned(),
        "care-home-place" => "Provgården".to_owned(),
        "preschool-place" => match known.get("first-choice") {
            Some(wished) if !wished.is_empty() => wished.clone(),
            _ => {
                const NAMES: [&str; 6] = [
                    "förskolan Solrosen",
                    "förskolan Björken",
                    "förskolan Lärkan",
                    "förskolan Tallbacken",
                    "förskolan Ängen",
                    "förskolan Kotten",
                ];
                let index = usize::try_from(draw.within(0, 5, parts)).unwrap_or(0);
                NAMES.get(index).copied().unwrap_or("förskolan").to_owned()
            }
        },
        // Of a permit or a registration the number is shown.
        other => known.get("number").cloned().unwrap_or_else(|| other.to_owned()),
    }
}

/// The number of a company that is nobody's: ten digits, from a series that is not given out.
fn organisation_number(index: u32) -> String {
    let nine = format!("55999{:04}", index % 10_000);
    format!("{}-{}{}", &nine[..6], &nine[6..], check_digit(&nine))
}

/// A personal identity number from the series 980–999, which is for tests: twelve digits.
fn personal_number(born: Date, index: u32) -> String {
    let ten = format!("{:02}{:02}{:02}{:03}", born.year().rem_euclid(100), born.month(), born.day(), 980 + index % 20);
    let century = born.year() / 100;
    format!("{century:02}{ten}{}", check_digit(&ten))
}

/// The last digit of an identity or organisation number, from the nine before it (Luhn).
fn check_digit(nine: &str) -> u32 {
    let sum: u32 = nine
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(position, digit)| {
            let weighted = if position % 2 == 0 { digit * 2 } else { digit };
            weighted / 10 + weighted % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

/// The day of a visit or a meeting: five to twelve days on, on a working day.
pub fn visit_day(today: Date, draw: Draw, parts: &[&str]) -> Date {
    roll(plus_days(today, i64::from(draw.within(5, 12, parts))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(fields: &[(&str, &str)]) -> Struct {
        say::gives(fields.iter().map(|(field, text)| (*field, (*text).to_owned())))
    }

    fn judged(step: &str, input: &Struct) -> Judgement {
        judge(Filed { step, input, missing: &[], on: "2026-06-01".parse().unwrap() })
    }

    #[test]
    fn another_surname_that_is_not_told_is_asked_for() {
        let asked = judged("name", &input(&[("first-names", "Maj-Britt"), ("surname-choice", "other")]));
        assert!(matches!(asked, Judgement::Ask { fields: ["surname"], .. }));
    }

    #[test]
    fn a_name_with_a_digit_is_rejected() {
        let judged = judged("name", &input(&[("first-names", "Brfxx 11")]));
        assert_eq!(judged, Judgement::Instead(Outcome::Rejected));
    }

    #[test]
    fn parental_benefit_is_paid_ninety_days_back_and_no_further() {
        let ninety = judged("parental-benefit", &input(&[("first-day", "2026-03-03")]));
        assert_eq!(ninety, Judgement::Usual);
        let more = judged("parental-benefit", &input(&[("first-day", "2026-03-02")]));
        assert_eq!(more, Judgement::Instead(Outcome::PartlyApproved));
    }

    #[test]
    fn the_numbers_of_children_have_a_right_check_digit_and_twins_differ() {
        let born = "2026-03-01".parse().unwrap();
        let draw = Draw::new(1);
        let number = |child| fact("personal-number", &Known::new(), born, child, draw, &["k"]);
        assert_ne!(number(1), number(2));
        let luhn: u32 = number(1)[2..]
            .chars()
            .map(|digit| digit.to_digit(10).unwrap())
            .enumerate()
            .map(|(position, digit)| if position % 2 == 0 { digit * 2 } else { digit })
            .map(|weighted| weighted / 10 + weighted % 10)
            .sum();
        assert_eq!(luhn % 10, 0);
        assert!(number(1).starts_with("20260301"));
    }

    #[test]
    fn a_company_that_calls_itself_the_states_is_refused_and_one_without_a_bank_certificate_is_asked() {
        let rejected = judged("company-name", &input(&[("first-choice", "Svenska Statens Kafferosteri AB")]));
        assert_eq!(rejected, Judgement::Instead(Outcome::Rejected));
        assert_eq!(judged("company-name", &input(&[("first-choice", "Provlund Kafé AB")])), Judgement::Usual);
        let missing = ["bank-certificate".to_owned()];
        let on = "2026-06-01".parse().unwrap();
        let asked = judge(Filed { step: "company-registration", input: &input(&[]), missing: &missing, on });
        assert!(matches!(asked, Judgement::Ask { .. }));
    }

    #[test]
    fn a_company_gets_a_number_with_a_right_check_digit() {
        let number = organisation_number(17).replace('-', "");
        assert_eq!(number.len(), 10);
        assert_eq!(check_digit(&number[..9]).to_string(), number[9..]);
        // Bolagsverket's own number, as the law of it is the same.
        assert_eq!(check_digit("202100548"), 9);
    }

    #[test]
    fn words_are_filled_in_and_what_is_missing_is_said_to_be() {
        let mut known = Known::new();
        know(&mut known, &input(&[("wished-start", "2027-08-16")]));
        let filled = fill("Från {wished-start} på {preschool-place}.", &known);
        assert_eq!(filled, "Från den 16 augusti 2027 på (inte angivet).");
    }
}
