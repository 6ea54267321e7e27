//! An open folder, and all that is read and written in it: evidence, receipts, openings, journals, locks.
//!
//! In: a path that the user named, then paths relative to it. Out: bytes in pieces, bounded texts, new files.
//! Always: the folder is opened once, and each path is walked from its handle, a part at a time (K9). No
//! symbolic link is followed, and only regular files are opened. A new file is made whole under a name that
//! is free. An old one is kept by renaming it, and nothing is copied. Not for the paths that options name,
//! such as `--policy`: see [`super::named`].

mod read;
mod write;

use super::other_kind;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RawMode, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Bytes read at a time: small enough for a processor's cache, large enough to make system calls rare.
pub const PIECE_BYTES: usize = 256 * 1024;
/// Longest path in a folder, in bytes: other programs could not open what has a longer one.
pub const PATH_BYTES_MAX: usize = 4_095;

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
    shown: PathBuf,
}

/// What a file is, whatever its name: two names with the same identity are names of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}

impl Identity {
    /// Of a folder or file; links are followed.
    ///
    /// # Errors
    /// I/O.
    pub fn at(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&rustix::fs::stat(path)?))
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{:x}", self.device, self.inode)
    }
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file, and how many bytes it has.
    File(Identity, u64),
    /// A folder, not a link to one.
    Folder,
    /// Something else, in words.
    Other(&'static str),
}

/// A name and what stands under it.
#[derive(Debug)]
pub struct Named {
    /// The name in its folder.
    pub name: OsString,
    /// What it is.
    pub kind: Kind,
}

/// What tells whether a file was changed (K16): a program can put back the time of modification, but not that
/// of the change of status.
type State = (Identity, i64, (i64, u64), (i64, u64), RawMode);

fn state(stat: &Stat) -> State {
    let (modified, changed) = ((stat.st_mtime, stat.st_mtime_nsec), (stat.st_ctime, stat.st_ctime_nsec));
    (Identity::of(stat), stat.st_size, modified, changed, FileType::from_raw_mode(stat.st_mode).as_raw_mode())
}

fn kind(stat: &Stat) -> Kind {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File(Identity::of(stat), u64::try_from(stat.st_size).unwrap_or(0)),
        FileType::Directory => Kind::Folder,
        other => Kind::Other(other_kind(other)),
    }
}

impl Folder {
    /// Opens a folder that the user named. Links in the path are followed, as the user meant it; the last
    /// name is not, if it is one.
    ///
    /// # Errors
    /// I/O; a link, or no folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = match path.components().next_back() {
            Some(Component::Normal(_)) => FOLDER | OFlags::NOFOLLOW,
            _ => FOLDER,
        };
        // A slash at the end would make the system follow the link.
        let plain: PathBuf = path.components().collect();
        let opened = if plain.as_os_str().is_empty() { Path::new(".") } else { &plain };
        let handle = rustix::fs::openat(CWD, opened, flags, Mode::empty())?;
        Ok(Self { handle, shown: path.to_owned() })
    }

    /// Opens the folder that a path's name stands in; the whole of that path may go through links.
    ///
    /// # Errors
    /// I/O.
    pub fn around(path: &Path) -> io::Result<Self> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let opened = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        let handle = rustix::fs::openat(CWD, opened, FOLDER, Mode::empty())?;
        Ok(Self { handle, shown: parent.to_owned() })
    }

    /// How people see a path in it.
    pub fn shown(&self, relative: &Path) -> PathBuf {
        if relative.as_os_str().is_empty() { self.shown.clone() } else { self.shown.join(relative) }
    }

    /// Its path without links.
    ///
    /// # Errors
    /// I/O.
    pub fn real_path(&self) -> io::Result<PathBuf> {
        if self.shown.as_os_str().is_empty() { Path::new(".").canonicalize() } else { self.shown.canonicalize() }
    }

    /// Which folder it is.
    ///
    /// # Errors
    /// I/O.
    pub fn identity(&self) -> io::Result<Identity> {
        Ok(Identity::of(&rustix::fs::fstat(&self.handle)?))
    }

    /// The folder of a path in it, reached without following a link, and the path's last name.
    fn walk<'a>(&'a self, relative: &'a Path) -> io::Result<(Handle<'a>, &'a OsStr)> {
        if relative.as_os_str().len() > PATH_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidFilename,
                format!("its path is longer than {PATH_BYTES_MAX} bytes"),
            ));
        }
        let mut handle = Handle::Given(self.handle.as_fd());
        let mut parts = relative.components().peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else { break };
            if parts.peek().is_none() {
                return Ok((handle, name));
            }
            let next = rustix::fs::openat(handle.as_fd(), name, FOLDER | OFlags::NOFOLLOW | OFlags::PATH, Mode::empty())?;
            handle = Handle::Opened(next);
        }
        Err(io::Error::new(io::ErrorKind::InvalidFilename, "it is no path in this folder"))
    }

    /// What stands under a path in it; none if nothing does.
    ///
    /// # Errors
    /// I/O.
    pub fn look(&self, relative: &Path) -> io::Result<Option<Kind>> {
        let found = self
            .walk(relative)
            .and_then(|(folder, name)| Ok(rustix::fs::statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)?));
        match found {
            Ok(stat) => Ok(Some(kind(&stat))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether two paths in it are names of one file.
    pub fn is_same(&self, one: &Path, other: &Path) -> bool {
        let identity = |path: &Path| match self.look(path) {
            Ok(Some(Kind::File(identity, _))) => Some(identity),
            _ => None,
        };
        one == other || identity(one).is_some_and(|one| identity(other) == Some(one))
    }

    /// Opens a folder under it; the empty path is itself.
    ///
    /// # Errors
    /// I/O; a link, or no folder.
    pub fn enter(&self, relative: &Path) -> io::Result<Self> {
        let flags = FOLDER | OFlags::NOFOLLOW;
        let handle = if relative.as_os_str().is_empty() {
            rustix::fs::openat(&self.handle, ".", flags, Mode::empty())?
        } else {
            let (parent, name) = self.walk(relative)?;
            rustix::fs::openat(parent.as_fd(), name, flags, Mode::empty())?
        };
        Ok(Self { handle, shown: self.shown(relative) })
    }

    /// The names in it, or in a folder under it. In no order.
    ///
    /// # Errors
    /// I/O.
    pub fn list(&self, relative: &Path) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.enter(relative)?.handle)? {
            let name = OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The names in it, or in a folder under it, and what they are. In no order.
    ///
    /// # Errors
    /// I/O.
    pub fn names(&self, relative: &Path) -> io::Result<Vec<io::Result<Named>>> {
        let folder = self.enter(relative)?;
        let mut names = Vec::new();
        for name in folder.list(Path::new(""))? {
            match rustix::fs::statat(&folder.handle, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => names.push(Ok(Named { name, kind: kind(&stat) })),
                // It went while the folder was read.
                Err(Errno::NOENT) => {}
                Err(error) => names.push(Err(error.into())),
            }
        }
        Ok(names)
    }
}

/// A folder on the way to a path.
enum Handle<'a> {
    Given(BorrowedFd<'a>),
    Opened(OwnedFd),
}

impl AsFd for Handle<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Given(handle) => *handle,
            Self::Opened(handle) => handle.as_fd(),
        }
    }
}

#[cfg(test)]
mod tests;
