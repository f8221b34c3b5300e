//! A folder as one file without its long runs of one byte: segments of the journal are zeros before they are used, and
//! batches are padded to whole blocks.
//!
//! A line names each file with its length; then come its pieces, `offset length` and the bytes, or `offset length byte` for
//! a run, until `.` ends it.

use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

/// A run that is worth a piece of its own.
const RUN_BYTES: usize = 64;

/// Everything below a folder, but what only tells that somebody has it open.
pub fn pack(folder: &Path) -> Vec<u8> {
    let mut paths = Vec::new();
    walk(folder, &mut paths);
    paths.sort();
    let mut packed = Vec::new();
    for path in paths {
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        writeln!(packed, "{name} {}", bytes.len()).unwrap();
        for (offset, piece) in pieces(&bytes) {
            match piece {
                Piece::Bytes(piece) => {
                    writeln!(packed, "{offset} {}", piece.len()).unwrap();
                    packed.extend_from_slice(piece);
                    packed.push(b'\n');
                }
                Piece::Run(byte, length) => writeln!(packed, "{offset} {length} {byte}").unwrap(),
            }
        }
        packed.extend_from_slice(b".\n");
    }
    packed
}

/// Makes the folder again.
pub fn unpack(packed: &[u8], folder: &Path) {
    let mut rest = packed;
    while let Some(line) = take_line(&mut rest) {
        let (name, length) = line.rsplit_once(' ').unwrap();
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = std::fs::File::create(&path).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).unwrap();
        file.set_len(length.parse().unwrap()).unwrap();
        loop {
            let numbers: Vec<&str> = take_line(&mut rest).unwrap().split(' ').collect();
            match numbers.as_slice() {
                [offset, length] => {
                    let (piece, more) = rest.split_at(length.parse().unwrap());
                    file.write_all_at(piece, offset.parse().unwrap()).unwrap();
                    rest = &more[1..];
                }
                [offset, length, byte] => {
                    let run = vec![byte.parse().unwrap(); length.parse().unwrap()];
                    file.write_all_at(&run, offset.parse().unwrap()).unwrap();
                }
                _ => break,
            }
        }
    }
}

fn take_line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, more) = rest.split_at(end);
    *rest = &more[1..];
    Some(std::str::from_utf8(line).unwrap())
}

fn walk(folder: &Path, paths: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else if !path.ends_with("LOCK") && !path.ends_with("prepared") {
            paths.push(path);
        }
    }
}

/// One part of a file.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// As it is.
    Bytes(&'a [u8]),
    /// One byte, so often.
    Run(u8, usize),
}

/// The parts of a file with where they begin; long runs of zeros are left out.
fn pieces(bytes: &[u8]) -> Vec<(usize, Piece<'_>)> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|byte| **byte == bytes[at]).count();
        if run >= RUN_BYTES {
            if start < at {
                pieces.push((start, Piece::Bytes(&bytes[start..at])));
            }
            if bytes[at] != 0 {
                pieces.push((at, Piece::Run(bytes[at], run)));
            }
            start = at + run;
        }
        at += run;
    }
    if start < bytes.len() {
        pieces.push((start, Piece::Bytes(&bytes[start..])));
    }
    pieces
}

#[test]
fn a_folder_comes_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::create_dir_all(from.join("inner")).unwrap();
    let mut sparse = vec![0; 10_000];
    sparse[0] = 7;
    sparse[5_000..5_100].fill(b'\n');
    sparse[5_150] = b'.';
    sparse[9_000..].fill(0xa5);
    for (name, bytes) in [("sparse", &sparse[..]), ("inner/empty", &[][..]), ("zeros", &[0; 100][..])] {
        std::fs::write(from.join(name), bytes).unwrap();
    }
    let packed = pack(&from);
    assert!(packed.len() < 400, "{} bytes", packed.len());
    unpack(&packed, &to);
    for name in ["sparse", "inner/empty", "zeros"] {
        assert_eq!(std::fs::read(from.join(name)).unwrap(), std::fs::read(to.join(name)).unwrap(), "{name}");
    }
}
