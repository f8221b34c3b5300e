//! Bundles with one thing wrong, and the complaint that each of them gives.

use crate::bundle::Files;
use crate::embedded::shared_texts;
use crate::texts::keys_of;
use crate::words;
use crate::{Arg, Bundle, Complaint, LANGUAGES, Texts, registry, values_from_json};
use expect_test::{Expect, expect};
use livshandelse_core::id::{PartyId, Slug};
use livshandelse_core::value::Value;
use std::path::Path;

mod bad;
mod samples;

const DEFINITION: &str = include_str!("tests/definition.toml");
const LIFE_EVENT_FORM: &str = include_str!("tests/small.schema.json");
const NAME_FORM: &str = include_str!("tests/name.schema.json");
const TEXTS: &str = include_str!("tests/texts.ftl");

/// A small life event without faults.
fn small() -> Files {
    [
        ("definition.toml", DEFINITION),
        ("forms/small.schema.json", LIFE_EVENT_FORM),
        ("forms/name.schema.json", NAME_FORM),
        ("texts/sv.ftl", TEXTS),
        ("texts/en.ftl", TEXTS),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .collect()
}

fn in_lines(complaints: &[Complaint]) -> String {
    complaints.iter().map(|complaint| format!("{complaint}\n")).collect()
}

fn read_folder(name: &str) -> Bundle {
    match Bundle::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name)) {
        Ok(bundle) => bundle,
        Err(complaints) => panic!("\n{}", in_lines(&complaints)),
    }
}

#[test]
fn a_small_life_event_is_read_without_complaint() {
    match Bundle::parse(&small()) {
        Ok(bundle) => assert_eq!(bundle.definition.steps().len(), 3),
        Err(complaints) => panic!("\n{}", in_lines(&complaints)),
    }
}

#[test]
fn every_life_event_in_its_folder_is_the_one_that_is_built_in() {
    for name in Bundle::embedded_names() {
        let from_folder = read_folder(name);
        let built_in = match Bundle::embedded(name) {
            Ok(bundle) => bundle,
            Err(complaints) => panic!("\n{}", in_lines(&complaints)),
        };
        assert_eq!(from_folder.definition, built_in.definition);
        assert_eq!(from_folder.samples, built_in.samples, "add the new sample to embedded.rs");
        assert_eq!(from_folder.variations, built_in.variations, "add the new variation to embedded.rs");
        assert_eq!(from_folder.schemas, built_in.schemas, "add the new form to embedded.rs");
        assert_eq!(from_folder.definition.revision().life_event.as_str(), *name);
    }
}

#[test]
fn every_folder_of_a_life_event_is_read_without_complaint() {
    let folders = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path()).filter(|path| path.join("definition.toml").is_file());
    let mut wrong = String::new();
    for folder in folders {
        if let Err(complaints) = Bundle::read(&folder) {
            wrong +=
                &complaints.iter().map(|complaint| format!("{}/{complaint}\n", folder.display())).collect::<String>();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_life_event_that_is_not_built_in_is_named_in_the_complaint() {
    let complaints = Bundle::embedded("moving-abroad").unwrap_err();
    assert_eq!(
        in_lines(&complaints),
        "moving-abroad:1:1: no life event of that name is built in; use one of: first-child, parent-to-elderly-care, starting-a-business\n"
    );
}

#[test]
fn the_digest_follows_steps_and_forms_and_not_texts() {
    let digest = |files: &Files| Bundle::parse(files).unwrap().definition.parts().digest;
    let mut files = small();
    let before = digest(&files);
    files.insert("texts/sv.ftl".to_owned(), TEXTS.replace("title = Small", "title = Liten"));
    assert_eq!(digest(&files), before);
    files.insert("definition.toml".to_owned(), DEFINITION.replace("draft-days = 90", "draft-days = 91"));
    assert_ne!(digest(&files), before);
    let mut files = small();
    files.insert("forms/name.schema.json".to_owned(), NAME_FORM.replace("40", "41"));
    assert_ne!(digest(&files), before);
}

#[test]
fn a_text_is_filled_in_its_language_and_falls_back() {
    let mut files = small();
    let clock = "clock-name-opened-30 = Last day";
    files.insert("texts/sv.ftl".to_owned(), TEXTS.replace(clock, "clock-name-opened-30 = Senast {$day}"));
    files.insert("texts/en.ftl".to_owned(), TEXTS.replace(clock, "clock-name-opened-30 = By {$day}"));
    let texts = Bundle::parse(&files).unwrap().texts;
    let day = [("day", Arg::Day(jiff::civil::date(2026, 5, 3)))];
    let text = |language: &str, key: &str| texts.text(language, key, &day);
    assert_eq!(text("sv", "clock-name-opened-30"), "Senast 3 maj 2026");
    assert_eq!(text("en-GB", "clock-name-opened-30"), "By 3 May 2026");
    assert_eq!(text("fi", "clock-name-opened-30"), "Senast 3 maj 2026");
    assert_eq!(text("sv", "no-such-text"), "no-such-text");
    assert!(texts.has("sv", "title") && !texts.has("sv", "no-such-text"));
}

#[test]
fn texts_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Texts>();
    is_shared::<Bundle>();
}

#[test]
fn input_is_read_by_the_form_and_persons_are_swapped() {
    let bundle = Bundle::parse(&small()).unwrap();
    let form = &bundle.definition.parts().form;
    let party = PartyId([7; 16]);
    let swap = |text: &str| {
        if text == "199309172386" { Ok(party) } else { Err("is not a person".to_owned()) }
    };
    let read = |json: &str| values_from_json(form, "input", &serde_json::from_str(json).unwrap(), &swap);
    let values =
        read(r#"{"due-date": "2026-03-01", "children": 2, "married": false, "care": "home", "other": "199309172386"}"#)
            .unwrap();
    let value = |field: &str| values.get(&Slug::new(field).unwrap()).cloned();
    assert_eq!(value("due-date"), Some(Value::Day(jiff::civil::date(2026, 3, 1))));
    assert_eq!(value("children"), Some(Value::Number(2)));
    assert_eq!(value("other"), Some(Value::Party(party)));

    let drawing = |json: &str| {
        let form = livshandelse_core::form::Form {
            slug: Slug::new("small").unwrap(),
            fields: vec![livshandelse_core::form::Field {
                slug: Slug::new("drawing").unwrap(),
                kind: livshandelse_core::form::FieldKind::Document(vec!["image/png".to_owned()]),
                is_required: false,
                evidence: None,
                asked_of: None,
            }],
        };
        values_from_json(&form, "input", &serde_json::from_str(json).unwrap(), &swap).unwrap_err()
    };
    let paths = [r#"{"drawing": "a"}"#, r#"{"drawing": 1}"#].map(|json| drawing(json).remove(0).path);
    assert_eq!(paths, ["input.drawing", "input.drawing"], "where persons alone come in, there is no document");

    let wrong = read(
        r#"{"due-date": "2026-02-30", "children": 9, "married": "no", "care": "elsewhere", "other": "x", "more": 1}"#,
    )
    .unwrap_err();
    let lines: String =
        wrong.iter().map(|wrong| format!("{}: {}; {}\n", wrong.path, wrong.problem, wrong.remedy)).collect();
    expect![[r#"
        input.care: not one of the choices; use one of: home, hospital
        input.children: out of range; give a whole number from 1 to 4
        input.due-date: not a day; give a day as YYYY-MM-DD
        input.married: not yes or no; give true or false
        input.more: no such field; use one of: due-date, children, married, care, other
        input.other: is not a person; give a personnummer or samordningsnummer, 12 digits
    "#]]
    .assert_eq(&lines);
}

#[test]
fn every_place_of_a_resolved_agency_of_first_child_has_a_name() {
    let bundle = read_folder("first-child");
    for agency in &bundle.definition.parts().agencies {
        let resolved = registry().resolve(agency, "0580", Some("1482")).unwrap();
        let place = registry().place_of(&resolved).unwrap_or_default();
        let text = bundle.texts.text("sv", &format!("agency-{}", agency.slug), &[("place", Arg::Text(place))]);
        assert!(!text.contains(['{', '$']), "{text}");
    }
}

#[test]
fn every_word_of_a_definition_has_a_shared_text_in_every_language() {
    let texts = Bundle::parse(&small()).unwrap().texts;
    fn of<T>(prefix: &str, words: &crate::table::Words<T>) -> Vec<String> {
        words.iter().map(|(word, _)| format!("{prefix}-{word}")).collect()
    }
    let keys = [
        of("kind", words::STEP_KINDS),
        of("level", words::LEVELS),
        of("fact", words::FACTS),
        of("mandate", words::MANDATES),
        of("need-for", words::PURPOSES),
        of("clock-kind", words::CLOCK_KINDS),
        of("holder", words::HOLDERS),
        of("consequence", words::CONSEQUENCES),
        of("roll-over", words::ROLL_OVERS),
        of("ground", words::GROUNDS),
        of("appeal-route", words::APPEAL_ROUTES),
        of("withdrawal", words::WITHDRAWALS),
    ]
    .concat();
    for language in LANGUAGES {
        let missing: Vec<_> = keys.iter().filter(|key| !texts.has(language, key)).collect();
        assert!(missing.is_empty(), "add to workflows/texts/{language}.ftl: {missing:?}");
    }
}

#[test]
fn shared_texts_are_the_same_in_every_language_and_labels_are_short() {
    let keys = |language: &str| keys_of(shared_texts(language)).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    assert_eq!(keys("sv"), keys("en"));
    let texts = Bundle::parse(&small()).unwrap().texts;
    for key in keys("sv") {
        let is_label = ["state-", "turn-", "outcome-", "appeal-", "execution-", "level-", "kind-", "roll-up-"]
            .iter()
            .any(|prefix| key.starts_with(prefix))
            && !key.starts_with("appeal-route-");
        for language in LANGUAGES.iter().filter(|_| is_label) {
            let label = texts.text(language, &key, &[("day", Arg::Text("3 december 2026"))]);
            assert!(label.chars().count() <= 40, "{language}: {key} = {label}");
        }
    }
}
