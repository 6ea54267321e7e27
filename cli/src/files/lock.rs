//! Locks (K12): two commands of one user never work on the same file or folder at once.
//!
//! In: the folders and files that a command touches, by identity. Out: locks that are held until they are
//! dropped. Always: the locks are on files in a folder of the user's own, so that nobody else can hold them.
//! A folder's lock covers all that is under it: every command also holds the folders above what it touches,
//! shared. Not for what two users do, nor two machines: their entries are both recorded.

use super::folder::{Folder, Identity};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Several commands hold it: something under the folder is touched.
    Shared,
    /// One command holds it: all of it is touched.
    Alone,
}

/// Locks that are held.
#[derive(Debug)]
pub struct Locks<'a> {
    folder: &'a Folder,
    held: Vec<(PathBuf, Hold, File)>,
}

impl<'a> Locks<'a> {
    /// Locks in this folder, none held yet.
    pub fn new(folder: &'a Folder) -> Self {
        Self { folder, held: Vec::new() }
    }

    /// Holds one more. False if another command holds it.
    ///
    /// # Errors
    /// I/O.
    pub fn hold(&mut self, what: Identity, how: Hold) -> io::Result<bool> {
        let name = PathBuf::from(format!("{what}.lock"));
        if self.held.iter().any(|(held, as_held, _)| *held == name && (*as_held == how || *as_held == Hold::Alone)) {
            return Ok(true);
        }
        loop {
            let file = self.folder.open_own(&name)?;
            let locked = match how {
                Hold::Shared => file.try_lock_shared(),
                Hold::Alone => file.try_lock(),
            };
            match locked {
                Err(TryLockError::WouldBlock) => return Ok(false),
                Err(TryLockError::Error(error)) => return Err(error),
                Ok(()) => {}
            }
            // Whoever held it last removes it; then this one is a lock that nobody else would find.
            if self.folder.is_at(&name, &file)? {
                self.held.push((name, how, file));
                return Ok(true);
            }
        }
    }
}

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        for (name, how, file) in &self.held {
            // Removed, so that they do not pile up. Those of folders above are few, and others may hold them.
            if *how == Hold::Alone && file.try_lock().is_ok() {
                let _ = self.folder.remove(name);
            }
        }
    }
}

/// The folders above a folder, by identity; those that cannot be looked at are left out.
pub fn above(folder: &Path) -> Vec<Identity> {
    let Ok(real) = folder.canonicalize() else { return Vec::new() };
    real.ancestors().skip(1).filter_map(|above| Identity::at(above).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_covers_what_is_under_it() {
        let own = tempfile::tempdir().unwrap();
        let state = Folder::open(own.path()).unwrap();
        let evidence = tempfile::tempdir().unwrap();
        let sub = evidence.path().join("a/b");
        std::fs::create_dir_all(&sub).unwrap();
        let [outer, inner] = [evidence.path(), &sub].map(|path| Identity::at(path).unwrap());
        let whole = |path: &Path, identity| {
            let mut locks = Locks::new(&state);
            let free = above(path).into_iter().all(|above| locks.hold(above, Hold::Shared).unwrap())
                && locks.hold(identity, Hold::Alone).unwrap();
            free.then_some(locks)
        };
        let held = whole(evidence.path(), outer).unwrap();
        assert!(whole(&sub, inner).is_none(), "the folder above is held");
        drop(held);
        let held = whole(&sub, inner).unwrap();
        assert!(whole(evidence.path(), outer).is_none(), "something in it is held");
        drop(held);
        let left = |identity: Identity| own.path().join(format!("{identity}.lock")).exists();
        assert!(!left(inner), "a lock that was held alone is removed");
        assert!(whole(evidence.path(), outer).is_some());
    }
}
