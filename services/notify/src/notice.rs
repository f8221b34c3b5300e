//! What is to be told, and how a repeat of it is recognised.

use secrecy::{ExposeSecret, SecretBox};
use std::fmt;

use crate::channel::ChannelKind;

/// One thing to tell one person.
///
/// There is nothing in it of what happened: whoever cannot know cannot leak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The same each time this notice is told.
    pub key: NoticeKey,
    /// The language that the person chose.
    pub language: Language,
}

/// What makes a notice the same notice: the key of the effect that orders it (case, sequence, index).
///
/// It never leaves as it is, and is not shown by `Debug` either; see [`NoticeId`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeKey(Vec<u8>);

impl NoticeKey {
    /// A key of these bytes; equal bytes are the same notice.
    pub fn new(bytes: impl Into<Vec<u8>>) -> NoticeKey {
        NoticeKey(bytes.into())
    }
}

impl fmt::Debug for NoticeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoticeKey(…)")
    }
}

/// A language that a notice can be told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Swedish.
    Sv,
    /// English.
    En,
}

impl Language {
    /// The language's tag (BCP 47): `sv`, `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Sv => "sv",
            Language::En => "en",
        }
    }

    /// The language of a tag; Swedish for one that has no text here.
    pub fn of_tag(tag: &str) -> Language {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("en") { Language::En } else { Language::Sv }
    }
}

/// What the outside knows a notice by: 32 hexadecimal digits.
///
/// Derived from the key, the channel and a secret of the operator. So a repeat has the same id, while nobody outside can
/// tell from ids that two notices are of one case, nor that a letter and a call are of one notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(String);

impl NoticeId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an id that came back, as in a receipt; `None` if it is none.
    pub fn parse(text: &str) -> Option<NoticeId> {
        let is_id = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| NoticeId(text.to_owned()))
    }

    /// A number from 0 to 255 that is the same each time and differs among notices, to spread retries with.
    pub(crate) fn spread(&self, attempt_number: u32) -> u8 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.0.as_bytes());
        hasher.update(&attempt_number.to_be_bytes());
        hasher.finalize().as_bytes()[0]
    }
}

/// The operator's secret that notice ids are derived with.
///
/// Keep it: with another secret a notice that is repeated after a crash has another id and is not recognised.
pub struct IdSecret(SecretBox<[u8; 32]>);

impl IdSecret {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> IdSecret {
        IdSecret(SecretBox::new(Box::new(bytes)))
    }

    /// The id of a notice in a channel.
    pub fn id(&self, channel: ChannelKind, key: &NoticeKey) -> NoticeId {
        let mut hasher = blake3::Hasher::new_keyed(self.0.expose_secret());
        hasher.update(b"livshandelse notice 1\0");
        hasher.update(channel.as_str().as_bytes());
        hasher.update(b"\0");
        hasher.update(&key.0);
        let mut id = hasher.finalize().to_hex().to_string();
        id.truncate(32);
        NoticeId(id)
    }
}

impl fmt::Debug for IdSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_notice_has_the_same_id_and_another_channel_secret_or_key_another() {
        let secret = IdSecret::new([7; 32]);
        let key = NoticeKey::new(b"case-1/4/0".as_slice());
        let id = secret.id(ChannelKind::Mail, &key);
        assert_eq!(id, secret.id(ChannelKind::Mail, &key.clone()));
        assert_ne!(id, secret.id(ChannelKind::Webhook, &key));
        assert_ne!(id, secret.id(ChannelKind::Mail, &NoticeKey::new(b"case-1/4/1".as_slice())));
        assert_ne!(id, IdSecret::new([8; 32]).id(ChannelKind::Mail, &key));
        assert_eq!(NoticeId::parse(id.as_str()), Some(id.clone()));
        assert!(!id.as_str().contains("case"));
    }

    #[test]
    fn what_is_no_id_is_not_taken_for_one() {
        for text in ["", "abc", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdeg"] {
            assert_eq!(NoticeId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_language_without_a_text_is_told_in_swedish() {
        assert_eq!(Language::of_tag("en-GB"), Language::En);
        assert_eq!(Language::of_tag("sv"), Language::Sv);
        assert_eq!(Language::of_tag("fi"), Language::Sv);
    }

    #[test]
    fn neither_key_nor_secret_shows_itself() {
        let shown = format!("{:?} {:?}", NoticeKey::new(b"case-1".as_slice()), IdSecret::new([1; 32]));
        assert_eq!(shown, "NoticeKey(…) IdSecret(…)");
    }
}
