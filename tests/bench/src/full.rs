//! The full run: one machine and a country's cases. Takes the better part of an hour with a million of them.

use crate::children::{Process, folder_bytes};
use crate::quick::{extend, millis, round, start_again};
use crate::{evening, load, turns, watchers};
use anyhow::Context;
use serde_json::{Value, json};
use std::path::Path;
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

/// Measures everything and returns the figures.
///
/// # Errors
///
/// Returns the first failure; no figure is made up.
pub(crate) async fn measure(size: Size, scratch: &Path, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let agency = Process::start(&["agency"]).await?;
    let data = scratch.to_string_lossy().into_owned();
    let arguments = ["durable", "--data", &data, "--agency", &agency.address];
    tell("in turns: the limit, and the service with nothing in it");
    let limit = Process::start(&["limit", "--agency", &agency.address]).await?;
    let service = Process::start(&arguments).await?;
    let turns = turns::measure(&agency, &limit, &service).await?;

    tell(&format!("{} open cases", size.open_cases));
    let bytes_before = folder_bytes(scratch)?;
    let mut filled = 0;
    while filled < size.open_cases {
        let next = (size.open_cases - filled).min(size.open_cases.div_ceil(10));
        load::fill(&service, next).await?;
        filled += next;
        tell(&format!("{filled} of {} are open", size.open_cases));
    }
    let bytes_after = folder_bytes(scratch)?;
    let full = turns::measure(&agency, &limit, &service).await?;
    let resident_bytes = service.resident_bytes()?;

    tell("10,000 watchers");
    let (delivery, undelivered) = watchers::measure(&service, WATCHING).await?;

    tell("an evening");
    let evening = evening::play(&service, full.durable_rate * PEAK_SHARE, DAY).await?;

    tell("kill -9, and the first case that ends after it");
    service.kill().await?;
    let (service, restart) = start_again(&arguments).await?;
    tell("the same without the index");
    service.kill().await?;
    std::fs::remove_dir_all(scratch.join("store").join("index")).context("remove the index")?;
    let (service, rebuilt) = start_again(&arguments).await?;

    tell("growing");
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
    let grown_bytes = service.resident_bytes()?;

    tell("kill -9 of what has grown");
    service.kill().await?;
    let (_, restart_grown) = start_again(&arguments).await?;

    let mut figures = turns.to_json();
    let others = json!({
        "open_cases": size.open_cases,
        "decay": full.decay_since(&turns),
        "rss_mib": resident_bytes >> 20,
        "bytes_per_open_case": bytes_after.saturating_sub(bytes_before) / size.open_cases.max(1),
        "watchers": watchers::STREAMS,
        "delivery_p50_ms": millis(delivery.value_at_quantile(0.5)),
        "delivery_p99_ms": millis(delivery.value_at_quantile(0.99)),
        "undelivered": undelivered,
        "evening_starts": evening.begun,
        "evening_refused": evening.refused,
        "evening_start_p99_ms": millis(evening.times.value_at_quantile(0.99)),
        "growing_s": size.growing.as_secs(),
        "growing_cases_per_s": size.growing_rate,
        "growing_decay": last.decay_since(&first),
        "restart_s": round(restart.as_secs_f64(), 2),
        "grown_rss_mib": grown_bytes >> 20,
        "grown_restart_s": round(restart_grown.as_secs_f64(), 2),
        "restart_without_index_s": round(rebuilt.as_secs_f64(), 2),
    });
    extend(&mut figures, others);
    Ok(figures)
}
