//! Standard output and standard error: colours on a terminal only, and redrawing in place.

use crate::show::words::Language;
use crate::show::{Line, View};
use anstream::AutoStream;
use jiff::civil::Date;
use std::io::{self, IsTerminal, Write};

/// Columns when nobody says how wide the terminal is.
const WIDTH_DEFAULT: usize = 80;
/// Columns at most: longer lines are hard to read.
const WIDTH_MAX: usize = 100;
/// Columns at least: less is not laid out for.
const WIDTH_MIN: usize = 40;

/// Where a command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    language: Language,
    is_json: bool,
}

impl Output {
    /// Writes in a language, for people or for programs.
    pub(crate) fn new(language: Language, is_json: bool) -> Output {
        Output { language, is_json }
    }

    /// Whether a program reads it.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// The language of our own words.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// Columns to write in.
    pub(crate) fn width(&self) -> usize {
        let columns = terminal_size::terminal_size().map_or(WIDTH_DEFAULT, |(width, _)| usize::from(width.0));
        columns.clamp(WIDTH_MIN, WIDTH_MAX)
    }

    /// For whom it is shown.
    pub(crate) fn view(&self, today: Option<Date>) -> View {
        View { width: self.width(), language: self.language, today }
    }

    /// Whether standard output is a terminal, and lines may be redrawn.
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Writes lines to standard output.
    pub(crate) fn lines(&self, lines: &[Line]) {
        let mut stream = AutoStream::auto(io::stdout().lock());
        for line in lines {
            // Nobody is there to be told when standard output is closed.
            drop(writeln!(stream, "{}", line.styled()));
        }
        drop(stream.flush());
    }

    /// Writes one line of text to standard output.
    pub(crate) fn text(&self, text: &str) {
        let mut stream = io::stdout().lock();
        drop(writeln!(stream, "{text}"));
        drop(stream.flush());
    }

    /// Writes a value as one line of JSON to standard output.
    pub(crate) fn json(&self, value: &serde_json::Value) {
        self.text(&value.to_string());
    }

    /// Writes a value as JSON that a person can read too.
    pub(crate) fn json_pretty(&self, value: &serde_json::Value) {
        self.text(&serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()));
    }

    /// Writes lines to standard error.
    pub(crate) fn error(&self, lines: &[Line]) {
        let mut stream = AutoStream::auto(io::stderr().lock());
        for line in lines {
            drop(writeln!(stream, "{}", line.styled()));
        }
    }

    /// Says on a terminal what takes its time; nothing elsewhere, and nothing to programs.
    pub(crate) fn progress(&self, text: &str) {
        if io::stderr().is_terminal() && !self.is_json {
            self.note(text);
        }
    }

    /// Writes one line of text to standard error: how far something has come.
    pub(crate) fn note(&self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{text}"));
    }
}

/// A block of lines on a terminal that is redrawn in place. What does not fit on the screen is left out and counted.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    drawn: usize,
}

impl Canvas {
    /// Draws the block over the one drawn before.
    pub(crate) fn draw(&mut self, lines: &[Line], language: Language) {
        let (width, height) = terminal_size::terminal_size()
            .map_or((WIDTH_DEFAULT, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)));
        let room = height.saturating_sub(1).max(1);
        let mut shown: Vec<Line> = lines.iter().take(room).cloned().collect();
        if lines.len() > room {
            let rest = lines.len() - room + 1;
            shown.truncate(room - 1);
            let text = match language {
                Language::Sv => format!("… {rest} rader till"),
                Language::En => format!("… {rest} more lines"),
            };
            shown.push(Line::of(text, crate::show::line::FAINT));
        }
        let mut stream = AutoStream::auto(io::stdout().lock());
        let mut text = String::new();
        if self.drawn > 0 {
            text.push_str(&format!("\u{1b}[{}A", self.drawn));
        }
        for line in &shown {
            text.push_str(&line.clone().cut(width).styled());
            text.push_str("\u{1b}[K\n");
        }
        text.push_str("\u{1b}[J");
        drop(stream.write_all(text.as_bytes()));
        drop(stream.flush());
        self.drawn = shown.len();
    }

    /// Takes what is drawn away, so that the whole can be written instead.
    pub(crate) fn clear(&mut self) {
        if self.drawn > 0 {
            let mut stream = io::stdout().lock();
            drop(write!(stream, "\u{1b}[{}A\u{1b}[J", self.drawn));
            drop(stream.flush());
        }
        self.drawn = 0;
    }
}
