//! The built-in samples, played.

use super::timeline::{as_json, lines};
use super::{Deed, play};
use crate::show::View;
use crate::show::words::Language;
use livshandelse_workflows::Bundle;

#[test]
fn every_sample_comes_to_an_end_and_nothing_of_its_story_is_refused() {
    for name in Bundle::embedded_names() {
        let bundle = Bundle::embedded(name).unwrap();
        for sample in &bundle.samples {
            let played = play(&bundle, sample).unwrap();
            assert!(played.ended.is_some(), "{}: open on {}", sample.name, played.end);
            assert_eq!(played.refused, [] as [String; 0], "{}", sample.name);
            assert!(played.start < played.end && !played.rows.is_empty(), "{}", sample.name);
        }
    }
}

#[test]
fn bands_follow_one_another_and_marks_lie_within_the_case() {
    let bundle = Bundle::embedded("first-child").unwrap();
    for sample in &bundle.samples {
        let played = play(&bundle, sample).unwrap();
        for row in &played.rows {
            for pair in row.bands.windows(2) {
                assert!(pair[0].to <= pair[1].from, "{} {}", sample.name, row.step);
            }
            for mark in &row.marks {
                assert!(mark.at >= played.start && mark.at <= played.end, "{} {}", sample.name, row.step);
            }
            let filed = row.marks.iter().find(|mark| mark.deed == Deed::Filed);
            let decided = row.marks.iter().find(|mark| mark.deed == Deed::Decided);
            if let (Some(filed), Some(decided)) = (filed, decided) {
                assert!(filed.at <= decided.at, "{} {}", sample.name, row.step);
            }
        }
    }
}

#[test]
fn the_same_sample_gives_the_same_timeline_no_wider_than_the_terminal() {
    let bundle = Bundle::embedded("first-child").unwrap();
    let sample = bundle.samples.iter().find(|sample| sample.name.as_str() == "twins-in-goteborg").unwrap();
    let played = play(&bundle, sample).unwrap();
    assert_eq!(played, play(&bundle, sample).unwrap());
    for language in [Language::Sv, Language::En] {
        for width in [40, 80, 100] {
            let view = View { width, language, today: None };
            for line in lines(&played, &bundle, sample, &view) {
                assert!(line.width() <= width, "{}", line.styled());
            }
        }
    }
}

#[test]
fn grief_and_joy_are_rows_of_one_case() {
    let bundle = Bundle::embedded("first-child").unwrap();
    let sample = bundle.samples.iter().find(|sample| sample.name.as_str() == "twins-in-goteborg").unwrap();
    let json = as_json(&play(&bundle, sample).unwrap(), &bundle, sample);
    let rows: Vec<&str> = json["rows"].as_array().unwrap().iter().map(|row| row["step"].as_str().unwrap()).collect();
    assert!(rows.contains(&"child-registration.1") && !rows.contains(&"child-registration.2"), "{rows:?}");
    assert!(rows.contains(&"grief-ten-days-birth.2") && !rows.contains(&"grief-ten-days-birth.1"), "{rows:?}");
    assert_eq!(json["facts"][0]["fact"], "birth");
    assert_eq!(json["facts"][1]["fact"], "stillbirth");
}
