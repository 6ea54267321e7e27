//! Writing files in an open folder: new ones whole, old ones kept by renaming.
//!
//! In: paths relative to the folder, bytes. Out: files. Always: a file is whole or not there; a name that
//! something has is not taken, unless that is asked for. Not for evidence, which is never written.

use super::{FOLDER, Folder, Identity, Kind, kind};
use crate::files::new_file::{FILE, New, rename_new};
use rustix::fs::{AtFlags, Mode, OFlags, RawMode};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

impl Folder {
    /// Makes a new file, whole and synced; the folder is not synced: see [`Folder::sync`]. A crash before the
    /// end leaves nothing; where the system has no files without a name, it leaves a temporary one.
    ///
    /// # Errors
    /// I/O; [`io::ErrorKind::AlreadyExists`] if anything has that name.
    pub fn write_new(&self, relative: &Path, bytes: &[u8], mode: RawMode) -> io::Result<()> {
        let (folder, name) = self.walk(relative)?;
        if rustix::fs::statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return Err(Errno::EXIST.into());
        }
        let folder = folder.as_fd();
        match New::nameless(folder, mode).and_then(|new| new.finish(folder, bytes, name, false)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists || is_full(&error) => Err(error),
            Err(_) => New::temporary(folder, mode)?.finish(folder, bytes, name, false),
            Ok(()) => Ok(()),
        }
    }

    /// Makes a file whole and synced, in the place of a regular file if there is one. The folder is not
    /// synced.
    ///
    /// # Errors
    /// I/O; what stands there is no regular file.
    pub fn replace(&self, relative: &Path, bytes: &[u8], mode: RawMode) -> io::Result<()> {
        let (folder, name) = self.walk(relative)?;
        match self.look(relative)? {
            None => return self.write_new(relative, bytes, mode),
            Some(Kind::File(..)) => {}
            Some(Kind::Folder) => return Err(io::Error::other("a folder is in its place")),
            Some(Kind::Other(what)) => return Err(io::Error::other(format!("{what} is in its place"))),
        }
        New::temporary(folder.as_fd(), mode)?.finish(folder.as_fd(), bytes, name, true)
    }

    /// Gives a file, or whatever stands there, another name that is free.
    ///
    /// # Errors
    /// I/O; [`io::ErrorKind::AlreadyExists`] if anything has the other name.
    pub fn rename(&self, from: &Path, to: &OsStr) -> io::Result<()> {
        let (folder, name) = self.walk(from)?;
        rename_new(folder.as_fd(), name, to)
    }

    /// Removes a file that is there. The folder is not synced.
    ///
    /// # Errors
    /// I/O.
    pub fn remove(&self, relative: &Path) -> io::Result<()> {
        let (folder, name) = self.walk(relative)?;
        Ok(rustix::fs::unlinkat(folder.as_fd(), name, AtFlags::empty())?)
    }

    /// Makes a folder under it, and those above, where they are not there.
    ///
    /// # Errors
    /// I/O; something else than a folder is there.
    pub fn make_folders(&self, relative: &Path) -> io::Result<()> {
        let mut path = PathBuf::new();
        for part in relative.components() {
            path.push(part);
            let (folder, name) = self.walk(&path)?;
            match rustix::fs::mkdirat(folder.as_fd(), name, Mode::from_raw_mode(0o777)) {
                Ok(()) => rustix::fs::fsync(rustix::fs::openat(folder.as_fd(), ".", FOLDER, Mode::empty())?)?,
                Err(Errno::EXIST) if self.look(&path)? == Some(Kind::Folder) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Opens a file of our own for a lock, and makes it if it is not there.
    ///
    /// # Errors
    /// I/O; what is there is no file of the user's.
    pub fn open_own(&self, relative: &Path) -> io::Result<File> {
        let (folder, name) = self.walk(relative)?;
        let flags = OFlags::RDWR | OFlags::CREATE | FILE;
        let file = rustix::fs::openat(folder.as_fd(), name, flags, Mode::from_raw_mode(0o600))?;
        let stat = rustix::fs::fstat(&file)?;
        if !matches!(kind(&stat), Kind::File(..)) || stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other("it is not a file of yours"));
        }
        Ok(file.into())
    }

    /// Whether an open file still has this name.
    ///
    /// # Errors
    /// I/O.
    pub fn is_at(&self, relative: &Path, file: &File) -> io::Result<bool> {
        let here = match self.look(relative)? {
            Some(Kind::File(identity, _)) => identity,
            _ => return Ok(false),
        };
        Ok(here == Identity::of(&rustix::fs::fstat(file)?))
    }

    /// Makes the names in the folder of a path durable.
    ///
    /// # Errors
    /// I/O.
    pub fn sync(&self, relative: &Path) -> io::Result<()> {
        let (folder, _) = self.walk(relative)?;
        Ok(rustix::fs::fsync(rustix::fs::openat(folder.as_fd(), ".", FOLDER, Mode::empty())?)?)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
