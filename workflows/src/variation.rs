//! Variations: what an agency sets itself for a step, within what the law allows.

use crate::complaint::Sheet;
use crate::embedded;
use crate::table::{Found, Table, cut};
use crate::words::UNITS;
use jiff::civil::Date;
use livshandelse_core::definition::Parts;
use livshandelse_core::id::Slug;
use livshandelse_core::registry::{Amount, Registry};
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
    /// The amount it is, where it is one: it wins over the country's in this municipality.
    pub amount: Option<Amount>,
}

/// The amounts that municipalities have set in the life events that are built in, by kommunkod.
///
/// What is wrong in a file is left out: reading its bundle complains of it.
pub(crate) fn local_amounts(country: &Registry) -> Vec<(String, Vec<Amount>)> {
    let bundles = embedded::NAMES.iter().filter_map(|name| embedded::files(name));
    let files = bundles.flatten().filter(|(path, _)| path.starts_with("variations/"));
    let read = files.filter_map(|(path, text)| variation(&Sheet::new(&path, &text), &path, None, country));
    read.map(|read| (read.municipality, read.settings.into_iter().filter_map(|setting| setting.amount).collect()))
        .collect()
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
    let settings = table
        .tables("setting")
        .into_iter()
        .filter_map(|setting| read_setting(sheet, setting, parts, registry))
        .collect();
    table.finish();
    Some(Variation { name: name.to_owned(), municipality: municipality?.text.to_owned(), settings })
}

fn read_setting(
    sheet: &Sheet<'_>,
    mut table: Table<'_>,
    parts: Option<&Parts>,
    registry: &Registry,
) -> Option<Setting> {
    let start = table.start();
    let step = table.slug("step");
    let key_offset = table.offset_of("key");
    let key = table.slug("key");
    let value = table.scalar("value");
    let source = table.text("source");
    let date = table.text("date").and_then(|found| day(sheet, found));
    let guard = table.text("guard");
    let (value_offset, unit_offset) = (table.offset_of("value"), table.offset_of("unit"));
    let unit = table.optional_word("unit", UNITS);
    let from = table.optional_text("from").and_then(|found| day(sheet, found));
    let to = table.optional_text("to").and_then(|found| day(sheet, found));
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
    let (value, date) = (value?, date?);
    let country = registry.amounts_of(&key).first().map(|amount| amount.unit);
    if let (Some(country), Some(unit)) = (country, unit)
        && country != unit
    {
        let problem = format!("`{key}` is counted in {} in the country", country.slug());
        sheet.complain(unit_offset, problem, "remove `unit`, or name another amount");
    }
    let is_amount = parts.is_some_and(|parts| parts.steps.iter().any(|known| known.amounts.contains(&key)));
    if is_amount && unit.or(country).is_none() {
        let problem = format!("`{key}` is an amount, and nobody says of what");
        sheet.complain(key_offset, problem, "add `unit = \"ore\"`, or another unit of the reference data");
    }
    let amount = match unit.or(country) {
        None => None,
        Some(unit) => match value.parse().ok().filter(|value| *value > 0) {
            Some(value) => {
                let (slug, source) = (key.clone(), source.clone());
                Some(Amount { slug, unit, value, from: from.unwrap_or(date), to, source, read_on: date })
            }
            None => {
                let problem = format!("`{}` is no whole number of the unit `{}`", cut(&value), unit.slug());
                sheet.complain(value_offset, problem, "give a whole number above zero; 500 kronor is 50000 ore");
                None
            }
        },
    };
    Some(Setting { step, key, value, source, date, guard: guard?.text.to_owned(), amount })
}

fn day(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Date> {
    let day = found.text.parse().ok();
    if day.is_none() {
        sheet.complain(found.offset, format!("`{}` is not a day", cut(found.text)), "write \"YYYY-MM-DD\"");
    }
    day
}
