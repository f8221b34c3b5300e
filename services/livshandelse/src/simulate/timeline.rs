//! A played sample as a timeline: days across, one row a step, bands by whose turn it is.

use super::{Deed, Played, Row, What};
use crate::show::View;
use crate::show::definition as words;
use crate::show::line::{ATTENTION, DONE, FAINT, GOING, Line, PLAIN, STRONG, WRONG, wrap, wrap_with_right};
use crate::show::words::Language;
use anstyle::{AnsiColor, Style};
use jiff::civil::Date;
use livshandelse_core::case::End;
use livshandelse_core::definition::Role;
use livshandelse_core::id::StepId;
use livshandelse_core::status::{Turn, days_until};
use livshandelse_core::time::CivilTime;
use livshandelse_workflows::{Bundle, Sample};
use unicode_width::UnicodeWidthStr;

/// Columns of a row's title at the most and at the least.
const TITLE_MAX: usize = 34;
const TITLE_MIN: usize = 14;
/// Another person's turn.
const OTHER: Style = AnsiColor::Magenta.on_default();

/// Days to columns.
struct Scale {
    first: Date,
    days_per_column: f64,
    columns: usize,
}

impl Scale {
    fn column(&self, day: Date) -> usize {
        let days = u32::try_from(days_until(self.first, day).max(0)).map_or(f64::MAX, f64::from);
        let column = (days / self.days_per_column).floor();
        // Floored and not negative; what lies beyond the last column is cut there.
        (0..self.columns).rev().find(|known| as_number(*known) <= column).unwrap_or(0)
    }
}

fn as_number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The timeline as lines, as wide as the view.
pub(crate) fn lines(played: &Played, bundle: &Bundle, sample: &Sample, view: &View) -> Vec<Line> {
    let language = view.language;
    let title = bundle.texts.text(language.code(), "title", &[]);
    let mut lines = wrap_with_right(
        Line::of(title, STRONG).and(format!("  {}", sample.name), PLAIN),
        &Line::of(bundle.definition.revision().to_string(), FAINT),
        view.width,
        0,
    );
    let about = sample.about.get(language.code()).map(String::as_str).unwrap_or_default();
    lines.extend(wrap(Line::of(about, FAINT), view.width, 0));
    lines.push(Line::empty());
    let titles: Vec<String> = played.rows.iter().map(|row| row_title(row, bundle, language)).collect();
    let widest = titles.iter().map(|title| title.width()).max().unwrap_or(0);
    let room = widest.clamp(TITLE_MIN, TITLE_MAX).min(view.width / 3);
    let columns = view.width.saturating_sub(room + 2).max(10);
    let first = played.start.date();
    let days = days_until(first, played.end.date()).max(1);
    let days_per_column = (f64::from(u32::try_from(days).unwrap_or(u32::MAX)) + 1.0) / as_number(columns);
    let scale = Scale { first, days_per_column, columns };
    lines.push(axis(&scale, room, played.end.date(), language));
    lines.extend(facts(played, &scale, room, language));
    for (row, title) in played.rows.iter().zip(&titles) {
        let name = Line::of(title.clone(), PLAIN).cut(room);
        let pad = " ".repeat(room.saturating_sub(name.width()) + 2);
        lines.push(cells(row, &scale, name.and(pad, PLAIN)));
    }
    lines.push(Line::empty());
    lines.extend(clocks(played, bundle, view));
    lines.extend(ending(played, bundle, view));
    lines.extend(legend(view, &scale));
    lines
}

fn row_title(row: &Row, bundle: &Bundle, language: Language) -> String {
    step_title(&row.step, bundle, language)
}

fn step_title(step: &StepId, bundle: &Bundle, language: Language) -> String {
    let title = bundle.texts.text(language.code(), &format!("step-{}", step.slug), &[]);
    if step.subject.is_whole() { title } else { format!("{} · {title}", step.subject.0) }
}

/// Months, or years when a month has no room.
fn axis(scale: &Scale, room: usize, last: Date, language: Language) -> Line {
    let months = match language {
        Language::Sv => ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
        Language::En => ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    };
    let mut text = vec![' '; scale.columns];
    let mut free = 0;
    let mut day = scale.first;
    while day <= last {
        let column = scale.column(day);
        let name =
            usize::try_from(day.month() - 1).ok().and_then(|month| months.get(month)).copied().unwrap_or_default();
        let is_new_year = day.month() == 1 || day == scale.first;
        let label = if is_new_year { format!("{name} {}", day.year()) } else { name.to_owned() };
        let length = label.chars().count();
        if column >= free && column + length <= scale.columns {
            for (cell, letter) in text.iter_mut().skip(column).zip(label.chars()) {
                *cell = letter;
            }
            free = column + length + 1;
        }
        let next = day.first_of_month().checked_add(jiff::Span::new().months(1));
        match next {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    let text: String = text.into_iter().collect();
    Line::of(" ".repeat(room + 2), PLAIN).and(text.trim_end().to_owned(), FAINT)
}

/// What happens in the world, on as many lines as they need.
fn facts(played: &Played, scale: &Scale, room: usize, language: Language) -> Vec<Line> {
    let mut rows: Vec<Vec<char>> = Vec::new();
    for fact in &played.facts {
        let mut label = match (fact.what, fact.role) {
            (What::Joined, Some(role)) => format!("▼{}", words::joined(language, role)),
            (What::Fact(kind), Some(role)) => {
                format!("▼{} ({})", words::fact(language, kind.slug()), words::role(language, role))
            }
            (what, None) => format!("▼{}", words::fact(language, what.slug())),
        };
        if fact.number > 0 {
            label.push_str(&format!(" {}", fact.number));
        }
        let length = label.chars().count() + 1;
        let column = scale.column(fact.at.date());
        // What has no room to its right stands to the left, its sign still on its day.
        let (column, label) = if column + length > scale.columns && column + 1 >= length {
            let turned: String = label.chars().skip(1).chain(['▼']).collect();
            (column + 2 - length, turned)
        } else {
            (column, label)
        };
        let fits = |row: &&mut Vec<char>| {
            let from = column.saturating_sub(1);
            row.iter().skip(from).take(length + 1).all(|cell| *cell == ' ')
        };
        let place = match rows.iter_mut().find(fits) {
            Some(row) => row,
            None => {
                rows.push(vec![' '; scale.columns]);
                let last = rows.len() - 1;
                &mut rows[last]
            }
        };
        for (cell, letter) in place.iter_mut().skip(column).zip(label.chars()) {
            *cell = letter;
        }
    }
    let blank = " ".repeat(room + 2);
    let line = |row: Vec<char>| {
        Line::of(blank.clone(), PLAIN).and(row.into_iter().collect::<String>().trim_end().to_owned(), STRONG)
    };
    rows.into_iter().map(line).collect()
}

fn band_sign(turn: Turn) -> (char, Style) {
    match turn {
        Turn::Applicant => ('█', ATTENTION),
        Turn::CoParty => ('▓', OTHER),
        Turn::Helper => ('▚', OTHER),
        Turn::Agency => ('▒', GOING),
        Turn::OtherAgency => ('░', GOING),
        Turn::Nobody => (' ', PLAIN),
    }
}

fn mark_sign(deed: Deed) -> (char, Style) {
    match deed {
        Deed::Filed => ('›', STRONG),
        Deed::Arrived => ('○', STRONG),
        Deed::Decided => ('●', DONE.bold()),
        Deed::Executed => ('◆', DONE.bold()),
        Deed::NotNeeded => ('×', FAINT),
    }
}

fn cells(row: &Row, scale: &Scale, name: Line) -> Line {
    let mut cells: Vec<(char, Style)> = vec![(' ', PLAIN); scale.columns];
    for band in &row.bands {
        let (from, to) = (scale.column(band.from.date()), scale.column(band.to.date()));
        for cell in cells.iter_mut().take(to + 1).skip(from) {
            *cell = band_sign(band.turn);
        }
    }
    for clock in &row.clocks {
        if let Some(cell) = cells.get_mut(scale.column(clock.last_day)) {
            *cell = if clock.has_passed { ('!', WRONG.bold()) } else { ('|', ATTENTION) };
        }
    }
    for mark in &row.marks {
        if let Some(cell) = cells.get_mut(scale.column(mark.at.date())) {
            *cell = mark_sign(mark.deed);
        }
    }
    let mut line = name;
    let mut rest = cells.as_slice();
    while let Some((_, style)) = rest.first() {
        let same = rest.iter().take_while(|(_, other)| other == style).count();
        let text: String = rest[..same].iter().map(|(sign, _)| *sign).collect();
        line = line.and(text, *style);
        rest = &rest[same..];
    }
    line
}

fn clocks(played: &Played, bundle: &Bundle, view: &View) -> Vec<Line> {
    let language = view.language;
    let mut lines = Vec::new();
    for row in &played.rows {
        for clock in &row.clocks {
            let said = if clock.has_passed {
                (language.pick("har gått", "has passed"), WRONG)
            } else {
                (language.pick("hölls i sista stund", "was met in its last days"), ATTENTION)
            };
            let title = row_title(row, bundle, language);
            let sign = if clock.has_passed { "! " } else { "| " };
            let line = Line::of(sign, said.1).and(format!("{} ", clock.last_day), PLAIN);
            let name = bundle.texts.text(language.code(), &format!("clock-{}-{}", row.step.slug, clock.clock), &[]);
            let line = line.and(format!("{title}: ”{name}” {}", said.0), PLAIN);
            lines.extend(wrap(line, view.width, 2));
        }
    }
    for text in &played.refused {
        lines.extend(wrap(Line::of("× ", WRONG).and(text.clone(), WRONG), view.width, 2));
    }
    lines
}

fn ending(played: &Played, bundle: &Bundle, view: &View) -> Vec<Line> {
    let language = view.language;
    let how = match played.ended {
        Some(End::Completed) if !played.unfulfilled.is_empty() => {
            language.pick("Allt är avgjort", "Everything is decided")
        }
        Some(End::Completed) => language.pick("Allt är klart", "Everything is done"),
        Some(End::Withdrawn) => language.pick("Återkallat", "Withdrawn"),
        Some(End::CannotContinue) => language.pick("Kan inte fortsätta", "Cannot continue"),
        Some(End::ClosedByFact) => language.pick("Avslutat av något som hände", "Closed by something that happened"),
        Some(End::DraftExpired) => language.pick("Utkastet gick ut", "The draft expired"),
        None => language.pick("Öppet än", "Still open"),
    };
    let days = days_until(played.start.date(), played.end.date());
    let unopened = played.unopened.len();
    let (sv, en) = (
        format!(
            "{how} {}: {days} dagar, {} steg. {unopened} steg öppnades aldrig.",
            played.end.date(),
            played.rows.len()
        ),
        format!(
            "{how} {}: {days} days, {} steps. {unopened} steps never opened.",
            played.end.date(),
            played.rows.len()
        ),
    );
    let mut lines = wrap(Line::of(language.pick(&sv, &en), STRONG), view.width, 0);
    if !played.unfulfilled.is_empty() {
        let titles: Vec<String> = played.unfulfilled.iter().map(|step| step_title(step, bundle, language)).collect();
        let lost =
            format!("{}: {}.", language.pick("Det här gav inget resultat", "This had no result"), titles.join(", "));
        lines.extend(wrap(Line::of(lost, PLAIN), view.width, 0));
    }
    lines
}

fn legend(view: &View, scale: &Scale) -> Vec<Line> {
    let language = view.language;
    let mut line = Line::empty();
    let turns = [
        (Turn::Applicant, "den sökandes tur", "the applicant's turn"),
        (Turn::CoParty, "den andra partens", "the other party's"),
        (Turn::Helper, "hjälparens", "the helper's"),
        (Turn::Agency, "myndighetens", "the agency's"),
        (Turn::OtherAgency, "en annan myndighets", "another agency's"),
    ];
    for (turn, sv, en) in turns {
        let (sign, style) = band_sign(turn);
        line = line.and(format!("{sign}{sign} "), style).and(format!("{}  ", language.pick(sv, en)), FAINT);
    }
    let deeds = [
        (Deed::Filed, "inlämnat", "filed"),
        (Deed::Arrived, "inkommet", "arrived"),
        (Deed::Decided, "beslutat", "decided"),
        (Deed::Executed, "genomfört", "carried out"),
        (Deed::NotNeeded, "behövs inte", "not needed"),
    ];
    for (deed, sv, en) in deeds {
        let (sign, style) = mark_sign(deed);
        line = line.and(format!("{sign} "), style).and(format!("{}  ", language.pick(sv, en)), FAINT);
    }
    line = line.and("! ", WRONG.bold()).and(language.pick("en frist som gick", "a time that passed"), FAINT);
    let mut lines = wrap(line, view.width, 0);
    if scale.days_per_column > 1.0 {
        let days = format!("{:.1}", scale.days_per_column);
        let (sv, en) = (format!("En kolumn är {} dagar.", days.replace('.', ",")), format!("A column is {days} days."));
        lines.push(Line::of(language.pick(&sv, &en), FAINT));
    }
    lines
}

/// The timeline for programs.
pub(crate) fn as_json(played: &Played, bundle: &Bundle, sample: &Sample) -> serde_json::Value {
    let turn = |turn: Turn| match turn {
        Turn::Applicant => "applicant",
        Turn::CoParty => "co-party",
        Turn::Helper => "helper",
        Turn::Agency => "agency",
        Turn::OtherAgency => "other-agency",
        Turn::Nobody => "nobody",
    };
    let deed = |deed: Deed| match deed {
        Deed::Filed => "filed",
        Deed::Arrived => "arrived",
        Deed::Decided => "decided",
        Deed::Executed => "executed",
        Deed::NotNeeded => "not-needed",
    };
    let day = |at: CivilTime| at.date().to_string();
    let rows: Vec<_> = played
        .rows
        .iter()
        .map(|row| {
            let bands = row.bands.iter();
            let bands = bands.map(|band| serde_json::json!({ "from": day(band.from), "to": day(band.to), "turn": turn(band.turn) }));
            let marks = row.marks.iter().map(|mark| serde_json::json!({ "on": day(mark.at), "what": deed(mark.deed) }));
            let clocks = row.clocks.iter().map(|clock| {
                serde_json::json!({ "clock": clock.clock, "last_day": clock.last_day.to_string(), "passed": clock.has_passed })
            });
            serde_json::json!({
                "step": row.step.to_string(),
                "title": step_title(&row.step, bundle, Language::En),
                "bands": bands.collect::<Vec<_>>(),
                "marks": marks.collect::<Vec<_>>(),
                "clocks": clocks.collect::<Vec<_>>(),
            })
        })
        .collect();
    let facts = played.facts.iter();
    let facts = facts.map(|fact| serde_json::json!({ "on": day(fact.at), "fact": fact.what.slug(), "role": fact.role.map(Role::slug), "number": fact.number }));
    serde_json::json!({
        "revision": bundle.definition.revision().to_string(),
        "sample": sample.name.as_str(),
        "start": day(played.start),
        "end": day(played.end),
        "ended": played.ended.map(|end| match end {
            End::Completed => "completed",
            End::Withdrawn => "withdrawn",
            End::CannotContinue => "cannot-continue",
            End::ClosedByFact => "closed-by-fact",
            End::DraftExpired => "draft-expired",
        }),
        "unfulfilled": played.unfulfilled.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "facts": facts.collect::<Vec<_>>(),
        "rows": rows,
        "unopened": played.unopened.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "refused": played.refused,
    })
}
