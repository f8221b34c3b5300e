//! Keeps the committed Rust of the stored messages equal to what their proto files say. Needs no `protoc`.
//!
//! It runs only while the crate compiles: change the proto first, regenerate, then change the code that uses it.

use prost_build::{Config, Module};
use std::path::Path;

const HEADER: &str = "\
//! The stored messages, generated from `services/store/proto`. Do not edit: change the proto file, then run
//! `UPDATE_EXPECT=1 cargo test -p livshandelse-store --test generated`.

";

#[test]
fn the_committed_rust_is_what_the_proto_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let proto = folder.join("proto");
    let files = ["record.proto", "state.proto"].map(|name| proto.join("livshandelse/store/v1").join(name));
    let descriptors = protox::compile(files, [proto]).unwrap();

    let module = Module::from_protobuf_package_name("livshandelse.store.v1");
    let requests = descriptors.file.into_iter().map(|file| (module.clone(), file)).collect();
    let generated = Config::new().generate(requests).unwrap().remove(&module).unwrap();
    let expected = format!("{HEADER}{}", generated.trim_start());

    let path = folder.join("src/record/gen.rs");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == expected,
        "{} differs from the proto files: run `UPDATE_EXPECT=1 cargo test -p livshandelse-store --test generated` and commit it",
        path.display()
    );
}
