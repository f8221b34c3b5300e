//! Reading cold cases. Storage blocks, so it never runs on the async runtime's own threads.

use crate::ask::Refusal;
use crate::engine::Inner;
use crate::projection::{fold, stream_of};
use livshandelse_core::Case;
use livshandelse_core::event::Record;
use livshandelse_core::id::{self, CaseId};
use livshandelse_store::record::{decode_state, decode_stored};
use livshandelse_store::{Error, Sequence, Store, StreamId, StreamKind};
use std::sync::Arc;

/// Records read at once when a case is replayed.
const REPLAY_LEN: usize = 1_024;

impl Inner {
    /// Reads a case from the store into the cache; `None` if there is no such case.
    pub(crate) async fn load(&self, case: CaseId) -> Result<Option<Arc<Case>>, Refusal> {
        loop {
            let forgotten = self.shards.lock(case).forgotten();
            let loaded = self.blocking(move |store| load(store, case)).await?;
            let Some(loaded) = loaded else { return Ok(None) };
            let mut shard = self.shards.lock(case);
            if shard.forgotten() == forgotten {
                self.shards.insert(&mut shard, case, loaded.clone(), false);
                return Ok(Some(loaded));
            }
        }
    }

    /// Records of a case, decoded; what was disposed of is left out.
    pub(crate) async fn history(
        &self,
        case: CaseId,
        after: id::Sequence,
        limit: usize,
    ) -> Result<Vec<Record>, Refusal> {
        self.blocking(move |store| {
            let stored = store.history(stream_of(case), Sequence(after.0), limit).map_err(|error| refusal(&error))?;
            let decoded = stored.iter().map(|record| decode_stored(record).map(|decoded| decoded.record));
            decoded.collect::<Result<Vec<_>, _>>().map_err(|error| {
                tracing::error!(%error, "a stored record cannot be read");
                Refusal::Quarantined
            })
        })
        .await
    }

    /// Cases listed under a key.
    pub(crate) async fn listed(
        &self,
        key: [u8; 16],
        after: Option<CaseId>,
        limit: usize,
    ) -> Result<Vec<CaseId>, Refusal> {
        let after = after.map(|case| StreamId::new(StreamKind::Case, case.0));
        let streams =
            self.blocking(move |store| store.listed(key, after, limit).map_err(|error| refusal(&error))).await?;
        Ok(streams.into_iter().map(|stream| CaseId(stream.id)).collect())
    }

    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || read(store.as_ref())).await.unwrap_or(Err(Refusal::StoreFailed))
    }
}

/// Reads one case: its stored state, or its whole history when there is none or it is of another format. Blocks.
fn load(store: &dyn Store, case: CaseId) -> Result<Option<Arc<Case>>, Refusal> {
    let stream = stream_of(case);
    let Some(head) = store.head(stream).map_err(|error| refusal(&error))? else { return Ok(None) };
    if head.disposed {
        return Ok(None);
    }
    if let Some(bytes) = &head.state
        && let Ok(Some(state)) = decode_state(bytes)
        && state.sequence.0 == head.sequence.0
    {
        return Ok(Some(Arc::new(state)));
    }
    let mut state = Case::absent();
    loop {
        let after = Sequence(state.sequence.0);
        let records = store.history(stream, after, REPLAY_LEN).map_err(|error| refusal(&error))?;
        for record in &records {
            fold(&mut state, record).map_err(|reason| {
                tracing::error!(reason, "a history cannot be folded");
                Refusal::Quarantined
            })?;
        }
        if records.len() < REPLAY_LEN {
            return Ok(Some(Arc::new(state)));
        }
    }
}

pub(crate) fn refusal(error: &Error) -> Refusal {
    match error {
        Error::Quarantined { .. } | Error::Projection { .. } => Refusal::Quarantined,
        Error::Full { .. } => Refusal::DiskFull,
        _ => {
            tracing::error!(error = crate::writer::error_chain(error), "the store cannot be read");
            Refusal::StoreFailed
        }
    }
}
