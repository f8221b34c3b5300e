//! What a person sees of a rich case, kept as text.

mod rich;

use crate::show::case::Detail;
use crate::show::changes::Followed;
use crate::show::line::{FAINT, Line, PLAIN, wrap};
use crate::show::words::Language;
use crate::show::{View, case, changes, json, list};
use expect_test::{expect, expect_file};
use jiff::civil::date;
use livshandelse_proto::v1::{Case, StepState};

fn view(width: usize, language: Language) -> View {
    View { width, language, today: Some(date(2026, 3, 6)) }
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| anstream::adapter::strip_str(&line.styled()).to_string() + "\n").collect()
}

#[test]
fn a_rich_case_reads_at_a_glance() {
    expect_file!["tests/rich.sv.txt"].assert_eq(&text(&case::case(
        &rich::case(),
        Detail::Glance,
        &view(80, Language::Sv),
    )));
}

#[test]
fn a_rich_case_reads_in_english_on_a_narrow_terminal() {
    expect_file!["tests/rich.en.txt"].assert_eq(&text(&case::case(
        &rich::case(),
        Detail::Glance,
        &view(48, Language::En),
    )));
}

#[test]
fn every_step_of_a_rich_case_can_be_shown_in_full() {
    expect_file!["tests/whole.sv.txt"].assert_eq(&text(&case::case(
        &rich::case(),
        Detail::Whole,
        &view(80, Language::Sv),
    )));
}

#[test]
fn what_is_there_in_case_of_a_death_is_not_put_before_people_who_wait_for_a_child() {
    for detail in [Detail::Glance, Detail::Whole] {
        let shown = text(&case::case(&rich::case(), detail, &view(80, Language::Sv)));
        assert!(!shown.contains("sorg"), "{shown}");
    }
    let mut grieving = rich::case();
    for step in &mut grieving.steps {
        step.needs.iter_mut().for_each(|need| need.met = true);
    }
    assert!(text(&case::case(&grieving, Detail::Glance, &view(80, Language::Sv))).contains("sorg"));
}

#[test]
fn the_colours_of_a_rich_case_are_as_they_were() {
    let styled: String = case::case(&rich::case(), Detail::Glance, &view(80, Language::Sv))
        .iter()
        .map(|line| line.styled() + "\n")
        .collect();
    expect_file!["tests/rich.ansi"].assert_eq(&styled.replace('\u{1b}', "^["));
}

#[test]
fn no_line_is_ever_wider_than_the_terminal() {
    for width in 40..=100 {
        for language in [Language::Sv, Language::En] {
            for detail in [Detail::Glance, Detail::Whole] {
                for line in case::case(&rich::case(), detail, &view(width, language)) {
                    assert!(line.width() <= width, "{width}: {}", text(&[line]));
                }
            }
        }
    }
}

#[test]
fn nothing_is_said_of_remaining_days_when_the_day_is_not_known() {
    let unknown = View { today: None, ..view(80, Language::Sv) };
    let shown = text(&case::case(&rich::case(), Detail::Whole, &unknown));
    assert!(!shown.contains("kvar"), "{shown}");
    assert!(shown.contains("senast 15 mars 2026"), "{shown}");
}

#[test]
fn a_text_from_outside_cannot_steer_the_terminal() {
    let mut case = rich::case();
    case.headline = "ring\u{1b}[2J\u{7}\nnu".to_owned();
    assert!(!case::case(&case, Detail::Whole, &view(80, Language::Sv)).iter().any(|line| {
        let plain = anstream::adapter::strip_str(&line.styled()).to_string();
        plain.contains('\u{7}') || plain.contains('\n') || line.styled().contains("\u{1b}[2J")
    }));
}

#[test]
fn a_word_wider_than_the_line_is_broken() {
    let lines = wrap(Line::of("  a ", PLAIN).and("bbbbbbbbbbbbbbbbbbbbbbbb cc", FAINT), 12, 2);
    assert_eq!(text(&lines), "  a bbbbbbbb\n  bbbbbbbbbb\n  bbbbbb cc\n");
}

#[test]
fn a_change_shows_only_the_steps_that_differ() {
    let mut followed = Followed::default();
    assert_eq!(followed.whole(rich::case()).len(), rich::case().steps.len());
    let mut name = rich::case().steps.into_iter().find(|step| step.slug == "name").unwrap();
    name.set_state(StepState::Submitted);
    let same = rich::case().steps.into_iter().find(|step| step.slug == "child-benefit").unwrap();
    let case = Case { steps: Vec::new(), ..rich::case() };
    let changed = followed.change(Some(case), vec![name, same]);
    expect![[r#"
        2026-03-06 12:00  name.1  Inskickad
        2026-03-06 12:00  Du behöver bekräfta föräldraskapet med Jonas.
    "#]]
    .assert_eq(&text(&changes::lines(followed.case().unwrap(), &changed, &view(80, Language::Sv))));
    assert_eq!(followed.case().unwrap().steps.len(), rich::case().steps.len());
}

#[test]
fn a_list_shows_the_headline_of_each_case() {
    expect![[r#"
        Första barnet                                                 pågår · kräver dig
        Du behöver bekräfta föräldraskapet med Jonas.
        case_0123456789abcdefghjkmnpqrs                                           6 mars
    "#]]
    .assert_eq(&text(&list::cases(&[rich::case()], &view(80, Language::Sv))));
}

#[test]
fn a_case_in_json_has_the_names_of_the_contract() {
    let value = json::value("Case", &rich::case()).unwrap();
    assert_eq!(value["state"], "CASE_STATE_OPEN");
    assert_eq!(value["nextTime"], "2026-03-15T11:00:00Z");
    assert_eq!(value["steps"][0]["agency"]["displayName"], "Skatteverket");
}
