//! Texts are plain: every one of every life event, in every language, is easy to read and free of unexplained abbreviations.
//!
//! The limits are LIX 45 for a text and 40 for a file. Björnsson's scale (Läsbarhet, 1968) calls 30–40 easy (fiction,
//! popular weeklies), 40–50 medium (a daily paper) and 50–60 hard (what authorities usually write). Language law
//! (2009:600) 11 § asks authorities for plain and simple words; advice on klarspråk takes 40–45 as the upper bound of that.
//! The same scale is used for English (J. Anderson, Lix and Rix, Journal of Reading 26, 1983).
//!
//! Abbreviations: Myndigheternas skrivregler (Språkrådet) asks to write words out, and to explain an abbreviation where it is
//! first used unless it is better known than its full form. Which is which stands in `workflows/texts/glossary.csv`.

mod abbreviations;
mod lix;
mod messages;

use crate::{files_below, none, root, shown};
use abbreviations::{Glossary, abbreviations_in};
use lix::Count;
use messages::{Message, messages};
use std::path::PathBuf;

/// LIX of one text at the most.
const TEXT_LIX_MAX: f64 = 45.0;

/// LIX of all sentences of a file together at the most.
const FILE_LIX_MAX: f64 = 40.0;

/// A text of fewer words and of one sentence only is a label: too short for an index to say anything.
const LABEL_WORDS_MAX: u32 = 19;

/// One file of texts.
struct File {
    place: String,
    language: String,
    messages: Vec<Message>,
}

/// Every file of texts below the workflows, shared texts first read so that terms of theirs are found.
fn files() -> Vec<File> {
    let is_texts = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "ftl");
    let in_texts = |path: &PathBuf| path.parent().is_some_and(|folder| folder.ends_with("texts"));
    files_below(&root().join("workflows"))
        .into_iter()
        .filter(|path| is_texts(path) && in_texts(path) && !shown(path).starts_with("workflows/src"))
        .map(|path| {
            let source = std::fs::read_to_string(&path).expect("a file of texts is text");
            let language = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            File { place: shown(&path), language, messages: messages(&source) }
        })
        .collect()
}

#[test]
fn every_text_is_easy_to_read() {
    let mut complaints = Vec::new();
    for file in files() {
        for message in &file.messages {
            for text in &message.texts {
                let count = Count::of(text);
                if count.sentences < 2 && count.words <= LABEL_WORDS_MAX {
                    continue;
                }
                if count.lix() > TEXT_LIX_MAX {
                    let Count { words, sentences, long_words } = count;
                    complaints.push(format!(
                        "{}:{}: `{}` has LIX {:.1} ({words} words, {sentences} sentences, {long_words} words of more than six \
                         letters), at most {TEXT_LIX_MAX}: {}. It reads: {text}",
                        file.place,
                        message.line,
                        message.key,
                        count.lix(),
                        remedy(count),
                    ));
                }
            }
        }
    }
    none(complaints);
}

/// What would help most.
fn remedy(count: Count) -> &'static str {
    if count.words > 14 * count.sentences {
        "make two sentences of the long one, and say one thing in each"
    } else {
        "take shorter words for some of the long ones, or say it with a verb"
    }
}

#[test]
fn every_file_of_texts_is_easy_to_read_as_a_whole() {
    let mut complaints = Vec::new();
    for file in files() {
        let mut total = Count::default();
        // Labels have no sentences: they would only make the average look better.
        let sentences = file.messages.iter().flat_map(|message| &message.texts).filter(|text| is_sentence(text));
        sentences.for_each(|text| total += Count::of(text));
        if total.lix() > FILE_LIX_MAX {
            complaints.push(format!(
                "{}:1: the sentences of the file have LIX {:.1} together, at most {FILE_LIX_MAX}: {}; begin with those \
                 above that",
                file.place,
                total.lix(),
                remedy(total),
            ));
        }
    }
    none(complaints);
}

fn is_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['.', '?', '!'])
}

#[test]
fn no_text_has_an_abbreviation_that_it_does_not_explain() {
    let glossary = Glossary::read();
    let mut complaints = Vec::new();
    for file in files() {
        let all: Vec<&str> = file.messages.iter().flat_map(|message| &message.texts).map(String::as_str).collect();
        for message in &file.messages {
            for text in &message.texts {
                for word in abbreviations_in(text, &file.language) {
                    if let Some(remedy) = glossary.complaint(&word, &file.language, text, &all) {
                        let (place, line, key) = (&file.place, message.line, &message.key);
                        complaints.push(format!("{place}:{line}: `{key}` says `{word}`: {remedy}. It reads: {text}"));
                    }
                }
            }
        }
    }
    none(complaints);
}

#[test]
fn no_text_writes_a_sum_or_a_share_in_digits() {
    let mut complaints = Vec::new();
    for file in files() {
        for message in &file.messages {
            for text in message.texts.iter().filter(|text| has_amount_in_digits(text)) {
                complaints.push(format!(
                    "{}:{}: `{}` writes a sum or a share in digits, which may be another next year: give it a row in \
                     workflows/reference-data/amounts.csv, name it in the step's `amounts`, and write {{ $amount-… }}. It \
                     reads: {text}",
                    file.place, message.line, message.key,
                ));
            }
        }
    }
    none(complaints);
}

/// Whether digits stand before a word for money or a share. Numbers of days are the clocks' own, and a phone number is none.
fn has_amount_in_digits(text: &str) -> bool {
    let is_unit = |word: &str| {
        let word = word.trim_matches(|character: char| !character.is_alphabetic()).to_lowercase();
        ["kr", "krona", "kronor", "öre", "sek", "procent", "percent"].contains(&word.as_str())
    };
    let text = &text.replace("per cent", "percent");
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_before_unit =
        words.windows(2).any(|pair| pair[0].ends_with(|end: char| end.is_ascii_digit()) && is_unit(pair[1]));
    let is_share = |word: &&str| word.contains('%') && word.contains(|character: char| character.is_ascii_digit());
    is_before_unit || words.iter().any(is_share) || text.contains(" %")
}

#[test]
fn a_sum_in_digits_is_found_and_days_and_phone_numbers_are_not() {
    for text in
        ["Det kostar 1 900 kronor.", "Avgiften är 500 kr", "Högst 3 % av inkomsten", "At most 3 per cent", "It is 3%."]
    {
        assert!(has_amount_in_digits(text), "{text}");
    }
    for text in [
        "Inom 14 dagar.",
        "Ring 1177.",
        "Call 2 per day.",
        "Hur mycket, i kronor?",
        "Senast 3 maj 2026 perrongen",
        "femton hundra kronor",
    ] {
        assert!(!has_amount_in_digits(text), "{text}");
    }
}

#[test]
fn the_texts_of_every_life_event_and_the_shared_ones_are_looked_at() {
    let files = files();
    let places: Vec<&str> = files.iter().map(|file| file.place.as_str()).collect();
    let mut folders = vec!["workflows".to_owned()];
    let life_events = std::fs::read_dir(root().join("workflows")).expect("the workflows folder");
    let life_events = life_events.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    folders.extend(life_events.filter(|path| path.join("definition.toml").is_file()).map(|path| shown(&path)));
    for folder in folders {
        for language in ["sv", "en"] {
            let place = format!("{folder}/texts/{language}.ftl");
            let file = files.iter().find(|file| file.place == place);
            let file = file.unwrap_or_else(|| panic!("{place} is not among {places:?}"));
            assert!(file.messages.len() > 50, "{place}: {} texts were found", file.messages.len());
        }
    }
}
