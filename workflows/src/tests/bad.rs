//! Faults of each kind, one change at a time to a life event that has none.

use super::*;
use livshandelse_core::form::{FieldKind, MEDIA_TYPES};

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
    in_definition(
        "revision = 1",
        "revision = = 1",
        expect![[r#"
            definition.toml:2:12: not TOML: extra `=`, expected nothing; mend the TOML here
            definition.toml:2:14: not TOML: unexpected key or value, expected newline, `#`; mend the TOML here
        "#]],
    );
}

#[test]
fn every_fault_is_complained_of_at_once() {
    in_definition(
        "revision = 1\ndraft-days = 90",
        "revision = 0\ndraft-days = \"ninety\"\ncolour = \"red\"",
        expect![[r#"
            definition.toml:2:12: `revision` is not a number from 1 to 999999; give a whole number within those bounds
            definition.toml:3:14: `draft-days` is not a number from 1 to 366; give a whole number within those bounds
            definition.toml:4:1: `colour` is not a key here; remove it, or use one of: about, agency, attention-days, children, draft-days, filed-by, form, group, life-event, quiet-days, revision, role, step
        "#]],
    );
}

#[test]
fn an_unknown_word_is_answered_with_the_words_there_are() {
    in_definition(
        "kind = \"apply\"",
        "kind = \"ask\"",
        expect![[r#"
            definition.toml:37:8: `ask` is not a word here; use one of: apply, notify, automatic, sign, book, pay, information, external
        "#]],
    );
}

#[test]
fn a_step_that_needs_an_unknown_step_is_refused() {
    in_definition(
        "approved:birth-notification",
        "approved:birth",
        expect![[r#"
            definition.toml:42:3: no step is called `birth`; name a step of the definition
        "#]],
    );
}

#[test]
fn a_step_that_repeats_cannot_need_something_of_every_subject() {
    in_definition(
        "[\"approved:birth-notification\"]",
        "[\"approved:birth-notification\"], every = \"child\"",
        expect![[r#"
            definition.toml:42:3: `name` repeats for each child, and needs something of every child; remove `every`, or let the step be one for the whole case
        "#]],
    );
}

#[test]
fn a_need_in_no_known_words_is_refused() {
    in_definition(
        "approved:birth-notification",
        "granted:birth-notification",
        expect![[r#"
            definition.toml:42:12: `granted:birth-notification` is nothing a need can await; write filed:, arrived:, decided:, approved:, executed: or lapsed: and a step, clock:step/clock, joined: and a role, or fact: and one of birth, stillbirth, homecoming, death, move, paid, admission, ready-for-discharge, discharge, permit-revoked; a person's with `:` and a role (death:co-party), a step's with `:` and the step (paid:fee)
        "#]],
    );
}

#[test]
fn steps_that_wait_for_each_other_are_refused() {
    in_definition(
        "needs = [{ any = [\"fact:birth\"], for = \"to-file\" }]\ndone-by = \"birth\"",
        "needs = [{ any = [\"decided:name\"], for = \"to-file\" }]",
        expect![[r#"
            definition.toml:23:8: `birth-notification` can wait for its agency for ever (I8); add an `overdue` clock from `filed` or `arrived`: FL 12 § gives six months if nothing stricter does
            definition.toml:28:10: the steps wait for each other: birth-notification → name → birth-notification; make one of these needs `to-be-complete` or `to-take-effect`, or give it another way out
        "#]],
    );
}

#[test]
fn a_step_that_needs_itself_is_refused() {
    in_definition(
        "approved:birth-notification",
        "approved:name",
        expect![[r#"
            definition.toml:42:3: `name` needs itself; remove the need
        "#]],
    );
}

#[test]
fn a_condition_over_an_unknown_field_is_refused() {
    in_definition(
        "!married ||",
        "!maried ||",
        expect![[r#"
            definition.toml:44:13: the life event's form has no field `maried`; use one of: due_date, children, married, care, other
        "#]],
    );
}

#[test]
fn a_condition_over_the_wrong_type_is_refused() {
    in_definition(
        "!married || children > 1",
        "married > 1 || care == \\\"tent\\\" || due_date",
        expect![[r#"
            definition.toml:44:13: `due-date` is not yes or no; compare it with a constant, or ask whether it is given with has()
            definition.toml:44:13: `married` is yes or no and compared with something else; write `married` or `!married`
            definition.toml:44:13: `tent` is not a choice of `care`; use one of: home, hospital
        "#]],
    );
}

#[test]
fn cel_outside_the_subset_is_refused() {
    for (condition, expected) in [
        (
            "children + 1 > 2",
            expect![[r#"
                definition.toml:44:13: a comparison without a field; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "[1, 2].exists(x, x == children)",
            expect![[r#"
                definition.toml:44:13: a list, a map or a loop over one; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "married ? true : false",
            expect![[r#"
                definition.toml:44:13: `?:` is outside the subset; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "size(care) > 2",
            expect![[r#"
                definition.toml:44:13: a comparison without a field; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "children == other",
            expect![[r#"
                definition.toml:44:13: a field is compared with another field; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "1 < children",
            expect![[r#"
                definition.toml:44:13: a constant stands left of a comparison; write the field first: `children > 1`
            "#]],
        ),
        (
            "married.since == 1",
            expect![[r#"
                definition.toml:44:13: a comparison without a field; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "true",
            expect![[r#"
                definition.toml:44:13: a constant stands alone; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "married &&",
            expect![[r#"
                definition.toml:44:13: the condition is not CEL: Syntax error: mismatched input '<EOF>'; use fields of the life event's form, &&, ||, !, ==, !=, <, <=, >, >=, has(field) and date("2026-01-31")
            "#]],
        ),
        (
            "due_date < date('2026-13-01')",
            expect![[r#"
                definition.toml:44:13: `2026-13-01` is not a day; write date("2026-01-31")
            "#]],
        ),
    ] {
        in_definition("!married || children > 1", condition, expected);
    }
}

#[test]
fn cel_inside_the_subset_is_lowered() {
    let lowered = |condition: &str| {
        let mut files = small();
        files.insert("definition.toml".to_owned(), DEFINITION.replace("!married || children > 1", condition));
        let bundle = Bundle::parse(&files).map_err(|complaints| in_lines(&complaints)).unwrap();
        format!("{:?}", bundle.definition.steps()[1].condition.as_ref().unwrap())
    };
    expect![[r#"
        All([Given(other), Any([Not(Flag(married)), Compare(children, NotEqual, Number(1))]), Compare(care, Equal, Text("home"))])
        Any([Not(Given(due-date)), Compare(due-date, MoreOrEqual, Day(2026-01-31))])"#]].assert_eq(
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
        expect![[r#"
            definition.toml:23:8: no agency is called `skattemyndigheten`; use one of: skatteverket
        "#]],
    );
}

#[test]
fn a_step_that_can_wait_for_ever_is_refused() {
    in_definition(
        "consequence = \"overdue\"",
        "consequence = \"warns\"",
        expect![[r#"
            definition.toml:36:8: `name` can wait for its agency for ever (I8); add an `overdue` clock from `filed` or `arrived`: FL 12 § gives six months if nothing stricter does
        "#]],
    );
    in_definition(
        "consequence = \"closes\"",
        "consequence = \"warns\"",
        expect![[r#"
            definition.toml:36:8: `name` can wait for its party for ever (I8); add a clock that `closes` or `settles` and always begins: from opened, case-filed, a required day, or a fact that the step needs
        "#]],
    );
    in_definition(
        "\"opened + 30 days\", \"birth + 1 months - 1 days\"",
        "\"homecoming + 30 days\"",
        expect![[r#"
            definition.toml:36:8: `name` can wait for its party for ever (I8); add a clock that `closes` or `settles` and always begins: from opened, case-filed, a required day, or a fact that the step needs
        "#]],
    );
}

#[test]
fn a_clock_from_what_never_comes_is_refused() {
    in_definition(
        "opened + 30 days",
        "input:children + 30 days",
        expect![[r#"
            definition.toml:56:8: the clock `opened-30` never begins: `children` of the form `small` is not a day; let it run from something that comes
        "#]],
    );
    in_definition(
        "opened + 30 days",
        "opened + thirty days",
        expect![[r#"
            definition.toml:58:11: `opened + thirty days` does not end with a period; write `+ 14 days`, `- 3 months`, `+ 2 weeks`, `+ 1 years`, or several of them; a named period of the reference data once and last: `+ @slug`
        "#]],
    );
    in_definition(
        "opened + 30 days",
        "started + 30 days",
        expect![[r#"
            definition.toml:58:11: `started + 30 days` does not begin with an anchor; begin with case-filed, opened, filed, arrived, complete, decided, received, interrupted, executed:step, a fact, input:field or step-input:field
        "#]],
    );
    in_definition(
        "latest = [\"received + 3 weeks\"]",
        "latest = []",
        expect![[r#"
            definition.toml:76:8: the clock `appeal` has 0 terms; say in `latest` from when it runs and how long
        "#]],
    );
}

#[test]
fn evidence_that_nobody_gives_is_refused() {
    in_definition(
        "gives = [\"personal-number\"]\n",
        "",
        expect![[r#"
            definition.toml:47:3: no other step gives `personal-number`; add it to `gives` of the step it comes from, or remove the use
            forms/name.schema.json:8:5: no other step gives `personal-number`; name an evidence of another step's `gives`, or remove `x-evidence`
        "#]],
    );
}

#[test]
fn asking_for_what_another_step_gives_is_refused() {
    check(
        "forms/name.schema.json",
        "\"number\": { \"type\": \"string\", \"maxLength\": 12, \"x-text\": \"form-name-number\", \"x-evidence\": \"personal-number\" }",
        "\"personal-number\": { \"type\": \"string\", \"maxLength\": 12, \"x-text\": \"form-name-personal-number\" }",
        expect![[r#"
            forms/name.schema.json:8:5: asks for `personal-number`, which another step gives and a ground lets pass; add `"x-evidence": "personal-number"`
            texts/en.ftl:32:1: the text `form-name-personal-number` is missing; add `form-name-personal-number = …`
            texts/sv.ftl:32:1: the text `form-name-personal-number` is missing; add `form-name-personal-number = …`
        "#]],
    );
}

#[test]
fn a_signature_of_a_role_that_nobody_has_is_refused() {
    in_definition(
        "form = \"name\"",
        "form = \"name\"\nsigned-by = [\"co-party\"]",
        expect![[r#"
            definition.toml:36:8: the case has no `co-party`, who signs; add the role to the definition, or remove it here
        "#]],
    );
}

#[test]
fn two_steps_with_one_name_are_refused() {
    in_definition(
        "slug = \"passport\"",
        "slug = \"name\"",
        expect![[r#"
            definition.toml:86:8: two steps are called `name`; give each its own slug
        "#]],
    );
}

#[test]
fn a_form_that_is_missing_or_asked_for_by_nobody_is_complained_of() {
    in_definition(
        "form = \"name\"",
        "form = \"names\"",
        expect![[r#"
            definition.toml:46:8: there is no file `forms/names.schema.json`; add it, or name another form
            forms/name.schema.json:1:1: nobody asks for this form; remove it, or name it in a step
        "#]],
    );
}

#[test]
fn a_bad_schema_is_complained_of_by_its_own_file_and_line() {
    let file = "forms/small.schema.json";
    check(
        file,
        "\"type\": \"boolean\"",
        "\"type\": \"float\"",
        expect![[r#"
            forms/small.schema.json:9:5: `married` is not of a kind that forms have; use "boolean", "integer" with minimum and maximum, or "string" with maxLength, enum, format date, format personnummer, format municipality or format document
        "#]],
    );
    check(
        file,
        "\"minimum\": 1, ",
        "",
        expect![[r#"
            forms/small.schema.json:8:5: `children` is not of a kind that forms have; use "boolean", "integer" with minimum and maximum, or "string" with maxLength, enum, format date, format personnummer, format municipality or format document
        "#]],
    );
    check(
        file,
        "\"format\": \"date\"",
        "\"format\": \"date\", \"maxLength\": 3",
        expect![[r#"
            forms/small.schema.json:7:55: `maxLength` says nothing of a field of this kind; remove it
        "#]],
    );
    check(
        file,
        "\"additionalProperties\": false,",
        "",
        expect![[r#"
            forms/small.schema.json:1:1: `additionalProperties` is not false; write `"additionalProperties": false`
        "#]],
    );
    check(
        file,
        "\"required\": [\"due-date\"]",
        "\"required\": [\"due-day\"]",
        expect![[r#"
            forms/small.schema.json:5:3: `due-day` is required and no property; remove it from `required`, or add the property
        "#]],
    );
    check(
        file,
        "form-small-married",
        "form-small-merried",
        expect![[r#"
            forms/small.schema.json:9:5: the text of `married` is not `form-small-married`; write `"x-text": "form-small-married"`
        "#]],
    );
    check(
        file,
        "\"x-text\": \"form-small-married\"",
        "\"x-text\": \"form-small-married\", \"x-asked-of\": \"granny\"",
        expect![[r#"
            forms/small.schema.json:9:69: `x-asked-of` is not a role, or a role and a number; write `"applicant"`, or `"helper.2"`
        "#]],
    );
    check(
        file,
        "\"properties\": {",
        "\"properties\": {,",
        expect![[r#"
            forms/small.schema.json:6:18: key must be a string; mend the JSON here: a form is one object
        "#]],
    );
    check(
        file,
        "\"maximum\": 4",
        "\"maximum\": 40",
        expect![[r#"
            definition.toml:7:8: `children` does not count `child`; name a whole number from 1 to 8 in the life event's form
        "#]],
    );
}

#[test]
fn a_missing_text_and_one_that_nobody_shows_are_complained_of() {
    check(
        "texts/en.ftl",
        "step-name-what =",
        "step-name-why =",
        expect![[r#"
            texts/en.ftl:17:1: nobody shows the text `step-name-why`; remove it, or mend its key
            texts/en.ftl:32:1: the text `step-name-what` is missing; add `step-name-what = …`
        "#]],
    );
}

#[test]
fn text_that_is_not_fluent_or_stands_twice_is_complained_of() {
    check(
        "texts/sv.ftl",
        "title = Small",
        "title = {Small",
        expect![[r#"
            texts/sv.ftl:2:1: not Fluent: Expected a token starting with "}"; mend the text here
        "#]],
    );
    check(
        "texts/sv.ftl",
        "title = Small",
        "title = Small\ntitle = Other",
        expect![[r#"
            texts/sv.ftl:2:1: the text `title` stands twice, here or among the shared texts; remove one of them
        "#]],
    );
}

#[test]
fn a_text_that_nobody_can_fill_is_complained_of() {
    check(
        "texts/sv.ftl",
        "title = Small",
        "title = Small {$day}",
        expect![[r#"
            texts/sv.ftl:1:1: the text `title` cannot be filled: Resolver error: Unknown variable: $day; clocks and prices are given {$day}, agencies {$place}, groups {$number}, and all texts {$amount-…} of the amounts that steps name; other texts nothing
        "#]],
    );
    check(
        "texts/sv.ftl",
        "title = Small",
        "title = Small { -place }",
        expect![[r#"
            texts/sv.ftl:1:1: the text `title` cannot be filled: Resolver error: Unknown term: -place; clocks and prices are given {$day}, agencies {$place}, groups {$number}, and all texts {$amount-…} of the amounts that steps name; other texts nothing
        "#]],
    );
}

#[test]
fn a_broken_condition_is_a_complaint_and_never_a_panic() {
    let whole = "has(other) && (married == false || children >= 2) && due_date < date('2026-01-31')";
    let mut broken: Vec<String> = (1..whole.len()).map(|end| whole[..end].to_owned()).collect();
    broken.extend((0..whole.len()).map(|at| format!("{}{}", &whole[..at], &whole[at + 1..])));
    broken.push(format!("{}married", "!".repeat(900)));
    broken.push(format!("{}married", "(".repeat(400)));
    broken.push(format!("{}married{}", "(".repeat(200), ")".repeat(200)));
    broken.push("married ".repeat(200));
    broken.extend(
        ["`", "\\", "has", "has()", "has(1)", "has(a, b)", "date()", "å", "x.has(y)", "{", "[[", "\u{0}"]
            .map(str::to_owned),
    );
    for text in broken {
        let sheet = crate::complaint::Sheet::new("definition.toml", &text);
        let found = crate::table::Found { text: &text, offset: 0 };
        let lowered = crate::condition::condition(&sheet, found);
        assert_eq!(lowered.is_none(), sheet.complaint_count() > 0, "{text}");
    }
}

#[test]
fn a_document_takes_the_media_types_that_its_form_lists() {
    let listed = |list: &str| {
        let drawing =
            format!("{{ \"type\": \"string\", \"format\": \"document\"{list}, \"x-text\": \"form-name-number\" }}");
        let mut files = small();
        let mut schema: serde_json::Value = serde_json::from_str(NAME_FORM).unwrap();
        schema["properties"]["number"] = serde_json::from_str(&drawing).unwrap();
        files.insert("forms/name.schema.json".to_owned(), schema.to_string());
        Bundle::parse(&files).map(|bundle| {
            let form = bundle.definition.steps().iter().find_map(|step| step.form.clone()).unwrap();
            form.fields.into_iter().find(|field| field.slug.as_str() == "number").unwrap().kind
        })
    };
    let document = |types: &[&str]| FieldKind::Document(types.iter().map(|known| (*known).to_owned()).collect());
    assert_eq!(listed("").unwrap(), document(&MEDIA_TYPES));
    assert_eq!(listed(r#", "x-media-types": ["application/pdf"]"#).unwrap(), document(&["application/pdf"]));
    for (wrong, problem) in [
        (r#", "x-media-types": "application/pdf""#, "`number` is not of a kind that forms have"),
        (r#", "x-media-types": [1]"#, "`number` is not of a kind that forms have"),
        (r#", "x-media-types": ["application/zip"]"#, "`number` takes no true media types"),
        (r#", "maxLength": 4"#, "`maxLength` says nothing of a field of this kind"),
    ] {
        let complaints = in_lines(&listed(wrong).unwrap_err());
        assert!(complaints.contains(problem), "{wrong}: {complaints}");
    }
}
