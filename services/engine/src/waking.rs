//! Wakes cases whose time has come.

use crate::ask::{Ask, Lane, Refusal};
use crate::engine::{Engine, Inner};
use futures_util::{StreamExt as _, stream};
use livshandelse_core::command::{Actor, Command, Request};
use livshandelse_core::id::CaseId;
use std::sync::{Arc, Weak};
use std::time::Duration;

impl Inner {
    /// Wakes everything that is due, a bounded number at once, until nothing is.
    pub(crate) async fn wake_due(self: &Arc<Self>) {
        loop {
            let due = self.timers.take_due(self.clock.now(), self.limits.wakes_in_flight_max);
            if due.is_empty() {
                return;
            }
            stream::iter(due).for_each_concurrent(None, |case| self.wake(case)).await;
        }
    }

    async fn wake(self: &Arc<Self>, case: CaseId) {
        let request =
            Request { id: None, actor: Actor::Time, purpose: String::from("clock"), command: Command::PassTime };
        let woken = Engine::of(self.clone())
            .ask(Ask { case, revision: None, request, lane: Lane::Report, expected: None })
            .await;
        let now = self.clock.now();
        match woken {
            Ok(told) => {
                if let Some(next) = told.case.wakes_at() {
                    // Whatever was due has been dealt with; should it still be, an hour's wait keeps the engine from
                    // spinning.
                    let next = if next <= now { now.plus_hours(1) } else { next };
                    self.timers.put_back(case, next, now);
                }
            }
            Err(Refusal::Rejected { .. } | Refusal::Quarantined | Refusal::UnknownRevision(_)) => {
                tracing::error!("a case could not be woken; it is looked at again when somebody asks for it");
            }
            Err(_) => self.timers.put_back(case, now.plus_hours(1), now),
        }
    }
}

/// Real time: sleeps until the next moment, or until an earlier one is set.
pub(crate) async fn wake_in_real_time(engine: Weak<Inner>) {
    /// Looks at least so often, since the machine's clock may be set meanwhile.
    const SLEEP_MAX: Duration = Duration::from_secs(60);
    loop {
        let (timers, wait) = {
            let Some(engine) = engine.upgrade() else { return };
            if engine.is_draining() {
                return;
            }
            engine.wake_due().await;
            let now = engine.clock.now();
            let wait = engine
                .timers
                .next()
                .map_or(SLEEP_MAX, |next| Duration::from_millis(u64::try_from(next.0 - now.0).unwrap_or(0)));
            (engine.timers.clone(), wait.min(SLEEP_MAX))
        };
        // The engine itself is not held while sleeping, so that it ends when nobody else holds it.
        tokio::select! {
            biased;
            () = timers.earlier.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
