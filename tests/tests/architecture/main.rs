//! The test that keeps specs/architecture.md true: crate edges, circles between modules, files, documents,
//! kinds, prose, rules, licences, sources, versions.
//!
//! In: the workspace's own sources and `cargo metadata`.
//! Out: a failure that names what is out of line.
//! Not for behaviour.

mod advisories;
mod codes;
mod documents;
mod kinds;
mod metadata;
mod modules;
mod prose;
mod rules;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All files under the workspace with this ending, as paths relative to it.
fn files(ending: &str) -> Vec<PathBuf> {
    let (root, mut found) = (root(), Vec::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap_or_default();
            if entry.file_type().unwrap().is_dir() {
                // What is built, and what `make demo` leaves, is not the project's.
                let is_made = ["target", "node_modules"].contains(&name.as_str()) || name.starts_with("demo-");
                if !name.starts_with('.') && !is_made {
                    folders.push(entry.path());
                }
            } else if name.ends_with(ending) {
                found.push(entry.path().strip_prefix(&root).unwrap().to_owned());
            }
        }
    }
    assert!(!found.is_empty(), "there are no files {ending}");
    found.sort();
    found
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}
