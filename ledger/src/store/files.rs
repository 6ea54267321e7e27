//! Files that another process may remove under a running program.
//!
//! In: an open file, its path.
//! Out: whether both are the same file.
//! Always: nothing is changed.
//! Not for reading or writing.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Whether `path` still names the file that is open.
///
/// # Errors
/// The error of looking at `path`, unless no file is there.
pub fn is_in_place(file: &File, path: &Path) -> std::io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_place_until_it_is_removed_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = File::create(&path).unwrap();
        assert!(is_in_place(&file, &path).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(!is_in_place(&file, &path).unwrap());
        File::create(&path).unwrap();
        assert!(!is_in_place(&file, &path).unwrap());
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(!is_in_place(&file, &path).unwrap());
    }
}
