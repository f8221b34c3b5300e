//! Backups while serving: now and then, what has become of the journal since the last one.

use clap::Args;
use livshandelse_store::JournalStore;
use livshandelse_store::admin::backup;
use livshandelse_store::disk::RealDisk;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Whether and how often backups are made.
#[derive(Debug, Clone, Args)]
pub(crate) struct Backups {
    /// Copy the journal here now and then, while serving
    #[arg(long, value_name = "DIR", requires = "backup_keys_to")]
    backup_to: Option<PathBuf>,
    /// Copy the key log here: apart from the journal
    #[arg(long, value_name = "DIR", requires = "backup_to")]
    backup_keys_to: Option<PathBuf>,
    /// Seconds between two backups
    #[arg(long, default_value_t = 900, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    backup_every: u64,
}

impl Backups {
    /// Begins, if it is asked for. The first is made at once.
    pub(crate) fn start(&self, store: Arc<JournalStore>) {
        let (Some(to), Some(keys_to)) = (self.backup_to.clone(), self.backup_keys_to.clone()) else { return };
        let every = Duration::from_secs(self.backup_every);
        tokio::spawn(async move {
            loop {
                let (store, to, keys_to) = (store.clone(), to.clone(), keys_to.clone());
                let made = tokio::task::spawn_blocking(move || backup(&store, &RealDisk, &to, &keys_to)).await;
                match made {
                    Ok(Ok(report)) => tracing::info!(bytes = report.bytes, last_batch = report.last_batch, "backed up"),
                    Ok(Err(error)) => tracing::error!(%error, "the backup failed; it is tried again"),
                    Err(error) => tracing::error!(%error, "the backup was broken off; it is tried again"),
                }
                tokio::time::sleep(every).await;
            }
        });
    }
}
