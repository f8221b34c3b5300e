//! `cargo xtask demo`: builds what the demonstration needs and runs it.

use crate::cargo::{cargo, code, say, status, succeed, target_directory};
use anyhow::Result;
use std::process::{Command, ExitCode};

/// Builds in the dev profile, which tests use too, so that nothing is built twice; then `livshandelse demo`.
///
/// # Errors
///
/// If something does not build or cannot be started.
pub(crate) fn run(once: bool, rest: &[String]) -> Result<ExitCode> {
    say("building the program and the reference agencies …");
    succeed(&mut cargo(&["build", "--locked", "-p", "livshandelse", "-p", "livshandelse-agencies"]))?;
    let mut program = Command::new(target_directory()?.join("debug").join("livshandelse"));
    program.arg("demo").args(once.then_some("--once")).args(rest);
    Ok(code(status(&mut program)?))
}
