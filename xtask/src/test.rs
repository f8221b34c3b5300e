//! `cargo xtask test`: everything that must hold before a change goes in.

use crate::cargo::{cargo, code, is_there, root, say, shown, status};
use anyhow::{Result, bail};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Runs each part in turn and stops at the first that fails. The tests come last, and nothing is written after them, so
/// that their runner has the last word.
///
/// # Errors
///
/// If a part fails or cannot be started.
pub(crate) fn run(long: bool) -> Result<ExitCode> {
    part("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    part(
        "lints",
        &mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"]),
    )?;
    part(
        "documents",
        cargo(&["doc", "--workspace", "--no-deps", "--locked", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    if is_there("buf", "--version") {
        part("contract", Command::new("buf").arg("lint").current_dir(root().join("proto")))?;
    } else {
        say("contract       not linted: `buf` is not here (api.golden is checked by the tests)");
    }
    let has_nextest = is_there("cargo", "nextest") || is_there("cargo-nextest", "--version");
    let mut tests = if has_nextest {
        part("examples", with_length(&mut cargo(&["test", "--workspace", "--doc", "--locked", "--quiet"]), long))?;
        cargo(&["nextest", "run", "--workspace", "--locked"])
    } else {
        cargo(&["test", "--workspace", "--locked"])
    };
    say(&format!("tests          {}", shown(&tests)));
    Ok(code(status(with_length(&mut tests, long))?))
}

fn with_length(command: &mut Command, long: bool) -> &mut Command {
    if long { command.env("LIVSHANDELSE_LONG", "1") } else { command }
}

fn part(name: &str, command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let start = Instant::now();
    let status = status(command)?;
    let seconds = start.elapsed().as_secs_f64();
    if !status.success() {
        bail!("{name}: `{shown}` ended with {status} after {seconds:.1} s; mend what it says above and run it again");
    }
    say(&format!("{name:<12} {seconds:>6.1} s  {shown}"));
    Ok(())
}
