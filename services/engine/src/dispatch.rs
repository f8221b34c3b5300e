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
use livshandelse_core::Case;
use livshandelse_core::command::{Actor, Command, Request, Undelivered};
use livshandelse_core::effect::Effect;
use livshandelse_core::id::{Attempt, EffectKey, Slug, StepId};
use livshandelse_core::notice::{NoticeRef, UnspreadQuiet};
use livshandelse_store::crash_point;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::Instrument as _;
use tracing::field::Empty;

/// Everything that is to be handed to agencies.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    lanes: Mutex<BTreeMap<Slug, Arc<Lane>>>,
    waiting: AtomicUsize,
}

/// What is to be handed to one agency.
#[derive(Debug)]
struct Lane {
    agency: Slug,
    state: Mutex<LaneState>,
}

#[derive(Debug, Default)]
struct LaneState {
    queue: VecDeque<Job>,
    running: usize,
    failed_in_a_row: u32,
}

/// One effect to perform: what it is stands in the case.
#[derive(Debug, Clone)]
struct Job {
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
    /// Queues the effects of a record that is on disk.
    pub(crate) fn perform(self: &Arc<Self>, case: &Case, effects: &[Effect], origin: &Origin) {
        for (effect, index) in effects.iter().zip(0..) {
            let key = EffectKey { case: case.id, sequence: case.sequence, index };
            match effect {
                Effect::PerformStep { step, agency, .. } | Effect::CancelStep { step, agency, .. } => {
                    self.queue(agency, Job { step: step.clone(), key, tries: 0, origin: origin.clone() });
                }
                Effect::Tell { party } => self.tell_later(*party, key, case.changed_at),
                Effect::Quieten { party, to } => {
                    let quiet = NoticeRef { sequence: key.sequence, index };
                    self.quieten(case.id, UnspreadQuiet { party: *party, quiet, to: *to });
                }
            }
        }
    }

    /// Queues again every effect of a case that has no answer: after a start.
    pub(crate) fn perform_unanswered(self: &Arc<Self>, case: &Case) {
        for (step, task) in case.unanswered() {
            if let Some(agency) = &step.agency {
                let (step, key) = (step.id.clone(), task.effect);
                self.queue(agency, Job { step, key, tries: 0, origin: Origin::NONE });
            }
        }
    }

    fn queue(self: &Arc<Self>, agency: &Slug, job: Job) {
        self.dispatch.waiting.fetch_add(1, Ordering::AcqRel);
        self.requeue(&self.dispatch.lane(agency), job);
    }

    fn requeue(self: &Arc<Self>, lane: &Arc<Lane>, job: Job) {
        let mut state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.running >= self.limits.agency_calls_max {
            state.queue.push_back(job);
            return;
        }
        state.running += 1;
        drop(state);
        let (engine, lane) = (self.clone(), lane.clone());
        tokio::spawn(async move { engine.work(&lane, job).await });
    }

    /// Performs jobs of a lane until none is left.
    async fn work(self: Arc<Self>, lane: &Arc<Lane>, first: Job) {
        let mut next = Some(first);
        while let Some(job) = next {
            self.perform_job(lane, job).await;
            let mut state = lane.state.lock().unwrap_or_else(PoisonError::into_inner);
            next = state.queue.pop_front();
            if next.is_none() {
                state.running -= 1;
            }
        }
    }

    async fn perform_job(self: &Arc<Self>, lane: &Arc<Lane>, job: Job) {
        match self.call(lane, &job).await {
            Called::Over => {
                self.dispatch.waiting.fetch_sub(1, Ordering::AcqRel);
            }
            Called::Again => {
                let wait = self.limits.agency_backoff * 4u32.saturating_pow(job.tries);
                let (engine, lane) = (self.clone(), lane.clone());
                let job = Job { tries: job.tries + 1, ..job };
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    engine.requeue(&lane, job);
                });
            }
        }
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

/// What became of a call.
enum Called {
    /// Answered and recorded, or no longer wanted.
    Over,
    /// To be tried again after a wait.
    Again,
}
