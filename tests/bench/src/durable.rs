//! The service as it is: journal, sled, sealed history, the real stacks. Says on standard output how many cases have ended, and
//! when nothing is under way.

use crate::children::say;
use crate::life_event;
use livshandelse_api::stack::Origins;
use livshandelse_api::{AgencyClient, Api, Doors, Endpoints, Limits, Secrets, Setup, Trust};
use livshandelse_core::definition::Level;
use livshandelse_core::time::CivilTime;
use livshandelse_engine::{CaseProjector, CivilClock, Engine, Metrics, NewDefinition};
use livshandelse_store::disk::RealDisk;
use livshandelse_store::{JournalStore, Settings, SystemRandom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How often the count of ended cases is told, if it has changed. Costs little and is far below what is measured.
const TELL_INTERVAL: Duration = Duration::from_millis(2);

/// Serves until the process is killed.
///
/// # Errors
///
/// Returns what kept it from starting.
pub(crate) async fn serve(data: &Path, agency: &str) -> anyhow::Result<()> {
    let mut settings = Settings::new(data.join("store"), data.join("key"));
    settings.boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    settings.clock = livshandelse_store::ClockKind::TimeLapse;
    let open =
        move || JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(CaseProjector));
    let store = Arc::new(tokio::task::spawn_blocking(open).await??);
    let secrets = Secrets { identity: [1; 32], names: [2; 32] };
    let levels = [Level::State, Level::Region, Level::Municipality];
    let endpoints =
        Endpoints { by_level: levels.map(|level| (level, agency.to_owned())).into(), ..Endpoints::default() };
    let agencies = Arc::new(AgencyClient::new(&endpoints, &secrets)?);
    let bundle = life_event::bundle()?;
    let mut registry = prometheus_client::registry::Registry::default();
    let metrics = Metrics::new(&mut registry);
    let engine = Engine::start(livshandelse_engine::Setup {
        store,
        agencies,
        telling: None,
        clock: CivilClock::lapse(CivilTime::noon(life_event::DAY)),
        registry: Arc::new(livshandelse_workflows::registry().clone()),
        definitions: vec![NewDefinition { definition: bundle.definition.clone(), bundle: b"bench@1".to_vec() }],
        read_bundle: Box::new(|_| Err("only one revision is measured".to_owned())),
        limits: livshandelse_engine::Limits::default(),
        metrics: metrics.clone(),
        on_failure: Arc::new(|_| std::process::abort()),
    })
    .await?;
    let api = Api::new(Setup {
        engine: engine.clone(),
        bundles: vec![bundle],
        secrets,
        limits: Limits::default(),
        trust: Trust::Loopback,
        started_at: CivilTime::noon(life_event::DAY),
        store_name: "journal",
    });
    let portal = TcpListener::bind("127.0.0.1:0").await?;
    let agency = TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("listening http://{}", portal.local_addr()?));
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(TELL_INTERVAL);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut told = 0;
        let mut was_idle = false;
        loop {
            interval.tick().await;
            // Civil time stands still here: only looked at.
            let is_idle = engine.advance(None).await.is_ok_and(|looked| looked.is_idle);
            if is_idle && !was_idle {
                say("idle");
            }
            was_idle = is_idle;
            let ended = metrics.cases_ended();
            if ended != told {
                say(&format!("ended {ended}"));
                told = ended;
            }
        }
    });
    let doors = Doors { portal: vec![portal], agency: vec![agency], origins: Origins::default() };
    livshandelse_api::serve_tcp(api, doors, Box::pin(std::future::pending())).await?;
    Ok(())
}
