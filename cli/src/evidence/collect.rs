//! Which files a folder stands for, or which of the names that were given.
//!
//! In: an open folder, or names in it. Out: the files, sorted, with their identities, and our own files. Each
//! file that cannot be taken has a reason. Always: symbolic links are not followed and nothing but plain
//! files is opened; our own files are told by their content where their name alone does not say it (K14). Not
//! for reading evidence.

use crate::files::folder::{Folder, Identity, Kind};
use crate::files::{Problem, names};
use courtseal_proof::bytes::limits::OPENING_BYTES_MAX;
use courtseal_proof::opening::Opening;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What is to be left out, and what not.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Symbolic links are passed over without a word.
    pub skip_links: bool,
    /// Files that are named like our own, but are none, are evidence.
    pub all_names: bool,
    /// Names and paths that are left out, as patterns.
    pub exclude: Vec<glob::Pattern>,
}

/// What a folder stands for. All paths are relative to it.
#[derive(Debug, Default)]
pub struct Collected {
    /// The files, sorted by their bytes.
    pub files: Vec<(PathBuf, Identity)>,
    /// How many bytes the files have.
    pub bytes: u64,
    /// Our own files.
    pub own: BTreeSet<PathBuf>,
    /// What cannot be taken, and why.
    pub problems: Vec<(PathBuf, String)>,
}

/// Collects all files in a folder and under it.
pub fn collect(folder: &Folder, choice: &Choice) -> Collected {
    let mut collected = Collected::default();
    let mut like_own = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(at) = folders.pop() {
        let names = match folder.names(&at) {
            Ok(names) => names,
            Err(error) => {
                collected.problem(&at, &Problem::Unreadable(error));
                continue;
            }
        };
        for named in names {
            match named {
                Ok(named) => {
                    let path = at.join(&named.name);
                    match named.kind {
                        _ if choice.exclude.iter().any(|pattern| pattern.matches_path(&path)) => {}
                        Kind::Folder => folders.push(path),
                        Kind::File(identity, _) if names::is_like_own(&named.name) => like_own.push((path, identity)),
                        Kind::File(identity, bytes) => {
                            collected.bytes = collected.bytes.saturating_add(bytes);
                            collected.files.push((path, identity));
                        }
                        Kind::Other("a symbolic link") if choice.skip_links => {}
                        Kind::Other(what) => collected.problem(&path, &Problem::NotAFile(what)),
                    }
                }
                Err(error) => collected.problem(&at, &Problem::Unreadable(error)),
            }
        }
    }
    collected.files.sort_unstable();
    let evidence: BTreeSet<&Path> = collected.files.iter().map(|(path, _)| path.as_path()).collect();
    let (own, not_own): (Vec<_>, Vec<_>) =
        like_own.into_iter().partition(|(path, _)| is_own(folder, path, &|path| evidence.contains(path)));
    collected.own = own.into_iter().map(|(path, _)| path).collect();
    for (path, identity) in not_own {
        collected.like_own(path, identity, choice);
    }
    collected.files.sort_unstable();
    collected.problems.sort_unstable();
    collected
}

/// Collects what was named in a folder.
pub fn collect_named(folder: &Folder, named: &BTreeSet<PathBuf>, choice: &Choice) -> Collected {
    let mut collected = Collected::default();
    for path in named {
        match folder.look(path) {
            Ok(Some(Kind::File(identity, bytes))) if !names::is_like_own(path.as_os_str()) => {
                collected.bytes = collected.bytes.saturating_add(bytes);
                collected.files.push((path.clone(), identity));
            }
            Ok(Some(Kind::File(identity, _))) => {
                let is_there = |path: &Path| matches!(folder.look(path), Ok(Some(Kind::File(..))));
                if is_own(folder, path, &is_there) {
                    collected.problems.push((path.clone(), "is a receipt, an opening or a journal, not evidence".to_owned()));
                } else {
                    collected.like_own(path.clone(), identity, choice);
                }
            }
            Ok(Some(Kind::Folder)) => collected.problem(path, &Problem::NotAFile("a folder")),
            Ok(Some(Kind::Other("a symbolic link"))) if choice.skip_links => {}
            Ok(Some(Kind::Other(what))) => collected.problem(path, &Problem::NotAFile(what)),
            Ok(None) => collected.problem(path, &Problem::Unreadable(rustix::io::Errno::NOENT.into())),
            Err(error) => collected.problem(path, &Problem::Unreadable(error)),
        }
    }
    collected
}

impl Collected {
    fn problem(&mut self, path: &Path, problem: &Problem) {
        self.problems.push((path.to_owned(), problem.to_string()));
    }

    fn like_own(&mut self, path: PathBuf, identity: Identity, choice: &Choice) {
        if choice.all_names {
            self.files.push((path, identity));
        } else {
            let text = match path.file_name().is_some_and(names::is_temporary) {
                true => "is named like what a crash of courtseal may leave; remove it, or take it for evidence with --all-names",
                false => {
                    "is named like a file of courtseal's own, and is none; rename it, or take it for evidence with --all-names"
                }
            };
            self.problems.push((path, text.to_owned()));
        }
    }
}

/// Whether a file that is named like one of ours is one: by its content, or, for a receipt, because its file
/// stands beside it.
fn is_own(folder: &Folder, path: &Path, is_evidence: &dyn Fn(&Path) -> bool) -> bool {
    let name = path.file_name().unwrap_or_default();
    let ends = |ending: &str| name.as_bytes().ends_with(ending.as_bytes());
    let begins = |beginning: &[u8]| folder.read(path, beginning.len()).is_ok_and(|bytes| bytes.starts_with(beginning));
    // By its name alone it could be anything.
    if names::is_temporary(name) {
        return false;
    }
    if ends(names::OPENING) {
        return folder.read(path, OPENING_BYTES_MAX).is_ok_and(|bytes| Opening::from_text(&bytes).is_ok());
    }
    if ends(names::JOURNAL) {
        return begins(names::JOURNAL_BEGINNING.as_bytes());
    }
    let is_beside = |stem: &OsStr| is_evidence(&path.with_file_name(stem));
    begins(names::RECEIPT_BEGINNING) || names::about(name).is_some_and(|stems| stems.into_iter().any(is_beside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn collects_odd_names_and_reports_odd_things() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let odd = [&b"with space"[..], b"new\nline", b"\xff\xfe", b"-dash", b"empty", b"b/deep", b".courtseal-x.tmp"];
        fs::create_dir(root.join("b")).unwrap();
        for name in odd {
            fs::write(root.join(OsStr::from_bytes(name)), b"x").unwrap();
        }
        let temporary = format!(".courtseal-{}.tmp", "0".repeat(32));
        for (own, bytes) in [
            ("empty.tlog-proof", &b""[..]),
            ("empty.1.tlog-proof", b""),
            ("gone.tlog-proof", names::RECEIPT_BEGINNING),
            ("b.pending", b"courtseal-pending/v9"),
            (&temporary, b""),
        ] {
            fs::write(root.join(own), bytes).unwrap();
        }
        fs::write(root.join("chess.opening"), b"e4 e5").unwrap();
        symlink("empty", root.join("link")).unwrap();
        symlink("..", root.join("b/loop")).unwrap();
        let _socket = UnixListener::bind(root.join("socket")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());

        let opened = Folder::open(root).unwrap();
        let collected = collect(&opened, &Choice::default());
        let mut expected: Vec<PathBuf> = odd.iter().map(|name| OsStr::from_bytes(name).into()).collect();
        expected.sort();
        assert_eq!(collected.files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), expected);
        assert_eq!(collected.own.len(), 4);
        let problems: Vec<(&str, &str)> =
            collected.problems.iter().map(|(path, text)| (path.to_str().unwrap(), text.split(',').next().unwrap())).collect();
        assert_eq!(
            problems,
            [
                (temporary.as_str(), "is named like what a crash of courtseal may leave; remove it"),
                ("b/loop", "a symbolic link"),
                ("chess.opening", "is named like a file of courtseal's own"),
                ("link", "a symbolic link"),
                ("pipe", "a named pipe"),
                ("socket", "a socket")
            ]
        );
        let choice = Choice { skip_links: true, all_names: true, ..Choice::default() };
        let collected = collect(&opened, &choice);
        assert_eq!((collected.files.len(), collected.problems.len()), (odd.len() + 2, 2));
    }

    #[test]
    fn what_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let opened = Folder::open(folder.path()).unwrap();
        let named = |names: &[&str]| collect_named(&opened, &names.iter().map(PathBuf::from).collect(), &Choice::default());
        assert_eq!(named(&["a"]).problems[0].1, "cannot be read: no such file or directory");
        fs::write(folder.path().join("a"), b"").unwrap();
        fs::write(folder.path().join("a.tlog-proof"), b"").unwrap();
        assert_eq!(named(&["a"]).files[0].0, Path::new("a"));
        assert_eq!((named(&["a.tlog-proof"]).files.len(), named(&["a.tlog-proof"]).problems.len()), (0, 1));
    }
}
