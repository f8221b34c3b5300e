//! An engine with everything it needs, and words to speak to it with.

use crate::desk::Desk;
use livshandelse_core::Case;
use livshandelse_core::command::{Actor, Command, Request};
use livshandelse_core::id::{CaseId, PartyId, RequestId, StepId};
use livshandelse_core::time::CivilTime;
use livshandelse_engine::{
    Ask, CaseProjector, CivilClock, Engine, Lane, Limits, Metrics, NewDefinition, Refusal, Setup, StartError, Told,
};
use livshandelse_store::{MemoryStore, Store};
use livshandelse_tests::fixture;
use livshandelse_tests::stage::party_of;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

pub const CASE: CaseId = CaseId([7; 16]);

pub struct World {
    pub engine: Engine,
    /// What the engine said when its store failed.
    pub failures: mpsc::UnboundedReceiver<String>,
}

pub fn memory() -> MemoryStore {
    MemoryStore::new(Arc::new(CaseProjector))
}

pub fn quick() -> Limits {
    Limits {
        agency_deadline: Duration::from_millis(200),
        agency_backoff: Duration::from_millis(1),
        agency_tries_max: 3,
        ..Limits::default()
    }
}

pub async fn try_start(store: Arc<dyn Store>, desk: &Desk, limits: Limits, bundle: &[u8]) -> Result<World, StartError> {
    let stage = fixture::small();
    let (failed, failures) = mpsc::unbounded_channel();
    let setup = Setup {
        store,
        agencies: Arc::new(desk.clone()),
        telling: None,
        clock: CivilClock::lapse(CivilTime::noon(fixture::START)),
        registry: Arc::new(stage.registry),
        definitions: vec![NewDefinition { definition: Arc::new(stage.definition), bundle: bundle.to_vec() }],
        read_bundle: Box::new(|bytes| {
            // Another content under the same number: told apart by its digest.
            let mut parts = fixture::small().definition.parts().clone();
            parts.digest = [*bytes.first().unwrap_or(&0); 32];
            livshandelse_core::Definition::new(parts).map_err(|faults| format!("{faults:?}"))
        }),
        limits,
        metrics: Metrics::new(&mut prometheus_client::registry::Registry::default()),
        on_failure: Arc::new(move |why| {
            let _nobody_asks = failed.send(why);
        }),
    };
    Ok(World { engine: Engine::start(setup).await?, failures })
}

pub async fn start(store: Arc<dyn Store>, desk: &Desk) -> World {
    try_start(store, desk, quick(), b"small@1").await.unwrap()
}

pub fn applicant() -> PartyId {
    party_of(fixture::APPLICANT)
}

/// Files the sample with one parent, under a request id of its own.
pub fn filing(case: CaseId, body: u8) -> Ask {
    let opening = fixture::small().samples.remove("one-parent").unwrap();
    let request = Request {
        id: Some((RequestId(case.0), [body; 16])),
        actor: Actor::Person(applicant()),
        purpose: "test".to_owned(),
        command: Command::CreateCase(opening.filing),
    };
    let revision = Some(fixture::small().definition.revision().clone());
    Ask { case, revision, request, lane: Lane::Start, expected: None }
}

pub fn asks(case: CaseId, actor: Actor, command: Command) -> Ask {
    let request = Request { id: None, actor, purpose: "test".to_owned(), command };
    Ask { case, revision: None, request, lane: Lane::Report, expected: None }
}

/// Books a visit: the step that is handed to an agency at once.
pub fn booking(case: CaseId) -> Ask {
    let step: StepId = "booking".parse().unwrap();
    let day = livshandelse_core::value::Value::Day(jiff::civil::date(2026, 2, 20));
    let input = [(fixture::slug("wished-day"), day)].into();
    asks(case, Actor::Person(applicant()), Command::SubmitInput { step, input })
}

impl World {
    pub async fn ask(&self, ask: Ask) -> Result<Told, Refusal> {
        self.engine.ask(ask).await
    }

    /// Waits until the case on disk is as described.
    pub async fn until(&self, case: CaseId, fits: impl Fn(&Case) -> bool) -> Arc<Case> {
        let mut changes = self.engine.watch(case);
        loop {
            changes.borrow_and_update();
            if let Some(known) = self.engine.read(case).await.unwrap()
                && fits(&known)
            {
                return known;
            }
            changes.changed().await.unwrap();
        }
    }
}
