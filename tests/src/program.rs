//! The real program, built for a test that starts it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(build);

/// Where the program lies, built once, in the profile of this test and with the features of its libraries that the tests
/// have, so that nothing is built twice.
///
/// # Panics
///
/// If it cannot be built; the message says with which command to see why.
pub fn built() -> &'static Path {
    &PROGRAM
}

fn build() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    // target/PROFILE/deps/TEST-HASH
    let profile = here.ancestors().nth(2).unwrap_or(Path::new(""));
    let program = profile.join(format!("livshandelse{}", std::env::consts::EXE_SUFFIX));
    // With a test among what is built, and all packages, cargo takes the same features as when it built this test: libraries
    // with others, three minutes of them, would be built beside. The test named is the one that is linked fastest.
    let mut arguments = vec![
        "build",
        "--locked",
        "--quiet",
        "--workspace",
        "--bin=livshandelse",
        "--bin=agency-*",
        "--test=properties",
    ];
    if profile.ends_with("release") {
        arguments.push("--release");
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = std::process::Command::new(cargo).args(&arguments).current_dir(env!("CARGO_MANIFEST_DIR")).status();
    let is_built = built.is_ok_and(|status| status.success()) && program.is_file();
    assert!(is_built, "the program is not there; build it with `cargo {}`", arguments.join(" "));
    program
}
