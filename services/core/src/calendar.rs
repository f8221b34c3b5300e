//! The legal calendar: periods in calendar months and days, Swedish holidays by rule, and the next working day.
//!
//! Everything is computed, for any year: no list runs out. Days are civil days in Sweden. The rules are those of lag
//! (1930:173) om beräkning av lagstadgad tid: 1 § says how weeks, months and years are counted, 2 § when a last day moves
//! (read as amended by SFS 2022:931), and of lag (1989:253) om allmänna helgdagar.

use jiff::Span;
use jiff::civil::{Date, Weekday};

/// A legal period: so many calendar months, then so many days, forwards or backwards.
///
/// A week is seven days and a year is twelve months. "Inom tre månader" ends on the same day number, or on the last day
/// of a month that is too short; a week ends on the day with the same name (lag 1930:173 1 §). That law says nothing of
/// days: they are counted from the day after the one the period starts from. Backwards the same rules are read in the mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Period {
    /// Calendar months; below zero is backwards.
    pub months: i32,
    /// Days, after the months; below zero is backwards.
    pub days: i32,
}

impl Period {
    /// No time at all.
    pub const ZERO: Period = Period { months: 0, days: 0 };

    /// So many days.
    pub const fn days(days: i32) -> Period {
        Period { months: 0, days }
    }

    /// So many weeks of seven days.
    pub const fn weeks(weeks: i32) -> Period {
        Period { months: 0, days: weeks.saturating_mul(7) }
    }

    /// So many calendar months.
    pub const fn months(months: i32) -> Period {
        Period { months, days: 0 }
    }

    /// So many years of twelve calendar months.
    pub const fn years(years: i32) -> Period {
        Period { months: years.saturating_mul(12), days: 0 }
    }

    /// The last day of a period that starts from a day: months first, then days.
    ///
    /// A result beyond the years −9999 to 9999 is the first or last day there is.
    pub fn after(&self, date: Date) -> Date {
        let shifted = Span::new()
            .try_months(self.months)
            .and_then(|months| date.checked_add(months))
            .unwrap_or(if self.months < 0 { Date::MIN } else { Date::MAX });
        Span::new().try_days(self.days).and_then(|days| shifted.checked_add(days)).unwrap_or(if self.days < 0 {
            Date::MIN
        } else {
            Date::MAX
        })
    }
}

impl std::ops::Add for Period {
    type Output = Period;

    fn add(self, more: Period) -> Period {
        Period { months: self.months.saturating_add(more.months), days: self.days.saturating_add(more.days) }
    }
}

/// Whether the last day of a clock moves to the next working day when it falls on a free day.
///
/// Lag (1930:173) 2 § moves the last day to *do* something that a statute sets a time for. It moves neither a day on which
/// something comes by itself (a child turns one, an offer lapses by agreement), nor a time that no statute sets. Which of them
/// a clock is stands in its definition, with source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RollOver {
    /// It moves.
    Yes,
    /// It stays.
    No,
    /// The sources do not say; people are shown the unrolled day, and nothing happens to them before the rolled one.
    Unclear,
}

impl RollOver {
    /// The day after which a clock's consequence comes, from its last day unrolled: the next working day unless the last day
    /// stays. Where the sources do not say, the later of the two, so that nobody loses anything by our counting.
    pub fn acts_on(self, last_day: Date) -> Date {
        match self {
            RollOver::Yes | RollOver::Unclear => roll(last_day),
            RollOver::No => last_day,
        }
    }
}

/// A holiday of lag (1989:253), or one of the three eves that lag (1930:173) 2 § puts beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holiday {
    /// Nyårsdagen, 1 January.
    NewYearsDay,
    /// Trettondedag jul, 6 January.
    Epiphany,
    /// Långfredagen, the Friday before Easter Day.
    GoodFriday,
    /// Påskdagen.
    EasterDay,
    /// Annandag påsk, the Monday after.
    EasterMonday,
    /// Första maj.
    FirstOfMay,
    /// Kristi himmelsfärdsdag, the sixth Thursday after Easter Day.
    AscensionDay,
    /// Pingstdagen, the seventh Sunday after Easter Day.
    WhitSunday,
    /// Annandag pingst, a holiday until 2004.
    WhitMonday,
    /// Sveriges nationaldag, 6 June, a holiday since 2005.
    NationalDay,
    /// Midsommarafton, the Friday of 19–25 June.
    MidsummerEve,
    /// Midsommardagen, the Saturday of 20–26 June.
    MidsummerDay,
    /// Alla helgons dag, the Saturday of 31 October – 6 November.
    AllSaintsDay,
    /// Julafton, 24 December.
    ChristmasEve,
    /// Juldagen, 25 December.
    ChristmasDay,
    /// Annandag jul, 26 December.
    BoxingDay,
    /// Nyårsafton, 31 December.
    NewYearsEve,
}

impl Holiday {
    /// Its word in tables.
    pub fn slug(self) -> &'static str {
        match self {
            Holiday::NewYearsDay => "new-years-day",
            Holiday::Epiphany => "epiphany",
            Holiday::GoodFriday => "good-friday",
            Holiday::EasterDay => "easter-day",
            Holiday::EasterMonday => "easter-monday",
            Holiday::FirstOfMay => "first-of-may",
            Holiday::AscensionDay => "ascension-day",
            Holiday::WhitSunday => "whit-sunday",
            Holiday::WhitMonday => "whit-monday",
            Holiday::NationalDay => "national-day",
            Holiday::MidsummerEve => "midsummer-eve",
            Holiday::MidsummerDay => "midsummer-day",
            Holiday::AllSaintsDay => "all-saints-day",
            Holiday::ChristmasEve => "christmas-eve",
            Holiday::ChristmasDay => "christmas-day",
            Holiday::BoxingDay => "boxing-day",
            Holiday::NewYearsEve => "new-years-eve",
        }
    }
}

/// The holiday that falls on a day, if any. Where two meet, the one that is fixed in the calendar is named.
///
/// The rules are those in force from 1990: Whit Monday until 2004, the National Day since 2005 (lag 2004:1320).
pub fn holiday(date: Date) -> Option<Holiday> {
    let fixed = match (date.month(), date.day()) {
        (1, 1) => Some(Holiday::NewYearsDay),
        (1, 6) => Some(Holiday::Epiphany),
        (5, 1) => Some(Holiday::FirstOfMay),
        (6, 6) if date.year() >= 2005 => Some(Holiday::NationalDay),
        (12, 24) => Some(Holiday::ChristmasEve),
        (12, 25) => Some(Holiday::ChristmasDay),
        (12, 26) => Some(Holiday::BoxingDay),
        (12, 31) => Some(Holiday::NewYearsEve),
        _ => None,
    };
    if fixed.is_some() {
        return fixed;
    }
    match (date.weekday(), date.month(), date.day()) {
        (Weekday::Friday, 6, 19..=25) => return Some(Holiday::MidsummerEve),
        (Weekday::Saturday, 6, 20..=26) => return Some(Holiday::MidsummerDay),
        (Weekday::Saturday, 10, 31) | (Weekday::Saturday, 11, 1..=6) => {
            return Some(Holiday::AllSaintsDay);
        }
        _ => {}
    }
    let easter_day = easter_day(date.year())?;
    match (date - easter_day).get_days() {
        -2 => Some(Holiday::GoodFriday),
        0 => Some(Holiday::EasterDay),
        1 => Some(Holiday::EasterMonday),
        39 => Some(Holiday::AscensionDay),
        49 => Some(Holiday::WhitSunday),
        50 if date.year() < 2005 => Some(Holiday::WhitMonday),
        _ => None,
    }
}

/// Easter Day of a year, by the Gregorian rule (Meeus, Jones and Butcher's arithmetic).
///
/// `None` only for years outside −9999 to 9999 and those before the common era.
pub fn easter_day(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    if year_number < 1 {
        return None;
    }
    let golden = year_number % 19;
    let (century, in_century) = (year_number / 100, year_number % 100);
    let skipped_leap_days = century - century / 4 - (8 * century + 13) / 25;
    let moon = (19 * golden + skipped_leap_days + 15) % 30;
    let moon = moon - (moon / 28) * (1 - (moon / 28) * (29 / (moon + 1)) * ((21 - golden) / 11));
    let weekday = (century * 100 + in_century + year_number / 4 + moon + 2 - century + century / 4) % 7;
    let sunday = moon - weekday;
    let month = 3 + (sunday + 40) / 44;
    let day = sunday + 28 - 31 * (month / 4);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Whether nothing need be done on a day: Saturday, Sunday, a holiday, or one of the three eves (lag 1930:173 2 §).
///
/// Påskafton and pingstafton are free as the Saturdays they are; skärtorsdagen and valborgsmässoafton are working days.
pub fn is_free_day(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) || holiday(date).is_some()
}

/// The day itself, or the next working day if it is free (lag 1930:173 2 §).
pub fn roll(date: Date) -> Date {
    let mut day = date;
    while is_free_day(day) {
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => return day,
        }
    }
    day
}

#[cfg(test)]
mod tests;
