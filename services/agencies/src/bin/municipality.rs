//! The nämnder of all municipalities, in one program.

use livshandelse_agencies::level::Level;
use livshandelse_agencies::program;
use std::process::ExitCode;

fn main() -> ExitCode {
    program::run(Level::Municipality)
}
