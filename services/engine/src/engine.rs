//! The engine: what everybody holds.

use crate::acknowledge;
use crate::agencies::Agencies;
use crate::ask::{Ask, Lane, Refusal, Told};
use crate::civil_clock::CivilClock;
use crate::definitions::{ApproveError, By, Definitions, NewDefinition, PublishError, Published};
use crate::dispatch::Dispatch;
use crate::incidents::{Incident, Incidents};
use crate::limits::Limits;
use crate::list_key::ListKey;
use crate::metrics::Metrics;
use crate::origin::Origin;
use crate::projection::unit_of;
use crate::queue::{Inlet, queue};
use crate::shard::Shards;
use crate::telling::{Tellers, Telling};
use crate::timers::Timers;
use crate::topology::{Readiness, Topology};
use crate::waking;
use crate::watch::Watchers;
use crate::writer::{self, After, Pending, Settled, Unsettled};
use livshandelse_core::case::Stage;
use livshandelse_core::command::Command;
use livshandelse_core::decide::Facts;
use livshandelse_core::event::Record;
use livshandelse_core::id::{CaseId, PartyId, Revision, Sequence, Slug};
use livshandelse_core::registry::Registry;
use livshandelse_core::time::CivilTime;
use livshandelse_core::{Case, CorruptHistory, Definition, Rejection, decide, invariant};
use livshandelse_store::{Room, Store, StreamKind};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// Reads a stored bundle back to its definition, or says why it cannot.
pub type ReadBundle = Box<dyn Fn(&[u8]) -> Result<Definition, String> + Send + Sync>;

/// What an engine is built from. Everything of the outside world comes in here.
pub struct Setup {
    /// Where everything is kept; opened with [`CaseProjector`](crate::CaseProjector).
    pub store: Arc<dyn Store>,
    /// How agencies are called.
    pub agencies: Arc<dyn Agencies>,
    /// How people are told; without it nobody is.
    pub telling: Option<Arc<dyn Tellers>>,
    /// Civil time.
    pub clock: CivilClock,
    /// Municipalities and regions.
    pub registry: Arc<Registry>,
    /// The definitions this program brings.
    pub definitions: Vec<NewDefinition>,
    /// Reads a stored bundle of an older revision.
    pub read_bundle: ReadBundle,
    /// The limits.
    pub limits: Limits,
    /// Where the engine counts.
    pub metrics: Metrics,
    /// Called once, from the writer's thread, when the store has failed: the process must end, saying why.
    pub on_failure: Arc<dyn Fn(String) + Send + Sync>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("clock", &self.clock).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A definition could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The store could not be read.
    #[error("read the store")]
    Store(#[from] livshandelse_store::Error),
    /// No thread could be had for the writer.
    #[error("start the writer")]
    Thread(#[source] std::io::Error),
}

/// What [`Engine::advance`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advanced {
    /// Civil time now.
    pub now: CivilTime,
    /// The next moment at which anything is due.
    pub next: Option<CivilTime>,
    /// Whether nothing is under way.
    pub is_idle: bool,
}

/// Takes commands, decides, commits, answers, acts. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) agencies: Arc<dyn Agencies>,
    pub(crate) tellers: Option<Arc<dyn Tellers>>,
    pub(crate) telling: Telling,
    pub(crate) clock: CivilClock,
    registry: Arc<Registry>,
    pub(crate) definitions: Definitions,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) shards: Shards,
    pub(crate) watchers: Watchers,
    pub(crate) timers: Arc<Timers>,
    pub(crate) incidents: Incidents,
    pub(crate) dispatch: Dispatch,
    pub(crate) confirmed: Arc<Notify>,
    starts: Arc<Semaphore>,
    reports: Arc<Semaphore>,
    writer: Inlet,
    in_flight: AtomicUsize,
    is_draining: AtomicBool,
    readiness: watch::Sender<Readiness>,
}

/// What one try at a request came to.
enum Tried {
    /// On its way to the disk.
    Queued(oneshot::Receiver<Settled>, Arc<Case>),
    /// The case must be read first.
    Cold,
    /// The case is just beginning; wait until that is on disk.
    Beginning(OwnedNotified),
    /// Nothing to write, and nothing before it that is not on disk.
    Answered(Result<livshandelse_core::Answer, Rejection>, Arc<Case>),
}

impl Engine {
    /// Starts an engine on an open store: publishes definitions, rebuilds timers, performs again what has no answer.
    ///
    /// Must be called on a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns [`StartError`] if a definition cannot be published or the store cannot be read.
    pub async fn start(setup: Setup) -> Result<Engine, StartError> {
        let Setup { store, agencies, telling, clock, registry, read_bundle, limits, metrics, on_failure, .. } = setup;
        let new = setup.definitions;
        let (writer, written) = queue();
        let (acknowledged, batches) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            store,
            agencies,
            tellers: telling,
            telling: Telling::new(limits.tells_at_once_max),
            clock,
            registry,
            definitions: Definitions::default(),
            metrics,
            shards: Shards::new(limits.cases_cached_max),
            watchers: Watchers::new(),
            timers: Arc::default(),
            incidents: Incidents::default(),
            dispatch: Dispatch::default(),
            confirmed: Arc::new(Notify::new()),
            starts: Arc::new(Semaphore::new(limits.starts_in_flight_max)),
            reports: Arc::new(Semaphore::new(limits.reports_in_flight_max)),
            writer,
            in_flight: AtomicUsize::new(0),
            is_draining: AtomicBool::new(false),
            readiness: watch::Sender::new(Readiness::Ready),
            limits,
        });
        let reader = inner.clone();
        let urgent = tokio::task::spawn_blocking(move || -> Result<Vec<CaseId>, StartError> {
            reader.definitions.load(reader.store.as_ref(), new, read_bundle.as_ref())?;
            let mut urgent = Vec::new();
            reader.store.wakes(&mut |stream, wake| {
                if stream.kind == StreamKind::Case {
                    let case = CaseId(stream.id);
                    reader.timers.set(case, wake.civil_ms.map(CivilTime));
                    if wake.urgent {
                        urgent.push(case);
                    }
                }
            })?;
            Ok(urgent)
        })
        .await
        .map_err(|error| StartError::Thread(std::io::Error::other(error)))??;
        let (store, batch_len_max) = (inner.store.clone(), inner.limits.batch_len_max);
        let calls_out = inner.dispatch.waiting.clone();
        std::thread::Builder::new()
            .name("livshandelse-writer".to_owned())
            .spawn(move || {
                writer::run(store.as_ref(), &written, batch_len_max, &calls_out, &acknowledged, on_failure.as_ref());
            })
            .map_err(StartError::Thread)?;
        for published in inner.definitions.all() {
            inner.metrics.name_agencies(&published.definition);
        }
        tokio::spawn(acknowledge::run(Arc::downgrade(&inner), batches));
        inner.note_room(inner.store.room());
        if !inner.clock.is_lapse() {
            tokio::spawn(waking::wake_in_real_time(Arc::downgrade(&inner)));
        }
        let starting = inner.clone();
        tokio::spawn(async move {
            for case in urgent {
                if let Ok(Some(case)) = starting.read(case).await {
                    starting.incidents.update(&case);
                    starting.perform_unanswered(&case);
                    starting.tell_untold(&case);
                }
            }
        });
        Ok(Engine(inner))
    }

    pub(crate) fn of(inner: Arc<Inner>) -> Engine {
        Engine(inner)
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    /// Decides a request and commits what follows; returns once that will survive a crash.
    ///
    /// Safe to repeat with the same request id. If the caller goes away meanwhile, the request is carried out all the same.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal`]; [`Refusal::Rejected`] when the rules say no.
    pub async fn ask(&self, ask: Ask) -> Result<Told, Refusal> {
        let inner = &self.0;
        // Once it is known that the store has the case, it is read and no longer taken for new.
        let mut is_stored = false;
        let quiet_to = inner.quiet_to(&ask).await?;
        // More rounds than there can be reasons to go round: cold, beginning, written to meanwhile.
        for _round in 0..8 {
            let permit = inner.admit(ask.lane).await?;
            let (settled, case) = match inner.try_ask(&ask, is_stored, quiet_to, permit)? {
                Tried::Queued(reply, case) => (reply.await.map_err(|_| Refusal::StoreFailed)?, case),
                Tried::Answered(answer, case) => (Ok(answer), case),
                Tried::Beginning(confirmed) => {
                    confirmed.await;
                    // It began, or was there all along: whoever waited does not begin it yet again.
                    is_stored = inner.load(ask.case).await?.is_some();
                    continue;
                }
                Tried::Cold => {
                    if inner.load(ask.case).await?.is_none() {
                        return Err(Refusal::Rejected { rejection: Box::new(Rejection::NoSuchCase), case: None });
                    }
                    continue;
                }
            };
            match settled {
                Ok(Ok(answer)) => return Ok(Told { answer, case }),
                Ok(Err(rejection)) => {
                    let case = (case.stage != Stage::Absent).then_some(case);
                    return Err(Refusal::Rejected { rejection: Box::new(rejection), case });
                }
                Err(Unsettled::Again) => {
                    // Somebody wrote first, or the case was there after all: read it and decide anew.
                    is_stored = inner.load(ask.case).await?.is_some();
                }
                Err(Unsettled::Refused(refusal)) => return Err(refusal),
            }
        }
        Err(Refusal::Busy { retry_after: RETRY_AFTER })
    }

    /// A case as it is on disk; `None` if there is no such case.
    ///
    /// # Errors
    ///
    /// [`Refusal::Quarantined`] if its history is damaged, [`Refusal::StoreFailed`] if it cannot be read.
    pub async fn read(&self, case: CaseId) -> Result<Option<Arc<Case>>, Refusal> {
        self.0.read(case).await
    }

    /// Up to `limit` records of a case that follow `after`, in order.
    ///
    /// # Errors
    ///
    /// As [`Engine::read`].
    pub async fn history(&self, case: CaseId, after: Sequence, limit: usize) -> Result<Vec<Record>, Refusal> {
        self.0.history(case, after, limit).await
    }

    /// Up to `limit` cases listed under a key that follow `after`, in the order of their ids.
    ///
    /// # Errors
    ///
    /// [`Refusal::StoreFailed`] if the store cannot be read.
    pub async fn listed(&self, key: ListKey, after: Option<CaseId>, limit: usize) -> Result<Vec<CaseId>, Refusal> {
        self.0.listed(key.0, after, limit).await
    }

    /// A number that changes with every committed record of a case. A slow watcher sees the newest only.
    pub fn watch(&self, case: CaseId) -> watch::Receiver<u64> {
        self.0.watchers.watch_case(case)
    }

    /// A number that changes whenever a case of a person does.
    pub fn watch_party(&self, party: PartyId) -> watch::Receiver<u64> {
        self.0.watchers.watch_party(party)
    }

    /// Every published revision.
    pub fn definitions(&self) -> &Definitions {
        &self.0.definitions
    }

    /// The revision that new cases of a life event follow in a municipality. Without one, only the agencies of the whole
    /// country count.
    pub fn current(&self, life_event: &Slug, municipality: Option<&str>) -> Option<Arc<Published>> {
        let registry = &self.0.registry;
        self.0
            .definitions
            .current(life_event, &|agency| registry.resolve(agency, municipality.unwrap_or_default(), None))
    }

    /// Stores a revision and takes it up while serving. Cases under way keep theirs; new ones follow it where its agencies
    /// have approved it. Durable on return. `before_visible` is called when it is on disk and nobody can see it yet.
    ///
    /// # Errors
    ///
    /// Returns [`PublishError`] if the number is taken by other content, a later revision is there, or it cannot be stored.
    pub async fn publish(
        &self,
        new: NewDefinition,
        by: By,
        before_visible: impl FnOnce() + Send + 'static,
    ) -> Result<(), PublishError> {
        let inner = self.0.clone();
        let task = tokio::task::spawn_blocking(move || {
            inner.metrics.name_agencies(&new.definition);
            inner.definitions.publish(inner.store.as_ref(), new, &by, before_visible)
        });
        task.await.unwrap_or_else(|_| Err(PublishError::Unreadable { reason: "the task ended early".to_owned() }))
    }

    /// Stores that an agency has approved its steps in a revision. Durable on return.
    ///
    /// # Errors
    ///
    /// Returns [`ApproveError`] if there is no such revision, it has another digest, nothing in it is the agency's, or the
    /// approval cannot be stored.
    pub async fn approve(
        &self,
        revision: Revision,
        digest: [u8; 32],
        agency: Slug,
        by: By,
    ) -> Result<(), ApproveError> {
        let inner = self.0.clone();
        let task = tokio::task::spawn_blocking(move || {
            inner.definitions.approve(inner.store.as_ref(), &revision, digest, &agency, &by)
        });
        task.await
            .unwrap_or_else(|_| Err(PublishError::Unreadable { reason: "the task ended early".to_owned() }.into()))
    }

    /// Municipalities and regions.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Civil time.
    pub fn now(&self) -> CivilTime {
        self.0.clock.now()
    }

    /// Whether civil time is moved by hand.
    pub fn is_time_lapse(&self) -> bool {
        self.0.clock.is_lapse()
    }

    /// What waits for an operator, in the order of the cases' ids.
    pub fn incidents(&self) -> Vec<Incident> {
        self.0.incidents.all()
    }

    /// A snapshot for operators.
    pub fn topology(&self) -> Topology {
        let inner = &self.0;
        let topology = Topology {
            open_cases: inner.timers.count(),
            cached_cases: inner.shards.count(),
            in_flight: inner.in_flight(),
            calls_waiting: inner.dispatch.waiting(),
            store: inner.store.stats(),
            room: inner.store.room(),
            readiness: *inner.readiness.borrow(),
            is_time_lapse: inner.clock.is_lapse(),
            agencies: inner.dispatch.counts(),
        };
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        inner.metrics.open_cases.set(gauge(topology.open_cases));
        inner.metrics.in_flight.set(gauge(topology.in_flight));
        inner.metrics.dispatch_waiting.set(gauge(topology.calls_waiting));
        inner.metrics.notices_waiting.set(gauge(inner.telling.waiting()));
        topology
    }

    /// Whether new work is taken, and when that changes.
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.0.readiness.subscribe()
    }

    /// Looks how much room the disk has, and refuses new cases when it is little. Called now and then by the program.
    pub async fn look_at_room(&self) {
        if let Ok(room) = self.0.blocking(|store| Ok(store.room())).await {
            self.0.note_room(room);
        }
    }

    /// Moves civil time, when nothing is under way, and wakes everything that is due by then. With `None` only looks.
    ///
    /// Returns when every woken case has been decided and committed; what that hands to agencies may still be under way.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotTimeLapse`] in real time; [`Refusal::NotIdle`] while work is under way.
    pub async fn advance(&self, to: Option<CivilTime>) -> Result<Advanced, Refusal> {
        let inner = &self.0;
        if !inner.clock.is_lapse() {
            return Err(Refusal::NotTimeLapse);
        }
        if let Some(to) = to {
            if !inner.is_idle() {
                return Err(Refusal::NotIdle);
            }
            inner.clock.move_to(to);
            inner.wake_due().await;
        }
        Ok(Advanced { now: inner.clock.now(), next: inner.timers.next(), is_idle: inner.is_idle() })
    }

    /// Refuses new work, waits until what is under way is on disk, and closes the store.
    pub async fn drain(&self) {
        let inner = &self.0;
        inner.is_draining.store(true, Ordering::Release);
        inner.readiness.send_replace(Readiness::Draining);
        // All places taken means that nobody else has one: everything under way is on disk.
        let starts = u32::try_from(inner.limits.starts_in_flight_max).unwrap_or(u32::MAX);
        let reports = u32::try_from(inner.limits.reports_in_flight_max).unwrap_or(u32::MAX);
        let _starts = inner.starts.acquire_many(starts).await;
        let _reports = inner.reports.acquire_many(reports).await;
        let closed = inner.blocking(|store| store.close().map_err(|error| crate::loading::refusal(&error))).await;
        if closed.is_err() {
            tracing::warn!("the index was not brought up to date; the next start reads more of the journal");
        }
    }
}

/// Told to callers who are refused because too much is waiting.
const RETRY_AFTER: Duration = Duration::from_millis(250);

impl Inner {
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
    }

    fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
            + (self.limits.starts_in_flight_max - self.starts.available_permits().min(self.limits.starts_in_flight_max))
            + (self.limits.reports_in_flight_max
                - self.reports.available_permits().min(self.limits.reports_in_flight_max))
    }

    fn is_idle(&self) -> bool {
        self.in_flight() == 0 && self.dispatch.waiting() == 0 && self.telling.busy() == 0
    }

    async fn admit(&self, lane: Lane) -> Result<OwnedSemaphorePermit, Refusal> {
        match lane {
            Lane::Start => {
                match *self.readiness.borrow() {
                    Readiness::Ready => {}
                    Readiness::Draining => return Err(Refusal::Draining),
                    Readiness::DiskLow | Readiness::DiskFull => return Err(Refusal::DiskFull),
                }
                self.starts.clone().try_acquire_owned().map_err(|_| {
                    self.metrics.shed.inc();
                    Refusal::Busy { retry_after: RETRY_AFTER }
                })
            }
            Lane::Report => {
                if self.is_draining() {
                    return Err(Refusal::Draining);
                }
                self.reports.clone().acquire_owned().await.map_err(|_| Refusal::Draining)
            }
        }
    }

    /// Decides under the shard's lock and queues what follows.
    fn try_ask(
        &self,
        ask: &Ask,
        is_stored: bool,
        quiet_to: Option<jiff::civil::Date>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Tried, Refusal> {
        let begins = matches!(ask.request.command, Command::CreateCase(_) | Command::SaveDraft(_));
        let mut shard = self.shards.lock(ask.case);
        if shard.get(ask.case).is_none() {
            if !begins || is_stored {
                return Ok(Tried::Cold);
            }
            self.shards.insert(&mut shard, ask.case, Arc::new(Case::absent()), true);
        }
        let Some(entry) = shard.get(ask.case) else { return Ok(Tried::Cold) };
        if entry.is_unconfirmed && entry.in_flight > 0 {
            return Ok(Tried::Beginning(self.confirmed.clone().notified_owned()));
        }
        let pinned = entry.newest.revision.as_ref().filter(|_| !begins || ask.revision.is_none());
        let Some(revision) = pinned.or(ask.revision.as_ref()) else {
            shard.remove(ask.case);
            return Err(Refusal::Rejected { rejection: Box::new(Rejection::NoSuchCase), case: None });
        };
        let Some(published) = self.definitions.get(revision) else {
            let unknown = revision.clone();
            if entry.is_unconfirmed {
                shard.remove(ask.case);
            }
            return Err(Refusal::UnknownRevision(unknown));
        };
        let is_repeat = ask.request.id.is_some_and(|(id, _)| entry.newest.requests.contains_key(&id));
        if ask.expected.is_some_and(|expected| expected != entry.newest.sequence) && !is_repeat {
            return Err(Refusal::Changed);
        }
        let now = self.clock.now().max(entry.newest.changed_at);
        let facts = Facts { registry: &self.registry, case: ask.case, quiet_to };
        let decision = decide(&published.definition, &entry.newest, &facts, &ask.request, now);
        let (reply, answered) = oneshot::channel();
        if decision.events.is_empty() {
            let case = entry.newest.clone();
            if entry.is_unconfirmed {
                shard.remove(ask.case);
                return Ok(Tried::Answered(decision.answer, case));
            }
            if entry.in_flight == 0 {
                return Ok(Tried::Answered(decision.answer, case));
            }
            // The answer rests on what is not on disk yet: it waits its turn behind that.
            let answer = decision.answer;
            let after = After {
                case: case.clone(),
                answer,
                effects: vec![],
                origin: Origin::NONE,
                has_record: false,
                wakes_at: None,
                reply,
                _permit: Some(permit),
            };
            self.queue_pending(Pending { unit: None, after })?;
            return Ok(Tried::Queued(answered, case));
        }
        let after = Arc::new(decision.case);
        let wakes_at = after.wakes_at();
        if let Some(violation) = violation(&published, &after, wakes_at) {
            tracing::error!(%violation, "a decision was refused because it would break an invariant");
            if entry.is_unconfirmed {
                shard.remove(ask.case);
            }
            let problem = violation.to_string();
            let corrupt = CorruptHistory { sequence: after.sequence, problem };
            return Err(Refusal::Rejected { rejection: Box::new(Rejection::Inconsistent(corrupt)), case: None });
        }
        let record = Record {
            sequence: after.sequence,
            at: now,
            actor: ask.request.actor.clone(),
            purpose: ask.request.purpose.clone(),
            events: decision.events,
            effects: decision.effects,
        };
        let unit = unit_of(&published, &record, &after, wakes_at);
        entry.newest = after.clone();
        entry.in_flight += 1;
        let follow = After {
            case: after.clone(),
            answer: decision.answer,
            origin: if record.effects.is_empty() { Origin::NONE } else { Origin::here() },
            effects: record.effects,
            has_record: true,
            wakes_at,
            reply,
            _permit: Some(permit),
        };
        self.queue_pending(Pending { unit: Some(unit), after: follow })?;
        Ok(Tried::Queued(answered, after))
    }

    fn queue_pending(&self, pending: Pending) -> Result<(), Refusal> {
        if self.writer.put(pending) { Ok(()) } else { Err(Refusal::StoreFailed) }
    }

    pub(crate) async fn read(&self, case: CaseId) -> Result<Option<Arc<Case>>, Refusal> {
        match self.shards.committed(case) {
            Some(known) => Ok(Some(known)),
            None => self.load(case).await,
        }
    }

    pub(crate) fn note_refusal(&self, refusal: &Refusal) {
        if matches!(refusal, Refusal::DiskFull) {
            self.note_room(Room::Full);
        }
    }

    fn note_room(&self, room: Room) {
        let readiness = match room {
            _ if self.is_draining() => Readiness::Draining,
            Room::Plenty => Readiness::Ready,
            Room::Low => Readiness::DiskLow,
            Room::Full => Readiness::DiskFull,
        };
        let mut before = readiness;
        self.readiness.send_if_modified(|now| {
            before = std::mem::replace(now, readiness);
            before != readiness
        });
        readiness.log_after(before);
    }
}

/// What the state would break. All that can be checked in tests; in production what must never be committed (I5).
fn violation(published: &Published, case: &Case, wakes_at: Option<CivilTime>) -> Option<invariant::Violation> {
    if cfg!(debug_assertions) {
        return invariant::violations(&published.definition, case).into_iter().next();
    }
    let sleeps_for_ever = case.is_open() && wakes_at.is_none();
    sleeps_for_ever.then(|| invariant::Violation { id: "I5", what: "an open case has no next wake-up".to_owned() })
}
