//! Keys are there after a crash once they were taken, and gone once they were destroyed.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::join::KeyWound;
use super::*;
use crate::conformance::case;
use crate::disk::torment::TormentedDisk;
use crate::{SpaceId, SystemRandom};

fn master() -> MasterKey {
    MasterKey::new(Zeroizing::new([7; 32]), [1; 16])
}

fn open(disk: &TormentedDisk) -> KeyLog {
    let (log, wounds) = KeyLog::open(Arc::new(disk.clone()), Path::new("/k"), &master(), [1; 16], true).unwrap();
    assert_eq!(wounds, []);
    log
}

fn is_live(log: &KeyLog, stream: u64, space: u32, number: u32) -> bool {
    matches!(log.of_section(case(stream), SpaceId(space), number).unwrap(), SectionKey::Live(_))
}

fn cipher(log: &KeyLog, stream: u64, space: u32, number: u32) -> Arc<Aes256Gcm> {
    match log.of_section(case(stream), SpaceId(space), number).unwrap() {
        SectionKey::Live(cipher) => cipher,
        SectionKey::Disposed | SectionKey::Missing => panic!("key {number} is not live"),
    }
}

fn is_disposed(log: &KeyLog, stream: u64, space: u32, number: u32) -> bool {
    matches!(log.of_section(case(stream), SpaceId(space), number).unwrap(), SectionKey::Disposed)
}

#[test]
fn keys_fill_one_file_after_another_and_survive_a_crash() {
    let disk = TormentedDisk::new(3);
    let log = open(&disk);
    let mut last = 0;
    for chunk in 0..10u64 {
        let keys: Vec<NewKey> =
            (0..1000).map(|n| log.take(case(chunk * 1000 + n), SpaceId(1), &SystemRandom).unwrap()).collect();
        last = keys[999].number;
        log.own(keys);
    }
    assert_eq!(log.file_names().len(), 2);
    let sealed = {
        let cipher = cipher(&log, 9999, 1, last);
        let mut sealed = b"secret".to_vec();
        assert!(seal_in_place(&cipher, &[0; 12], b"about", &mut sealed, 0));
        sealed
    };
    log.sync().unwrap();
    drop(log);
    disk.crash();
    let log = open(&disk);
    assert_eq!(log.keys_count(), 10_000);
    let cipher = cipher(&log, 9999, 1, last);
    assert_eq!(unseal(&cipher, &[0; 12], b"about", &sealed).unwrap(), b"secret");
    assert_eq!(unseal(&cipher, &[0; 12], b"other", &sealed), None);
    assert!(is_live(&log, 0, 1, 1));
    assert!(matches!(log.of_section(case(0), SpaceId(1), 2).unwrap(), SectionKey::Missing));
    assert!(matches!(log.of_section(case(0), SpaceId(2), 1).unwrap(), SectionKey::Missing));
}

#[test]
fn whose_a_key_became_is_learnt_from_a_record_after_a_crash_and_the_key_goes_to_nobody_else() {
    let disk = TormentedDisk::new(6);
    let log = open(&disk);
    let keys = (1..=3).map(|space| log.take(case(1), SpaceId(space), &SystemRandom).unwrap()).collect();
    log.own(keys);
    drop(log);
    disk.crash();
    let log = open(&disk);
    assert_eq!(log.keys_count(), 0, "only the records tell");
    assert_ne!(log.take(case(2), SpaceId(1), &SystemRandom).unwrap().number, 1, "it may be in use");
    assert!(is_live(&log, 1, 2, 2), "a record of the stream names it");
    assert_eq!(log.keys_count(), 1);
    assert!(
        matches!(log.of_section(case(2), SpaceId(2), 2).unwrap(), SectionKey::Missing),
        "it is the first one's now"
    );
    log.sync().unwrap();
    drop(log);
    disk.crash();
    let log = open(&disk);
    assert!(log.keys_count() == 1 && is_live(&log, 1, 2, 2));
}

#[test]
fn a_destroyed_key_is_gone_from_every_byte_and_a_new_one_follows_it() {
    let disk = TormentedDisk::new(4);
    let log = open(&disk);
    let keys = (1..=3).map(|space| log.take(case(1), SpaceId(space), &SystemRandom).unwrap()).collect();
    log.own(keys);
    let path = Path::new("/k/0000000001.keys");
    let slot: Vec<u8> = disk.content(path)[2 * 128 + 42..2 * 128 + 90].to_vec();
    let keys = [(SpaceId(1), 1), (SpaceId(2), 2), (SpaceId(3), 3)];
    assert_eq!(log.destroy(case(1), Some(SpaceId(2)), &keys).unwrap(), 1);
    assert_eq!(log.destroy(case(1), Some(SpaceId(2)), &keys).unwrap(), 0);
    assert!(!disk.content(path).windows(slot.len()).any(|window| window == slot));
    assert!(is_disposed(&log, 1, 2, 2) && is_live(&log, 1, 1, 1) && is_live(&log, 1, 3, 3));
    let key = log.take(case(1), SpaceId(2), &SystemRandom).unwrap();
    let new = key.number;
    assert!(new > 2);
    log.own(vec![key]);
    log.sync().unwrap();
    drop(log);
    disk.crash();
    let log = open(&disk);
    assert!(is_disposed(&log, 1, 2, 2) && is_live(&log, 1, 2, new));
    let keys = [(SpaceId(1), 1), (SpaceId(2), new), (SpaceId(3), 3)];
    assert_eq!(log.destroy(case(1), None, &keys).unwrap(), 3);
    drop(log);
    disk.crash();
    let log = open(&disk);
    assert!(log.is_disposed(case(1)) && is_disposed(&log, 1, 1, 1) && is_disposed(&log, 1, 2, new));
    assert_eq!(log.keys_count(), 0);
}

#[test]
fn a_disposal_cut_short_by_a_crash_is_whole_after_opening() {
    for syncs in 0..6 {
        let disk = TormentedDisk::new(u64::from(syncs));
        let log = open(&disk);
        let keys = (1..=3).map(|space| log.take(case(1), SpaceId(space), &SystemRandom).unwrap()).collect();
        log.own(keys);
        log.sync().unwrap();
        disk.fail_sync_after(syncs);
        let result = log.destroy(case(1), None, &[(SpaceId(1), 1), (SpaceId(2), 2), (SpaceId(3), 3)]);
        drop(log);
        disk.crash();
        let log = open(&disk);
        let live = log.keys_count();
        assert!(live == 0 || (live == 3 && !log.is_disposed(case(1))), "all or nothing, not {live} left");
        assert!(result.is_err() || live == 0, "what was reported gone is gone");
    }
}

#[test]
fn a_flipped_bit_in_a_slot_is_named_and_the_other_keys_stay() {
    let disk = TormentedDisk::new(5);
    let log = open(&disk);
    let keys = (1..=3).map(|space| log.take(case(1), SpaceId(space), &SystemRandom).unwrap()).collect();
    log.own(keys);
    drop(log);
    disk.kill();
    disk.alter(Path::new("/k/0000000001.keys"), |bytes| bytes[2 * 128 + 50] ^= 4);
    let (log, wounds) = KeyLog::open(Arc::new(disk), Path::new("/k"), &master(), [1; 16], true).unwrap();
    assert_eq!(wounds, [KeyWound { file: "0000000001.keys".to_owned(), offset: 256 }]);
    assert!(is_live(&log, 1, 1, 1) && is_live(&log, 1, 3, 3));
    assert!(matches!(log.of_section(case(1), SpaceId(2), 2).unwrap(), SectionKey::Missing));
}
