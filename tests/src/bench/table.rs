//! The table that `make bench` prints, and the page that keeps such tables.
//!
//! In: rows.
//! Out: Markdown under a heading that names time, commit and machine.
//! Always: a row is printed on standard error as soon as it is known.
//! Not for choosing goals.

use crate::measure::first_line;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The rows so far, and the number of goals that they miss.
#[derive(Debug)]
pub struct Table {
    columns: Vec<String>,
    rows: String,
    missed: usize,
}

impl Table {
    /// Makes an empty table. A last column without a name says whether a goal is reached.
    pub fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows: String::new(), missed: 0 }
    }

    /// Adds a row with as many cells as there are columns. `is_reached` says whether the row's goal is
    /// reached; `None` if it has no goal.
    pub fn row(&mut self, cells: &[String], is_reached: Option<bool>) {
        assert_eq!(cells.len(), self.columns.len(), "{cells:?}");
        let verdict = match is_reached {
            None => "",
            Some(true) => "reached",
            Some(false) => "MISSED",
        };
        self.missed += usize::from(is_reached == Some(false));
        let line = format!("| {} | {verdict} |", cells.join(" | "));
        eprintln!("{line}");
        let _ = writeln!(self.rows, "{line}");
    }

    /// The number of goals missed.
    pub fn missed(&self) -> usize {
        self.missed
    }

    /// The rows without heading and column names.
    pub fn rows(&self) -> &str {
        &self.rows
    }

    /// The table under a heading; `subject` says what was measured.
    ///
    /// # Errors
    /// The system does not report its processor.
    pub fn text(&self, subject: &str) -> anyhow::Result<String> {
        let processor = fs::read_to_string("/proc/cpuinfo")?;
        let processor = processor.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("processor");
        Ok(format!(
            "## {}, commit {}\n\n{subject}{} x {processor}, {}\n\n| {} | |\n|{}\n{}",
            first_line("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            first_line("git", &["rev-parse", "--short", "HEAD"]),
            first_line("nproc", &[]),
            first_line("uname", &["-sr"]),
            self.columns.join(" | "),
            " --- |".repeat(self.columns.len() + 1),
            self.rows
        ))
    }
}

/// Adds a table to `tests/bench/RESULTS.md`: newest first, under the page's title.
///
/// # Errors
/// The page cannot be read or written.
pub fn save(text: &str) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench").join("RESULTS.md");
    let page = fs::read_to_string(&path)?;
    Ok(fs::write(path, with(&page, text))?)
}

fn with(page: &str, text: &str) -> String {
    // The newest table goes before the first one.
    let at = page.find("\n## ").map_or(page.len(), |at| at + 1);
    let (head, tables) = page.split_at(at);
    format!("{}\n\n{text}\n{tables}", head.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_that_are_missed_are_counted() {
        let mut table = Table::new(&["what", "figure"]);
        for (number, is_reached) in [None, Some(true), Some(false), Some(false)].into_iter().enumerate() {
            table.row(&["a".to_owned(), number.to_string()], is_reached);
        }
        assert_eq!(table.missed(), 2);
        assert_eq!(table.rows(), "| a | 0 |  |\n| a | 1 | reached |\n| a | 2 | MISSED |\n| a | 3 | MISSED |\n");
        let text = table.text("Both. ").unwrap();
        assert!(text.starts_with("## ") && text.contains("\n\nBoth. "), "{text}");
        assert!(text.contains("\n\n| what | figure | |\n| --- | --- | --- |\n| a | 0 |  |\n"), "{text}");
    }

    #[test]
    fn the_newest_table_comes_first() {
        let first = with("# Results\n\nWords.\n", "## 1\n\nx\n");
        assert_eq!(first, "# Results\n\nWords.\n\n## 1\n\nx\n\n");
        assert_eq!(with(&first, "## 2\n\ny\n"), "# Results\n\nWords.\n\n## 2\n\ny\n\n## 1\n\nx\n\n");
    }
}
