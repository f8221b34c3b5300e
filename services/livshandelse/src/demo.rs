//! `livshandelse demo`: the service and the reference agencies as processes of their own, and the samples of the life
//! event in time-lapse.

mod conductor;
pub(crate) mod people;
mod play;
mod processes;
pub(crate) mod story;
mod table;

use crate::cli::case_input::bundle;
use crate::connect::channel;
use crate::fail::Failure;
use crate::output::Output;
use crate::show::last_part;
use crate::show::line::{FAINT, Line, PLAIN, STRONG};
use crate::system;
use clap::Args;
use conductor::Conductor;
use livshandelse_workflows::{Bundle, Sample};
use play::{Outcome, Play};
use processes::Process;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// Where portals reach the demonstration, if nothing else is there: what every other command takes for granted.
const PORTAL_PORT: u16 = 7410;
/// Where agencies and operators do.
const AGENCY_PORT: u16 = 7411;
/// The programs of the reference agencies, by the level that each is.
const AGENCIES: [(&str, &str); 3] =
    [("state", "agency-state"), ("region", "agency-region"), ("municipality", "agency-municipality")];

/// How the demonstration runs.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Do not stay: exit 0 only if every case reached its end; the last line is one JSON object
    #[arg(long)]
    once: bool,
    /// Only the samples of these life events; of all when none is named
    #[arg(long, value_name = "NAME")]
    life_event: Vec<String>,
    /// Only these samples; all when none is named
    #[arg(long, value_name = "NAME")]
    sample: Vec<String>,
    /// Where to keep the store and the logs; otherwise a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Machine time between two moments, in milliseconds; 0 when it is not to be watched
    #[arg(long, value_name = "MS")]
    pace: Option<u64>,
    /// Afterwards, how long a day takes, in seconds
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    day: u64,
    /// What the agencies draw their days from: the same number gives the same course
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
}

/// Where everything is kept while it runs.
struct Folder {
    path: PathBuf,
    is_ours: bool,
}

impl Folder {
    fn make(wanted: Option<&Path>) -> Result<Folder, Failure> {
        let (path, is_ours) = match wanted {
            Some(path) => (path.to_owned(), false),
            None => (system::scratch_folder("livshandelse-demo"), true),
        };
        let shown = path.display().to_string();
        std::fs::create_dir_all(&path)
            .map_err(|error| Failure::input(format!("{shown}: {error}"), "name another --folder"))?;
        Ok(Folder { path, is_ours })
    }

    fn log(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.log"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_ours {
            // What cannot be removed is left to the system, which clears such folders.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

/// Runs the demonstration.
///
/// # Errors
///
/// If something cannot be started or does not answer.
pub(crate) async fn run(demo: Demo, output: &Output) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    let mut bundles = wanted_bundles(&demo.life_event)?;
    keep_samples(&mut bundles, &demo.sample)?;
    let mut folder = Folder::make(demo.folder.as_deref())?;
    let ports = (free_port(PORTAL_PORT, demo.once)?, free_port(AGENCY_PORT, demo.once)?);
    note(output, &demo, "starting the agencies and the service …");
    let mut processes = start(&demo, &bundles, &folder, ports).await?;
    let played = tokio::select! {
        played = play(&demo, &bundles, &mut processes, ports, output, begun) => played,
        () = stop_is_asked() => Ok(ExitCode::SUCCESS),
    };
    // The service first: its agencies are there until it has drained.
    for process in processes {
        process.end().await;
    }
    if !matches!(played, Ok(ExitCode::SUCCESS)) && folder.is_ours {
        folder.is_ours = false;
        output.note(&format!("the store and the logs are in {}", folder.path.display()));
    }
    played
}

fn note(output: &Output, demo: &Demo, text: &str) {
    if !output.is_json() && !demo.once {
        output.note(text);
    }
}

/// Ctrl-C, a polite request to end, or a terminal that is gone.
async fn stop_is_asked() {
    match (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
        (Ok(mut terminate), Ok(mut hangup)) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        },
        (Err(_), _) | (_, Err(_)) => drop(tokio::signal::ctrl_c().await),
    }
}

fn wanted_bundles(names: &[String]) -> Result<Vec<Bundle>, Failure> {
    if names.is_empty() {
        return Bundle::embedded_names().iter().map(|name| bundle(name)).collect();
    }
    names.iter().map(|name| bundle(name)).collect()
}

fn keep_samples(bundles: &mut Vec<Bundle>, wanted: &[String]) -> Result<(), Failure> {
    let all = || bundles.iter().flat_map(|bundle| &bundle.samples);
    if let Some(unknown) = wanted.iter().find(|name| all().all(|sample| sample.name.as_str() != name.as_str())) {
        let names: Vec<&str> = all().map(|sample| sample.name.as_str()).collect();
        return Err(Failure::input(
            format!("there is no sample `{unknown}`"),
            format!("use one of: {}", names.join(", ")),
        ));
    }
    for bundle in bundles.iter_mut().filter(|_| !wanted.is_empty()) {
        bundle.samples.retain(|sample| wanted.iter().any(|name| name == sample.name.as_str()));
    }
    bundles.retain(|bundle| !bundle.samples.is_empty());
    if bundles.is_empty() {
        return Err(Failure::input("the life event has no samples", "play another --life-event"));
    }
    Ok(())
}

/// The usual port if it is free on both loopback addresses and others are to find it, else any that is.
fn free_port(usual: u16, any: bool) -> Result<u16, Failure> {
    let is_free = |port: u16| {
        let first = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let second = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
        first.is_ok() && (second.is_ok() || TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err())
    };
    if !any && is_free(usual) {
        return Ok(usual);
    }
    for _try in 0..20 {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        match port {
            Ok(address) if is_free(address.port()) => return Ok(address.port()),
            Ok(_) => {}
            Err(error) => return Err(Failure::Own(format!("no port can be had on loopback: {error}"))),
        }
    }
    Err(Failure::Own("no port is free on both loopback addresses".to_owned()))
}

/// Starts the agencies, then the service; the service stands first in the list.
async fn start(demo: &Demo, bundles: &[Bundle], folder: &Folder, ports: (u16, u16)) -> Result<Vec<Process>, Failure> {
    let own = system::own_program().map_err(|error| Failure::Own(format!("this program cannot be found: {error}")))?;
    let beside = own.parent().unwrap_or(Path::new(".")).to_owned();
    let samples = || bundles.iter().flat_map(|bundle| &bundle.samples);
    let day = samples().map(|sample| sample.start).min().unwrap_or_default();
    let mut processes = Vec::new();
    let mut serve: Vec<String> = ["--json", "serve", "--until-stdin-closes", "--time-lapse"].map(str::to_owned).into();
    serve.push(day.to_string());
    for (level, name) in AGENCIES {
        let mut arguments: Vec<String> =
            ["--until-stdin-closes", "--listen", "127.0.0.1:0", "--time-lapse", "--orchestrator"]
                .map(str::to_owned)
                .into();
        arguments.push(format!("http://127.0.0.1:{}", ports.1));
        arguments.extend(["--seed".to_owned(), demo.seed.to_string()]);
        for knob in knobs(samples()) {
            arguments.extend(["--knobs".to_owned(), knob]);
        }
        let process = Process::start(name, &beside.join(name), &arguments, folder.log(name)).await?;
        serve.extend([
            "--agency".to_owned(),
            format!("{level}={}", process.endpoint(&["endpoint", "address", "listen"])?),
        ]);
        processes.push(process);
    }
    let path = |name: &str| folder.path.join(name).display().to_string();
    serve.extend(["--data".to_owned(), path("data"), "--keys".to_owned(), path("keys")]);
    serve.extend(["--portal-port".to_owned(), ports.0.to_string(), "--agency-port".to_owned(), ports.1.to_string()]);
    let service = Process::start("livshandelse", &own, &serve, folder.log("livshandelse")).await?;
    processes.insert(0, service);
    Ok(processes)
}

/// What the samples ask of the agencies, as lines of the agencies' script: each level takes what is its own. Where two
/// samples differ about an agency the first counts.
fn knobs<'a>(samples: impl Iterator<Item = &'a Sample>) -> Vec<String> {
    let mut lines = Vec::new();
    for sample in samples {
        for (agency, settings) in &sample.agencies {
            for (name, value) in settings {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                lines.push(format!("from {agency}: {name} {value}"));
            }
        }
    }
    lines
}

async fn play(
    demo: &Demo,
    bundles: &[Bundle],
    processes: &mut [Process],
    ports: (u16, u16),
    output: &Output,
    begun: Instant,
) -> Result<ExitCode, Failure> {
    let portal = format!("http://127.0.0.1:{}", ports.0);
    let agency_port = format!("http://127.0.0.1:{}", ports.1);
    let mut agencies = Vec::new();
    for process in processes.iter().skip(1) {
        agencies.push((process.name(), channel(&process.endpoint(&["endpoint", "address", "listen"])?).await?));
    }
    let operations = channel(&agency_port).await?;
    let conductor = Conductor::new(operations.clone(), agencies)?;
    let pace = match (demo.pace, demo.once || !output.is_terminal()) {
        (Some(pace), _) => Duration::from_millis(pace),
        (None, true) => Duration::ZERO,
        (None, false) => Duration::from_millis(150),
    };
    let mut play = Play::new(bundles, channel(&portal).await?, operations, conductor, *output, pace);
    let mut is_alive =
        || processes.iter_mut().find_map(Process::has_ended).map_or(Ok(()), |why| Err(Failure::Own(why)));
    let outcome = play.run(&mut is_alive).await?;
    let all_ended = outcome.done == outcome.cases;
    if demo.once {
        output.json(&summary(&outcome, begun.elapsed()));
        return Ok(if all_ended { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if output.is_json() {
        output.json(&summary(&outcome, begun.elapsed()));
    } else {
        output.lines(&next_commands(&play, demo, ports, output));
    }
    match play.stay(Duration::from_secs(demo.day), &mut is_alive).await {
        Ok(never) => match never {},
        Err(failure) => Err(failure),
    }
}

fn summary(outcome: &Outcome, elapsed: Duration) -> serde_json::Value {
    let Outcome { cases, done, steps_done, agencies } = outcome;
    let seconds = (elapsed.as_secs_f64() * 10.0).round() / 10.0;
    serde_json::json!({
        "cases": cases, "done": done, "steps_done": steps_done, "agencies": agencies, "seconds": seconds,
    })
}

/// What to type next, in another terminal.
fn next_commands(play: &Play, demo: &Demo, ports: (u16, u16), output: &Output) -> Vec<Line> {
    let program = system::typed_program();
    let language = output.language();
    let first = play.players.first();
    let owner = first.and_then(|player| player.sample.case.person(player.owner()));
    let number = owner.map(|person| person.identity_number.as_str()).unwrap_or_default();
    let case = first.and_then(|player| player.name.as_deref()).map(last_part).unwrap_or("case_…");
    let command = |text: String| Line::of("  ", PLAIN).and(text, PLAIN);
    let mut lines = vec![
        Line::empty(),
        Line::of(
            language.pick("Allt är uppe. Prova i en annan terminal:", "All is up. Try in another terminal:"),
            STRONG,
        ),
        Line::empty(),
        command(format!("export LIVSHANDELSE_ACTOR=person:{number}")),
    ];
    if ports != (PORTAL_PORT, AGENCY_PORT) {
        lines.push(command(format!("export LIVSHANDELSE_ENDPOINT=http://127.0.0.1:{}", ports.0)));
        lines.push(command(format!("export LIVSHANDELSE_AGENCY_ENDPOINT=http://127.0.0.1:{}", ports.1)));
    }
    lines.extend([
        command(format!("{program} case get {case}")),
        command(format!("{program} case events {case}")),
        command(format!("{program} case create --sample {}", first.map_or("…", |player| player.sample.name.as_str()))),
        command(format!("{program} case list")),
        command(format!("{program} case watch case_…")),
        Line::empty(),
    ]);
    let text = match language {
        crate::show::words::Language::Sv => {
            format!("Så länge ett ärende pågår går en dag på {} s. Ctrl-C avslutar allt.", demo.day)
        }
        crate::show::words::Language::En => {
            format!("While a case is open a day passes in {} s. Ctrl-C ends everything.", demo.day)
        }
    };
    lines.push(Line::of(text, FAINT));
    lines
}
