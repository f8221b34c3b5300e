//! An evening like a bank's: a day of starts in time-lapse, with its peak around 20:00 nine times what the night has.

use crate::children::Process;
use crate::load::{client, histogram, micros};
use crate::messages;
use hdrhistogram::Histogram;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How many times the night's load the peak is.
const PEAK: f64 = 9.0;
/// The hour of the peak, and how many hours it takes to fall to a third on either side.
const PEAK_HOUR: f64 = 20.0;
const PEAK_WIDTH_HOURS: f64 = 2.5;
/// Starts are decided so many times a second.
const STEP: Duration = Duration::from_millis(20);

/// What came of the evening.
pub(crate) struct Evening {
    /// Cases begun.
    pub(crate) begun: u64,
    /// Starts that were refused.
    pub(crate) refused: u64,
    /// From when a start was due until its answer, in microseconds.
    pub(crate) times: Histogram<u64>,
}

/// The load of an hour of the day, as a share of the peak's.
fn share(hour: f64) -> f64 {
    let from_peak = (hour - PEAK_HOUR).abs().min(24.0 - (hour - PEAK_HOUR).abs());
    let bell = (-(from_peak / PEAK_WIDTH_HOURS).powi(2)).exp();
    (1.0 + (PEAK - 1.0) * bell) / PEAK
}

/// Plays a day within `duration`; at its peak `peak_rate` cases a second begin.
///
/// # Errors
///
/// Returns what kept the load from being made. A refused start is counted, not an error.
pub(crate) async fn play(process: &Process, peak_rate: f64, duration: Duration) -> anyhow::Result<Evening> {
    let client = client(process).await?;
    let outcome = Arc::new(Mutex::new(Evening { begun: 0, refused: 0, times: histogram()? }));
    let started = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    let mut owed = 0.0;
    let mut step = 0u32;
    while STEP * step < duration {
        let due = started + STEP * step;
        tokio::time::sleep_until(due.into()).await;
        step += 1;
        let hour = 24.0 * due.duration_since(started).as_secs_f64() / duration.as_secs_f64();
        owed += peak_rate * share(hour) * STEP.as_secs_f64();
        while owed >= 1.0 {
            owed -= 1.0;
            let (mut client, outcome) = (client.clone(), outcome.clone());
            calls.spawn(async move {
                let answer = client.create_case(messages::create_case("a case of the evening")).await;
                let mut outcome = outcome.lock().await;
                outcome.begun += 1;
                outcome.refused += u64::from(answer.is_err());
                outcome.times.saturating_record(micros(due.elapsed()));
            });
        }
    }
    while let Some(call) = calls.join_next().await {
        call?;
    }
    let outcome = outcome.lock().await;
    Ok(Evening { begun: outcome.begun, refused: outcome.refused, times: outcome.times.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_at_eight_in_the_evening_and_nine_times_the_night() {
        assert!((share(20.0) - 1.0).abs() < 1e-9);
        assert!(share(20.0) / share(5.0) > 8.9);
        assert!(share(19.0) < 1.0 && share(21.0) < 1.0 && share(12.0) < share(18.0));
    }
}
