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

    fn try_backup(&self, store: &JournalStore) -> Result<BackupReport, AdminError> {
        backup(store, &RealDisk, &self.path("backup"), &self.path("backup-keys"))
    }

    /// Flips a bit of a file, while it may be open.
    fn flip(&self, name: &str, at: u64) {
        use std::os::unix::fs::FileExt;
        let file = std::fs::OpenOptions::new().read(true).write(true).open(self.path(name)).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
    }

    fn mend(&self, data: &str) -> Result<MendReport, AdminError> {
        let (from, keys) = (self.path("backup"), self.path("backup-keys"));
        mend(&self.disk, &from, &keys, &self.path(data), &self.path("key"))
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

/// Where the first batch of a segment begins.
const BATCH: u64 = 4096;

#[test]
fn a_backup_keeps_whole_what_was_damaged_since_and_takes_the_rest() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..4).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 2);
    let whole = scene.backup(&store);
    assert_eq!((whole.damages, whole.damages_copied), (vec![], vec![]));
    write(&store, &mut writers, 1);
    // In the newest segment, in what the backup has; then a key.
    scene.flip("data/journal/0000000001.segment", BATCH + 2500);
    scene.flip("data/keys/0000000001.keys", 3 * 128 + 50);
    let report = scene.backup(&store);
    let found: Vec<_> = report.damages.iter().map(|damage| (damage.part, damage.offset)).collect();
    assert!(matches!(found[..], [(DamagedPart::Body, 4096..8192), (DamagedPart::KeySlot, 384)]), "{found:?}");
    assert!(report.damages[0].stream.is_some(), "it is told whose it is");
    assert_eq!(report.damages_copied, []);
    // Again: a second backup does not lose what the first has kept.
    assert_eq!(scene.backup(&store).damages_copied, []);
    drop(store);
    let restored = scene.restore("restored").unwrap();
    assert_eq!((restored.damages.len(), restored.records_count), (0, 12), "with what came after the damage");
}

#[test]
fn what_no_backup_has_is_copied_damaged_and_named() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..4).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 1);
    scene.backup(&store);
    write(&store, &mut writers, 1);
    let at = store.stats().segment_used_bytes;
    write(&store, &mut writers[..1], 1);
    scene.flip("data/journal/0000000001.segment", at + 700);
    let unit = Unit::one(writers[1].append(case(1), &[(1, b"after it")]));
    assert_eq!(store.commit(vec![unit]).unwrap(), [Ok(())]);
    let report = scene.backup(&store);
    assert_eq!(report.damages.len(), 1, "{:?}", report.damages);
    assert_eq!(report.damages_copied, report.damages);
    drop(store);
    let restored = scene.restore("restored").unwrap();
    assert_eq!((restored.damages.len(), restored.records_count), (1, 9), "all but one record are saved");
}

#[test]
fn a_backup_of_what_a_store_no_longer_has_is_left_as_it_is() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..4).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 30);
    scene.backup(&store);
    drop(store);
    scene.restore_until("then", Until::Batch(10)).unwrap();
    let store = scene.open("then").unwrap();
    let is_other = |made: Result<BackupReport, AdminError>| matches!(made, Err(AdminError::OtherWay { batch: 30, .. }));
    assert!(is_other(scene.try_backup(&store)), "it is shorter");
    let mut others: Vec<Writer> = (0..4).map(|_| Writer::new()).collect();
    for _ in 0..40 {
        let unit =
            others.iter_mut().zip(50..).map(|(writer, number)| writer.append(case(number), &[(1, &[b'b'; 700])]));
        assert!(store.commit(unit.map(Unit::one).collect()).unwrap().iter().all(Result::is_ok));
    }
    assert!(is_other(scene.try_backup(&store)), "it is longer, and another");
    drop(store);
    assert_eq!(scene.restore("again").unwrap().records_count, 120);
}

#[test]
fn a_backup_cut_short_leaves_the_one_before_it_good() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..4).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 2);
    scene.backup(&store);
    let manifest = std::fs::read(scene.path("backup/MANIFEST")).unwrap();
    write(&store, &mut writers, 2);
    let mut new = [Writer::new()];
    let unit = Unit::one(new[0].append(case(77), &[(1, b"a key more")]));
    assert_eq!(store.commit(vec![unit]).unwrap(), [Ok(())]);
    scene.backup(&store);
    // As if the power had gone before the manifest was written.
    std::fs::write(scene.path("backup/MANIFEST"), manifest).unwrap();
    let restored = scene.restore("restored").unwrap();
    assert_eq!((restored.damages.len(), restored.records_count), (0, 8));
    assert_eq!(scene.backup(&store).damages, []);
}

#[test]
fn what_is_damaged_is_mended_from_a_backup_and_what_came_after_it_stays() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    let mut writers: Vec<Writer> = (0..4).map(|_| Writer::new()).collect();
    write(&store, &mut writers, 40);
    store.dispose(case(3), Some(crate::SpaceId(2))).unwrap();
    scene.backup(&store);
    store.dispose(case(2), Some(crate::SpaceId(2))).unwrap();
    write(&store, &mut writers[..2], 1);
    let heads = |store: &JournalStore| -> Vec<_> { (0..4).map(|number| store.head(case(number)).unwrap()).collect() };
    let before = heads(&store);
    store.close().unwrap();
    drop(store);
    assert!(scene.path("data/journal/0000000003.segment").exists(), "there are some");
    scene.flip("data/journal/0000000001.segment", BATCH + 2500);
    scene.flip("data/keys/0000000001.keys", 128 + 50);
    std::fs::remove_file(scene.path("data/journal/0000000002.segment")).unwrap();
    let store = scene.open("data").unwrap();
    assert!(!store.quarantined().is_empty(), "a start finds it");
    assert!(matches!(scene.mend("data"), Err(AdminError::Open(OpenError::Held { .. }))));
    drop(store);
    let report = scene.mend("data").unwrap();
    let parts: Vec<_> = report.mended.iter().map(|damage| damage.part).collect();
    assert_eq!(parts, [DamagedPart::Body, DamagedPart::SegmentMissing, DamagedPart::KeySlot]);
    assert_eq!((report.now.damages.len(), report.now.records_count), (0, 162));
    let store = scene.open("data").unwrap();
    assert_eq!((heads(&store), store.quarantined()), (before, vec![]), "with what came after the backup");
    let history = store.history(case(2), Sequence::NONE, 1).unwrap();
    assert_eq!(history[0].sections[1].payload, crate::Payload::Disposed, "what was destroyed stays so");
}

#[test]
fn damage_that_the_backup_has_too_stays_and_is_named() {
    let scene = Scene::new();
    let store = scene.open("data").unwrap();
    write(&store, &mut [Writer::new()], 3);
    scene.flip("data/journal/0000000001.segment", BATCH + 700);
    assert_eq!(scene.backup(&store).damages_copied.len(), 1);
    drop(store);
    let report = scene.mend("data").unwrap();
    assert_eq!((report.mended.len(), report.now.damages.is_empty()), (0, false));
}
