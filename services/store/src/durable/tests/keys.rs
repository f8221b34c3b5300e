//! Which keys a case has: told by its head, and by nothing in memory.

use super::*;
use crate::{Payload, Unit};

const KEYS: &str = "/d/data/keys/0000000001.keys";

/// A store whose checkpoints are written at once, after each commit.
fn at_once(dir: &Path) -> JournalStore {
    let settings = Settings { checkpoint_records: 1, background: Background::Inline, ..settings(dir) };
    JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(Tally)).unwrap()
}

#[test]
fn a_key_that_is_lost_while_serving_quarantines_its_case_and_nothing_looks_disposed_of() {
    let disk = TormentedDisk::new(2);
    let store = open_tormented(&disk, 100_000).unwrap();
    let mut writer = conformance::Writer::new();
    commit(&store, &mut writer, 0, b"first").unwrap();
    // So many others that its key is not at hand any more.
    let others = (1..3_000)
        .map(|number| Unit::one(conformance::Writer::new().append(conformance::case(number), &[(1, b"another")])));
    assert!(store.commit(others.collect()).unwrap().iter().all(Result::is_ok));
    disk.alter(Path::new(KEYS), |bytes| bytes[128 + 50] ^= 4);
    let stream = conformance::case(0);
    let append = writer.append(stream, &[(1, b"second")]);
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Err(Refusal::Quarantined { stream })]);
    let damage = store.quarantined().remove(0);
    assert_eq!((damage.stream, damage.part), (Some(stream), crate::DamagedPart::KeyMissing));
    assert!(matches!(store.history(stream, Sequence::NONE, 9), Err(Error::Quarantined { .. })));
    commit(&store, &mut conformance::Writer::new(), 3_000, b"others go on").unwrap();
    assert_eq!(store.dispose(stream, None).unwrap().keys_count, 1, "what is left of it might be read by others");
    assert_eq!(disk.content(Path::new(KEYS))[128 + 4], 2, "its place says that it was destroyed");
}

#[test]
fn a_checkpoint_does_not_take_a_lost_key_for_one_that_was_destroyed() {
    let disk = TormentedDisk::new(11);
    let store = open_tormented(&disk, 100_000).unwrap();
    let (stream, mut writer) = (conformance::case(0), conformance::Writer::new());
    let append = writer.append(stream, &[(1, b"hers"), (2, b"his")]);
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Ok(())]);
    let others = (1..3_000)
        .map(|number| Unit::one(conformance::Writer::new().append(conformance::case(number), &[(1, b"another")])));
    assert!(store.commit(others.collect()).unwrap().iter().all(Result::is_ok));
    disk.alter(Path::new(KEYS), |bytes| bytes[2 * 128 + 50] ^= 4);
    store.close().unwrap();
    let append = writer.append(stream, &[(2, b"his again")]);
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Err(Refusal::Quarantined { stream })]);
}

#[test]
fn a_space_whose_end_a_crash_kept_from_the_head_goes_on_under_a_new_key() {
    let dir = tempfile::tempdir().unwrap();
    let (stream, mut writer) = (conformance::case(1), conformance::Writer::new());
    let store = at_once(dir.path());
    let append = writer.append(stream, &[(1, b"hers"), (2, b"his")]);
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Ok(())]);
    assert_eq!(store.dispose(stream, Some(SpaceId(2))).unwrap().keys_count, 1);
    // The process dies: the head in the index still names the key.
    drop(store);
    let store = at_once(dir.path());
    let append = writer.append(stream, &[(1, b"hers again")]);
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Ok(())]);
    let append = writer.append(stream, &[(2, b"his again")]);
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Ok(())]);
    drop(store);
    let store = at_once(dir.path());
    assert!(store.head(stream).unwrap().unwrap().state.is_some(), "the index has a state that can be read");
    let history = store.history(stream, Sequence::NONE, 9).unwrap();
    let sections = history.iter().flat_map(|record| record.sections.iter().map(|section| section.payload.clone()));
    let plain = |bytes: &[u8]| Payload::Plain(bytes.to_vec());
    assert_eq!(
        sections.collect::<Vec<_>>(),
        [plain(b"hers"), Payload::Disposed, plain(b"hers again"), plain(b"his again")]
    );
    assert_eq!(store.stats().keys_count, 2);
}

#[test]
fn of_a_case_that_cannot_be_read_all_keys_are_destroyed() {
    let disk = TormentedDisk::new(8);
    let (stream, mut writer) = (conformance::case(1), conformance::Writer::new());
    let store = open_tormented(&disk, 100_000).unwrap();
    let append = writer.append(stream, &[(1, b"hers"), (2, b"his")]);
    assert_eq!(store.commit(vec![Unit::one(append)]).unwrap(), [Ok(())]);
    commit(&store, &mut conformance::Writer::new(), 2, b"another's").unwrap();
    store.close().unwrap();
    drop(store);
    let path = journal_files(&disk).remove(0);
    disk.alter(&path, |bytes| bytes[4096 + 150] ^= 1);
    let store = open_tormented(&disk, 100_000).unwrap();
    assert!(store.quarantined().iter().any(|damage| damage.stream == Some(stream)));
    assert_eq!(store.stats().keys_count, 3);
    assert_eq!(store.dispose(stream, None).unwrap().keys_count, 2);
    assert_eq!(store.stats().keys_count, 1);
}

#[test]
fn what_was_replayed_counts_towards_the_next_checkpoint() {
    let disk = TormentedDisk::new(9);
    let mut writer = conformance::Writer::new();
    let store = open_tormented(&disk, 10).unwrap();
    (0..8).for_each(|_| commit(&store, &mut writer, 1, b"before").unwrap());
    drop(store);
    let store = open_tormented(&disk, 10).unwrap();
    assert_eq!((store.stats().replayed_count, store.stats().checkpoints_count), (8, 0));
    (0..2).for_each(|_| commit(&store, &mut writer, 1, b"after").unwrap());
    assert_eq!(store.stats().checkpoints_count, 1, "short lives do not add up to a long replay");
}
