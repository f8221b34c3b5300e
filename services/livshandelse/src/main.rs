//! The program `livshandelse`: serves, shows cases, checks definitions and stores, runs the demonstration.

mod cli;
mod config;
mod connect;
mod demo;
mod diff;
mod draw;
mod fail;
mod output;
mod serve;
mod show;
mod simulate;
mod system;
mod telemetry;

use std::process::ExitCode;

/// Cases are many small allocations on several threads; measured with this one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
