//! `cargo xtask bench`: builds in release, apart from the measuring, and runs the bench.

use crate::cargo::{cargo, code, say, status, succeed, target_directory};
use anyhow::Result;
use std::process::{Command, ExitCode};

/// Builds the bench, which has the service, the limit, the agency and the load in it, then runs it.
///
/// # Errors
///
/// If something does not build or cannot be started.
pub(crate) fn run(quick: bool, rest: &[String]) -> Result<ExitCode> {
    say("building in release …");
    succeed(&mut cargo(&["build", "--release", "--locked", "-p", "livshandelse-bench"]))?;
    let mut bench = Command::new(target_directory()?.join("release").join("livshandelse-bench"));
    let names_a_part = rest.first().is_some_and(|first| !first.starts_with('-'));
    let part = if quick { Some("quick") } else { (!names_a_part).then_some("full") };
    bench.args(part).args(rest);
    Ok(code(status(&mut bench)?))
}
