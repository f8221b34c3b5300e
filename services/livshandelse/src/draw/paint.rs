//! The page as SVG.

pub(super) mod pen;
pub(super) mod signs;

use super::card::{
    Actor, BADGE_STEP, Badge, Card, Look, PAD, SIGN_ROOM, Shared, TEXT_SIZE, TEXT_STEP, TITLE_SIZE, TITLE_STEP, count,
};
use super::graph::{Band, Happening, Node};
use super::legend::{NOTE_WIDTH, SIGN_WIDTH, Sign};
use super::measure::{width, wrap};
use super::order::Item;
use super::place::{Area, LABEL_WIDTH, MARGIN, MARKER_HEIGHT, Page};
use super::route::{Channel, Net};
use super::{NeedStroke, Subject};
use crate::show::definition as words;
use livshandelse_core::definition::{Level, NeedFor};
use pen::{Pen, escaped};

/// Colours of a level: its line and name, and the ground of its lane.
pub(super) fn colours(level: Option<Level>) -> (&'static str, &'static str) {
    match level {
        None => ("#33363b", "#f2f2f0"),
        Some(Level::State) => ("#1d4f91", "#eaf1fa"),
        Some(Level::Region) => ("#0b6e60", "#e6f4f1"),
        Some(Level::Municipality) => ("#7a3b78", "#f6edf5"),
        Some(Level::Provider) => ("#6f5520", "#f7f2e6"),
    }
}

/// Text.
pub(super) const INK: &str = "#1f2226";
/// Text that is read last.
pub(super) const FAINT: &str = "#4c525a";
/// What the applicant does.
pub(super) const APPLICANT: &str = "#b84a00";
/// What somebody else in the case does.
pub(super) const OTHER: &str = "#a01c5b";
/// The ground of a card for those who grieve.
const QUIET: &str = "#eceaf2";

/// The whole document.
pub(super) fn paint(subject: &Subject<'_>, page: &Page) -> String {
    let mut pen = Pen::new();
    let title = subject.text("title");
    let revision = subject.definition.revision();
    let (across, down) = page.paper.millimetres();
    pen.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{across}mm\" height=\"{down}mm\" viewBox=\"0 0 {w:.0} {h:.0}\" \
         preserveAspectRatio=\"xMidYMid meet\" role=\"img\" aria-labelledby=\"title description\" lang=\"{}\" \
         font-family=\"Inter, 'Source Sans 3', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif\">",
        subject.language.code(),
        w = page.width,
        h = page.height,
    ));
    pen.raw(&format!("<title id=\"title\">{}</title>", escaped(&format!("{title} · {revision}"))));
    pen.raw(&format!("<desc id=\"description\">{}</desc>", escaped(&description(subject, page))));
    pen.rect(Area { left: 0.0, top: 0.0, width: page.width, height: page.height }, 0.0, "fill=\"#ffffff\"");
    head(&mut pen, subject, page);
    lanes(&mut pen, subject, page);
    lines(&mut pen, page);
    for (node, area) in &page.areas {
        match &page.graph.nodes[*node] {
            Node::Marker(happening) => marker(&mut pen, subject, *area, happening),
            Node::Step(index) => {
                if let (Some(card), Some(step)) = (page.cards.get(node), subject.definition.steps().get(*index)) {
                    let level = page.graph.bands[page.graph.band_of[*node]].level;
                    let said = subject.text(&format!("step-{}-what", step.slug));
                    let id = format!("step-{}", step.slug);
                    self::card(&mut pen, card, &page.shared, *area, level, (&id, &said));
                }
            }
        }
    }
    legend(&mut pen, page);
    pen.raw("</svg>");
    pen.done()
}

fn description(subject: &Subject<'_>, page: &Page) -> String {
    let steps = subject.definition.steps().len();
    let agencies = page.bands.len() - 1;
    let summary = subject.text("summary");
    let (sv, en) = (
        format!("{summary} {steps} steg hos {agencies} parter, ordnade från vänster till höger efter vad de behöver."),
        format!("{summary} {steps} steps with {agencies} bodies, from left to right in the order of what they need."),
    );
    subject.pick(&sv, &en).to_owned()
}

/// The size of the summary under the title.
const SUMMARY_SIZE: f64 = 34.0;
/// From one line of it to the next.
const SUMMARY_STEP: f64 = 44.0;
/// How wide its lines are: long ones are hard to read, whatever the page's width.
const SUMMARY_WIDTH: f64 = 3_600.0;

fn summary(subject: &Subject<'_>) -> Vec<String> {
    wrap(&subject.text("summary"), SUMMARY_SIZE, false, SUMMARY_WIDTH)
}

/// From the page's upper edge to the first band: title and summary.
pub(super) fn head_height(subject: &Subject<'_>) -> f64 {
    MARGIN + 126.0 + SUMMARY_STEP * count(summary(subject).len().saturating_sub(1)) + 66.0
}

fn head(pen: &mut Pen, subject: &Subject<'_>, page: &Page) {
    pen.text(MARGIN, MARGIN + 66.0, 84.0, "font-weight=\"700\"", INK, &subject.text("title"));
    for (number, line) in summary(subject).iter().enumerate() {
        pen.text(MARGIN, MARGIN + 126.0 + SUMMARY_STEP * count(number), SUMMARY_SIZE, "", FAINT, line);
    }
    let revision = subject.definition.revision();
    let right = page.width - MARGIN;
    let digest: String = subject.definition.parts().digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let said = format!("{} {} · blake3 {digest}…", subject.pick("revision", "revision"), revision.number);
    let paper = page.paper.name();
    let paper = format!("{} {paper}", subject.pick("att läsa på", "to be read on"));
    pen.text(right, MARGIN + 40.0, 34.0, "text-anchor=\"end\" font-weight=\"700\"", INK, revision.life_event.as_str());
    pen.text(right, MARGIN + 84.0, TEXT_SIZE, "text-anchor=\"end\"", FAINT, &said);
    pen.text(right, MARGIN + 120.0, TEXT_SIZE, "text-anchor=\"end\"", FAINT, &paper);
}

fn lanes(pen: &mut Pen, subject: &Subject<'_>, page: &Page) {
    let mut place = 0;
    while let Some((band, first)) = page.bands.get(place) {
        let last = page.bands[place..].iter().take_while(|(other, _)| other.level == band.level).count() + place - 1;
        let bottom = page.bands[last].1.top + page.bands[last].1.height;
        let lane = Area { height: bottom - first.top, ..*first };
        let (line, ground) = colours(band.level);
        pen.rect(lane, 0.0, &format!("fill=\"{ground}\""));
        pen.rect(Area { width: 56.0, ..lane }, 0.0, &format!("fill=\"{line}\""));
        let level =
            band.level.map_or(subject.pick("Händelser", "Events"), |level| words::level(subject.language, level));
        let size = if width(level, 32.0, true) > lane.height - 16.0 { 24.0 } else { 32.0 };
        pen.raw(&format!(
            "<text transform=\"translate({:.0} {:.0}) rotate(-90)\" text-anchor=\"middle\" font-size=\"{size}\" \
             font-weight=\"700\" fill=\"#ffffff\">{}</text>",
            lane.left + 39.0,
            lane.top + lane.height / 2.0,
            escaped(level)
        ));
        for (number, (agency, area)) in page.bands[place..=last].iter().enumerate() {
            if number > 0 {
                let (left, right) = (area.left + 56.0, area.left + area.width);
                pen.raw(&format!(
                    "<line x1=\"{left:.0}\" y1=\"{y:.0}\" x2=\"{right:.0}\" y2=\"{y:.0}\" stroke=\"#ffffff\" stroke-width=\"5\"/>",
                    y = area.top
                ));
            }
            if band.level.is_none() {
                continue;
            }
            names(pen, agency, *area, page.name_size, line);
        }
        if last + 1 < page.bands.len() {
            pen.rect(Area { top: bottom - 5.0, height: 10.0, ..lane }, 0.0, "fill=\"#ffffff\"");
        }
        place = last + 1;
    }
}

/// Sizes of the agencies' names that are tried; on one page all have the same.
const NAME_SIZES: [f64; 4] = [30.0, 28.0, 26.0, TEXT_SIZE];
/// Room for a name, right of the level's.
const NAME_ROOM: f64 = LABEL_WIDTH - 56.0 - 32.0;

/// The largest size in which no word of an agency's name is broken.
pub(super) fn name_size(bands: &[Band]) -> f64 {
    let words = bands.iter().flat_map(|band| &band.names).flat_map(|name| name.split_whitespace());
    let longest = words.map(|word| width(word, 1.0, true)).fold(0.0, f64::max);
    NAME_SIZES.into_iter().find(|size| longest * size <= NAME_ROOM).unwrap_or(TEXT_SIZE)
}

/// How much of a band the names of those whose it is take.
pub(super) fn names_height(band: &Band, size: f64) -> f64 {
    let lines: usize = band.names.iter().map(|name| wrap(name, size, true, NAME_ROOM).len()).sum();
    size * 1.25 * count(lines)
}

/// Whose band it is.
fn names(pen: &mut Pen, band: &Band, area: Area, size: f64, colour: &str) {
    let lines: Vec<String> = band.names.iter().flat_map(|name| wrap(name, size, true, NAME_ROOM)).collect();
    let top = area.top + area.height / 2.0 - size * 1.25 * count(lines.len()) / 2.0 + size * 0.95;
    for (row, text) in lines.iter().enumerate() {
        pen.text(area.left + 76.0, top + size * 1.25 * count(row), size, "font-weight=\"700\"", colour, text);
    }
}

fn stroke(purpose: NeedFor) -> &'static str {
    match NeedStroke::from(purpose) {
        NeedStroke::Solid => "",
        NeedStroke::Dashed => " stroke-dasharray=\"16 9\"",
        NeedStroke::Dotted => " stroke-dasharray=\"1 11\"",
    }
}

/// The colour of the lines that come from a node.
fn colour(page: &Page, node: usize) -> &'static str {
    colours(page.graph.bands[page.graph.band_of[node]].level).0
}

fn lines(pen: &mut Pen, page: &Page) {
    // First the white edges of all lines that pass columns, then the lines themselves.
    for (left, right, y, chain) in &page.passes {
        let chain = &page.columns.chains[*chain];
        let path = format!("M{left:.0} {y:.0}H{right:.0}");
        pen.path(&path, colour(page, chain.from), 3.6, stroke(chain.purpose));
    }
    for channel in &page.channels {
        for net in &channel.nets {
            self::net(pen, page, channel, net);
        }
    }
    for channel in &page.channels {
        for net in &channel.nets {
            ends(pen, page, channel, net);
        }
    }
}

fn net(pen: &mut Pen, page: &Page, channel: &Channel, net: &Net) {
    let colour = colour(page, net.source);
    let mut paths = Vec::new();
    for end in &net.ends {
        let (x1, y1, x2, y2) = (channel.left, net.from_y, channel.right, end.y);
        let Some(up) = net.upright.filter(|_| (y2 - y1).abs() >= 0.5) else {
            paths.push(format!("M{x1:.0} {y1:.0}H{x2:.0}"));
            continue;
        };
        let radius = 12.0_f64.min((y2 - y1).abs() / 2.0);
        let sign = (y2 - y1).signum();
        paths.push(format!(
            "M{x1:.0} {y1:.0}H{a:.1}Q{up:.1} {y1:.0} {up:.1} {b:.1}V{c:.1}Q{up:.1} {y2:.0} {d:.1} {y2:.0}H{x2:.0}",
            a = up - radius,
            b = y1 + sign * radius,
            c = y2 - sign * radius,
            d = up + radius,
        ));
    }
    for path in &paths {
        pen.path(path, "#ffffff", 9.0, " opacity=\"0.85\"");
    }
    for path in &paths {
        pen.path(path, colour, 3.6, stroke(net.purpose));
    }
}

fn ends(pen: &mut Pen, page: &Page, channel: &Channel, net: &Net) {
    let colour = colour(page, net.source);
    let is_node = |item: &Item| matches!(item, Item::Node(_));
    if is_node(&net.from) {
        if net.is_backward {
            signs::arrow(pen, channel.left, net.from_y, colour, true);
        } else {
            signs::begin(pen, channel.left + 13.0, net.from_y, colour, net.how);
        }
    }
    for end in net.ends.iter().filter(|end| is_node(&end.item)) {
        if net.is_backward {
            signs::begin(pen, channel.right - 13.0, end.y, colour, net.how);
            continue;
        }
        signs::arrow(pen, channel.right, end.y, colour, false);
        if end.is_one_of_several {
            signs::several(pen, channel.right - 30.0, end.y, colour);
        }
    }
}

/// The size of a marker's words.
pub(super) const MARKER_SIZE: f64 = 29.0;

/// How wide a marker with some words is.
pub(super) fn marker_width(said: &str) -> f64 {
    width(said, MARKER_SIZE, true) + 50.0
}

/// A text with a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn marker(pen: &mut Pen, subject: &Subject<'_>, area: Area, happening: &Happening) {
    let (slug, said) = (happening.slug(), happening.words(subject));
    let area = Area { height: MARKER_HEIGHT, ..area };
    pen.raw(&format!("<g id=\"fact-{}\"><title>{}</title>", escaped(&slug), escaped(&said)));
    signs::marker(pen, area);
    let text = capital(&happening.short(subject));
    let middle = area.left + area.width / 2.0;
    pen.text(
        middle,
        area.top + area.height / 2.0 + 11.0,
        MARKER_SIZE,
        "text-anchor=\"middle\" font-weight=\"700\"",
        "#ffffff",
        &text,
    );
    pen.raw("</g>");
}

fn card(pen: &mut Pen, card: &Card, shared: &Shared, area: Area, level: Option<Level>, (id, said): (&str, &str)) {
    pen.raw(&format!("<g id=\"{}\"><title>{}</title>", escaped(id), escaped(said)));
    signs::frame(pen, area, card.look, card.is_grief, colours(level).0);
    if card.actor != Actor::Nobody {
        let bar = if card.actor == Actor::Applicant { APPLICANT } else { OTHER };
        signs::bar(pen, area, bar);
    }
    let left = area.left + PAD + 4.0;
    let weight = if card.look == Look::Information { "" } else { "font-weight=\"700\"" };
    for (row, line) in card.title.iter().enumerate() {
        pen.text(left, area.top + 12.0 + TITLE_SIZE * 0.92 + TITLE_STEP * count(row), TITLE_SIZE, weight, INK, line);
    }
    let mut y = area.top + card.kind_top() + TEXT_SIZE * 0.92;
    for line in &card.kind {
        pen.text(left, y, TEXT_SIZE, "", FAINT, line);
        y += TEXT_STEP;
    }
    let y = area.top + card.badges_top() + 14.0;
    let from = if card.is_badge_beside {
        area.left + area.width - PAD + 2.0 - BADGE_STEP * count(card.badges.len())
    } else {
        left
    };
    for (number, badge) in card.badges.iter().enumerate() {
        let x = from + 16.0 + BADGE_STEP * count(number);
        match badge {
            Badge::Clock(place) => {
                signs::letter(pen, x, y, &Shared::letter(*place), shared.clocks.get(*place).map(|clock| clock.holder));
            }
            Badge::Ends(place) => signs::square(pen, x, y, &(place + 1).to_string()),
            Badge::Condition => signs::square(pen, x, y, "?"),
        }
    }
    let mut y = area.top + card.clocks_top();
    for clock in &card.clocks {
        signs::clock(pen, left + 11.0, y + 14.0, clock.holder, clock.is_hard, clock.has_price);
        for (row, line) in clock.lines.iter().enumerate() {
            let x = left + SIGN_ROOM;
            let note = if row + 1 == clock.lines.len() { Some(clock.note) } else { None };
            pen.noted(x, y + TEXT_SIZE * 0.92, TEXT_SIZE, INK, line, note);
            y += TEXT_STEP;
        }
        y += 4.0;
    }
    pen.raw("</g>");
}

fn legend(pen: &mut Pen, page: &Page) {
    let bottom = page.bands.last().map_or(0.0, |(_, area)| area.top + area.height);
    let free = (page.height - MARGIN - bottom - page.legend.height).max(40.0);
    let (left, top) = (MARGIN, bottom + free.min(120.0) * 0.5 + 10.0);
    for (x, y, heading) in &page.legend.headings {
        pen.text(left + x, top + y + 26.0, 30.0, "font-weight=\"700\"", INK, heading);
    }
    for entry in &page.legend.entries {
        let (x, y) = (left + entry.left, top + entry.top);
        let middle = y + TEXT_SIZE * 0.58;
        let mut room = SIGN_WIDTH;
        match &entry.sign {
            Sign::Line(kind) => {
                let purpose = match kind {
                    NeedStroke::Solid => NeedFor::ToFile,
                    NeedStroke::Dashed => NeedFor::ToBeComplete,
                    NeedStroke::Dotted => NeedFor::ToTakeEffect,
                };
                pen.path(&format!("M{x:.0} {middle:.0}H{:.0}", x + 78.0), INK, 3.6, stroke(purpose));
                signs::arrow(pen, x + 90.0, middle, INK, false);
            }
            Sign::Begin(how) => {
                pen.path(&format!("M{x:.0} {middle:.0}H{:.0}", x + 90.0), INK, 3.6, "");
                signs::begin(pen, x + 13.0, middle, INK, *how);
            }
            Sign::Several => {
                pen.path(&format!("M{x:.0} {middle:.0}H{:.0}", x + 78.0), INK, 3.6, "");
                signs::arrow(pen, x + 90.0, middle, INK, false);
                signs::several(pen, x + 60.0, middle, INK);
            }
            Sign::Marker => signs::marker(pen, Area { left: x, top: y - 2.0, width: 90.0, height: 30.0 }),
            Sign::Frame(look) => {
                signs::frame(pen, Area { left: x + 2.0, top: y - 3.0, width: 86.0, height: 32.0 }, *look, false, INK);
            }
            Sign::Grief => {
                let area = Area { left: x + 2.0, top: y - 3.0, width: 86.0, height: 32.0 };
                signs::frame(pen, area, Look::Optional, true, INK);
            }
            Sign::Bar(actor) => {
                let area = Area { left: x + 2.0, top: y - 3.0, width: 86.0, height: 32.0 };
                signs::frame(pen, area, Look::Optional, false, INK);
                signs::bar(pen, area, if *actor == Actor::Applicant { APPLICANT } else { OTHER });
            }
            Sign::Clock { holder, is_hard, has_price } => {
                signs::clock(pen, x + 45.0, middle, *holder, *is_hard, *has_price);
            }
            Sign::Letter { letter, holder } => {
                room = NOTE_WIDTH;
                signs::letter(pen, x + 17.0, middle, letter, Some(*holder));
            }
            Sign::Note(number) => {
                room = NOTE_WIDTH;
                let y = y + TEXT_SIZE * 0.92;
                pen.text(x + 30.0, y, TEXT_SIZE, "text-anchor=\"end\"", FAINT, &number.to_string());
            }
            Sign::Ends(number) => signs::square(pen, x + 45.0, middle, &number.to_string()),
            Sign::Condition => signs::square(pen, x + 45.0, middle, "?"),
        }
        for (row, line) in entry.lines.iter().enumerate() {
            pen.text(x + room, y + TEXT_SIZE * 0.92 + TEXT_STEP * count(row), TEXT_SIZE, "", INK, line);
        }
    }
}
