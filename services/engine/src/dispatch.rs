//! Hands steps to agencies: a lane for each agency, so that a slow one holds nobody else up; deadline, retries with growing
//! waits, and in the end a record that it could not be delivered. The outbox itself is the cases: what has no answer is
//! queued again at every start.

use crate::agencies::{Order, Said};
use crate::ask::{Ask, Lane as AskLane, Refusal};
use crate::engine::{Engine, Inner};
use crate::field;
use crate::metrics::CallLabel;
use crate::origin::Origin;
use crate::topology::AgencyCounts;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use livshandelse_core::Case;
use livshandelse_core::command::{Actor, Command, Request, Undelivered};
use livshandelse_core::effect::Effect;
use livshandelse_core::id::{Attempt, EffectKey, Slug, StepId};
use livshandelse_core::notice::{NoticeRef, UnspreadQuiet};
use livshandelse_store::crash_point;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::oneshot;
use tracing::Instrument as _;
use tracing::field::Empty;

/// Everything that is to be handed to agencies.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    lanes: Mutex<BTreeMap<Slug, Arc<Lane>>>,
    /// Workers with nothing to do, the one that worked last at the end: it is called first.
    idle: Mutex<Vec<oneshot::Sender<Vec<Work>>>>,
    /// Calls waiting or under way.
    pub(crate) waiting: Arc<AtomicUsize>,
}

/// What is to be handed to one agency.
#[derive(Debug)]
pub(crate) struct Lane {
    agency: Slug,
    state: Mutex<LaneState>,
}

#[derive(Debug, Default)]
struct LaneState {
    queue: VecDeque<Job>,
    running: usize,
    failed_in_a_row: u32,
}

/// A job that has its place in its lane.
pub(crate) type Work = (Arc<Lane>, Job);

/// Jobs that are given to one worker: their requests leave in one write, and their answers are heard by one.
const WORK_MAX: usize = 32;

/// Workers that are kept though they have nothing to do: to begin one costs more than to call one.
const IDLE_MAX: usize = 64;

/// One effect to perform: what it is stands in the case.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    step: StepId,
    key: EffectKey,
    tries: u32,
    origin: Origin,
}

impl Dispatch {
    /// Calls waiting or under way.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    pub(crate) fn counts(&self) -> Vec<AgencyCounts> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |lane: &Arc<Lane>| {
            let state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
            AgencyCounts {
                agency: lane.agency.clone(),
                in_flight: state.running,
                waiting: state.queue.len(),
                failed_in_a_row: state.failed_in_a_row,
            }
        };
        lanes.values().map(count).collect()
    }

    fn lane(&self, agency: &Slug) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(agency) {
            return lane.clone();
        }
        let lane = Arc::new(Lane { agency: agency.clone(), state: Mutex::default() });
        lanes.insert(agency.clone(), lane.clone());
        lane
    }
}

impl Inner {
    /// What the effects of a record that is on disk give to do; the rest of it waits in its lane. Whoever has gathered the
    /// work of several records [has it done](Inner::set_to_work).
    pub(crate) fn gather(self: &Arc<Self>, case: &Case, effects: &[Effect], origin: &Origin, work: &mut Vec<Work>) {
        for (effect, index) in effects.iter().zip(0..) {
            let key = EffectKey { case: case.id, sequence: case.sequence, index };
            match effect {
                Effect::PerformStep { step, agency, .. } | Effect::CancelStep { step, agency, .. } => {
                    let job = Job { step: step.clone(), key, tries: 0, origin: origin.clone() };
                    work.extend(self.take_on(agency, job));
                }
                Effect::Tell { party } => self.tell_later(*party, key, case.changed_at),
                Effect::Quieten { party, to } => {
                    let quiet = NoticeRef { sequence: key.sequence, index };
                    self.quieten(case.id, UnspreadQuiet { party: *party, quiet, to: *to });
                }
            }
        }
    }

    /// Performs again every effect of a case that has no answer: after a start.
    pub(crate) fn perform_unanswered(self: &Arc<Self>, case: &Case) {
        let mut work = Vec::new();
        for (step, task) in case.unanswered() {
            if let Some(agency) = &step.agency {
                let (step, key) = (step.id.clone(), task.effect);
                work.extend(self.take_on(agency, Job { step, key, tries: 0, origin: Origin::NONE }));
            }
        }
        self.set_to_work(work);
    }

    fn take_on(&self, agency: &Slug, job: Job) -> Option<Work> {
        self.dispatch.waiting.fetch_add(1, Ordering::AcqRel);
        place(self.dispatch.lane(agency), job, self.limits.agency_calls_max)
    }

    /// Has work done: by workers at rest, or by new ones. What is given to one worker goes out in one write.
    pub(crate) fn set_to_work(self: &Arc<Self>, mut work: Vec<Work>) {
        while !work.is_empty() {
            let rest = work.split_off(work.len().min(WORK_MAX));
            let mut mine = std::mem::replace(&mut work, rest);
            loop {
                let idle = self.dispatch.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(worker) = idle else {
                    tokio::spawn(run_worker(Arc::downgrade(self), mine));
                    break;
                };
                // One that is gone gives the work back.
                match worker.send(mine) {
                    Ok(()) => break,
                    Err(back) => mine = back,
                }
            }
        }
    }

    /// Performs jobs, all at once, and of their lanes whatever waits, until none is left.
    async fn work_off(self: &Arc<Self>, work: Vec<Work>) {
        let mut calls: FuturesUnordered<_> = work.into_iter().map(|work| self.perform_job(work)).collect();
        while let Some(lane) = calls.next().await {
            let next = {
                let mut state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
                let next = state.queue.pop_front();
                if next.is_none() {
                    state.running -= 1;
                }
                next
            };
            calls.extend(next.map(|job| self.perform_job((lane, job))));
        }
    }

    /// A place among the workers with nothing to do; none if there are enough of them.
    fn rest(&self) -> Option<oneshot::Receiver<Vec<Work>>> {
        let mut idle = self.dispatch.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= IDLE_MAX {
            return None;
        }
        let (caller, called) = oneshot::channel();
        idle.push(caller);
        Some(called)
    }

    /// Performs a job; returns its lane, which has a place free again.
    async fn perform_job(self: &Arc<Self>, (lane, job): Work) -> Arc<Lane> {
        match self.call(&lane, &job).await {
            Called::Over => {
                self.dispatch.waiting.fetch_sub(1, Ordering::AcqRel);
            }
            Called::Again => {
                let wait = self.limits.agency_backoff * 4u32.saturating_pow(job.tries);
                let (engine, lane) = (self.clone(), lane.clone());
                let job = Job { tries: job.tries + 1, ..job };
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    let work = place(lane, job, engine.limits.agency_calls_max);
                    engine.set_to_work(work.into_iter().collect());
                });
            }
        }
        lane
    }

    async fn call(self: &Arc<Self>, lane: &Arc<Lane>, job: &Job) -> Called {
        let Ok(Some(case)) = self.read(job.key.case).await else { return Called::Over };
        let Some(step) = case.step(&job.step) else { return Called::Over };
        let Some(task) = step.task.filter(|task| task.effect == job.key && !task.is_answered) else {
            return Called::Over;
        };
        let Some(published) = case.revision.as_ref().and_then(|revision| self.definitions.get(revision)) else {
            tracing::error!("a case is pinned to a revision that is not published");
            return Called::Over;
        };
        let base_agency =
            published.definition.step(&job.step.slug).map(|step| step.agency.to_string()).unwrap_or_default();
        let order = Order {
            step: job.step.clone(),
            agency: lane.agency.clone(),
            attempt: task.attempt,
            key: job.key,
            supplement_number: step.supplements,
            now: self.clock.now(),
            is_time_lapse: self.clock.is_lapse(),
            deadline: self.limits.agency_deadline,
            case: case.clone(),
            published,
        };
        // A trace of its own, over the call and the record of its answer: nothing of the one that ordered it goes out.
        let span = tracing::info_span!(
            parent: None,
            "agency.call",
            { field::STEP } = job.step.slug.as_str(),
            { field::AGENCY } = base_agency.as_str(),
            { field::ATTEMPT } = task.attempt.0,
            { field::TRY } = job.tries + 1,
            { field::RESULT } = Empty,
        );
        job.origin.link(&span);
        let calling = if task.is_cancel { self.agencies.cancel(order) } else { self.agencies.perform(order) };
        let result = tokio::time::timeout(self.limits.agency_deadline, calling.instrument(span.clone())).await;
        let (why, label, text) = match result {
            Ok(Ok(said)) => {
                crash_point("after-call");
                span.record(field::RESULT, "answered");
                self.note_call(lane, base_agency, "answered");
                return self.report(lane, job, task.attempt, said).instrument(span).await;
            }
            Ok(Err(failure)) => {
                let label = match failure.why {
                    Undelivered::Silent => "silent",
                    Undelivered::Unreachable => "unreachable",
                    Undelivered::Garbage => "garbage",
                    Undelivered::Refused => "refused",
                };
                (failure.why, label, failure.text)
            }
            Err(_elapsed) => (Undelivered::Silent, "silent", "no answer within the deadline".to_owned()),
        };
        span.record(field::RESULT, label);
        span.in_scope(|| {
            tracing::warn!(agency = %base_agency, tries = job.tries, label, "a call to an agency failed: {text}");
        });
        self.note_call(lane, base_agency, label);
        let tries_max = match why {
            Undelivered::Silent | Undelivered::Unreachable => self.limits.agency_tries_max,
            Undelivered::Garbage => self.limits.agency_tries_max.min(2),
            Undelivered::Refused => 1,
        };
        if job.tries + 1 < tries_max && !self.is_draining() {
            return Called::Again;
        }
        if self.is_draining() {
            // The effect has no answer on disk, so the next start performs it again.
            return Called::Over;
        }
        let command = Command::ReportUndelivered { step: job.step.clone(), attempt: task.attempt, why };
        self.tell(job, Actor::Time, command).instrument(span).await
    }

    async fn report(self: &Arc<Self>, lane: &Lane, job: &Job, attempt: Attempt, said: Said) -> Called {
        let Said { arrival, report } = said;
        let command = Command::Report { step: job.step.clone(), attempt, arrival, report };
        self.tell(job, Actor::Agency(lane.agency.clone()), command).await
    }

    async fn tell(self: &Arc<Self>, job: &Job, actor: Actor, command: Command) -> Called {
        let request = Request { id: None, actor, purpose: String::from("agency-answer"), command };
        let ask = Ask { case: job.key.case, revision: None, request, lane: AskLane::Report, expected: None };
        match Engine::of(self.clone()).ask(ask).await {
            Ok(_) => Called::Over,
            Err(Refusal::DiskFull) => Called::Again,
            Err(refusal) => {
                tracing::debug!(%refusal, "an agency's answer was not applied");
                Called::Over
            }
        }
    }

    fn note_call(&self, lane: &Lane, agency: String, result: &'static str) {
        self.metrics.agency_calls.get_or_create(&CallLabel { agency, result }).inc();
        let mut state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failed_in_a_row = if result == "answered" { 0 } else { state.failed_in_a_row.saturating_add(1) };
    }
}

/// Gives a job its place in its lane, or has it wait there.
fn place(lane: Arc<Lane>, job: Job, calls_max: usize) -> Option<Work> {
    {
        let mut state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.running >= calls_max {
            state.queue.push_back(job);
            return None;
        }
        state.running += 1;
    }
    Some((lane, job))
}

/// A worker: performs what it is called for. It does not hold the engine while it rests, and ends with it.
async fn run_worker(engine: Weak<Inner>, first: Vec<Work>) {
    let mut work = first;
    loop {
        let called = {
            let Some(engine) = engine.upgrade() else { return };
            engine.work_off(work).await;
            engine.rest()
        };
        let Some(called) = called else { return };
        let Ok(next) = called.await else { return };
        work = next;
    }
}

/// What became of a call.
enum Called {
    /// Answered and recorded, or no longer wanted.
    Over,
    /// To be tried again after a wait.
    Again,
}
