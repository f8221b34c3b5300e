//! What an operator does with a store: verify, back up, restore, mend, rebuild, count.
//!
//! [`verify`], [`restore`], [`mend`], [`rebuild`] and [`count`] need the store to themselves; [`backup`] and [`JournalStore::verify`] go on while it serves.
//!
//! [`JournalStore::verify`]: crate::JournalStore::verify

mod backup;
mod documents;
mod examine;
mod mend;
mod restore;
#[cfg(test)]
mod tests;
mod until;
mod verify;

use std::path::{Path, PathBuf};

pub use backup::{BackupReport, backup};
pub use mend::{MendReport, mend};
pub use restore::restore;
pub use until::Until;
pub use verify::{VerifyReport, verify};

use crate::disk::Disk;
use crate::{Damage, DamagedPart, Error, OpenError};

/// Why an operator's task failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The store could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something could not be read or written.
    #[error(transparent)]
    Store(#[from] Error),
    /// There is no store in the directory.
    #[error("{data} holds no store")]
    NoStore {
        /// The directory.
        data: PathBuf,
    },
    /// The directory to restore to is in use.
    #[error("{data} already holds a store; name an empty directory")]
    NotEmpty {
        /// The directory.
        data: PathBuf,
    },
    /// The backup belongs to another store, or is of a newer version.
    #[error("{path} is not the manifest of a backup of this store")]
    OtherBackup {
        /// Its manifest.
        path: PathBuf,
    },
    /// The backup has what the store has not.
    #[error(
        "the backup in {backup} has what this store has not (its last batch is {batch}): the store was restored to an earlier time, or has lost \
         what was recorded last"
    )]
    OtherWay {
        /// The backup, which is left as it is.
        backup: PathBuf,
        /// The last batch that it holds.
        batch: u64,
    },
    /// A file of the backup is missing or is not as it was written.
    #[error("the backup's {path} is missing or not as it was written")]
    BackupDamaged {
        /// The file.
        path: PathBuf,
    },
}

/// Throws the index away; the next start makes it again from the journal.
///
/// # Errors
///
/// [`OpenError::Held`] while the store is open; [`AdminError::Store`] if it cannot be removed.
pub fn rebuild(disk: &dyn Disk, data: &Path) -> Result<(), AdminError> {
    let _lock = hold(disk, data)?;
    forget_index(data)
}

/// Throws the index away, and what it knows of damage.
fn forget_index(data: &Path) -> Result<(), AdminError> {
    let index = data.join("index");
    match std::fs::remove_dir_all(&index) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", &index, source).into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What a data directory takes on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Segments of the journal.
    pub segments_count: u64,
    /// Bytes of their files.
    pub journal_bytes: u64,
    /// Files of the key log.
    pub key_files_count: u64,
    /// Bytes of these.
    pub keys_bytes: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
    /// Files of documents.
    pub documents_count: u64,
    /// Bytes of these.
    pub documents_bytes: u64,
}

/// Counts what a data directory takes on the disk; does not open the store.
///
/// # Errors
///
/// [`AdminError::Store`] if a directory cannot be read.
pub fn count(disk: &dyn Disk, data: &Path) -> Result<Usage, AdminError> {
    let sizes = |dir: &str, ending: &str| -> Result<(u64, u64), Error> {
        let dir = data.join(dir);
        let io = |source| Error::io("read", &dir, source);
        let (mut files, mut bytes) = (0, 0);
        for name in disk.list(&dir).map_err(io)?.iter().filter(|name| name.ends_with(ending)) {
            files += 1;
            bytes += disk.open(&dir.join(name)).and_then(|file| file.len_bytes()).map_err(io)?;
        }
        Ok((files, bytes))
    };
    let (segments_count, journal_bytes) = sizes("journal", ".segment")?;
    let (key_files_count, keys_bytes) = sizes("keys", ".keys")?;
    let (_, index_bytes) = sizes("index", "")?;
    let (documents_count, documents_bytes) = documents::count(disk, data)?;
    Ok(Usage {
        segments_count,
        journal_bytes,
        key_files_count,
        keys_bytes,
        index_bytes,
        documents_count,
        documents_bytes,
    })
}

/// What a slot of the key log that cannot be read is called.
fn key_damage(file: &str, offset: usize) -> Damage {
    let file = Path::new("keys").join(file);
    Damage { stream: None, sequence: None, file, offset: offset as u64, part: DamagedPart::KeySlot }
}

/// Takes the store's lock.
fn hold(disk: &dyn Disk, data: &Path) -> Result<Box<dyn Send + Sync>, AdminError> {
    if disk.list(data).map_err(|source| Error::io("read", data, source))?.is_empty() {
        return Err(AdminError::NoStore { data: data.to_owned() });
    }
    let lock = disk.lock(&data.join("LOCK")).map_err(|source| Error::io("lock", data, source))?;
    lock.ok_or_else(|| OpenError::Held { data: data.to_owned() }.into())
}
