//! The program `livshandelse`: serves, shows cases, checks definitions and stores, runs the demonstration.

mod cli;
mod connect;
mod demo;
mod fail;
mod output;
mod serve;
mod show;
mod system;
mod telemetry;

use std::process::ExitCode;

/// Cases are many small allocations on several threads; measured with this one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
