//! The processes of the demonstration: started, listened to, and never left behind.

use crate::config::keys::KEYS;
use crate::fail::Failure;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a process may take until it says where it listens.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a process may take to end by itself before it is killed.
const END_TIMEOUT: Duration = Duration::from_secs(15);

/// A process that was started here. It is killed when this is dropped.
///
/// It also ends by itself when this program is gone in whatever way, since its standard input closes then.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// What it said of itself when it had started.
    pub(crate) greeting: serde_json::Value,
}

impl Process {
    /// Starts a program and waits until it has written one line of JSON that says where it listens. Everything else that
    /// it writes goes to `log`.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or ends or is silent instead.
    pub(crate) async fn start(
        name: &'static str,
        program: &Path,
        arguments: &[String],
        log: PathBuf,
    ) -> Result<Process, Failure> {
        let own = |problem: String| Failure::Own(format!("{name}: {problem}"));
        let errors = File::create(&log).map_err(|error| own(format!("{}: {error}", log.display())))?;
        let mut command = Command::new(program);
        // What is set up for a service of the reader's own is nothing to the demonstration.
        command.env_remove("LIVSHANDELSE_CONFIG").env_remove("LIVSHANDELSE_AGENCIES");
        for key in KEYS.iter().filter(|key| !key.name.starts_with("log.")) {
            command.env_remove(key.variable());
        }
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(errors))
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                own(format!("{} cannot be started: {error}; build it with `cargo xtask demo`", program.display()))
            })?;
        let Some(output) = child.stdout.take() else { return Err(own("it has no output".to_owned())) };
        let mut lines = BufReader::new(output).lines();
        let first = tokio::time::timeout(START_TIMEOUT, async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(greeting @ serde_json::Value::Object(_)) = serde_json::from_str(&line) {
                    return Some(greeting);
                }
            }
            None
        });
        let greeting = match first.await {
            Ok(Some(greeting)) => greeting,
            Ok(None) => return Err(own(format!("it did not start: {}", last_lines(&log)))),
            Err(_) => return Err(own(format!("it does not say where it listens; its log is {}", log.display()))),
        };
        // A full pipe would stop it: what it still writes there is read and let go.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Process { name, child, log, greeting })
    }

    /// Where it listens, as an endpoint: the first of some keys of its greeting.
    ///
    /// # Errors
    ///
    /// If it did not say.
    pub(crate) fn endpoint(&self, keys: &[&str]) -> Result<String, Failure> {
        let said = keys.iter().find_map(|key| match &self.greeting[key] {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Array(texts) => texts.first().and_then(|text| text.as_str()).map(str::to_owned),
            _ => None,
        });
        let said = said.ok_or_else(|| Failure::Own(format!("{} does not say where it listens", self.name)))?;
        Ok(if said.starts_with("http") { said } else { format!("http://{said}") })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Why it is no longer there, if it is not.
    pub(crate) fn has_ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(Some(status)) => Some(format!("{} ended with {status}: {}", self.name, last_lines(&self.log))),
            Ok(None) => None,
            Err(error) => Some(format!("{}: {error}", self.name)),
        }
    }

    /// Asks it to end, and sees to it that it does.
    pub(crate) async fn end(mut self) {
        drop(self.child.stdin.take());
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
            // It may have ended a moment ago.
            let _gone = kill_process(pid, Signal::TERM);
        }
        if tokio::time::timeout(END_TIMEOUT, self.child.wait()).await.is_err() {
            drop(self.child.kill().await);
        }
    }
}

/// The last lines of a log.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(5);
    format!("{}\n(its log is {})", lines[from..].join("\n"), log.display())
}
