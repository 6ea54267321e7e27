//! What `notarize` says at the end: a line or two a file, a line a folder, or JSON.
//!
//! In: what became of every file. Out: lines, and the exit code. Always: done things go to stdout; what
//! failed goes to stderr, named one by one. Not for doing anything.

mod words;

use super::save::Kept;
use crate::failure::{Exit, Failure};
use crate::files::place::Place;
use crate::print;
use courtseal_proof::bytes::time::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// What became of a file.
#[derive(Debug)]
pub enum Outcome {
    /// Recorded, and its receipt is on disk.
    Recorded(Recorded),
    /// It had a valid receipt already: the entry's index.
    Already(u64),
    /// It could not be taken, or its receipt could not be saved.
    Failed(String),
    /// The network refused it; where the proof of that is, if there is one.
    Refused(String, Option<PathBuf>),
    /// Signed, perhaps sent, without a receipt yet; where the request is kept.
    Waiting(PathBuf),
    /// Not tried, because the network does not answer.
    NotTried,
    /// It would be recorded, if this were no dry run.
    WouldRecord,
}

/// A record that was made.
#[derive(Debug)]
pub struct Recorded {
    /// Index of the entry.
    pub index: u64,
    /// The block's time.
    pub recorded_at: Timestamp,
    /// Whether no earlier entry names the file's SHA-256 and length; public mode only.
    pub first: Option<bool>,
    /// The lowest index of an entry that names them, if there is one.
    pub earlier: Option<u64>,
    /// What became of it, in a few words.
    pub what: &'static str,
    /// How many courts have signed, of how many.
    pub courts: (usize, usize),
    /// The receipt's file.
    pub receipt: PathBuf,
    /// The opening's file, if it has the receipt's name.
    pub opening: Option<PathBuf>,
    /// The file that was in the receipt's place before.
    pub kept: Option<Kept>,
    /// Whose receipt lay beside the file, if it was not one of this command's.
    pub beside: Option<String>,
}

/// A file and what became of it.
#[derive(Debug)]
pub struct FileReport {
    /// The file, or what stood where one was looked for.
    pub path: PathBuf,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of one folder, or of all single files of a command.
#[derive(Debug, Default)]
pub struct GroupReport {
    /// The folder as it was given; none for single files.
    pub folder: Option<PathBuf>,
    /// The files, sorted.
    pub files: Vec<FileReport>,
    /// Things a person should know.
    pub notes: Vec<String>,
    /// Why the rest was not tried.
    pub stop: Option<Failure>,
    /// How long it took.
    pub elapsed: Duration,
}

#[derive(Default)]
struct Sums {
    recorded: u64,
    first: u64,
    before: u64,
    already: u64,
    failed: u64,
    refused: u64,
    waiting: u64,
    not_tried: u64,
    would: u64,
    lowest: Option<u64>,
    highest: Option<u64>,
}

impl GroupReport {
    /// Adds what became of files, under each of their names.
    pub fn add(&mut self, place: &Place, outcomes: Vec<Vec<(PathBuf, Outcome)>>) {
        let outcomes = outcomes.into_iter().flatten();
        self.files.extend(outcomes.map(|(name, outcome)| FileReport { path: place.shown(&name), outcome }));
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for file in &self.files {
            match &file.outcome {
                Outcome::Recorded(recorded) => {
                    sums.recorded += 1;
                    sums.first += u64::from(recorded.first == Some(true));
                    sums.before += u64::from(recorded.first == Some(false));
                    sums.lowest = Some(sums.lowest.unwrap_or(recorded.index).min(recorded.index));
                    sums.highest = Some(sums.highest.unwrap_or(recorded.index).max(recorded.index));
                }
                Outcome::Already(_) => sums.already += 1,
                Outcome::Failed(_) => sums.failed += 1,
                Outcome::Refused(..) => sums.refused += 1,
                Outcome::Waiting(_) => sums.waiting += 1,
                Outcome::NotTried => sums.not_tried += 1,
                Outcome::WouldRecord => sums.would += 1,
            }
        }
        sums
    }

    /// How the command ends for this group.
    pub fn exit(&self) -> Exit {
        let sums = self.sums();
        let stop = self.stop.as_ref().map_or(Exit::Done, |failure| failure.exit);
        let failed = if sums.failed > 0 { Exit::Invalid } else { Exit::Done };
        let refused = if sums.refused > 0 { Exit::Refused } else { Exit::Done };
        stop.worse(failed).worse(refused)
    }

    /// The report as JSON.
    pub fn json(&self) -> Value {
        let sums = self.sums();
        json!({
            "folder": self.folder.as_deref().map(print::path_text),
            "files": self.files.iter().map(file_json).collect::<Vec<_>>(),
            "recorded": sums.recorded, "first": sums.first, "seen_before": sums.before, "skipped": sums.already,
            "failed": sums.failed, "refused": sums.refused, "waiting": sums.waiting, "not_tried": sums.not_tried,
            "notes": self.notes,
            "error": self.stop.as_ref().map(|stop| json!({"exit": stop.exit.code(), "message": stop.message, "next": stop.next})),
            "ms": self.elapsed.as_millis() as u64,
        })
    }
}

fn file_json(file: &FileReport) -> Value {
    let mut value = match &file.outcome {
        Outcome::Recorded(recorded) => json!({
            "state": "recorded", "index": recorded.index, "recorded_at": recorded.recorded_at.to_string(), "first": recorded.first,
            "earlier": recorded.earlier,
            "courts_signed": recorded.courts.0, "receipt": print::path_text(&recorded.receipt),
            "opening": recorded.opening.as_deref().map(print::path_text), "kept": recorded.kept.as_ref().map(|kept| print::path_text(&kept.path)),
            "kept_of": recorded.kept.as_ref().and_then(|kept| kept.of.as_ref()).map(ToString::to_string),
        }),
        Outcome::Already(index) => json!({"state": "skipped", "index": index}),
        Outcome::Failed(reason) => json!({"state": "failed", "reason": reason}),
        Outcome::Refused(rule, proof) => {
            json!({"state": "refused", "reason": rule, "proof": proof.as_deref().map(print::path_text)})
        }
        Outcome::Waiting(journal) => json!({"state": "waiting", "journal": print::path_text(journal)}),
        Outcome::NotTried => json!({"state": "not-tried"}),
        Outcome::WouldRecord => json!({"state": "would-record"}),
    };
    print::add_path(&mut value, &file.path);
    value
}
