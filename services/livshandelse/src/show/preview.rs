//! What would happen if a case were started: steps in waves with their days, costs, and what waiting loses.

use super::line::{ATTENTION, FAINT, GOING, Line, PLAIN, STRONG, wrap, wrap_with_right};
use super::{View, date_of};
use livshandelse_proto::v1::{Date as DateMessage, PartyRole, PreviewCaseResponse, PreviewStep, Step};

/// A preview as lines.
pub(crate) fn lines(preview: &PreviewCaseResponse, view: &View) -> Vec<Line> {
    let language = view.language;
    let steps = preview.case.as_ref().map(|case| case.steps.as_slice()).unwrap_or_default();
    let step = |name: &str| steps.iter().find(|step| step.name == name);
    let mut lines = Vec::new();
    if let Some(case) = &preview.case {
        lines.extend(wrap(Line::of(case.title.clone(), STRONG), view.width, 0));
    }
    let note = language.pick("Inget är lämnat. Så här skulle det gå.", "Nothing is sent. This is how it would go.");
    lines.extend(wrap(Line::of(note, FAINT), view.width, 0));
    let mut wave = 0;
    for planned in &preview.plan {
        let Some(step) = step(&planned.step) else { continue };
        if planned.wave != wave {
            wave = planned.wave;
            lines.push(Line::empty());
            let text = match wave {
                1 => language.pick("Först", "First").to_owned(),
                number => format!("{} {number}", language.pick("Därefter, omgång", "Then, wave")),
            };
            lines.push(Line::of(text, GOING.bold()));
        }
        lines.extend(planned_lines(planned, step, view));
    }
    if !preview.losses.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::of(language.pick("Vad du förlorar på att vänta", "What waiting loses"), GOING.bold()));
        for loss in &preview.losses {
            let day = shown(loss.end_date.as_ref()).unwrap_or_else(|| language.pick("sedan", "later").to_owned());
            let title = step(&loss.step).map(|step| step.title.as_str()).unwrap_or_default();
            let line = Line::of(format!("  {day}  "), ATTENTION).and(format!("{title}: {} ", loss.text), PLAIN);
            lines.extend(wrap(line.and(loss.legal_basis.clone(), FAINT), view.width, 4));
        }
    }
    if !preview.costs.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::of(language.pick("Vad det kostar", "What it costs"), GOING.bold()));
        for cost in &preview.costs {
            let Some(fee) = &cost.fee else { continue };
            let title = step(&cost.step).map(|step| step.title.as_str()).unwrap_or_default();
            let amount = fee.amount.as_ref().map_or_else(String::new, |amount| {
                format!("{},{:02} {} ", amount.minor_units / 100, amount.minor_units % 100, amount.currency_code)
            });
            let line = Line::of(format!("  {title}: "), STRONG).and(amount, STRONG).and(fee.text.clone(), PLAIN);
            lines.extend(wrap(line, view.width, 4));
        }
    }
    if !preview.variations.is_empty() {
        lines.push(Line::empty());
        let heading = language.pick("Så gör din kommun", "What your municipality has set");
        lines.push(Line::of(heading, GOING.bold()));
        for variation in &preview.variations {
            let line = Line::of(format!("  {}: ", variation.title), PLAIN)
                .and(format!("{} = {} ", variation.key, variation.value_text), STRONG)
                .and(variation.source.clone(), FAINT);
            lines.extend(wrap(line, view.width, 4));
        }
    }
    if preview.saved_question_count > 0 {
        lines.push(Line::empty());
        let count = preview.saved_question_count;
        let (sv, en) = (
            format!("{count} frågor slipper du svara på igen."),
            format!("{count} questions need not be asked again."),
        );
        lines.extend(wrap(Line::of(language.pick(&sv, &en), PLAIN), view.width, 0));
    }
    lines
}

fn shown(date: Option<&DateMessage>) -> Option<String> {
    date.and_then(date_of).map(|day| day.to_string())
}

fn planned_lines(planned: &PreviewStep, step: &Step, view: &View) -> Vec<Line> {
    let language = view.language;
    let who = match planned.filer() {
        PartyRole::Unspecified => language.pick("av sig självt", "by itself"),
        PartyRole::Applicant => language.pick("du", "you"),
        _ => language.pick("någon annan i ärendet", "somebody else in the case"),
    };
    let agency = step.agency.as_ref().map(|agency| agency.display_name.as_str()).unwrap_or_default();
    let mut lines = wrap_with_right(
        Line::of(format!("  {}", step.title), STRONG),
        &Line::of(format!("{agency} · {who}"), FAINT),
        view.width,
        4,
    );
    let mut said = Vec::new();
    match shown(planned.earliest_date.as_ref()) {
        Some(day) => said.push(format!("{} {day}", language.pick("från", "from"))),
        None => said.push(format!("{} {}", language.pick("väntar på", "waits for"), planned.waits_for_text)),
    }
    if let Some(day) = shown(planned.latest_date.as_ref()) {
        said.push(format!("{} {day} ({})", language.pick("senast", "by"), planned.latest_legal_basis));
    }
    if let Some(day) = shown(planned.decision_date.as_ref()) {
        said.push(format!("{} {day}", language.pick("avgjort senast", "decided by")));
    }
    lines.extend(wrap(Line::of("    ", PLAIN).and(said.join(" · "), FAINT), view.width, 6));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::words::Language;
    use livshandelse_proto::v1::{Agency, Case, Fee, Money, PreviewCost, PreviewLoss, Variation};

    fn preview() -> PreviewCaseResponse {
        let day = |day| Some(DateMessage { year: 2026, month: 5, day });
        let step = |name: &str, title: &str| Step {
            name: name.to_owned(),
            title: title.to_owned(),
            agency: Some(Agency { display_name: "Skatteverket".to_owned(), ..Agency::default() }),
            ..Step::default()
        };
        PreviewCaseResponse {
            case: Some(Case {
                title: "First child".to_owned(),
                steps: vec![step("a", "Choose a name"), step("b", "The child gets a number")],
                ..Case::default()
            }),
            plan: vec![
                PreviewStep {
                    step: "a".to_owned(),
                    wave: 1,
                    filer: PartyRole::Applicant.into(),
                    earliest_date: day(1),
                    latest_date: day(20),
                    latest_legal_basis: "lag (2016:1013) 4 §".to_owned(),
                    ..PreviewStep::default()
                },
                PreviewStep {
                    step: "b".to_owned(),
                    wave: 2,
                    waits_for_text: "that the child is born".to_owned(),
                    ..PreviewStep::default()
                },
            ],
            losses: vec![PreviewLoss {
                step: "a".to_owned(),
                end_date: day(20),
                text: "The law settles it.".to_owned(),
                ..PreviewLoss::default()
            }],
            costs: vec![PreviewCost {
                step: "a".to_owned(),
                fee: Some(Fee {
                    text: "paid in advance".to_owned(),
                    amount: Some(Money { currency_code: "SEK".to_owned(), minor_units: 125_050 }),
                    ..Fee::default()
                }),
            }],
            ..PreviewCaseResponse::default()
        }
    }

    fn text(lines: &[Line]) -> String {
        let plain = |line: &Line| {
            let mut is_code = false;
            let styled = line.styled();
            let kept = styled.chars().filter(move |letter| {
                if *letter == '\u{1b}' {
                    is_code = true;
                }
                let keeps = !is_code;
                if *letter == 'm' {
                    is_code = false;
                }
                keeps
            });
            kept.collect::<String>()
        };
        lines.iter().map(|line| plain(line).trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn a_preview_says_when_what_it_costs_and_what_waiting_loses() {
        let view = View { width: 80, language: Language::En, today: None };
        expect_test::expect![[r#"
            First child
            Nothing is sent. This is how it would go.

            First
              Choose a name                                               Skatteverket · you
                from 2026-05-01 · by 2026-05-20 (lag (2016:1013) 4 §)

            Then, wave 2
              The child gets a number                               Skatteverket · by itself
                waits for that the child is born

            What waiting loses
              2026-05-20  Choose a name: The law settles it.

            What it costs
              Choose a name: 1250,50 SEK paid in advance
        "#]]
        .assert_eq(&text(&lines(&preview(), &view)));
    }

    #[test]
    fn no_line_of_a_preview_is_wider_than_the_view() {
        for language in [Language::Sv, Language::En] {
            for width in [40, 60, 100] {
                // A source that is wider than any line, after words of every length.
                for length in 0..width {
                    let mut preview = preview();
                    preview.variations.push(Variation {
                        title: "x".repeat(length),
                        source: format!("https://example.org/{}", "a".repeat(130)),
                        ..Variation::default()
                    });
                    for line in lines(&preview, &View { width, language, today: None }) {
                        assert!(line.width() <= width, "{}", line.styled());
                    }
                }
            }
        }
    }
}
