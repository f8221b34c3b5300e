//! The one door to files for the journal, the key log and what stands beside them.
//!
//! A file that was written is on disk after [`DiskFile::sync`], a name that was made, changed or removed after [`Disk::sync_dir`], and not before.

mod real;
#[cfg(test)]
mod tests;
pub mod torment;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use real::RealDisk;

/// Files by name.
pub trait Disk: Send + Sync + 'static {
    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    ///
    /// What the system says; `NotFound` if there is none.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Creates an empty file that only its owner may read, in place of any that had the name.
    ///
    /// # Errors
    ///
    /// What the system says; `StorageFull` if there is no room.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Creates a directory that only its owner may enter, and those above it. Existing ones are left alone.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Returns the names of the files in a directory, sorted. A directory that does not exist has none.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Gives a file another name, in place of any file that had it. Open handles stay with their file.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file; one that is not there is not missed.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Returns the bytes that may still be written.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;

    /// Takes an exclusive lock that ends with the returned value or with the process; `None` if another holds it.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>>;
}

/// An open file.
pub trait DiskFile: Send + Sync {
    /// Reads at an offset; fewer bytes than asked for only at the end of the file.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all bytes at an offset, extending the file if needed. Not durable before [`DiskFile::sync`].
    ///
    /// # Errors
    ///
    /// What the system says; some of the bytes may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written durable.
    ///
    /// # Errors
    ///
    /// What the system says. It is then unknown what is on disk, and asking again tells nothing.
    fn sync(&self) -> io::Result<()>;

    /// Returns the length in bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn len_bytes(&self) -> io::Result<u64>;
}

/// Reads exactly `len` bytes.
///
/// # Errors
///
/// What the system says; `UnexpectedEof` if the file is shorter.
pub(crate) fn read_exact_at(file: &dyn DiskFile, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    if file.read_at(&mut bytes, offset)? < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Reads a whole file, `None` if there is none.
///
/// # Errors
///
/// What the system says; `FileTooLarge` above `len_max`.
pub(crate) fn read_whole(disk: &dyn Disk, path: &Path, len_max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(source),
    };
    let len = usize::try_from(file.len_bytes()?).unwrap_or(usize::MAX);
    if len > len_max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    read_exact_at(&*file, 0, len).map(Some)
}

/// Writes a small file whole under a passing name, syncs it, gives it its name and syncs that.
///
/// # Errors
///
/// What the system says; the file under `path` is then the old one or the new one, never a part.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut passing = path.as_os_str().to_owned();
    passing.push(".new");
    let passing = Path::new(&passing);
    let file = disk.create(passing)?;
    file.write_at(bytes, 0)?;
    file.sync()?;
    drop(file);
    disk.rename(passing, path)?;
    disk.sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Fills a file with zeros from an offset on, so that later writes change no metadata and need no new room.
///
/// # Errors
///
/// What the system says; `StorageFull` if there is no room.
pub(crate) fn fill_with_zeros(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    const STRIDE: usize = 1024 * 1024;
    let zeros = vec![0; STRIDE];
    let mut at = from;
    while at < to {
        let len = usize::try_from(to - at).map_or(STRIDE, |left| left.min(STRIDE));
        file.write_at(&zeros[..len], at)?;
        at += len as u64;
    }
    Ok(())
}
