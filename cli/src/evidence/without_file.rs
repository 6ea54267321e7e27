//! Receipts in a folder whose file is gone.
//!
//! In: what a folder stands for. Out: the receipts. Always: a file that was left out on purpose is not
//! missed. Not for what they prove.

use super::collect::{Choice, Collected};
use crate::files::names;
use crate::files::place::Place;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Receipts in a folder whose file is not there, though it is not left out.
pub fn without_file<'a>(place: &Place, collected: &'a Collected, choice: &Choice) -> Vec<&'a Path> {
    let files = collected.files.iter().map(|(path, _)| path.as_path());
    let there: BTreeSet<&Path> = files.chain(collected.problems.iter().map(|(path, _)| path.as_path())).collect();
    let expected: BTreeSet<PathBuf> = there.iter().map(|path| names::of(path, names::RECEIPT)).collect();
    let is_alone = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default();
        let is_known = |stem: &OsStr| {
            let file = path.with_file_name(stem);
            there.contains(file.as_path()) || choice.exclude.iter().any(|pattern| pattern.matches_path(&file))
        };
        name.as_bytes().ends_with(names::RECEIPT.as_bytes())
            && !expected.contains(*path)
            && !names::about(name).is_some_and(|stems| stems.into_iter().any(is_known))
    };
    if place.is_beside() { collected.own.iter().filter(is_alone).map(PathBuf::as_path).collect() } else { Vec::new() }
}
