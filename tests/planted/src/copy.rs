//! The copy of the tree in which every bug is planted.
//!
//! In: the root of the tree.
//! Out: the same files, with all patches applied, and with manifests that name the selector.
//! Always: a file of the copy is written only if its content differs, so that Cargo compiles again only what
//! changed. The copy's crates have a version of their own: in a shared target folder Cargo would else take
//! one tree's build for the other's.
//! Not for building.

use crate::patch::Patch;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the patches are, from the root of the tree.
pub const PATCHES: &str = "tests/planted";

/// What the version of the copy's crates ends with.
const VERSION_SUFFIX: &str = "+planted";

/// The files that differ in the copy, with their text there.
///
/// # Errors
/// Each patch that does not apply, with the next step.
pub fn planted(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let patches = Patch::read_all(&root.join(PATCHES))?;
    let read = |path: &Path| fs::read_to_string(root.join(path)).map_err(|error| format!("{}: {error}", path.display()));
    let mut tree = BTreeMap::new();
    let mut stale = Vec::new();
    for patch in &patches {
        for file in patch.files() {
            if let (false, Ok(text)) = (tree.contains_key(file), read(file)) {
                tree.insert(file.to_owned(), text);
            }
        }
        if let Err(error) = patch.apply(&mut tree) {
            stale.push(error);
        }
    }
    if !stale.is_empty() {
        return Err(stale.join("\n\n"));
    }
    let manifest_of = |file: &PathBuf| {
        let manifest = file.ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| root.join(path).is_file());
        manifest.ok_or_else(|| format!("{} is in no crate", file.display()))
    };
    let manifests: BTreeSet<PathBuf> = tree.keys().map(manifest_of).collect::<Result<_, _>>()?;
    for manifest in manifests {
        let text = read(&manifest)?.replacen("[dependencies]\n", "[dependencies]\ncourtseal-planted.workspace = true\n", 1);
        tree.insert(manifest, text);
    }
    let workspace = PathBuf::from("Cargo.toml");
    let versioned = own_version(&read(&workspace)?).ok_or("Cargo.toml has no version of the workspace")?;
    tree.insert(workspace, versioned);
    Ok(tree)
}

/// The workspace's manifest, with [`VERSION_SUFFIX`] at the end of the version.
fn own_version(manifest: &str) -> Option<String> {
    let key = "[workspace.package]\nversion = \"";
    let begin = manifest.find(key)? + key.len();
    let end = begin + manifest[begin..].find('"')?;
    Some(format!("{}{VERSION_SUFFIX}{}", &manifest[..end], &manifest[end..]))
}

/// Makes `copy` the copy of the tree at `root`.
///
/// Files of an earlier copy that the tree has no more are removed.
///
/// # Errors
/// As [`planted`], a file cannot be read, written or removed, or the folder has other content than a copy.
pub fn make(root: &Path, copy: &Path) -> Result<(), String> {
    let planted = planted(root)?;
    let is_empty = fs::read_dir(copy).map_or(true, |mut files| files.next().is_none());
    if !is_empty && !fs::read_to_string(copy.join("Cargo.toml")).is_ok_and(|text| text.contains(VERSION_SUFFIX)) {
        return Err(format!("{} is neither empty nor a copy that this program made: remove it first", copy.display()));
    }
    let failed = |error: io::Error| format!("cannot copy {} to {}: {error}", root.display(), copy.display());
    let files = files(root).map_err(failed)?;
    fs::create_dir_all(copy).map_err(failed)?;
    for stale in self::files(copy).map_err(failed)?.difference(&files) {
        fs::remove_file(copy.join(stale)).map_err(failed)?;
    }
    for file in &files {
        let wanted = match planted.get(file) {
            Some(text) => text.clone().into_bytes(),
            None => fs::read(root.join(file)).map_err(failed)?,
        };
        let path = copy.join(file);
        if fs::read(&path).is_ok_and(|present| present == wanted) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(copy)).map_err(failed)?;
        fs::write(&path, wanted).map_err(failed)?;
    }
    Ok(())
}

/// The tree's own files, as paths from `root`: nothing hidden, nothing built, nothing that `make demo` left.
fn files(root: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (name, kind) = (entry.file_name().to_string_lossy().into_owned(), entry.file_type()?);
            let is_made = name == "target" || name.starts_with("demo-");
            if name.starts_with('.') || is_made && kind.is_dir() {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if let Ok(path) = entry.path().strip_prefix(root) {
                found.insert(path.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
    }

    #[test]
    fn every_patch_applies_to_this_tree() {
        let tree = planted(root()).unwrap_or_else(|stale| panic!("{stale}"));
        let patches = Patch::read_all(&root().join(PATCHES)).unwrap();
        assert!(patches.len() > 20, "only {} patches were found", patches.len());
        for patch in &patches {
            assert!(root().join(&patch.caught_by).is_dir(), "{}: there is no {}", patch.name, patch.caught_by);
            let file = patch.files().next().unwrap();
            assert!(tree[file].contains(&format!("is_planted(\"{}\")", patch.name)), "{} is lost", patch.name);
        }
    }

    #[test]
    fn the_copy_has_a_version_of_its_own() {
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert_eq!(own_version(&manifest).unwrap().replacen("+planted\"", "\"", 1), manifest);
    }

    #[test]
    fn only_what_differs_is_written_and_no_other_folder_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        make(root(), &copy).unwrap();
        let written = |file: &str| fs::metadata(copy.join(file)).unwrap().modified().unwrap();
        let (old, new) = ("consensus/src/runner.rs", "consensus/src/lib.rs");
        let before = written(old);
        fs::write(copy.join(new), "changed").unwrap();
        fs::write(copy.join("consensus/src/stale.rs"), "").unwrap();
        make(root(), &copy).unwrap();
        assert_eq!(written(old), before);
        assert_eq!(fs::read(copy.join(new)).unwrap(), fs::read(root().join(new)).unwrap());
        assert!(!copy.join("consensus/src/stale.rs").exists());

        let other = folder.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "of somebody").unwrap();
        assert!(make(root(), &other).unwrap_err().contains("remove it first"));
        assert!(other.join("file").exists());
    }
}
