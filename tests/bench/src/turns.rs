//! The limit and the service in turns, so that whatever else the machine does meets both alike.

use crate::children::{Process, processor_seconds_of};
use crate::load;
use crate::quick::round;
use serde_json::{Value, json};
use std::time::Duration;

/// How often each has its turn.
const TURNS: usize = 7;
/// How long a turn is, and what is run before the first of each.
const TURN: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_secs(2);

/// What the turns came to: of each figure the middle one.
pub(crate) struct Turns {
    /// Cases a second of a bare server that makes the same calls.
    pub(crate) limit_rate: f64,
    /// Cases a second of the service.
    pub(crate) durable_rate: f64,
    /// The service's rate over the limit's.
    pub(crate) ratio: f64,
    limit_micros: f64,
    durable_micros: f64,
}

impl Turns {
    /// What share of the service's rate has gone since an earlier measure; the machine may have become slower for both
    /// meanwhile, so that ratios to the limit are compared.
    pub(crate) fn decay_since(&self, earlier: &Turns) -> f64 {
        round(1.0 - self.ratio / earlier.ratio, 3)
    }

    /// The figures, under the names they have in every run.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "limit_cases_per_s": self.limit_rate.round(),
            "durable_cases_per_s": self.durable_rate.round(),
            "ratio": round(self.ratio, 3),
            "limit_processor_us_per_case": self.limit_micros.round(),
            "durable_processor_us_per_case": self.durable_micros.round(),
        })
    }
}

/// Measures a server and the service turn by turn. The one that waits has nothing to do.
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn measure(agency: &Process, limit: &Process, service: &Process) -> anyhow::Result<Turns> {
    load::closed_loop(limit, WARM_UP).await?;
    load::counted_loop(service, WARM_UP).await?;
    let (mut limits, mut durables, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut limit_micros, mut durable_micros) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let spent = Spent::now(&[agency, limit])?;
        let limit_turn = load::closed_loop(limit, TURN).await?;
        limit_micros.push(spent.micros_a_case(limit_turn)?);
        let spent = Spent::now(&[agency, service])?;
        let durable_turn = load::counted_loop(service, TURN).await?;
        durable_micros.push(spent.micros_a_case(durable_turn)?);
        limits.push(limit_turn);
        durables.push(durable_turn);
        ratios.push(durable_turn / limit_turn);
    }
    Ok(Turns {
        limit_rate: middle(limits),
        durable_rate: middle(durables),
        ratio: middle(ratios),
        limit_micros: middle(limit_micros),
        durable_micros: middle(durable_micros),
    })
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
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

    /// Microseconds a case since then, when so many a second ended for the length of a [`TURN`]. Unlike a rate it does not
    /// fall when the machine is busy with something else.
    fn micros_a_case(&self, rate: f64) -> anyhow::Result<f64> {
        Ok((self.all()? - self.before) / (rate * TURN.as_secs_f64()) * 1e6)
    }
}
