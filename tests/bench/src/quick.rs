//! The quick run: about two minutes, one machine, one JSON object.

use crate::children::{Process, folder_bytes, processor_seconds_of};
use crate::load;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Cases that stay open while the rest is measured again.
const OPEN_CASES: u64 = 100_000;

/// What each part measures, in seconds.
const PART: Duration = Duration::from_secs(8);
const WARM_UP: Duration = Duration::from_secs(2);

/// Measures everything and returns the figures.
///
/// # Errors
///
/// Returns the first failure; no figure is made up.
pub(crate) async fn measure(scratch: &Path, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let agency = Process::start(&["agency"]).await?;

    tell("the limit: eight calls a case, nothing remembered");
    let limit = Process::start(&["limit", "--agency", &agency.address]).await?;
    load::closed_loop(&limit, WARM_UP).await?;
    let spent = Spent::now(&[&agency, &limit])?;
    let limit_rate = load::closed_loop(&limit, PART).await?;
    let limit_micros = spent.micros_a_case(limit_rate)?;
    limit.kill().await?;

    tell("the service: the same, every acknowledgement on disk");
    let data = scratch.to_string_lossy().into_owned();
    let arguments = ["durable", "--data", &data, "--agency", &agency.address];
    let service = Process::start(&arguments).await?;
    load::counted_loop(&service, WARM_UP).await?;
    let spent = Spent::now(&[&agency, &service])?;
    let durable_rate = load::counted_loop(&service, PART).await?;
    let durable_micros = spent.micros_a_case(durable_rate)?;

    tell("one case alone");
    let alone = load::one_by_one(&service, 400).await?;

    tell("starts at half load");
    let starts = load::open_loop(&service, durable_rate / 2.0, PART).await?;

    tell("100,000 open cases");
    let bytes_before = folder_bytes(scratch)?;
    load::fill(&service, OPEN_CASES).await?;
    let bytes_after = folder_bytes(scratch)?;
    load::counted_loop(&service, WARM_UP).await?;
    let full_rate = load::counted_loop(&service, PART).await?;
    let resident_bytes = service.resident_bytes()?;

    tell("kill -9, and the first case that ends after it");
    service.kill().await?;
    let killed = Instant::now();
    let service = Process::start(&arguments).await?;
    load::one_by_one(&service, 1).await?;
    let restart = killed.elapsed();

    Ok(json!({
        "limit_cases_per_s": limit_rate.round(),
        "durable_cases_per_s": durable_rate.round(),
        "ratio": round(durable_rate / limit_rate, 3),
        "limit_processor_us_per_case": limit_micros.round(),
        "durable_processor_us_per_case": durable_micros.round(),
        "single_case_p50_ms": millis(alone.value_at_quantile(0.5)),
        "single_case_p99_ms": millis(alone.value_at_quantile(0.99)),
        "start_p50_ms": millis(starts.value_at_quantile(0.5)),
        "start_p99_ms": millis(starts.value_at_quantile(0.99)),
        "open_cases": OPEN_CASES,
        "restart_s": round(restart.as_secs_f64(), 2),
        "rss_mib": resident_bytes >> 20,
        "bytes_per_open_case": bytes_after.saturating_sub(bytes_before) / OPEN_CASES,
        "decay": round(1.0 - full_rate / durable_rate, 3),
    }))
}

/// Processor time of this process and some others, from some moment on.
struct Spent<'a> {
    processes: Vec<&'a Process>,
    before: f64,
}

impl<'a> Spent<'a> {
    fn now(processes: &[&'a Process]) -> anyhow::Result<Spent<'a>> {
        let mut spent = Spent { processes: processes.to_vec(), before: 0.0 };
        spent.before = spent.all()?;
        Ok(spent)
    }

    fn all(&self) -> anyhow::Result<f64> {
        let others = self.processes.iter().map(|process| process.processor_seconds());
        others.chain([processor_seconds_of("self")]).sum()
    }

    /// Microseconds a case since then, when so many a second ended for the length of a [`PART`]. Unlike a rate it does not
    /// fall when the machine is busy with something else.
    fn micros_a_case(&self, rate: f64) -> anyhow::Result<f64> {
        Ok((self.all()? - self.before) / (rate * PART.as_secs_f64()) * 1e6)
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
