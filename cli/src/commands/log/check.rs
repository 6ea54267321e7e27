//! `log check`: is what the nodes serve the one log that the courts signed, and does it continue an earlier
//! one?
//!
//! In: all nodes' checkpoints, all entries of the longest log, a policy, perhaps an earlier checkpoint. Out:
//! size and root, or what is wrong. Always: every entry is read and hashed; the root is compared with a
//! checkpoint that a quorum of the policy's courts has cosigned. Not for what entries mean.

mod found;
mod read;
mod report;
mod tree;

use super::entries;
use crate::commands::command::Command;
use crate::commands::options;
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::print::{self, Style};
use crate::survey::{Seen, age, age_max, longest, prove, survey};
use crate::trust::Trust;
use clap::Args;
use courtseal_proof::bytes::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::log::checkpoint::Checkpoint;
use courtseal_proof::verify::ProvenCheckpoint;
use found::Found;
use read::read;
use std::path::{Path, PathBuf};

/// Options of `log check`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal log check --node http://127.0.0.1:8600 --policy policy.txt --save before.checkpoint\n  courtseal log check --node http://127.0.0.1:8600 --policy policy.txt --from-checkpoint before.checkpoint"
)]
pub struct Check {
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: options::Nodes,
    /// The courts' policy, from a source you trust [default: the one of the log's network that you trust by
    /// name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// A checkpoint saved earlier, which this log must continue
    #[arg(long, value_name = "FILE")]
    pub from_checkpoint: Option<PathBuf>,
    /// Save the checkpoint that was checked
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
}

impl Command for Check {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let client = self.nodes.client()?;
        let trust = Trust::read(self.policy.as_deref());
        let earlier = self.from_checkpoint.as_deref().map(|path| read_earlier(path, &trust)).transpose()?;
        let seen = survey(&client, &trust);
        let Some(best) = longest(&seen) else { return Err(none_shows(&seen).into()) };
        let Ok((note, signed)) = &best.shown else { return Err(none_shows(&seen).into()) };
        let (mut others, mut beware) = (Vec::new(), Vec::new());
        // The log has to go through what every node shows, and through what was saved.
        let mut through: Vec<(&Checkpoint, String)> = Vec::new();
        through.extend(earlier.iter().map(|earlier| (earlier.checkpoint(), "the earlier checkpoint".to_owned())));
        for one in &seen {
            match &one.shown {
                Ok((_, proven)) if proven.checkpoint().origin != signed.checkpoint().origin => {
                    beware.push(format!("{} is a node of another network, {}", one.node.url(), proven.checkpoint().origin));
                }
                Ok((_, proven)) => {
                    through.push((proven.checkpoint(), format!("the checkpoint of {}", one.node.url())));
                    let behind = signed.checkpoint().size - proven.checkpoint().size;
                    if behind > 0 {
                        let entries = print::several(behind, "entry", "entries");
                        others.push(format!(
                            "{} shows a log that is shorter by {entries}; it is a part of this one",
                            one.node.url()
                        ));
                    }
                }
                Err(failure) if failure.exit == Exit::Invalid => beware.push(failure.message.clone()),
                Err(failure) => others.push(failure.message.clone()),
            }
        }
        through.sort_by_key(|(checkpoint, _)| checkpoint.size);
        let node = read(&client, best, signed.checkpoint(), &through, (&mut beware, &mut others))?;
        let age = (age(signed), age_max(&client, &signed.checkpoint().origin)?);
        if let Some(path) = &self.save {
            files::named::write(path, note, 0o666)
                .map_err(|error| usage(format!("cannot write {}: {}", print::path(path), files::reason(&error))))?;
        }
        let found = Found { node: &node, signed, age, others, beware };
        report::report(&found, earlier.as_ref(), &trust, self.save.as_deref(), style)?;
        Ok(found.exit())
    }
}

/// Why no node shows a checkpoint that helps: the first reason that is more than silence.
fn none_shows(seen: &[Seen]) -> Failure {
    let failures: Vec<&Failure> = seen.iter().filter_map(|one| one.shown.as_ref().err()).collect();
    if let Some(failure) = failures.iter().find(|failure| failure.exit != Exit::Unreachable) {
        return (*failure).clone();
    }
    let list: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
    Failure::new(Exit::Unreachable, format!("no node answers ({})", list.join("; ")))
        .next("check the URL and that the node runs, or name another one with --node")
}

fn read_earlier(path: &Path, trust: &Trust) -> anyhow::Result<ProvenCheckpoint> {
    let bytes = files::named::read(path, RECEIPT_BYTES_MAX)
        .map_err(|error| usage(format!("cannot read {}: {}", print::path(path), files::reason(&error))))?;
    let which = format!("the earlier checkpoint {}", print::path(path));
    // A file on this machine accuses nobody: whoever keeps it may have changed it, or named another.
    let next = "use the file as it was saved: it is another file, or was damaged or altered";
    Ok(prove(&bytes, trust, &which).map_err(|failure| match failure.exit {
        Exit::Invalid => Failure { next: None, ..failure }.next(next),
        _ => failure,
    })?)
}
