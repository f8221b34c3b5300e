//! Every text of a life event in every language, by key (Fluent).

pub(crate) mod keys;

use crate::complaint::Sheet;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;
use jiff::civil::Date;
use livshandelse_core::id::Slug;
use livshandelse_core::registry::Unit;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

/// The language that is always there, and that a text falls back on.
pub const FALLBACK: &str = "sv";

/// The languages that every text is written in.
pub const LANGUAGES: [&str; 2] = ["sv", "en"];

/// What a text is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg<'a> {
    /// A text as it stands: a name, a place.
    Text(&'a str),
    /// A whole number.
    Number(i64),
    /// A day, written out in the language of the text: `3 maj 2026`, `3 May 2026`.
    Day(Date),
}

/// The texts of a life event together with those that all life events share.
pub struct Texts {
    languages: BTreeMap<&'static str, FluentBundle<FluentResource>>,
    /// Texts that nothing is filled into, as they are read: most of them, and asked for all the time.
    plain: HashMap<&'static str, HashMap<String, String>>,
}

impl Texts {
    /// The text with a key in a language (`sv`, `en`; of `sv-FI` the first part counts), filled with arguments.
    ///
    /// Falls back on Swedish, then on the key itself. An argument that the text names and nobody gives is shown as its
    /// name in braces.
    pub fn text(&self, language: &str, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let wanted = language.split(['-', '_']).next().unwrap_or_default();
        let known = LANGUAGES.into_iter().find(|known| known.eq_ignore_ascii_case(wanted));
        known
            .into_iter()
            .chain([FALLBACK])
            .find_map(|language| self.in_language(language, key, args))
            .unwrap_or_else(|| key.to_owned())
    }

    fn in_language(&self, language: &str, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        if let Some(plain) = self.plain.get(language).and_then(|texts| texts.get(key)) {
            return Some(plain.clone());
        }
        let bundle = self.languages.get(language)?;
        let pattern = bundle.get_message(key)?.value()?;
        let mut filled = FluentArgs::with_capacity(args.len());
        for (name, arg) in args {
            let value = match arg {
                Arg::Text(text) => FluentValue::from(*text),
                Arg::Number(number) => FluentValue::from(*number),
                Arg::Day(day) => FluentValue::from(day_in_words(language, *day)),
            };
            filled.set((*name).to_owned(), value);
        }
        // What goes wrong here (a missing argument) is visible in the text itself.
        Some(bundle.format_pattern(pattern, Some(&filled), &mut Vec::new()).into_owned())
    }

    /// Whether there is a text with a key in a language.
    pub fn has(&self, language: &str, key: &str) -> bool {
        self.languages.get(language).is_some_and(|bundle| bundle.has_message(key))
    }

    /// Complains of texts that name an argument nobody gives, or a term that is not there. Every text of a step may name
    /// the amounts that a step goes by.
    pub(crate) fn check_filled(&self, language: &str, sheet: &Sheet<'_>, amounts: &BTreeSet<&Slug>) {
        let Some(bundle) = self.languages.get(language) else {
            return;
        };
        for (key, offset) in keys_of(sheet.text) {
            let given: &[&str] = match key.split('-').next() {
                Some("clock" | "price") => &["day"],
                Some("agency") => &["place"],
                Some("group") => &["number"],
                Some(_) | None => &[],
            };
            let named = amounts.iter().map(|slug| amount_arg(slug));
            let given = given.iter().map(|name| (*name).to_owned()).chain(named);
            let args: FluentArgs<'_> = given.map(|name| (name, FluentValue::from("1"))).collect();
            let mut errors = Vec::new();
            if let Some(pattern) = bundle.get_message(&key).and_then(|message| message.value()) {
                bundle.format_pattern(pattern, Some(&args), &mut errors);
            }
            if let Some(error) = errors.first() {
                sheet.complain(
                    offset,
                    format!("the text `{key}` cannot be filled: {error}"),
                    "clocks and prices are given {$day}, agencies {$place}, groups {$number}, and all texts {$amount-…} of the amounts that steps \
                     name; other texts nothing",
                );
            }
        }
    }

    /// Reads texts: for each language the shared ones, then the life event's own. Complaints go to the sheets.
    pub(crate) fn read(sheets: &[(&'static str, Vec<&Sheet<'_>>)]) -> Texts {
        let mut languages = BTreeMap::new();
        for (language, sheets) in sheets {
            let locale = language.parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![locale]);
            // Marks of direction around arguments show up as strange characters in plain text.
            bundle.set_use_isolating(false);
            for sheet in sheets {
                add(&mut bundle, sheet);
            }
            languages.insert(*language, bundle);
        }
        let plain = sheets
            .iter()
            .filter_map(|(language, sheets)| {
                let bundle = languages.get(language)?;
                Some((*language, plain_texts(bundle, sheets)))
            })
            .collect();
        Texts { languages, plain }
    }
}

/// The name under which a text is given an amount: `amount-price-base-amount`.
pub fn amount_arg(slug: &Slug) -> String {
    format!("amount-{slug}")
}

/// An amount as people say it: `1 250 kronor`, `SEK 1,250.50`, `3 veckor`, `7.5 per cent`; unknown when nobody knows it.
pub fn amount_in_words(language: &str, amount: Option<(Unit, i64)>) -> String {
    let is_english = language.starts_with("en");
    let Some((unit, value)) = amount else {
        return if is_english { "an amount not known yet" } else { "ett belopp som inte är känt än" }.to_owned();
    };
    let of = |one: &str, many: &str| format!("{value} {}", if value == 1 { one } else { many });
    match (unit, is_english) {
        (Unit::Ore, true) => format!("SEK {}", hundredths(value, ",", ".")),
        (Unit::Ore, false) => format!("{} kronor", hundredths(value, "\u{a0}", ",")),
        (Unit::PercentHundredths, true) => format!("{} per cent", shortened(value, ".")),
        (Unit::PercentHundredths, false) => format!("{} procent", shortened(value, ",")),
        (Unit::Days, true) => of("day", "days"),
        (Unit::Days, false) => of("dag", "dagar"),
        (Unit::Weeks, true) => of("week", "weeks"),
        (Unit::Weeks, false) => of("vecka", "veckor"),
        (Unit::Months, true) => of("month", "months"),
        (Unit::Months, false) => of("månad", "månader"),
    }
}

/// So many hundredths, with thousands apart and no decimals where there are none.
fn hundredths(value: i64, apart: &str, point: &str) -> String {
    let (whole, rest) = (value / 100, value % 100);
    let digits = whole.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push_str(apart);
        }
        text.push(digit);
    }
    if rest == 0 { text } else { format!("{text}{point}{rest:02}") }
}

/// So many hundredths without zeros at the end.
fn shortened(value: i64, point: &str) -> String {
    let text = format!("{}{point}{:02}", value / 100, value % 100);
    text.trim_end_matches('0').trim_end_matches(point).to_owned()
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").field("languages", &self.languages.keys()).finish()
    }
}

/// The texts of a language that nothing is filled into.
fn plain_texts(bundle: &FluentBundle<FluentResource>, sheets: &[&Sheet<'_>]) -> HashMap<String, String> {
    let keys = sheets.iter().flat_map(|sheet| keys_of(sheet.text)).map(|(key, _)| key);
    let plain = keys.filter_map(|key| {
        // Whatever an argument would be filled into is an error without arguments.
        let mut errors = Vec::new();
        let pattern = bundle.get_message(&key)?.value()?;
        let text = bundle.format_pattern(pattern, None, &mut errors).into_owned();
        errors.is_empty().then_some((key, text))
    });
    plain.collect()
}

fn add(bundle: &mut FluentBundle<FluentResource>, sheet: &Sheet<'_>) {
    let resource = match FluentResource::try_new(sheet.text.to_owned()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            for error in errors.iter().take(20) {
                sheet.complain(error.pos.start, format!("not Fluent: {error}"), "mend the text here");
            }
            resource
        }
    };
    let mut seen = std::collections::BTreeSet::new();
    for key in messages(&resource) {
        if bundle.has_message(key) || !seen.insert(key) {
            sheet.complain(
                last_offset_of(sheet.text, key),
                format!("the text `{key}` stands twice, here or among the shared texts"),
                "remove one of them",
            );
        }
    }
    bundle.add_resource_overriding(resource);
}

fn messages(resource: &FluentResource) -> impl Iterator<Item = &str> {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message.id.name),
        Entry::Term(_)
        | Entry::Comment(_)
        | Entry::GroupComment(_)
        | Entry::ResourceComment(_)
        | Entry::Junk { .. } => None,
    })
}

/// Every key of a file, with its offset, in the order of the file.
pub(crate) fn keys_of(text: &str) -> Vec<(String, usize)> {
    let resource = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    messages(&resource).map(|key| (key.to_owned(), last_offset_of(text, key))).collect()
}

fn last_offset_of(text: &str, key: &str) -> usize {
    let mut offset = 0;
    let mut last = 0;
    for line in text.split_inclusive('\n') {
        if line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            last = offset;
        }
        offset += line.len();
    }
    last
}

fn day_in_words(language: &str, day: Date) -> String {
    let months = match language {
        "en" => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        _ => [
            "januari",
            "februari",
            "mars",
            "april",
            "maj",
            "juni",
            "juli",
            "augusti",
            "september",
            "oktober",
            "november",
            "december",
        ],
    };
    let month = usize::try_from(day.month() - 1).ok().and_then(|index| months.get(index)).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}
