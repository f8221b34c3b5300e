//! Amounts and periods that change with time: `slug,unit,value,from,to,source,read_on`, one row for each value.
//!
//! Nothing is guessed: a row that cannot be read is left out with a complaint, and so is a day that two rows or no row
//! between the first and the last of a slug speak for.

use crate::complaint::{Complaint, Sheet};
use crate::table::cut;
use jiff::civil::Date;
use livshandelse_core::id::Slug;
use livshandelse_core::registry::{Amount, Unit};

/// The columns, in their order.
pub(crate) const HEADER: &str = "slug,unit,value,from,to,source,read_on";

/// Rows that are read. More is a complaint.
const ROWS_MAX: usize = 5_000;

/// Characters of a source at the most.
const SOURCE_CHARS_MAX: usize = 300;

/// The highest value: a hundred thousand million kronor in öre, so that no sum of some of them overflows.
const VALUE_MAX: i64 = 10_000_000_000_000;

/// Reads amounts, in the order of the file: sorted by slug and first day.
///
/// # Errors
///
/// Everything that is wrong, each with line and remedy.
pub fn amounts_from_csv(file: &str, text: &str) -> Result<Vec<Amount>, Vec<Complaint>> {
    let sheet = Sheet::new(file, text);
    let amounts = read(&sheet);
    let complaints = sheet.into_complaints();
    if complaints.is_empty() { Ok(amounts) } else { Err(complaints) }
}

/// Every row that can be read. Complaints go to the sheet.
fn read(sheet: &Sheet<'_>) -> Vec<Amount> {
    let mut lines = sheet.text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(HEADER) {
        sheet.complain_at(1, 1, "the header is another", format!("write `{HEADER}` as the first line"));
        return Vec::new();
    }
    let mut amounts: Vec<Amount> = Vec::new();
    for (index, line) in lines {
        if index > ROWS_MAX {
            sheet.complain_at(index + 1, 1, format!("more than {ROWS_MAX} rows"), "remove old ones that nobody needs");
            break;
        }
        let place = Place { sheet, line: index + 1 };
        let Some(amount) = place.amount(line) else { continue };
        if let Some(before) = amounts.last() {
            place.follows(before, &amount);
        }
        amounts.push(amount);
    }
    amounts
}

/// A row of the file.
#[derive(Clone, Copy)]
struct Place<'s> {
    sheet: &'s Sheet<'s>,
    line: usize,
}

/// One field, with its column in characters from 1.
struct Field {
    text: String,
    column: usize,
}

impl Place<'_> {
    fn complain(&self, column: usize, problem: impl Into<String>, remedy: impl Into<String>) {
        self.sheet.complain_at(self.line, column, problem, remedy);
    }

    fn amount(&self, line: &str) -> Option<Amount> {
        let fields = self.fields(line)?;
        let count = fields.len();
        let Ok([slug, unit, value, from, to, source, read_on]) = <[Field; 7]>::try_from(fields) else {
            self.complain(
                1,
                format!("{count} columns"),
                format!("give seven, `{HEADER}`; put a source that has a comma in quotation marks"),
            );
            return None;
        };
        // All are looked at before any is missed, so that a row's faults are told at once.
        let first_day = self.day(&from, "from");
        let last_day = if to.text.is_empty() { Some(None) } else { self.day(&to, "to").map(Some) };
        if let (Some(first), Some(Some(last))) = (first_day, last_day)
            && last < first
        {
            self.complain(
                to.column,
                format!("the last day {last} is before the first, {first}"),
                "mend `from` or `to`",
            );
            return None;
        }
        let (slug, unit, value) = (self.slug(&slug), self.unit(&unit), self.value(&value));
        let (source, read_on) = (self.source(&source), self.day(&read_on, "read_on"));
        Some(Amount {
            slug: slug?,
            unit: unit?,
            value: value?,
            from: first_day?,
            to: last_day?,
            source: source?,
            read_on: read_on?,
        })
    }

    /// The fields of a line. A field in quotation marks may have commas, and a doubled mark for one.
    fn fields(&self, line: &str) -> Option<Vec<Field>> {
        let mut fields = Vec::new();
        let mut field = Field { text: String::new(), column: 1 };
        let mut is_quoted = false;
        let mut characters = line.chars().enumerate().peekable();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' if is_quoted && characters.next_if(|(_, next)| *next == '"').is_some() => field.text.push('"'),
                '"' if is_quoted || field.text.is_empty() => is_quoted = !is_quoted,
                ',' if !is_quoted => {
                    fields.push(std::mem::replace(&mut field, Field { text: String::new(), column: index + 2 }));
                }
                other => field.text.push(other),
            }
        }
        if is_quoted {
            self.complain(field.column, "a quotation mark is never closed", "close it, or take it away");
            return None;
        }
        fields.push(field);
        Some(fields)
    }

    fn slug(&self, field: &Field) -> Option<Slug> {
        let slug = Slug::new(&field.text);
        if let Err(error) = &slug {
            self.complain(field.column, error.to_string(), "write lower-case words of a to z and 0 to 9 joined by `-`");
        }
        slug.ok()
    }

    fn unit(&self, field: &Field) -> Option<Unit> {
        let unit = Unit::ALL.into_iter().find(|unit| unit.slug() == field.text);
        if unit.is_none() {
            let known = Unit::ALL.map(Unit::slug).join(", ");
            self.complain(
                field.column,
                format!("`{}` is not a unit", cut(&field.text)),
                format!("use one of: {known}"),
            );
        }
        unit
    }

    fn value(&self, field: &Field) -> Option<i64> {
        let value = field.text.parse().ok().filter(|value| (1..=VALUE_MAX).contains(value));
        if value.is_none() {
            self.complain(
                field.column,
                format!("`{}` is not a value", cut(&field.text)),
                format!(
                    "give a whole number from 1 to {VALUE_MAX}, in digits only; 500 kronor is 50000 ore, 3 % is 300"
                ),
            );
        }
        value
    }

    fn day(&self, field: &Field, column: &str) -> Option<Date> {
        let is_written_out = field.text.len() == 10;
        let day = field.text.parse().ok().filter(|_| is_written_out);
        if day.is_none() {
            self.complain(
                field.column,
                format!("`{}` is not a day in `{column}`", cut(&field.text)),
                "write YYYY-MM-DD; only `to` may be empty, for a value that holds until further notice",
            );
        }
        day
    }

    fn source(&self, field: &Field) -> Option<String> {
        let count = field.text.chars().count();
        if field.text.trim().is_empty() || count > SOURCE_CHARS_MAX {
            self.complain(
                field.column,
                format!("the source has {count} characters"),
                format!("name law and paragraph, or who publishes it, in at most {SOURCE_CHARS_MAX}; `(check)` if not read there"),
            );
            return None;
        }
        Some(field.text.trim().to_owned())
    }

    /// Complains if a row does not follow the one before it: in order, the same unit, and the day after.
    fn follows(&self, before: &Amount, amount: &Amount) {
        let slug = &amount.slug;
        if slug < &before.slug || (slug == &before.slug && amount.from < before.from) {
            let what = format!("`{slug}` from {} stands after `{}` from {}", amount.from, before.slug, before.from);
            return self.complain(1, what, "sort the rows by slug, then by first day");
        }
        if slug != &before.slug {
            return;
        }
        if amount.unit != before.unit {
            self.complain(
                1,
                format!("`{slug}` is in {} here and in {} before", amount.unit.slug(), before.unit.slug()),
                "give all values of an amount in one unit, or another name",
            );
        }
        let Some(last) = before.to else {
            return self.complain(
                1,
                format!("`{slug}` from {} has no last day, and another value begins on {}", before.from, amount.from),
                "give the earlier row its last day in `to`",
            );
        };
        let expected = last.tomorrow().unwrap_or(last);
        if amount.from < expected {
            let remedy = "let each day have one value: mend `from` here or `to` in the row before";
            self.complain(1, format!("`{slug}` has two values from {} to {last}", amount.from), remedy);
        } else if amount.from > expected {
            let gap_end = amount.from.yesterday().unwrap_or(amount.from);
            let remedy = "add the row between, or mend `from` here or `to` in the row before";
            self.complain(1, format!("`{slug}` has no value from {expected} to {gap_end}"), remedy);
        }
    }
}

#[cfg(test)]
mod tests;
