//! Faults of each kind, one change at a time to a life event that has none.

use super::*;

/// Makes one change in one file, and compares what is complained of.
#[track_caller]
fn check(file: &str, from: &str, to: &str, expected: Expect) {
    let mut files = small();
    let text = files.get(file).unwrap();
    assert!(text.contains(from), "`{from}` is not in {file}");
    let changed = text.replacen(from, to, 1);
    files.insert(file.to_owned(), changed);
    let complaints = Bundle::parse(&files).err().unwrap_or_default();
    expected.assert_eq(&in_lines(&complaints));
}

#[track_caller]
fn in_definition(from: &str, to: &str, expected: Expect) {
    check("definition.toml", from, to, expected);
}

#[test]
fn text_that_is_not_toml_is_complained_of_with_its_line() {
    in_definition("revision = 1", "revision = = 1", expect![[r#""#]]);
}

#[test]
fn every_fault_is_complained_of_at_once() {
    in_definition(
        "revision = 1\ndraft-days = 90",
        "revision = 0\ndraft-days = \"ninety\"\ncolour = \"red\"",
        expect![[r#""#]],
    );
}

#[test]
fn an_unknown_word_is_answered_with_the_words_there_are() {
    in_definition("kind = \"apply\"", "kind = \"ask\"", expect![[r#""#]]);
}

#[test]
fn a_step_that_needs_an_unknown_step_is_refused() {
    in_definition(
        "approved:birth-notification",
        "approved:birth",
        expect![[r#""#]],
    );
}

#[test]
fn a_need_in_no_known_words_is_refused() {
    in_definition(
        "approved:birth-notification",
        "granted:birth-notification",
        expect![[r#""#]],
    );
}

#[test]
fn steps_that_wait_for_each_other_are_refused() {
    in_definition(
        "needs = [{ any = [\"fact:birth\"], for = \"to-file\" }]\ndone-by = \"birth\"",
        "needs = [{ any = [\"decided:name\"], for = \"to-file\" }]",
        expect![[r#""#]],
    );
}

#[test]
fn a_step_that_needs_itself_is_refused() {
    in_definition(
        "approved:birth-notification",
        "approved:name",
        expect![[r#""#]],
    );
}

#[test]
fn a_condition_over_an_unknown_field_is_refused() {
    in_definition("!married ||", "!maried ||", expect![[r#""#]]);
}

#[test]
fn a_condition_over_the_wrong_type_is_refused() {
    in_definition(
        "!married || children > 1",
        "married > 1 || care == \\\"tent\\\" || due_date",
        expect![[r#""#]],
    );
}

#[test]
fn cel_outside_the_subset_is_refused() {
    for (condition, expected) in [
        ("children + 1 > 2", expect![[r#""#]]),
        ("[1, 2].exists(x, x == children)", expect![[r#""#]]),
        ("married ? true : false", expect![[r#""#]]),
        ("size(care) > 2", expect![[r#""#]]),
        ("children == other", expect![[r#""#]]),
        ("1 < children", expect![[r#""#]]),
        ("married.since == 1", expect![[r#""#]]),
        ("true", expect![[r#""#]]),
        ("married &&", expect![[r#""#]]),
        ("due_date < date('2026-13-01')", expect![[r#""#]]),
    ] {
        in_definition("!married || children > 1", condition, expected);
    }
}

#[test]
fn cel_inside_the_subset_is_lowered() {
    let lowered = |condition: &str| {
        let mut files = small();
        files.insert(
            "definition.toml".to_owned(),
            DEFINITION.replace("!married || children > 1", condition),
        );
        let bundle = Bundle::parse(&files)
            .map_err(|complaints| in_lines(&complaints))
            .unwrap();
        format!(
            "{:?}",
            bundle.definition.steps()[1].condition.as_ref().unwrap()
        )
    };
    expect![[r#""#]].assert_eq(
        &[
            lowered("has(other) && (married == false || children != 1) && care == 'home'"),
            lowered("!(has( due_date )) || due_date >= date('2026-01-31')"),
        ]
        .join("\n"),
    );
}

#[test]
fn an_unknown_agency_is_refused() {
    in_definition(
        "agency = \"skatteverket\"\nfor-each",
        "agency = \"skattemyndigheten\"\nfor-each",
        expect![[r#""#]],
    );
}

#[test]
fn a_step_that_can_wait_for_ever_is_refused() {
    in_definition(
        "consequence = \"overdue\"",
        "consequence = \"warns\"",
        expect![[r#""#]],
    );
    in_definition(
        "consequence = \"closes\"",
        "consequence = \"warns\"",
        expect![[r#""#]],
    );
    in_definition(
        "\"opened + 30 days\", \"birth + 1 months - 1 days\"",
        "\"homecoming + 30 days\"",
        expect![[r#""#]],
    );
}

#[test]
fn a_clock_from_what_never_comes_is_refused() {
    in_definition(
        "opened + 30 days",
        "input:children + 30 days",
        expect![[r#""#]],
    );
    in_definition("opened + 30 days", "opened + thirty days", expect![[r#""#]]);
    in_definition("opened + 30 days", "started + 30 days", expect![[r#""#]]);
    in_definition(
        "latest = [\"received + 3 weeks\"]",
        "latest = []",
        expect![[r#""#]],
    );
}

#[test]
fn evidence_that_nobody_gives_is_refused() {
    in_definition("gives = [\"personal-number\"]\n", "", expect![[r#""#]]);
}

#[test]
fn asking_for_what_another_step_gives_is_refused() {
    check(
        "forms/name.schema.json",
        "\"number\": { \"type\": \"string\", \"maxLength\": 12, \"x-text\": \"form-name-number\", \"x-evidence\": \"personal-number\" }",
        "\"personal-number\": { \"type\": \"string\", \"maxLength\": 12, \"x-text\": \"form-name-personal-number\" }",
        expect![[r#""#]],
    );
}

#[test]
fn a_signature_of_a_role_that_nobody_has_is_refused() {
    in_definition(
        "form = \"name\"",
        "form = \"name\"\nsigned-by = [\"co-party\"]",
        expect![[r#""#]],
    );
}

#[test]
fn two_steps_with_one_name_are_refused() {
    in_definition("slug = \"passport\"", "slug = \"name\"", expect![[r#""#]]);
}

#[test]
fn a_form_that_is_missing_or_asked_for_by_nobody_is_complained_of() {
    in_definition("form = \"name\"", "form = \"names\"", expect![[r#""#]]);
}

#[test]
fn a_bad_schema_is_complained_of_by_its_own_file_and_line() {
    let file = "forms/small.schema.json";
    check(
        file,
        "\"type\": \"boolean\"",
        "\"type\": \"float\"",
        expect![[r#""#]],
    );
    check(file, "\"minimum\": 1, ", "", expect![[r#""#]]);
    check(
        file,
        "\"format\": \"date\"",
        "\"format\": \"date\", \"maxLength\": 3",
        expect![[r#""#]],
    );
    check(
        file,
        "\"additionalProperties\": false,",
        "",
        expect![[r#""#]],
    );
    check(
        file,
        "\"required\": [\"due-date\"]",
        "\"required\": [\"due-day\"]",
        expect![[r#""#]],
    );
    check(
        file,
        "form-small-married",
        "form-small-merried",
        expect![[r#""#]],
    );
    check(
        file,
        "\"properties\": {",
        "\"properties\": {,",
        expect![[r#""#]],
    );
    check(file, "\"maximum\": 4", "\"maximum\": 40", expect![[r#""#]]);
}

#[test]
fn a_missing_text_and_one_that_nobody_shows_are_complained_of() {
    check(
        "texts/en.ftl",
        "step-name-what =",
        "step-name-why =",
        expect![[r#""#]],
    );
}

#[test]
fn text_that_is_not_fluent_or_stands_twice_is_complained_of() {
    check(
        "texts/sv.ftl",
        "title = Small",
        "title = {Small",
        expect![[r#""#]],
    );
    check(
        "texts/sv.ftl",
        "title = Small",
        "title = Small\ntitle = Other",
        expect![[r#""#]],
    );
}
