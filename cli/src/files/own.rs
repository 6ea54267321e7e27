//! What must be the user's own: private files, folders that nobody else can change, and the folder for what
//! the program keeps for itself.
//!
//! In: paths, the user's environment. Out: private texts, folders of mode 0700. Always: owner and mode are
//! read from the open file; a folder that others can change is refused. Not for evidence, which may be
//! anybody's.

use super::folder::Folder;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// K17: reads a text that only its owner, the user, may read: a key file, a case key.
///
/// # Errors
/// What is wrong with the file, to be put after its name; and what to do, if that can be said.
pub fn read_private(path: &Path, limit_bytes: u64) -> Result<Zeroizing<String>, (String, Option<String>)> {
    let unreadable = |error: io::Error| (format!("cannot be read: {}", super::reason(&error)), None);
    // A named pipe must not block: it is refused below.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let kind = rustix::fs::FileType::from_raw_mode(metadata.mode());
        return Err((format!("is {}, not a file", super::other_kind(kind)), None));
    }
    let user = rustix::process::geteuid().as_raw();
    // Whoever administers the machine can read and write everything anyway.
    if ![user, 0].contains(&metadata.uid()) && user != 0 {
        return Err((format!("belongs to another user (id {}, you are {user})", metadata.uid()), None));
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        let next = format!(
            "if it is a key file, make it private with `chmod 600 {}`, and make a new key if others may have read it",
            crate::print::path(path)
        );
        return Err((format!("can be read or changed by others than its owner (mode {mode:04o})"), Some(next)));
    }
    let mut text = Zeroizing::new(String::with_capacity(8192));
    file.take(limit_bytes + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > limit_bytes {
        return Err(("is longer than a key file can be".to_owned(), None));
    }
    Ok(text)
}

/// Whether a folder is there. If it is, it is the user's own, and nobody else can change it.
///
/// # Errors
/// Why it is not used.
pub fn is_own(folder: &Path) -> Result<bool, String> {
    match fs::symlink_metadata(folder) {
        Ok(metadata) if metadata.is_dir() => only_own(&metadata).map(|()| true),
        Ok(metadata) if metadata.is_file() => Err("it is a file, not a folder".to_owned()),
        Ok(metadata) => {
            let kind = rustix::fs::FileType::from_raw_mode(metadata.mode());
            Err(format!("it is {}, not a folder", super::other_kind(kind)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(format!("it cannot be read: {}", super::reason(&error))),
    }
}

/// Makes a folder that only the user can enter, unless the user has it already. The folders above are made
/// too.
///
/// # Errors
/// Why it cannot be made, or is not used.
pub fn make_own(folder: &Path) -> Result<(), String> {
    if !is_own(folder)? {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| format!("it cannot be made: {}", super::reason(&error)))?;
        is_own(folder)?;
    }
    Ok(())
}

/// Whether something is the user's own, and nobody else can change it.
///
/// # Errors
/// Why not.
pub fn only_own(metadata: &Metadata) -> Result<(), String> {
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return Err(format!("it belongs to another user (id {owner}, you are {user})"));
    }
    match metadata.mode() & 0o777 {
        mode if mode & 0o022 != 0 => {
            Err(format!("others can change it (mode {mode:04o}); look at it, then run `chmod go-w` on it"))
        }
        _ => Ok(()),
    }
}

/// The folder for what the program keeps for itself between commands, made if need be: under
/// `XDG_STATE_HOME`, or the user's home, or the folder for temporary files of a user who has no home.
///
/// # Errors
/// There is none that is the user's own.
pub fn state_folder(variable: impl Fn(&'static str) -> Option<OsString>) -> Result<Folder, String> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let user = rustix::process::geteuid().as_raw();
    let places = [
        absolute("XDG_STATE_HOME").map(|state| state.join("courtseal")),
        absolute("HOME").map(|home| home.join(".local/state/courtseal")),
        Some(std::env::temp_dir().join(format!("courtseal-{user}"))),
    ];
    let mut problem = String::new();
    for place in places.into_iter().flatten() {
        let opened = make_own(&place).and_then(|()| Folder::open(&place).map_err(|error| super::reason(&error)));
        match opened {
            Ok(folder) => return Ok(folder),
            Err(reason) => problem = format!("{} is of no use: {reason}", crate::print::path(&place)),
        }
    }
    Err(problem)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// I/O.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn private_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "secret").unwrap();
        for (mode, is_private) in [(0o600, true), (0o400, true), (0o640, false), (0o602, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_private(&path, 6).is_ok(), is_private, "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read_private(&path, 5).unwrap_err().0.contains("longer"));
        assert!(read_private(folder.path(), 5).unwrap_err().0.contains("a folder"));
    }

    #[test]
    fn a_state_folder_is_found_where_the_first_is_of_no_use() {
        let folder = tempfile::tempdir().unwrap();
        let (open, home) = (folder.path().join("open"), folder.path().join("home"));
        fs::create_dir_all(open.join("courtseal")).unwrap();
        fs::set_permissions(open.join("courtseal"), fs::Permissions::from_mode(0o777)).unwrap();
        let found = state_folder(|name| Some(if name == "HOME" { home.clone() } else { open.clone() }.into())).unwrap();
        assert_eq!(found.shown(Path::new("")), home.join(".local/state/courtseal"));
        assert_eq!(fs::metadata(home.join(".local/state/courtseal")).unwrap().mode() & 0o777, 0o700);
    }
}
