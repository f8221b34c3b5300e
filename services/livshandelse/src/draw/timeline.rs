//! A played sample drawn: days across, a row for each step, bands by whose turn it is. In the poster's style.

use super::Subject;
use super::card::{PAD, TEXT_SIZE, TEXT_STEP, TITLE_SIZE, count};
use super::graph::{How, agency_name};
use super::measure::{width, wrap};
use super::paint::pen::{Pen, escaped};
use super::paint::{APPLICANT, FAINT, INK, MARKER_SIZE, OTHER, capital, colours, marker_width, signs};
use super::paper::Paper;
use super::place::{Area, MARGIN, MARKER_HEIGHT};
use crate::show::words::Language;
use crate::simulate::timeline::{self as words, DEEDS, TURNS};
use crate::simulate::{Deed, Played, Row};
use jiff::civil::Date;
use livshandelse_core::definition::Holder;
use livshandelse_core::status::{Turn, days_until};
use livshandelse_workflows::{Bundle, Sample};
use std::collections::BTreeMap;

/// The least width: on A3 the text is then as large as on a poster.
const WIDTH_MIN: f64 = 5_100.0;
/// A step's row: its title, its agency beneath, and room for a clock under its bands. Higher where few rows leave room.
const ROW: f64 = 74.0;
const ROW_MAX: f64 = 132.0;
/// From a row's upper edge to its bands, and their height.
const BAND_TOP: f64 = 11.0;
const BAND_HEIGHT: f64 = 28.0;
/// Left of a row's title, in the colour of its level.
const TAB: f64 = 20.0;
/// Right of the last day: marks of the same day stand beside one another.
const AFTER: f64 = 80.0;
/// From a mark to one right beside it.
const MARK_STEP: f64 = 20.0;
/// The head's height without the lines about the sample.
const HEAD: f64 = 190.0;
/// A row of what happens in the world.
const FACT_ROW: f64 = MARKER_HEIGHT + 12.0;
/// The names of the months.
const AXIS: f64 = 56.0;
/// From a sign of the legend to its words.
const SIGN_ROOM: f64 = 80.0;

/// Days to places on the page.
struct Scale {
    first: Date,
    days: f64,
    left: f64,
    width: f64,
}

impl Scale {
    fn at(&self, day: Date) -> f64 {
        let days = u32::try_from(days_until(self.first, day).max(0)).map_or(self.days, f64::from);
        self.left + (days / self.days).min(1.0) * self.width
    }

    fn right(&self) -> f64 {
        self.left + self.width
    }
}

/// A clock that came near its end: who must act, whether it passed, whether waiting costs, and all of it in words.
type Near = (Holder, bool, bool, String);

/// Something that happens, placed above the rows.
struct Fact {
    words: String,
    at: f64,
    left: f64,
    row: usize,
}

/// A sample's timeline as an SVG document for one page, lying, of the smallest paper that it can be read on.
pub(crate) fn svg(played: &Played, bundle: &Bundle, sample: &Sample, language: Language) -> String {
    let subject = Subject { definition: &bundle.definition, texts: &bundle.texts, language };
    let near = near(played, bundle, language);
    // The page is as wide as its height asks for; what is wider is no lower, but for the words about clocks.
    let mut across = WIDTH_MIN;
    loop {
        let sheet = Sheet::of(&subject, played, sample, &near, across);
        let needed = sheet.height * Paper::PROPORTION;
        if needed <= across + 1.0 {
            return sheet.paint(&subject, played, sample);
        }
        across = needed;
    }
}

fn near(played: &Played, bundle: &Bundle, language: Language) -> Vec<Near> {
    let mut all = Vec::new();
    for row in &played.rows {
        for clock in &row.clocks {
            let known = bundle
                .definition
                .step(&row.step.slug)
                .and_then(|step| step.clocks.iter().find(|known| known.slug.as_str() == clock.clock));
            let holder = known.map_or(Holder::Applicant, |known| known.holder);
            let has_price = known.is_some_and(|known| known.has_price);
            all.push((holder, clock.has_passed, has_price, words::near(row, clock, bundle, language)));
        }
    }
    all
}

/// Everything in its place.
struct Sheet<'a> {
    across: f64,
    height: f64,
    about: Vec<String>,
    scale: Scale,
    facts: Vec<Fact>,
    fact_rows: usize,
    row: f64,
    /// Words about clocks, in columns: left edge, from the legend's upper edge, sign and lines.
    near: Vec<(f64, f64, &'a Near, Vec<String>)>,
}

impl<'a> Sheet<'a> {
    fn of(subject: &Subject<'_>, played: &Played, sample: &Sample, near: &'a [Near], across: f64) -> Sheet<'a> {
        let language = subject.language;
        let about = sample.about.get(language.code()).map(String::as_str).unwrap_or_default();
        let about = wrap(about, 34.0, false, 3_600.0);
        let label = played.rows.iter().flat_map(|row| {
            let (title, agency) = label(subject, row);
            [width(&title, TITLE_SIZE, true), width(&agency, TEXT_SIZE, false)]
        });
        let left = MARGIN + TAB + label.fold(400.0, f64::max) + 2.0 * PAD;
        let first = played.start.date();
        let days = u32::try_from(days_until(first, played.end.date()).max(1)).map_or(1.0, f64::from);
        let scale = Scale { first, days, left, width: across - MARGIN - AFTER - left };
        let (facts, fact_rows) = facts(played, &scale, language);
        // The legend's signs take two columns; the clocks the rest, in as many as there is room for.
        let start = 2.0 * 620.0;
        let columns = ((across - 2.0 * MARGIN - start) / 1_200.0).floor().max(1.0);
        let each = (across - 2.0 * MARGIN - start) / columns;
        let lines: Vec<Vec<String>> =
            near.iter().map(|(.., text)| wrap(text, TEXT_SIZE, false, each - SIGN_ROOM - 40.0)).collect();
        let all: f64 = lines.iter().map(|lines| TEXT_STEP * count(lines.len()) + 10.0).sum();
        let (mut placed, mut x, mut y, mut lowest) = (Vec::new(), start, 0.0, 0.0_f64);
        for (one, lines) in near.iter().zip(lines) {
            if y > 0.0 && y >= all / columns && x + each < across - 2.0 * MARGIN - 1.0 {
                (x, y) = (x + each, 0.0);
            }
            let height = TEXT_STEP * count(lines.len()) + 10.0;
            placed.push((x, y, one, lines));
            y += height;
            lowest = lowest.max(y);
        }
        let legend_height = 56.0 + lowest.max(TEXT_STEP * 1.5 * count(TURNS.len().max(DEEDS.len() + 1)));
        let above = HEAD + 44.0 * count(about.len()) + FACT_ROW * count(fact_rows) + AXIS;
        let others = above + 50.0 + legend_height + MARGIN;
        let rows = count(played.rows.len().max(1));
        let row = ((across / Paper::PROPORTION - others) / rows).clamp(ROW, ROW_MAX);
        let height = others + ROW * rows;
        Sheet { across, height, about, scale, facts, fact_rows, row, near: placed }
    }

    fn paint(&self, subject: &Subject<'_>, played: &Played, sample: &Sample) -> String {
        let down = (self.across / Paper::PROPORTION).max(self.height);
        let paper = Paper::of_width(self.across);
        let (title, revision) = (subject.text("title"), subject.definition.revision());
        let mut pen = Pen::new();
        let (millimetres_across, millimetres_down) = paper.millimetres();
        pen.raw(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{millimetres_across}mm\" height=\"{millimetres_down}mm\" \
             viewBox=\"0 0 {:.0} {down:.0}\" preserveAspectRatio=\"xMidYMid meet\" role=\"img\" \
             aria-labelledby=\"title description\" lang=\"{}\" \
             font-family=\"Inter, 'Source Sans 3', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif\">",
            self.across,
            subject.language.code(),
        ));
        pen.raw(&format!("<title id=\"title\">{}</title>", escaped(&format!("{title} · {}", sample.name))));
        let ending = words::end(played, subject.language);
        pen.raw(&format!("<desc id=\"description\">{}</desc>", escaped(&ending)));
        pen.rect(Area { left: 0.0, top: 0.0, width: self.across, height: down }, 0.0, "fill=\"#ffffff\"");
        pen.text(MARGIN, MARGIN + 66.0, 84.0, "font-weight=\"700\"", INK, &title);
        for (number, line) in self.about.iter().enumerate() {
            pen.text(MARGIN, MARGIN + 126.0 + 44.0 * count(number), 34.0, "", FAINT, line);
        }
        let right = self.across - MARGIN;
        let end = "text-anchor=\"end\"";
        pen.text(right, MARGIN + 40.0, 34.0, "text-anchor=\"end\" font-weight=\"700\"", INK, sample.name.as_str());
        pen.text(right, MARGIN + 84.0, TEXT_SIZE, end, FAINT, &revision.to_string());
        let read = format!("{} {}", subject.pick("att läsa på", "to be read on"), paper.name());
        pen.text(right, MARGIN + 120.0, TEXT_SIZE, end, FAINT, &read);
        let top = HEAD + 44.0 * count(self.about.len());
        self.axis(&mut pen, subject, played, top);
        let rows_top = top + FACT_ROW * count(self.fact_rows) + AXIS;
        for (number, row) in played.rows.iter().enumerate() {
            self.row(&mut pen, subject, row, rows_top + self.row * count(number));
        }
        self.facts(&mut pen, top);
        let bottom = rows_top + self.row * count(played.rows.len());
        pen.text(right, bottom + 40.0, 30.0, "text-anchor=\"end\" font-weight=\"700\"", INK, &ending);
        self.legend(&mut pen, subject, bottom + 50.0);
        pen.raw("</svg>");
        pen.done()
    }

    /// Stripes for the rows, the months, and where what happens falls.
    fn axis(&self, pen: &mut Pen, subject: &Subject<'_>, played: &Played, top: f64) {
        let scale = &self.scale;
        let labels = top + FACT_ROW * count(self.fact_rows);
        let rows_top = labels + AXIS;
        let bottom = rows_top + self.row * count(played.rows.len());
        for (number, row) in played.rows.iter().enumerate() {
            let (line, ground) = colours(level(subject, row));
            let stripe = Area {
                left: MARGIN,
                top: rows_top + self.row * count(number) + 1.5,
                width: self.across - 2.0 * MARGIN,
                height: self.row - 3.0,
            };
            pen.rect(stripe, 0.0, &format!("fill=\"{ground}\""));
            pen.rect(Area { width: TAB, ..stripe }, 0.0, &format!("fill=\"{line}\""));
        }
        for fact in &self.facts {
            let from = top + FACT_ROW * count(fact.row) + MARKER_HEIGHT / 2.0;
            pen.path(&format!("M{:.1} {from:.1}V{bottom:.1}", fact.at), "#33363b", 2.4, " stroke-dasharray=\"3 9\"");
        }
        let (mut free, mut day) = (0.0, scale.first);
        while day <= played.end.date() {
            let x = scale.at(day);
            let is_new_year = day.month() == 1 || day == scale.first;
            let name = words::month(day, subject.language);
            let label = if is_new_year { format!("{name} {}", day.year()) } else { name.to_owned() };
            let wide = width(&label, TEXT_SIZE, is_new_year);
            if x >= free && x + wide <= self.across - MARGIN {
                // A white edge, for where something happens at the beginning of a month.
                let weight = if is_new_year { "font-weight=\"700\" " } else { "" };
                let weight = &format!("{weight}stroke=\"#ffffff\" stroke-width=\"8\" paint-order=\"stroke\"");
                pen.text(x + 6.0, labels + AXIS - 16.0, TEXT_SIZE, weight, INK, &label);
                free = x + wide + 24.0;
                let stroke = if is_new_year { 3.0 } else { 1.6 };
                pen.path(&format!("M{x:.1} {:.1}V{bottom:.1}", labels + 20.0), "#b9bec5", stroke, "");
            }
            match day.first_of_month().checked_add(jiff::Span::new().months(1)) {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
    }

    fn facts(&self, pen: &mut Pen, top: f64) {
        for fact in &self.facts {
            let wide = marker_width(&fact.words);
            let area =
                Area { left: fact.left, top: top + FACT_ROW * count(fact.row), width: wide, height: MARKER_HEIGHT };
            signs::marker(pen, area);
            let (x, y) = (fact.left + wide / 2.0, area.top + MARKER_HEIGHT / 2.0 + 11.0);
            let style = "text-anchor=\"middle\" font-weight=\"700\"";
            pen.text(x, y, MARKER_SIZE, style, "#ffffff", &fact.words);
        }
    }

    fn row(&self, pen: &mut Pen, subject: &Subject<'_>, row: &Row, top: f64) {
        let (title, agency) = label(subject, row);
        pen.raw(&format!("<g id=\"row-{}\"><title>{}</title>", escaped(&row.step.to_string()), escaped(&title)));
        // What a row is higher than it must be is above and below, and in its bands.
        let air = (self.row - ROW) / 2.0;
        let top = top + air;
        let band_height = BAND_HEIGHT + air / 2.0;
        let left = MARGIN + TAB + PAD;
        let is_information = row.bands.iter().all(|band| band.turn == Turn::Nobody);
        let weight = if is_information { "" } else { "font-weight=\"700\"" };
        pen.text(left, top + 34.0, TITLE_SIZE, weight, INK, &title);
        pen.text(left, top + 62.0, TEXT_SIZE, "", FAINT, &agency);
        for band in &row.bands {
            let (from, to) = (self.scale.at(band.from.date()), self.scale.at(band.to.date()));
            let area = Area { left: from, top: top + BAND_TOP, width: (to - from).max(8.0), height: band_height };
            turn(pen, area, band.turn);
        }
        for clock in &row.clocks {
            let x = self.scale.at(clock.last_day);
            let known = subject.definition.step(&row.step.slug);
            let known = known.and_then(|step| step.clocks.iter().find(|known| known.slug.as_str() == clock.clock));
            let holder = known.map_or(Holder::Applicant, |known| known.holder);
            let has_price = known.is_some_and(|known| known.has_price);
            signs::clock(pen, x, top + BAND_TOP + band_height + 17.0, holder, clock.has_passed, has_price);
        }
        let mut marks: BTreeMap<(Date, Deed), ()> = BTreeMap::new();
        marks.extend(row.marks.iter().map(|mark| ((mark.at.date(), mark.deed), ())));
        let mut free = 0.0_f64;
        for (day, deed) in marks.into_keys() {
            let x = self.scale.at(day).max(free);
            mark(pen, x, top + BAND_TOP + band_height / 2.0, deed);
            free = x + MARK_STEP;
        }
        pen.raw("</g>");
    }

    fn legend(&self, pen: &mut Pen, subject: &Subject<'_>, top: f64) {
        let language = subject.language;
        let heading = |pen: &mut Pen, x: f64, text: &str| {
            pen.text(MARGIN + x, top + 26.0, 30.0, "font-weight=\"700\"", INK, text);
        };
        heading(pen, 0.0, subject.pick("Vems tur", "Whose turn"));
        let base = top + 56.0;
        let step = TEXT_STEP * 1.5;
        for (number, turn) in TURNS.into_iter().enumerate() {
            let y = base + step * count(number);
            self::turn(pen, Area { left: MARGIN, top: y, width: 60.0, height: BAND_HEIGHT }, turn);
            let y = y + TEXT_SIZE * 0.92;
            pen.text(MARGIN + SIGN_ROOM, y, TEXT_SIZE, "", INK, words::turn(language, turn));
        }
        heading(pen, 620.0, subject.pick("Vad som sker", "What happens"));
        for (number, deed) in DEEDS.into_iter().enumerate() {
            let y = base + step * count(number);
            mark(pen, MARGIN + 620.0 + 30.0, y + BAND_HEIGHT / 2.0, deed);
            let y = y + TEXT_SIZE * 0.92;
            pen.text(MARGIN + 620.0 + SIGN_ROOM, y, TEXT_SIZE, "", INK, words::deed(language, deed));
        }
        if self.near.is_empty() {
            return;
        }
        heading(pen, 1_240.0, subject.pick("Frister som kom nära", "Times that came near"));
        for (x, y, (holder, has_passed, has_price, _), lines) in &self.near {
            let (x, y) = (MARGIN + x, base + y);
            signs::clock(pen, x + 20.0, y + TEXT_SIZE * 0.58, *holder, *has_passed, *has_price);
            for (row, line) in lines.iter().enumerate() {
                let y = y + TEXT_SIZE * 0.92 + TEXT_STEP * count(row);
                pen.text(x + 46.0, y, TEXT_SIZE, "", INK, line);
            }
        }
    }
}

/// A row's title, and whose step it is.
fn label(subject: &Subject<'_>, row: &Row) -> (String, String) {
    let number = if row.step.subject.is_whole() { String::new() } else { format!("{} · ", row.step.subject.0) };
    let title = format!("{number}{}", subject.text(&format!("step-{}", row.step.slug)));
    let known = subject.definition.step(&row.step.slug).and_then(|step| subject.definition.agency(&step.agency));
    (title, known.map_or_else(String::new, |agency| agency_name(subject, &agency.slug, agency.level)))
}

fn level(subject: &Subject<'_>, row: &Row) -> Option<livshandelse_core::definition::Level> {
    let step = subject.definition.step(&row.step.slug)?;
    subject.definition.agency(&step.agency).map(|agency| agency.level)
}

/// What happens, each in the first row where it has room. What has none to the right of its day stands left of it.
fn facts(played: &Played, scale: &Scale, language: Language) -> (Vec<Fact>, usize) {
    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut facts = Vec::new();
    for fact in &played.facts {
        let words = capital(&words::happening(fact, language));
        let wide = marker_width(&words);
        let at = scale.at(fact.at.date());
        let left = if at + wide > scale.right() + AFTER { at - wide } else { at };
        let fits = |row: &Vec<(f64, f64)>| row.iter().all(|(from, to)| left > to + 10.0 || left + wide + 10.0 < *from);
        let row = rows.iter().position(fits).unwrap_or_else(|| {
            rows.push(Vec::new());
            rows.len() - 1
        });
        if let Some(taken) = rows.get_mut(row) {
            taken.push((left, left + wide));
        }
        facts.push(Fact { words, at, left, row });
    }
    (facts, rows.len())
}

/// A band of whose turn it is.
fn turn(pen: &mut Pen, area: Area, turn: Turn) {
    let middle = area.top + area.height / 2.0;
    match turn {
        Turn::Applicant => pen.rect(area, 4.0, &format!("fill=\"{APPLICANT}\"")),
        Turn::CoParty => pen.rect(area, 4.0, &format!("fill=\"{OTHER}\"")),
        // Told apart by more than colour: one is whole, the other framed.
        Turn::Helper => pen.rect(area, 4.0, &format!("fill=\"#ffffff\" stroke=\"{OTHER}\" stroke-width=\"5\"")),
        Turn::Agency => pen.rect(area, 4.0, &format!("fill=\"{}\" fill-opacity=\"0.75\"", signs::AGENCY)),
        Turn::OtherAgency => {
            let style = format!("fill=\"#ffffff\" stroke=\"{}\" stroke-width=\"3\"", signs::AGENCY);
            pen.rect(area, 4.0, &style);
        }
        Turn::Nobody => {
            let path = format!("M{:.1} {middle:.1}H{:.1}", area.left, area.left + area.width);
            pen.path(&path, FAINT, 2.0, " stroke-dasharray=\"1 7\"");
        }
    }
}

/// A mark of what happens to a step.
fn mark(pen: &mut Pen, x: f64, y: f64, deed: Deed) {
    match deed {
        Deed::Filed => pen.path(
            &format!("M{:.1} {:.1}L{:.1} {y:.1}L{:.1} {:.1}", x - 5.0, y - 11.0, x + 6.0, x - 5.0, y + 11.0),
            INK,
            6.0,
            "",
        ),
        Deed::Arrived => signs::begin(pen, x, y, INK, How::Sent),
        Deed::Decided => signs::begin(pen, x, y, INK, How::Approved),
        Deed::Executed => signs::begin(pen, x, y, INK, How::Executed),
        Deed::NotNeeded => signs::begin(pen, x, y, INK, How::Lapsed),
    }
}
