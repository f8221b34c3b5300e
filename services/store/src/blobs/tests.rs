//! Documents survive what they must, vanish when they must, and are nothing to whoever has no key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::admin::{backup, restore, verify};
use crate::conformance::Tally;
use crate::disk::torment::TormentedDisk;
use crate::disk::{Disk, RealDisk};
use crate::{Background, DamagedPart, IndexKind, JournalStore, Settings, SystemRandom};

const CASE: [u8; 16] = [7; 16];
const OTHER: [u8; 16] = [8; 16];
const LIMITS: DocumentLimits = DocumentLimits {
    document_bytes_max: 1 << 20,
    documents_max: 4,
    case_bytes_max: 2 << 20,
    changes_max: 100,
    upload_ms_max: DAY_MS,
};
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const NOW_MS: i64 = 1_000;

fn settings(dir: &Path) -> Settings {
    Settings {
        segment_bytes: 1 << 16,
        room_low_bytes: 0,
        room_full_bytes: 0,
        index: IndexKind::Memory,
        background: Background::Inline,
        ..Settings::new(dir.join("data"), dir.join("key"))
    }
}

fn open_on(disk: Arc<dyn Disk>, dir: &Path) -> (Arc<JournalStore>, Documents) {
    let store = Arc::new(
        JournalStore::open(settings(dir), Arc::clone(&disk), Arc::new(SystemRandom), Arc::new(Tally)).unwrap(),
    );
    let documents = Documents::open(store.clone(), disk, &dir.join("data"), Arc::new(SystemRandom)).unwrap();
    (store, documents)
}

fn open(disk: &TormentedDisk) -> Documents {
    open_on(Arc::new(disk.clone()), Path::new("/d")).1
}

fn request(number: u8) -> Request {
    Request { id: [number; 16], body: [number; 16] }
}

fn new(number: u8, content: &[u8]) -> NewDocument {
    NewDocument {
        file_name: format!("Solrosgatan {number}.txt"),
        media_type: "text/plain".to_owned(),
        len: content.len() as u64,
        request: request(number),
    }
}

fn add_to(documents: &Documents, case: [u8; 16], number: u8, content: &[u8]) -> Result<Document, DocumentError> {
    let mut uploading = match documents.begin(case, new(number, content), LIMITS, NOW_MS)? {
        Begun::Uploading(uploading) => *uploading,
        Begun::Added(document) => return Ok(document),
    };
    for piece in content.chunks(50_000) {
        uploading.push(piece)?;
    }
    documents.finish(uploading, [number; 32], NOW_MS)
}

fn add(documents: &Documents, number: u8, content: &[u8]) -> Result<Document, DocumentError> {
    add_to(documents, CASE, number, content)
}

fn read(documents: &Documents, case: [u8; 16], id: DocumentId) -> Result<Vec<u8>, DocumentError> {
    let reading = documents.read(case, id)?;
    let mut content = Vec::new();
    for piece in 0..reading.pieces_count() {
        content.extend(reading.piece(piece)?);
    }
    Ok(content)
}

fn content(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from((at * 31 + at / 256 + usize::from(seed)) % 251).unwrap()).collect()
}

/// Files of documents that have their name.
fn files(disk: &TormentedDisk) -> Vec<PathBuf> {
    let is_sealed = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "sealed");
    disk.names().into_iter().filter(is_sealed).collect()
}

/// Counts the uploads that are not whole.
fn parts(disk: &TormentedDisk) -> usize {
    disk.list(Path::new("/d/data/documents/incoming")).unwrap().len()
}

#[test]
fn what_was_acknowledged_is_there_after_the_plug_was_pulled() {
    for seed in 0..8 {
        let disk = TormentedDisk::new(seed);
        let documents = open(&disk);
        let contents: Vec<Vec<u8>> = [1, 65_535, 65_536, 200_000].into_iter().map(|len| content(3, len)).collect();
        let added: Vec<Document> =
            (1..).zip(&contents).map(|(number, content)| add(&documents, number, content).unwrap()).collect();
        disk.crash();
        let documents = open(&disk);
        assert_eq!(documents.list(CASE).unwrap(), added);
        for (document, content) in added.iter().zip(&contents) {
            assert_eq!(&read(&documents, CASE, document.id).unwrap(), content);
        }
        assert!(matches!(documents.read(OTHER, added[0].id), Err(DocumentError::Absent)));
    }
}

#[test]
fn an_upload_that_is_broken_off_anywhere_leaves_nothing_half() {
    let (mut kept, mut lost) = (0, 0);
    for failing in 0..18 {
        let disk = TormentedDisk::new(failing);
        let documents = open(&disk);
        let first = add(&documents, 1, &content(1, 70_000)).unwrap();
        disk.fail_sync_after(u32::try_from(failing).unwrap());
        let second = add(&documents, 2, &content(2, 90_000));
        disk.crash();
        let documents = open(&disk);
        let listed = documents.list(CASE).unwrap();
        assert_eq!(listed[0], first);
        assert!(second.is_err() || listed.len() == 2, "what was acknowledged is there");
        for document in &listed {
            read(&documents, CASE, document.id).unwrap();
        }
        assert_eq!(files(&disk).len(), listed.len(), "after {failing} syncs: no file without a document");
        // The same request begins anew, whatever there was of it.
        let again = add(&documents, 2, &content(2, 90_000)).unwrap();
        assert_eq!(parts(&disk), 0, "after {failing} syncs");
        assert_eq!(documents.list(CASE).unwrap(), [first, again]);
        match second {
            Ok(_) => kept += 1,
            Err(_) => lost += 1,
        }
    }
    assert!(kept > 0 && lost > 3, "{kept} kept, {lost} lost");
}

/// Begins an upload and sends some of it.
fn begun(documents: &Documents, number: u8, content: &[u8], sent: usize) -> Uploading {
    let begun = documents.begin(CASE, new(number, content), LIMITS, NOW_MS).unwrap();
    let Begun::Uploading(mut uploading) = begun else { panic!("new") };
    content[..sent].chunks(50_000).for_each(|piece| uploading.push(piece).unwrap());
    *uploading
}

/// Goes on with an upload: what was there, and the upload.
fn resumed(documents: &Documents, number: u8, content: &[u8]) -> (Vec<u8>, Uploading) {
    let mut seen = Vec::new();
    let mut see = |piece: &[u8]| seen.extend_from_slice(piece);
    let begun = documents.resume(CASE, new(number, content), LIMITS, NOW_MS, &mut see).unwrap();
    let Begun::Uploading(uploading) = begun else { panic!("new") };
    assert_eq!(uploading.came(), seen.len() as u64);
    (seen, *uploading)
}

fn came(documents: &Documents, number: u8) -> Option<u64> {
    match documents.upload(CASE, [number; 16], LIMITS, NOW_MS).unwrap()? {
        Upload::Coming { came, .. } => Some(came),
        Upload::Added(document) => Some(document.len),
    }
}

#[test]
fn an_upload_that_is_broken_off_goes_on_after_its_last_whole_piece_also_after_a_kill() {
    let disk = TormentedDisk::new(1);
    let mut documents = open(&disk);
    let whole = content(1, 4 * PIECE_BYTES + 9);
    drop(begun(&documents, 1, &whole, 2 * PIECE_BYTES + 5));
    for pieces in [2, 3, 4] {
        let at = pieces * PIECE_BYTES;
        assert_eq!(came(&documents, 1), Some(at as u64));
        let (seen, mut uploading) = resumed(&documents, 1, &whole);
        assert!(seen == whole[..at]);
        let twice = documents.resume(CASE, new(1, &whole), LIMITS, NOW_MS, &mut |_| {});
        assert!(matches!(twice, Err(DocumentError::UnderWay)), "one sends it already");
        uploading.push(&whole[at..whole.len().min(at + PIECE_BYTES)]).unwrap();
        std::mem::forget(uploading);
        disk.kill();
        documents = open(&disk);
    }
    let (seen, mut uploading) = resumed(&documents, 1, &whole);
    uploading.push(&whole[seen.len()..]).unwrap();
    let document = documents.finish(uploading, [1; 32], NOW_MS).unwrap();
    assert!(read(&documents, CASE, document.id).unwrap() == whole);
    assert_eq!((came(&documents, 1), parts(&disk), files(&disk).len()), (Some(whole.len() as u64), 0, 1));
}

#[test]
fn what_a_pulled_plug_left_of_an_upload_is_whole_or_not_counted() {
    for seed in 0..8 {
        let disk = TormentedDisk::new(seed);
        let documents = open(&disk);
        let whole = content(1, 5 * PIECE_BYTES);
        std::mem::forget(begun(&documents, 1, &whole, 4 * PIECE_BYTES));
        disk.crash();
        let documents = open(&disk);
        let (seen, mut uploading) = resumed(&documents, 1, &whole);
        assert!(seen.len() <= 4 * PIECE_BYTES && seen == whole[..seen.len()], "seed {seed}");
        uploading.push(&whole[seen.len()..]).unwrap();
        let document = documents.finish(uploading, [1; 32], NOW_MS).unwrap();
        assert!(read(&documents, CASE, document.id).unwrap() == whole, "seed {seed}");
    }
}

#[test]
fn an_upload_that_is_given_up_or_expires_leaves_neither_bytes_nor_key() {
    let disk = TormentedDisk::new(1);
    let (store, documents) = open_on(Arc::new(disk.clone()), Path::new("/d"));
    add(&documents, 9, b"stays").unwrap();
    let keys_before = crate::Store::stats(&*store).keys_count;
    let mut uploading = begun(&documents, 1, &[0; 99_999], 70_000);
    assert_eq!(parts(&disk), 1);
    assert!(matches!(uploading.push(&[0; 70_000]), Err(DocumentError::OtherLength { came: 140_000, said: 99_999 })));
    documents.abandon(uploading, NOW_MS).unwrap();
    assert_eq!((parts(&disk), crate::Store::stats(&*store).keys_count), (0, keys_before));

    drop(begun(&documents, 2, &[0; 99_999], 70_000));
    assert_eq!(documents.expire(LIMITS, NOW_MS + DAY_MS - 1).unwrap(), 0);
    assert_eq!(documents.expire(LIMITS, NOW_MS + DAY_MS).unwrap(), 1);
    assert_eq!(documents.expire(LIMITS, NOW_MS + DAY_MS).unwrap(), 0);
    assert_eq!((parts(&disk), crate::Store::stats(&*store).keys_count), (0, keys_before));
    assert_eq!(came(&documents, 2), None);
    assert_eq!(documents.list(CASE).unwrap().len(), 1);
}

#[test]
fn an_upload_that_is_given_up_is_gone_however_that_was_cut_short() {
    for failing in 0..8 {
        let disk = TormentedDisk::new(failing);
        let (store, documents) = open_on(Arc::new(disk.clone()), Path::new("/d"));
        add(&documents, 9, b"stays").unwrap();
        let keys_before = crate::Store::stats(&*store).keys_count;
        let uploading = begun(&documents, 1, &[0; 99_999], 70_000);
        disk.fail_sync_after(u32::try_from(failing).unwrap());
        let abandoned = documents.abandon(uploading, NOW_MS);
        drop((store, documents));
        disk.crash();
        let (store, documents) = open_on(Arc::new(disk.clone()), Path::new("/d"));
        assert!(abandoned.is_err() || came(&documents, 1).is_none(), "after {failing} syncs");
        documents.expire(LIMITS, NOW_MS + DAY_MS).unwrap();
        drop(documents.begin(CASE, new(2, b"new"), LIMITS, NOW_MS + DAY_MS).unwrap());
        documents.expire(LIMITS, NOW_MS + 2 * DAY_MS).unwrap();
        let keys = crate::Store::stats(&*store).keys_count;
        assert_eq!((parts(&disk), keys), (0, keys_before), "after {failing} syncs");
    }
}

#[test]
fn limits_hold_over_what_is_there_and_what_is_coming() {
    let documents = open(&TormentedDisk::new(1));
    let whole = content(1, 1 << 20);
    add(&documents, 1, &whole).unwrap();
    let coming = begun(&documents, 2, &whole, 10);
    let limit = |number, content: &[u8]| match documents.begin(CASE, new(number, content), LIMITS, NOW_MS) {
        Err(DocumentError::Limit { limit }) => limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(limit(3, b"more"), DocumentLimit::CaseBytes);
    documents.abandon(coming, NOW_MS).unwrap();
    drop(begun(&documents, 3, b"more", 1));
    drop(begun(&documents, 4, b"more", 1));
    drop(begun(&documents, 5, b"more", 1));
    assert_eq!(limit(6, b"more"), DocumentLimit::Documents);
    // Its own place is not counted against an upload that ends.
    let (_, mut last) = resumed(&documents, 5, b"more");
    last.push(b"more").unwrap();
    documents.finish(last, [5; 32], NOW_MS).unwrap();
    // What has expired makes room by itself.
    assert!(documents.begin(CASE, new(6, b"more"), LIMITS, NOW_MS + DAY_MS).is_ok());
}

#[test]
fn less_than_was_said_is_no_document() {
    let disk = TormentedDisk::new(1);
    let documents = open(&disk);
    let uploading = begun(&documents, 1, &[0; 10], 9);
    let ended = documents.finish(uploading, [0; 32], 0);
    assert!(matches!(ended, Err(DocumentError::OtherLength { came: 9, said: 10 })));
    assert_eq!((documents.list(CASE).unwrap(), parts(&disk)), (Vec::new(), 0));
}

#[test]
fn a_repeated_request_is_recognised_and_another_with_its_id_refused() {
    let documents = open(&TormentedDisk::new(1));
    let added = add(&documents, 1, b"one").unwrap();
    assert_eq!(add(&documents, 1, b"one").unwrap(), added);
    let other = NewDocument { request: Request { id: [1; 16], body: [9; 16] }, ..new(1, b"two") };
    assert!(matches!(documents.begin(CASE, other, LIMITS, NOW_MS), Err(DocumentError::RequestReused)));
    assert_eq!(documents.list(CASE).unwrap().len(), 1);
    documents.remove(CASE, added.id, request(2), 0).unwrap();
    documents.remove(CASE, added.id, request(2), 0).unwrap();
    assert!(matches!(documents.remove(CASE, added.id, request(3), 0), Err(DocumentError::Absent)));
    assert!(matches!(add(&documents, 1, b"one"), Err(DocumentError::Absent)), "what it added has been removed");
}

#[test]
fn each_limit_is_told() {
    let documents = open(&TormentedDisk::new(1));
    let limit = |result: Result<Document, DocumentError>| match result {
        Err(DocumentError::Limit { limit }) => limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(limit(add(&documents, 1, &content(1, (1 << 20) + 1))), DocumentLimit::DocumentBytes);
    add(&documents, 1, &content(1, 1 << 20)).unwrap();
    // Equal content counts as often as it is named.
    add(&documents, 2, &content(1, 1 << 20)).unwrap();
    assert_eq!(limit(add(&documents, 3, b"more")), DocumentLimit::CaseBytes);
    for number in 10..14 {
        add_to(&documents, OTHER, number, &[number]).unwrap();
    }
    assert_eq!(limit(add_to(&documents, OTHER, 20, b"more")), DocumentLimit::Documents);
}

#[test]
fn equal_content_is_stored_once_in_a_case_and_goes_with_its_last_document() {
    let disk = TormentedDisk::new(1);
    let documents = open(&disk);
    let same = content(5, 100_000);
    let (first, second) = (add(&documents, 1, &same).unwrap(), add(&documents, 2, &same).unwrap());
    assert_eq!(files(&disk).len(), 1);
    let others = add_to(&documents, OTHER, 3, &same).unwrap();
    let names = files(&disk);
    assert_eq!(names.len(), 2);
    assert_ne!(
        names[0].file_name().unwrap().as_encoded_bytes()[..64],
        names[1].file_name().unwrap().as_encoded_bytes()[..64]
    );
    documents.remove(CASE, first.id, request(4), 0).unwrap();
    assert_eq!(read(&documents, CASE, second.id).unwrap(), same);
    documents.remove(CASE, second.id, request(5), 0).unwrap();
    assert_eq!(files(&disk).len(), 1);
    assert_eq!(read(&documents, OTHER, others.id).unwrap(), same);
}

#[test]
fn a_removed_document_is_gone_with_its_key_however_the_removal_was_cut_short() {
    for failing in 0..16 {
        let disk = TormentedDisk::new(failing);
        let (store, documents) = open_on(Arc::new(disk.clone()), Path::new("/d"));
        let document = add(&documents, 1, &content(1, 70_000)).unwrap();
        let keys_before = crate::Store::stats(&*store).keys_count;
        disk.fail_sync_after(u32::try_from(failing).unwrap());
        let removed = documents.remove(CASE, document.id, request(2), 0);
        drop((store, documents));
        disk.crash();
        let (store, documents) = open_on(Arc::new(disk.clone()), Path::new("/d"));
        let is_there = !documents.list(CASE).unwrap().is_empty();
        assert!(removed.is_err() || !is_there, "what was reported removed is gone");
        assert_eq!(files(&disk).len(), usize::from(is_there), "after {failing} syncs");
        let keys = crate::Store::stats(&*store).keys_count;
        assert_eq!(keys, if is_there { keys_before } else { keys_before - 1 }, "after {failing} syncs");
        documents.remove(CASE, document.id, request(2), 0).unwrap();
        assert_eq!(files(&disk), Vec::<PathBuf>::new());
    }
}

#[test]
fn all_documents_of_a_case_are_disposed_of_together() {
    let disk = TormentedDisk::new(1);
    let documents = open(&disk);
    add(&documents, 1, b"one").unwrap();
    add(&documents, 2, b"two").unwrap();
    add_to(&documents, OTHER, 3, b"three").unwrap();
    assert_eq!(documents.dispose(CASE).unwrap(), 2);
    assert_eq!(documents.dispose(CASE).unwrap(), 0);
    assert_eq!((documents.list(CASE).unwrap().len(), files(&disk).len()), (0, 1));
    assert!(matches!(add(&documents, 4, b"four"), Err(DocumentError::Disposed)));
    assert_eq!(documents.cases(None, 9).unwrap(), [CASE, OTHER]);
}

#[test]
fn pieces_that_were_changed_swapped_or_cut_off_are_never_returned_as_good() {
    type Change = fn(&mut Vec<u8>);
    const SEALED: usize = PIECE_BYTES + 16;
    let changes: [(&str, Change); 4] = [
        ("a bit flipped", |bytes| bytes[SEALED + 9] ^= 1),
        ("pieces swapped", |bytes| {
            let (one, two) = bytes.split_at_mut(SEALED);
            one.swap_with_slice(&mut two[..SEALED]);
        }),
        ("the end cut off", |bytes| bytes.truncate(2 * SEALED)),
        ("a piece left out", |bytes| drop(bytes.drain(..SEALED))),
    ];
    for (what, change) in changes {
        let disk = TormentedDisk::new(1);
        let (store, documents) = open_on(Arc::new(disk.clone()), Path::new("/d"));
        let document = add(&documents, 1, &content(1, 3 * PIECE_BYTES)).unwrap();
        assert_eq!(store.verify().unwrap().documents_count, 1);
        disk.alter(&files(&disk)[0], change);
        let outcome = read(&documents, CASE, document.id);
        assert!(matches!(outcome, Err(DocumentError::Damaged { .. })), "{what}: {outcome:?}");
        let report = store.verify().unwrap();
        assert_eq!((report.documents_count, report.damages.len()), (0, 1), "{what}");
        assert_eq!(report.damages[0].part, DamagedPart::Document);
    }
}

#[test]
fn a_full_disk_refuses_the_upload_and_keeps_the_rest() {
    let disk = TormentedDisk::new(1);
    let documents = open(&disk);
    let first = add(&documents, 1, &content(1, 70_000)).unwrap();
    disk.set_capacity(disk.used_bytes() + 100_000);
    let second = add(&documents, 2, &content(2, 300_000));
    assert!(matches!(second, Err(DocumentError::Store(crate::Error::Full { .. }))), "{second:?}");
    assert_eq!(files(&disk).len(), 1);
    disk.set_capacity(1 << 30);
    add(&documents, 2, &content(2, 300_000)).unwrap();
    assert_eq!(read(&documents, CASE, first.id).unwrap(), content(1, 70_000));
}

#[test]
fn no_byte_on_the_disk_tells_content_name_or_digest_without_the_key_file() {
    let disk = TormentedDisk::new(1);
    let documents = open(&disk);
    let text = "Anna Lindqvist, Solrosgatan 4, is granted the right to act for Bo.".repeat(4_000);
    let document = add(&documents, 1, text.as_bytes()).unwrap();
    let removed = add(&documents, 2, "Vårdnadshavarens fullmakt för Bo".as_bytes()).unwrap();
    documents.remove(CASE, removed.id, request(3), 0).unwrap();
    let plain_digest = blake3::hash(text.as_bytes());
    let hex_digest = plain_digest.to_hex();
    let wanted: [&[u8]; 7] = [
        b"Anna Lindqvist",
        b"right to act",
        b"fullmakt",
        b"Solrosgatan",
        b"text/plain",
        plain_digest.as_bytes(),
        hex_digest.as_bytes(),
    ];
    for path in disk.names() {
        let bytes = disk.content(&path);
        let name = path.to_string_lossy().into_owned();
        for word in wanted {
            let is_there = |bytes: &[u8]| bytes.windows(word.len()).any(|window| window == word);
            assert!(!is_there(&bytes) && !is_there(name.as_bytes()), "found in {name}");
        }
    }
    assert_eq!(read(&documents, CASE, document.id).unwrap(), text.as_bytes());
}

#[test]
fn a_backup_holds_documents_copies_new_ones_only_and_forgets_what_was_removed() {
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let (store, documents) = open_on(disk.clone(), dir.path());
    let path = |name: &str| dir.path().join(name);
    let back_up = || backup(&store, &RealDisk, &path("backup"), &path("backup-keys")).unwrap();
    let first = add(&documents, 1, &content(1, 150_000)).unwrap();
    let second = add(&documents, 2, &content(2, 10)).unwrap();
    let report = back_up();
    assert_eq!((report.documents_copied, report.documents_kept), (2, 0));
    documents.remove(CASE, first.id, request(3), 0).unwrap();
    let third = add_to(&documents, OTHER, 4, &content(4, 70_000)).unwrap();
    let report = back_up();
    assert_eq!((report.documents_copied, report.documents_kept), (1, 1));
    // Comes too late for the backup.
    add(&documents, 5, &content(5, 10)).unwrap();
    drop((store, documents));
    let restored = |to: &str| {
        restore(
            &disk,
            &path("backup"),
            &path("backup-keys"),
            &path(to).join("data"),
            &path("key"),
            crate::admin::Until::End,
        )
    };
    std::fs::create_dir(path("new")).unwrap();
    let report = restored("new").unwrap();
    assert_eq!((report.documents_count, report.document_bytes, report.damages.len()), (2, 70_010, 0));
    std::fs::copy(path("key"), path("new/key")).unwrap();
    let (_store, documents) = open_on(disk.clone(), &path("new"));
    assert_eq!(documents.list(CASE).unwrap(), [second]);
    assert_eq!(read(&documents, OTHER, third.id).unwrap(), content(4, 70_000));
    assert!(matches!(documents.read(CASE, first.id), Err(DocumentError::Absent)));
    let sealed = |data: &str| crate::admin::count(&RealDisk, &path(data)).unwrap().documents_count;
    assert_eq!((sealed("data"), sealed("backup"), sealed("new/data")), (3, 2, 2));
}

#[test]
fn a_backup_keeps_a_document_that_the_store_has_lost_and_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let (store, documents) = open_on(disk.clone(), dir.path());
    let path = |name: &str| dir.path().join(name);
    let back_up = || backup(&store, &RealDisk, &path("backup"), &path("backup-keys")).unwrap();
    add(&documents, 1, &content(1, 150_000)).unwrap();
    add(&documents, 2, &content(2, 10)).unwrap();
    back_up();
    let file = shown(List::read(&*store, CASE).unwrap().documents[&1].file);
    std::fs::remove_file(path("data").join(&file)).unwrap();
    for _again in 0..2 {
        let report = back_up();
        assert_eq!((report.documents_copied, report.documents_kept, report.damages.len()), (0, 2, 1));
        assert_eq!((&report.damages[0].file, report.damages[0].part), (&file, DamagedPart::Document));
    }
    assert!(path("backup").join(&file).exists());
}

#[test]
fn a_damaged_document_is_named_by_verify_and_not_restored_from_a_damaged_backup() {
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let (store, documents) = open_on(disk.clone(), dir.path());
    let path = |name: &str| dir.path().join(name);
    add(&documents, 1, &content(1, 150_000)).unwrap();
    backup(&store, &RealDisk, &path("backup"), &path("backup-keys")).unwrap();
    let list = List::read(&*store, CASE).unwrap();
    let file = shown(list.documents[&1].file);
    drop((store, documents));
    let flip = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[70_000] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    assert_eq!(verify(&disk, &path("data"), &path("key")).unwrap().documents_count, 1);
    flip(&path("data").join(&file));
    let report = verify(&disk, &path("data"), &path("key")).unwrap();
    assert_eq!((report.documents_count, report.damages.len()), (0, 1));
    assert_eq!((&report.damages[0].file, report.damages[0].part), (&file, DamagedPart::Document));
    assert_eq!(report.damages[0].offset, 65_552, "the second piece");
    flip(&path("backup").join(&file));
    let restored =
        restore(&disk, &path("backup"), &path("backup-keys"), &path("new"), &path("key"), crate::admin::Until::End);
    assert!(matches!(restored, Err(crate::admin::AdminError::BackupDamaged { .. })));
}
