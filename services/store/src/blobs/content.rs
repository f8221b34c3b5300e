//! The file of one document: sealed pieces of 64 KiB, under a random key that is used for this file alone.
//!
//! A piece is sealed with its number as the nonce, and bound to its number, to how many there are and to the length of the whole. So
//! none can be changed, swapped, left out or cut off unseen.
//!
//! An upload that was broken off goes on after the last piece that is whole on disk. What stood behind it is written anew, under the same
//! numbers: it never was a piece that could be read, and a file is one person's one document, so that nobody but she could have
//! chosen two contents for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aes_gcm::{Aes256Gcm, KeyInit};
use zeroize::Zeroizing;

use super::DocumentError;
use crate::Error;
use crate::disk::{Disk, DiskFile, read_exact_at};
use crate::durable::hex;
use crate::keys::{TAG_LEN, seal_in_place, unseal};

/// Bytes of content in a piece of a file; the last has fewer.
pub const PIECE_BYTES: usize = 64 * 1024;

const SEALED_PIECE_BYTES: usize = PIECE_BYTES + TAG_LEN;

/// The key of one file.
pub(super) type FileKey = Zeroizing<[u8; 32]>;

/// Names the part of an upload.
pub(super) type PartName = [u8; 8];

/// Where documents lie in a data directory.
pub(crate) fn documents_dir(data: &Path) -> PathBuf {
    data.join("documents")
}

/// The name of a file: a keyed digest of the content, and chance, so that no name is ever used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BlobName {
    pub(crate) digest: [u8; 32],
    pub(crate) chance: [u8; 8],
}

impl BlobName {
    const ENDING: &'static str = ".sealed";

    /// The folder below `documents/` that it lies in.
    pub(crate) fn folder(&self) -> String {
        hex(&self.digest[..1])
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}{}", hex(&self.digest), hex(&self.chance), Self::ENDING)
    }

    /// Reads the name of a file; `None` if it is none of ours.
    pub(crate) fn parse(file_name: &str) -> Option<Self> {
        let (digest, chance) = file_name.strip_suffix(Self::ENDING)?.split_once('-')?;
        Some(Self { digest: crate::durable::unhex(digest)?, chance: crate::durable::unhex(chance)? })
    }

    pub(crate) fn path_in(&self, documents: &Path) -> PathBuf {
        documents.join(self.folder()).join(self.file_name())
    }

    /// Every folder that a document may lie in.
    pub(crate) fn folders() -> impl Iterator<Item = String> {
        (0..=u8::MAX).map(|byte| hex(&[byte]))
    }
}

fn pieces_count(len: u64) -> u64 {
    len.div_ceil(PIECE_BYTES as u64)
}

/// Bytes of the sealed file of a content.
pub(super) fn sealed_len(len: u64) -> u64 {
    len + pieces_count(len) * TAG_LEN as u64
}

fn nonce(piece: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&piece.to_be_bytes());
    nonce
}

fn associated(piece: u64, len: u64) -> [u8; 32] {
    let mut bytes = *b"LHdoc 1\0........................";
    bytes[8..16].copy_from_slice(&piece.to_be_bytes());
    bytes[16..24].copy_from_slice(&pieces_count(len).to_be_bytes());
    bytes[24..].copy_from_slice(&len.to_be_bytes());
    bytes
}

/// A file that is being written.
pub(super) struct Writing {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    key: FileKey,
    cipher: Aes256Gcm,
    hasher: blake3::Hasher,
    /// Content of a piece that is not full yet.
    waiting: Vec<u8>,
    pieces_written: u64,
    came: u64,
    said: u64,
}

impl Writing {
    /// Begins a file for `said` bytes of content, whose keyed digest is made with `digest_key`.
    pub(super) fn begin(
        disk: &dyn Disk,
        path: PathBuf,
        key: FileKey,
        digest_key: &[u8; 32],
        said: u64,
    ) -> Result<Self, Error> {
        let file = disk.create(&path).map_err(|source| Error::io("create", &path, source))?;
        Ok(Self::on(file, path, key, digest_key, said))
    }

    /// Goes on with a file that was broken off: after its whole pieces, each of which `seen` is shown. `None` if the file is not there.
    pub(super) fn resume(
        disk: &dyn Disk,
        path: PathBuf,
        key: FileKey,
        digest_key: &[u8; 32],
        said: u64,
        seen: &mut dyn FnMut(&[u8]),
    ) -> Result<Option<Self>, Error> {
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::io("open", &path, source)),
        };
        let io = |source| Error::io("read", &path, source);
        let len = file.len_bytes().map_err(io)?.min(sealed_len(said));
        let mut writing = Self::on(file, path.clone(), key, digest_key, said);
        for piece in 0..len / SEALED_PIECE_BYTES as u64 {
            let sealed = read_exact_at(&*writing.file, piece * SEALED_PIECE_BYTES as u64, SEALED_PIECE_BYTES);
            let content = unseal(&writing.cipher, &nonce(piece), &associated(piece, said), &sealed.map_err(io)?);
            let Some(content) = content else { break };
            writing.hasher.update(&content);
            writing.pieces_written += 1;
            writing.came += content.len() as u64;
            seen(&content);
        }
        Ok(Some(writing))
    }

    fn on(file: Arc<dyn DiskFile>, path: PathBuf, key: FileKey, digest_key: &[u8; 32], said: u64) -> Self {
        Self {
            file,
            cipher: Aes256Gcm::new((&*key).into()),
            key,
            path,
            hasher: blake3::Hasher::new_keyed(digest_key),
            waiting: Vec::with_capacity(SEALED_PIECE_BYTES),
            pieces_written: 0,
            came: 0,
            said,
        }
    }

    /// How much has come.
    pub(super) fn came(&self) -> u64 {
        self.came
    }

    /// Takes what comes next.
    pub(super) fn push(&mut self, mut content: &[u8]) -> Result<(), DocumentError> {
        self.came = self.came.saturating_add(content.len() as u64);
        if self.came > self.said {
            return Err(DocumentError::OtherLength { came: self.came, said: self.said });
        }
        self.hasher.update(content);
        while !content.is_empty() {
            let (now, later) = content.split_at(content.len().min(PIECE_BYTES - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            content = later;
            if self.waiting.len() == PIECE_BYTES {
                self.write_piece()?;
            }
        }
        Ok(())
    }

    fn write_piece(&mut self) -> Result<(), Error> {
        let piece = self.pieces_written;
        // A piece is never too long to seal.
        let _ = seal_in_place(&self.cipher, &nonce(piece), &associated(piece, self.said), &mut self.waiting, 0);
        self.file
            .write_at(&self.waiting, piece * SEALED_PIECE_BYTES as u64)
            .map_err(|source| Error::io("write", &self.path, source))?;
        self.waiting.clear();
        self.pieces_written += 1;
        Ok(())
    }

    /// Writes the rest and syncs the file. Returns the keyed digest of the content.
    pub(super) fn finish(&mut self) -> Result<[u8; 32], DocumentError> {
        self.check_whole()?;
        if !self.waiting.is_empty() {
            self.write_piece()?;
        }
        self.file.sync().map_err(|source| Error::io("sync", &self.path, source))?;
        Ok(*self.hasher.finalize().as_bytes())
    }

    pub(super) fn check_whole(&self) -> Result<(), DocumentError> {
        if self.came == self.said {
            return Ok(());
        }
        Err(DocumentError::OtherLength { came: self.came, said: self.said })
    }

    pub(super) fn key(&self) -> &FileKey {
        &self.key
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// A file that is read.
pub(crate) struct Opened {
    file: Arc<dyn DiskFile>,
    cipher: Aes256Gcm,
    len: u64,
}

impl Opened {
    /// Opens a file; `None` if it is missing or of another length than it should be.
    pub(crate) fn open(disk: &dyn Disk, path: &Path, key: &[u8; 32], len: u64) -> Result<Option<Self>, Error> {
        let file = match disk.open(path) {
            Ok(file) => file,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::io("open", path, source)),
        };
        let found = file.len_bytes().map_err(|source| Error::io("read", path, source))?;
        Ok((found == sealed_len(len)).then(|| Self { file, cipher: Aes256Gcm::new(key.into()), len }))
    }

    pub(crate) fn pieces_count(&self) -> u64 {
        pieces_count(self.len)
    }

    /// Reads a piece; `None` if it is not as it was written, or there is none.
    pub(crate) fn piece(&self, path: &Path, piece: u64) -> Result<Option<Vec<u8>>, Error> {
        let from = piece.saturating_mul(PIECE_BYTES as u64);
        let Some(left) = self.len.checked_sub(from).filter(|left| *left > 0) else { return Ok(None) };
        let len = usize::try_from(left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES)) + TAG_LEN;
        let sealed = read_exact_at(&*self.file, piece * SEALED_PIECE_BYTES as u64, len)
            .map_err(|source| Error::io("read", path, source))?;
        Ok(unseal(&self.cipher, &nonce(piece), &associated(piece, self.len), &sealed))
    }

    /// Reads everything: `Ok(None)` if it is as it was written, else where it is not.
    pub(crate) fn verify(&self, path: &Path, digest_key: &[u8; 32], digest: &[u8; 32]) -> Result<Option<u64>, Error> {
        let mut hasher = blake3::Hasher::new_keyed(digest_key);
        for piece in 0..self.pieces_count() {
            match self.piece(path, piece)? {
                Some(content) => hasher.update(&content),
                None => return Ok(Some(piece * SEALED_PIECE_BYTES as u64)),
            };
        }
        Ok((hasher.finalize().as_bytes() != digest).then_some(0))
    }
}
