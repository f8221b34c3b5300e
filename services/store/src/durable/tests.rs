//! The durable store keeps the promises of every store, and a few of its own.

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::conformance::{self, Place, Tally};
use crate::disk::RealDisk;
use crate::disk::torment::TormentedDisk;
use crate::SystemRandom;

/// A store in a temporary folder.
struct InFolder {
    dir: tempfile::TempDir,
    checkpoint_records: usize,
}

fn settings(dir: &Path) -> Settings {
    Settings {
        boot_id: "this boot".to_owned(),
        segment_bytes: 1 << 16,
        room_low_bytes: 0,
        room_full_bytes: 0,
        index_cache_bytes: 1 << 20,
        ..Settings::new(dir.join("data"), dir.join("key"))
    }
}

impl Place for InFolder {
    fn open(&self) -> Arc<dyn Store> {
        let settings = Settings { checkpoint_records: self.checkpoint_records, ..settings(self.dir.path()) };
        Arc::new(JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(Tally)).unwrap())
    }
}

/// A store on a tormented disk that pulls the plug before every opening.
struct OnTormentedDisk {
    disk: TormentedDisk,
}

impl Place for OnTormentedDisk {
    fn open(&self) -> Arc<dyn Store> {
        self.disk.crash();
        Arc::new(open_tormented(&self.disk, 7).unwrap())
    }
}

fn open_tormented(disk: &TormentedDisk, checkpoint_records: usize) -> Result<JournalStore, OpenError> {
    let settings = Settings {
        checkpoint_records,
        index: IndexKind::Memory,
        background: Background::Inline,
        ..settings(&PathBuf::from("/d"))
    };
    JournalStore::open(settings, Arc::new(disk.clone()), Arc::new(SystemRandom), Arc::new(Tally))
}

#[test]
fn the_journal_with_sled_keeps_every_promise() {
    for checkpoint_records in [3, 50_000] {
        conformance::all(&mut || Box::new(InFolder { dir: tempfile::tempdir().unwrap(), checkpoint_records }));
    }
}

#[test]
fn the_journal_keeps_every_promise_when_the_plug_is_pulled_before_each_opening() {
    for seed in 0..4 {
        conformance::all(&mut || Box::new(OnTormentedDisk { disk: TormentedDisk::new(seed) }));
    }
}
