//! Request ids that a repeat can make again.

use std::fmt;

/// The UUID that names one report; a repeat must have the same.
///
/// Made of what the report is about, so that an agency that crashed between sending
/// and noting that it had sent makes the same id again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(String);

impl RequestId {
    /// Makes an id of what the report is about: the task, the attempt, which report
    /// it is. The same parts give the same id; other parts practically never do.
    pub fn of(parts: &[&str]) -> RequestId {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        // RFC 9562: version 8, made in a way of its own.
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.into_iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for nibble in [byte >> 4, byte & 0x0f] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        RequestId(text)
    }

    /// As text: 36 characters, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_id_and_others_another() {
        let id = RequestId::of(&["agencies/a/tasks/b", "1", "decided"]);
        assert_eq!(id, RequestId::of(&["agencies/a/tasks/b", "1", "decided"]));
        assert_ne!(id, RequestId::of(&["agencies/a/tasks/b1", "", "decided"]));
    }

    #[test]
    fn an_id_has_the_form_of_a_uuid() {
        let id = RequestId::of(&[]).to_string();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'8');
    }
}
