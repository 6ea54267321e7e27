//! A new file in a folder: made without a name, or under a temporary one, and named once it is whole.
//!
//! In: an open folder, bytes, a name. Out: a file of that name, synced. Always: what fails leaves nothing; a
//! name that something has is not taken, unless that is asked for. Not for finding the folder: see
//! [`super::folder`].

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawMode, RenameFlags};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd};

/// How files are opened: a named pipe does not block; a terminal does not become the process's own.
pub const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// How temporary names begin. They are seen only where the system has no files without a name, and after a
/// crash.
pub const TEMPORARY_PREFIX: &str = ".courtseal-";
/// How temporary names end.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

/// A file that does not have its name yet.
pub struct New {
    file: File,
    /// Its temporary name, where the system has no files without a name.
    temporary: Option<OsString>,
}

impl New {
    /// A file without a name: if the process dies, nothing of it is left.
    ///
    /// # Errors
    /// I/O; not every system has such files.
    pub fn nameless(folder: BorrowedFd<'_>, mode: RawMode) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = rustix::fs::openat(folder, ".", flags, Mode::from_raw_mode(mode))?;
        Ok(Self { file: file.into(), temporary: None })
    }

    /// A file under a temporary name.
    ///
    /// # Errors
    /// I/O.
    pub fn temporary(folder: BorrowedFd<'_>, mode: RawMode) -> io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let number = u128::from_le_bytes(random);
        let name = OsString::from(format!("{TEMPORARY_PREFIX}{number:032x}{TEMPORARY_SUFFIX}"));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
        let file = rustix::fs::openat(folder, &name, flags, Mode::from_raw_mode(mode))?;
        Ok(Self { file: file.into(), temporary: Some(name) })
    }

    /// Writes it, syncs it and gives it its name; what fails leaves nothing.
    ///
    /// # Errors
    /// I/O; [`io::ErrorKind::AlreadyExists`] if anything has that name, unless it is to be replaced.
    pub fn finish(mut self, folder: BorrowedFd<'_>, bytes: &[u8], name: &OsStr, replace: bool) -> io::Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        let Some(temporary) = &self.temporary else {
            written?;
            // Older systems let only the administrator name a file by its handle alone; /proc is closed to a
            // process that keeps its memory private.
            if rustix::fs::linkat(&self.file, "", folder, name, AtFlags::EMPTY_PATH).is_ok() {
                return Ok(());
            }
            let by_handle = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            return Ok(rustix::fs::linkat(CWD, by_handle, folder, name, AtFlags::SYMLINK_FOLLOW)?);
        };
        let named = written.and_then(|()| match replace {
            true => Ok(rustix::fs::renameat(folder, temporary, folder, name)?),
            false => rename_new(folder, temporary, name),
        });
        if named.is_err() {
            let _ = rustix::fs::unlinkat(folder, temporary, AtFlags::empty());
        }
        named
    }
}

/// Renames within a folder, to a name that nothing has.
///
/// # Errors
/// I/O; [`io::ErrorKind::AlreadyExists`] if anything has that name.
pub fn rename_new(folder: BorrowedFd<'_>, from: &OsStr, to: &OsStr) -> io::Result<()> {
    match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        // A network file system may not know how to. Then the name is taken first, and what it stands for is
        // replaced.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
            rustix::fs::openat(folder, to, flags, Mode::from_raw_mode(0o600))?;
            rustix::fs::renameat(folder, from, folder, to).inspect_err(|_| {
                let _ = rustix::fs::unlinkat(folder, to, AtFlags::empty());
            })?;
            Ok(())
        }
        result => Ok(result?),
    }
}
