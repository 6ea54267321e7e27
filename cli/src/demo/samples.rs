//! Files for the demo, and how they are tampered with.
//!
//! In: paths, or the folder one stands in. Out: copies in the demo's own folder, so that nothing outside it
//! is written; a damaged receipt. Always: there are files, if need be made-up ones.

use crate::evidence::{Choice, collect, collect_named, groups};
use crate::failure::usage;
use crate::files::names::is_like_own;
use crate::print;
use courtseal_proof::bytes::base64_text;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How many files are looked for.
const FILES: usize = 12;
/// Largest file that is picked unasked, in bytes.
const PICKED_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most folders that are looked into.
const FOLDERS_MAX: usize = 200;

/// Copies the given files, or else some found in the current folder, into `dir/files`.
///
/// # Errors
/// A given file cannot be copied.
pub fn gather(given: &[PathBuf], dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if let Some(missing) = given.iter().find(|path| !path.exists()) {
        return Err(usage(format!("there is no {}", crate::print::path(missing))));
    }
    let target = dir.join("files");
    fs::create_dir(&target)?;
    let sources: Vec<PathBuf> = if given.is_empty() { found() } else { all_of(given)? };
    if sources.is_empty() && !given.is_empty() {
        return Err(usage("there is no file among the paths given"));
    }
    let mut copies = Vec::new();
    for source in sources {
        let name = source.file_name().unwrap_or_default();
        let mut copy = target.join(name);
        for number in 2.. {
            if !copy.exists() {
                break;
            }
            let mut numbered = std::ffi::OsString::from(format!("{number}-"));
            numbered.push(name);
            copy = target.join(numbered);
        }
        fs::copy(&source, &copy)
            .map_err(|error| usage(format!("cannot copy {}: {}", print::path(&source), crate::files::reason(&error))))?;
        copies.push(copy);
    }
    for number in copies.len()..if given.is_empty() { FILES } else { 0 } {
        let copy = target.join(format!("note-{}.txt", number + 1));
        fs::write(&copy, format!("Note {} of the demonstration.\n", number + 1))?;
        copies.push(copy);
    }
    Ok(copies)
}

/// The files that the paths stand for.
fn all_of(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for group in groups(paths, None)? {
        let (Some(place), choice) = (&group.place, Choice::default()) else { continue };
        let collected = match &group.named {
            Some(named) => collect_named(&place.evidence, named, &choice),
            None => collect(&place.evidence, &choice),
        };
        files.extend(collected.files.iter().map(|(path, _)| place.shown(path)));
    }
    Ok(files)
}

/// Up to twelve small files of the current folder and those below, the nearest first; nothing hidden, built
/// or our own.
fn found() -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), std::collections::VecDeque::from([PathBuf::from(".")]));
    for _ in 0..FOLDERS_MAX {
        let Some(folder) = folders.pop_front().filter(|_| files.len() < FILES) else { break };
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().as_bytes();
            let passed_over = name.starts_with(b".")
                || name.starts_with(b"demo-")
                || name == b"target"
                || name == b"node_modules"
                || path.file_name().is_some_and(is_like_own);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if !passed_over && metadata.is_dir() => folders.push_back(path),
                Ok(metadata)
                    if !passed_over
                        && metadata.is_file()
                        && metadata.len() <= PICKED_BYTES_MAX
                        && fs::File::open(&path).is_ok() =>
                {
                    files.push(path)
                }
                _ => {}
            }
        }
    }
    files.truncate(FILES);
    files
}

/// The receipt with one bit of a cosignature changed: of the second court's, or the only one's.
pub fn flip_cosignature(receipt: &str) -> Option<String> {
    let lines: Vec<&str> = receipt.lines().filter(|line| line.starts_with('\u{2014}')).collect();
    let line = lines.get(2).or(lines.last())?;
    let (start, encoded) = line.rsplit_once(' ')?;
    let mut bytes = base64_text::decode(encoded)?;
    // Key id and time come first; the bit is in the middle of the signature.
    *bytes.get_mut(40)? ^= 1;
    Some(receipt.replace(line, &format!("{start} {}", base64_text::encode(&bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_copied_under_free_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("a/b")).unwrap();
        fs::create_dir(path("demo")).unwrap();
        fs::write(path("a/x"), b"1").unwrap();
        fs::write(path("a/b/x"), b"2").unwrap();
        let copies = gather(&[path("a")], &path("demo")).unwrap();
        let contents: Vec<Vec<u8>> = copies.iter().map(|copy| fs::read(copy).unwrap()).collect();
        assert_eq!(contents, [b"2", b"1"]);
        assert_eq!(fs::read_dir(path("demo/files")).unwrap().count(), 2);
    }

    #[test]
    fn one_bit_is_flipped() {
        let blob = base64_text::encode(&[7; 76]);
        let receipt = format!("a\n\u{2014} o {blob}\n\u{2014} c1 {blob}\n\u{2014} c2 {blob}\n");
        let flipped = flip_cosignature(&receipt).unwrap();
        let changed: Vec<(&str, &str)> = receipt.lines().zip(flipped.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(changed.len(), 1);
        assert!(changed[0].0.contains("c2"));
    }
}
