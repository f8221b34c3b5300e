//! The engine and the store without the network: agencies answer in the same process. Says what of a case's cost is
//! deciding, sealing and writing, so that a profile of the whole can be read.

use crate::life_event;
use futures_util::{StreamExt, stream};
use livshandelse_core::case::{NewParty, Outcome, Stage};
use livshandelse_core::command::{Actor, Command, Filing, Report, Request};
use livshandelse_core::definition::Role;
use livshandelse_core::event::Decided;
use livshandelse_core::id::{CaseId, PartyId, Revision, Slug};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::Value;
use livshandelse_engine::{
    Agencies, Ask, BoxFuture, CaseProjector, CivilClock, Engine, Failure, Lane, Limits, Metrics, NewDefinition, Order,
    Said, Setup,
};
use livshandelse_store::disk::RealDisk;
use livshandelse_store::{JournalStore, MemoryStore, Settings, Store, SystemRandom};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Answers at once, in this process.
struct AtOnce;

impl Agencies for AtOnce {
    fn perform(&self, order: Order) -> BoxFuture<'static, Result<Said, Failure>> {
        Box::pin(async move {
            Ok(Report::Decided(Decided {
                outcome: Outcome::Approved,
                decided_at: order.now,
                received_at: None,
                words: "approved".to_owned(),
                gives: [].into(),
                number: None,
                valid_from: None,
                valid_to: None,
                appeal_to: None,
            })
            .into())
        })
    }

    fn cancel(&self, _order: Order) -> BoxFuture<'static, Result<Said, Failure>> {
        Box::pin(async { Ok(Report::Closed { words: "closed".to_owned() }.into()) })
    }
}

/// Opens a store of the kind that is measured.
///
/// # Errors
///
/// Returns what kept it from opening.
pub(crate) fn open_store(data: Option<&Path>) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match data {
        None => Arc::new(MemoryStore::new(Arc::new(CaseProjector))),
        Some(data) => {
            let settings = Settings::new(data.join("store"), data.join("key"));
            Arc::new(JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(CaseProjector))?)
        }
    })
}

/// Starts an engine for the measured life event.
///
/// # Errors
///
/// Returns what kept it from starting.
pub(crate) async fn start(store: Arc<dyn Store>, agencies: Arc<dyn Agencies>) -> anyhow::Result<Engine> {
    let definition = life_event::bundle()?.definition.clone();
    let setup = Setup {
        store,
        agencies,
        telling: None,
        clock: CivilClock::lapse(CivilTime::noon(life_event::DAY)),
        registry: Arc::new(livshandelse_workflows::registry().clone()),
        definitions: vec![NewDefinition { definition, bundle: b"bench@1".to_vec() }],
        read_bundle: Box::new(|_| Err("only one revision is measured".to_owned())),
        limits: Limits::default(),
        metrics: Metrics::new(&mut prometheus_client::registry::Registry::default()),
        on_failure: Arc::new(|_| std::process::abort()),
    };
    Ok(Engine::start(setup).await?)
}

/// Cases a second with so many callers, each waiting for its case's end.
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn cases_per_second(
    engine: &Engine,
    callers: usize,
    duration: Duration,
    salt: u8,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let counts = stream::iter(0..callers).map(|caller| async move {
        let mut count = 0u64;
        while started.elapsed() < duration {
            run_case(engine, caller, count, salt).await?;
            count += 1;
        }
        anyhow::Ok(count)
    });
    let counts: Vec<_> = counts.buffer_unordered(callers).collect().await;
    let count: u64 = counts.into_iter().sum::<anyhow::Result<u64>>()?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer cases than 2^53")]
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

fn filing(applicant: PartyId) -> anyhow::Result<Filing> {
    let applicant = NewParty {
        id: applicant,
        role: Role::Applicant,
        identity_number: life_event::APPLICANT.to_owned(),
        name: "Alva Provlund".to_owned(),
        is_protected: false,
    };
    Ok(Filing {
        revision: Revision { life_event: Slug::new("bench")?, number: 1 },
        parties: vec![applicant],
        input: [(Slug::new("wish")?, Value::Text("a case that is measured".to_owned()))].into(),
        step_input: vec![],
        municipality: "2480".to_owned(),
    })
}

async fn run_case(engine: &Engine, caller: usize, count: u64, salt: u8) -> anyhow::Result<()> {
    let mut id = [salt; 16];
    id[..8].copy_from_slice(&count.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    id[8..15].copy_from_slice(&(caller as u64).to_be_bytes()[1..]);
    let (case, party) = (CaseId(id), PartyId(id));
    let mut changes = engine.watch(case);
    let request = Request {
        id: None,
        actor: Actor::Person(party),
        purpose: "bench".to_owned(),
        command: Command::CreateCase(filing(party)?),
    };
    let revision = Some(Revision { life_event: Slug::new("bench")?, number: 1 });
    engine.ask(Ask { case, revision, request, lane: Lane::Start, expected: None }).await?;
    loop {
        changes.borrow_and_update();
        let known = engine.read(case).await?;
        if known.is_some_and(|case| matches!(case.stage, Stage::Ended(_))) {
            return Ok(());
        }
        changes.changed().await?;
    }
}

/// Measures the engine on memory and on a real disk.
///
/// # Errors
///
/// Returns the first failure.
pub(crate) async fn measure(seconds: u64) -> anyhow::Result<serde_json::Value> {
    let duration = Duration::from_secs(seconds);
    let memory = start(open_store(None)?, Arc::new(AtOnce)).await?;
    let memory_cases = cases_per_second(&memory, 64, duration, 1).await?;
    let data = tempfile::tempdir()?;
    let durable = start(open_store(Some(data.path()))?, Arc::new(AtOnce)).await?;
    let durable_cases = cases_per_second(&durable, 64, duration, 1).await?;
    let stats = durable.topology().store;
    Ok(serde_json::json!({
        "engine_memory_cases_per_s": memory_cases.round(),
        "engine_durable_cases_per_s": durable_cases.round(),
        "records_per_commit": stats.records_count as f64 / stats.batches_count.max(1) as f64,
    }))
}
