//! `livshandelse serve`: builds the real things, puts them together, and serves until it is told to stop.

pub(crate) mod agencies;
mod backing_up;
mod bounds;
mod documents;
pub(crate) mod listen;
mod metrics;
pub(crate) mod opening;
mod stopping;
mod supervisor;
pub(crate) mod telling;

use crate::fail::Failure;
use crate::output::Output;
use crate::system;
use crate::telemetry::Telemetry;
use backing_up::{BackupCounts, Backups};
use bounds::Bounds;
use clap::Args;
use jiff::civil::Date;
use listen::{LOOPBACK, Listening, listen, require_loopback};
use livshandelse_api::stack::Origins;
use livshandelse_api::{AgencyClient, Api, Doors, Secrets, Trust};
use livshandelse_core::Definition;
use livshandelse_core::time::CivilTime;
use livshandelse_engine::{CivilClock, Engine, Metrics, NewDefinition, Tellers};
use livshandelse_store::{ClockKind, JournalStore, Store, arm_crash_point};
use livshandelse_workflows::Bundle;
use metrics::MetricsPage;
use opening::{Sizes, Where};
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Machine time between two looks at the room on the disk.
const ROOM_INTERVAL: Duration = Duration::from_secs(5);
/// What the process ends with when the store has failed.
const STORE_FAILED_CODE: i32 = 1;
/// How long callers may keep their connections once everything is drained.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// How the service is run.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Settings (TOML); a flag or a variable counts before what stands there. `deploy/livshandelse.toml` explains each
    #[arg(long, env = "LIVSHANDELSE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The agencies of the file
    #[arg(skip)]
    pub(crate) agencies_of_file: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) place: Where,
    /// Where portals call; 0 takes a free port
    #[arg(long, env = "LIVSHANDELSE_PORTAL_PORT", default_value_t = 7410, value_name = "PORT")]
    portal_port: u16,
    /// Where agencies and operators call; 0 takes a free port
    #[arg(long, env = "LIVSHANDELSE_AGENCY_PORT", default_value_t = 7411, value_name = "PORT")]
    agency_port: u16,
    /// Where Prometheus reads `/metrics`; without it nowhere
    #[arg(long, env = "LIVSHANDELSE_METRICS_PORT", value_name = "PORT")]
    metrics_port: Option<u16>,
    /// Addresses to listen on; only this machine's own are taken [default: ::1 and 127.0.0.1]
    #[arg(long, env = "LIVSHANDELSE_LISTEN", value_delimiter = ',', value_name = "ADDRESS")]
    listen: Vec<IpAddr>,
    /// Where an agency, or all agencies of a level, are called: `state=http://127.0.0.1:7501`
    #[arg(long, env = "LIVSHANDELSE_AGENCY", value_delimiter = ',', value_name = "WHO=URL", value_parser = agencies::pair)]
    agency: Vec<(String, String)>,
    /// The same in a file (TOML: `state = "http://127.0.0.1:7501"`)
    #[arg(long, env = "LIVSHANDELSE_AGENCIES", value_name = "FILE")]
    agencies: Option<PathBuf>,
    /// Civil time stands still at this day and is moved by an operator. A store made so never takes real time
    #[arg(long, value_name = "YYYY-MM-DD")]
    time_lapse: Option<Date>,
    /// A web page that may call with gRPC-Web, as `https://example.se`; none unless named
    #[arg(long, env = "LIVSHANDELSE_ALLOW_ORIGIN", value_delimiter = ',', value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    #[command(flatten)]
    backups: Backups,
    #[command(flatten)]
    telling: telling::Telling,
    #[command(flatten)]
    telemetry: Telemetry,
    #[command(flatten)]
    bounds: Bounds,
    /// Stop when standard input closes: for a program that started this one
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
    /// End at a named point as if the power had gone, the so-manieth time it is passed
    #[arg(long, hide = true, value_name = "POINT[:COUNT]")]
    crash_point: Option<String>,
    #[command(flatten)]
    sizes: Sizes,
}

/// Serves until it is told to stop, and drains.
///
/// # Errors
///
/// If something is missing or in use.
pub(crate) async fn run(serve: Serve, output: &Output) -> Result<ExitCode, Failure> {
    let started_at = system::now();
    for address in &serve.listen {
        require_loopback(*address)?;
    }
    serve.backups.check()?;
    let endpoints = agencies::endpoints(&serve.agencies_of_file, serve.agencies.as_deref(), &serve.agency)?;
    let origins = Origins::new(serve.allow_origin.iter().map(String::as_str))
        .map_err(|error| Failure::usage(error.to_string(), "write --allow-origin as https://example.se"))?;
    if let Some(point) = &serve.crash_point {
        let (name, count) = point.split_once(':').unwrap_or((point, "1"));
        arm_crash_point(name, count.parse().unwrap_or(1));
    }
    let telemetry = serve.telemetry.start()?;
    let stop = stopping::told_to_stop(serve.until_stdin_closes)?;
    let addresses = if serve.listen.is_empty() { LOOPBACK.to_vec() } else { serve.listen.clone() };
    let portal = listen(&addresses, serve.portal_port, "portals").await?;
    let agency_port = listen(&addresses, serve.agency_port, "agencies").await?;
    let metrics_port = match serve.metrics_port {
        Some(port) => Some(listen(&addresses, port, "metrics").await?),
        None => None,
    };

    let store = open_store(&serve).await?;
    let secrets = Secrets {
        identity: opening::secret(&serve.place.keys(), "livshandelse 2026 instance secret: identity")?,
        names: opening::secret(&serve.place.keys(), "livshandelse 2026 instance secret: names")?,
    };
    let clock = clock(&serve, &store).await?;
    let client = AgencyClient::new(&endpoints, &secrets)
        .map_err(|error| Failure::usage(error.to_string(), "write --agency as state=http://127.0.0.1:7501"))?;
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let secret = opening::secret(&serve.place.keys(), telling::PURPOSE)?;
    let tellers = serve.telling.tellers(secret)?;
    let limits = livshandelse_engine::Limits { tell_after: serve.telling.wait(), ..serve.bounds.engine() };
    let outside = (Arc::new(client), tellers);
    let (engine, bundles) = start_engine(store.clone(), outside, clock, metrics, limits).await?;
    let api = Api::new(livshandelse_api::Setup {
        engine: engine.clone(),
        bundles,
        secrets,
        limits: serve.bounds.api(),
        trust: Trust::Loopback,
        started_at,
        store_name: "sled",
    });
    documents::keep(&api, &store, serve.place.data()).await?;
    announce(output, &portal, &agency_port, metrics_port.as_ref(), &engine);
    let backup_counts = BackupCounts::default();
    if let Some(listening) = metrics_port {
        MetricsPage::new(registry, engine.clone(), &backup_counts).serve(listening.listeners);
    }
    let look = engine.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(ROOM_INTERVAL).await;
            look.look_at_room().await;
        }
    });
    serve.backups.start(store.clone(), backup_counts);

    let drained = stopping::Drain::new(engine.clone(), api.drain_requested(), serve.bounds.drain_max());
    let doors = Doors { portal: portal.listeners, agency: agency_port.listeners, origins };
    let (told, drained_then) = tokio::sync::oneshot::channel();
    supervisor::ready();
    let shutdown = async move {
        drained.when(stop).await;
        // The other end is gone only if serving has ended already.
        let _ended = told.send(());
    };
    let overstayed = async {
        if drained_then.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(CLOSE_MAX).await;
    };
    tokio::select! {
        served = livshandelse_api::serve_tcp(api, doors, Box::pin(shutdown)) => {
            served.map_err(|error| Failure::Own(format!("serving ended: {}", opening::with_sources(&error))))?;
        }
        () = overstayed => tracing::warn!("callers keep their connections open; they are closed"),
    }
    tracing::info!("stopped");
    telemetry.end();
    Ok(ExitCode::SUCCESS)
}

async fn open_store(serve: &Serve) -> Result<Arc<JournalStore>, Failure> {
    let place = serve.place.clone();
    let kind = if serve.time_lapse.is_some() { ClockKind::TimeLapse } else { ClockKind::Real };
    let sizes = serve.sizes.clone();
    let store = tokio::task::spawn_blocking(move || opening::open(&place, Some(kind), &sizes))
        .await
        .map_err(|error| Failure::Own(error.to_string()))??;
    for damage in store.quarantined() {
        // Which case it is stays out of the log.
        tracing::error!(
            part = damage.part.as_str(),
            "damaged and set aside, the rest is served; `livshandelse store verify` names it"
        );
    }
    Ok(Arc::new(store))
}

/// Real time, or the time-lapse day, or where a time-lapse store had come to if that is later.
async fn clock(serve: &Serve, store: &Arc<JournalStore>) -> Result<CivilClock, Failure> {
    let Some(day) = serve.time_lapse else { return Ok(CivilClock::Real(Arc::new(system::now))) };
    let store = store.clone();
    let latest = tokio::task::spawn_blocking(move || opening::latest(&*store))
        .await
        .map_err(|error| Failure::Own(error.to_string()))?
        .map_err(|error| Failure::Own(opening::with_sources(&error)))?;
    let start = CivilTime::start_of(day);
    Ok(CivilClock::lapse(latest.map_or(start, |latest| latest.max(start))))
}

/// Starts the engine with every life event that is built in, and returns their bundles and those of earlier revisions.
async fn start_engine(
    store: Arc<JournalStore>,
    (agencies, telling): (Arc<AgencyClient>, Option<Arc<dyn Tellers>>),
    clock: CivilClock,
    metrics: Metrics,
    limits: livshandelse_engine::Limits,
) -> Result<(Engine, Vec<Arc<Bundle>>), Failure> {
    let bundles: Arc<Mutex<Vec<Arc<Bundle>>>> = Arc::default();
    let mut definitions = Vec::new();
    for name in Bundle::embedded_names() {
        let bundle = crate::cli::case_input::bundle(name)?;
        let files = Bundle::embedded_files(name).unwrap_or_default();
        let files = serde_json::to_vec(&files).map_err(|error| Failure::Own(error.to_string()))?;
        definitions.push(NewDefinition { definition: bundle.definition.clone(), bundle: files });
        bundles.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(bundle));
    }
    let found = bundles.clone();
    let read_bundle = move |bytes: &[u8]| -> Result<Definition, String> {
        let files: BTreeMap<String, String> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let bundle = Bundle::from_files(&files)
            .map_err(|complaints| complaints.first().map(ToString::to_string).unwrap_or_default())?;
        let definition = Definition::clone(&bundle.definition);
        // The bundle that this program brings counts before the same revision as it was stored: its texts are corrected.
        found.lock().unwrap_or_else(PoisonError::into_inner).insert(0, Arc::new(bundle));
        Ok(definition)
    };
    let setup = livshandelse_engine::Setup {
        store,
        agencies,
        telling,
        clock,
        registry: Arc::new(livshandelse_workflows::registry().clone()),
        definitions,
        read_bundle: Box::new(read_bundle),
        limits,
        metrics,
        on_failure: Arc::new(|why| {
            // Nobody knows what is on disk: nothing more may be answered, and nothing tidied up.
            tracing::error!(
                why,
                "the store has failed; the process ends, and the next start finds out what is on disk"
            );
            std::process::exit(STORE_FAILED_CODE);
        }),
    };
    let engine = Engine::start(setup)
        .await
        .map_err(|error| Failure::input(opening::with_sources(&error), "see the message; nothing has been changed"))?;
    let mut bundles = bundles.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // What was published while serving comes last: its texts count before those of the same revision that were there.
    for bytes in engine.definitions().published_bundles() {
        let files: Result<BTreeMap<String, String>, _> = serde_json::from_slice(&bytes);
        bundles.extend(files.ok().and_then(|files| Bundle::from_files(&files).ok()).map(Arc::new));
    }
    Ok((engine, bundles))
}

/// Tells where it listens: one line of JSON for programs, lines for people.
fn announce(output: &Output, portal: &Listening, agency: &Listening, metrics: Option<&Listening>, engine: &Engine) {
    let metrics = metrics.map(Listening::endpoints).unwrap_or_default();
    if output.is_json() {
        output.json(&serde_json::json!({
            "portal": portal.endpoints(),
            "agency": agency.endpoints(),
            "metrics": metrics,
            "civil_time": engine.now().to_string(),
            "time_lapse": engine.is_time_lapse(),
        }));
        return;
    }
    let language = output.language();
    let line = |label: &str, endpoints: &[String]| output.text(&format!("{label:<22} {}", endpoints.join("  ")));
    line(language.pick("portaler", "portals"), &portal.endpoints());
    line(language.pick("myndigheter och drift", "agencies, operators"), &agency.endpoints());
    if !metrics.is_empty() {
        line(language.pick("mätvärden", "metrics"), &metrics);
    }
    if engine.is_time_lapse() {
        line(language.pick("tidsresa, nu", "time-lapse, now"), &[engine.now().to_string()]);
    }
}
