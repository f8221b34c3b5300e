//! Destroys what the law disposes of.

use std::sync::{Arc, PoisonError};

use super::Shared;
use super::commit::poison;
use super::live::Live;
use crate::{Disposal, Error, Sequence, SpaceId, StreamId};

impl Shared {
    pub(super) fn dispose(&self, stream: StreamId, space: Option<SpaceId>) -> Result<Disposal, Error> {
        // No checkpoint meanwhile: it might seal the old state under the keys that are left.
        let _alone = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writing = self.writing();
        if let Some(reason) = &writing.poisoned {
            return Err(Error::Poisoned { reason: reason.clone() });
        }
        let is_quarantined = self.is_quarantined(stream);
        let mut live = match self.find(stream)? {
            Some(live) => Arc::unwrap_or_clone(live),
            // None of its records can be read.
            None if is_quarantined => Live::absent(),
            None => return Ok(Disposal::default()),
        };
        if is_quarantined || !self.damages.read().unwrap_or_else(PoisonError::into_inner).list.is_empty() {
            // Which keys the records name that cannot be read, nobody knows but the log. Of a space it may have several then.
            let known = self.keys.search(&|owner| owner == stream)?.remove(&stream).unwrap_or_default();
            let unnamed: Vec<_> = known.into_iter().filter(|key| !live.keys.contains(key)).collect();
            live.keys.extend(unnamed);
        }
        let has_keys = live.keys.iter().any(|(owned, _)| space.is_none_or(|space| space == *owned));
        let is_known = live.sequence != Sequence::NONE;
        if (has_keys || is_quarantined) && is_known {
            // The old state goes first: it must not outlive the keys, whatever happens below.
            live.state = None;
            self.recents_mut().current.put(stream, Arc::new(live.clone()));
        }
        let destroyed = self.keys.destroy(stream, space, &live.keys);
        let keys_count = destroyed.map_err(|error| poison(&mut writing, error))?;
        live.keys.retain(|(owned, _)| space.is_some_and(|space| space != *owned));
        if !is_known {
            return Ok(Disposal { keys_count });
        }
        if space.is_none() {
            let mut live = Live { wake: None, state: None, is_wake_indexed: true, ..live };
            live.is_delisted = Some(std::mem::take(&mut live.parties));
            live.parties_indexed = 0;
            let mut recents = self.recents_mut();
            recents.current.listing.retain(|(_, listed)| *listed != stream);
            recents.current.put(stream, Arc::new(live));
        } else if has_keys && !is_quarantined {
            self.recents_mut().current.put(stream, Arc::new(live.clone()));
            let records = self.history(stream, Sequence::NONE, usize::MAX)?;
            let head = self
                .projector
                .project(stream, None, &records)
                .map_err(|source| Error::Projection { stream, source })?;
            live.list_under(&head.listed_under);
            live.wake = head.wake;
            live.is_wake_indexed = true;
            live.state = head.state;
            self.recents_mut().current.put(stream, Arc::new(live));
        }
        Ok(Disposal { keys_count })
    }
}
