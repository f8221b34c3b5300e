//! How wide a text is, and how it is divided into lines. No font is read: the widths are those of a wide sans serif, so that
//! in any usual font a text takes that much room or less.

/// The width of a text at a size, in units of the page.
pub(super) fn width(text: &str, size: f64, is_bold: bool) -> f64 {
    let ems: f64 = text.chars().map(|character| em(character, is_bold)).sum();
    ems * size
}

fn em(character: char, is_bold: bool) -> f64 {
    let regular = match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.32,
        ' ' => 0.32,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' | '[' | ']' | '–' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—' => 0.98,
        'A'..='Z' | 'Å' | 'Ä' | 'Ö' | '§' | '&' => 0.72,
        _ => 0.62,
    };
    if is_bold { regular * 1.12 } else { regular }
}

/// A text in lines of a width at the most, broken between words. A word that is wider is broken after a hyphen, or where
/// the line is full.
pub(super) fn wrap(text: &str, size: f64, is_bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&joined, size, is_bold) <= room {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            if width(&line, size, is_bold) + em(character, is_bold) * size > room && !line.is_empty() {
                let kept = line.rfind('-').map_or(line.len(), |at| at + 1);
                let rest = line.split_off(kept);
                if rest.is_empty() && !line.ends_with('-') {
                    line.push('-');
                }
                lines.push(std::mem::replace(&mut line, rest));
            }
            line.push(character);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
