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
    /// A key of these bytes, at most 96; equal bytes are the same notice.
    pub fn new(bytes: impl Into<Vec<u8>>) -> NoticeKey {
        NoticeKey(bytes.into())
    }

    /// The bytes, for whoever made it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
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

/// What the outside knows a notice by: 32 to 224 hexadecimal digits.
///
/// The key, sealed for the channel with a secret of the operator, always in the same way. So a repeat has the same id, and
/// whoever has the secret finds the notice again when a receipt comes back ([`IdSecret::key`]), while nobody outside can tell
/// from ids that two notices are of one case, nor that a letter and a call are of one notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(String);

impl NoticeId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an id that came back, as in a receipt; `None` if it is none.
    pub fn parse(text: &str) -> Option<NoticeId> {
        let is_long =
            (2 * TAG_BYTES..=2 * (TAG_BYTES + KEY_BYTES_MAX)).contains(&text.len()) && text.len().is_multiple_of(2);
        let is_id = is_long && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
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

/// Bytes of an id that show that the operator made it, and of a key at the most.
const TAG_BYTES: usize = 16;
const KEY_BYTES_MAX: usize = 96;

/// The operator's secret that notice ids are sealed with.
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
        let tag = self.tag(channel, &key.0);
        let sealed = tag.iter().copied().chain(self.masked(tag, &key.0));
        NoticeId(sealed.map(|byte| format!("{byte:02x}")).collect())
    }

    /// The notice that has an id in a channel; `None` if the id was not made with this secret.
    pub fn key(&self, channel: ChannelKind, id: &NoticeId) -> Option<NoticeKey> {
        let digits = id.0.as_bytes().chunks_exact(2);
        let bytes: Option<Vec<u8>> =
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        let bytes = bytes?;
        let (tag, sealed) = bytes.split_first_chunk::<TAG_BYTES>()?;
        let key = self.masked(*tag, sealed);
        // Compared as hashes are, in constant time: a wrong id learns nothing of how wrong it is.
        let is_ours = blake3::hash(&self.tag(channel, &key)) == blake3::hash(tag);
        is_ours.then_some(NoticeKey(key))
    }

    /// Depends on everything: equal for equal keys in a channel only.
    fn tag(&self, channel: ChannelKind, key: &[u8]) -> [u8; TAG_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(self.0.expose_secret());
        hasher.update(b"livshandelse notice 2\0");
        hasher.update(channel.as_str().as_bytes());
        hasher.update(b"\0");
        hasher.update(key);
        let mut tag = [0; TAG_BYTES];
        hasher.finalize_xof().fill(&mut tag);
        tag
    }

    /// Bytes hidden under a stream that their tag begins, or shown again.
    fn masked(&self, tag: [u8; TAG_BYTES], bytes: &[u8]) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new_keyed(self.0.expose_secret());
        hasher.update(b"livshandelse notice mask 2\0");
        hasher.update(&tag);
        let mut stream = vec![0; bytes.len()];
        hasher.finalize_xof().fill(&mut stream);
        stream.iter().zip(bytes).map(|(mask, byte)| mask ^ byte).collect()
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
    fn only_the_operator_finds_the_notice_of_an_id_and_only_in_its_channel() {
        let secret = IdSecret::new([7; 32]);
        let key = NoticeKey::new(b"case-1/4/0".as_slice());
        let id = secret.id(ChannelKind::Mail, &key);
        assert_eq!(secret.key(ChannelKind::Mail, &id), Some(key));
        assert_eq!(secret.key(ChannelKind::Webhook, &id), None);
        assert_eq!(IdSecret::new([8; 32]).key(ChannelKind::Mail, &id), None);
        for place in 0..id.as_str().len() {
            let mut other = id.as_str().to_owned();
            let digit = if other.as_bytes()[place] == b'0' { "1" } else { "0" };
            other.replace_range(place..=place, digit);
            assert_eq!(secret.key(ChannelKind::Mail, &NoticeId(other)), None, "digit {place}");
        }
    }

    #[test]
    fn ids_of_one_case_have_nothing_in_common_that_chance_does_not_give() {
        let secret = IdSecret::new([7; 32]);
        let ids: Vec<NoticeId> = (0..200_u8)
            .map(|sequence| {
                secret.id(
                    ChannelKind::Mail,
                    &NoticeKey::new([b"a long name of a case/".as_slice(), &[sequence]].concat()),
                )
            })
            .collect();
        for (number, one) in ids.iter().enumerate() {
            for other in &ids[number + 1..] {
                let same = one.as_str().bytes().zip(other.as_str().bytes()).filter(|(one, other)| one == other).count();
                assert!(same < one.as_str().len() / 2, "{} {}", one.as_str(), other.as_str());
            }
        }
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
