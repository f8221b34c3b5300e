//! The index on sled: the only file that names it.
//!
//! sled never forces anything to the disk itself here: after a power cut, or whenever it cannot be read, it is thrown away and made again from the journal.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::Error;
use crate::index::Rows;

/// Rows that go into sled at once. Reading waits for one such batch, not for a whole checkpoint.
const ROWS_AT_ONCE: usize = 64;

/// One tree in a directory of its own.
pub(crate) struct SledRows {
    tree: sled::Db,
}

fn failed(source: &sled::Error) -> Error {
    Error::Index { reason: source.to_string() }
}

impl SledRows {
    /// Opens or creates it. A directory that sled cannot read is an error, never a panic.
    pub(crate) fn open(dir: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let config = sled::Config::new()
            .path(dir)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None)
            .mode(sled::Mode::HighThroughput);
        // Of a damaged directory sled sometimes says so by panicking.
        match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(tree)) => Ok(Self { tree }),
            Ok(Err(source)) => Err(failed(&source)),
            Err(_) => Err(Error::Index { reason: "it cannot be opened".to_owned() }),
        }
    }
}

impl Rows for SledRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.tree.get(key).map_err(|source| failed(&source))?.map(|value| value.to_vec()))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        for row in self.tree.range(from.to_vec()..) {
            let (key, value) = row.map_err(|source| failed(&source))?;
            if !key.starts_with(prefix) || !each(&key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), Error> {
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let mut batch = sled::Batch::default();
            for (key, value) in changes.by_ref().take(ROWS_AT_ONCE) {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            self.tree.apply_batch(batch).map_err(|source| failed(&source))?;
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), Error> {
        self.tree.flush().map(drop).map_err(|source| failed(&source))
    }
}
