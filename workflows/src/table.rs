//! Walks a TOML table key by key, and complains of all that is missing, unknown or of the wrong kind, not of the first only.

use crate::complaint::Sheet;
use livshandelse_core::id::Slug;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Entries in one array that are read. More is a complaint.
const ENTRIES_MAX: usize = 1_000;

/// One table, and the keys that somebody has asked for.
pub(crate) struct Table<'s> {
    sheet: &'s Sheet<'s>,
    start: usize,
    entries: &'s DeTable<'s>,
    asked: Vec<&'static str>,
}

/// A text with its offset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'s> {
    pub(crate) text: &'s str,
    pub(crate) offset: usize,
}

/// The words of an enum, with what they mean.
pub(crate) type Words<T> = [(&'static str, T)];

impl<'s> Table<'s> {
    pub(crate) fn new(sheet: &'s Sheet<'s>, start: usize, entries: &'s DeTable<'s>) -> Table<'s> {
        Table { sheet, start, entries, asked: Vec::new() }
    }

    /// Where the table begins.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Where a key's value is, or the table itself.
    pub(crate) fn offset_of(&self, key: &str) -> usize {
        self.entries.get(key).map_or(self.start, |value| value.span().start)
    }

    fn get(&mut self, key: &'static str) -> Option<&'s Spanned<DeValue<'s>>> {
        self.asked.push(key);
        self.entries.get(key)
    }

    fn required(&mut self, key: &'static str, example: &str) -> Option<&'s Spanned<DeValue<'s>>> {
        let value = self.get(key);
        if value.is_none() {
            self.sheet.complain(self.start, format!("`{key}` is missing"), format!("add `{key} = {example}`"));
        }
        value
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'s>>, expected: &str) {
        let given = value.get_ref().type_str();
        self.sheet.complain(value.span().start, format!("`{key}` is a {given}"), format!("give {expected}"));
    }

    fn as_text(&self, key: &str, value: &'s Spanned<DeValue<'s>>) -> Option<Found<'s>> {
        match value.get_ref().as_str() {
            Some(text) => Some(Found { text, offset: value.span().start }),
            None => {
                self.wrong_kind(key, value, "a text in quotation marks");
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Found<'s>> {
        let value = self.required(key, "\"…\"")?;
        self.as_text(key, value)
    }

    /// A text that may be left out.
    pub(crate) fn optional_text(&mut self, key: &'static str) -> Option<Found<'s>> {
        let value = self.get(key)?;
        self.as_text(key, value)
    }

    /// A text that is empty when left out.
    pub(crate) fn text_or_empty(&mut self, key: &'static str) -> String {
        self.optional_text(key).map_or_else(String::new, |found| found.text.to_owned())
    }

    /// A slug that must be there.
    pub(crate) fn slug(&mut self, key: &'static str) -> Option<Slug> {
        let found = self.text(key)?;
        slug(self.sheet, found)
    }

    /// A slug that may be left out.
    pub(crate) fn optional_slug(&mut self, key: &'static str) -> Option<Slug> {
        let found = self.optional_text(key)?;
        slug(self.sheet, found)
    }

    /// One of the words.
    pub(crate) fn word<T: Copy>(&mut self, key: &'static str, words: &Words<T>) -> Option<T> {
        let example = format!("\"{}\"", words.first().map_or("", |(word, _)| word));
        let value = self.required(key, &example)?;
        let found = self.as_text(key, value)?;
        word(self.sheet, found, words)
    }

    /// One of the words, if it is there.
    pub(crate) fn optional_word<T: Copy>(&mut self, key: &'static str, words: &Words<T>) -> Option<T> {
        let found = self.optional_text(key)?;
        word(self.sheet, found, words)
    }

    /// Yes or no; `absent` when left out.
    pub(crate) fn flag(&mut self, key: &'static str, absent: bool) -> bool {
        match self.get(key) {
            None => absent,
            Some(value) => value.get_ref().as_bool().unwrap_or_else(|| {
                self.wrong_kind(key, value, "true or false");
                absent
            }),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn number(&mut self, key: &'static str, bounds: RangeInclusive<u32>, absent: Option<u32>) -> u32 {
        let value = match absent {
            Some(absent) => match self.get(key) {
                Some(value) => value,
                None => return absent,
            },
            None => match self.required(key, "1") {
                Some(value) => value,
                None => return *bounds.start(),
            },
        };
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| u32::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok());
        match number {
            Some(number) if bounds.contains(&number) => number,
            Some(_) | None => {
                let (least, most) = (bounds.start(), bounds.end());
                self.sheet.complain(
                    value.span().start,
                    format!("`{key}` is not a number from {least} to {most}"),
                    "give a whole number within those bounds",
                );
                *bounds.start()
            }
        }
    }

    fn list(&mut self, key: &'static str) -> &'s [Spanned<DeValue<'s>>] {
        let Some(value) = self.get(key) else {
            return &[];
        };
        match value.get_ref().as_array() {
            Some(array) if array.len() <= ENTRIES_MAX => array,
            Some(array) => {
                let problem = format!("`{key}` has {} entries", array.len());
                self.sheet.complain(value.span().start, problem, format!("keep at most {ENTRIES_MAX}"));
                &[]
            }
            None => {
                self.wrong_kind(key, value, "a list in square brackets");
                &[]
            }
        }
    }

    /// Texts, none when left out.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Found<'s>> {
        self.list(key).iter().filter_map(|value| self.as_text(key, value)).collect()
    }

    /// Slugs, none when left out.
    pub(crate) fn slugs(&mut self, key: &'static str) -> Vec<Slug> {
        self.texts(key).into_iter().filter_map(|found| slug(self.sheet, found)).collect()
    }

    /// Words, none when left out.
    pub(crate) fn word_list<T: Copy>(&mut self, key: &'static str, words: &Words<T>) -> Vec<T> {
        self.texts(key).into_iter().filter_map(|found| word(self.sheet, found, words)).collect()
    }

    fn as_table(&self, key: &str, value: &'s Spanned<DeValue<'s>>) -> Option<Table<'s>> {
        match value.get_ref().as_table() {
            Some(entries) => Some(Table::new(self.sheet, value.span().start, entries)),
            None => {
                self.wrong_kind(key, value, "a table");
                None
            }
        }
    }

    /// Tables, none when left out.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Table<'s>> {
        self.list(key).iter().filter_map(|value| self.as_table(key, value)).collect()
    }

    /// A table, if it is there.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Table<'s>> {
        let value = self.get(key)?;
        self.as_table(key, value)
    }

    /// A text, a number, a day or yes and no, written as text.
    pub(crate) fn scalar(&mut self, key: &'static str) -> Option<String> {
        let value = self.required(key, "\"…\"")?;
        let text = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            DeValue::Datetime(day) => Some(day.to_string()),
            DeValue::Array(_) | DeValue::Table(_) => None,
        };
        if text.is_none() {
            self.wrong_kind(key, value, "one value");
        }
        text
    }

    /// Complains of keys that nobody asked for.
    pub(crate) fn finish(self) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let mut known = self.asked.clone();
                known.sort_unstable();
                self.sheet.complain(
                    key.span().start,
                    format!("`{name}` is not a key here"),
                    format!("remove it, or use one of: {}", known.join(", ")),
                );
            }
        }
    }
}

/// A slug, or a complaint.
pub(crate) fn slug(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Slug> {
    match Slug::new(found.text) {
        Ok(slug) => Some(slug),
        Err(error) => {
            sheet.complain(
                found.offset,
                error.to_string(),
                "write lower-case words of a to z and 0 to 9 joined by `-`",
            );
            None
        }
    }
}

/// What a word means, or a complaint that lists the words.
pub(crate) fn word<T: Copy>(sheet: &Sheet<'_>, found: Found<'_>, words: &Words<T>) -> Option<T> {
    let meaning = words.iter().find(|(word, _)| *word == found.text).map(|(_, meaning)| *meaning);
    if meaning.is_none() {
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        sheet.complain(
            found.offset,
            format!("`{}` is not a word here", cut(found.text)),
            format!("use one of: {}", known.join(", ")),
        );
    }
    meaning
}

/// A text for a complaint, at most 80 characters.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
