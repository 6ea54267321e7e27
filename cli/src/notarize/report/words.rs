//! What became of files, in lines for people.
//!
//! In: a report. Out: a line or two a file, a line a folder. Always: done things go to stdout; what failed
//! goes to stderr, named one by one. Not for JSON.

use super::{FileReport, GroupReport, Outcome, Recorded};
use crate::failure::{Exit, Failure};
use crate::notarize::save::Kept;
use crate::print;

impl GroupReport {
    /// Prints it for people.
    ///
    /// # Errors
    /// Writing to stdout.
    pub fn print(&self) -> std::io::Result<()> {
        for file in &self.files {
            self.print_file(file)?;
        }
        if let Some(folder) = self.folder.as_ref().filter(|_| !self.files.is_empty() || self.stop.is_none()) {
            let label = format!("{}/", print::path(folder).trim_end_matches('/'));
            print::row(&label, self.summary())?;
        }
        if let Some(stop) = &self.stop {
            self.print_stop(stop);
        }
        for note in &self.notes {
            print::message(note);
        }
        Ok(())
    }

    fn print_file(&self, file: &FileReport) -> std::io::Result<()> {
        let single = self.folder.is_none();
        let label = print::column(&print::path(&file.path));
        match &file.outcome {
            // In a folder, only those are named that had another receipt.
            Outcome::Recorded(recorded) if !single && recorded.kept.is_some() => {
                let (index, kept) = (print::count(recorded.index), recorded.kept.as_ref());
                let what = kept
                    .map(|kept| format!("{} was beside it, and is kept as {}", whose(recorded, kept), print::path(&kept.path)));
                print::line(format_args!("{label}recorded as entry {index}; {}", what.unwrap_or_default()))?;
            }
            Outcome::Recorded(recorded) if single => {
                print::line(format_args!("{label}{}", sentence(recorded)))?;
                print::row("", format_args!("receipt: {}", print::path(&recorded.receipt)))?;
                if let Some(opening) = &recorded.opening {
                    print::row("", format_args!("opening: {}", print::path(opening)))?;
                }
                if let Some(kept) = &recorded.kept {
                    let (what, path) = (whose(recorded, kept), print::path(&kept.path));
                    print::row("", format_args!("{what} was beside it; it is kept as {path}"))?;
                }
            }
            Outcome::Already(index) if single => {
                print::line(format_args!("{label}has a valid receipt already, entry {}; nothing to do", print::count(*index)))?;
            }
            Outcome::Failed(reason) => print::message(format_args!("{label}not recorded: {reason}")),
            Outcome::Refused(rule, proof) => {
                print::message(format_args!("{label}refused: {rule}"));
                if let Some(proof) = proof {
                    print::message(format_args!("{}proof of the refusal: {}", print::column(""), print::path(proof)));
                }
            }
            Outcome::WouldRecord => print::line(format_args!("{label}would be recorded"))?,
            Outcome::Recorded(_) | Outcome::Already(_) | Outcome::Waiting(_) | Outcome::NotTried => {}
        }
        Ok(())
    }

    fn print_stop(&self, stop: &Failure) {
        let waiting =
            self.files.iter().filter(|file| matches!(file.outcome, Outcome::Waiting(_) | Outcome::NotTried)).count() as u64;
        if waiting == 0 && stop.exit == Exit::Refused {
            // Each file's own line says why.
            if let Some(next) = &stop.next {
                print::message(format_args!("{}next: {next}", print::column("")));
            }
            return;
        }
        let label = match (&self.folder, &self.files[..]) {
            (Some(folder), _) => format!("{}/", print::path(folder).trim_end_matches('/')),
            (None, files) => files
                .iter()
                .find(|file| matches!(file.outcome, Outcome::Waiting(_) | Outcome::NotTried))
                .map_or_else(String::new, |file| print::path(&file.path)),
        };
        let journal =
            self.files.iter().find_map(|file| if let Outcome::Waiting(journal) = &file.outcome { Some(journal) } else { None });
        // What was signed may have been sent, and recorded since.
        let what = if journal.is_some() { "no receipt yet: " } else { "not recorded: " };
        let how_many =
            if waiting > 1 { format!("{}, {what}", print::several(waiting, "file", "files")) } else { what.to_owned() };
        print::message(format_args!("{}{how_many}{}", print::column(&label), stop.message));
        match (journal, &stop.next) {
            (Some(journal), _) => print::message(format_args!(
                "{}your signed request is kept in {}; the same command sends it again. Nothing is lost.",
                print::column(""),
                print::path(journal)
            )),
            (None, Some(next)) => print::message(format_args!("{}next: {next}", print::column(""))),
            (None, None) => {}
        }
    }

    /// The folder in one line.
    pub fn summary(&self) -> String {
        let (sums, all) = (self.sums(), self.files.len() as u64);
        let files = print::several(all, "file", "files");
        if all == 0 {
            return "no files; nothing to do".to_owned();
        }
        if sums.already == all {
            let have = if all == 1 { "has a valid receipt" } else { "all have valid receipts" };
            return format!("{files}: {have} already; nothing to do");
        }
        let entries = match (sums.lowest, sums.highest) {
            (Some(lowest), Some(highest)) if lowest == highest => format!(" as entry {}", print::count(lowest)),
            (Some(lowest), Some(highest)) if highest - lowest + 1 == sums.recorded => {
                format!(" as entries {} to {}", print::count(lowest), print::count(highest))
            }
            (Some(lowest), Some(highest)) => format!(" between entries {} and {}", print::count(lowest), print::count(highest)),
            _ => String::new(),
        };
        let first = if sums.first + sums.before > 0 {
            format!(" ({} first, {} named before)", print::count(sums.first), print::count(sums.before))
        } else {
            String::new()
        };
        let mut text = format!(
            "{files}: {} recorded{entries}{first}, {} skipped, {} failed",
            print::count(sums.recorded),
            print::count(sums.already),
            print::count(sums.failed)
        );
        for (number, word) in [
            (sums.refused, "refused"),
            (sums.waiting, "waiting"),
            (sums.not_tried, "not tried"),
            (sums.would, "would be recorded"),
        ] {
            if number > 0 {
                text.push_str(&format!(", {} {word}", print::count(number)));
            }
        }
        format!("{text}, {}", print::duration(self.elapsed))
    }
}

/// Whose receipt was in the place of a new one.
fn whose(recorded: &Recorded, kept: &Kept) -> String {
    match (&recorded.beside, &kept.of) {
        (Some(beside), _) => format!("another receipt, of {beside},"),
        (None, Some(of)) => format!("another receipt of {of}"),
        (None, None) => "a file that is no valid receipt".to_owned(),
    }
}

fn sentence(recorded: &Recorded) -> String {
    let what = match (recorded.first, recorded.earlier) {
        (_, Some(earlier)) => format!("entry {} names the same SHA-256 and length", print::count(earlier)),
        (Some(true), None) => "first public record of it here".to_owned(),
        (_, None) => recorded.what.to_owned(),
    };
    let (signed, all) = recorded.courts;
    format!(
        "recorded as entry {} at {}, {what}; {signed} of {all} courts signed",
        print::count(recorded.index),
        print::time(recorded.recorded_at)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::bytes::time::Timestamp;
    use std::time::Duration;

    fn recorded(index: u64, first: bool) -> FileReport {
        let outcome = Outcome::Recorded(Recorded {
            index,
            recorded_at: Timestamp(1_795_453_200_123),
            first: Some(first),
            earlier: (!first).then_some(7),
            what: "",
            courts: (3, 4),
            receipt: "a.tlog-proof".into(),
            opening: None,
            kept: None,
            beside: None,
        });
        FileReport { path: "a".into(), outcome }
    }

    fn group(files: Vec<FileReport>) -> GroupReport {
        GroupReport { folder: Some("exhibits".into()), files, elapsed: Duration::from_millis(1900), ..GroupReport::default() }
    }

    #[test]
    fn summaries() {
        let files = (1205..=2204).map(|index| recorded(index, index < 2193)).collect();
        assert_eq!(
            group(files).summary(),
            "1,000 files: 1,000 recorded as entries 1,205 to 2,204 (988 first, 12 named before), 0 skipped, 0 failed, 1.9 s"
        );
        let already = || FileReport { path: "a".into(), outcome: Outcome::Already(7) };
        assert_eq!(group(vec![already(), already()]).summary(), "2 files: all have valid receipts already; nothing to do");
        assert_eq!(group(vec![]).summary(), "no files; nothing to do");
        assert_eq!(
            group(vec![recorded(3, true), recorded(9, true)]).summary(),
            "2 files: 2 recorded between entries 3 and 9 (2 first, 0 named before), 0 skipped, 0 failed, 1.9 s"
        );
    }

    #[test]
    fn exits() {
        let one = |outcome| group(vec![recorded(1, true), FileReport { path: "b".into(), outcome }]);
        assert_eq!(one(Outcome::Already(1)).exit(), Exit::Done);
        assert_eq!(one(Outcome::Failed("x".into())).exit(), Exit::Invalid);
        assert_eq!(one(Outcome::Refused("x".into(), None)).exit(), Exit::Refused);
        let mut waiting = one(Outcome::Waiting("b.pending".into()));
        waiting.stop = Some(Failure::new(Exit::Unreachable, "x"));
        assert_eq!(waiting.exit(), Exit::Unreachable);
    }
}
