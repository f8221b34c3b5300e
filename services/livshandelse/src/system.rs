//! The one door to the clock, to randomness and to the environment; everybody else is handed what they give.

use livshandelse_core::time::CivilTime;
use std::ffi::OsString;
use std::path::PathBuf;

/// What time it is by the machine's clock.
pub(crate) fn now() -> CivilTime {
    CivilTime(jiff::Timestamp::now().as_millisecond())
}

/// A name for one request that nobody has used before (UUID version 4).
pub(crate) fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A variable of the environment; `None` when it is not set, empty, or no text.
#[expect(clippy::disallowed_methods, reason = "this is the door that the rule points to")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What tells one start of the machine from another; empty where the system does not say.
pub(crate) fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// This program's own file.
pub(crate) fn own_program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// The command line as it was typed, the program first.
pub(crate) fn typed_arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// This program as it was typed.
pub(crate) fn typed_program() -> String {
    std::env::args().next().unwrap_or_else(|| "livshandelse".to_owned())
}

/// A folder for what need not be kept, of this process alone.
pub(crate) fn scratch_folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{name}-{}", std::process::id()))
}

/// Where the store lives when nothing is said: `$XDG_DATA_HOME/livshandelse`, else below the home folder.
pub(crate) fn data_folder() -> PathBuf {
    folder("XDG_DATA_HOME", ".local/share")
}

/// Where the key file lies when nothing is said: apart from the data, so that one backup does not hold both.
pub(crate) fn key_file() -> PathBuf {
    folder("XDG_CONFIG_HOME", ".config").join("keys")
}

fn folder(variable: &str, below_home: &str) -> PathBuf {
    let base = environment(variable)
        .map(PathBuf::from)
        .or_else(|| environment("HOME").map(|home| PathBuf::from(home).join(below_home)))
        .unwrap_or_else(|| PathBuf::from("."));
    base.join("livshandelse")
}
