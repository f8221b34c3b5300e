//! Writes SVG elements.

use crate::draw::place::Area;

/// A document under way.
#[derive(Debug, Default)]
pub(in crate::draw) struct Pen {
    text: String,
}

impl Pen {
    /// An empty document.
    pub(in crate::draw) fn new() -> Pen {
        Pen::default()
    }

    /// The document.
    pub(in crate::draw) fn done(self) -> String {
        self.text
    }

    /// Something that is SVG already.
    pub(in crate::draw) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A rectangle with round corners.
    pub(in crate::draw) fn rect(&mut self, area: Area, radius: f64, style: &str) {
        let Area { left, top, width, height } = area;
        self.raw(&format!(
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius:.0}\" {style}/>"
        ));
    }

    /// A line of text, with its base line at a height.
    pub(in crate::draw) fn text(&mut self, x: f64, y: f64, size: f64, style: &str, colour: &str, text: &str) {
        let style = if style.is_empty() { String::new() } else { format!(" {style}") };
        self.raw(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\"{style} fill=\"{colour}\">{}</text>",
            escaped(text)
        ));
    }

    /// A line of text with the number of a note after it.
    pub(in crate::draw) fn noted(&mut self, x: f64, y: f64, size: f64, colour: &str, text: &str, note: Option<usize>) {
        let note = note.map_or_else(String::new, |note| {
            format!("<tspan dx=\"4\" dy=\"-7\" font-size=\"{:.0}\">{note}</tspan>", size * 0.8)
        });
        self.raw(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\">{}{note}</text>",
            escaped(text)
        ));
    }

    /// An open path.
    pub(in crate::draw) fn path(&mut self, path: &str, colour: &str, width: f64, style: &str) {
        self.raw(&format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linecap=\"round\"{style}/>"
        ));
    }
}

/// A text as it may stand in SVG, in an attribute too.
pub(in crate::draw) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}
