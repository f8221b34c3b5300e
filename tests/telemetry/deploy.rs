//! What is laid out for operators in `deploy/` against what the program tells: every number that an alert or a panel asks
//! for is there, every alert leads to a heading of the runbook, and everything can be read by what it is for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use yaml_rust2::{Yaml, YamlLoader};

const SUFFIXES: [&str; 4] = ["_bucket", "_count", "_sum", "_total"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("deploy/{name}: {error}"))
}

fn yaml(name: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(&text(name)).unwrap_or_else(|error| panic!("deploy/{name}: {error}"));
    assert_eq!(documents.len(), 1, "deploy/{name}");
    documents.remove(0)
}

fn dashboard() -> serde_json::Value {
    serde_json::from_str(&text("grafana/dashboards/livshandelse.json")).unwrap()
}

/// Rules as (what they are called, what they ask), alerts and records alike.
fn rules() -> Vec<Yaml> {
    let rules = yaml("prometheus/rules.yaml");
    let groups = rules["groups"].as_vec().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_vec().unwrap().clone()).collect()
}

/// What is asked for by name: ours begin with `livshandelse`, records have a colon.
fn asked(expression: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let words = expression.split(|letter: char| !is_part(letter));
    words
        .filter(|word| word.starts_with("livshandelse_") || word.starts_with("livshandelse:"))
        .map(str::to_owned)
        .collect()
}

/// Every question of the rules and the dashboard, with where it is asked.
fn questions() -> Vec<(String, String)> {
    let mut questions = Vec::new();
    for rule in rules() {
        let name = rule["alert"].as_str().or(rule["record"].as_str()).unwrap().to_owned();
        questions.push((name, rule["expr"].as_str().unwrap().to_owned()));
    }
    for panel in dashboard()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let title = panel["title"].as_str().unwrap().to_owned();
            questions.push((title, target["expr"].as_str().unwrap().to_owned()));
        }
    }
    questions
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_that_an_alert_or_a_panel_asks_for_is_told_by_the_program() {
    let kept = crate::kept().await;
    let told: BTreeSet<&str> =
        kept.metrics.iter().filter_map(|line| line.split([' ', '{']).next()).filter(|name| *name != "#").collect();
    let recorded: BTreeSet<String> =
        rules().iter().filter_map(|rule| Some(rule["record"].as_str()?.to_owned())).collect();
    let mut asked_for = BTreeSet::new();
    for (place, expression) in questions() {
        for name in asked(&expression) {
            assert!(
                told.contains(name.as_str()) || recorded.contains(&name),
                "{place} asks for {name}, which the program does not tell"
            );
            asked_for.insert(name);
        }
    }
    // And nothing that is told is looked at by nobody.
    let base = |name: &str| SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name).to_owned();
    let looked_at: BTreeSet<String> = asked_for.iter().map(|name| base(name)).collect();
    let ours = told.iter().filter(|name| name.starts_with("livshandelse_"));
    let unseen: BTreeSet<String> = ours.map(|name| base(name)).filter(|name| !looked_at.contains(name)).collect();
    let of_no_matter = [
        // What is not made or written is told by others: the age of the last backup, and how long commits take.
        "livshandelse_backups_made",
        // A notice that waits has its time yet: the outcomes tell.
        "livshandelse_notices_waiting",
        "livshandelse_store_batches",
        "livshandelse_store_records",
        "livshandelse_store_syncs",
    ];
    assert_eq!(unseen.iter().map(String::as_str).collect::<Vec<_>>(), of_no_matter);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_label_that_is_asked_for_is_one_that_the_program_gives() {
    let kept = crate::kept().await;
    let has = |name: &str, label: &str| {
        kept.metrics
            .iter()
            .any(|line| line.split(['{', ' ']).next() == Some(name) && line.contains(&format!("{label}=\"")))
    };
    for (place, expression) in questions() {
        for part in expression.split("by (").skip(1) {
            let labels = part.split(')').next().unwrap().split(',').map(str::trim);
            let names: Vec<String> = asked(part).into_iter().take(1).filter(|name| !name.contains(':')).collect();
            for label in labels.filter(|label| *label != "le") {
                for name in &names {
                    assert!(has(name, label), "{place}: {name} has no {label}");
                }
            }
        }
    }
}

#[test]
fn every_alert_says_how_bad_it_is_and_leads_to_the_runbook() {
    let runbook = text("RUNBOOK.md");
    let headings: BTreeSet<String> = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("## ").or(line.strip_prefix("### ")))
        .map(|heading| {
            let kept = heading.to_lowercase();
            let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || *letter == ' ' || *letter == '-');
            kept.collect::<String>().replace(' ', "-")
        })
        .collect();
    let alerts: Vec<Yaml> = rules().into_iter().filter(|rule| !rule["alert"].is_badvalue()).collect();
    assert!(alerts.len() >= 10, "{}", alerts.len());
    for alert in alerts {
        let name = alert["alert"].as_str().unwrap();
        assert!(["page", "ticket"].contains(&alert["labels"]["severity"].as_str().unwrap()), "{name}");
        assert!(alert["annotations"]["summary"].as_str().is_some(), "{name}");
        let link = alert["annotations"]["runbook"].as_str().unwrap();
        let anchor = link.strip_prefix("RUNBOOK.md#").unwrap();
        assert!(headings.contains(anchor), "{name} leads to {anchor}, and the runbook has {headings:?}");
    }
}

#[test]
fn the_first_thing_on_the_dashboard_is_whether_anyone_waits_because_of_us() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let place = |panel: &serde_json::Value| {
        let grid = &panel["gridPos"];
        (grid["y"].as_u64().unwrap(), grid["x"].as_u64().unwrap())
    };
    let first = panels.iter().filter(|panel| panel["type"] != "row").min_by_key(|panel| place(panel)).unwrap();
    assert_eq!(first["targets"][0]["expr"], "livshandelse:waiting_because_of_us");
    let mut cells = BTreeSet::new();
    for panel in panels {
        let (y, x) = place(panel);
        let (height, width) = (panel["gridPos"]["h"].as_u64().unwrap(), panel["gridPos"]["w"].as_u64().unwrap());
        assert!(x + width <= 24, "{} is wider than the page", panel["title"]);
        for cell in (y..y + height).flat_map(|y| (x..x + width).map(move |x| (y, x))) {
            assert!(cells.insert(cell), "{} lies over another panel", panel["title"]);
        }
    }
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
}

#[test]
fn what_is_laid_out_can_be_read_and_what_it_names_is_there() {
    for name in ["otel/collector.yaml", "prometheus/prometheus.yaml"] {
        assert!(!yaml(name).is_badvalue(), "{name}");
    }
    assert_eq!(yaml("prometheus/prometheus.yaml")["rule_files"][0].as_str(), Some("rules.yaml"));
    let source = yaml("grafana/provisioning/datasources/prometheus.yaml");
    let uid = source["datasources"][0]["uid"].as_str().unwrap().to_owned();
    for panel in dashboard()["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], uid, "{}", panel["title"]);
    }
    let compose = yaml("compose.yaml");
    let services = compose["services"].as_hash().unwrap();
    for (name, service) in services {
        let name = name.as_str().unwrap();
        let inherited = &service["<<"];
        let of = |key: &str| if service[key].is_badvalue() { inherited[key].clone() } else { service[key].clone() };
        assert_eq!(of("cap_drop")[0].as_str(), Some("ALL"), "{name} keeps rights that it does not need");
        assert_eq!(of("security_opt")[0].as_str(), Some("no-new-privileges:true"), "{name}");
        let image = of("image").as_str().unwrap().to_owned();
        let version = image.rsplit_once(':').map(|(_, version)| version.to_owned());
        assert!(version.is_some_and(|version| version != "latest"), "{name}: {image} names no version");
        for volume in of("volumes").as_vec().into_iter().flatten() {
            let from = volume.as_str().unwrap().split(':').next().unwrap();
            let is_there = match from.strip_prefix("./") {
                Some(path) => folder().join(path).exists(),
                None => !compose["volumes"].as_hash().unwrap()[&Yaml::String(from.to_owned())].is_badvalue(),
            };
            assert!(is_there, "{name} is given {from}, which is not there");
        }
    }
}

/// What every alert is tried with: what is counted, and who is called then.
#[test]
fn every_alert_is_tried_firing_and_silent() {
    let tried = yaml("prometheus/rules.test.yaml");
    let (mut firing, mut silent) = (BTreeSet::new(), BTreeSet::new());
    for test in tried["tests"].as_vec().unwrap() {
        for alert in test["alert_rule_test"].as_vec().into_iter().flatten() {
            let name = alert["alertname"].as_str().unwrap().to_owned();
            if alert["exp_alerts"].is_badvalue() {
                silent.insert(name)
            } else {
                firing.insert(name)
            };
        }
    }
    let alerts: BTreeSet<String> = rules().iter().filter_map(|rule| Some(rule["alert"].as_str()?.to_owned())).collect();
    assert_eq!((&firing, &silent), (&alerts, &alerts));
    let promtool = std::process::Command::new("promtool")
        .args(["test", "rules", "rules.test.yaml"])
        .current_dir(folder().join("prometheus"))
        .output();
    match promtool {
        Ok(said) => assert!(said.status.success(), "{}", String::from_utf8_lossy(&[said.stdout, said.stderr].concat())),
        Err(error) => println!("promtool is not installed, so the alerts were not tried: {error}"),
    }
}

#[test]
fn a_number_on_the_dashboard_is_of_now_and_never_the_last_that_was_known() {
    for panel in dashboard()["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] == "stat") {
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["instant"], true, "{} shows an old number when the service is gone", panel["title"]);
        }
        assert_eq!(panel["fieldConfig"]["defaults"]["noValue"], "unknown", "{}", panel["title"]);
    }
}
