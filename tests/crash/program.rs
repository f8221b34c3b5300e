//! The real program as a process: built, started, killed.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a process may take to say where it listens, or to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(60);

/// Small, so that a round passes many checkpoints.
pub const CHECKPOINT_RECORDS: usize = 40;
/// Small, so that rounds pass from one segment to the next; a life event's bundle must still fit into a quarter.
pub const SEGMENT_BYTES: u32 = 2 << 20;
/// Bytes of a block of the journal; a batch is so many whole blocks.
const BLOCK_BYTES: usize = 4_096;
/// The civil day on which a new store begins.
pub const FIRST_DAY: &str = "2026-01-12";

/// Where the program lies, built once.
pub static PROGRAM: LazyLock<&Path> = LazyLock::new(livshandelse_tests::program::built);

/// Where a store lives.
#[derive(Debug, Clone)]
pub struct Place {
    pub folder: PathBuf,
}

impl Place {
    pub fn new(folder: &Path) -> Place {
        std::fs::create_dir_all(folder).unwrap();
        Place { folder: folder.to_owned() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn arguments(&self) -> Vec<OsString> {
        vec!["--data".into(), self.data().into(), "--keys".into(), self.keys().into()]
    }

    /// The arguments that serve this store in time-lapse, on ports that are free.
    pub fn serve(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> =
            ["--json", "serve", "--listen", "127.0.0.1", "--portal-port", "0", "--agency-port", "0"]
                .map(OsString::from)
                .into();
        arguments.extend(["--until-stdin-closes", "--time-lapse", FIRST_DAY].map(OsString::from));
        arguments.extend(["--checkpoint-records".into(), CHECKPOINT_RECORDS.to_string().into()]);
        arguments.extend(["--segment-bytes".into(), SEGMENT_BYTES.to_string().into()]);
        arguments.extend(self.arguments());
        arguments
    }

    /// `livshandelse store verify` on this store.
    pub async fn verify(&self) -> Output {
        let mut arguments: Vec<OsString> = ["--json", "store", "verify"].map(OsString::from).into();
        arguments.extend(self.arguments());
        run(&arguments).await
    }

    /// Fills the last blocks of the journal that were written with zeros again.
    pub fn forget_last_blocks(&self, count: usize) {
        let folder = self.data().join("journal");
        let segments = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        // A segment that is prepared and not yet used has nothing in it.
        let mut written: Vec<_> = segments
            .filter_map(|path| {
                let bytes = std::fs::read(&path).unwrap();
                let last = bytes.chunks(BLOCK_BYTES).rposition(|block| block.iter().any(|byte| *byte != 0))?;
                (last > 0).then_some((path, bytes, last))
            })
            .collect();
        written.sort();
        let (path, mut bytes, last) = written.pop().unwrap();
        bytes[(last + 1).saturating_sub(count).max(1) * BLOCK_BYTES..].fill(0);
        std::fs::write(path, bytes).unwrap();
    }

    /// The end of the program's log.
    pub fn log_end(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

fn command(arguments: &[OsString]) -> Command {
    let mut command = Command::new(*PROGRAM);
    // What the developer's shell says of his own store is nothing to this one.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LIVSHANDELSE_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("LANG", "en_GB.UTF-8").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").kill_on_drop(true);
    command
}

/// Runs the program until it ends by itself.
pub async fn run(arguments: &[OsString]) -> Output {
    let output = command(arguments).stdin(Stdio::null()).output();
    tokio::time::timeout(PATIENCE, output).await.expect("the program does not end").unwrap()
}

/// Where a process listens.
#[derive(Debug, Clone)]
pub struct Greeting {
    pub portal: String,
    pub agency: String,
}

/// A process that serves, or is about to. It ends with this test, however that ends: its standard input closes then.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Held here, since waiting for a child closes what it reads.
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
}

impl Process {
    /// Starts the program; returns at once.
    pub fn start(place: &Place, more: &[OsString]) -> Process {
        Process::start_among(place, more, &[])
    }

    /// Starts the program with some variables of its environment set.
    pub fn start_among(place: &Place, more: &[OsString], environment: &[(&str, OsString)]) -> Process {
        let log = File::options().create(true).append(true).open(place.log()).unwrap();
        let mut arguments = place.serve();
        arguments.extend_from_slice(more);
        let mut child = command(&arguments)
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .spawn()
            .expect("the program can be started");
        Process { stdin: child.stdin.take(), stdout: child.stdout.take(), child }
    }

    /// Waits until it says where it listens; `None` if it ends before that. To be asked once.
    pub fn greeting(&mut self) -> impl Future<Output = Option<Greeting>> + use<> {
        let stdout = self.stdout.take();
        async move {
            let mut lines = BufReader::new(stdout?).lines();
            let line = lines.next_line().await.unwrap()?;
            // A full pipe would stop it.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            let greeting: serde_json::Value = serde_json::from_str(&line).unwrap();
            let endpoint = |name: &str| greeting[name][0].as_str().unwrap().to_owned();
            Some(Greeting { portal: endpoint("portal"), agency: endpoint("agency") })
        }
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    /// Kills it as the kernel does when memory runs out: nothing is tidied up.
    pub async fn kill(&mut self) -> ExitStatus {
        // It may have ended a moment ago.
        let _gone = self.child.start_kill();
        self.ended().await
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(&mut self) -> ExitStatus {
        drop(self.stdin.take());
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("the program does not stop").unwrap()
    }
}
