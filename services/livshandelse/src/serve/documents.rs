//! The documents of cases, beside the store that is served.

use super::opening::with_sources;
use crate::fail::Failure;
use livshandelse_api::Api;
use livshandelse_store::blobs::Documents;
use livshandelse_store::disk::RealDisk;
use livshandelse_store::{JournalStore, SystemRandom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Machine time between two looks at drafts that are over.
const UNSENT_INTERVAL: Duration = Duration::from_secs(3_600);

/// Opens the documents, which finishes what a crash has left of them, serves them, and destroys now and then those of drafts that
/// expired or were withdrawn, and uploads that nobody resumed.
///
/// # Errors
///
/// If they cannot be opened.
pub(super) async fn keep(api: &Api, store: &Arc<JournalStore>, data: PathBuf) -> Result<(), Failure> {
    let store = store.clone();
    let opened =
        tokio::task::spawn_blocking(move || Documents::open(store, Arc::new(RealDisk), &data, Arc::new(SystemRandom)));
    let opened = opened.await.map_err(|error| Failure::Own(error.to_string()))?;
    let documents = opened.map_err(|error| Failure::Own(with_sources(&error)))?;
    api.keep_documents(Arc::new(documents));
    let api = api.clone();
    tokio::spawn(async move {
        loop {
            match api.dispose_unsent_documents().await {
                Ok(0) => {}
                Ok(documents) => tracing::info!(documents, "documents of drafts that are over were destroyed"),
                Err(error) => tracing::warn!(%error, "documents of drafts that are over are destroyed later"),
            }
            match api.expire_uploads().await {
                Ok(0) => {}
                Ok(uploads) => tracing::info!(uploads, "uploads that nobody resumed were destroyed"),
                Err(error) => tracing::warn!(%error, "uploads that nobody resumed are destroyed later"),
            }
            tokio::time::sleep(UNSENT_INTERVAL).await;
        }
    });
    Ok(())
}
