//! The full run: one machine and a country's cases. Takes some hours of a quiet machine at most, and the better part of two with a million of
//! them. Each figure is told as soon as it is known.

use crate::children::{Process, folder_bytes};
use crate::quick::{extend, millis, round, start_again};
use crate::{evening, load, turns, watchers};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a civil day takes in the evening's profile.
const DAY: Duration = Duration::from_secs(90);
/// How long changes are sent to watchers.
const WATCHING: Duration = Duration::from_secs(30);
/// Of what the service can carry, the share that the evening's peak asks for.
const PEAK_SHARE: f64 = 0.8;

/// How large the run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Cases that stay open.
    pub(crate) open_cases: u64,
    /// How long the state grows between the first measure and the last.
    pub(crate) growing: Duration,
    /// Cases a second that begin and end meanwhile.
    pub(crate) growing_rate: f64,
}

/// What an earlier run has filled the folder with.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Filled {
    open_cases: u64,
    /// Bytes on disk that they took.
    bytes: u64,
}

impl Filled {
    fn path(folder: &Path) -> PathBuf {
        folder.join("filled.json")
    }

    fn read(folder: &Path) -> anyhow::Result<Filled> {
        match std::fs::read(Self::path(folder)) {
            Ok(bytes) => serde_json::from_slice(&bytes).context("filled.json cannot be read: empty the folder"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Filled::default()),
            Err(error) => Err(error).context("read filled.json"),
        }
    }

    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::write(Self::path(folder), serde_json::to_vec(self)?).context("write filled.json")
    }
}

/// Figures as they become known.
struct Figures<'a> {
    all: Value,
    tell: &'a dyn Fn(&str),
}

impl Figures<'_> {
    fn add(&mut self, new: Value) {
        (self.tell)(&format!("found {new}"));
        extend(&mut self.all, new);
    }
}

/// Measures everything and returns the figures. A folder that a run has filled before is not filled again.
///
/// # Errors
///
/// Returns the first failure; no figure is made up.
pub(crate) async fn measure(size: Size, folder: &Path, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let mut figures = Figures { all: json!({}), tell };
    let agency = Process::start(&["agency"]).await?;
    let limit = Process::start(&["limit", "--agency", &agency.address]).await?;

    tell("measuring in turns: the limit, and the service with nothing in it …");
    let empty_folder = tempfile::tempdir_in(folder)?;
    let data = empty_folder.path().to_string_lossy().into_owned();
    let empty = Process::start(&["durable", "--data", &data, "--agency", &agency.address]).await?;
    let turns = turns::measure(&agency, &limit, &empty).await?;
    empty.kill().await?;
    drop(empty_folder);
    figures.add(turns.to_json());

    let data = folder.to_string_lossy().into_owned();
    let arguments = ["durable", "--data", &data, "--agency", &agency.address];
    let service = Process::start(&arguments).await?;
    let filled = fill(size.open_cases, &service, folder, tell).await?;
    figures.add(json!({
        "open_cases": filled.open_cases,
        "bytes_per_open_case": filled.bytes / filled.open_cases.max(1),
    }));
    let full = turns::measure(&agency, &limit, &service).await?;
    figures.add(json!({ "decay": full.decay_since(&turns), "rss_mib": service.resident_bytes()? >> 20 }));

    tell("measuring 10,000 watchers …");
    let (delivery, undelivered) = watchers::measure(&service, WATCHING).await?;
    figures.add(json!({
        "watchers": watchers::STREAMS,
        "delivery_p50_ms": millis(delivery.value_at_quantile(0.5)),
        "delivery_p99_ms": millis(delivery.value_at_quantile(0.99)),
        "undelivered": undelivered,
    }));

    tell("measuring an evening …");
    let evening = evening::play(&service, full.durable_rate * PEAK_SHARE, DAY).await?;
    figures.add(json!({
        "evening_starts": evening.begun,
        "evening_refused": evening.refused,
        "evening_start_p99_ms": millis(evening.times.value_at_quantile(0.99)),
    }));

    tell("measuring kill -9, and the first case that ends after it …");
    service.kill().await?;
    let (service, restart) = start_again(&arguments).await?;
    figures.add(json!({ "restart_s": round(restart.as_secs_f64(), 2) }));
    tell("measuring the same without the index …");
    service.kill().await?;
    std::fs::remove_dir_all(folder.join("store").join("index")).context("remove the index")?;
    let (service, rebuilt) = start_again(&arguments).await?;
    figures.add(json!({ "restart_without_index_s": round(rebuilt.as_secs_f64(), 2) }));

    tell("measuring growing …");
    let first = turns::measure(&agency, &limit, &service).await?;
    let mut left = size.growing;
    while !left.is_zero() {
        let next = left.min(Duration::from_secs(300));
        load::open_loop(&service, size.growing_rate, next).await?;
        left -= next;
        tell(&format!("growing, {} minutes to go", left.as_secs() / 60));
    }
    let last = turns::measure(&agency, &limit, &service).await?;
    limit.kill().await?;
    figures.add(json!({
        "growing_s": size.growing.as_secs(),
        "growing_cases_per_s": size.growing_rate,
        "growing_decay": last.decay_since(&first),
        "grown_rss_mib": service.resident_bytes()? >> 20,
    }));

    tell("measuring kill -9 of what has grown …");
    service.kill().await?;
    let (_, restart_grown) = start_again(&arguments).await?;
    figures.add(json!({ "grown_restart_s": round(restart_grown.as_secs_f64(), 2) }));
    Ok(figures.all)
}

/// Begins cases that stay open, a tenth at a time, until there are so many.
async fn fill(open_cases: u64, service: &Process, folder: &Path, tell: &dyn Fn(&str)) -> anyhow::Result<Filled> {
    let mut filled = Filled::read(folder)?;
    tell(&format!("{} of {open_cases} are open", filled.open_cases));
    while filled.open_cases < open_cases {
        let next = (open_cases - filled.open_cases).min(open_cases.div_ceil(10));
        let bytes_before = folder_bytes(folder)?;
        load::fill(service, next).await?;
        filled.open_cases += next;
        filled.bytes += folder_bytes(folder)?.saturating_sub(bytes_before);
        filled.write(folder)?;
        tell(&format!("{} of {open_cases} are open", filled.open_cases));
    }
    Ok(filled)
}
