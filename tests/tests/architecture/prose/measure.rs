//! Measures prose: widths of lines, lengths of sentences, and docs that say nothing.
//!
//! In: the text of a Markdown page, or of a Rust file, of which only the comments count.
//! Out: what was measured and what is out of bounds, each with its line.
//! Always: code blocks, code spans and the addresses of links count as code, not as prose.
//! Not for judging style; a person does that.

use std::fmt;

/// Longest line in columns; tables and code blocks may be longer.
pub const COLUMNS_MAX: usize = 110;
/// Longest sentence in words; a code span is one word.
pub const WORDS_MAX: usize = 35;
/// Most semicolons in one sentence.
pub const SEMICOLONS_MAX: usize = 1;
/// Words that no sentence of a Markdown page has as its subject.
const SUBJECTS: [&str; 5] = ["Who", "What", "Of", "Whoever", "Whatever"];
/// Abbreviations that end no sentence.
const ABBREVIATIONS: [&str; 4] = ["e.g.", "i.e.", "cf.", "vs."];

/// The bound that a piece of prose breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A line has more than [`COLUMNS_MAX`] columns.
    Wide,
    /// A sentence has more than [`WORDS_MAX`] words.
    Long,
    /// A sentence has more than [`SEMICOLONS_MAX`] semicolons.
    Chained,
    /// A sentence of a Markdown page begins with one of the refused subjects.
    Subject,
    /// A doc comment has one or two words in all.
    Bare,
}

/// One piece of prose that is out of bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line in the file, from 1; of a sentence, the line on which its paragraph begins.
    pub line: usize,
    /// The bound that it breaks.
    pub fault: Fault,
    /// How many columns, words or semicolons it has.
    pub count: usize,
    /// The line or the sentence itself.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.text.chars().take(90).collect();
        write!(f, "{}: {:?} ({}): {start}", self.line, self.fault, self.count)
    }
}

/// What one file holds.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Lines of prose, table rows and code left out.
    pub lines: usize,
    /// Sentences, those in cells of tables included.
    pub sentences: usize,
    /// All that is out of bounds.
    pub findings: Vec<Finding>,
}

/// A paragraph, list item, heading or cell: its first line and its text.
struct Paragraph {
    line: usize,
    text: String,
}

/// Collects lines of prose into paragraphs.
#[derive(Default)]
struct Reader {
    measured: Measured,
    paragraphs: Vec<Paragraph>,
    is_open: bool,
    is_in_code: bool,
}

impl Reader {
    /// Takes one line of prose, `text`, which stands in the file as `whole`.
    ///
    /// `None` as `whole` leaves the width alone: the line is code with a comment behind it.
    fn take(&mut self, line: usize, text: &str, whole: Option<&str>) {
        let text = text.trim();
        if text.starts_with("```") {
            self.is_in_code = !self.is_in_code;
            self.is_open = false;
            return;
        }
        if self.is_in_code {
            return;
        }
        if text.starts_with('|') {
            self.is_open = false;
            self.take_row(line, text);
            return;
        }
        if text.is_empty() {
            self.is_open = false;
            return;
        }
        if let Some(whole) = whole {
            self.take_width(line, whole);
        }
        let item = item(text);
        if self.is_open && item.is_none() && !text.starts_with('#') {
            let open = self.paragraphs.last_mut().expect("a paragraph is open");
            open.text.push(' ');
            open.text.push_str(text);
        } else {
            let text = item.unwrap_or(text).trim_start_matches(['#', '>', ' ']).to_owned();
            self.paragraphs.push(Paragraph { line, text });
        }
        self.is_open = !text.starts_with('#');
    }

    fn take_width(&mut self, line: usize, whole: &str) {
        self.measured.lines += 1;
        let columns = whole.chars().count();
        if columns > COLUMNS_MAX {
            self.measured.findings.push(Finding { line, fault: Fault::Wide, count: columns, text: whole.trim().to_owned() });
        }
    }

    fn take_row(&mut self, line: usize, row: &str) {
        let plain = without_code(row);
        for cell in plain.split('|').map(str::trim).filter(|cell| !cell.is_empty()) {
            self.paragraphs.push(Paragraph { line, text: cell.to_owned() });
        }
    }

    fn close(&mut self) {
        self.is_open = false;
    }

    fn finish(mut self, with_subjects: bool) -> Measured {
        for Paragraph { line, text } in &self.paragraphs {
            for sentence in sentences(text) {
                self.measured.sentences += 1;
                let mut add =
                    |fault, count| self.measured.findings.push(Finding { line: *line, fault, count, text: sentence.clone() });
                let words = words(&sentence);
                if words > WORDS_MAX {
                    add(Fault::Long, words);
                }
                let semicolons = sentence.matches(';').count();
                if semicolons > SEMICOLONS_MAX {
                    add(Fault::Chained, semicolons);
                }
                if with_subjects && has_refused_subject(&sentence) {
                    add(Fault::Subject, 1);
                }
            }
        }
        self.measured.findings.sort_by_key(|finding| finding.line);
        self.measured
    }
}

/// The text of a list item; `None` if the line begins none.
fn item(text: &str) -> Option<&str> {
    let bullet = ["* ", "- ", "+ "].iter().find_map(|mark| text.strip_prefix(mark));
    let number = || {
        let (number, rest) = text.split_once(". ")?;
        (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then_some(rest)
    };
    bullet.or_else(number)
}

/// The text with each code span as one word, `x`, and each link as its text.
fn without_code(text: &str) -> String {
    let mut plain = String::new();
    for (at, part) in text.split('`').enumerate() {
        plain.push_str(if at % 2 == 0 { part } else { "x" });
    }
    while let Some(middle) = plain.find("](") {
        let Some(end) = plain[middle..].find(')') else { break };
        plain.replace_range(middle..=middle + end, "");
    }
    plain
}

/// The sentences of a paragraph.
fn sentences(paragraph: &str) -> Vec<String> {
    let (plain, mut found, mut sentence) = (without_code(paragraph), Vec::new(), Vec::new());
    for word in plain.split_whitespace() {
        sentence.push(word);
        let end = word.trim_end_matches(['*', '_', '"', '\'', ')', ']', '”', '’']);
        if end.ends_with(['.', '!', '?']) && !ABBREVIATIONS.contains(&end.trim_start_matches('(')) {
            found.push(sentence.join(" "));
            sentence.clear();
        }
    }
    if !sentence.is_empty() {
        found.push(sentence.join(" "));
    }
    found.retain(|sentence| words(sentence) > 0);
    found
}

fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// Whether a sentence begins with a refused subject. A question may.
fn has_refused_subject(sentence: &str) -> bool {
    let first = sentence.trim_start_matches(['*', '_', '"', '(', '[']).split(|c: char| !c.is_alphabetic()).next();
    !sentence.trim_end_matches(['*', '_', '"', ')']).ends_with('?') && first.is_some_and(|first| SUBJECTS.contains(&first))
}

/// Measures a Markdown page.
pub fn markdown(text: &str) -> Measured {
    let mut reader = Reader::default();
    for (at, line) in text.lines().enumerate() {
        reader.take(at + 1, line, Some(line));
    }
    reader.finish(true)
}

/// The marker and the text of a comment, and whether it has its line for itself.
fn comment(line: &str) -> Option<(&'static str, &str, bool)> {
    let trimmed = line.trim_start();
    for marker in ["//!", "///", "//"] {
        if let Some(text) = trimmed.strip_prefix(marker).filter(|text| text.is_empty() || text.starts_with(' ')) {
            return Some((marker, text, true));
        }
    }
    // The text after a string that holds `//` is not measured.
    let (code, text) = line.split_once(" // ")?;
    (code.matches('"').count() % 2 == 0).then_some(("//", text, false))
}

/// Measures the comments of a Rust file.
pub fn rust(text: &str) -> Measured {
    let (mut reader, mut last) = (Reader::default(), None);
    let mut doc: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        let found = comment(line);
        let marker = found.map(|(marker, _, is_alone)| (marker, is_alone));
        if marker != last || marker.is_some_and(|(_, is_alone)| !is_alone) {
            reader.close();
            reader.is_in_code = false;
            bare(doc.take(), &mut reader.measured);
        }
        last = marker;
        let Some((marker, text, is_alone)) = found else { continue };
        reader.take(at + 1, text, is_alone.then_some(line));
        if marker != "//" {
            let (_, whole) = doc.get_or_insert_with(|| (at + 1, String::new()));
            whole.push_str(text);
        }
    }
    bare(doc, &mut reader.measured);
    reader.finish(false)
}

/// Notes a doc comment that has one or two words in all.
fn bare(doc: Option<(usize, String)>, measured: &mut Measured) {
    if let Some((line, text)) = doc {
        let count = words(&without_code(&text));
        if (1..=2).contains(&count) {
            measured.findings.push(Finding { line, fault: Fault::Bare, count, text: text.trim().to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(measured: &Measured) -> Vec<(usize, Fault, usize)> {
        measured.findings.iter().map(|finding| (finding.line, finding.fault, finding.count)).collect()
    }

    fn long(words: usize) -> String {
        format!("{}end.", "a ".repeat(words - 1))
    }

    #[test]
    fn lines_are_measured_at_the_bound_and_one_above() {
        let line = |columns| format!("{}.", "x".repeat(columns - 1));
        assert_eq!(faults(&markdown(&line(COLUMNS_MAX))), []);
        assert_eq!(faults(&markdown(&line(COLUMNS_MAX + 1))), [(1, Fault::Wide, COLUMNS_MAX + 1)]);
        let comment = format!("let a = 1;\n    // {}", line(COLUMNS_MAX - 6));
        assert_eq!(faults(&rust(&comment)), [(2, Fault::Wide, COLUMNS_MAX + 1)], "the indentation counts");
        assert_eq!(faults(&rust(&format!("let a = \"{}\";", line(200)))), [], "code is rustfmt's");
    }

    #[test]
    fn tables_and_code_may_be_wide() {
        let wide = "x".repeat(200);
        assert_eq!(faults(&markdown(&format!("| {wide} |\n\n```\n{wide}\n```\n"))), []);
        assert_eq!(faults(&rust(&format!("/// Two words and more.\n/// ```\n/// {wide}\n/// ```\nfn a() {{}}"))), []);
    }

    #[test]
    fn sentences_are_measured_at_the_bound_and_one_above() {
        assert_eq!(faults(&markdown(&long(WORDS_MAX))), []);
        let text = format!("A title\n\n* One.\n  {}\n", long(WORDS_MAX + 1).replace("a a", "a\n  a"));
        assert_eq!(faults(&markdown(&text)), [(3, Fault::Long, WORDS_MAX + 1)], "over line ends");
        assert_eq!(faults(&rust(&format!("// {}\n// {}", long(20), long(16)))), [], "two sentences");
        assert_eq!(faults(&markdown(&format!("| a | {} |", long(WORDS_MAX + 1)))), [(1, Fault::Long, WORDS_MAX + 1)], "cells");
    }

    #[test]
    fn sentences_end_where_they_end() {
        let found = |text: &str| sentences(text).len();
        assert_eq!(found("One. Two! Three? Four"), 4);
        assert_eq!(found("**Title.** Text (in brackets.) More"), 3);
        assert_eq!(found("See `a. b. c` and [the page. So](x.md) in 0.8.2, e.g. here."), 2);
    }

    #[test]
    fn semicolons_chain_sentences() {
        assert_eq!(faults(&markdown("One; two.")), []);
        assert_eq!(faults(&markdown("One; two; three.")), [(1, Fault::Chained, 2)]);
        assert_eq!(faults(&markdown("One `a; b; c` two.")), []);
    }

    #[test]
    fn refused_subjects_are_found_in_pages_only() {
        let text = "Whoever asks waits.\n\n* **N1 Name.** Of each court one counts. What is it?";
        assert_eq!(faults(&markdown(text)), [(1, Fault::Subject, 1), (3, Fault::Subject, 1)]);
        assert_eq!(faults(&rust("// What is above waits.")), []);
        assert_eq!(faults(&markdown("Offices wait. Whatnot too.")), []);
    }

    #[test]
    fn docs_of_one_or_two_words_are_found() {
        assert_eq!(faults(&rust("/// The height.\nheight: u64,\n/// The newest height.\nh: u64,")), [(1, Fault::Bare, 2)]);
        assert_eq!(faults(&rust("//! Height.\n//!\n//! In: blocks.\n")), []);
        assert_eq!(faults(&rust("// Height.\nlet a = 1; // b\nlet c = \"http://d\";")), []);
    }

    #[test]
    fn what_was_measured_is_counted() {
        let measured = markdown("# Title\n\nOne. Two.\nThree.\n\n| a | b |\n| --- | --- |\n");
        assert_eq!((measured.lines, measured.sentences), (3, 6));
        assert_eq!(faults(&measured), []);
        let shown = Finding { line: 7, fault: Fault::Wide, count: 120, text: "x".repeat(120) }.to_string();
        assert_eq!(shown, format!("7: Wide (120): {}", "x".repeat(90)));
    }
}
