//! Keys: a random one per stream and owner space, wrapped by the key file's, in a log of their own.
//!
//! The log is synced before the journal record that uses a key. Disposing of a key rewrites the file it stands in; nothing else in the store has to change
//! for the content to be gone.

mod files;
mod join;
mod log;
mod master;
mod slot;
#[cfg(test)]
mod tests;

pub(crate) use join::join_key_files;
pub(crate) use log::{KeyLog, NewKey, SectionKey, SpaceKeys};
pub(crate) use master::{MasterKey, create_key_file, read_master_key};

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::inout::InOutBuf;

/// Bytes that sealing adds.
pub(crate) const TAG_LEN: usize = 16;

/// Seals the end of a buffer, from `from` on, where it lies, and appends the tag.
///
/// Returns `false` if the content is too long for the cipher (64 GiB), which callers have bounded long before.
#[must_use]
pub(crate) fn seal_in_place(
    cipher: &Aes256Gcm,
    nonce: &[u8; 12],
    associated: &[u8],
    buffer: &mut Vec<u8>,
    from: usize,
) -> bool {
    match cipher.encrypt_inout_detached(&(*nonce).into(), associated, InOutBuf::from(&mut buffer[from..])) {
        Ok(tag) => {
            buffer.extend_from_slice(&tag);
            true
        }
        Err(_) => false,
    }
}

/// Opens what was sealed; `None` if it is not what was sealed under this key, nonce and associated data.
pub(crate) fn unseal(cipher: &Aes256Gcm, nonce: &[u8; 12], associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (content, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_LEN)?)?;
    let tag: [u8; TAG_LEN] = tag.try_into().ok()?;
    let mut plain = content.to_vec();
    cipher
        .decrypt_inout_detached(&(*nonce).into(), associated, InOutBuf::from(plain.as_mut_slice()), &tag.into())
        .ok()?;
    Some(plain)
}
