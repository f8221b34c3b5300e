//! Arguments, start and stop: the same for all three programs.

use crate::desk::Desk;
use crate::instant::Instant;
use crate::level::Level;
use crate::office::{Clock, Office, TimeLapse};
use crate::script::{self, Script};
use crate::steps::StepTable;
use anyhow::Context;
use clap::Parser;
use jiff::Timestamp;
use livshandelse_agency::{Memory, Patience, serve, serve_also};
use livshandelse_proto::v1::time_lapse_service_server::TimeLapseServiceServer;
use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tonic::service::Routes;
use tonic::transport::Endpoint;

/// How long calls that have begun are waited for when told to stop. A silent call would
/// last for minutes.
const STOP_DURATION_MAX: Duration = Duration::from_secs(3);

/// Reference agencies of one level: answers believably, and misbehaves on request.
///
/// Prints one line of JSON with its address when it is ready. Stops on SIGTERM or
/// SIGINT, after the calls that have begun, or three seconds later.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,

    /// Where to report, as http://host:port.
    #[arg(long, value_name = "URL", required_unless_present = "instant")]
    orchestrator: Option<String>,

    /// Time is moved by hand, through `TimeLapseService`.
    #[arg(long, conflicts_with = "real")]
    time_lapse: bool,

    /// Time is real. This is what happens if nothing is said.
    #[arg(long)]
    real: bool,

    /// A script to follow; may be given more than once. The first rule that fits counts.
    #[arg(long, value_name = "FILE")]
    script: Vec<PathBuf>,

    /// One line of script, before all files: `from region-05: silent 2 times`. May be
    /// given more than once.
    #[arg(long, value_name = "LINE")]
    knobs: Vec<String>,

    /// What chance is drawn from: the same seed, the same answers.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Approve everything at once, for measuring.
    #[arg(long, conflicts_with_all = ["script", "knobs", "time_lapse"])]
    instant: bool,

    /// Threads that answer calls. 1 is cheapest for one small machine.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,

    /// Stop also when standard input closes: then whoever started the program is gone.
    #[arg(long)]
    until_stdin_closes: bool,

    /// What to log to standard error.
    #[arg(long, default_value = "warn", value_name = "FILTER")]
    log: String,
}

/// Runs the program of a level until it is told to stop.
pub fn run(level: Level) -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_env_filter(&arguments.log).with_writer(std::io::stderr).init();
    match start(level, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            // The reason is also said where no log is kept.
            let _told = writeln!(std::io::stderr(), "agency-{level}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(level: Level, arguments: &Arguments) -> anyhow::Result<()> {
    let mut builder = if arguments.threads == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(usize::from(arguments.threads));
        builder
    };
    let runtime = builder.enable_all().build().context("start the runtime")?;
    runtime.block_on(answer_calls(level, arguments))
}

async fn answer_calls(level: Level, arguments: &Arguments) -> anyhow::Result<()> {
    let script = read_scripts(arguments)?;
    let listener =
        TcpListener::bind(arguments.listen).await.with_context(|| format!("listen on {}", arguments.listen))?;
    let address = listener.local_addr().context("read the own address")?;
    let told = told_to_stop(arguments.until_stdin_closes)?;
    let (is_stopping, stopping) = oneshot::channel();
    let stop = async move {
        told.await;
        // Nobody listens any more only if the program has ended already.
        let _sent = is_stopping.send(());
    };
    let too_late = async move {
        match stopping.await {
            Ok(()) => tokio::time::sleep(STOP_DURATION_MAX).await,
            Err(_) => std::future::pending().await,
        }
    };
    if arguments.instant {
        announce(level, address)?;
        return serve(listener, Arc::new(Instant), Memory::None, stop).await.context("answer calls");
    }

    let url = arguments.orchestrator.clone().unwrap_or_default();
    let orchestrator = Endpoint::from_shared(url.clone())
        .with_context(|| format!("read the address of the orchestrator, `{url}`"))?
        .tcp_nodelay(true)
        .connect_lazy();
    let (clock, now) = if arguments.time_lapse {
        (Clock::TimeLapse, Timestamp::UNIX_EPOCH)
    } else {
        (Clock::Real(Timestamp::now), Timestamp::now())
    };
    let table = StepTable::embedded()?;
    let desk = Desk::new(level, table, script, arguments.seed, now);
    let office = Office::new(desk, clock, orchestrator, Patience::default());
    let office = Arc::new(office);
    let also = Routes::new(TimeLapseServiceServer::new(TimeLapse(Arc::clone(&office))));
    announce(level, address)?;
    let serving = serve_also(listener, Arc::clone(&office), Memory::default(), also, stop);
    tokio::select! {
        biased;
        ended = serving => ended.context("answer calls"),
        () = office.keep_time() => Ok(()),
        () = too_late => Ok(()),
    }
}

fn read_scripts(arguments: &Arguments) -> anyhow::Result<Script> {
    let mut all = Script::default();
    for line in &arguments.knobs {
        let read = script::script(line).with_context(|| format!("read --knobs '{line}'"))?;
        all.extend(read);
    }
    for path in &arguments.script {
        let text = std::fs::read_to_string(path).with_context(|| format!("read script {}", path.display()))?;
        let read = script::script(&text).with_context(|| format!("read script {}", path.display()))?;
        all.extend(read);
    }
    Ok(all)
}

/// One line for whoever started the program.
fn announce(level: Level, address: SocketAddr) -> anyhow::Result<()> {
    let line = serde_json::json!({
        "level": level.to_string(),
        "address": address.to_string(),
        "endpoint": format!("http://{address}"),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").context("tell the address")?;
    out.flush().context("tell the address")
}

fn told_to_stop(until_stdin_closes: bool) -> anyhow::Result<impl Future<Output = ()> + use<>> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let (closes, closed) = oneshot::channel::<()>();
    if until_stdin_closes {
        // A thread of its own: a read that waits for ever would hold the runtime's end up.
        std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || {
                let _read = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
                let _sent = closes.send(());
            })
            .context("watch standard input")?;
    }
    Ok(async move {
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = closed, if until_stdin_closes => {}
        }
    })
}
