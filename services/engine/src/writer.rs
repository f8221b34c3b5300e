//! The one thread that commits. Drains what is waiting (no artificial delay), writes once, syncs once, hands all on.

use crate::ask::Refusal;
use crate::origin::Origin;
use livshandelse_core::effect::Effect;
use livshandelse_core::time::CivilTime;
use livshandelse_core::{Answer, Case, Rejection};
use livshandelse_store::{self as store, Store, Unit};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;

/// What the writer is given.
pub(crate) struct Pending {
    /// What to write; nothing for an answer that only waits for what is before it.
    pub(crate) unit: Option<Unit>,
    /// What then follows.
    pub(crate) after: After,
}

/// What follows once a record is on disk.
pub(crate) struct After {
    /// The case with it.
    pub(crate) case: Arc<Case>,
    /// The rules' answer.
    pub(crate) answer: Result<Answer, Rejection>,
    /// What is to be done.
    pub(crate) effects: Vec<Effect>,
    /// Who ordered them, in the traces.
    pub(crate) origin: Origin,
    /// Whether a record was written.
    pub(crate) has_record: bool,
    /// When the case then wakes by itself.
    pub(crate) wakes_at: Option<CivilTime>,
    /// Whom to tell.
    pub(crate) reply: oneshot::Sender<Settled>,
    /// The place it takes among what is under way.
    pub(crate) _permit: Option<OwnedSemaphorePermit>,
}

/// What the asker hears from the writer.
pub(crate) type Settled = Result<Result<Answer, Rejection>, Unsettled>;

/// Why a record was not written.
#[derive(Debug, Clone)]
pub(crate) enum Unsettled {
    /// Somebody else has written to the case: decide again.
    Again,
    /// It cannot be written.
    Refused(Refusal),
}

/// One commit's worth, on its way to be acknowledged.
pub(crate) struct Batch {
    pub(crate) items: Vec<(After, Result<(), Unsettled>)>,
    pub(crate) records_count: usize,
    pub(crate) duration: Duration,
}

/// Commits one batch: everything that waits, `first` included. Blocks until it is durable.
///
/// A full disk refuses the batch and the engine goes on; any other failure is handed back, and the process must end.
pub(crate) fn step(
    store: &dyn Store,
    first: Pending,
    queue: &mut mpsc::UnboundedReceiver<Pending>,
    batch_len_max: usize,
) -> (Batch, Option<store::Error>) {
    let mut waiting = vec![first];
    while waiting.len() < batch_len_max
        && let Ok(next) = queue.try_recv()
    {
        waiting.push(next);
    }
    let mut units = Vec::with_capacity(waiting.len());
    let mut afters = Vec::with_capacity(waiting.len());
    for pending in waiting {
        afters.push((pending.after, pending.unit.is_some()));
        units.extend(pending.unit);
    }
    let records_count = units.len();
    let started = Instant::now();
    let committed = if units.is_empty() { Ok(Vec::new()) } else { store.commit(units) };
    let duration = started.elapsed();
    let (results, failure) = match committed {
        Ok(results) => (Ok(results.into_iter()), None),
        Err(store::Error::Full { .. }) => (Err(Refusal::DiskFull), None),
        Err(error) => (Err(Refusal::StoreFailed), Some(error)),
    };
    let items = match results {
        Ok(mut results) => afters
            .into_iter()
            .map(|(after, has_unit)| {
                let result =
                    if has_unit { results.next().map_or(Ok(()), |result| result.map_err(unsettled)) } else { Ok(()) };
                (after, result)
            })
            .collect(),
        Err(refusal) => afters
            .into_iter()
            .map(|(after, has_unit)| {
                let result = if has_unit { Err(Unsettled::Refused(refusal.clone())) } else { Ok(()) };
                (after, result)
            })
            .collect(),
    };
    (Batch { items, records_count, duration }, failure)
}

fn unsettled(refusal: store::Refusal) -> Unsettled {
    match refusal {
        store::Refusal::Conflict(_) => Unsettled::Again,
        store::Refusal::Quarantined { .. } | store::Refusal::Disposed { .. } => {
            Unsettled::Refused(Refusal::Quarantined)
        }
        store::Refusal::Full => Unsettled::Refused(Refusal::DiskFull),
        store::Refusal::Empty | store::Refusal::TooLarge { .. } => Unsettled::Refused(Refusal::StoreFailed),
    }
}

/// Runs until the queue closes. `acknowledge` is told of each batch, `fail` once if the store has failed.
pub(crate) fn run(
    store: &dyn Store,
    mut queue: mpsc::UnboundedReceiver<Pending>,
    batch_len_max: usize,
    acknowledge: &mpsc::UnboundedSender<Batch>,
    fail: &dyn Fn(String),
) {
    while let Some(first) = queue.blocking_recv() {
        let (batch, failure) = step(store, first, &mut queue, batch_len_max);
        if let Some(error) = failure {
            // Nobody is answered: what is on disk is not known until the store is opened again.
            fail(error_chain(&error));
            return;
        }
        if acknowledge.send(batch).is_err() {
            return;
        }
    }
}

pub(crate) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
