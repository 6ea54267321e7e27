//! Kinds of statements are told apart in one place: no other source spells a kind's word.
//!
//! In: every Rust file that is no test, and `specs/kinds.json`.
//! Out: a failure that names each literal equal to a kind's word.
//! Always: words that only look like a kind are listed with the reason.
//! Not for Markdown, and not for what a test writes.

use crate::{files, read};
use std::path::Path;

/// Where the words are spelled: the table and the file of each kind.
const SPELLED_IN: [&str; 2] = ["ledger/proof/src/kinds.rs", "ledger/proof/src/kinds/"];

/// Literals that are no kind: the file, the word, the reason.
const OTHER_WORDS: &[(&str, &str, &str)] =
    &[("node/src/data.rs", "evidence", "the folder of a data folder that keeps what is not on the log (S15)")];

/// The words of all kinds.
fn words() -> Vec<String> {
    let table: serde_json::Value = serde_json::from_str(&read("specs/kinds.json")).unwrap();
    let words = table["kinds"].as_array().unwrap().iter().map(|kind| kind["word"].as_str().unwrap().to_owned());
    words.collect()
}

/// Whether a file holds tests only.
fn is_test(path: &Path) -> bool {
    let mut parts = path.iter().map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned());
    parts.any(|part| ["tests", "benches", "testing"].contains(&part.as_str()))
}

/// The words of which a literal stands in the code of a file, its tests left out.
fn spelled<'a>(text: &str, words: &'a [String]) -> Vec<&'a str> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let is_spelled = |word: &&String| {
        let plain = format!("\"{word}\"");
        // Inside another literal quotes are escaped: that is a part of a JSON text.
        let within = format!("\\\"{word}\\\"");
        code.iter().any(|line| line.contains(&plain) || line.contains(&within))
    };
    words.iter().filter(is_spelled).map(String::as_str).collect()
}

#[test]
fn a_kind_is_spelled_in_its_own_file_only() {
    let (words, mut found, mut used) = (words(), Vec::new(), Vec::new());
    let is_own = |path: &Path| SPELLED_IN.iter().any(|place| path.to_string_lossy().starts_with(place));
    for path in files(".rs").into_iter().filter(|path| !is_test(path) && !is_own(path)) {
        for word in spelled(&read(&path), &words) {
            match OTHER_WORDS.iter().position(|(file, other, _)| path == Path::new(file) && *other == word) {
                Some(place) => used.push(place),
                None => found.push(format!("{} spells {word:?}: ask the statement's kind", path.display())),
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    let unused: Vec<_> = (0..OTHER_WORDS.len()).filter(|place| !used.contains(place)).map(|place| OTHER_WORDS[place].0).collect();
    assert!(unused.is_empty(), "there is no such word any more in {unused:?}");
}

#[test]
fn a_spelled_kind_is_found() {
    let words = ["evidence", "judgment"].map(str::to_owned);
    let text = "// \"judgment\" in a comment\nif kind == \"evidence\" { }\nlet other = \"evidences\";\n";
    assert_eq!(spelled(text, &words), ["evidence"]);
    assert_eq!(spelled("let json = \"{\\\"kind\\\":\\\"judgment\\\"}\";", &words), ["judgment"]);
    assert_eq!(spelled("fn a() {}\n\n#[cfg(test)]\nmod tests {\n    const KIND: &str = \"judgment\";\n}\n", &words), [""; 0]);
    assert!(is_test(Path::new("cli/src/log/tests.rs")) && is_test(Path::new("ledger/proof/tests/vectors/acts.rs")));
    assert!(!is_test(Path::new("node/src/data.rs")));
    assert!(crate::kinds::words().contains(&"judgment".to_owned()));
}
