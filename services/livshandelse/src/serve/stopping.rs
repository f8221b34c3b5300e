//! Being told to stop, and stopping well: no new work, what is under way is finished, then the end.

use crate::fail::Failure;
use crate::serve::supervisor;
use livshandelse_engine::Engine;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Becomes ready on SIGTERM or SIGINT, and when standard input closes if that is asked for.
///
/// # Errors
///
/// If signals cannot be heard.
pub(crate) fn told_to_stop(until_stdin_closes: bool) -> Result<impl Future<Output = &'static str>, Failure> {
    let own = |error: std::io::Error| Failure::Own(format!("signals cannot be heard: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(own)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(own)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            () = stdin_closed(), if until_stdin_closes => "standard input closed",
        }
    })
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut bytes = [0; 64];
    while !matches!(stdin.read(&mut bytes).await, Ok(0) | Err(_)) {}
}

/// Drains when it is time.
pub(crate) struct Drain {
    engine: Engine,
    requested: watch::Receiver<Option<Duration>>,
    wait_max: Duration,
}

impl Drain {
    /// Drains an engine when a signal or an operator says so, for so long at most unless the operator says otherwise.
    pub(crate) fn new(engine: Engine, requested: watch::Receiver<Option<Duration>>, wait_max: Duration) -> Drain {
        Drain { engine, requested, wait_max }
    }

    /// Waits for `stop` or an operator, then drains; ready when the ports may close.
    pub(crate) async fn when(mut self, stop: impl Future<Output = &'static str>) {
        let (why, wait) = tokio::select! {
            why = stop => (why, self.wait_max),
            wait = requested(&mut self.requested) => ("an operator asked for it", wait),
        };
        supervisor::stopping();
        tracing::info!(why, "draining: no new work is taken, what is under way is finished");
        if tokio::time::timeout(wait, self.engine.drain()).await.is_err() {
            tracing::warn!(
                seconds = wait.as_secs(),
                "not everything was finished in time; it is taken up again at the next start"
            );
        }
    }
}

/// The wait that an operator asks for; never ready if nobody can ask any more.
async fn requested(receiver: &mut watch::Receiver<Option<Duration>>) -> Duration {
    match receiver.wait_for(Option::is_some).await.map(|asked| *asked) {
        Ok(Some(wait)) => wait,
        Ok(None) | Err(_) => std::future::pending().await,
    }
}
