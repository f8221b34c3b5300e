//! Takes notices in front of a teller: bounded, and few at a time.
//!
//! An evening's peak comes ninefold within the hour. What does not fit is refused at once ([`Full`]) and stays what it was
//! before, an order in a record: whoever calls offers it again.

use std::future::Future;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::notice::Notice;
use crate::status::{Status, Told};
use crate::teller::{Recipient, Teller};

/// The queue has no room; offer the notice again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{waiting_max} notices are waiting already")]
pub struct Full {
    /// How many may wait.
    pub waiting_max: usize,
}

/// Notices on their way.
pub struct Queue {
    teller: Arc<Teller>,
    places: Arc<Semaphore>,
    waiting_max: usize,
    tasks: std::sync::Mutex<JoinSet<()>>,
}

/// One notice on its way. Dropping it does not stop the notice.
#[derive(Debug)]
pub struct Ticket {
    told: watch::Receiver<Option<Told>>,
}

impl Ticket {
    /// Where the notice stands: `Queued` until it is told or given up.
    pub fn status(&self) -> Status {
        self.told.borrow().as_ref().map_or(Status::Queued, |told| told.status)
    }

    /// Waits until it is told or given up; `None` if the queue was dropped before. Cancel safe.
    pub async fn told(&mut self) -> Option<Told> {
        let told = self.told.wait_for(Option::is_some).await.ok()?;
        told.clone()
    }
}

impl Queue {
    /// A queue in which at most `waiting_max` notices are: those under way and those between attempts. How many are sent
    /// at the same time is for the channels to limit.
    pub fn new(teller: Arc<Teller>, waiting_max: usize) -> Queue {
        let places = Arc::new(Semaphore::new(waiting_max));
        Queue { teller, places, waiting_max, tasks: std::sync::Mutex::new(JoinSet::new()) }
    }

    /// Takes a notice, or refuses it at once. Must be called on a tokio runtime.
    ///
    /// `keep` is awaited with how it went before the ticket shows it and before the place is free again: keep the outcome
    /// there. Nothing else is durable; when the queue is dropped, what was under way is not told and `keep` not called.
    ///
    /// # Errors
    ///
    /// [`Full`].
    pub fn take<S, K, F>(&self, notice: Notice, recipient: Recipient, is_seen: S, keep: K) -> Result<Ticket, Full>
    where
        S: Fn() -> bool + Send + Sync + 'static,
        K: FnOnce(Told) -> F + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        let full = Full { waiting_max: self.waiting_max };
        let place = self.places.clone().try_acquire_owned().map_err(|_| full)?;
        let (sender, told) = watch::channel(None);
        let teller = self.teller.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let outcome = teller.tell(&notice, &recipient, is_seen).await;
            keep(outcome.clone()).await;
            sender.send_replace(Some(outcome));
            drop(place);
        });
        Ok(Ticket { told })
    }

    /// Notices that are in the queue now.
    pub fn waiting(&self) -> usize {
        self.waiting_max - self.places.available_permits()
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue({} of {})", self.waiting(), self.waiting_max)
    }
}
