//! Where keys stand in a JSON text, since the reader of values does not say.

/// The path of every key and the offset of its opening quotation mark, in the order of the text: `/properties/name`.
///
/// For a text that has been read as JSON; of another the answer stops where it is no longer JSON.
pub(crate) fn key_places(text: &str) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    // For each open brace or bracket, the key whose value it is.
    let mut open: Vec<String> = Vec::new();
    let mut key = String::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => open.push(std::mem::take(&mut key)),
            b'}' | b']' if open.pop().is_none() => return places,
            b'}' | b']' => {}
            b'"' => {
                let start = at;
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let is_key = text.get(at + 1..).is_some_and(|rest| rest.trim_start().starts_with(':'));
                if is_key {
                    key = text.get(start + 1..at).unwrap_or_default().to_owned();
                    let parents = open.iter().skip(1).map(|parent| format!("/{parent}")).collect::<String>();
                    places.push((format!("{parents}/{key}"), start));
                }
            }
            _ => {}
        }
        at += 1;
    }
    places
}
