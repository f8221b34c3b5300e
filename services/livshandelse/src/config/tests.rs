//! What is read from a file of settings, what is refused, and which of three sources counts.

mod deploy;

use super::*;
use crate::serve::Serve;
use clap::{Args as _, Command};
use std::collections::BTreeSet;

const SAMPLE: &str = include_str!("../../../../deploy/livshandelse.toml");

fn flags() -> Command {
    Serve::augment_args(Command::new("serve"))
}

fn complaints(text: &str) -> Vec<(usize, String, String)> {
    let (_, complaints) = file::parse(text);
    complaints.into_iter().map(|complaint| (complaint.line, complaint.key, complaint.problem)).collect()
}

#[test]
fn every_key_is_a_flag_of_serve_and_a_variable_of_the_same_name() {
    let flags = flags();
    for key in KEYS {
        let flag = flags.get_arguments().find(|flag| flag.get_id() == key.argument);
        let flag = flag.unwrap_or_else(|| panic!("serve has no {}", key.argument));
        assert_eq!(flag.get_long(), Some(key.flag().as_str()));
        assert_eq!(flag.get_env().and_then(|name| name.to_str()), Some(key.variable().as_str()), "{}", key.name);
    }
}

#[test]
fn every_flag_of_serve_that_is_for_operators_is_a_key() {
    // Where the file is cannot stand in it; a second file of agencies is not needed beside it; and nobody serves in
    // time-lapse by a setting that was forgotten.
    let others = ["config", "agencies", "time_lapse"];
    for flag in flags().get_arguments().filter(|flag| !flag.is_hide_set()) {
        let id = flag.get_id().as_str();
        assert!(others.contains(&id) || KEYS.iter().any(|key| key.argument == id), "{id} is no key of the file");
    }
}

#[test]
fn the_sample_can_be_used_as_it_is() {
    let (file, complaints) = file::parse(SAMPLE);
    assert_eq!(complaints, []);
    assert!(file.entries.iter().any(|entry| entry.name == "store.data"));
}

#[test]
fn the_sample_explains_every_key_with_unit_range_and_default() {
    let flags = flags();
    let mut explained = BTreeSet::new();
    let mut table = String::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in SAMPLE.lines() {
        // A key that is left at its default stands there as a comment without a space.
        let key_line =
            line.strip_prefix('#').filter(|rest| !rest.starts_with(' ') && rest.contains(" = ")).or(Some(line));
        match key_line {
            Some(line) if line.starts_with('[') => table = line.trim_matches(['[', ']']).to_owned(),
            Some(line) if line.starts_with('#') => {
                comment.push(line);
                continue;
            }
            Some(line) if line.contains(" = ") => {
                let name = format!("{table}.{}", line.split(" = ").next().unwrap());
                let key = KEYS.iter().find(|key| key.holds(&name)).unwrap_or_else(|| panic!("no key {name}"));
                let first_of_agencies = key.kind != Kind::Pairs || explained.insert(key.name);
                explained.insert(key.name);
                if first_of_agencies {
                    let text = comment.join("\n");
                    for word in ["Unit:", "Range:", "Default:", &key.variable()] {
                        assert!(text.contains(word), "{name} is explained without `{word}`:\n{text}");
                    }
                    let flag = flags.get_arguments().find(|flag| flag.get_id() == key.argument).unwrap();
                    for default in flag.get_default_values() {
                        let default = format!("Default: {}", default.to_str().unwrap());
                        assert!(text.contains(&default), "{name} is explained without `{default}`:\n{text}");
                    }
                }
            }
            _ => {}
        }
        comment.clear();
    }
    let missing: Vec<&str> = KEYS.iter().map(|key| key.name).filter(|name| !explained.contains(name)).collect();
    assert!(missing.is_empty(), "not in the sample: {missing:?}");
}

#[test]
fn the_sample_says_nothing_else_with_its_commented_keys_than_can_be_used() {
    let uncommented: String = SAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') && rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let (file, complaints) = file::parse(&uncommented);
    assert_eq!(complaints, []);
    for key in KEYS {
        assert!(file.entries.iter().any(|entry| key.holds(&entry.name)), "{} is not there", key.name);
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once_with_its_line() {
    let text = "\
[listen]
portal-port = 80000
agency-port = \"7411\"
addresses = [\"127.0.0.1\", \"0.0.0.0\"]
metrics-prot = 1

[agencies]
state = \"127.0.0.1:7501\"

[limits]
agency-seconds = 0
starts = 1.5

[log]
format = \"xml\"
filter = \"info,livshandelse=loud\"

[stores]
data = \"/srv\"
";
    let found = complaints(text);
    let places: Vec<(usize, &str)> = found.iter().map(|(line, key, _)| (*line, key.as_str())).collect();
    assert_eq!(
        places,
        [
            (2, "listen.portal-port"),
            (3, "listen.agency-port"),
            (4, "listen.addresses"),
            (5, "listen.metrics-prot"),
            (8, "agencies.state"),
            (11, "limits.agency-seconds"),
            (12, "limits.starts"),
            (15, "log.format"),
            (16, "log.filter"),
            (18, "stores"),
        ],
        "{found:#?}"
    );
    assert_eq!(found[0].2, "`80000`: 80000 is not in 0..=65535");
    assert_eq!(found[1].2, "a text stands where a whole number belongs");
    assert!(found.iter().all(|(_, _, problem)| !problem.contains("--l") && !problem.contains('\n')), "{found:#?}");
}

#[test]
fn what_is_no_toml_is_named_with_its_line_and_the_rest_is_still_looked_at() {
    let found = complaints("[log]\nformat = text\n\n[listen]\nportal-port = 70000\n");
    assert!(found.iter().any(|(line, key, _)| *line == 2 && key.is_empty()), "{found:#?}");
    assert!(found.iter().any(|(line, key, _)| *line == 5 && key == "listen.portal-port"), "{found:#?}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let text = "\
[store]
data = \"/srv/cases\"
keys = \"/srv/cases/keys\"
[listen]
agency-port = 7500
metrics-port = 7500
[backup]
to = \"/srv/backup\"
";
    let found = complaints(text);
    let places: Vec<(usize, &str)> = found.iter().map(|(line, key, _)| (*line, key.as_str())).collect();
    assert_eq!(places, [(3, "store.keys"), (6, "listen.metrics-port"), (8, "backup.to")], "{found:#?}");
    let apart = complaints("[backup]\nto = \"/srv/backup\"\nkeys-to = \"/srv/backup/keys\"\n");
    assert_eq!(apart.len(), 1, "{apart:#?}");
}

#[test]
fn a_flag_counts_before_the_file_and_the_file_before_the_default() {
    let (file, complaints) = file::parse(
        "[listen]\nportal-port = 7500\nagency-port = 7501\n[log]\nformat = \"json\"\n[agencies]\nstate = \"http://[::1]:1\"\nregion = \"http://[::1]:2\"\n",
    );
    assert_eq!(complaints, []);
    let typed = ["serve", "--portal-port", "7600", "--agency", "state=http://[::1]:3"];
    let matches = flags().try_get_matches_from(typed).unwrap();
    let settings = settings(Some(&file), &matches, &|_| vec!["usual".to_owned()]);
    let of = |name: &str| {
        let setting = settings.iter().find(|setting| setting.name == name);
        let setting = setting.unwrap_or_else(|| panic!("no {name}"));
        (setting.values.join(" "), setting.origin.clone())
    };
    assert_eq!(of("listen.portal-port"), ("7600".to_owned(), Origin::Flag("--portal-port".to_owned())));
    assert_eq!(of("listen.agency-port"), ("7501".to_owned(), Origin::Line(3)));
    assert_eq!(of("listen.metrics-port"), ("usual".to_owned(), Origin::Default));
    assert_eq!(of("agencies.state"), ("http://[::1]:3".to_owned(), Origin::Flag("--agency".to_owned())));
    assert_eq!(of("agencies.region"), ("http://[::1]:2".to_owned(), Origin::Line(8)));

    let added = arguments(&file, &matches);
    assert_eq!(added, ["--agency-port=7501", "--log-format=json"]);
    let all = typed.iter().map(|word| OsString::from(*word)).chain(added);
    let matches = flags().try_get_matches_from(all).unwrap();
    assert_eq!(matches.get_one::<u16>("portal_port"), Some(&7600));
    assert_eq!(matches.get_one::<u16>("agency_port"), Some(&7501));
}

#[test]
fn a_mail_server_without_an_address_to_send_from_is_named() {
    let found = complaints("[notify]\nsmtp-host = \"localhost\"\nportal-address = \"https://portal.example/\"\n");
    let places: Vec<(usize, &str)> = found.iter().map(|(line, key, _)| (*line, key.as_str())).collect();
    assert_eq!(places, [(2, "notify.smtp-host")], "{found:#?}");
    assert_eq!(found[0].2, "there is no notify.mail-from");
    let found =
        complaints("[notify]\nmail-from = \"svara-inte\"\nwebhook-networks = [\"10.1.0.0\"]\ntell-seconds = -1\n");
    let lines: Vec<usize> = found.iter().map(|(line, _, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4], "{found:#?}");
}
