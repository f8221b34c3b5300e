//! What an operator may bound; everything else is bounded by what the program knows better.

use clap::Args;
use clap::value_parser;
use std::time::Duration;

/// Limits that depend on the machine and on the agencies.
#[derive(Debug, Clone, Args)]
pub(crate) struct Bounds {
    /// Starts of cases under way at once; more are refused, with when to try again
    #[arg(long, env = "LIVSHANDELSE_STARTS_MAX", default_value_t = 512, value_name = "COUNT", value_parser = value_parser!(u32).range(1..=100_000))]
    starts_max: u32,
    /// Streams that watch a case, on all connections
    #[arg(long, env = "LIVSHANDELSE_WATCHERS_MAX", default_value_t = 20_000, value_name = "COUNT", value_parser = value_parser!(u32).range(1..=1_000_000))]
    watchers_max: u32,
    /// Calls to one agency at once; more wait for a place
    #[arg(long, env = "LIVSHANDELSE_AGENCY_CALLS_MAX", default_value_t = 256, value_name = "COUNT", value_parser = value_parser!(u32).range(1..=10_000))]
    agency_calls_max: u32,
    /// How long an agency may take to answer a call, in seconds
    #[arg(long, env = "LIVSHANDELSE_AGENCY_SECONDS", default_value_t = 10, value_name = "SECONDS", value_parser = value_parser!(u32).range(1..=300))]
    agency_seconds: u32,
    /// Cases kept in memory; others are read from the disk when they are asked for
    #[arg(long, env = "LIVSHANDELSE_CASES_IN_MEMORY", default_value_t = 32_768, value_name = "COUNT", value_parser = value_parser!(u32).range(1..=10_000_000))]
    cases_in_memory: u32,
    /// How long what is under way may take when the service is told to stop, in seconds
    #[arg(long, env = "LIVSHANDELSE_DRAIN_SECONDS", default_value_t = 30, value_name = "SECONDS", value_parser = value_parser!(u32).range(1..=3_600))]
    drain_seconds: u32,
}

impl Bounds {
    /// The engine's limits.
    pub(crate) fn engine(&self) -> livshandelse_engine::Limits {
        livshandelse_engine::Limits {
            starts_in_flight_max: count(self.starts_max),
            agency_calls_max: count(self.agency_calls_max),
            agency_deadline: Duration::from_secs(self.agency_seconds.into()),
            cases_cached_max: count(self.cases_in_memory),
            ..livshandelse_engine::Limits::default()
        }
    }

    /// The limits at the door.
    pub(crate) fn api(&self) -> livshandelse_api::Limits {
        livshandelse_api::Limits { watchers_max: count(self.watchers_max), ..livshandelse_api::Limits::default() }
    }

    /// How long draining may take.
    pub(crate) fn drain_max(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, FromArgMatches as _};

    #[test]
    fn without_flags_the_limits_are_those_that_the_engine_and_the_door_have_by_themselves() {
        let matches = Bounds::augment_args(Command::new("serve")).try_get_matches_from(["serve"]).unwrap();
        let bounds = Bounds::from_arg_matches(&matches).unwrap();
        assert_eq!(format!("{:?}", bounds.engine()), format!("{:?}", livshandelse_engine::Limits::default()));
        assert_eq!(format!("{:?}", bounds.api()), format!("{:?}", livshandelse_api::Limits::default()));
    }
}
