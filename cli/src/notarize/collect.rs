//! Which files a path stands for.
//!
//! In: a path from the command line. Out: the files under it, sorted, and what cannot be taken, one reason each. Always: symbolic links
//! are not followed and nothing but plain files is opened; our own files (receipts, openings, journals, temporary ones) are
//! left out. Not for reading the files.

use crate::files::{self, Problem, TEMPORARY_PREFIX, TEMPORARY_SUFFIX};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Endings of our own files.
const OWN_ENDINGS: [&str; 3] = [super::RECEIPT_ENDING, super::OPENING_ENDING, super::JOURNAL_ENDING];

/// What a path stands for.
#[derive(Debug, Default)]
pub struct Collected {
    /// The files, sorted by their bytes.
    pub files: Vec<PathBuf>,
    /// What cannot be taken, and why.
    pub problems: Vec<(PathBuf, String)>,
}

/// Whether a name is that of a receipt, an opening, a journal or a temporary file.
pub fn is_own(path: &Path) -> bool {
    let name = path.file_name().unwrap_or(path.as_os_str()).as_bytes();
    OWN_ENDINGS.iter().any(|ending| name.ends_with(ending.as_bytes()))
        || (name.starts_with(TEMPORARY_PREFIX.as_bytes()) && name.ends_with(TEMPORARY_SUFFIX.as_bytes()))
}

/// Collects the files of `root`: itself, or all under it.
pub fn collect(root: &Path) -> Collected {
    let mut collected = Collected::default();
    match fs::symlink_metadata(root) {
        Ok(metadata) if metadata.is_dir() => collect_folder(root, &mut collected),
        Ok(metadata) => match files::other_kind(&metadata) {
            Some(kind) => collected.problem(root, &Problem::NotAFile(kind)),
            None if is_own(root) => {
                collected.problems.push((root.to_owned(), "is a receipt, an opening or a journal, not evidence".to_owned()));
            }
            None => collected.files.push(root.to_owned()),
        },
        Err(error) => collected.problem(root, &Problem::Unreadable(error)),
    }
    collected.files.sort_unstable();
    collected.problems.sort_unstable();
    collected
}

fn collect_folder(root: &Path, collected: &mut Collected) {
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                collected.problem(&folder, &Problem::Unreadable(error));
                continue;
            }
        };
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.path(), fs::symlink_metadata(entry.path())?))) {
                Ok((path, metadata)) if metadata.is_dir() => folders.push(path),
                Ok((path, _)) if is_own(&path) => {}
                Ok((path, metadata)) => match files::other_kind(&metadata) {
                    Some(kind) => collected.problem(&path, &Problem::NotAFile(kind)),
                    None => collected.files.push(path),
                },
                Err(error) => collected.problem(&folder, &Problem::Unreadable(error)),
            }
        }
    }
}

impl Collected {
    fn problem(&mut self, path: &Path, problem: &Problem) {
        self.problems.push((path.to_owned(), problem.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn collects_odd_names_and_reports_odd_things() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let odd = [&b"with space"[..], b"new\nline", b"\xff\xfe", b"-dash", b"empty", b"b/deep"];
        fs::create_dir(root.join("b")).unwrap();
        for name in odd {
            fs::write(root.join(OsStr::from_bytes(name)), b"x").unwrap();
        }
        for own in ["empty.tlog-proof", "empty.1.tlog-proof", "empty.opening", "b.pending", ".courtseal-x.tmp"] {
            fs::write(root.join(own), b"").unwrap();
        }
        symlink("empty", root.join("link")).unwrap();
        symlink("..", root.join("b/loop")).unwrap();
        let _socket = UnixListener::bind(root.join("socket")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());

        let collected = collect(root);
        let mut expected: Vec<PathBuf> = odd.iter().map(|name| root.join(OsStr::from_bytes(name))).collect();
        expected.sort();
        assert_eq!(collected.files, expected);
        let problems: Vec<(&str, &str)> = collected
            .problems
            .iter()
            .map(|(path, text)| (path.strip_prefix(root).unwrap().to_str().unwrap(), text.split(',').next().unwrap()))
            .collect();
        assert_eq!(
            problems,
            [("b/loop", "a symbolic link"), ("link", "a symbolic link"), ("pipe", "a named pipe"), ("socket", "a socket")]
        );
    }

    #[test]
    fn a_single_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(collect(&path).problems[0].1, "cannot be read: no such file or directory");
        fs::write(&path, b"").unwrap();
        assert_eq!(collect(&path).files, std::slice::from_ref(&path));
        let receipt = files::with_ending(&path, ".tlog-proof");
        fs::write(&receipt, b"").unwrap();
        assert_eq!((collect(&receipt).files.len(), collect(&receipt).problems.len()), (0, 1));
    }
}
