//! Files: reading them safely in pieces, and writing them whole or not at all.
//!
//! In: paths of any bytes. Out: bytes in pieces, bounded texts, new files. Always: a file is written to a temporary name in its own
//! folder, synced and renamed, so that a crash leaves the old file or the new one; memory stays flat whatever a file's size; a
//! file that changes while it is read is noticed. Not for keys, whose files have rules of their own.

use std::fmt;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Bytes read at a time: small enough for a processor's cache, large enough to make system calls rare.
const PIECE_BYTES: usize = 256 * 1024;
/// How temporary names begin; what remains of a crash is recognised by it.
pub const TEMPORARY_PREFIX: &str = ".courtseal-";
/// How temporary names end.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

/// Why a file cannot be taken.
#[derive(Debug)]
pub enum Problem {
    /// It is something else than a file.
    NotAFile(&'static str),
    /// It cannot be read.
    Unreadable(io::Error),
    /// Its size, time or identity changed while it was read.
    Changed,
    /// It has a receipt that says something else than is asked for now.
    Differs(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAFile(kind) => write!(f, "{kind}, not a file: not followed or read"),
            Self::Unreadable(error) => write!(f, "cannot be read: {}", reason(error)),
            Self::Differs(how) => write!(f, "{how}; move that receipt away to record the file anew as you ask"),
            Self::Changed => f.write_str("changed while it was read; run the command again when it is at rest"),
        }
    }
}

/// An I/O error in words, without the system's number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What a thing that is no file is called; none for a file.
pub fn other_kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_symlink() => Some("a symbolic link"),
        () if kind.is_dir() => Some("a folder"),
        () if kind.is_fifo() => Some("a named pipe"),
        () if kind.is_socket() => Some("a socket"),
        () => Some("a device"),
    }
}

/// Reads a file in pieces of at most 256 KiB; returns its size in bytes. `take` gets each piece, and gives a
/// buffer for the next one, the same or another. `follow` says whether a symbolic link may be followed.
///
/// # Errors
/// [`Problem`]: not a file, unreadable, or changed meanwhile.
pub fn stream(path: &Path, follow: bool, mut take: impl FnMut(Vec<u8>) -> Vec<u8>) -> Result<u64, Problem> {
    let look = || if follow { fs::metadata(path) } else { fs::symlink_metadata(path) };
    let before = look().map_err(Problem::Unreadable)?;
    if let Some(kind) = other_kind(&before) {
        return Err(Problem::NotAFile(kind));
    }
    let mut file = File::open(path).map_err(Problem::Unreadable)?;
    // What was opened may be another thing than what was looked at.
    if !same(&before, &file.metadata().map_err(Problem::Unreadable)?) {
        return Err(Problem::Changed);
    }
    let room = usize::try_from(before.len()).unwrap_or(PIECE_BYTES).saturating_add(1).min(PIECE_BYTES);
    let (mut buffer, mut size) = (Vec::new(), 0);
    loop {
        // A buffer that was full before costs nothing here.
        buffer.resize(room, 0);
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => {
                size += length as u64;
                // A file that grows as fast as it is read would never end.
                if size > before.len() {
                    return Err(Problem::Changed);
                }
                buffer.truncate(length);
                buffer = take(buffer);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Problem::Unreadable(error)),
        }
    }
    let opened = file.metadata().map_err(Problem::Unreadable)?;
    let named = look().map_err(|_| Problem::Changed)?;
    if size != before.len() || !same(&before, &opened) || !same(&before, &named) {
        return Err(Problem::Changed);
    }
    Ok(size)
}

fn same(a: &Metadata, b: &Metadata) -> bool {
    let mark = |m: &Metadata| (m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec(), m.mode() & 0o170_000);
    mark(a) == mark(b)
}

/// Reads a small file whole, at most `limit_bytes`; one byte more is read, so that a reader of the format sees "too long".
///
/// # Errors
/// I/O, or not a file (a named pipe would block for ever).
pub fn read_bounded(path: &Path, limit_bytes: usize) -> io::Result<Vec<u8>> {
    if let Some(kind) = other_kind(&fs::metadata(path)?) {
        return Err(io::Error::other(format!("{kind}, not a file")));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit_bytes as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file: temporary name in the same folder, synced, renamed over `path`. The folder is not synced: see [`sync_folder`].
///
/// A crash before the rename leaves what was there and a temporary file; after it, the new file whole.
///
/// # Errors
/// I/O.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    temporary(path, bytes, mode)?.persist(path).map(drop).map_err(|error| error.error)
}

/// As [`write_whole`], but refuses to replace a file.
///
/// # Errors
/// I/O, [`io::ErrorKind::AlreadyExists`] among it.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    temporary(path, bytes, mode)?.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

fn temporary(path: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .suffix(TEMPORARY_SUFFIX)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The folder that a path's name stands in.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes names in a folder durable.
///
/// # Errors
/// I/O.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// `path` with `ending` added to its name, whatever bytes the name has.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Keeps what is at `path`: links it to `<stem>.<number><ending>`, the first number that is free. `path` stays, to be replaced.
///
/// # Errors
/// I/O.
pub fn keep_old(stem: &Path, ending: &str) -> io::Result<PathBuf> {
    let path = with_ending(stem, ending);
    for number in 1_u64.. {
        let kept = with_ending(stem, &format!(".{number}{ending}"));
        match fs::hard_link(&path, &kept) {
            Ok(()) => return Ok(kept),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // Not every file system has links.
            Err(_) => return fs::copy(&path, &kept).map(|_| kept),
        }
    }
    Err(io::Error::other("no free name is left"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_notices_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, vec![7; PIECE_BYTES + 1]).unwrap();
        let mut seen = 0;
        let mut count = |piece: Vec<u8>| {
            seen += piece.len();
            piece
        };
        assert_eq!(stream(&path, false, &mut count).unwrap(), PIECE_BYTES as u64 + 1);
        assert_eq!(seen, PIECE_BYTES + 1);
        let grown = stream(&path, false, |piece| {
            fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"x").unwrap();
            piece
        });
        assert!(matches!(grown, Err(Problem::Changed)));
        fs::write(&path, b"").unwrap();
        assert_eq!(stream(&path, false, |_| panic!("an empty file has no bytes")).unwrap(), 0);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(stream(&link, false, |piece| piece), Err(Problem::NotAFile("a symbolic link"))));
        assert_eq!(stream(&link, true, |piece| piece).unwrap(), 0);
        assert!(matches!(stream(folder.path(), true, |piece| piece), Err(Problem::NotAFile("a folder"))));
    }

    #[test]
    fn writes_whole_and_keeps_old() {
        let folder = tempfile::tempdir().unwrap();
        let stem = folder.path().join("a");
        let path = with_ending(&stem, ".x");
        write_whole(&path, b"1", 0o600).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(write_new(&path, b"2", 0o600).is_err());
        assert_eq!(keep_old(&stem, ".x").unwrap(), folder.path().join("a.1.x"));
        write_whole(&path, b"2", 0o600).unwrap();
        assert_eq!(keep_old(&stem, ".x").unwrap(), folder.path().join("a.2.x"));
        assert_eq!(fs::read(folder.path().join("a.1.x")).unwrap(), b"1");
        assert_eq!(fs::read(folder.path().join("a.2.x")).unwrap(), b"2");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no temporary file is left");
        assert_eq!(read_bounded(&path, 0).unwrap(), b"2");
    }
}
