//! The file that says what a data directory is.

use std::path::{Path, PathBuf};

use super::ClockKind;

/// The newest format this version reads, and the only one it writes.
///
/// - 1: the first.
/// - 2: keys are written ahead of their use; documents, approvals of revisions and notices have records. A program that knows format 1 alone takes
///   these for damage, so it must not open such a store.
/// - 3: quiet that one case asks of another has records, and what grief keeps quiet may end for one party alone. A program
///   that knows format 2 takes the one for damage, and would end the other for everybody.
/// - 4: who joins a case may answer questions, in the record of the joining. A program that knows format 3 passes the answers over, and
///   would decide as if they had not been given.
pub(crate) const VERSION: u32 = 4;

/// What `FORMAT` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) version: u32,
    pub(crate) store_id: [u8; 16],
    pub(crate) clock: ClockKind,
    /// Tells the right key file from a wrong one.
    pub(crate) key_check: [u8; 32],
}

pub(crate) fn format_path(data: &Path) -> PathBuf {
    data.join("FORMAT")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

impl Format {
    pub(crate) fn encode(&self) -> String {
        format!(
            "livshandelse store\nversion {}\nid {}\nclock {}\nkey-check {}\n",
            self.version,
            hex(&self.store_id),
            self.clock.as_str(),
            hex(&self.key_check)
        )
    }

    /// Reads the file. `Err(Some(version))` is of a newer version, `Err(None)` is not readable at all.
    pub(crate) fn decode(text: &str) -> Result<Self, Option<u32>> {
        let mut lines = text.lines();
        if lines.next() != Some("livshandelse store") {
            return Err(None);
        }
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        // The version comes first: of a newer one nothing else is believed.
        let version: u32 = value("version").and_then(|version| version.parse().ok()).ok_or(None)?;
        if version > VERSION {
            return Err(Some(version));
        }
        let store_id = value("id").and_then(unhex).ok_or(None)?;
        let clock = match value("clock") {
            Some("real") => ClockKind::Real,
            Some("time-lapse") => ClockKind::TimeLapse,
            Some(_) | None => return Err(None),
        };
        let key_check = value("key-check").and_then(unhex).ok_or(None)?;
        Ok(Self { version, store_id, clock, key_check })
    }
}
