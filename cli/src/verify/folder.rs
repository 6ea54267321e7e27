//! All files of a folder, on all cores.
//!
//! In: a folder, which files of it to take. Out: a verdict a file, and one a receipt whose file is gone; what
//! could not be read. Always: verdicts are in the order of the names. Not for single files.

use super::expected::Asked;
use super::one::{Given, verify_alone, verify_in};
use super::print_verdict;
use super::verdict::Verdict;
use crate::evidence::{Choice, collect, groups, without_file};
use crate::failure::Exit;
use crate::files::Problem;
use crate::files::folder::Identity;
use crate::print::{self, Style};
use crate::progress::Progress;
use crate::trust::Trust;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What was found in a folder.
#[derive(Default)]
pub struct FolderVerdicts {
    /// The folder as people see it; none if it could not be opened.
    folder: Option<PathBuf>,
    verdicts: Vec<Verdict>,
    /// What could not be read, and why.
    problems: Vec<(PathBuf, String)>,
}

/// Verifies all files in a folder; receipts are beside them, or under `receipts`.
///
/// # Errors
/// Usage: `receipts` or the case key is of no use.
pub fn verify_folder(
    path: &Path,
    receipts: Option<&Path>,
    choice: &Choice,
    asked: &Asked,
    trust: &Trust,
) -> anyhow::Result<FolderVerdicts> {
    let group = groups(&[path.to_owned()], receipts)?.remove(0);
    let (Some(place), Some(folder)) = (&group.place, &group.folder) else {
        return Ok(FolderVerdicts { problems: group.problems, ..FolderVerdicts::default() });
    };
    let collected = collect(&place.evidence, choice);
    let progress = Progress::new(&format!("{}/", print::path(folder)), collected.files.len() as u64, collected.bytes);
    let look = |(name, _): &(PathBuf, Identity)| {
        let verdict = verify_in(place, name, &Given::default(), asked, trust, &|bytes| progress.read(bytes));
        progress.file();
        verdict
    };
    let mut verdicts = collected.files.par_iter().map(look).collect::<anyhow::Result<Vec<Verdict>>>()?;
    for receipt in without_file(place, &collected, choice) {
        verdicts.push(verify_alone(place, receipt, asked, trust)?);
    }
    let problems = collected.problems.iter().map(|(path, reason)| (place.shown(path), reason.clone())).collect();
    Ok(FolderVerdicts { folder: Some(folder.clone()), verdicts, problems })
}

impl FolderVerdicts {
    /// All verdicts; what could not be read is at the end.
    pub fn all(self) -> Vec<Verdict> {
        let problems = self.problems.into_iter().map(|(path, reason)| Verdict::not_read(path, Problem::Refused(reason)));
        self.verdicts.into_iter().chain(problems).collect()
    }

    /// Prints those that are not *valid* one by one, then a summary. Of a folder that could not be opened,
    /// nothing is said.
    ///
    /// # Errors
    /// Writing to stdout.
    pub fn print(&self, trust: &Trust, style: Style) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        self.print_each(trust, style)?;
        let of = |exit| print::count(self.verdicts.iter().filter(|verdict| verdict.exit() == exit).count() as u64);
        let label = format!("{}/", print::path(folder).trim_end_matches('/'));
        let (valid, invalid, cannot_tell) = (of(Exit::Done), of(Exit::Invalid), of(Exit::CannotTell));
        let files = print::several(self.verdicts.len() as u64, "file", "files");
        let unread = match self.problems.len() as u64 {
            0 => String::new(),
            unread => format!(", {} not verified", print::count(unread)),
        };
        print::row(&label, format_args!("{files}: {valid} valid, {invalid} invalid, {cannot_tell} cannot tell{unread}"))?;
        self.print_valid(trust)
    }

    fn print_each(&self, trust: &Trust, style: Style) -> anyhow::Result<()> {
        let is_shown = |verdict: &&Verdict| style.verbose || verdict.exit() != Exit::Done || !verdict.notes.is_empty();
        let mut before = None;
        for verdict in self.verdicts.iter().filter(is_shown) {
            // What is said of one file is said once, however many files it is said of.
            let missing = print_verdict::missing(verdict);
            if missing.is_some() && missing == before {
                print::row("CANNOT TELL", format_args!("{}: the same is missing", print::path(&verdict.path)))?;
            } else {
                print_verdict::print(verdict, trust, style)?;
            }
            before = missing;
        }
        for (path, reason) in &self.problems {
            print::message(format_args!("{}not verified: {reason}", print::column(&print::path(path))));
        }
        Ok(())
    }

    /// By whom those that are valid were recorded, and what they rest on: they are not printed one by one.
    fn print_valid(&self, trust: &Trust) -> anyhow::Result<()> {
        let valid = || self.verdicts.iter().filter(|verdict| verdict.exit() == Exit::Done);
        let mut by: BTreeMap<&str, u64> = BTreeMap::new();
        for verdict in valid() {
            let member = verdict.proven.as_ref().and_then(|proven| proven.entry.member());
            *by.entry(member.map_or("nobody", |member| member.name.as_str())).or_insert(0) += 1;
        }
        let by: Vec<String> = by.into_iter().map(|(name, number)| format!("{} by {name}", print::count(number))).collect();
        if !by.is_empty() {
            print::row("valid", by.join(", "))?;
        }
        let proven = valid().filter_map(|verdict| verdict.proven.as_ref());
        let policies: BTreeSet<_> = proven.map(|proven| (proven.policy_digest, &proven.entry.chain)).collect();
        for (digest, origin) in policies {
            print_verdict::policy(trust, digest, origin)?;
        }
        Ok(())
    }
}
