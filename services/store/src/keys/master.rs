//! The key file: what wraps all other keys. Lose it and nothing can be read; it is backed up apart.

use std::io;
use std::path::Path;

use aes_gcm::{Aes256Gcm, KeyInit};
use zeroize::Zeroizing;

use crate::disk::{Disk, read_whole, replace};
use crate::{Error, Random};

const PREFIX: &str = "livshandelse-key-1 ";
const FILE_BYTES_MAX: usize = 4096;

/// The key of the key file, and what is derived from it for one store.
pub(crate) struct MasterKey {
    key: Zeroizing<[u8; 32]>,
    store_id: [u8; 16],
}

impl MasterKey {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>, store_id: [u8; 16]) -> Self {
        Self { key, store_id }
    }

    fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key(purpose);
        hasher.update(&*self.key);
        hasher.update(&self.store_id);
        Zeroizing::new(*hasher.finalize().as_bytes())
    }

    /// The cipher that wraps keys.
    pub(crate) fn wrapping(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.derive("livshandelse store 1: wraps keys")).into())
    }

    /// The key of index rows of streams that have no key of their own.
    pub(crate) fn index_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive("livshandelse store 1: index rows")
    }

    /// Tells a wrong key file from the right one, and nothing else.
    pub(crate) fn check_value(&self) -> [u8; 32] {
        *self.derive("livshandelse store 1: is this the key file")
    }
}

/// Reads a key file: `None` if there is none, `Some(None)` if it is not one.
pub(crate) fn read_master_key(disk: &dyn Disk, path: &Path) -> io::Result<Option<Option<Zeroizing<[u8; 32]>>>> {
    let Some(bytes) = read_whole(disk, path, FILE_BYTES_MAX)? else { return Ok(None) };
    let bytes = Zeroizing::new(bytes);
    let key = std::str::from_utf8(&bytes).ok().and_then(|text| decode_hex(text.trim_end().strip_prefix(PREFIX)?));
    Ok(Some(key))
}

/// Makes a key file with a new random key that only its owner may read; durable on return.
pub(crate) fn create_key_file(disk: &dyn Disk, path: &Path, random: &dyn Random) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut key = Zeroizing::new([0; 32]);
    random.fill(&mut *key)?;
    let mut text = Zeroizing::new(PREFIX.to_owned());
    key.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
    text.push('\n');
    let io = |source| Error::io("write", path, source);
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        disk.create_dir(dir).map_err(io)?;
    }
    replace(disk, path, text.as_bytes()).map_err(io)?;
    Ok(key)
}

fn decode_hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(key)
}
