//! The program `livshandelse`: serves, shows cases, checks definitions and stores, runs the demonstration.

mod cli;
mod connect;
mod demo;
mod fail;
mod output;
mod show;
mod system;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
