//! Lines of styled text that know how wide they are.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// What needs the reader.
pub(crate) const ATTENTION: Style = AnsiColor::Yellow.on_default().bold();
/// What has gone wrong or is too late.
pub(crate) const WRONG: Style = AnsiColor::Red.on_default();
/// What is done.
pub(crate) const DONE: Style = AnsiColor::Green.on_default();
/// What goes on.
pub(crate) const GOING: Style = AnsiColor::Cyan.on_default();
/// What is read first.
pub(crate) const STRONG: Style = Style::new().bold();
/// What is read last.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Everything else.
pub(crate) const PLAIN: Style = Style::new();

/// A piece of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    text: String,
    style: Style,
}

/// One line of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Line {
    spans: Vec<Span>,
}

impl Line {
    /// A line without anything.
    pub(crate) fn empty() -> Line {
        Line::default()
    }

    /// A line of one piece.
    pub(crate) fn of(text: impl Into<String>, style: Style) -> Line {
        Line::empty().and(text, style)
    }

    /// The line and one piece more. What could steer a terminal is left out of it.
    pub(crate) fn and(mut self, text: impl Into<String>, style: Style) -> Line {
        let text: String = text.into();
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        if !text.is_empty() {
            self.spans.push(Span { text, style });
        }
        self
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.spans.iter().map(|span| span.text.width()).sum()
    }

    /// The line with another at its right edge; `None` when both do not fit in a width.
    fn with_right(mut self, right: &Line, width: usize) -> Option<Line> {
        let (own, other) = (self.width(), right.width());
        if other == 0 {
            return (own <= width).then_some(self);
        }
        let gap = width.checked_sub(own + other).filter(|gap| *gap >= 2)?;
        self.spans.push(Span { text: " ".repeat(gap), style: PLAIN });
        self.spans.extend(right.spans.iter().cloned());
        Some(self)
    }

    /// The line cut to a width, with a sign that something is missing.
    pub(crate) fn cut(self, width: usize) -> Line {
        if self.width() <= width {
            return self;
        }
        let mut room = width.saturating_sub(1);
        let mut spans = Vec::new();
        for span in self.spans {
            let mut kept = String::new();
            for character in span.text.chars() {
                let columns = character.to_string().width();
                if columns > room {
                    room = 0;
                    break;
                }
                room -= columns;
                kept.push(character);
            }
            spans.push(Span { text: kept, style: span.style });
            if room == 0 {
                break;
            }
        }
        if width > 0 {
            spans.push(Span { text: "…".to_owned(), style: FAINT });
        }
        Line { spans }
    }

    /// The line for a terminal, with its styles.
    pub(crate) fn styled(&self) -> String {
        let mut text = String::new();
        for Span { text: piece, style } in &self.spans {
            text.push_str(&format!("{style}{piece}{style:#}"));
        }
        text
    }
}

/// Wraps a line between words to a width. Lines after the first begin with `hang` blanks; a word that is wider than the
/// line is broken.
pub(crate) fn wrap(line: Line, width: usize, hang: usize) -> Vec<Line> {
    let width = width.max(hang + 8);
    let mut lines = Vec::new();
    let mut current = Line::empty();
    let mut used = 0;
    let mut is_fresh = true;
    for Span { text, style } in line.spans {
        for piece in text.split_inclusive(' ') {
            let mut piece = piece.to_owned();
            loop {
                let bare = piece.trim_end_matches(' ').width();
                if used + bare <= width {
                    break;
                }
                // The blank after the word before may stand beyond the edge.
                let room = width.saturating_sub(used);
                if room > 0 && (is_fresh || bare > width - hang) {
                    let (fits, rest) = split_at_width(&piece, room);
                    current = current.and(fits, style);
                    piece = rest;
                }
                lines.push(std::mem::take(&mut current));
                current = Line::of(" ".repeat(hang), PLAIN);
                used = hang;
                is_fresh = true;
            }
            used += piece.width();
            is_fresh = is_fresh && piece.trim().is_empty();
            current = current.and(piece, style);
        }
    }
    lines.push(current);
    lines.iter_mut().for_each(trim_end);
    lines
}

/// Wraps `left`, and puts `right` at the right edge of its first line, or below when there is no room for both.
pub(crate) fn wrap_with_right(left: Line, right: &Line, width: usize, hang: usize) -> Vec<Line> {
    if let Some(line) = left.clone().with_right(right, width) {
        return vec![line];
    }
    let mut lines = wrap(left, width, hang);
    lines.extend(wrap(Line::of(" ".repeat(hang), PLAIN).joined(right.clone()), width, hang));
    lines
}

impl Line {
    /// The line followed by another.
    pub(crate) fn joined(mut self, other: Line) -> Line {
        self.spans.extend(other.spans);
        self
    }
}

fn trim_end(line: &mut Line) {
    while let Some(last) = line.spans.last_mut() {
        let kept = last.text.trim_end_matches(' ').len();
        last.text.truncate(kept);
        if kept > 0 {
            return;
        }
        line.spans.pop();
    }
}

fn split_at_width(text: &str, room: usize) -> (String, String) {
    let mut used = 0;
    for (index, character) in text.char_indices() {
        used += character.to_string().width();
        if used > room && index > 0 {
            return (text[..index].to_owned(), text[index..].to_owned());
        }
    }
    (text.to_owned(), String::new())
}
