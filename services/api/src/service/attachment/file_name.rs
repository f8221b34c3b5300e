//! What a file may be called.

use livshandelse_proto::limits::FILE_NAME_LEN_MAX;

/// Characters that turn the direction of a text, or are not seen: `exe.fdp` can be made to look like `pdf.exe`.
const UNSEEN: &[char] = &[
    '\u{ad}', '\u{61c}', '\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2028}',
    '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{2067}',
    '\u{2068}', '\u{2069}', '\u{feff}',
];

/// Characters that part a path, on one system or another.
const PATH: &[char] = &['/', '\\', ':'];

/// What is wrong with a file name and what to do, if anything is.
pub(super) fn flaw(name: &str, endings: &[&str]) -> Option<(&'static str, String)> {
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending.to_lowercase());
    if name.trim().is_empty() {
        Some(("missing", "give the file's name, such as ritning.pdf".to_owned()))
    } else if name.chars().count() > FILE_NAME_LEN_MAX {
        Some(("too long", format!("give at most {FILE_NAME_LEN_MAX} characters")))
    } else if name.contains(PATH) {
        Some(("a path", "give the name alone, without folders".to_owned()))
    } else if name.chars().any(char::is_control) || name.contains(UNSEEN) || name.trim() != name {
        Some(("has characters that cannot be seen", "give the name in letters, digits and signs".to_owned()))
    } else if ending.is_none_or(|ending| !endings.contains(&ending.as_str())) {
        Some(("its ending is not that of its media type", format!("let it end with .{}", endings.join(" or ."))))
    } else {
        None
    }
}
