//! What a crash has left: files that no list names, parts of uploads that were given up, keys of what was removed.

use super::{CHECK, Documents, PART, part_of};
use crate::blobs::DocumentError;
use crate::blobs::content::{BlobName, PartName};
use crate::blobs::list::{List, stream_of};
use crate::disk::read_whole;
use crate::durable::unhex;
use crate::{Error, SpaceId};

impl Documents {
    /// Finishes what a crash has left.
    pub(super) fn settle(&self) -> Result<(), DocumentError> {
        let incoming = self.incoming();
        let io = |source| Error::io("read", &incoming, source);
        for name in self.disk.list(&incoming).map_err(io)? {
            let path = incoming.join(&name);
            let is_settled = match name.strip_suffix(CHECK).and_then(BlobName::parse) {
                Some(file) => {
                    let case = read_whole(&*self.disk, &path, 64).map_err(io)?.unwrap_or_default();
                    let case = std::str::from_utf8(&case).ok().and_then(unhex);
                    case.map_or(Ok(true), |case| self.settle_file(case, file))?
                }
                None => match part_of(&name) {
                    Some((case, part)) => self.settle_part(case, part)?,
                    None => name.ends_with(PART) || name.ends_with(".new"),
                },
            };
            if is_settled {
                self.disk.remove(&path).map_err(io)?;
            }
        }
        self.disk.sync_dir(&incoming).map_err(io)?;
        Ok(())
    }

    /// Whether a part belongs to no upload any more. Then keys of uploads that were given up are destroyed too.
    fn settle_part(&self, case: [u8; 16], part: PartName) -> Result<bool, DocumentError> {
        let list = match List::read(&*self.store, case) {
            Err(DocumentError::Damaged { .. }) => return Ok(false),
            other => other?,
        };
        if list.has_part(part) {
            return Ok(false);
        }
        for number in &list.undead {
            self.store.dispose(stream_of(case), Some(SpaceId(*number)))?;
        }
        Ok(true)
    }

    /// Removes a file that its list does not name, and keys of documents that were removed. `false` if the list cannot be read.
    fn settle_file(&self, case: [u8; 16], file: BlobName) -> Result<bool, DocumentError> {
        let list = match List::read(&*self.store, case) {
            Err(DocumentError::Damaged { .. }) => return Ok(false),
            other => other?,
        };
        for number in &list.undead {
            self.store.dispose(stream_of(case), Some(SpaceId(*number)))?;
        }
        if !list.names(file) {
            let path = file.path_in(&self.dir);
            self.disk.remove(&path).map_err(|source| Error::io("remove", &path, source))?;
        }
        Ok(true)
    }
}
