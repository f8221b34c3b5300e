//! What an operator does comes out as it should, with the store serving or not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::conformance::{Tally, Writer, case};
use crate::disk::RealDisk;
use crate::{JournalStore, Sequence, Settings, Store, SystemRandom, Unit};

struct Scene {
    dir: tempfile::TempDir,
    disk: Arc<dyn Disk>,
}

impl Scene {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), disk: Arc::new(RealDisk) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn open(&self, data: &str) -> Result<JournalStore, OpenError> {
        let settings = Settings {
            segment_bytes: 1 << 16,
            boot_id: "boot".to_owned(),
            index_cache_bytes: 1 << 20,
            checkpoint_records: 20,
            ..Settings::new(self.path(data), self.path("key"))
        };
        JournalStore::open(settings, Arc::clone(&self.disk), Arc::new(SystemRandom), Arc::new(Tally))
    }

    fn verify(&self, data: &str) -> Result<VerifyReport, AdminError> {
        verify(&self.disk, &self.path(data), &self.path("key"))
    }

    fn backup(&self, store: &JournalStore) -> BackupReport {
        backup(store, &RealDisk, &self.path("backup"), &self.path("backup-keys")).unwrap()
    }

    fn restore(&self, data: &str) -> Result<VerifyReport, AdminError> {
        let (from, keys) = (self.path("backup"), self.path("backup-keys"));
        restore(&self.disk, &from, &keys, &self.path(data), &self.path("key"), Until::End)
    }

    fn restore_until(&self, data: &str, until: Until) -> Result<VerifyReport, AdminError> {
        let (from, keys) = (self.path("backup"), self.path("backup-keys"));
        restore(&self.disk, &from, &keys, &self.path(data), &self.path("key"), until)
    }
}

fn write(store: &JournalStore, writers: &mut [Writer], rounds: usize) {
    for _ in 0..rounds {
        let units = writers
            .iter_mut()
            .zip(0..)
            .map(|(writer, number)| Unit::one(writer.append(case(number), &[(1, &[b'a'; 700]), (2, b"Solrosgatan")])))
            .collect();
        assert!(store.commit(units).unwrap().iter().all(Result::is_ok));
    }
}

#[test]
fn a_backup_while_serving_is_incremental_and_restores_record_by_record() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..10).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 30);
    let first = scene.backup(&store);
    assert!(first.segments_copied > 2, "{first:?}");
    write(&store, &mut writers, 30);
    let second = scene.backup(&store);
    assert_eq!(second.segments_kept + 1, first.segments_copied, "full segments are kept: {second:?}");
    let head = store.head(case(3)).unwrap();
    let history = store.history(case(3), Sequence::NONE, 999).unwrap();
    write(&store, &mut writers, 1);
    drop(store);
    let report = scene.restore("restored").unwrap();
    assert_eq!((report.records_count, report.streams_count, report.damages.len()), (600, 10, 0));
    assert_eq!((report.sections_count, report.last_batch), (1200, second.last_batch));
    let restored = scene.open("restored").unwrap();
    assert_eq!(restored.head(case(3)).unwrap(), head);
    assert_eq!(restored.history(case(3), Sequence::NONE, 999).unwrap(), history);
    let mut other = Writer::new();
    restored.commit(vec![Unit::one(other.append(case(99), &[(1, b"goes on")]))]).unwrap()[0].as_ref().unwrap();
    assert!(matches!(scene.restore("restored"), Err(AdminError::NotEmpty { .. })));
}

#[test]
fn a_backup_that_has_changed_is_not_restored() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    write(&store, &mut [Writer::new()], 3);
    scene.backup(&store);
    let path = scene.path("backup/journal/0000000001.segment");
    let good = std::fs::read(&path).unwrap();
    let mut bad = good.clone();
    bad[5000] ^= 1;
    std::fs::write(&path, bad).unwrap();
    assert!(matches!(scene.restore("one"), Err(AdminError::BackupDamaged { .. })));
    assert!(!scene.path("one/FORMAT").exists(), "what was not restored whole is no store");
    std::fs::write(&path, good).unwrap();
    std::fs::rename(scene.path("key"), scene.path("elsewhere")).unwrap();
    assert!(matches!(scene.restore("two"), Err(AdminError::Open(OpenError::KeyFileMissing { .. }))));
    std::fs::rename(scene.path("elsewhere"), scene.path("key")).unwrap();
    assert_eq!(scene.restore("three").unwrap().damages, []);
}

#[test]
fn verify_walks_everything_and_names_what_is_damaged() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..5).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 20);
    store.dispose(case(1), None).unwrap();
    let live = store.verify().unwrap();
    assert!(matches!(scene.verify("data"), Err(AdminError::Open(OpenError::Held { .. }))));
    drop(store);
    let report = scene.verify("data").unwrap();
    assert_eq!(report, live);
    assert_eq!((report.records_count, report.sections_disposed_count, report.damages.len()), (100, 40, 0));
    let path = scene.path("data/journal/0000000001.segment");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2 + 2500;
    bytes[at] ^= 0x10;
    std::fs::write(&path, bytes).unwrap();
    let report = scene.verify("data").unwrap();
    assert_eq!(report.damages.len(), 1, "{report:?}");
    assert_eq!(report.damages[0].file, Path::new("journal/0000000001.segment"));
    assert!(report.damages[0].offset.abs_diff(at as u64) < 4096);
}

#[test]
fn a_rebuilt_index_says_the_same_as_the_one_before() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..30).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 5);
    store.close().unwrap();
    let heads = |store: &JournalStore| -> Vec<_> { (0..30).map(|number| store.head(case(number)).unwrap()).collect() };
    let before = heads(&store);
    assert!(matches!(rebuild(&RealDisk, &scene.path("data")), Err(AdminError::Open(OpenError::Held { .. }))));
    drop(store);
    assert!(count(&RealDisk, &scene.path("data")).unwrap().index_bytes > 0);
    let store = scene.open("data").unwrap();
    assert_eq!((heads(&store), store.stats().replayed_count), (before.clone(), 0), "a clean stop needs no replay");
    drop(store);
    rebuild(&RealDisk, &scene.path("data")).unwrap();
    let usage = count(&RealDisk, &scene.path("data")).unwrap();
    assert_eq!((usage.index_bytes, usage.key_files_count), (0, 1));
    let store = scene.open("data").unwrap();
    assert_eq!((heads(&store), store.stats().replayed_count), (before, 150));
}

/// A record of a case as the engine writes it, made at an hour of a day.
fn record(sequence: u64, hour: i64) -> livshandelse_core::event::Record {
    livshandelse_core::event::Record {
        sequence: livshandelse_core::id::Sequence(sequence),
        at: livshandelse_core::time::CivilTime(hour * 3_600_000),
        actor: livshandelse_core::command::Actor::Time,
        purpose: "clock".to_owned(),
        events: vec![livshandelse_core::event::Event::DraftExpired],
        effects: vec![],
    }
}

#[test]
fn a_store_is_restored_to_a_point_in_time_and_goes_on_from_there() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    // Two hundred hours of one case fill several segments; another case writes beside it at odd hours.
    for hour in 1..=200u64 {
        for stream in [1, 2].into_iter().filter(|stream| *stream == 1 || hour % 2 == 1) {
            let sequence = if stream == 1 { hour } else { hour.div_ceil(2) };
            let encoded = crate::record::encode(&record(sequence, hour as i64), &|_| crate::record::OWN_SPACE);
            let sections = encoded.into_iter().map(|(space, payload)| crate::Section { space, payload }).collect();
            let head = crate::Head { state: None, wake: None, listed_under: vec![] };
            let append = crate::Append { stream: case(stream), expected: Sequence(sequence - 1), sections, head };
            assert!(store.commit(vec![Unit::one(append)]).unwrap().iter().all(Result::is_ok));
        }
    }
    scene.backup(&store);
    drop(store);
    let report = scene.restore_until("then", Until::Time(101 * 3_600_000)).unwrap();
    assert_eq!((report.damages.len(), report.records_count), (0, 101 + 51));
    let verified = scene.verify("then").unwrap();
    assert_eq!((verified.damages.len(), verified.records_count, verified.is_torn), (0, 152, false));
    let store = scene.open("then").unwrap();
    assert_eq!(store.history(case(1), Sequence::NONE, usize::MAX).unwrap().len(), 101);
    let mut writers = [Writer::new()];
    write(&store, &mut writers, 3);
    drop(store);
    assert_eq!(scene.verify("then").unwrap().damages, [], "it goes on where it was cut");
    let by_batch = scene.restore_until("batch", Until::Batch(10)).unwrap();
    assert_eq!((by_batch.last_batch, by_batch.records_count), (10, 10));
    assert_eq!(scene.restore_until("whole", Until::Time(i64::MAX)).unwrap().records_count, 300);
    assert_eq!(scene.restore_until("nothing", Until::Time(0)).unwrap().records_count, 0);
}
