//! What can be written, and what is said of what cannot.

use super::*;
use crate::calendar::Unit;

fn only_rule(line: &str) -> Rule {
    let script = script(line).unwrap();
    assert_eq!(script.rules.len(), 1, "{line}");
    script.rules[0].clone()
}

#[test]
fn a_course_is_read_move_by_move() {
    let rule = only_rule(
        r#"on preschool-wish at utbildningsnamnden-0580: after 20 days supplement "Vilken förskola?" field first-choice due 10 days; then after 30 days approve"#,
    );
    assert!(rule.scope.fits("preschool-wish", "utbildningsnamnden-0580"));
    assert!(!rule.scope.fits("preschool-wish", "utbildningsnamnden-1482"));
    assert!(!rule.scope.fits("preschool-offer", "utbildningsnamnden-0580"));
    let Effect::Course(moves) = rule.effect else { panic!("a course") };
    let twenty_days = Delay { min: 20, max: 20, unit: Unit::Days };
    assert_eq!(moves[0].after, twenty_days);
    assert_eq!(
        moves[0].act,
        Act::Ask {
            words: "Vilken förskola?".to_owned(),
            due_days: Some(10),
            fields: vec!["first-choice".to_owned()],
            is_offer: false,
            is_formal: false,
        }
    );
    let approved = Act::Decide { outcome: Outcome::Approved, words: String::new(), valid: None };
    assert_eq!(moves[1].act, approved);
}

#[test]
fn knobs_may_be_limited_and_stand_together() {
    let script = script(
        "from socialnamnden-0580: silent 2 times, latency 5 to 9 working-days\n\
         everywhere: errors 20 %  # one in five\n\
         from socialnamnden-*: garbage wrong-task\n\
         \n\
         from skatteverket: closed 2026-07-01 to 2026-07-31, hours 9 to 15",
    )
    .unwrap();
    let effects: Vec<Effect> = script.rules.iter().map(|rule| rule.effect.clone()).collect();
    let latency = Knob::Latency(Delay { min: 5, max: 9, unit: Unit::WorkingDays });
    let closed = Knob::Closed { from: "2026-07-01".parse().unwrap(), to: "2026-07-31".parse().unwrap() };
    let expected = [
        Effect::Knob(Knob::Silent, Limit::Times(2)),
        Effect::Knob(latency, Limit::Always),
        Effect::Knob(Knob::Errors, Limit::Percent(20)),
        Effect::Knob(Knob::Garbage(Garbage::WrongTask), Limit::Always),
        Effect::Knob(closed, Limit::Always),
        Effect::Knob(Knob::Hours(Hours::Office { from: 9, to: 15 }), Limit::Always),
    ];
    assert_eq!(effects, expected);
    assert!(script.rules[3].scope.fits("any", "socialnamnden-1482"));
}

#[test]
fn a_fact_names_whom_what_when_and_who_reports_it() {
    let script =
        script("report birth of 199309172386 child 2 on 2026-03-01 by region-05\nreport move of 199309172386 to 1482 on 2026-09-01 by skatteverket")
            .unwrap();
    assert_eq!(script.facts[0].kind, FactKind::Birth { child: 2 });
    assert_eq!(script.facts[0].agency, "region-05");
    let municipality = "1482".to_owned();
    assert_eq!(script.facts[1].kind, FactKind::Move { municipality });
}

#[test]
fn a_date_in_the_input_can_hold_a_move_back() {
    let moves = course(
        "after 60 to 100 days no-sooner-than 45 days before wished-start approve; then on wished-start complete",
    )
    .unwrap();
    assert_eq!(moves[0].no_sooner, Some((45, "wished-start".to_owned())));
    assert_eq!(moves[1].no_sooner, Some((0, "wished-start".to_owned())));
}

#[test]
fn a_fee_an_execution_and_how_long_a_decision_holds_can_be_written() {
    let moves = course(
        r#"pay "Betala." 1500 kr due 30 days; then after 2 days paid; then partly-approve "Delvis." valid 2026-06-01 to 2026-08-31; then execution declined-offer; then revoke"#,
    )
    .unwrap();
    let acts: Vec<Act> = moves.into_iter().map(|next| next.act).collect();
    let valid = Valid { from: "2026-06-01".parse().unwrap(), to: Some("2026-08-31".parse().unwrap()) };
    let expected = [
        Act::Pay { words: "Betala.".to_owned(), amount: Some(150_000), due_days: Some(30) },
        Act::Paid,
        Act::Decide { outcome: Outcome::PartlyApproved, words: "Delvis.".to_owned(), valid: Some(valid) },
        Act::Execution { state: ExecutionState::DeclinedOffer, words: String::new() },
        Act::Revoke,
    ];
    assert_eq!(acts, expected);
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_could_stand_there() {
    for (text, line, problem) in [
        ("\nwhen name: approve", 2, "`when` is not understood"),
        ("on name approve", 1, "`approve` is not understood"),
        ("on name: aprove", 1, "`aprove` is not understood"),
        ("on name: after 3 fortnights approve", 1, "`fortnights` is not understood"),
        ("on name: after 9 to 3 days approve", 1, "`3` is not understood"),
        ("on name: approve \"ja", 1, "a text does not end"),
        ("from x: silent 120 %", 1, "`%` stands in the wrong place"),
        ("from x: hours 16 to 8", 1, "the line ends here"),
        ("on name: approve now", 1, "`now` is not understood"),
        ("report birth of 12 on 2026-03-01 by a", 1, "`12` is not understood"),
        ("report wedding of 199309172386 on 2026-03-01 by a", 1, "`wedding` is not understood"),
        ("on fee: pay 0 kr", 1, "the line ends here"),
        ("on fee: pay 15 dollars", 1, "`dollars` is not understood"),
        ("on care: execution executed", 1, "`executed` is not understood"),
        ("from x:", 1, "the line ends here"),
    ] {
        let error = script(text).unwrap_err();
        assert_eq!((error.line, error.problem.as_str()), (line, problem), "{text}");
        assert!(!error.remedy.is_empty());
    }
}
