//! The RPC's error codes are compared as values: no source but that of `node/api` spells one.
//!
//! In: every Rust file.
//! Out: a failure that names each literal equal to a code's word.
//! Always: words that only look like a code, such as a label of a metric, are listed with the reason.
//! Not for Markdown: a test of `node/api` compares the table of specs/rpc.md.

use crate::{files, read};
use courtseal_api::Code;
use std::path::Path;

/// Where the words are spelled.
const SPELLED_IN: &str = "node/api";

/// Literals that are no code: the file, the word, the reason.
const OTHER_WORDS: &[(&str, Code, &str)] = &[
    ("node/src/limiter/clients.rs", Code::Busy, "a label of the metric that counts what is rejected"),
    ("node/src/run.rs", Code::Stopping, "a line of the log when the node shuts down"),
    ("tests/src/generator/report.rs", Code::Busy, "the body of an answer that was made up for a test"),
    ("node/court/src/mempool/tests.rs", Code::Busy, "the name of a member in a test of fair order"),
];

/// Literals in a file that are equal to a code's word.
fn literals(text: &str) -> Vec<Code> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let literals = code.flat_map(|line| {
        let quoted = |word: &Code| {
            let literal = format!("\"{word}\"");
            // Inside another literal, quotes are escaped.
            line.match_indices(&literal).any(|(at, _)| !line[..at].ends_with('\\'))
        };
        Code::ALL.iter().copied().filter(quoted).collect::<Vec<_>>()
    });
    literals.collect()
}

#[test]
fn codes_are_spelled_in_one_crate() {
    let (mut found, mut used) = (Vec::new(), Vec::new());
    for path in files(".rs").into_iter().filter(|path| !path.starts_with(SPELLED_IN)) {
        for word in literals(&read(&path)) {
            match OTHER_WORDS.iter().position(|(file, other, _)| path == Path::new(file) && *other == word) {
                Some(place) => used.push(place),
                None => found.push(format!("{} spells {word:?}: use courtseal_api::Code::{word:?}", path.display())),
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    let unused: Vec<_> = (0..OTHER_WORDS.len()).filter(|place| !used.contains(place)).map(|place| OTHER_WORDS[place].0).collect();
    assert!(unused.is_empty(), "there is no such word any more in {unused:?}");
}

#[test]
fn a_spelled_code_is_found() {
    let text = "// \"busy\" in a comment\nif code == \"expired\" { }\nlet json = \"{\\\"code\\\":\\\"busy\\\"}\";\nlet busy = \"busybody\";\n";
    assert_eq!(literals(text), [Code::Expired]);
}
