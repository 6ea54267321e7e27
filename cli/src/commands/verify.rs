//! `verify`: check files against their receipts, offline.
//!
//! In: files, folders, or digests; what options name. Out: verdicts as lines or JSON; the worst is the exit
//! code. Always: without network. Not for finding a verdict: see `crate::verify`.

use super::command::Command;
use super::options;
use crate::failure::{Exit, usage};
use crate::files::folder::{Folder, Kind};
use crate::print::{self, Style};
use crate::times;
use crate::trust::Trust;
use crate::verify::{Asked, Given, Verdict, print_verdict, verify_digests, verify_folder, verify_named};
use clap::Args;
use options::Files;
use std::path::{Path, PathBuf};

/// Options of `verify`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal verify contract.pdf\n  courtseal verify evidence/ --policy policy.txt\nWithout --policy, each receipt is checked under the policy of its network that you trust: see `courtseal policy trust --help`."
)]
pub struct Verify {
    /// Files and folders; or the receipt of an equivocation, which is about no file
    #[arg(required_unless_present = "digest")]
    pub paths: Vec<PathBuf>,
    /// Verify a receipt for a file that is not at hand, by its digests: sha256:HEX, then perhaps
    /// ,sha512:HEX, then perhaps ,sm3:HEX
    #[arg(long, value_name = "DIGESTS", requires = "receipt", conflicts_with_all = ["paths", "opening"])]
    pub digest: Option<String>,
    /// The size of that file, in bytes, if it is known
    #[arg(long, value_name = "BYTES", requires = "digest")]
    pub size: Option<u64>,
    /// What the record must be
    #[command(flatten)]
    pub expected: Expected,
    /// The courts' policy, from a source you trust [default: the one of the receipt's network that you trust
    /// by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// The receipt [default: PATH.tlog-proof]
    #[arg(long)]
    pub receipt: Option<PathBuf>,
    /// The opening of a confidential file [default: PATH.opening]
    #[arg(long)]
    pub opening: Option<PathBuf>,
    /// The folder that receipts and openings are kept in, if not beside the files
    #[arg(long, value_name = "DIR")]
    pub receipts: Option<PathBuf>,
    /// Which files to take
    #[command(flatten)]
    pub choice: Files,
}

/// What a record must be, beside genuine.
#[derive(Args, Clone, Debug, Default)]
pub struct Expected {
    /// Only a record of this member is valid
    #[arg(long, value_name = "MEMBER")]
    pub by: Option<String>,
    /// Only a record of a member of this court is valid
    #[arg(long, value_name = "COURT")]
    pub court: Option<String>,
    /// Only a record made before this time is valid, such as 2026-11-23T17:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub before: Option<String>,
    /// Only a record under this case number is valid
    #[arg(long, value_name = "NUMBER", requires = "case_key")]
    pub case: Option<String>,
    /// The case's private file (mode 0600) of 64 hex digits
    #[arg(long, value_name = "FILE", requires = "case")]
    pub case_key: Option<PathBuf>,
    /// Only this entry is valid
    #[arg(long, value_name = "INDEX", value_parser = options::index)]
    pub entry: Option<u64>,
}

impl Expected {
    /// What the options ask for.
    ///
    /// # Errors
    /// Usage: a time is malformed.
    fn asked(&self) -> anyhow::Result<Asked> {
        let before =
            self.before.as_deref().map(|text| times::parse(text).map_err(|problem| usage(format!("--before: {problem}"))));
        let case = self.case.clone().zip(self.case_key.clone());
        Ok(Asked { by: self.by.clone(), court: self.court.clone(), before: before.transpose()?, case, entry: self.entry })
    }
}

impl Command for Verify {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let single = matches!(&self.paths[..], [path] if !is_folder(path));
        if !single && self.digest.is_none() && (self.receipt.is_some() || self.opening.is_some()) {
            return Err(usage("--receipt and --opening are for one file; name that file alone"));
        }
        let trust = Trust::read(self.policy.as_deref());
        let given = Given { receipt: self.receipt.as_deref(), opening: self.opening.as_deref() };
        let asked = self.expected.asked()?;
        let mut verdicts = Vec::new();
        if let (Some(text), Some(receipt)) = (&self.digest, &self.receipt) {
            let digests = options::file_digests(text).map_err(|problem| usage(format!("--digest: {problem}")))?;
            let verdict = verify_digests(&digests, self.size, receipt, &trust).held_to(&asked)?;
            if !style.json {
                print_verdict::print(&verdict, &trust, style)?;
            }
            verdicts.push(verdict);
        }
        for path in &self.paths {
            if is_folder(path) {
                verdicts.extend(self.folder(path, &asked, &trust, style)?);
            } else {
                let verdict = verify_named(path, given, self.receipts.as_deref(), &asked, &trust)?;
                if !style.json {
                    print_verdict::print(&verdict, &trust, style)?;
                }
                verdicts.push(verdict);
            }
        }
        if verdicts.is_empty() {
            return Err(usage("there is no file to verify in what was named"));
        }
        let exit = verdicts.iter().fold(Exit::Done, |exit, verdict| exit.worse(verdict.exit()));
        if print::is_silent() {
            verdicts.iter().filter_map(print_verdict::in_a_line).for_each(print::message);
        }
        if style.json {
            print::line(print_verdict::json(&verdicts, &trust, exit))?;
        }
        Ok(exit)
    }
}

impl Verify {
    /// Verifies a folder; prints those verdicts that are not *valid* one by one, and a summary.
    fn folder(&self, path: &Path, asked: &Asked, trust: &Trust, style: Style) -> anyhow::Result<Vec<Verdict>> {
        let found = verify_folder(path, self.receipts.as_deref(), &self.choice.choice()?, asked, trust)?;
        if !style.json {
            found.print(trust, style)?;
        }
        Ok(found.all())
    }
}

/// Whether a path names a folder, and not a link to one.
fn is_folder(path: &Path) -> bool {
    // A slash at the end would make the system follow the link.
    let plain: PathBuf = path.components().collect();
    match plain.file_name() {
        Some(name) => {
            Folder::around(&plain).and_then(|folder| folder.look(Path::new(name))).is_ok_and(|kind| kind == Some(Kind::Folder))
        }
        None => true,
    }
}
