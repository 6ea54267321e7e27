//! A place: a folder of evidence, and where our own files about that evidence stand.
//!
//! In: paths relative to the folder. Out: evidence in pieces; receipts, openings and journals, read and
//! written. Always: our own files stand beside the evidence, or under the folder of `--receipts` at the same
//! paths. A file in the way of one (K10) is kept under a number if it is one of ours, and is left alone if
//! not. Not for what they hold.

use super::folder::{Folder, Kind};
use super::{Problem, names};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// Most numbers that are tried for a file that is kept.
const NUMBER_MAX: u64 = 1_000_000;

/// A folder of evidence, and where our own files about it stand.
#[derive(Debug)]
pub struct Place {
    /// The folder of evidence.
    pub evidence: Folder,
    /// The folder of `--receipts`, and the path in it.
    elsewhere: Option<(Folder, PathBuf)>,
}

impl Place {
    /// A folder whose receipts stand beside the evidence.
    pub fn beside(evidence: Folder) -> Self {
        Self { evidence, elsewhere: None }
    }

    /// A folder whose receipts stand under `under` in the folder `receipts`.
    pub fn elsewhere(evidence: Folder, receipts: Folder, under: PathBuf) -> Self {
        Self { evidence, elsewhere: Some((receipts, under)) }
    }

    fn ours(&self) -> &Folder {
        self.elsewhere.as_ref().map_or(&self.evidence, |(folder, _)| folder)
    }

    /// Whether our own files stand beside the evidence.
    pub fn is_beside(&self) -> bool {
        self.elsewhere.is_none()
    }

    /// The path of our own file about a file.
    fn own(&self, file: &Path, ending: &str) -> PathBuf {
        self.under(names::of(file, ending))
    }

    fn under(&self, path: PathBuf) -> PathBuf {
        self.elsewhere.as_ref().map_or(path.clone(), |(_, under)| under.join(path))
    }

    /// How people see a file.
    pub fn shown(&self, file: &Path) -> PathBuf {
        self.evidence.shown(file)
    }

    /// How people see our own file about a file.
    pub fn shown_own(&self, file: &Path, ending: &str) -> PathBuf {
        self.ours().shown(&self.own(file, ending))
    }

    /// What stands where our own file about a file would be.
    ///
    /// # Errors
    /// I/O.
    pub fn look(&self, file: &Path, ending: &str) -> io::Result<Option<Kind>> {
        self.ours().look(&self.own(file, ending))
    }

    /// Reads our own file about a file, at most `limit_bytes` and one more.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn read(&self, file: &Path, ending: &str, limit_bytes: usize) -> Result<Vec<u8>, Problem> {
        self.ours().read(&self.own(file, ending), limit_bytes)
    }

    /// Writes our own file about a file, which is not there. The folder is not synced.
    ///
    /// # Errors
    /// I/O; [`io::ErrorKind::AlreadyExists`] if anything has that name.
    pub fn write(&self, file: &Path, ending: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
        let own = self.own(file, ending);
        if self.elsewhere.is_some()
            && let Some(folder) = own.parent()
        {
            self.ours().make_folders(folder)?;
        }
        self.ours().write_new(&own, bytes, mode)
    }

    /// Keeps our own file about a file under the first number that is free; returns its new path, as people
    /// see it.
    ///
    /// # Errors
    /// I/O.
    pub fn keep(&self, file: &Path, ending: &str) -> io::Result<PathBuf> {
        self.at_a_free_number(file, ending, |kept| {
            self.ours().rename(&self.own(file, ending), kept.file_name().unwrap_or_default()).map(|()| true)
        })
    }

    /// Writes our own file about a file under the first number that is free, unless one of the numbers has
    /// these bytes already; returns its path, as people see it.
    ///
    /// # Errors
    /// I/O.
    pub fn write_aside(&self, file: &Path, ending: &str, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
        self.at_a_free_number(file, ending, |aside| {
            if self.elsewhere.is_some()
                && let Some(folder) = aside.parent()
            {
                self.ours().make_folders(folder)?;
            }
            match self.ours().write_new(aside, bytes, mode) {
                // Saved here before an interruption.
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists
                        && self.ours().read(aside, bytes.len()).is_ok_and(|old| old == bytes) =>
                {
                    Ok(true)
                }
                result => result.map(|()| true),
            }
        })
    }

    fn at_a_free_number(&self, file: &Path, ending: &str, attempt: impl Fn(&Path) -> io::Result<bool>) -> io::Result<PathBuf> {
        for number in 1..=NUMBER_MAX {
            let path = self.under(names::numbered(file, number, ending));
            match attempt(&path) {
                Ok(_) => return Ok(self.ours().shown(&path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other(format!("the numbers from 1 to {NUMBER_MAX} are taken")))
    }

    /// Reads a file of ours in the place's folder itself, by its name.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn read_named(&self, name: &OsStr, limit_bytes: usize) -> Result<Vec<u8>, Problem> {
        self.ours().read(&self.under(name.into()), limit_bytes)
    }

    /// Writes a file of ours into the place's folder itself, durably.
    ///
    /// # Errors
    /// I/O; [`io::ErrorKind::AlreadyExists`] if anything has that name.
    pub fn write_named(&self, name: &OsStr, bytes: &[u8], mode: u32) -> io::Result<()> {
        let path = self.under(name.into());
        if let Some((folder, under)) = &self.elsewhere {
            folder.make_folders(under)?;
        }
        self.ours().write_new(&path, bytes, mode)?;
        self.ours().sync(&path)
    }

    /// Removes a file of ours from the place's folder itself. The folder is not synced.
    pub fn remove_named(&self, name: &OsStr) {
        let _ = self.ours().remove(&self.under(name.into()));
    }

    /// How people see a file of ours in the place's folder itself.
    pub fn shown_named(&self, name: &OsStr) -> PathBuf {
        self.ours().shown(&self.under(name.into()))
    }

    /// Makes the names of our own files about these files durable.
    ///
    /// # Errors
    /// I/O, with the folder as people see it.
    pub fn sync<'a>(&self, files: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), (PathBuf, io::Error)> {
        let mut folders = std::collections::BTreeMap::new();
        for file in files {
            let own = self.own(file, names::RECEIPT);
            folders.entry(own.parent().map(Path::to_owned)).or_insert(own);
        }
        folders.values().try_for_each(|own| {
            self.ours().sync(own).map_err(|error| (self.ours().shown(own.parent().unwrap_or(Path::new(""))), error))
        })
    }

    /// The names in the folder of our own files itself.
    ///
    /// # Errors
    /// I/O.
    pub fn list(&self) -> io::Result<Vec<OsString>> {
        match &self.elsewhere {
            None => self.evidence.list(Path::new("")),
            Some((folder, under)) if under.as_os_str().is_empty() || folder.look(under)?.is_some() => folder.list(under),
            Some(_) => Ok(Vec::new()),
        }
    }
}
