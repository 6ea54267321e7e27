//! Which journals a group's files may wait in.
//!
//! In: a group. Out: names of journals in its folder, in those under it, and those of whole folders above it.
//! Always: told by name and by beginning. Not for what they hold: see [`super::journal`].

use crate::evidence::Group;
use crate::files::folder::Folder;
use crate::files::names::{self, JOURNAL, JOURNAL_BEGINNING};
use crate::files::place::Place;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What the journal of a folder is called.
const FOLDER_STEM: &str = "courtseal";

/// What a group's journal's name begins with.
pub fn journal_stem(group: &Group, files: &[Vec<PathBuf>]) -> PathBuf {
    let first = || files.first().and_then(|names| names.first()).cloned();
    if group.folder.is_some() { FOLDER_STEM.into() } else { first().unwrap_or_else(|| FOLDER_STEM.into()) }
}

/// Where a journal is, seen from a group's folder.
pub enum Within {
    /// In the group's folder.
    Here,
    /// In a folder above, from which this path leads to the group's.
    Above(PathBuf),
    /// In a folder below, to which this path leads.
    Below(PathBuf),
}

impl Within {
    /// A path of the journal, seen from the group's folder; none if it lies elsewhere.
    pub fn seen(&self, path: &Path) -> Option<PathBuf> {
        match self {
            Self::Here => Some(path.to_owned()),
            Self::Above(way) => path.strip_prefix(way).ok().map(Path::to_owned),
            Self::Below(way) => Some(way.join(path)),
        }
    }
}

/// Journals in one folder.
pub struct KeptJournals {
    elsewhere: Option<Place>,
    /// Where that folder is.
    pub within: Within,
    /// The journals' names.
    pub names: Vec<OsString>,
}

impl KeptJournals {
    /// The place that the journals' paths are relative to.
    pub fn place<'a>(&'a self, group: &'a Place) -> &'a Place {
        self.elsewhere.as_ref().unwrap_or(group)
    }
}

/// The journals in a group's folder, in those under it, and those of whole folders above it.
pub fn kept_journals(group: &Group, own: &BTreeSet<PathBuf>) -> Vec<KeptJournals> {
    let Some(place) = &group.place else { return Vec::new() };
    let mut kept = vec![KeptJournals { elsewhere: None, within: Within::Here, names: journals_in(place, |_| true) }];
    if !place.is_beside() {
        return kept;
    }
    let below: BTreeSet<&Path> =
        own.iter().filter(|path| is_journal(path.as_os_str())).filter_map(|path| path.parent()).collect();
    for way in below.into_iter().filter(|way| !way.as_os_str().is_empty()) {
        if let Ok(folder) = place.evidence.enter(way) {
            let there = Place::beside(folder);
            let names = journals_in(&there, |_| true);
            kept.push(KeptJournals { elsewhere: Some(there), within: Within::Below(way.to_owned()), names });
        }
    }
    let Ok(real) = place.evidence.real_path() else { return kept };
    for above in real.ancestors().skip(1) {
        let (Ok(folder), Ok(way)) = (Folder::open(above), real.strip_prefix(above)) else { continue };
        let there = Place::beside(folder);
        let names = journals_in(&there, |name| name.as_bytes().starts_with(FOLDER_STEM.as_bytes()));
        kept.push(KeptJournals { elsewhere: Some(there), within: Within::Above(way.to_owned()), names });
    }
    kept.retain(|kept| !kept.names.is_empty());
    kept
}

fn is_journal(name: &OsStr) -> bool {
    name.as_bytes().ends_with(JOURNAL.as_bytes())
}

/// The names of files that are called like journals and begin like one.
pub fn journals_in(place: &Place, choose: impl Fn(&OsStr) -> bool) -> Vec<OsString> {
    let mut names = place.list().unwrap_or_default();
    names.retain(|name| {
        is_journal(name)
            && names::is_like_own(name)
            && choose(name)
            && place.read_named(name, JOURNAL_BEGINNING.len()).is_ok_and(|bytes| bytes.starts_with(JOURNAL_BEGINNING.as_bytes()))
    });
    names.sort_unstable();
    names
}
