//! What is said of changes made to the built-in life event.

use super::tell::{as_json, lines};
use super::{Difference, Part, Side, Way, compare};
use crate::show::View;
use crate::show::words::Language;
use livshandelse_workflows::Bundle;
use std::collections::BTreeMap;

fn files() -> BTreeMap<String, String> {
    Bundle::embedded_files("first-child").unwrap()
}

/// First child with one text of one file replaced by another. The text must be there.
fn with(changes: &[(&str, &str, &str)]) -> Side {
    let mut files = files();
    for (path, old, new) in changes {
        let text = files.get_mut(*path).unwrap();
        assert!(text.contains(old), "{path} has no `{old}`");
        *text = text.replacen(old, new, 1);
    }
    Side::of(files).unwrap()
}

fn words(difference: &Difference) -> Vec<(Option<&str>, Part, Way, &str)> {
    let all = difference.changes.iter();
    all.map(|change| (change.step.as_ref().map(|step| step.as_str()), change.part, change.way, change.words.as_str()))
        .collect()
}

const NEXT: (&str, &str, &str) = ("definition.toml", "revision = 3", "revision = 4");

#[test]
fn a_life_event_is_no_different_from_itself() {
    let difference = compare(&with(&[]), &with(&[]), Language::En);
    assert!(difference.is_empty());
    assert!(!difference.is_correction && !difference.is_number_taken);
}

#[test]
fn a_longer_clock_is_told_with_both_lengths_and_its_agency_must_approve() {
    let new = with(&[NEXT, ("definition.toml", "birth + 14 days", "birth + 21 days")]);
    let difference = compare(&with(&[]), &new, Language::En);
    let expected = "the clock fourteen-days, length: 2 weeks after the birth → 3 weeks after the birth";
    assert_eq!(words(&difference), [(Some("parenthood-digital"), Part::Clock, Way::Changed, expected)]);
    let approvals: Vec<&str> = difference.approvals.iter().map(|slug| slug.as_str()).collect();
    assert_eq!(approvals, ["skatteverket"]);
    assert!(!difference.is_number_taken);
}

#[test]
fn the_same_number_with_other_content_is_said_to_be_refused() {
    let new = with(&[("definition.toml", "birth + 14 days", "birth + 21 days")]);
    let difference = compare(&with(&[]), &new, Language::En);
    assert!(difference.is_number_taken);
    let view = View { width: 200, language: Language::En, today: None };
    let shown: String = lines(&difference, &with(&[]), &new, &view).iter().map(|line| line.styled() + "\n").collect();
    assert!(shown.contains("taken") && shown.contains("refused."), "{shown}");
}

#[test]
fn a_corrected_text_takes_no_number_and_nobody_approves() {
    let new = with(&[("texts/en.ftl", "title = First child", "title = The first child")]);
    let difference = compare(&with(&[]), &new, Language::En);
    let expected = "the text (en) title: ”First child” → ”The first child”";
    assert_eq!(words(&difference), [(None, Part::Text, Way::Changed, expected)]);
    assert!(difference.is_correction && difference.approvals.is_empty() && !difference.is_number_taken);
}

#[test]
fn a_removed_need_and_a_changed_condition_are_told_of_their_steps() {
    let new = with(&[
        NEXT,
        ("definition.toml", "condition = \"employed\"", "condition = \"employed && married\""),
        ("definition.toml", "  { any = [\"approved:child-registration\"], for = \"to-be-complete\" },\n", ""),
    ]);
    let difference = compare(&with(&[]), &new, Language::En);
    let shown = words(&difference);
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown.contains(&(
        Some("employer-notice"),
        Part::Condition,
        Way::Changed,
        "the condition: employed → (employed && married)"
    )));
    assert!(shown.contains(&(
        Some("parental-benefit"),
        Part::Needs,
        Way::Removed,
        "is complete with: child-registration approved"
    )));
}

#[test]
fn a_question_that_is_no_longer_asked_and_a_local_setting_are_told() {
    let mut files = files();
    let form = files.get_mut("forms/preschool-wish.schema.json").unwrap();
    let mut schema: serde_json::Value = serde_json::from_str(form).unwrap();
    schema["properties"].as_object_mut().unwrap().remove("guardians-live-apart").unwrap();
    *form = serde_json::to_string_pretty(&schema).unwrap();
    for language in ["sv", "en"] {
        let texts = files.get_mut(&format!("texts/{language}.ftl")).unwrap();
        *texts = texts
            .lines()
            .filter(|line| !line.contains("form-preschool-wish-guardians-live-apart"))
            .map(|line| format!("{line}\n"))
            .collect();
    }
    let variation = files.get_mut("variations/falun.toml").unwrap();
    *variation = variation.replacen("value = true", "value = false", 1);
    let toml = files.get_mut("definition.toml").unwrap();
    *toml = toml.replacen(NEXT.1, NEXT.2, 1);
    let difference = compare(&with(&[]), &Side::of(files).unwrap(), Language::En);
    let shown = words(&difference);
    let asked = shown.iter().find(|(_, part, _, _)| *part == Part::Form).unwrap();
    assert_eq!((asked.0, asked.2), (Some("preschool-wish"), Way::Removed));
    assert_eq!(asked.3, "the question guardians-live-apart (yes or no)");
    let local = shown.iter().find(|(_, part, _, _)| *part == Part::Variation).unwrap();
    assert_eq!(local.3, "municipality 2080: preschool-sibling-priority = true → false");
    let approvals: Vec<&str> = difference.approvals.iter().map(|slug| slug.as_str()).collect();
    assert_eq!(approvals, ["utbildningsnamnden"], "what an agency sets itself needs no approval");
}

#[test]
fn who_may_file_groups_and_the_days_of_quiet_are_told_of_the_whole() {
    let old = Side::of(Bundle::embedded_files("parent-to-elderly-care").unwrap()).unwrap();
    let mut files = Bundle::embedded_files("parent-to-elderly-care").unwrap();
    // Some of them are filed by the applicant.
    files.retain(|path, _| !path.starts_with("samples/"));
    let toml = files.get_mut("definition.toml").unwrap();
    for (was, is) in [
        ("revision = 3\n", "revision = 4\nquiet-days = 44\n"),
        ("filed-by = [\"applicant\", \"helper\"]", "filed-by = [\"helper\"]"),
        ("municipality = \"carer-municipality\"\n", ""),
    ] {
        assert!(toml.contains(was), "the definition has no `{was}`");
        *toml = toml.replacen(was, is, 1);
    }
    let difference = compare(&old, &Side::of(files).unwrap(), Language::En);
    let said: Vec<_> = words(&difference).into_iter().map(|(step, _, way, words)| (step, way, words)).collect();
    let group = "the group carer: one for each the helper, at most 4, municipality by carer-municipality → \
                 one for each the helper, at most 4";
    assert_eq!(
        said,
        [
            (None, Way::Changed, "days of quiet after somebody died: 30 → 44"),
            (None, Way::Removed, "may file the case: the applicant"),
            (None, Way::Changed, group),
        ]
    );
    assert!(difference.approvals.is_empty());
}

#[test]
fn of_whom_a_question_is_asked_is_told() {
    let mut files = files();
    let form = files.get_mut("forms/first-child.schema.json").unwrap();
    let asked = "{ \"x-asked-of\": \"co-party\", \"type\": \"boolean\"";
    *form = form.replacen("{ \"type\": \"boolean\"", asked, 1);
    files.retain(|path, _| !path.starts_with("samples/"));
    let toml = files.get_mut("definition.toml").unwrap();
    *toml = toml.replacen(NEXT.1, NEXT.2, 1);
    let difference = compare(&with(&[]), &Side::of(files).unwrap(), Language::En);
    let shown = words(&difference);
    let told: Vec<_> = shown.iter().filter(|(_, part, _, _)| *part == Part::Form).map(|change| change.3).collect();
    assert!(told.iter().any(|words| words.contains("asked of co-party")), "{told:?}");
}

#[test]
fn programs_get_every_change_with_its_agency() {
    let new = with(&[NEXT, ("definition.toml", "birth + 14 days", "birth + 21 days")]);
    let difference = compare(&with(&[]), &new, Language::En);
    let json = as_json(&difference, &with(&[]), &new);
    assert_eq!(json["old"], "first-child@3");
    assert_eq!(json["new"], "first-child@4");
    assert_eq!(json["must_approve"][0], "skatteverket");
    assert_eq!(json["changes"][0]["agency"], "skatteverket");
    assert_eq!(json["changes"][0]["part"], "clock");
}

#[test]
fn no_line_is_wider_than_the_view() {
    let new = with(&[
        NEXT,
        ("definition.toml", "birth + 14 days", "birth + 21 days"),
        ("texts/sv.ftl", "title = Första barnet", "title = Barnet"),
    ]);
    let old = with(&[]);
    for language in [Language::Sv, Language::En] {
        let difference = compare(&old, &new, language);
        for width in [40, 60, 100] {
            let view = View { width, language, today: None };
            for line in lines(&difference, &old, &new, &view) {
                assert!(line.width() <= width, "{}", line.styled());
            }
        }
    }
}
