//! What a developer runs: `cargo xtask demo`, `cargo xtask test`, `cargo xtask bench`.

mod bench;
mod cargo;
mod demo;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs the demonstration, all checks, or the bench.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the program and the reference agencies, starts them, and plays the samples of the life event in
    /// time-lapse
    ///
    /// Without `--once` everything stays up for you to try, until Ctrl-C.
    Demo {
        /// Do not stay: exit 0 only if every case reached its end; the last line is one JSON object
        #[arg(long)]
        once: bool,
        /// More for `livshandelse demo`; see `livshandelse demo --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Checks everything: format, lints, documents, contract, tests
    ///
    /// Ends with the test runner's own closing line.
    Test {
        /// Also what takes long: many seeds, long crash rounds (sets LIVSHANDELSE_LONG=1)
        #[arg(long)]
        long: bool,
    },
    /// Measures: builds in release and runs the bench; without --quick the full run, with a million open cases and an hour of growth
    Bench {
        /// About two minutes: throughput against the limit, latency, and 100,000 open cases
        #[arg(long)]
        quick: bool,
        /// More for `livshandelse-bench`; see `livshandelse-bench --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo { once, rest } => demo::run(once, &rest),
        Command::Test { long } => test::run(long),
        Command::Bench { quick, rest } => bench::run(quick, &rest),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            cargo::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
