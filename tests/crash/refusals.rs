//! A store that cannot be served is refused as a process: with an exit code, and a text that says what to do.

use crate::program::{Place, Process, run};
use std::ffi::OsString;

/// Makes a store and stops cleanly.
async fn store() -> (tempfile::TempDir, Place) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let mut process = Process::start(&place, &[]);
    assert!(process.greeting().await.is_some(), "{}", place.log_end());
    let status = process.stop().await;
    assert!(status.success(), "{status}: {}", place.log_end());
    (folder, place)
}

/// Serves the store, which must not work, and returns the exit code and what was said.
async fn refused(place: &Place) -> (Option<i32>, String) {
    said(&place.serve()).await
}

async fn said(arguments: &[OsString]) -> (Option<i32>, String) {
    let output = run(arguments).await;
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    // Wrapped for the eye: one line, to look for sentences in.
    let text = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.code(), text)
}

#[tokio::test]
async fn a_store_that_is_served_is_refused_to_a_second_process_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    let mut first = Process::start(&place, &[]);
    assert!(first.greeting().await.is_some(), "{}", place.log_end());
    let (code, text) = refused(&place).await;
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("another process"), "{text}");
    assert!(text.contains("stop the process that serves it"), "{text}");
    let verified = place.verify().await;
    assert_eq!(verified.status.code(), Some(4), "{}", String::from_utf8_lossy(&verified.stderr));
    let status = first.stop().await;
    assert!(status.success(), "{status}: {}", place.log_end());
}

#[tokio::test]
async fn a_store_without_its_key_file_is_refused_and_no_new_key_is_made() {
    let (_folder, place) = store().await;
    std::fs::remove_file(place.keys()).unwrap();
    let (code, text) = refused(&place).await;
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("the key file") && text.contains("is missing"), "{text}");
    assert!(text.contains("--keys"), "{text}");
    assert!(!place.keys().exists());
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (_folder, place) = store().await;
    let format = place.data().join("FORMAT");
    let newer = std::fs::read_to_string(&format).unwrap().replacen("version 4\n", "version 5\n", 1);
    std::fs::write(&format, &newer).unwrap();
    let (code, text) = refused(&place).await;
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains('5') && text.contains("run the version of livshandelse that wrote it"), "{text}");
    assert_eq!(std::fs::read_to_string(&format).unwrap(), newer);
}

/// The arguments of `livshandelse store …` on this store, with a backup beside it.
fn store_command(place: &Place, words: [&str; 3]) -> Vec<OsString> {
    let [command, journal, keys] = words;
    let mut arguments: Vec<OsString> = ["store", command].map(OsString::from).into();
    for (flag, path) in [(journal, "backup"), (keys, "backup-keys")] {
        arguments.extend([flag.into(), place.folder.join(path).into()]);
    }
    arguments.extend(["--data".into(), place.data().into(), "--keys".into(), place.keys().into()]);
    arguments
}

#[tokio::test]
async fn damage_is_named_by_a_backup_that_keeps_what_it_has_and_is_mended_with_it() {
    let (_folder, place) = store().await;
    let back_up = store_command(&place, ["backup", "--to", "--keys-to"]);
    let mend = store_command(&place, ["mend", "--from", "--keys-from"]);
    let made = run(&back_up).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let segment = place.data().join("journal/0000000001.segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[6_000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let made = run(&back_up).await;
    let text = String::from_utf8_lossy(&made.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(made.status.code(), Some(1), "{text}");
    assert!(String::from_utf8_lossy(&made.stdout).contains("copied: 1 segments"), "the rest is safe");
    assert!(text.contains("0000000001.segment") && text.contains("whole in the backup"), "{text}");
    assert!(text.contains("store mend"), "it says what to do: {text}");
    assert_eq!(place.verify().await.status.code(), Some(1));
    let mended = run(&mend).await;
    let text = String::from_utf8_lossy(&mended.stdout).into_owned();
    assert!(mended.status.success(), "{text}: {}", String::from_utf8_lossy(&mended.stderr));
    assert!(text.contains("mended: journal/0000000001.segment"), "{text}");
    assert!(place.verify().await.status.success());
    assert!(run(&back_up).await.status.success());
}

#[tokio::test]
async fn a_store_made_in_time_lapse_refuses_real_time() {
    let (_folder, place) = store().await;
    let mut arguments = place.serve();
    let at = arguments.iter().position(|argument| argument == "--time-lapse").unwrap();
    arguments.drain(at..at + 2);
    let (code, text) = said(&arguments).await;
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("--time-lapse"), "{text}");
}
