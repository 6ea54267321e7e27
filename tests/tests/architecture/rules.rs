//! Each numbered rule of the specs is named by some test or code.

use crate::{files, read, root};
use std::collections::BTreeSet;
use std::fs;

/// The letters under which the specs number their rules.
const LETTERS: &str = "FCLSNRK";

/// Numbers that rules to come will have.
const RESERVED: [&str; 11] = ["C26", "R14", "R15", "R16", "R17", "R18", "R19", "R20", "R21", "R22", "R23"];

/// Rules that a specification states: `* **F1 …` at the start of a line.
fn stated() -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for entry in fs::read_dir(root().join("specs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(path).unwrap();
            let starts = text.lines().filter_map(|line| line.trim_start().strip_prefix("* **"));
            rules.extend(starts.filter_map(|line| names(line.split("**").next().unwrap()).into_iter().next()));
        }
    }
    rules
}

/// The rules named in a text; `F29 to F32` names all between.
fn names(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let parse = |word: &str| {
        let (letter, number) = word.split_at_checked(1)?;
        let digits = (1..=2).contains(&number.len()) && !number.starts_with('0');
        (LETTERS.contains(letter) && digits).then(|| Some((letter.to_owned(), number.parse::<u32>().ok()?)))?
    };
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some((letter, number)) = parse(word) else { continue };
        let last = match words.get(at + 1..at + 3) {
            Some(["to", next]) => parse(next).filter(|(other, _)| *other == letter).map_or(number, |(_, last)| last),
            _ => number,
        };
        found.extend((number..=last).map(|number| format!("{letter}{number}")));
    }
    found
}

#[test]
fn every_rule_is_named_by_code_or_test() {
    let stated = stated();
    assert!(stated.len() > 80, "only {} rules were found: {stated:?}", stated.len());
    let own = std::path::Path::new(file!()).file_name().unwrap();
    let mut named = BTreeSet::new();
    for path in files(".rs").into_iter().chain(files(".py")).filter(|path| path.file_name() != Some(own)) {
        named.extend(names(&read(path)));
    }
    let missing: Vec<_> = stated.difference(&named).collect();
    assert!(missing.is_empty(), "no code or test names the rules {missing:?}");
}

#[test]
fn numbers_have_no_gaps() {
    let stated = stated();
    for letter in LETTERS.chars() {
        let numbers = stated.iter().filter_map(|rule| rule.strip_prefix(letter)).map(|number| number.parse::<u32>().unwrap());
        let last = numbers.max().unwrap_or_else(|| panic!("no rule begins with {letter}"));
        let is_missing = |rule: &String| !stated.contains(rule) && !RESERVED.contains(&rule.as_str());
        let missing: Vec<_> = (1..=last).map(|n| format!("{letter}{n}")).filter(is_missing).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn reading_names() {
    assert_eq!(names("F1, (S3) and `L10`: F29 to F31; C0 F100 F1a X2"), ["F1", "S3", "L10", "F29", "F30", "F31", "F31"]);
}
