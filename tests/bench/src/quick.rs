//! The quick run: about two minutes, one machine, one JSON object.

use crate::children::{Process, folder_bytes};
use crate::{load, turns};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Cases that stay open while the rest is measured again.
const OPEN_CASES: u64 = 100_000;

/// How long starts are measured.
const PART: Duration = Duration::from_secs(8);

/// Measures everything and returns the figures.
///
/// # Errors
///
/// Returns the first failure; no figure is made up.
pub(crate) async fn measure(scratch: &Path, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let agency = Process::start(&["agency"]).await?;

    let data = scratch.to_string_lossy().into_owned();
    let arguments = ["durable", "--data", &data, "--agency", &agency.address];
    tell(
        "in turns: the limit (eight calls a case, nothing remembered) and the service (every acknowledgement on disk)",
    );
    let limit = Process::start(&["limit", "--agency", &agency.address]).await?;
    let service = Process::start(&arguments).await?;
    let turns = turns::measure(&agency, &limit, &service).await?;

    tell("one case alone");
    let alone = load::one_by_one(&service, 400).await?;

    tell("starts at half load");
    let starts = load::open_loop(&service, turns.durable_rate / 2.0, PART).await?;

    tell("100,000 open cases");
    let bytes_before = folder_bytes(scratch)?;
    load::fill(&service, OPEN_CASES).await?;
    let bytes_after = folder_bytes(scratch)?;
    let full = turns::measure(&agency, &limit, &service).await?;
    limit.kill().await?;
    let resident_bytes = service.resident_bytes()?;

    tell("kill -9, and the first case that ends after it");
    service.kill().await?;
    let (_, restart) = start_again(&arguments).await?;

    let mut figures = turns.to_json();
    let others = json!({
        "single_case_p50_ms": millis(alone.value_at_quantile(0.5)),
        "single_case_p99_ms": millis(alone.value_at_quantile(0.99)),
        "start_p50_ms": millis(starts.value_at_quantile(0.5)),
        "start_p99_ms": millis(starts.value_at_quantile(0.99)),
        "open_cases": OPEN_CASES,
        "restart_s": round(restart.as_secs_f64(), 2),
        "rss_mib": resident_bytes >> 20,
        "bytes_per_open_case": bytes_after.saturating_sub(bytes_before) / OPEN_CASES,
        "decay": full.decay_since(&turns),
    });
    extend(&mut figures, others);
    Ok(figures)
}

/// Measures only the limit and the service in turns.
///
/// # Errors
///
/// Returns the first failure.
pub(crate) async fn turns_alone(scratch: &Path) -> anyhow::Result<Value> {
    let agency = Process::start(&["agency"]).await?;
    let limit = Process::start(&["limit", "--agency", &agency.address]).await?;
    let data = scratch.to_string_lossy().into_owned();
    let service = Process::start(&["durable", "--data", &data, "--agency", &agency.address]).await?;
    Ok(turns::measure(&agency, &limit, &service).await?.to_json())
}

/// Starts a service that was killed just now. Returns how long it took until the first case had ended.
pub(crate) async fn start_again(arguments: &[&str]) -> anyhow::Result<(Process, Duration)> {
    let killed = Instant::now();
    let service = Process::start(arguments).await?;
    load::one_by_one(&service, 1).await?;
    Ok((service, killed.elapsed()))
}

/// Adds figures to others.
pub(crate) fn extend(figures: &mut Value, others: Value) {
    if let (Value::Object(figures), Value::Object(others)) = (figures, others) {
        figures.extend(others);
    }
}

pub(crate) fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

#[expect(clippy::cast_precision_loss, reason = "a minute in microseconds is far below 2^53")]
pub(crate) fn millis(micros: u64) -> f64 {
    round(micros as f64 / 1000.0, 2)
}
