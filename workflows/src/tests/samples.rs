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
    files.insert(
        "samples/plain.json".to_owned(),
        SAMPLE.replacen(from, to, 1),
    );
    let complaints = Bundle::parse(&files).err().unwrap_or_default();
    expected.assert_eq(&in_lines(&complaints));
}

#[test]
fn a_sample_is_read_with_its_story() {
    let mut files = small();
    files.insert("samples/plain.json".to_owned(), SAMPLE.to_owned());
    let bundle = Bundle::parse(&files)
        .map_err(|complaints| in_lines(&complaints))
        .unwrap();
    let [sample] = &bundle.samples[..] else {
        panic!("one sample")
    };
    let days: Vec<String> = sample
        .story
        .iter()
        .map(|entry| entry.when.day(sample.start).to_string())
        .collect();
    assert_eq!(days, ["2026-03-02", "2026-03-12"]);
    assert_eq!(sample.story[0].actor, "agency:skatteverket");
}

#[test]
fn a_sample_that_could_not_be_filed_is_complained_of() {
    check("0580", "0581x", expect![[r#""#]]);
    check("199309172386", "199309172387", expect![[r#""#]]);
    check("\"children\": 1", "\"children\": 9", expect![[r#""#]]);
    check("\"name.1\": {", "\"nome.1\": {", expect![[r#""#]]);
    check(
        "\"answer\": \"name.1\"",
        "\"answer\": \"passport.x\"",
        expect![[r#""#]],
    );
    check(
        "\"after\": \"1 months\"",
        "\"after\": \"soon\"",
        expect![[r#""#]],
    );
    check(
        "\"role\": \"applicant\"",
        "\"role\": \"mother\"",
        expect![[r#""#]],
    );
    check(
        "\"name\": \"plain\"",
        "\"name\": \"other\"",
        expect![[r#""#]],
    );
}

#[test]
fn a_variation_sets_only_what_its_step_lets_vary() {
    let mut files = small();
    let may_vary = DEFINITION.replace(
        "form = \"name\"",
        "form = \"name\"\nmay-vary = [\"earliest-week\"]",
    );
    files.insert("definition.toml".to_owned(), may_vary);
    let setting = |step: &str, key: &str| {
        format!(
            "municipality = \"0580\"\n[[setting]]\nstep = \"{step}\"\nkey = \"{key}\"\nvalue = 20\n\
             source = \"https://example.org\"\ndate = \"2026-01-01\"\nguard = \"FB 1 kap. 4 §\"\n"
        )
    };
    files.insert(
        "variations/linkoping.toml".to_owned(),
        setting("name", "earliest-week"),
    );
    let bundle = Bundle::parse(&files)
        .map_err(|complaints| in_lines(&complaints))
        .unwrap();
    assert_eq!(bundle.variations[0].settings[0].value, "20");

    files.insert(
        "variations/linkoping.toml".to_owned(),
        setting("name", "latest-week").replace("0580", "9999"),
    );
    let complaints = Bundle::parse(&files).unwrap_err();
    expect![[r#""#]].assert_eq(&in_lines(&complaints));
}
