//! What is paid, what a decision says beside its outcome, and who acts by which right.

use crate::show::View;
use crate::show::date_of;
use crate::show::day::day;
use livshandelse_proto::v1::{Case, Money, Outcome, Step, Subject, Supplement};

/// A fee that is asked for: how much, where it is paid, and what it is marked with.
pub(crate) fn payment(supplement: &Supplement, view: &View) -> Vec<String> {
    let Some(payment) = &supplement.payment else { return Vec::new() };
    let language = view.language;
    let mut parts = vec![payment.amount.as_ref().map(|amount| money(amount, view)).unwrap_or_default()];
    parts.push(format!("{} {}", language.pick("märk betalningen", "mark the payment"), payment.reference));
    parts.retain(|part| !part.is_empty());
    vec![parts.join(" · "), payment.link.clone()]
}

/// An amount of money as people write it: `1 250,50 kr`.
fn money(amount: &Money, view: &View) -> String {
    let (whole, rest) = (amount.minor_units / 100, amount.minor_units % 100);
    let digits = whole.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(if view.language.code() == "sv" { '\u{a0}' } else { ',' });
        }
        text.push(digit);
    }
    if rest != 0 {
        text.push_str(&format!("{}{rest:02}", view.language.pick(",", ".")));
    }
    match amount.currency_code.as_str() {
        "SEK" => format!("{text}{}", view.language.pick(" kr", " kronor")),
        other => format!("{text} {other}"),
    }
}

/// The amounts and periods that a step goes by, each with where it can be read.
pub(crate) fn amounts(step: &Step) -> Vec<String> {
    let text = |amount: &livshandelse_proto::v1::Amount| match amount.source.as_str() {
        "" => format!("{}: {}", amount.text, amount.value_text),
        source => format!("{}: {} ({source})", amount.text, amount.value_text),
    };
    step.amounts.iter().map(text).collect()
}

/// What a decision says beside its outcome: its number, when it holds, and how it is appealed where it went against the
/// reader.
pub(crate) fn decision(step: &Step, view: &View) -> Vec<String> {
    let language = view.language;
    let mut parts = Vec::new();
    if !step.decision_number.is_empty() && step.decision_number != step.agency_case_number {
        parts.push(format!("{} {}", language.pick("beslut", "decision"), step.decision_number));
    }
    let shown = |date: &livshandelse_proto::v1::Date| date_of(date).map(|date| day(language, date, view.today));
    if let Some(from) = step.valid_from_date.as_ref().and_then(shown) {
        parts.push(format!("{} {from}", language.pick("gäller från", "valid from")));
    }
    if let Some(to) = step.valid_to_date.as_ref().and_then(shown) {
        parts.push(format!("{} {to}", language.pick("gäller till", "valid to")));
    }
    let mut lines = if parts.is_empty() { Vec::new() } else { vec![parts.join(" · ")] };
    let is_against = matches!(step.outcome(), Outcome::PartlyApproved | Outcome::Rejected | Outcome::Dismissed);
    if is_against && !step.appeal_instruction.is_empty() {
        lines.push(step.appeal_instruction.clone());
    }
    lines
}

/// What steps are repeated for, with its place: `Lokal 1 (Helsingborg)`.
pub(crate) fn subjects(case: &Case) -> impl Iterator<Item = String> {
    case.subjects.iter().filter(|subject| !is_party(case, subject)).map(|subject| match subject.place.as_str() {
        "" => subject.label.clone(),
        place => format!("{} ({place})", subject.label),
    })
}

/// A party is named among the parties already.
fn is_party(case: &Case, subject: &Subject) -> bool {
    subject.place.is_empty() && case.parties.iter().any(|party| party.display_name == subject.label)
}

/// By which right parties act for the applicant: `Kim Ek: God man, från 12 maj`.
pub(crate) fn mandates(case: &Case, view: &View) -> Vec<String> {
    let language = view.language;
    let shown = case.parties.iter().flat_map(|party| party.mandates.iter().map(move |mandate| (party, mandate)));
    shown
        .map(|(party, mandate)| {
            let date = |date: &livshandelse_proto::v1::Date| date_of(date).map(|date| day(language, date, view.today));
            let mut text = format!("{}: {}", party.display_name, mandate.text);
            if let Some(from) = mandate.from_date.as_ref().and_then(date) {
                text.push_str(&format!(", {} {from}", language.pick("från", "from")));
            }
            if let Some(to) = mandate.to_date.as_ref().and_then(date) {
                text.push_str(&format!(" {} {to}", language.pick("till", "to")));
            }
            if !mandate.steps.is_empty() {
                text.push_str(&format!(" ({})", mandate.steps.join(", ")));
            }
            if !mandate.in_force {
                text.push_str(language.pick(" – gäller inte", " – not in force"));
            }
            text
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::words::Language;
    use jiff::civil::date;
    use livshandelse_proto::v1::{Amount, Date, Mandate, Party, Payment};

    fn view(language: Language) -> View {
        View { width: 80, language, today: Some(date(2026, 3, 6)) }
    }

    fn on(month: i32, day: i32) -> Option<Date> {
        Some(Date { year: 2026, month, day })
    }

    #[test]
    fn a_fee_is_told_with_how_much_the_mark_and_where() {
        let payment = Payment {
            link: "https://betala.example/1".to_owned(),
            amount: Some(Money { currency_code: "SEK".to_owned(), minor_units: 1_234_550 }),
            reference: "AVG1".to_owned(),
        };
        let asked = Supplement { payment: Some(payment), ..Supplement::default() };
        let told = super::payment(&asked, &view(Language::Sv));
        assert_eq!(told, ["12\u{a0}345,50 kr · märk betalningen AVG1", "https://betala.example/1"]);
        let told = super::payment(&asked, &view(Language::En));
        assert_eq!(told[0], "12,345.50 kronor · mark the payment AVG1");
        assert!(super::payment(&Supplement::default(), &view(Language::En)).is_empty());
    }

    #[test]
    fn how_to_appeal_is_told_of_what_went_against_the_reader_alone() {
        let step = |outcome: Outcome| Step {
            outcome: outcome.into(),
            decision_number: "SN 17".to_owned(),
            valid_to_date: on(9, 30),
            appeal_instruction: "Skriv till nämnden.".to_owned(),
            ..Step::default()
        };
        let told = |outcome| decision(&step(outcome), &view(Language::Sv));
        assert_eq!(told(Outcome::Approved), ["beslut SN 17 · gäller till 30 sept"]);
        assert_eq!(told(Outcome::Rejected)[1], "Skriv till nämnden.");
    }

    #[test]
    fn an_amount_is_told_with_its_source_and_one_that_nobody_knows_without() {
        let amount = |source: &str| Amount {
            text: "Avgift".to_owned(),
            value_text: "2 200 kronor".to_owned(),
            source: source.to_owned(),
            ..Amount::default()
        };
        let step = Step { amounts: vec![amount("SFS 1"), amount("")], ..Step::default() };
        assert_eq!(amounts(&step), ["Avgift: 2 200 kronor (SFS 1)", "Avgift: 2 200 kronor"]);
    }

    #[test]
    fn a_case_tells_where_its_premises_are_and_who_acts_by_which_right() {
        let mandate = Mandate {
            text: "God man".to_owned(),
            from_date: on(5, 12),
            steps: vec!["care-home".to_owned()],
            in_force: false,
            ..Mandate::default()
        };
        let acting = Party { display_name: "Kim Ek".to_owned(), mandates: vec![mandate], ..Party::default() };
        let subject = |label: &str, place: &str| Subject {
            label: label.to_owned(),
            place: place.to_owned(),
            ..Subject::default()
        };
        let case = Case {
            parties: vec![acting],
            subjects: vec![subject("Lokal 1", "Lund"), subject("Kim Ek", "")],
            ..Case::default()
        };
        assert_eq!(subjects(&case).collect::<Vec<_>>(), ["Lokal 1 (Lund)"]);
        assert_eq!(mandates(&case, &view(Language::Sv)), ["Kim Ek: God man, från 12 maj (care-home) – gäller inte"]);
    }
}
