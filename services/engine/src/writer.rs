//! The one thread that commits. Takes what is waiting, writes once, syncs once, hands all on.
//!
//! A sync costs the same for one record as for fifty, and what it costs is taken from everybody's work. So while calls to
//! agencies are out and their answers come fast, a batch is let grow for a moment: to as many as may be expected, and no longer
//! than a millisecond. A command that comes alone is written at once.

use crate::ask::Refusal;
use crate::origin::Origin;
use crate::queue::{Outlet, Taken};
use livshandelse_core::effect::Effect;
use livshandelse_core::time::CivilTime;
use livshandelse_core::{Answer, Case, Rejection};
use livshandelse_store::{self as store, Store, Unit};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Commits one batch. Blocks until it is durable.
///
/// A full disk refuses the batch and the engine goes on; any other failure is handed back, and the process must end.
fn commit(store: &dyn Store, waiting: Vec<Pending>) -> (Batch, Option<store::Error>) {
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

/// How long the writer waits for a larger batch at the longest.
const PATIENCE: Duration = Duration::from_millis(1);

/// How large a batch the writer hopes for. It learns from what comes: agencies that answer at once let it hope, and while
/// they take their time nobody waits for them.
#[derive(Default)]
struct Hope(usize);

impl Hope {
    /// Learns from a batch.
    fn learn(&mut self, len: usize, is_disappointed: bool) {
        self.0 = match (len, is_disappointed) {
            (1, true) => 0,
            (len, true) => len,
            (1, false) => self.0,
            (len, false) => self.0.max(2 * len),
        };
    }
}

/// Runs until the queue closes. `acknowledge` is told of each batch, `fail` once if the store has failed. `calls_out` says how
/// many calls to agencies have no recorded answer yet: no more than those can be about to come.
pub(crate) fn run(
    store: &dyn Store,
    queue: &Outlet,
    batch_len_max: usize,
    calls_out: &AtomicUsize,
    acknowledge: &mpsc::UnboundedSender<Batch>,
    fail: &dyn Fn(String),
) {
    let mut hope = Hope::default();
    while let Some(Taken { waiting, is_disappointed }) =
        queue.take(batch_len_max, || calls_out.load(Ordering::Relaxed).min(hope.0), PATIENCE)
    {
        hope.learn(waiting.len(), is_disappointed);
        let (batch, failure) = commit(store, waiting);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hope_grows_with_what_comes_together_and_is_lost_when_one_comes_alone() {
        let mut hope = Hope::default();
        hope.learn(1, false);
        assert_eq!(hope.0, 0, "one alone says nothing of others");
        hope.learn(3, false);
        assert_eq!(hope.0, 6, "three that came together let hope for more");
        hope.learn(2, false);
        assert_eq!(hope.0, 6, "fewer calls were out: nothing was missed");
        hope.learn(4, true);
        assert_eq!(hope.0, 4, "of six hoped for, four came in time");
        hope.learn(1, true);
        assert_eq!(hope.0, 0, "agencies take their time: nobody waits for them");
    }
}
