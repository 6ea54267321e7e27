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
