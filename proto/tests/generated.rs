//! The committed Rust and descriptor are what the `.proto` files give today.
//!
//! `UPDATE_EXPECT=1 cargo test -p livshandelse-proto` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use protox::Compiler;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The contract's own files, in order of name, relative to the crate.
fn proto_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(Path::new(CRATE).join("livshandelse/v1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .map(|path| path.strip_prefix(CRATE).unwrap().to_owned())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no .proto file in livshandelse/v1");
    files
}

fn compile(source_info: bool) -> Compiler {
    let mut compiler = Compiler::new([CRATE]).unwrap();
    compiler.include_imports(true).include_source_info(source_info);
    compiler.open_files(proto_files()).unwrap();
    compiler
}

#[test]
fn the_committed_rust_is_what_the_contract_gives() {
    let out = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .out_dir(out.path())
        .emit_rerun_if_changed(false)
        .compile_fds(compile(true).file_descriptor_set())
        .unwrap();
    let generated = std::fs::read_to_string(out.path().join("livshandelse.v1.rs")).unwrap();

    let committed = Path::new(CRATE).join("src/gen/livshandelse.v1.rs");
    if updating() {
        write_if_changed(&committed, generated.as_bytes());
    }
    assert!(
        std::fs::read_to_string(&committed).unwrap() == generated,
        "src/gen/livshandelse.v1.rs is not what the .proto files give; \
         run `UPDATE_EXPECT=1 cargo test -p livshandelse-proto`"
    );
}

#[test]
fn the_committed_descriptor_is_what_the_contract_gives() {
    let generated = compile(false).encode_file_descriptor_set();

    let committed = Path::new(CRATE).join("src/gen/descriptor.bin");
    if updating() {
        write_if_changed(&committed, &generated);
    }
    assert!(
        std::fs::read(&committed).unwrap() == generated,
        "src/gen/descriptor.bin is not what the .proto files give; \
         run `UPDATE_EXPECT=1 cargo test -p livshandelse-proto`"
    );
}

fn updating() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some()
}

/// Leaves a file that is right alone, so that nothing is built anew for it.
fn write_if_changed(path: &Path, content: &[u8]) {
    if std::fs::read(path).ok().as_deref() != Some(content) {
        std::fs::write(path, content).unwrap();
    }
}
