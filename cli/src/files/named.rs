//! The files that options name, such as `--policy` and `--save`.
//!
//! In: a path from the command line. Out: its bytes, bounded; or a file written whole. Always: what is read
//! may be a pipe, and is read once. `-` is standard input. A file is written under that name in its folder,
//! whatever others put there. Not for evidence, nor for what stands beside it.

use super::folder::Folder;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads what an option names, at most `limit_bytes`; one byte more is read, so that a reader of the format
/// sees "too long".
///
/// # Errors
/// I/O; a folder.
pub fn read(path: &Path, limit_bytes: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = limit_bytes as u64 + 1;
    if path.as_os_str() == "-" {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::other("it is a folder, not a file"));
    }
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a policy, at most `limit_bytes` and one more. Line ends of Windows, and a byte order mark before the
/// text, are taken off: they change its digest and not what it says. Returns a note on what was taken off
/// too.
///
/// # Errors
/// As [`read`].
pub fn read_policy(path: &Path, limit_bytes: usize) -> io::Result<(Vec<u8>, Option<&'static str>)> {
    let bytes = read(path, limit_bytes)?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut plain = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    let note = match (bytes.len() - text.len(), text.len() - plain.len()) {
        (0, 0) => None,
        (0, _) => Some("the file has the line ends of Windows (CRLF), which were taken off"),
        (_, _) => Some("the file begins with a byte order mark (BOM), which was taken off, as were line ends of Windows"),
    };
    Ok((plain, note))
}

/// Writes a file, durably: a regular file of that name is replaced, and nothing else is.
///
/// # Errors
/// I/O; something else than a file has that name.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let (folder, name) = (Folder::around(path)?, name(path)?);
    folder.replace(name, bytes, mode).and_then(|()| folder.sync(name))
}

/// As [`write()`], but replaces nothing.
///
/// # Errors
/// I/O, [`io::ErrorKind::AlreadyExists`] among it.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let (folder, name) = (Folder::around(path)?, name(path)?);
    folder.write_new(name, bytes, mode).and_then(|()| folder.sync(name))
}

fn name(path: &Path) -> io::Result<&Path> {
    path.file_name().map(Path::new).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidFilename, "it has no name"))
}
