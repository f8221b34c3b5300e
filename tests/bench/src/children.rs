//! The processes of a run: each is this program again, and says on standard output where it listens.

use anyhow::{Context, anyhow};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// A process of a run. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
    /// How many cases it says have ended.
    pub(crate) ended: Arc<Count>,
    /// How often it has said that nothing is under way any more.
    pub(crate) idle: Arc<Count>,
}

/// A count that can be waited for.
#[derive(Default)]
pub(crate) struct Count {
    count: AtomicU64,
    changed: Notify,
}

impl Count {
    /// How many so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Waits until there are at least so many.
    pub(crate) async fn reaches(&self, count: u64) {
        loop {
            let changed = self.changed.notified();
            if self.count() >= count {
                return;
            }
            changed.await;
        }
    }
}

impl Process {
    /// Starts this program again with other arguments, and waits until it listens.
    ///
    /// # Errors
    ///
    /// Returns what kept it from starting.
    pub(crate) async fn start(arguments: &[&str]) -> anyhow::Result<Process> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        // For the limit and the agency as for the service: what the unit and the container set.
        command.env("MIMALLOC_PURGE_DELAY", "5000");
        command.args(arguments).stdout(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().context("start a process of the run")?;
        let output = child.stdout.take().context("its output")?;
        let mut lines = BufReader::new(output).lines();
        let first = lines.next_line().await?.unwrap_or_default();
        let address =
            first.strip_prefix("listening ").ok_or_else(|| anyhow!("`{arguments:?}` did not start"))?.to_owned();
        let (ended, idle) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let (telling, resting) = (ended.clone(), idle.clone());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(count) = line.strip_prefix("ended ").and_then(|count| count.parse().ok()) {
                    telling.count.store(count, Ordering::Release);
                    telling.changed.notify_waiters();
                } else if line == "idle" {
                    resting.count.fetch_add(1, Ordering::AcqRel);
                    resting.changed.notify_waiters();
                }
            }
        });
        Ok(Process { child, address, ended, idle })
    }

    /// Memory it holds now, in bytes.
    ///
    /// # Errors
    ///
    /// Returns what kept it from being read.
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<u64> {
        let id = self.child.id().context("the process has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib * 1024)
    }

    /// Processor time it has taken so far, in seconds: user and system, of all its threads.
    ///
    /// # Errors
    ///
    /// Returns what kept it from being read.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("the process has ended")?;
        processor_seconds_of(&id.to_string())
    }

    /// Kills it as a power switch would: `kill -9`.
    ///
    /// # Errors
    ///
    /// Returns what kept it from being killed.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("kill -9")
    }
}

/// Processor time a process has taken so far, in seconds; `self` is this one.
///
/// # Errors
///
/// Returns what kept it from being read.
pub(crate) fn processor_seconds_of(process: &str) -> anyhow::Result<f64> {
    /// Ticks a second in what Linux tells of processes.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in brackets may hold anything; user and system time are the 12th and 13th word after it.
    let after = stat.rsplit_once(')').context("stat")?.1;
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS)
}

/// Listens on a free port of loopback, says where, and serves.
///
/// # Errors
///
/// Returns what kept it from listening or serving.
pub(crate) async fn serve_one<F, R>(serve: F) -> anyhow::Result<()>
where
    F: FnOnce(TcpIncoming) -> R,
    R: Future<Output = Result<(), tonic::transport::Error>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("listening http://{}", listener.local_addr()?));
    serve(TcpIncoming::from(listener).with_nodelay(Some(true))).await?;
    Ok(())
}

/// Connections as they come in.
pub(crate) type TcpIncoming = tonic::transport::server::TcpIncoming;

/// One line on standard output, at once.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    // Whoever started this process reads the line; if it is gone, so is the reason to say anything.
    let _gone = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// Bytes of a folder's files, as the disk holds them.
///
/// # Errors
///
/// Returns what could not be read.
pub(crate) fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}
