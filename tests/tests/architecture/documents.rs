//! Paths that the documents name exist.

use crate::{files, read, root};
use std::path::{Path, PathBuf};

/// Whether a word in backticks is meant as a path of this repository.
fn is_path(word: &str) -> bool {
    let tops = ["cli", "node", "consensus", "ledger", "specs", "tests", ".ci"];
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let source = [".rs", ".py", ".md", ".toml"].iter().any(|ending| word.ends_with(ending)) && word.contains('/');
    plain && (source || word.split_once('/').is_some_and(|(top, rest)| tops.contains(&top) && !rest.is_empty()))
}

/// A path is there: as it is, as a Rust module, or as a module of a crate (`node/court/mempool` for
/// `node/court/src/mempool.rs`).
fn exists(word: &str) -> bool {
    let whole = root().join(word);
    let is_module = |(at, _): (usize, &str)| {
        let (folder, rest) = (Path::new(&word[..at]).join("src"), &word[at + 1..]);
        let is_file = |path: &PathBuf| path.starts_with(&folder) && path.ends_with(format!("{rest}.rs"));
        root().join(&folder).join(rest).exists() || files(".rs").iter().any(is_file)
    };
    whole.exists() || whole.with_extension("rs").exists() || word.match_indices('/').any(is_module)
}

#[test]
fn paths_in_documents_exist() {
    let (mut missing, mut checked) = (Vec::new(), 0);
    for document in files(".md") {
        let text = read(&document);
        for word in text.split('`').skip(1).step_by(2).filter(|word| is_path(word)) {
            checked += 1;
            if !exists(word) {
                missing.push(format!("{} names {word}", document.display()));
            }
        }
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap();
            if !target.contains("://") && !target.is_empty() {
                checked += 1;
                let folder = document.parent().unwrap_or(Path::new(""));
                if !root().join(folder).join(target).exists() {
                    missing.push(format!("{} links to {target}", document.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(checked > 20, "only {checked} paths were found to check");
}

#[test]
fn the_way_of_an_entry_names_modules_that_exist() {
    let text = read("specs/architecture.md");
    let flow = text.split("## The way of an entry").nth(1).unwrap().split("```").nth(1).unwrap();
    let stages: Vec<&str> =
        flow.split_whitespace().filter(|word| word.contains('/') && word.starts_with(char::is_alphabetic)).collect();
    assert!(stages.len() >= 8, "{stages:?}");
    let missing: Vec<_> = stages.into_iter().filter(|stage| !exists(stage)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_crates_of_the_table_are_the_workspace() {
    let text = read("specs/architecture.md");
    let table = text.split("## Crates").nth(1).unwrap();
    let manifest = read("Cargo.toml");
    let members = manifest.split("members = [").nth(1).unwrap().split(']').next().unwrap();
    let folders: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(folders.len() > 10, "{folders:?}");
    for folder in folders {
        assert!(table.contains(&format!("\n| `{folder}` |")), "{folder} is not in the table");
    }
}
