//! Names of things: one type per meaning, each made in one place.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What is wrong with a text that should have been an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {expected}")]
pub struct InvalidId {
    /// What was given, cut at 80 characters.
    pub given: String,
    /// What it should have been, with an example.
    pub expected: &'static str,
}

impl InvalidId {
    fn new(given: &str, expected: &'static str) -> InvalidId {
        InvalidId { given: given.chars().take(80).collect(), expected }
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes bytes in Crockford's base 32, lower case, most significant bit first, without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut pending, mut pending_bits) = (0u32, 0u32);
    for byte in bytes {
        pending = (pending << 8) | u32::from(*byte);
        pending_bits += 8;
        while pending_bits >= 5 {
            pending_bits -= 5;
            text.push(ALPHABET[(pending >> pending_bits) as usize & 31]);
        }
    }
    if pending_bits > 0 {
        text.push(ALPHABET[(pending << (5 - pending_bits)) as usize & 31]);
    }
    // The alphabet is ASCII.
    String::from_utf8(text).unwrap_or_default()
}

/// Reads what [`base32`] wrote; `None` for any other text, also one whose unused last bits are not zero.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut pending, mut pending_bits) = (0u32, 0u32);
    for character in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == character)?;
        pending = (pending << 5) | u32::try_from(digit).ok()?;
        pending_bits += 5;
        if pending_bits >= 8 {
            pending_bits -= 8;
            bytes.push(u8::try_from(pending >> pending_bits & 255).ok()?);
        }
        pending &= (1 << pending_bits) - 1;
    }
    (pending == 0 && pending_bits < 5).then_some(bytes)
}

macro_rules! id_type {
    ($(#[$meta:meta])* $name:ident, $prefix:literal, $expected:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(&base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<$name, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(from_base32)
                    .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
                    .map($name)
                    .ok_or_else(|| InvalidId::new(text, $expected))
            }
        }
    };
}

id_type!(
    /// One case. Derived from the caller and the request that created it, so that a repeated request finds the same case.
    CaseId, "case", "case id (case_ and 26 characters)"
);
id_type!(
    /// A person or organisation, wherever it appears. Says nothing of the identity number behind it.
    PartyId, "party", "party id (party_ and 26 characters)"
);
id_type!(
    /// A document of a case, wherever a form names it. What is in it, is kept beside the case.
    DocumentId, "document", "document id (document_ and 26 characters)"
);
id_type!(
    /// A caller's own name for one request, chosen by the caller (a UUID), so that a repeat is recognised.
    RequestId, "request", "request id (a UUID)"
);

/// A kebab-case name from a definition: a life event, a step, an agency, a clock, an evidence, a field.
///
/// 1 to 63 characters of `a`–`z`, `0`–`9` and `-`, beginning with a letter and not ending with `-`.
#[derive(Clone, Eq, PartialOrd, Ord)]
pub struct Slug(Arc<str>);

impl std::hash::Hash for Slug {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Slug {
    /// Slugs of a case mostly are the definition's own: then the address tells without reading the text.
    fn eq(&self, other: &Slug) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Slug {
    /// Checks a text and makes a slug of it.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidId`] if the text is not kebab-case of 1 to 63 characters.
    pub fn new(text: &str) -> Result<Slug, InvalidId> {
        let fits = (1..=63).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits {
            Ok(Slug(Arc::from(text)))
        } else {
            Err(InvalidId::new(text, "slug (lower-case words joined by `-`)"))
        }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Slug, InvalidId> {
        Slug::new(text)
    }
}

/// Which of the things a step repeats for: the number of the child, from 1, or the whole case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(pub u8);

impl Subject {
    /// The case as a whole; a step that does not repeat.
    pub const WHOLE: Subject = Subject(0);

    /// Whether this is the whole case.
    pub fn is_whole(self) -> bool {
        self.0 == 0
    }
}

/// One step of one case: `name` or, when it repeats, `name.1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    /// The step's slug in the definition.
    pub slug: Slug,
    /// The child it is for.
    pub subject: Subject,
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subject.is_whole() { write!(f, "{}", self.slug) } else { write!(f, "{}.{}", self.slug, self.subject.0) }
    }
}

impl FromStr for StepId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<StepId, InvalidId> {
        let expected = "step id (`name`, or `name.1` for the first child)";
        match text.split_once('.') {
            None => Ok(StepId { slug: Slug::new(text)?, subject: Subject::WHOLE }),
            Some((slug, number)) => match number.parse::<u8>() {
                Ok(number) if number > 0 && !text.ends_with("+") => {
                    Ok(StepId { slug: Slug::new(slug)?, subject: Subject(number) })
                }
                _ => Err(InvalidId::new(text, expected)),
            },
        }
    }
}

/// The number of an attempt at a step, from 1. A report that carries an older one is kept and never applied (I3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub u32);

/// The number of a record in its stream, from 1. Zero is where a case begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(pub u64);

/// Names one effect for ever: case, sequence of the record, index in the record (I3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey {
    /// The case.
    pub case: CaseId,
    /// The record that ordered the effect.
    pub sequence: Sequence,
    /// Its place in that record, from 0.
    pub index: u32,
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.case, self.sequence.0, self.index)
    }
}

/// A definition's revision: its number and the hash of its whole content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// The life event.
    pub life_event: Slug,
    /// Counts from 1.
    pub number: u32,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.life_event, self.number)
    }
}
