//! The real program as a process, that tells all it can: the log at its most talkative, traces, metrics.

use livshandelse_tests::program;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};

/// The civil day on which a store begins.
const FIRST_DAY: &str = "2026-02-02";

/// A process that serves. It ends with this test, however that ends: its standard input closes then.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Held here, since waiting for a child closes what it reads.
    stdin: Option<ChildStdin>,
    log: PathBuf,
    pub portal: String,
    pub agency: String,
    metrics: String,
}

impl Process {
    /// Serves the store in a folder, and waits until it says where it listens.
    pub async fn start(folder: &Path, log: &str, collector: &str, agencies: &str) -> Process {
        let log = folder.join(log);
        let mut command = Command::new(tokio::task::spawn_blocking(program::built).await.unwrap());
        command
            .args(["--json", "serve", "--listen", "127.0.0.1", "--portal-port", "0", "--agency-port", "0"])
            .args(["--metrics-port", "0", "--until-stdin-closes", "--time-lapse", FIRST_DAY])
            .args(["--log", "trace", "--log-format", "json", "--otlp", collector])
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--keys")
            .arg(folder.join("keys"));
        for level in ["state", "region", "municipality", "provider"] {
            command.args(["--agency".to_owned(), format!("{level}={agencies}")]);
        }
        // What the developer's shell says of his own store is nothing to this one.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LIVSHANDELSE_")) {
            command.env_remove(name);
        }
        for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER"] {
            command.env_remove(name);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(File::create(&log).unwrap()))
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be started");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = tokio::time::timeout(crate::PATIENCE, lines.next_line()).await.expect("it does not start").unwrap();
        let said = said.unwrap_or_else(|| panic!("it ends: {}", std::fs::read_to_string(&log).unwrap()));
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let endpoint = |name: &str| said[name][0].as_str().unwrap().to_owned();
        let (portal, agency, metrics) = (endpoint("portal"), endpoint("agency"), endpoint("metrics"));
        Process { stdin: child.stdin.take(), child, log, portal, agency, metrics }
    }

    /// The metrics page.
    pub async fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.metrics.strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        page
    }

    /// Tells it to stop, waits until it has, and returns its log.
    pub async fn stop(mut self) -> Vec<String> {
        drop(self.stdin.take());
        let ended = tokio::time::timeout(crate::PATIENCE, self.child.wait()).await.expect("it does not stop").unwrap();
        assert!(ended.success(), "{ended}");
        std::fs::read_to_string(&self.log).unwrap().lines().map(str::to_owned).collect()
    }
}
