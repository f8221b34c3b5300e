//! Tells people, beside the agencies' lanes: waits a little, drops what has been seen meanwhile, tries each of a person's
//! ways in order, and records how it went. The outbox itself is the cases: what has no outcome is taken up again at every
//! start, under the same key, so that a receiver recognises a repeat.

mod quiet;

use crate::agencies::BoxFuture;
use crate::ask::{Ask, Lane, Refusal};
use crate::engine::{Engine, Inner};
use crate::metrics::NoticeLabel;
use livshandelse_core::Case;
use livshandelse_core::command::{Actor, Command, Request};
use livshandelse_core::id::{EffectKey, PartyId};
use livshandelse_core::notice::{Contact, Medium, NoticeCommand, NoticeOutcome, NoticeRef, Way};
use livshandelse_core::time::CivilTime;
use livshandelse_store::crash_point;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Reaches people. One attempt by one way; waiting, trying again and remembering are the engine's.
pub trait Tellers: Send + Sync + 'static {
    /// Makes one attempt, bounded in time.
    fn attempt(&self, order: TellOrder) -> BoxFuture<'static, Attempted>;

    /// Reads what came back, later, of a notice that a server had taken over; `None` if it says nothing of one of ours.
    fn returned(&self, received: &[u8]) -> Option<Returned>;
}

/// Tells by which way a notice went, once its contact is at hand; four bytes that say nothing without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WayMark(pub [u8; 4]);

impl WayMark {
    fn of(party: PartyId, way: &Way) -> WayMark {
        let (Way::Mail { address } | Way::Webhook { address, .. }) = way;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&party.0);
        hasher.update(way.medium().slug().as_bytes());
        hasher.update(address.as_bytes());
        let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
        WayMark([a, b, c, d])
    }
}

/// What came back of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// Which notice.
    pub key: EffectKey,
    /// By which way it went.
    pub mark: WayMark,
    /// What became of it.
    pub outcome: NoticeOutcome,
    /// Whether the way is of no use any more.
    pub is_way_ended: bool,
}

/// One attempt to make. There is nothing in it of what happened.
#[derive(Debug, Clone)]
pub struct TellOrder {
    /// Names the notice for ever: the same in every repeat. Nothing of it may leave as it is.
    pub key: EffectKey,
    /// By what.
    pub way: Way,
    /// Tells the way again when something comes back.
    pub mark: WayMark,
    /// The person's language (BCP 47).
    pub language: String,
    /// Counts from 1 for each way.
    pub attempt_number: u32,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempted {
    /// There is nothing more to do by this way.
    Over {
        /// How it went.
        outcome: NoticeOutcome,
        /// Whether the way is of no use any more.
        is_way_ended: bool,
    },
    /// It may go better after a wait.
    Again {
        /// How long.
        wait: Duration,
    },
}

/// What is waiting to be told.
#[derive(Debug)]
pub(crate) struct Telling {
    /// Notices that are in hand, so that none is taken up twice.
    in_hand: Mutex<BTreeSet<EffectKey>>,
    /// Attempts under way or just about to be made; notices that wait for their time do not count.
    busy: AtomicUsize,
    places: Semaphore,
    /// People whose cases are asked to keep quiet at once.
    quiet_places: Semaphore,
}

/// The hours in which people are written to, in Stockholm: from the first, before the second.
const HOURS: (i8, i8) = (7, 21);

/// What came at night is told over so many minutes of the morning: clocks turn at midnight, for everybody.
const MORNING_MINUTES: i64 = 180;

/// Older than this a notice is given up: by then she has heard otherwise, or will at her next log-in.
const AGE_MAX_MS: i64 = 48 * 3_600_000;

/// How long to wait when an outcome cannot be written because the disk is full.
const FULL_WAIT: Duration = Duration::from_secs(60);

impl Telling {
    pub(crate) fn new(tells_at_once_max: usize) -> Telling {
        Telling {
            in_hand: Mutex::default(),
            busy: AtomicUsize::new(0),
            places: Semaphore::new(tells_at_once_max.max(1)),
            quiet_places: Semaphore::new(quiet::AT_ONCE_MAX),
        }
    }

    /// Attempts under way.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::Acquire)
    }

    /// Notices waiting or under way.
    pub(crate) fn waiting(&self) -> usize {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self, key: EffectKey, limit: usize) -> bool {
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        in_hand.len() < limit && in_hand.insert(key)
    }

    fn put_down(&self, key: &EffectKey) {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// How one round of a notice ended.
enum Round {
    /// It has its outcome, or needs none any more.
    Over,
    /// To go on after a wait.
    Wait(Duration),
}

/// A notice on its way.
struct Job {
    party: PartyId,
    key: EffectKey,
    /// How she wanted to be told when the present try of her ways began.
    contact: Option<Contact>,
    /// Which of her ways is tried, and how often it has been.
    way: usize,
    attempts: u32,
    best: (NoticeOutcome, Option<Medium>),
    ended_ways: Vec<u8>,
    /// An outcome that waits to be written.
    outcome: Option<(NoticeOutcome, Option<Medium>)>,
}

impl Inner {
    /// Takes a notice in hand, to be told when it is time.
    pub(crate) fn tell_later(self: &Arc<Self>, party: PartyId, key: EffectKey, ordered_at: CivilTime) {
        if !self.telling.take(key, self.limits.tells_waiting_max) {
            // It stays untold in its case, and is taken up at the next start.
            return;
        }
        let wait = if self.clock.is_lapse() {
            Duration::ZERO
        } else {
            wait_before(ordered_at, self.clock.now(), self.limits.tell_after, spread_of(&key))
        };
        if wait.is_zero() {
            self.telling.busy.fetch_add(1, Ordering::AcqRel);
        }
        let engine = Arc::downgrade(self);
        tokio::spawn(tell(engine, Job::new(party, key), wait));
    }

    /// Takes up every notice of a case that has no outcome, and every quiet that has not been spread: after a start.
    pub(crate) fn tell_untold(self: &Arc<Self>, case: &Case) {
        for unspread in &case.telling.unspread {
            self.quieten(case.id, *unspread);
        }
        for untold in &case.telling.untold {
            let NoticeRef { sequence, index } = untold.notice;
            self.tell_later(untold.party, EffectKey { case: case.id, sequence, index }, untold.ordered_at);
        }
    }

    async fn round(self: &Arc<Self>, job: &mut Job) -> Round {
        if self.is_draining() {
            return Round::Over;
        }
        if let Some(outcome) = job.outcome {
            return self.note(job, outcome).await;
        }
        let Ok(Some(case)) = self.read(job.key.case).await else { return Round::Over };
        let Some(untold) = case.telling.untold(job.notice()) else { return Round::Over };
        let ordered_at = untold.ordered_at;
        let Some(contact) = case.telling.contacts.get(&job.party) else {
            return self.note(job, (NoticeOutcome::NotWanted, None)).await;
        };
        if job.contact.as_ref() != Some(contact) {
            // She has changed her mind meanwhile: from the first way anew.
            *job = Job { contact: Some(contact.clone()), ..Job::new(job.party, job.key) };
        }
        let is_old = !self.clock.is_lapse() && self.clock.now().0 - ordered_at.0 > AGE_MAX_MS;
        let way = case.telling.ways_of(job.party).nth(job.way).filter(|_| !is_old);
        let (Some((place, way)), Some(tellers)) = (way, &self.tellers) else {
            let best = if is_old && job.attempts > 0 { (NoticeOutcome::Unreachable, job.best.1) } else { job.best };
            return self.note(job, best).await;
        };
        let medium = way.medium();
        job.attempts += 1;
        let order = TellOrder {
            key: job.key,
            way: way.clone(),
            mark: WayMark::of(job.party, way),
            language: contact.language.clone(),
            attempt_number: job.attempts,
        };
        let attempted = {
            let Ok(_place) = self.telling.places.acquire().await else { return Round::Over };
            tokio::time::timeout(self.limits.tell_deadline, tellers.attempt(order)).await
        };
        crash_point("after-tell");
        match attempted.unwrap_or(Attempted::Over { outcome: NoticeOutcome::Unreachable, is_way_ended: false }) {
            Attempted::Again { wait } => {
                job.best = (NoticeOutcome::Unreachable, Some(medium));
                Round::Wait(wait)
            }
            Attempted::Over { outcome, is_way_ended } => {
                if is_way_ended {
                    job.ended_ways.push(place);
                }
                if outcome != NoticeOutcome::NoChannel {
                    job.best = (outcome, Some(medium));
                }
                if matches!(outcome, NoticeOutcome::Sent | NoticeOutcome::Delivered) {
                    return self.note(job, job.best).await;
                }
                job.way += 1;
                job.attempts = 0;
                Round::Wait(Duration::ZERO)
            }
        }
    }

    /// Writes an outcome; until it is written the notice is not over.
    async fn note(self: &Arc<Self>, job: &mut Job, outcome: (NoticeOutcome, Option<Medium>)) -> Round {
        job.outcome = Some(outcome);
        let (outcome, medium) = outcome;
        let label = NoticeLabel { medium: medium.map_or("none", Medium::slug), outcome: outcome.slug() };
        match self.report_told(job.key, outcome, medium, job.ended_ways.clone()).await {
            Ok(()) => {
                self.metrics.notices.get_or_create(&label).inc();
                Round::Over
            }
            Err(Refusal::DiskFull) => Round::Wait(FULL_WAIT),
            Err(refusal) => {
                tracing::debug!(%refusal, "how telling went was not recorded");
                Round::Over
            }
        }
    }

    async fn report_told(
        self: &Arc<Self>,
        key: EffectKey,
        outcome: NoticeOutcome,
        medium: Option<Medium>,
        ended_ways: Vec<u8>,
    ) -> Result<(), Refusal> {
        let notice = NoticeRef { sequence: key.sequence, index: key.index };
        let command = Command::Notice(NoticeCommand::ReportTold { notice, outcome, medium, ended_ways });
        let request = Request { id: None, actor: Actor::Time, purpose: String::from("notice"), command };
        let ask = Ask { case: key.case, revision: None, request, lane: Lane::Report, expected: None };
        Engine::of(self.clone()).ask(ask).await.map(|_| ())
    }
}

impl Engine {
    /// Notes that a party has been shown a case as it stands: what she was to be told of it need not be sent any more.
    ///
    /// Writes nothing unless something was waiting to be told to her, and returns at once.
    pub fn saw(&self, case: &Case, person: PartyId) {
        let waiting = case.telling.untold.iter().filter(|untold| untold.party == person);
        for NoticeRef { sequence, index } in waiting.map(|untold| untold.notice) {
            let inner = self.inner().clone();
            let key = EffectKey { case: case.id, sequence, index };
            tokio::spawn(async move {
                // Unwritten it is told all the same: one message too many, with nothing in it.
                let noted = inner.report_told(key, NoticeOutcome::Seen, None, Vec::new()).await;
                if let Err(refusal) = noted {
                    tracing::debug!(%refusal, "that a notice has been seen was not recorded");
                }
            });
        }
    }
}

impl Engine {
    /// Hears what came back, later, of a notice, and records it. The same once more changes nothing.
    ///
    /// Returns what became of the notice; `None` if what was received says nothing of one of ours, or its party is not told
    /// at that address any more. Durable when it returns.
    ///
    /// # Errors
    ///
    /// As [`Engine::ask`].
    pub async fn hear_returned(
        &self,
        received: &[u8],
        actor: Actor,
        purpose: String,
    ) -> Result<Option<NoticeOutcome>, Refusal> {
        let inner = self.inner();
        let Some(returned) = inner.tellers.as_ref().and_then(|tellers| tellers.returned(received)) else {
            return Ok(None);
        };
        let Returned { key, mark, outcome, is_way_ended } = returned;
        let Some(case) = self.read(key.case).await? else { return Ok(None) };
        let ways = case
            .telling
            .contacts
            .iter()
            .flat_map(|(party, contact)| (0..).zip(&contact.ways).map(move |(place, way)| (*party, place, way)));
        let Some((party, place, way)) = ways.into_iter().find(|(party, _, way)| WayMark::of(*party, way) == mark)
        else {
            return Ok(None);
        };
        let notice = NoticeRef { sequence: key.sequence, index: key.index };
        let ended_way = is_way_ended.then_some(place);
        let command = NoticeCommand::ReportReturned { party, notice, outcome, medium: way.medium(), ended_way };
        let request = Request { id: None, actor, purpose, command: Command::Notice(command) };
        self.ask(Ask { case: key.case, revision: None, request, lane: Lane::Report, expected: None }).await?;
        Ok(Some(outcome))
    }
}

impl Job {
    fn new(party: PartyId, key: EffectKey) -> Job {
        let best = (NoticeOutcome::NoChannel, None);
        Job { party, key, contact: None, way: 0, attempts: 0, best, ended_ways: Vec::new(), outcome: None }
    }

    fn notice(&self) -> NoticeRef {
        NoticeRef { sequence: self.key.sequence, index: self.key.index }
    }
}

/// Carries one notice to its outcome. The engine is not held while it waits.
async fn tell(engine: Weak<Inner>, mut job: Job, first_wait: Duration) {
    let mut is_busy = first_wait.is_zero();
    let mut wait = first_wait;
    loop {
        if !wait.is_zero() {
            if is_busy {
                is_busy = false;
                if let Some(engine) = engine.upgrade() {
                    engine.telling.busy.fetch_sub(1, Ordering::AcqRel);
                }
            }
            tokio::time::sleep(wait).await;
        }
        let Some(engine) = engine.upgrade() else { return };
        if !is_busy {
            is_busy = true;
            engine.telling.busy.fetch_add(1, Ordering::AcqRel);
        }
        match engine.round(&mut job).await {
            Round::Wait(next) => wait = next,
            Round::Over => {
                engine.telling.put_down(&job.key);
                engine.telling.busy.fetch_sub(1, Ordering::AcqRel);
                return;
            }
        }
    }
}

/// A number that is the same each time for a notice and differs among notices.
fn spread_of(key: &EffectKey) -> u32 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key.case.0);
    hasher.update(&key.sequence.0.to_be_bytes());
    hasher.update(&key.index.to_be_bytes());
    let hash = hasher.finalize();
    let [a, b, c, d, ..] = *hash.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// How long a notice waits: a little, so that who is looking is not written to, and in the night until the morning.
fn wait_before(ordered_at: CivilTime, now: CivilTime, tell_after: Duration, spread: u32) -> Duration {
    let after = i64::try_from(tell_after.as_millis()).unwrap_or(i64::MAX);
    let at = CivilTime(ordered_at.0.saturating_add(after)).max(now);
    let hour = at.local().hour();
    let at = if (HOURS.0..HOURS.1).contains(&hour) {
        at
    } else {
        let day = if hour < HOURS.0 { at.date() } else { at.date().tomorrow().unwrap_or(at.date()) };
        let minutes = i64::from(spread) % MORNING_MINUTES;
        // Noon is the same wall clock hour each day, also when clocks are changed in the night.
        CivilTime(CivilTime::noon(day).plus_hours(i64::from(HOURS.0) - 12).0 + minutes * 60_000)
    };
    Duration::from_millis(u64::try_from(at.0 - now.0).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(hours: i64) -> CivilTime {
        CivilTime::start_of(date(2026, 5, 4)).plus_hours(hours)
    }

    fn minutes(wait: Duration) -> u64 {
        wait.as_secs() / 60
    }

    #[test]
    fn by_day_a_notice_waits_a_little_and_by_night_until_the_morning() {
        let little = Duration::from_secs(120);
        assert_eq!(wait_before(at(10), at(10), little, 7), little);
        assert_eq!(minutes(wait_before(at(22), at(22), little, 0)), 9 * 60);
        assert_eq!(minutes(wait_before(at(3), at(3), little, 60)), 5 * 60);
        // Found after a start, hours later: at once.
        assert_eq!(wait_before(at(8), at(12), little, 7), Duration::ZERO);
    }

    #[test]
    fn the_night_s_notices_are_spread_over_the_morning() {
        let waits: BTreeSet<_> =
            (0..500).map(|spread| minutes(wait_before(at(0), at(0), Duration::ZERO, spread))).collect();
        assert_eq!(waits.first(), Some(&(7 * 60)));
        assert_eq!(waits.last(), Some(&(10 * 60 - 1)));
    }
}
