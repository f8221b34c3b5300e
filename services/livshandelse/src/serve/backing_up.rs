//! Backups while serving: now and then, what has become of the journal since the last one.

use crate::fail::Failure;
use crate::system;
use clap::Args;
use livshandelse_store::JournalStore;
use livshandelse_store::admin::backup;
use livshandelse_store::disk::RealDisk;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Whether and how often backups are made.
#[derive(Debug, Clone, Args)]
pub(crate) struct Backups {
    /// Copy the journal here now and then, while serving
    #[arg(long, env = "LIVSHANDELSE_BACKUP_TO", value_name = "DIR")]
    backup_to: Option<PathBuf>,
    /// Copy the key log here: apart from the journal
    #[arg(long, env = "LIVSHANDELSE_BACKUP_KEYS_TO", value_name = "DIR")]
    backup_keys_to: Option<PathBuf>,
    /// Seconds between two backups
    #[arg(long, env = "LIVSHANDELSE_BACKUP_EVERY", default_value_t = 900, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    backup_every: u64,
}

/// What has become of backups, for whoever looks after the service. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct BackupCounts {
    made: Counter,
    failed: Counter,
    last_seconds: Gauge,
    damages: Gauge,
}

impl BackupCounts {
    /// Shows them.
    pub(crate) fn register(&self, ours: &mut Registry) {
        ours.register("backups_made", "Backups made since the start", self.made.clone());
        ours.register("backups_failed", "Backups that failed since the start", self.failed.clone());
        ours.register(
            "backup_last_timestamp_seconds",
            "When the last backup was made, machine time; 0 before the first",
            self.last_seconds.clone(),
        );
        ours.register(
            "backup_damages",
            "Places of the store that the last backup found damaged; what an earlier backup has whole stays whole",
            self.damages.clone(),
        );
    }
}

impl Backups {
    /// Refuses half of what is needed.
    ///
    /// # Errors
    ///
    /// If only one of the two folders is named, or both are the same.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let problem = match (&self.backup_to, &self.backup_keys_to) {
            (None, None) => return Ok(()),
            (Some(to), Some(keys_to)) if !to.starts_with(keys_to) && !keys_to.starts_with(to) => return Ok(()),
            (Some(_), Some(_)) => "the journal and the key log are backed up to the same place",
            (Some(_), None) => "--backup-to needs --backup-keys-to",
            (None, Some(_)) => "--backup-keys-to needs --backup-to",
        };
        Err(Failure::usage(
            problem,
            "name two folders apart: what is disposed of must be forgotten in the key log's backup",
        ))
    }

    /// Begins, if it is asked for. The first is made at once.
    pub(crate) fn start(&self, store: Arc<JournalStore>, counts: BackupCounts) {
        let (Some(to), Some(keys_to)) = (self.backup_to.clone(), self.backup_keys_to.clone()) else { return };
        let every = Duration::from_secs(self.backup_every);
        tokio::spawn(async move {
            loop {
                let (store, to, keys_to) = (store.clone(), to.clone(), keys_to.clone());
                let made = tokio::task::spawn_blocking(move || backup(&store, &RealDisk, &to, &keys_to)).await;
                match made {
                    Ok(Ok(report)) => {
                        counts.made.inc();
                        counts.last_seconds.set(system::now().0 / 1_000);
                        counts.damages.set(i64::try_from(report.damages.len()).unwrap_or(i64::MAX));
                        for damage in &report.damages {
                            // Where, not whose.
                            tracing::error!(
                                file = ?damage.file,
                                offset = damage.offset,
                                part = damage.part.as_str(),
                                is_whole_in_backup = !report.damages_copied.contains(damage),
                                "the store is damaged; everything else is backed up"
                            );
                        }
                        tracing::info!(bytes = report.bytes, last_batch = report.last_batch, "backed up");
                    }
                    Ok(Err(error)) => {
                        counts.failed.inc();
                        tracing::error!(%error, "the backup failed; it is tried again");
                    }
                    Err(error) => {
                        counts.failed.inc();
                        tracing::error!(%error, "the backup was broken off; it is tried again");
                    }
                }
                tokio::time::sleep(every).await;
            }
        });
    }
}
