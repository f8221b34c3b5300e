//! Samples and variations: faults are found before anybody files them.

use super::*;

const SAMPLE: &str = r#"{
  "name": "plain",
  "about": { "sv": "En", "en": "One" },
  "start": "2026-02-02",
  "case": {
    "municipality": "0580",
    "parties": [{ "role": "applicant", "identity_number": "199309172386", "name": "Saga Fiktbäck" }],
    "input": { "due-date": "2026-03-01", "children": 1 },
    "step_input": { "name.1": { "first-names": "Ture" } }
  },
  "story": [
    { "after": "1 months", "as": "agency:skatteverket", "fact": { "kind": "birth", "child": 1 } },
    { "on": "2026-03-12", "as": "applicant", "answer": "name.1", "input": { "first-names": "Tyra" } }
  ],
  "agencies": { "skatteverket": { "latency": "21 days" } }
}"#;

#[track_caller]
fn check(from: &str, to: &str, expected: Expect) {
    let mut files = small();
    assert!(SAMPLE.contains(from), "`{from}` is not in the sample");
    files.insert("samples/plain.json".to_owned(), SAMPLE.replacen(from, to, 1));
    let complaints = Bundle::parse(&files).err().unwrap_or_default();
    expected.assert_eq(&in_lines(&complaints));
}

#[test]
fn a_sample_is_read_with_its_story() {
    let mut files = small();
    files.insert("samples/plain.json".to_owned(), SAMPLE.to_owned());
    let bundle = Bundle::parse(&files).map_err(|complaints| in_lines(&complaints)).unwrap();
    let [sample] = &bundle.samples[..] else { panic!("one sample") };
    let days: Vec<String> = sample.story.iter().map(|entry| entry.when.day(sample.start).to_string()).collect();
    assert_eq!(days, ["2026-03-02", "2026-03-12"]);
    assert_eq!(sample.story[0].actor, "agency:skatteverket");
}

#[test]
fn a_sample_that_could_not_be_filed_is_complained_of() {
    check(
        "0580",
        "0581x",
        expect![[r#"
        samples/plain.json:1:1: `0581x` is no municipality; give a kommunkod of four digits
    "#]],
    );
    check(
        "199309172386",
        "199309172387",
        expect![[r#"
        samples/plain.json:1:1: the identity number of `Saga Fiktbäck` has a wrong check digit; use a published test number
    "#]],
    );
    check(
        "\"due-date\": \"2026-03-01\", ",
        "",
        expect![[r#"
        samples/plain.json:1:1: input.due-date: required and not given; give it a value
    "#]],
    );
    check(
        "\"as\": \"applicant\"",
        "\"as\": \"co-party\"",
        expect![[r#"
            samples/plain.json:1:1: nobody in the case is `co-party`; use the role of one of its parties or joiners, or agency: and a resolved slug
        "#]],
    );
    check(
        "agency:skatteverket",
        "agency:skatteverket-0580",
        expect![[r#"
            samples/plain.json:1:1: nobody in the case is `agency:skatteverket-0580`; use the role of one of its parties or joiners, or agency: and a resolved slug
        "#]],
    );
    check(
        "\"role\": \"applicant\"",
        "\"role\": \"guide\"",
        expect![[r#"
            samples/plain.json:1:1: `Saga Fiktbäck` has a role that the case does not have; use a role of the definition
            samples/plain.json:1:1: nobody in the case is `applicant`; use the role of one of its parties or joiners, or agency: and a resolved slug
            samples/plain.json:1:1: the case has no applicant; give one, or, where a helper may file, the helper alone and the others as `joiners`
        "#]],
    );
    check(
        "\"children\": 1",
        "\"children\": 9",
        expect![[r#"
        samples/plain.json:1:1: input.children: out of range; give a whole number from 1 to 4
    "#]],
    );
    check(
        "\"name.1\": {",
        "\"nome.1\": {",
        expect![[r#"
            samples/plain.json:1:1: no step is called `nome.1`; name a step of the definition, with the subject's number if it repeats: `name.1`
        "#]],
    );
    check(
        "\"answer\": \"name.1\"",
        "\"answer\": \"name\"",
        expect![[r#"
            samples/plain.json:1:1: no step is called `name`; name a step of the definition, with the subject's number if it repeats: `name.1`
        "#]],
    );
    check(
        "\"child\": 1",
        "\"child\": 0",
        expect![[r#"
        samples/plain.json:1:1: a birth concerns no child; write `"child": 1`
    "#]],
    );
    check(
        "\"kind\": \"birth\"",
        "\"kind\": \"move\"",
        expect![[r#"
            samples/plain.json:1:1: a move to ``; give a move the kommunkod it goes to, and other facts none
        "#]],
    );
    check(
        "\"answer\": \"name.1\"",
        "\"answer\": \"passport.x\"",
        expect![[r#"
            samples/plain.json:14:3: `passport.x` is not a step id (`name`, or `name.1` for the first child); mend the sample here
        "#]],
    );
    check(
        "\"after\": \"1 months\"",
        "\"after\": \"soon\"",
        expect![[r#"
            samples/plain.json:13:4: `after` is `soon`; write `21 days`; mend the sample here
        "#]],
    );
    check(
        "\"role\": \"applicant\"",
        "\"role\": \"mother\"",
        expect![[r#"
            samples/plain.json:7:34: `mother` is not one of: applicant, co-party, subject, helper, representative, guide; mend the sample here
        "#]],
    );
    check(
        "\"name\": \"plain\"",
        "\"name\": \"other\"",
        expect![[r#"
            samples/plain.json:1:1: the sample is called `other`; name it `plain`
        "#]],
    );
}

#[test]
fn a_variation_sets_only_what_its_step_lets_vary() {
    let mut files = small();
    let may_vary = DEFINITION.replace("form = \"name\"", "form = \"name\"\nmay-vary = [\"earliest-week\"]");
    files.insert("definition.toml".to_owned(), may_vary);
    let setting = |step: &str, key: &str| {
        format!(
            "municipality = \"0580\"\n[[setting]]\nstep = \"{step}\"\nkey = \"{key}\"\nvalue = 20\n\
             source = \"https://example.org\"\ndate = \"2026-01-01\"\nguard = \"FB 1 kap. 4 §\"\n"
        )
    };
    files.insert("variations/linkoping.toml".to_owned(), setting("name", "earliest-week"));
    let bundle = Bundle::parse(&files).map_err(|complaints| in_lines(&complaints)).unwrap();
    assert_eq!(bundle.variations[0].settings[0].value, "20");

    files.insert("variations/linkoping.toml".to_owned(), setting("name", "latest-week").replace("0580", "9999"));
    let complaints = Bundle::parse(&files).unwrap_err();
    expect![[r#"
        variations/linkoping.toml:1:16: `9999` is no municipality; give a kommunkod of four digits, in quotation marks
        variations/linkoping.toml:4:7: `latest-week` is nothing that `name` lets vary; add it to the step's `may-vary`, or remove the setting of `latest-week`
    "#]].assert_eq(&in_lines(&complaints));
}
