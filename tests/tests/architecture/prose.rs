//! Prose is plain: short sentences, narrow lines, no docs that say nothing.
//!
//! In: every Markdown page, and the comments of every Rust file.
//! Out: a failure that names each piece out of bounds. The test `the_figures_are_printed` prints a table by
//! folder under `--nocapture`.
//! Always: no folder is left out, and the exceptions are few and needed.
//! Not for style that no program can judge.

mod measure;

use crate::{files, read};
use measure::{Fault, Finding, Measured};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Pages to which programs add: only their text before the first section is prose.
const APPENDED_TO: [&str; 2] = ["tests/RESULTS.md", "tests/bench/RESULTS.md"];

/// Findings that stay: the file, a part of the finding's text, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Most exceptions, in percent of the lines and sentences measured.
const EXCEPTIONS_MAX_PERCENT: usize = 2;

/// The prose of all pages and files.
fn measured() -> BTreeMap<PathBuf, Measured> {
    let pages = files(".md").into_iter().map(|path| {
        let whole = read(&path);
        let is_appended_to = APPENDED_TO.iter().any(|page| path == Path::new(page));
        let own = if is_appended_to { whole.split("\n## ").next().unwrap_or_default() } else { &whole };
        let measured = measure::markdown(own);
        (path, measured)
    });
    let sources = files(".rs").into_iter().map(|path| {
        let measured = measure::rust(&read(&path));
        (path, measured)
    });
    pages.chain(sources).collect()
}

/// Whether the list of exceptions has this finding.
fn is_excepted(path: &Path, finding: &Finding) -> bool {
    EXCEPTIONS.iter().any(|(file, part, _)| path == Path::new(file) && finding.text.contains(part))
}

#[test]
fn prose_is_plain() {
    let measured = measured();
    let mut found = Vec::new();
    for (path, measured) in &measured {
        let out = measured.findings.iter().filter(|finding| !is_excepted(path, finding));
        found.extend(out.map(|finding| format!("{}:{finding}", path.display())));
    }
    assert!(found.is_empty(), "rewrite these, by the rules at the head of tests/tests/architecture/prose/measure.rs: {found:#?}");
    let lines: usize = measured.values().map(|measured| measured.lines).sum();
    assert!(lines > 5_000, "only {lines} lines were found to measure");
}

#[test]
fn exceptions_are_few_and_needed() {
    let measured = measured();
    for (file, part, reason) in EXCEPTIONS {
        let findings = measured.get(Path::new(file)).map_or(&[][..], |measured| &measured.findings);
        assert!(findings.iter().any(|finding| finding.text.contains(part)), "{file} has no such finding any more: {part}");
        assert!(reason.split_whitespace().count() >= 4, "{file}: {reason:?} is no reason");
    }
    let count: usize = measured.values().map(|measured| measured.lines + measured.sentences).sum();
    assert!(EXCEPTIONS.len() * 100 <= count * EXCEPTIONS_MAX_PERCENT, "{} exceptions of {count}", EXCEPTIONS.len());
}

#[test]
fn the_figures_are_printed() {
    let (columns, words, semicolons) = (measure::COLUMNS_MAX, measure::WORDS_MAX, measure::SEMICOLONS_MAX);
    println!(
        "| folder | lines | >{columns} columns | sentences | >{words} words | >{semicolons} semicolon | subject | bare doc |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut folders: BTreeMap<String, Vec<Measured>> = BTreeMap::new();
    for (path, measured) in measured() {
        let top = path.iter().next().unwrap_or_default().to_string_lossy().into_owned();
        let is_page = path.extension().is_some_and(|ending| ending == "md");
        folders.entry(if is_page { "Markdown".to_owned() } else { top }).or_default().push(measured.clone());
        folders.entry("whole".to_owned()).or_default().push(measured);
    }
    for (folder, parts) in &folders {
        let count = |fault| parts.iter().flat_map(|part| &part.findings).filter(|finding| finding.fault == fault).count();
        println!(
            "| {folder} | {} | {} | {} | {} | {} | {} | {} |",
            parts.iter().map(|part| part.lines).sum::<usize>(),
            count(Fault::Wide),
            parts.iter().map(|part| part.sentences).sum::<usize>(),
            count(Fault::Long),
            count(Fault::Chained),
            count(Fault::Subject),
            count(Fault::Bare)
        );
    }
    assert!(folders.contains_key("Markdown"), "no page was found to measure");
}
