//! Every source file says what it is, and is short.

use crate::{files, read};

/// A file that passes this is two things.
const LINES_MAX: usize = 500;

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = files(".rs").into_iter().filter(|path| !read(path).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "these files do not begin with `//!`: {silent:?}");
}

#[test]
fn no_file_is_two_things() {
    let long: Vec<_> = files(".rs").into_iter().filter(|path| read(path).lines().count() > LINES_MAX).collect();
    assert!(long.is_empty(), "these files have more than {LINES_MAX} lines: {long:?}");
}

#[test]
fn no_catch_all_names() {
    let names = ["utils", "util", "common", "types", "helpers", "misc"];
    let vague =
        |path: &std::path::PathBuf| path.iter().any(|part| names.contains(&part.to_string_lossy().trim_end_matches(".rs")));
    let found: Vec<_> = files(".rs").into_iter().filter(vague).collect();
    assert!(found.is_empty(), "these names say nothing: {found:?}");
    let modules: Vec<_> = files(".rs").into_iter().filter(|path| path.ends_with("mod.rs")).collect();
    assert!(modules.is_empty(), "`foo.rs` with `foo/`, not `mod.rs`: {modules:?}");
}

/// Where the program may touch files by their paths: the one module for files, the code that keeps the
/// user's own folders, and the code that makes networks and demos in new folders.
const FILES_BY_PATH: [&str; 6] =
    ["cli/src/files/", "cli/src/trust/", "cli/src/demo", "cli/src/network", "cli/src/signal.rs", "cli/src/keys/tests.rs"];

#[test]
fn k9_files_beside_evidence_are_touched_in_one_module_only() {
    for path in files(".rs") {
        let name = path.to_str().unwrap().rsplit_once("/cli/src/").map_or(String::new(), |(_, rest)| format!("cli/src/{rest}"));
        if !name.starts_with("cli/src/") || FILES_BY_PATH.iter().any(|allowed| name.starts_with(allowed)) {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap();
        for word in ["fs::", "File::", "OpenOptions", "canonicalize", "tempfile"] {
            // What `verify` and `groups` only look at, they name in this way.
            let is_used = code
                .lines()
                .any(|line| line.contains(word) && !line.contains("symlink_metadata") && !line.trim_start().starts_with("//"));
            assert!(!is_used, "{name} uses `{word}`: go through cli/src/files");
        }
    }
}
