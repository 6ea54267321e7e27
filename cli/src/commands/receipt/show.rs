//! `receipt show`: what a receipt says, and whether its own checks hold.
//!
//! In: a receipt. Out: lines, or JSON. Always: what is not proven is said not to be. Not for its file: see
//! `verify`.

use crate::commands::command::Command;
use crate::failure::{Exit, usage};
use crate::files::{named, reason};
use crate::print::{self, Style};
use crate::trust::Trust;
use crate::verify::{hint, show_proven, word_of};
use clap::Args;
use courtseal_proof::bytes::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::entry::Entry;
use courtseal_proof::receipt::Receipt;
use courtseal_proof::verify::verify_receipt;
use serde_json::json;
use std::path::PathBuf;

/// Options of `receipt show`.
#[derive(Args)]
pub struct Show {
    /// The receipt's file
    pub file: PathBuf,
    /// The courts' policy, from a source you trust [default: the one of the receipt's network that you trust
    /// by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
}

impl Command for Show {
    /// The exit code is that of the receipt's own checks.
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let shown = print::path(&self.file);
        let bytes = named::read(&self.file, RECEIPT_BYTES_MAX)
            .map_err(|error| usage(format!("cannot read {shown}: {}", reason(&error))))?;
        let receipt = Receipt::parse(&bytes).map_err(|_| {
            let hint = hint(&bytes).map(|hint| format!(": {hint}")).unwrap_or_default();
            usage(format!("{shown} is not a receipt{hint}"))
        })?;
        let trust = Trust::read(self.policy.as_deref());
        let checked = verify_receipt(&bytes, &trust);
        let exit = checked.as_ref().err().map_or(Exit::Done, Exit::of);
        let entry = Entry::from_text(receipt.entry.as_bytes()).ok();
        if style.json {
            let (verdict, message) = word_of(&checked);
            let checkpoint = &receipt.signed.checkpoint;
            print::line(json!({
                "exit": exit.code(), "checks": verdict, "message": message, "entry": entry, "log_size": checkpoint.size,
                "origin": checkpoint.origin, "courts": receipt.signed.cosignatures.iter().map(|line| &line.name).collect::<Vec<_>>(),
            }))?;
            return Ok(exit);
        }
        match &checked {
            Ok(proven) => {
                let has_file = proven.entry.statement().is_some_and(|statement| statement.document().is_some());
                let file = if has_file { "its file was not looked at" } else { "it is about no file" };
                print::row("GENUINE", format_args!("{shown}: the checks of the receipt itself hold; {file}"))?;
                show_proven(proven, &trust, style)?;
            }
            Err(refusal) => {
                let label = if exit == Exit::Invalid { "INVALID" } else { "CANNOT TELL" };
                print::row(label, format_args!("{shown}: {}", refusal.message()))?;
                print::row("it says", "what follows, which is not proven")?;
                print::row("network", &receipt.signed.checkpoint.origin)?;
                print::row("entry", print::count(receipt.index))?;
                if let Some(entry) = entry {
                    print::row("recorded", print::time(entry.recorded_at))?;
                    if let Some(member) = entry.member() {
                        print::row("by", format_args!("{}, {} of {}", member.name, member.role.as_str(), member.court))?;
                    }
                }
            }
        }
        Ok(exit)
    }
}
