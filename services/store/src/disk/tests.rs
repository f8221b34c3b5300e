//! Both disks do what the door says; the tormented one torments.

use std::path::Path;
use std::sync::Arc;

use super::torment::TormentedDisk;
use super::{Disk, RealDisk, fill_with_zeros, read_exact_at, read_whole, replace};

fn names_and_bytes(disk: &dyn Disk, dir: &Path) {
    disk.create_dir(dir).unwrap();
    let file = disk.create(&dir.join("a")).unwrap();
    file.write_at(b"hello", 3).unwrap();
    file.sync().unwrap();
    assert_eq!(file.len_bytes().unwrap(), 8);
    assert_eq!(read_exact_at(&*file, 0, 8).unwrap(), b"\0\0\0hello");
    assert!(read_exact_at(&*file, 5, 8).is_err(), "past the end");
    disk.rename(&dir.join("a"), &dir.join("b")).unwrap();
    file.write_at(b"H", 3).unwrap();
    assert_eq!(read_whole(disk, &dir.join("b"), 8).unwrap().unwrap(), b"\0\0\0Hello");
    assert!(read_whole(disk, &dir.join("b"), 7).is_err(), "too large");
    assert!(read_whole(disk, &dir.join("a"), 7).unwrap().is_none());
    fill_with_zeros(&*file, 4, 3_000_000).unwrap();
    assert_eq!(file.len_bytes().unwrap(), 3_000_000);
    replace(disk, &dir.join("c"), b"one").unwrap();
    replace(disk, &dir.join("c"), b"two").unwrap();
    assert_eq!(disk.list(dir).unwrap(), ["b", "c"]);
    disk.remove(&dir.join("b")).unwrap();
    disk.remove(&dir.join("b")).unwrap();
    assert_eq!(disk.list(dir).unwrap(), ["c"]);
    assert!(disk.list(&dir.join("none")).unwrap().is_empty());
    assert!(disk.free_bytes(dir).unwrap() > 0);
    let held = disk.lock(&dir.join("L")).unwrap();
    assert!(held.is_some());
    assert!(disk.lock(&dir.join("L")).unwrap().is_none(), "held");
    drop(held);
    assert!(disk.lock(&dir.join("L")).unwrap().is_some(), "free again");
}

#[test]
fn the_real_disk_keeps_names_and_bytes() {
    let dir = tempfile::tempdir().unwrap();
    names_and_bytes(&RealDisk, &dir.path().join("deep/er"));
}

#[test]
fn the_tormented_disk_keeps_names_and_bytes() {
    names_and_bytes(&TormentedDisk::new(1), Path::new("/d"));
}

#[test]
fn what_was_not_synced_is_lost_torn_or_kept_and_what_was_synced_stays() {
    let (mut lost, mut torn, mut kept) = (0, 0, 0);
    for seed in 0..200 {
        let disk = TormentedDisk::new(seed);
        let path = Path::new("/d/f");
        let file = disk.create(path).unwrap();
        file.write_at(&[1; 4096], 0).unwrap();
        file.sync().unwrap();
        disk.sync_dir(Path::new("/d")).unwrap();
        file.write_at(&[2; 2048], 1024).unwrap();
        disk.crash();
        assert!(file.sync().is_err(), "the handle is dead");
        let bytes = disk.content(path);
        assert!(bytes[..1024].iter().chain(&bytes[3072..]).all(|byte| *byte == 1), "synced bytes stay");
        match bytes.iter().filter(|byte| **byte == 2).count() {
            0 => lost += 1,
            2048 => kept += 1,
            count => {
                assert_eq!(count % 512, 0, "sectors are whole");
                torn += 1;
            }
        }
    }
    assert!(lost > 10 && torn > 10 && kept > 10, "{lost} lost, {torn} torn, {kept} kept");
}

#[test]
fn a_failed_sync_never_makes_durable_what_it_should_have() {
    let disk = Arc::new(TormentedDisk::new(7));
    let file = disk.create(Path::new("/d/f")).unwrap();
    disk.sync_dir(Path::new("/d")).unwrap();
    disk.fail_sync_after(0);
    file.write_at(b"x", 0).unwrap();
    assert!(file.sync().is_err());
    disk.crash();
    assert_eq!(disk.content(Path::new("/d/f")), b"");
}
