//! What a command was given, sorted into groups: a folder, or the files that were named in one folder. A
//! group shares a place and a journal.
//!
//! In: paths from the command line, `--receipts`. Out: groups, each with its folder open. Always: one
//! folder is in one group for its files, however it is written. Not for what is in a folder: see
//! [`mod@super::collect`].

use crate::failure::{Exit, Failure, usage};
use crate::files::folder::{Folder, Identity, Kind};
use crate::files::place::Place;
use crate::files::reason;
use crate::print;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// A folder, or files that were named in one.
#[derive(Debug, Default)]
pub struct Group {
    /// The folder that the files are in; none if it cannot be opened.
    pub place: Option<Place>,
    /// The folder as people see it, if all of it was named.
    pub folder: Option<PathBuf>,
    /// What was named in it, if not all of it was.
    pub named: Option<BTreeSet<PathBuf>>,
    /// What cannot be looked for, and why.
    pub problems: Vec<(PathBuf, String)>,
}

/// Sorts paths into groups.
///
/// # Errors
/// Usage: a path that names nothing; `--receipts` is of no use.
pub fn groups(paths: &[PathBuf], receipts: Option<&Path>) -> anyhow::Result<Vec<Group>> {
    let (mut files, mut folders, mut lost): (BTreeMap<Identity, Group>, Vec<Group>, Vec<Group>) =
        (BTreeMap::new(), Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for path in paths {
        let problem = |error: &std::io::Error| Group {
            problems: vec![(path.clone(), format!("cannot be read: {}", reason(error)))],
            ..Group::default()
        };
        // `a/` and `a/.` are `a`; only `.`, `..` and what ends in `..` have no name.
        let plain: PathBuf = path.components().collect();
        let name = match plain.components().next_back() {
            Some(Component::Normal(name)) => Some(name.to_owned()),
            _ => None,
        };
        let is_folder = match &name {
            Some(name) => {
                Folder::around(&plain).and_then(|folder| folder.look(Path::new(name))).map(|kind| kind == Some(Kind::Folder))
            }
            None => Ok(true),
        };
        match is_folder {
            Ok(true) => match Folder::open(&plain).and_then(|folder| Ok((folder.identity()?, folder))) {
                Ok((identity, folder)) => {
                    if seen.insert(identity) {
                        folders.push(whole(folder, receipts, &folders)?);
                    }
                }
                Err(error) => lost.push(problem(&error)),
            },
            Ok(false) => match Folder::around(&plain).and_then(|folder| Ok((folder.identity()?, folder))) {
                Ok((identity, folder)) => {
                    let group = match files.entry(identity) {
                        std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                        std::collections::btree_map::Entry::Vacant(entry) => entry.insert(some(folder, receipts)?),
                    };
                    group.named.get_or_insert_default().insert(name.unwrap_or_default().into());
                }
                Err(error) => lost.push(problem(&error)),
            },
            Err(error) => lost.push(problem(&error)),
        }
    }
    if let Some(receipts) = receipts {
        let mut names = BTreeSet::new();
        if let Some(twice) = files.values().flat_map(|group| group.named.iter().flatten()).find(|name| !names.insert(*name)) {
            let (twice, receipts) = (print::path(twice), print::path(receipts));
            return Err(usage(format!(
                "two files are called {twice}, so that their receipts would be mixed in {receipts}; give one command for each, with folders of their own"
            )));
        }
    }
    Ok(lost.into_iter().chain(files.into_values()).chain(folders).collect())
}

fn some(folder: Folder, receipts: Option<&Path>) -> anyhow::Result<Group> {
    let place = match receipts {
        None => Place::beside(folder),
        Some(receipts) => Place::elsewhere(folder, open_receipts(receipts)?, PathBuf::new()),
    };
    Ok(Group { place: Some(place), ..Group::default() })
}

fn whole(folder: Folder, receipts: Option<&Path>, others: &[Group]) -> anyhow::Result<Group> {
    let shown = folder.shown(Path::new(""));
    let place = match receipts {
        None => Place::beside(folder),
        Some(receipts) => {
            let real = folder.real_path()?;
            let name = real.file_name().map(OsStr::to_owned).ok_or_else(|| usage("/ has no name; name a folder in it"))?;
            let place = Place::elsewhere(folder, open_receipts(receipts)?, PathBuf::from(name));
            let target = place.shown_named(OsStr::new(""));
            if others.iter().filter_map(|other| other.place.as_ref()).any(|other| other.shown_named(OsStr::new("")) == target) {
                let (folder, receipts) = (print::path(&shown), print::path(receipts));
                return Err(usage(format!(
                    "two folders are called as {folder} is, so that their receipts would be mixed in {receipts}; give one command for each"
                )));
            }
            place
        }
    };
    Ok(Group { place: Some(place), folder: Some(shown), ..Group::default() })
}

/// Opens the folder of `--receipts`, which the user named and may have named by a link.
///
/// # Errors
/// As [`open_folder`].
pub fn open_receipts(path: &Path) -> anyhow::Result<Folder> {
    open_folder("--receipts", Some(path))
}

/// Opens the folder that an option names, or the one that the user stands in.
///
/// # Errors
/// Usage: it cannot be opened.
pub fn open_folder(option: &str, path: Option<&Path>) -> anyhow::Result<Folder> {
    let Some(path) = path else {
        return Folder::around(Path::new("_"))
            .map_err(|error| usage(format!("the folder here cannot be opened: {}", reason(&error))));
    };
    Folder::around(&path.join("_")).map_err(|error| {
        let message = format!("{option}: {} cannot be opened: {}", print::path(path), reason(&error));
        Failure::new(Exit::Usage, message).next(format!("make the folder first: mkdir {}", print::pasted(path))).into()
    })
}

impl Group {
    /// How people call it.
    pub fn label(&self) -> PathBuf {
        let first = || self.named.as_ref().and_then(|named| Some(self.place.as_ref()?.shown(named.first()?)));
        self.folder.clone().or_else(first).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_is_one_group_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("d")).unwrap();
        std::fs::write(path("a"), b"").unwrap();
        std::os::unix::fs::symlink("d", path("link")).unwrap();
        let given =
            [path("a"), path("d/"), path("missing"), path("d/."), path("d/../a"), path("link"), path("link/"), path("no/b")];
        let groups = groups(&given, None).unwrap();
        let named: Vec<Option<Vec<&str>>> = groups
            .iter()
            .map(|group| group.named.as_ref().map(|named| named.iter().map(|name| name.to_str().unwrap()).collect()))
            .collect();
        assert_eq!(named, [None, Some(vec!["a", "link", "missing"]), None]);
        assert_eq!(groups[0].problems[0].1, "cannot be read: no such file or directory");
        assert_eq!(groups[2].folder, Some(path("d")));
    }

    #[test]
    fn receipts_of_two_folders_are_not_mixed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["x/d", "y/d", "y/e", "receipts"] {
            std::fs::create_dir_all(path(name)).unwrap();
        }
        let receipts = path("receipts");
        assert!(groups(&[path("x/d"), path("y/e")], Some(&receipts)).is_ok());
        assert!(groups(&[path("x/d"), path("y/d")], Some(&receipts)).unwrap_err().to_string().contains("mixed"));
        assert!(groups(&[path("x/d")], Some(&path("none"))).is_err());
    }
}
