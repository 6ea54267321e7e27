//! A planted bug as a file: a head that says what the bug is, and a unified diff that plants it.
//!
//! In: the text of `NAME.patch`.
//! Out: a [`Patch`], and what it makes of the files that it changes.
//! Always: a hunk applies where its lines before the change are found, exactly once in the file. Line numbers
//! count for nothing, so that changes elsewhere in the file do no harm.
//! Not for patches that add, remove or rename files.
//!
//! ```text
//! The write-ahead log is not flushed before a message leaves.
//! Caught by: tests/simulator
//! Seeds about: disk LosesAll          (optional: what all seeds are about)
//!
//! --- a/consensus/src/runner.rs
//! +++ b/consensus/src/runner.rs
//! @@ …
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One planted bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The file's name without its ending; the patched code asks for it.
    pub name: String,
    /// What is wrong while the bug is active, in one sentence.
    pub meaning: String,
    /// The suite that must catch it, as a path from the root of the tree.
    pub caught_by: String,
    /// What all seeds of the simulator are about, such as `lie Eager`. None: what each seed chooses.
    pub about: Option<String>,
    hunks: Vec<Hunk>,
}

/// Some lines of one file, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hunk {
    file: PathBuf,
    before: String,
    after: String,
}

impl Patch {
    /// All patches of a folder, by name.
    ///
    /// # Errors
    /// The folder or a patch cannot be read, or a patch is not of the form above.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, String> {
        let unreadable = |error: std::io::Error| format!("{}: {error}", folder.display());
        let mut patches = Vec::new();
        for file in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = file.map_err(unreadable)?.path();
            if path.extension().is_some_and(|ending| ending == "patch") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                patches.push(Self::parse(&name, &text).map_err(|error| format!("{}: {error}", path.display()))?);
            }
        }
        patches.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(patches)
    }

    /// Reads one patch.
    ///
    /// # Errors
    /// A line of the head is missing, or the diff does not ask the selector for exactly this name.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let (head, diff) = text.split_once("\n\n").ok_or("there is no empty line below its head")?;
        let field = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
        let meaning = head.lines().next().filter(|line| line.ends_with('.')).ok_or("its first line is no sentence")?;
        let hunks = hunks(diff)?;
        let asks = format!("is_planted(\"{name}\")");
        let asked: Vec<&str> = diff.lines().filter(|line| line.starts_with('+') && line.contains("is_planted(")).collect();
        if asked.is_empty() || !asked.iter().all(|line| line.contains(&asks)) {
            return Err(format!("its code does not ask {asks} alone"));
        }
        Ok(Self {
            name: name.to_owned(),
            meaning: meaning.to_owned(),
            caught_by: field("Caught by: ").ok_or("its head has no line `Caught by: `")?,
            about: field("Seeds about: "),
            hunks,
        })
    }

    /// The files that it changes, as paths from the root of the tree.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.hunks.iter().map(|hunk| hunk.file.as_path())
    }

    /// Plants the bug in `tree`, which has the text of each file that the patch changes.
    ///
    /// # Errors
    /// A hunk's lines are not there, or more than once. The message says what to do. `tree` may then be
    /// changed in part.
    pub fn apply(&self, tree: &mut BTreeMap<PathBuf, String>) -> Result<(), String> {
        for Hunk { file, before, after } in &self.hunks {
            let text = tree.get(file).map_or("", String::as_str);
            // A hunk begins at the beginning of a line.
            let places: Vec<usize> = text
                .match_indices(before.as_str())
                .map(|(at, _)| at)
                .filter(|at| *at == 0 || text[..*at].ends_with('\n'))
                .collect();
            let [place] = places[..] else { return Err(self.stale(file, before, places.len())) };
            let patched = format!("{}{after}{}", &text[..place], &text[place + before.len()..]);
            tree.insert(file.clone(), patched);
        }
        Ok(())
    }

    fn stale(&self, file: &Path, before: &str, places: usize) -> String {
        let (name, file) = (&self.name, file.display());
        format!(
            "tests/planted/{name}.patch does not apply: {file} has these lines {places} times, and must have them once:\n\
             {before}Next step: make the patch's change in {file} by hand, put the output of `git diff -U1 {file}` below \
             the head of the patch, and undo the change by hand. Use -U2 or more if the lines are there more than once."
        )
    }
}

/// The hunks of a unified diff.
fn hunks(diff: &str) -> Result<Vec<Hunk>, String> {
    let (mut found, mut file) = (Vec::<Hunk>::new(), None);
    for line in diff.lines() {
        if let Some(path) = line.strip_prefix("+++ b/") {
            file = Some(PathBuf::from(path));
        } else if line.starts_with("--- a/") || line.starts_with("diff ") || line.starts_with("index ") {
            file = None;
        } else if line.starts_with("@@ ") {
            let file = file.clone().ok_or("a hunk is of no file")?;
            found.push(Hunk { file, before: String::new(), after: String::new() });
        } else {
            let hunk = found.last_mut().ok_or("its diff does not begin with a file")?;
            // An editor may have removed the space of an empty line.
            let (mark, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
            if mark != "+" {
                hunk.before.extend([rest, "\n"]);
            }
            if mark != "-" {
                hunk.after.extend([rest, "\n"]);
            }
            if ![" ", "+", "-"].contains(&mark) {
                return Err(format!("a line of a hunk begins with {mark:?}"));
            }
        }
    }
    if found.is_empty() { Err("it changes nothing".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Nothing is checked.\nCaught by: tests/simulator\n\n--- a/x.rs\n+++ b/x.rs\n@@ -7,2 +7,3 @@ fn f() {\n \
                        check(\n+    is_planted(\"a\") ||\n     here\n";

    fn tree(text: &str) -> BTreeMap<PathBuf, String> {
        BTreeMap::from([(PathBuf::from("x.rs"), text.to_owned())])
    }

    #[test]
    fn a_hunk_applies_at_whatever_line_it_is() {
        let patch = Patch::parse("a", TEXT).unwrap();
        assert_eq!((patch.meaning.as_str(), patch.about.as_deref()), ("Nothing is checked.", None));
        let mut tree = tree("//! A file.\n\ncheck(\n    here\n);\n");
        patch.apply(&mut tree).unwrap();
        assert_eq!(tree[Path::new("x.rs")], "//! A file.\n\ncheck(\n    is_planted(\"a\") ||\n    here\n);\n");
    }

    #[test]
    fn a_stale_patch_is_named_with_the_next_step() {
        let patch = Patch::parse("a", TEXT).unwrap();
        for (text, times) in
            [("check(\n    there\n", 0), ("check(\n    here\ncheck(\n    here\n", 2), ("recheck(\n    here\n", 0)]
        {
            let error = patch.apply(&mut tree(text)).unwrap_err();
            assert!(error.starts_with("tests/planted/a.patch does not apply: x.rs"), "{error}");
            assert!(error.contains(&format!(" {times} times")) && error.contains("git diff -U1 x.rs"), "{error}");
        }
    }

    #[test]
    fn a_patch_asks_for_its_own_name() {
        for wrong in ["is_planted(\"b\")", "true"] {
            assert!(Patch::parse("a", &TEXT.replace("is_planted(\"a\")", wrong)).is_err(), "{wrong}");
        }
        assert!(Patch::parse("a", &TEXT.replace("Caught by", "By")).is_err());
    }
}
