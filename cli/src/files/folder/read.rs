//! Reading files in an open folder: evidence in pieces, small files whole.
//!
//! In: paths relative to the folder. Out: bytes. Always: only regular files are opened. A file that changes
//! while it is read is noticed (K16). Memory stays flat. Not for what the bytes mean.

use super::{Folder, Kind, PIECE_BYTES, kind, state};
use crate::files::Problem;
use crate::files::new_file::FILE;
use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

impl Folder {
    /// Opens a regular file, and says what it was when it was opened.
    fn open_file(&self, relative: &Path) -> Result<(File, Stat), Problem> {
        let (folder, name) = self.walk(relative).map_err(Problem::Unreadable)?;
        let io = |error: Errno| Problem::Unreadable(error.into());
        let before = rustix::fs::statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW).map_err(io)?;
        // Looked at first, because opening a device may set it going.
        if let Kind::Other(what) = kind(&before) {
            return Err(Problem::NotAFile(what));
        }
        if kind(&before) == Kind::Folder {
            return Err(Problem::NotAFile("a folder"));
        }
        let file = match rustix::fs::openat(folder.as_fd(), name, OFlags::RDONLY | FILE, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::LOOP) => return Err(Problem::NotAFile("a symbolic link")),
            Err(error) => return Err(io(error)),
        };
        let opened = rustix::fs::fstat(&file).map_err(io)?;
        // What was opened may be another thing than what was looked at.
        if state(&opened) != state(&before) {
            return Err(Problem::Changed);
        }
        Ok((file.into(), opened))
    }

    /// Reads a file in pieces of at most 256 KiB; returns its size in bytes. `take` gets each piece, and
    /// gives a buffer for the next one, the same or another.
    ///
    /// # Errors
    /// [`Problem`]: not a file, unreadable, or changed meanwhile.
    pub fn stream(&self, relative: &Path, mut take: impl FnMut(Vec<u8>) -> Vec<u8>) -> Result<u64, Problem> {
        let (mut file, before) = self.open_file(relative)?;
        let length = u64::try_from(before.st_size).unwrap_or(0);
        let room = usize::try_from(length).unwrap_or(PIECE_BYTES).saturating_add(1).min(PIECE_BYTES);
        let (mut buffer, mut size) = (Vec::new(), 0);
        loop {
            // A buffer that was full before costs nothing here.
            buffer.resize(room, 0);
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    size += read as u64;
                    // A file that grows as fast as it is read would never end.
                    if size > length {
                        return Err(Problem::Changed);
                    }
                    buffer.truncate(read);
                    buffer = take(buffer);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Problem::Unreadable(error)),
            }
        }
        let opened = rustix::fs::fstat(&file).map_err(|error| Problem::Unreadable(error.into()))?;
        let named = self
            .walk(relative)
            .and_then(|(folder, name)| Ok(rustix::fs::statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)?));
        let same = named.is_ok_and(|named| state(&named) == state(&before)) && state(&opened) == state(&before);
        if size == length && same { Ok(size) } else { Err(Problem::Changed) }
    }

    /// Reads a small file whole, at most `limit_bytes`; one byte more is read, so that a reader of the format
    /// sees "too long".
    ///
    /// # Errors
    /// [`Problem`]: not a file, or unreadable.
    pub fn read(&self, relative: &Path, limit_bytes: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let (file, _) = self.open_file(relative)?;
        file.take(limit_bytes as u64 + 1).read_to_end(&mut bytes).map_err(Problem::Unreadable)?;
        Ok(bytes)
    }
}
