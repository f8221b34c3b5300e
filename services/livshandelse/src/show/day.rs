//! Days in words: `15 mars`, `9 dagar kvar`.

use crate::show::words::Language;
use jiff::civil::Date;

/// A day, with its year when it is not the year it is.
pub(crate) fn day(language: Language, date: Date, today: Option<Date>) -> String {
    let months = match language {
        Language::Sv => ["jan", "feb", "mars", "april", "maj", "juni", "juli", "aug", "sept", "okt", "nov", "dec"],
        Language::En => ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"],
    };
    let month = usize::try_from(date.month() - 1).ok().and_then(|index| months.get(index)).copied().unwrap_or_default();
    if today.is_some_and(|today| today.year() == date.year()) {
        format!("{} {month}", date.day())
    } else {
        format!("{} {month} {}", date.day(), date.year())
    }
}

/// How many days remain until a day; below zero when it has passed.
pub(crate) fn days_left(date: Date, today: Date) -> i32 {
    today.until(date).map_or(0, |span| span.get_days())
}

/// How long it is until a day, in words.
pub(crate) fn distance(language: Language, days: i32) -> String {
    match (language, days) {
        (Language::Sv, 0) => "i dag".to_owned(),
        (Language::Sv, 1) => "i morgon".to_owned(),
        (Language::Sv, -1) => "i går".to_owned(),
        (Language::Sv, 2..=60) => format!("{days} dagar kvar"),
        (Language::Sv, 61..) => format!("{} månader kvar", months(days).max(2)),
        (Language::Sv, ..=-2) => format!("{} dagar för sent", -days),
        (Language::En, 0) => "today".to_owned(),
        (Language::En, 1) => "tomorrow".to_owned(),
        (Language::En, -1) => "yesterday".to_owned(),
        (Language::En, 2..=60) => format!("{days} days left"),
        (Language::En, 61..) => format!("{} months left", months(days).max(2)),
        (Language::En, ..=-2) => format!("{} days late", -days),
    }
}

/// Whole months that surely remain: 61 days are two.
fn months(days: i32) -> i32 {
    days * 12 / 366
}
