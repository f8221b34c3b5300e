//! Dependencies point one way, towards the centre (design §10), and some words are known only to some.

use crate::{files_below, none, root, shown};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Which of our crates each may depend upon. One that is not named here may see nothing of ours.
const ALLOWED: &[(&str, &[&str])] = &[
    ("livshandelse-proto", &[]),
    ("livshandelse-core", &[]),
    ("livshandelse-workflows", &["livshandelse-core"]),
    ("livshandelse-store", &["livshandelse-core"]),
    ("livshandelse-engine", &["livshandelse-store", "livshandelse-core"]),
    (
        "livshandelse-api",
        &[
            "livshandelse-engine",
            "livshandelse-store",
            "livshandelse-core",
            "livshandelse-proto",
            "livshandelse-workflows",
        ],
    ),
    ("livshandelse-notify", &[]),
    ("livshandelse-agency", &["livshandelse-proto"]),
    ("livshandelse-agencies", &["livshandelse-agency", "livshandelse-proto"]),
    (
        "livshandelse",
        &[
            "livshandelse-api",
            "livshandelse-engine",
            "livshandelse-notify",
            "livshandelse-store",
            "livshandelse-core",
            "livshandelse-proto",
            "livshandelse-workflows",
            "livshandelse-agency",
        ],
    ),
    ("xtask", &[]),
];

/// A word in code, the folders whose sources may use it, and what to do instead.
const WORDS: &[(&str, &[&str], &str)] = &[
    (
        "tonic",
        &[
            "services/api/",
            "services/agency-sdk/",
            "services/agencies/",
            "services/livshandelse/",
            "proto/",
            "tests/",
            "xtask/",
        ],
        "turn it into one of core's types in services/api/src/convert",
    ),
    (
        "livshandelse_proto",
        &["services/api/", "services/agency-sdk/", "services/agencies/", "services/livshandelse/", "proto/", "tests/"],
        "API messages end in services/api: take core's type",
    ),
    ("sled::", &["services/store/src/sled.rs", "tests/tidy/"], "go through the store's trait"),
    (
        "tokio::",
        &[
            "services/store/",
            "services/engine/",
            "services/api/",
            "services/agency-sdk/",
            "services/agencies/",
            "services/notify/",
            "services/livshandelse/",
            "tests/",
            "xtask/",
        ],
        "keep it pure: let the engine wait",
    ),
    (
        "serde::",
        &[
            "services/store/",
            "services/api/",
            "services/livshandelse/",
            "services/agencies/",
            "services/agency-sdk/",
            "workflows/",
            "tests/",
            "xtask/",
        ],
        "core types are not serialised: the store has records of its own, the workflows crate reads files",
    ),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata answers in JSON")
}

/// Tests may see everything; nothing sees tests.
fn sees_everything(package: &Value) -> bool {
    let tests = root().join("tests");
    std::path::Path::new(text(package, "manifest_path")).starts_with(tests)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[test]
fn dependencies_point_towards_the_centre() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: BTreeSet<&str> = packages.iter().map(|package| text(package, "name")).collect();
    let mut complaints = Vec::new();
    for package in packages {
        let name = text(package, "name");
        if sees_everything(package) {
            continue;
        }
        let may_see = allowed.get(name).copied().unwrap_or_default();
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let to = text(dependency, "name");
            // What a crate needs only in its own tests draws no arrow, as long as it is not the tests crate.
            let is_for_tests = text(dependency, "kind") == "dev" && !to.starts_with("livshandelse-tests");
            if ours.contains(to) && !may_see.contains(&to) && !is_for_tests {
                complaints.push(format!(
                    "{name} -> {to}: this arrow is forbidden; move what is needed towards the centre, or hand it in as an \
                     argument"
                ));
            }
        }
    }
    none(complaints);
}

#[test]
fn every_crate_of_the_workspace_has_its_place_among_the_arrows() {
    let allowed: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let placed = packages.iter().filter(|package| !sees_everything(package)).map(|package| text(package, "name"));
    let strangers = placed.filter(|name| !allowed.contains(name));
    none(strangers.map(|name| format!("{name} has no row in ALLOWED: add it to tests/tidy/arrows.rs")).collect());
}

#[test]
fn every_manifest_names_the_licence() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let without = packages.iter().filter(|package| text(package, "license") != "EUPL-1.2");
    none(
        without
            .map(|package| {
                format!("{} has no licence: write `license.workspace = true`", text(package, "manifest_path"))
            })
            .collect(),
    );
}

#[test]
fn words_are_used_only_where_they_belong() {
    let mut complaints = Vec::new();
    for path in
        files_below(&root()).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
    {
        let place = shown(&path);
        let source = std::fs::read_to_string(&path).expect("a source file is text");
        for (word, places, remedy) in WORDS {
            if places.iter().any(|known| place.starts_with(known)) {
                continue;
            }
            for (index, line) in source.lines().enumerate() {
                if uses(line, word) {
                    complaints.push(format!("{place}:{}: `{word}` does not belong here; {remedy}", index + 1));
                }
            }
        }
    }
    none(complaints);
}

/// Whether a line of code, not a comment, uses a word as a whole.
fn uses(line: &str, word: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(word).any(|(at, _)| {
        // Our own module of the same name is another thing.
        if ["crate::", "super::", "self::"].iter().any(|own| code[..at].ends_with(own)) {
            return false;
        }
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let joins = |character: Option<char>| {
            character.is_some_and(|character| character.is_alphanumeric() || character == '_')
        };
        !joins(before) && (word.ends_with(':') || !joins(after))
    })
}

#[test]
fn a_word_is_found_in_code_and_not_in_a_comment() {
    assert!(uses("use tonic::Status;", "tonic"));
    assert!(uses("let db = sled::open(path)?;", "sled::"));
    assert!(!uses("// tonic is spoken by the api", "tonic"));
    assert!(!uses("let tonic_water = 1;", "tonic"));
    assert!(!uses("use crate::sled::SledIndex;", "sled::"));
}
