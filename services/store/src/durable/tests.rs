//! The durable store keeps the promises of every store, and a few of its own.

mod keys;

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::SystemRandom;
use crate::conformance::{self, Place, Tally};
use crate::disk::RealDisk;
use crate::disk::torment::TormentedDisk;

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

fn commit(store: &dyn Store, writer: &mut conformance::Writer, number: u64, payload: &[u8]) -> Result<(), Error> {
    let results = store.commit(vec![Unit::one(writer.append(conformance::case(number), &[(1, payload)]))])?;
    assert_eq!(results, [Ok(())]);
    Ok(())
}

fn journal_files(disk: &TormentedDisk) -> Vec<PathBuf> {
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "segment");
    disk.names().into_iter().filter(is_segment).collect()
}

#[test]
fn a_store_that_is_open_is_held_and_one_of_another_clock_version_or_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let open = |settings: Settings| {
        JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(Tally)).map(drop)
    };
    let store = JournalStore::open(settings(dir.path()), Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(Tally));
    assert!(matches!(open(settings(dir.path())), Err(OpenError::Held { .. })));
    drop(store.unwrap());
    let lapse = Settings { clock: ClockKind::TimeLapse, ..settings(dir.path()) };
    assert!(matches!(open(lapse), Err(OpenError::OtherClock { made: ClockKind::Real, given: ClockKind::TimeLapse })));
    let odd = Settings { segment_bytes: 70_000, ..settings(dir.path()) };
    assert!(matches!(open(odd), Err(OpenError::SegmentBytes { segment_bytes: 70_000 })));
    let other_key = Settings { key_file: dir.path().join("other"), ..settings(dir.path()) };
    assert!(matches!(open(other_key.clone()), Err(OpenError::KeyFileMissing { .. })), "never made for an old store");
    std::fs::write(dir.path().join("other"), "secret").unwrap();
    assert!(matches!(open(other_key.clone()), Err(OpenError::KeyFileUnreadable { .. })));
    std::fs::write(dir.path().join("other"), format!("livshandelse-key-1 {}\n", "ab".repeat(32))).unwrap();
    assert!(matches!(open(other_key), Err(OpenError::KeyFileWrong { .. })));
    let format = dir.path().join("data/FORMAT");
    let text = std::fs::read_to_string(&format).unwrap();
    std::fs::write(&format, text.replace("version 4", "version 5")).unwrap();
    assert!(matches!(open(settings(dir.path())), Err(OpenError::Newer { found: 5, known: 4 })));
    for earlier in ["version 1", "version 2", "version 3"] {
        std::fs::write(&format, text.replace("version 4", earlier)).unwrap();
        open(settings(dir.path())).expect("an earlier format is read");
        assert_eq!(std::fs::read_to_string(&format).unwrap(), text, "and its own program refuses it from then on");
    }
    std::fs::remove_file(&format).unwrap();
    open(settings(dir.path())).expect("an empty journal may be founded anew");
    let store = JournalStore::open(settings(dir.path()), Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(Tally));
    commit(&store.unwrap(), &mut conformance::Writer::new(), 1, b"x").unwrap();
    std::fs::remove_file(&format).unwrap();
    assert!(matches!(open(settings(dir.path())), Err(OpenError::NotAStore { .. })));
}

#[test]
fn a_night_of_restarts_leaves_no_key_files_behind() {
    let disk = TormentedDisk::new(1);
    for round in 0..60 {
        let store = open_tormented(&disk, 7).unwrap();
        for earlier in 0..round {
            let history = store.history(conformance::case(earlier), Sequence::NONE, 9).unwrap();
            assert_eq!(history.len(), 1, "round {round}: case {earlier} keeps its key");
        }
        commit(&store, &mut conformance::Writer::new(), round, b"under a key of its own").unwrap();
        match round % 3 {
            0 => disk.kill(),
            1 => disk.crash(),
            _ => store.close().unwrap(),
        }
        drop(store);
    }
    let files = disk.names().into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "keys"));
    assert_eq!(files.count(), 1, "sixty keys take no second file");
}

#[test]
fn only_the_owner_may_read_the_key_file_and_the_data() {
    use std::os::unix::fs::PermissionsExt;
    let place = InFolder { dir: tempfile::tempdir().unwrap(), checkpoint_records: 10 };
    commit(&*place.open(), &mut conformance::Writer::new(), 1, b"x").unwrap();
    let mode = |name: &str| std::fs::metadata(place.dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("key"), mode("data"), mode("data/journal/0000000001.segment")), (0o600, 0o700, 0o600));
}

#[test]
fn nothing_sealed_is_readable_in_the_data_directory() {
    let place = InFolder { dir: tempfile::tempdir().unwrap(), checkpoint_records: 5 };
    let secret = b"19121212-1212 Tolvan";
    let store = place.open();
    let mut writer = conformance::Writer::new();
    for _ in 0..20 {
        commit(&*store, &mut writer, 1, secret).unwrap();
    }
    let state = writer.state();
    store.close().unwrap();
    drop(store);
    let mut files = vec![place.dir.path().to_owned()];
    let mut searched = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        searched += bytes.len();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!has(secret) && !has(&state), "{} tells what is sealed", path.display());
    }
    assert!(searched > 1 << 16, "the journal was among them");
}

#[test]
fn an_index_of_another_boot_is_believed_only_after_a_clean_stop() {
    let dir = tempfile::tempdir().unwrap();
    let open = |boot_id: &str| {
        let settings = Settings {
            boot_id: boot_id.to_owned(),
            checkpoint_records: 4,
            background: Background::Inline,
            ..settings(dir.path())
        };
        JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(Tally)).unwrap()
    };
    let mut writer = conformance::Writer::new();
    let store = open("a");
    (0..10).for_each(|_| commit(&store, &mut writer, 1, b"x").unwrap());
    assert_eq!(store.stats().checkpoints_count, 2);
    drop(store);
    let store = open("a");
    assert_eq!(store.stats().replayed_count, 2, "the same boot: only what came after the checkpoint");
    drop(store);
    let store = open("b");
    assert_eq!(store.stats().replayed_count, 10, "another boot: everything");
    store.close().unwrap();
    drop(store);
    let store = open("c");
    assert_eq!(store.stats().replayed_count, 0, "closed cleanly: nothing");
    assert_eq!(store.head(conformance::case(1)).unwrap().unwrap().state, Some(writer.state()));
    drop(store);
    std::fs::write(dir.path().join("data/index/conf"), b"garbage").unwrap();
    assert_eq!(open("c").stats().replayed_count, 10, "unreadable: everything");
}

#[test]
fn a_full_disk_refuses_a_commit_whole_and_room_makes_it_go_on() {
    let disk = TormentedDisk::new(1);
    let store = open_tormented(&disk, 1000).unwrap();
    let mut writer = conformance::Writer::new();
    commit(&store, &mut writer, 1, &[1; 10_000]).unwrap();
    disk.set_capacity(disk.used_bytes());
    assert_eq!(store.room(), Room::Full);
    let mut stored = 1;
    let error = loop {
        let mut attempt = conformance::Writer::new();
        (0..stored).for_each(|_| drop(attempt.append(conformance::case(1), &[(1, &[1; 10_000])])));
        match commit(&store, &mut attempt, 1, &[1; 10_000]) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert!(stored > 1, "the segment that was begun has its room beforehand");
    assert_eq!(store.head(conformance::case(1)).unwrap().unwrap().sequence, Sequence(stored));
    let writes = disk.used_bytes();
    disk.set_capacity(writes + (4 << 20));
    let mut writer = conformance::Writer::new();
    (0..stored).for_each(|_| drop(writer.append(conformance::case(1), &[(1, &[1; 10_000])])));
    commit(&store, &mut writer, 1, &[1; 10_000]).unwrap();
    drop(store);
    disk.crash();
    let store = open_tormented(&disk, 1000).unwrap();
    assert_eq!(store.history(conformance::case(1), Sequence::NONE, 99).unwrap().len() as u64, stored + 1);
}

#[test]
fn a_failed_sync_poisons_the_store() {
    let disk = TormentedDisk::new(2);
    let store = open_tormented(&disk, 1000).unwrap();
    let mut writer = conformance::Writer::new();
    commit(&store, &mut writer, 1, b"one").unwrap();
    disk.fail_sync_after(0);
    let mut attempt = writer.append(conformance::case(1), &[(1, b"two")]);
    assert!(matches!(store.commit(vec![Unit::one(attempt.clone())]), Err(Error::Io { doing: "sync", .. })));
    assert_eq!(store.head(conformance::case(1)).unwrap().unwrap().sequence, Sequence(1), "readers never see it");
    attempt.expected = Sequence(1);
    assert!(matches!(store.commit(vec![Unit::one(attempt)]), Err(Error::Poisoned { .. })));
    assert!(matches!(store.dispose(conformance::case(1), None), Err(Error::Poisoned { .. })));
}

/// What the torment below knows was acknowledged, and what may be there besides.
#[derive(Default)]
struct Ledger {
    acknowledged: std::collections::BTreeMap<u64, Vec<Vec<u8>>>,
    in_flight: Vec<Vec<(u64, Vec<u8>)>>,
}

impl Ledger {
    /// Compares with what the store has, then takes over what was in flight and is there.
    fn check(&mut self, store: &JournalStore, seed: u64) {
        for units in std::mem::take(&mut self.in_flight) {
            let is_there = |number: u64| {
                let have = self.acknowledged.get(&number).map_or(0, Vec::len);
                let head = store.head(conformance::case(number)).unwrap();
                head.map_or(0, |head| usize::try_from(head.sequence.0).unwrap()) > have
            };
            let there: Vec<bool> = units.iter().map(|(number, _)| is_there(*number)).collect();
            assert!(there.iter().all(|one| *one == there[0]), "seed {seed}: a unit is there in part");
            if there[0] {
                units
                    .into_iter()
                    .for_each(|(number, payload)| self.acknowledged.entry(number).or_default().push(payload));
            }
        }
        for (number, payloads) in &self.acknowledged {
            let history = store.history(conformance::case(*number), Sequence::NONE, 10_000).unwrap();
            let plain: Vec<&[u8]> = history
                .iter()
                .map(|record| match &record.sections[0].payload {
                    crate::Payload::Plain(plain) => plain.as_slice(),
                    crate::Payload::Disposed => panic!("seed {seed}: nothing was disposed of"),
                })
                .collect();
            assert!(plain == payloads.iter().map(Vec::as_slice).collect::<Vec<_>>(), "seed {seed}: case {number}");
            let mut writer = conformance::Writer::new();
            payloads.iter().for_each(|payload| drop(writer.append(conformance::case(*number), &[(1, payload)])));
            let head = store.head(conformance::case(*number)).unwrap().unwrap();
            assert_eq!(head.state, Some(writer.state()), "seed {seed}: the state is that of the history");
        }
        assert_eq!(store.quarantined(), [], "seed {seed}: a crash is no damage");
        let report = store.verify().unwrap();
        assert_eq!(report.damages, [], "seed {seed}: chains verify");
    }
}

fn torment(seed: u64) {
    let disk = TormentedDisk::new(seed);
    let mut dice = seed;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut ledger = Ledger::default();
    for _ in 0..5 {
        if roll(3) == 0 {
            // Crash while it opens, too.
            let count = u32::try_from(roll(12)).unwrap();
            if roll(2) == 0 { disk.fail_sync_after(count) } else { disk.fail_write_after(count) }
        }
        let Ok(store) = open_tormented(&disk, 6) else {
            disk.crash();
            continue;
        };
        ledger.check(&store, seed);
        match roll(4) {
            0 => disk.fail_sync_after(u32::try_from(roll(20)).unwrap()),
            1 => disk.fail_write_after(u32::try_from(roll(20)).unwrap()),
            _ => {}
        }
        for _ in 0..roll(25) {
            // One record each for one to three cases, so that a unit spans streams.
            let first = roll(6);
            let contents: Vec<(u64, Vec<u8>)> = (0..=roll(3))
                .map(|index| {
                    ((first + index) % 6, vec![u8::try_from(roll(256)).unwrap(); usize::try_from(roll(3000)).unwrap()])
                })
                .collect();
            let appends = contents
                .iter()
                .map(|(number, payload)| {
                    let mut writer = conformance::Writer::new();
                    let before = ledger.acknowledged.get(number).map_or(&[][..], Vec::as_slice);
                    before.iter().for_each(|old| drop(writer.append(conformance::case(*number), &[(1, old)])));
                    writer.append(conformance::case(*number), &[(1, payload)])
                })
                .collect();
            match store.commit(vec![Unit(appends)]) {
                Ok(results) => {
                    assert_eq!(results, [Ok(())], "seed {seed}");
                    contents
                        .into_iter()
                        .for_each(|(number, payload)| ledger.acknowledged.entry(number).or_default().push(payload));
                }
                Err(_) => {
                    ledger.in_flight.push(contents);
                    break;
                }
            }
        }
        drop(store);
        if roll(3) == 0 { disk.kill() } else { disk.crash() }
    }
    disk.crash();
    ledger.check(&open_tormented(&disk, 6).unwrap(), seed);
}

#[test]
fn what_was_acknowledged_survives_whatever_the_disk_does() {
    (0..60).for_each(torment);
}

#[test]
fn a_flipped_bit_is_found_and_named_and_never_returned_as_good() {
    // One journal, and a copy of it for every bit that is flipped.
    let write = || {
        let disk = TormentedDisk::new(9);
        let store = open_tormented(&disk, 1000).unwrap();
        let mut writers: Vec<conformance::Writer> = (0..4).map(|_| conformance::Writer::new()).collect();
        for round in 0..3u8 {
            let append = |(writer, number): (&mut conformance::Writer, u64)| {
                Unit::one(writer.append(conformance::case(number), &[(1, &[round; 300]), (2, b"other")]))
            };
            let units = writers.iter_mut().zip(0..).map(append).collect();
            assert!(store.commit(units).unwrap().iter().all(Result::is_ok));
        }
        let good: Vec<_> =
            (0..4).map(|number| store.history(conformance::case(number), Sequence::NONE, 9).unwrap()).collect();
        drop(store);
        disk.crash();
        (disk, good)
    };
    let (disk, good) = write();
    let path = journal_files(&disk).remove(0);
    let used = disk.content(&path).iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for at in (0..used).step_by(61).chain(used + 1000..used + 1001) {
        let original = disk.content(&path);
        disk.alter(&path, |bytes| bytes[at] ^= 1 << (at % 8));
        let store = open_tormented(&disk, 1000).unwrap();
        let damages = store.quarantined();
        // Beyond the end it cannot be told from a write that was torn; nothing there was ever acknowledged, and opening clears it.
        assert!(at >= used || !damages.is_empty(), "a bit flipped at {at} of {used} is found");
        for (number, good) in (0..4).zip(&good) {
            match store.history(conformance::case(number), Sequence::NONE, 9) {
                Ok(history) => assert_eq!(&history, good, "byte {at}: what is returned is good"),
                Err(Error::Quarantined { stream }) => {
                    assert!(damages.iter().any(|damage| damage.stream == Some(stream)), "byte {at}: and named");
                }
                Err(error) => panic!("byte {at}: {error}"),
            }
        }
        // At most one of the four is hurt by one bit; the rest goes on.
        let hurt = (0..4).filter(|number| store.head(conformance::case(*number)).is_err()).count();
        assert!(hurt <= 1, "byte {at}: {hurt} are quarantined");
        drop(store);
        disk.kill();
        disk.alter(&path, |bytes| *bytes = original);
    }
}

#[test]
fn a_quarantined_case_stays_so_after_reopening_and_takes_no_more() {
    let place = InFolder { dir: tempfile::tempdir().unwrap(), checkpoint_records: 2 };
    let store = place.open();
    let (mut one, mut two) = (conformance::Writer::new(), conformance::Writer::new());
    commit(&*store, &mut one, 1, &[7; 2000]).unwrap();
    for _ in 0..5 {
        commit(&*store, &mut two, 2, b"fine").unwrap();
    }
    store.close().unwrap();
    drop(store);
    let path = place.dir.path().join("data/journal/0000000001.segment");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096 + 1000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let store = place.open();
    let stream = conformance::case(1);
    assert!(
        matches!(store.history(stream, Sequence::NONE, 9), Err(Error::Quarantined { .. })),
        "found when it is read"
    );
    let append = one.append(stream, &[(1, b"more")]);
    assert_eq!(store.commit(vec![Unit::one(append.clone())]).unwrap(), [Err(Refusal::Quarantined { stream })]);
    commit(&*store, &mut two, 2, b"goes on").unwrap();
    store.close().unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Err(Refusal::Quarantined { stream })]);
    assert!(store.quarantined().iter().any(|damage| damage.stream == Some(stream)));
}

#[test]
fn a_batch_of_commits_takes_one_sync_for_the_journal_and_one_for_new_keys() {
    let disk = TormentedDisk::new(1);
    let store = open_tormented(&disk, 100_000).unwrap();
    let mut writers: Vec<conformance::Writer> = (0..20).map(|_| conformance::Writer::new()).collect();
    let mut batch = |syncs_max: u64| {
        let before = disk.syncs_count();
        let append = |(writer, number): (&mut conformance::Writer, u64)| {
            Unit::one(writer.append(conformance::case(number), &[(1, b"x"), (2, b"y")]))
        };
        assert!(store.commit(writers.iter_mut().zip(0..).map(append).collect()).unwrap().iter().all(Result::is_ok));
        assert!(disk.syncs_count() - before <= syncs_max, "{} syncs", disk.syncs_count() - before);
    };
    // The first also begins a segment and a file of keys.
    batch(10);
    batch(1);
    batch(1);
}
