//! Leaves people who mourn in peace in their other cases too: asks each of those to keep a day, and tells none of them why.
//! The outbox itself is the cases: quiet that has not been spread is taken up again at every start, and whoever was asked
//! already changes nothing.

use super::FULL_WAIT;
use crate::ask::{Ask, Lane, Refusal, Told};
use crate::engine::{Engine, Inner};
use crate::list_key::ListKey;
use jiff::civil::Date;
use livshandelse_core::command::{Actor, Command, Request};
use livshandelse_core::id::{CaseId, PartyId};
use livshandelse_core::notice::{NoticeCommand, UnspreadQuiet, peace_to};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// People whose cases are asked at once: grief is rare, and nothing else is to wait for it.
pub(super) const AT_ONCE_MAX: usize = 8;

/// Cases of a person that are listed at once.
const PAGE_LEN: usize = 100;

/// Pages of one person's cases at the most, ended ones with them: more than anybody has in a life.
const PAGES_MAX: usize = 20;

/// Counts as under way as long as it lives, so that time-lapse waits for it.
struct Busy(Arc<Inner>);

impl Busy {
    fn of(engine: Arc<Inner>) -> Busy {
        engine.telling.busy.fetch_add(1, Ordering::AcqRel);
        Busy(engine)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.telling.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Inner {
    /// Asks every other case of somebody who mourns to keep quiet, and records in hers when that is done.
    pub(crate) fn quieten(self: &Arc<Self>, mourning: CaseId, unspread: UnspreadQuiet) {
        tokio::spawn(spread(Busy::of(self.clone()), mourning, unspread));
    }

    async fn spread(self: &Arc<Self>, mourning: CaseId, unspread: UnspreadQuiet) -> Result<(), Refusal> {
        let UnspreadQuiet { party, quiet, to } = unspread;
        let Ok(_place) = self.telling.quiet_places.acquire().await else { return Err(Refusal::Draining) };
        for case in self.others_of(party, mourning).await? {
            match self.ask_quietly(case, NoticeCommand::KeepQuiet { party, to }).await {
                Ok(_) => {}
                // These pass, or end this process: then all are asked again.
                Err(
                    refusal @ (Refusal::DiskFull | Refusal::Busy { .. } | Refusal::Draining | Refusal::StoreFailed),
                ) => return Err(refusal),
                // One that is damaged keeps none of the others from being asked.
                Err(refusal) => tracing::warn!(%refusal, "a case could not be asked to keep quiet"),
            }
        }
        self.ask_quietly(mourning, NoticeCommand::ReportSpread { quiet }).await.map(|_| ())
    }

    /// Every case of a person but one, as long as there are not too many.
    async fn others_of(&self, party: PartyId, own: CaseId) -> Result<Vec<CaseId>, Refusal> {
        let mut others = Vec::new();
        let mut after = None;
        for _page in 0..PAGES_MAX {
            let page = self.listed(ListKey::party(party).0, after, PAGE_LEN).await?;
            others.extend(page.iter().copied().filter(|case| *case != own));
            if page.len() < PAGE_LEN {
                return Ok(others);
            }
            after = page.last().copied();
        }
        tracing::warn!("a party has more cases than are asked to keep quiet");
        Ok(others)
    }

    async fn ask_quietly(self: &Arc<Self>, case: CaseId, command: NoticeCommand) -> Result<Told, Refusal> {
        let command = Command::Notice(command);
        let request = Request { id: None, actor: Actor::Time, purpose: String::from("notice"), command };
        let ask = Ask { case, revision: None, request, lane: Lane::Report, expected: None };
        Engine::of(self.clone()).ask(ask).await
    }

    /// Until which day whoever asks is left in peace, as her other cases have it; looked up only when she says how she wants
    /// to be told.
    ///
    /// Nothing slips between: a case that begins to mourn after this look lists her cases after that, this one among them.
    pub(crate) async fn quiet_to(&self, ask: &Ask) -> Result<Option<Date>, Refusal> {
        match (&ask.request.command, &ask.request.actor) {
            (Command::Notice(NoticeCommand::UpdateContact { contact: Some(_) }), Actor::Person(person)) => {
                // Boxed, since every other request carries the room for it too.
                Box::pin(self.quiet_elsewhere(*person, ask.case)).await
            }
            (_, _) => Ok(None),
        }
    }

    async fn quiet_elsewhere(&self, person: PartyId, here: CaseId) -> Result<Option<Date>, Refusal> {
        let mut last = None;
        for case in self.others_of(person, here).await? {
            // One that cannot be read does not keep her from being told.
            let Ok(Some(case)) = self.read(case).await else { continue };
            let published = case.revision.as_ref().and_then(|revision| self.definitions.get(revision));
            let Some(published) = published else { continue };
            last = last.max(peace_to(&published.definition, &case, person));
        }
        Ok(last)
    }
}

/// Carries one quiet to every case that is to keep it. The engine is not held while it waits.
async fn spread(first: Busy, mourning: CaseId, unspread: UnspreadQuiet) {
    let mut busy = first;
    loop {
        let spread = busy.0.spread(mourning, unspread).await;
        let engine = Arc::downgrade(&busy.0);
        drop(busy);
        match spread {
            Ok(()) => return,
            Err(Refusal::DiskFull | Refusal::Busy { .. }) => {}
            Err(refusal) => {
                tracing::debug!(%refusal, "quiet was not spread; it is at the next start");
                return;
            }
        }
        tokio::time::sleep(FULL_WAIT).await;
        let Some(engine) = engine.upgrade() else { return };
        busy = Busy::of(engine);
    }
}
