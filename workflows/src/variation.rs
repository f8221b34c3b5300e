//! Variations: what an agency sets itself for a step, within what the law allows.

use crate::complaint::Sheet;
use crate::table::{Found, Table, cut};
use jiff::civil::Date;
use livshandelse_core::definition::Parts;
use livshandelse_core::id::Slug;
use livshandelse_core::registry::Registry;
use toml::de::DeTable;

/// One municipality's own values for a life event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variation {
    /// The file it stands in, without folder and ending.
    pub name: String,
    /// Kommunkod.
    pub municipality: String,
    /// What it sets.
    pub settings: Vec<Setting>,
}

/// One value that an agency sets itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The step it is set for.
    pub step: Slug,
    /// What is set: one of the step's `may-vary`.
    pub key: Slug,
    /// The value, as text.
    pub value: String,
    /// Where it is published.
    pub source: String,
    /// From which day it is known to hold.
    pub date: Date,
    /// The law that bounds it.
    pub guard: String,
}

/// Reads a variation. Complaints go to the sheet.
pub(crate) fn variation(
    sheet: &Sheet<'_>,
    name: &str,
    parts: Option<&Parts>,
    registry: &Registry,
) -> Option<Variation> {
    let (document, errors) = DeTable::parse_recoverable(sheet.text);
    for error in errors.iter().take(20) {
        let offset = error.span().map_or(0, |span| span.start);
        sheet.complain(offset, format!("not TOML: {}", error.message().trim()), "mend the TOML here");
    }
    if !errors.is_empty() {
        return None;
    }
    let mut table = Table::new(sheet, 0, document.get_ref());
    let municipality = table.text("municipality");
    if let Some(found) = municipality
        && registry.municipality(found.text).is_none()
    {
        sheet.complain(
            found.offset,
            format!("`{}` is no municipality", cut(found.text)),
            "give a kommunkod of four digits, in quotation marks",
        );
    }
    let settings =
        table.tables("setting").into_iter().filter_map(|setting| read_setting(sheet, setting, parts)).collect();
    table.finish();
    Some(Variation { name: name.to_owned(), municipality: municipality?.text.to_owned(), settings })
}

fn read_setting(sheet: &Sheet<'_>, mut table: Table<'_>, parts: Option<&Parts>) -> Option<Setting> {
    let start = table.start();
    let step = table.slug("step");
    let key_offset = table.offset_of("key");
    let key = table.slug("key");
    let value = table.scalar("value");
    let source = table.text("source");
    let date = table.text("date").and_then(|found| day(sheet, found));
    let guard = table.text("guard");
    table.finish();
    let (step, key) = (step?, key?);
    if let Some(parts) = parts {
        match parts.steps.iter().find(|known| known.slug == step) {
            None => sheet.complain(start, format!("no step is called `{step}`"), "name a step of the definition"),
            Some(known) if !known.may_vary.contains(&key) => sheet.complain(
                key_offset,
                format!("`{key}` is nothing that `{step}` lets vary"),
                format!("add it to the step's `may-vary`, or remove the setting of `{key}`"),
            ),
            Some(_) => {}
        }
    }
    let source = source?.text.to_owned();
    Some(Setting { step, key, value: value?, source, date: date?, guard: guard?.text.to_owned() })
}

fn day(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Date> {
    let day = found.text.parse().ok();
    if day.is_none() {
        sheet.complain(found.offset, format!("`{}` is not a day", cut(found.text)), "write \"YYYY-MM-DD\"");
    }
    day
}
