//! `log check`: is what a node serves the one log that the courts signed, and does it continue an earlier one?
//!
//! In: a node's checkpoint and all its entries, a policy, perhaps an earlier checkpoint. Out: size and root, or what is wrong. Always: every entry
//! is read and hashed; the root is compared with a checkpoint that a quorum of the policy's courts has cosigned; memory stays flat.
//! Not for what entries mean.

use super::tree::StreamedTree;
use super::{PAGE_ENTRIES_MAX, page};
use crate::command::LogCheck;
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::http::Client;
use crate::print::{self, Style};
use crate::trust::Trust;
use crate::verify::next;
use courtseal_proof::base64_text;
use courtseal_proof::checkpoint::Checkpoint;
use courtseal_proof::entry::{Entry, EntryError};
use courtseal_proof::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::merkle::leaf_hash;
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::{Missing, ProvenCheckpoint, Refusal, verify_checkpoint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::path::Path;

/// `log check`.
///
/// # Errors
/// Usage; no node answers; invalid; cannot tell.
pub fn run(options: &LogCheck, style: Style) -> anyhow::Result<Exit> {
    let client = Client::new(&options.nodes.urls)?;
    let trust = Trust::read(options.policy.as_deref());
    let earlier = options.from_checkpoint.as_deref().map(|path| read_earlier(path, &trust)).transpose()?;
    let note = client.get("/v1/checkpoint").map_err(|failure| match failure.exit {
        Exit::Invalid => {
            let url = client.node().url();
            Failure::new(Exit::CannotTell, format!("cannot tell: {url} has no checkpoint yet that a quorum of the courts signed"))
                .next("run it again once something was recorded")
        }
        _ => failure,
    })?;
    let note = note.body;
    let signed = prove(&note, &trust, &format!("the checkpoint of {}", client.node().url()))?;
    compare(&client, &signed.checkpoint, earlier.as_ref().map(|earlier| &earlier.checkpoint))?;
    if let Some(path) = &options.save {
        files::write_whole(path, &note, 0o666)
            .and_then(|()| files::sync_folder(&files::folder_of(path)))
            .map_err(|error| usage(format!("cannot write {}: {}", print::path(path), files::reason(&error))))?;
    }
    report(&client, &signed, earlier.as_ref(), &trust, options, style)?;
    Ok(Exit::Done)
}

fn report(
    client: &Client,
    signed: &ProvenCheckpoint,
    earlier: Option<&ProvenCheckpoint>,
    trust: &Trust,
    options: &LogCheck,
    style: Style,
) -> std::io::Result<()> {
    let names: Vec<&str> = signed.courts.iter().map(|(name, _)| name.as_str()).collect();
    let (checkpoint, root) = (&signed.checkpoint, base64_text::encode(&signed.checkpoint.root.0));
    let digest = signed.policy_digest;
    if style.json {
        return print::line(json!({
            "verdict": "valid", "origin": checkpoint.origin, "size": checkpoint.size, "root": root, "courts": names, "node": client.node().url(),
            "continues": earlier.map(|earlier| earlier.checkpoint.size), "policy": digest.tagged(), "trusted_as": trust.name_of(digest),
        }));
    }
    print::row("VALID", format_args!("the log of this network, as {} serves it", client.node().url()))?;
    print::row("network", &checkpoint.origin)?;
    print::row("size", format_args!("{} entries, every one read", print::count(checkpoint.size)))?;
    print::row("root", format_args!("{root}, recomputed and equal"))?;
    let (needed, all) = (signed.courts_needed, signed.courts_listed);
    print::row("courts", format_args!("{needed} of {all} required, {} signed: {}", names.len(), names.join(", ")))?;
    for (label, text) in trust.rows(digest, &checkpoint.origin) {
        print::row(label, text)?;
    }
    if let Some(earlier) = earlier {
        print::row(
            "continues",
            format_args!(
                "the earlier checkpoint of {} entries: nothing in it was changed or removed",
                print::count(earlier.checkpoint.size)
            ),
        )?;
    }
    if let Some(path) = &options.save {
        print::row("saved", format_args!("{}; next time: --from-checkpoint {0}", print::path(path)))?;
    }
    Ok(())
}

fn read_earlier(path: &Path, trust: &Trust) -> anyhow::Result<ProvenCheckpoint> {
    let bytes = files::read_bounded(path, RECEIPT_BYTES_MAX)
        .map_err(|error| usage(format!("cannot read {}: {}", print::path(path), files::reason(&error))))?;
    let which = format!("the earlier checkpoint {}", print::path(path));
    // A file on this machine accuses nobody: whoever keeps it may have changed it, or named another.
    let next = "use the file as it was saved: it is another file, or was damaged or altered";
    Ok(prove(&bytes, trust, &which).map_err(|failure| match failure.exit {
        Exit::Invalid => Failure { next: None, ..failure }.next(next),
        _ => failure,
    })?)
}

/// A checkpoint that a quorum of the policy's courts has cosigned, or why `which` is not one.
fn prove(note: &[u8], trust: &Trust, which: &str) -> Result<ProvenCheckpoint, Failure> {
    verify_checkpoint(note, trust).map_err(|refusal| match &refusal {
        Refusal::Invalid(_, reason) => Failure::new(Exit::Invalid, format!("INVALID: {which}: {reason}"))
            .next("ask another court's node; if this one goes on serving it, tell its operator"),
        Refusal::CannotTell(cause, missing) => {
            let next = match cause {
                Missing::OtherNetwork => {
                    "name a node of the policy's network, or get that network's policy from a source you trust"
                }
                cause => next(*cause),
            };
            Failure::new(Exit::CannotTell, format!("cannot tell about {which}: missing is {missing}")).next(next)
        }
    })
}

/// Reads the whole log and compares it with the checkpoints.
fn compare(client: &Client, now: &Checkpoint, earlier: Option<&Checkpoint>) -> Result<(), Failure> {
    if let Some(earlier) = earlier.filter(|earlier| earlier.size > now.size) {
        let sizes = format!("{} entries, the earlier checkpoint {}", print::count(now.size), print::count(earlier.size));
        return Err(Failure::new(
            Exit::CannotTell,
            format!("cannot tell: the node's log has {sizes}; it is behind, or was set back"),
        )
        .next("ask another court's node, or this one when it has caught up"));
    }
    let bar = ProgressBar::with_draw_target(Some(now.size), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("log          {bar:30} {human_pos} of {human_len} entries   about {eta} left")
    {
        bar.set_style(style);
    }
    let mut reader = Reader { origin: now.origin.clone(), tree: StreamedTree::default(), height: 0, time: Timestamp(0) };
    while reader.tree.size() < now.size {
        check_root(&reader, earlier, "the earlier checkpoint")?;
        // Pages end at the earlier checkpoint's size, so that the root there is seen.
        let stop = earlier.map(|earlier| earlier.size).filter(|size| *size > reader.tree.size()).unwrap_or(now.size);
        let page = page(client, reader.tree.size(), (stop - reader.tree.size()).min(PAGE_ENTRIES_MAX))?;
        if page.entries.is_empty() {
            return Err(invalid(&format!(
                "the node has no entry {} of the {} that it signed for",
                print::count(reader.tree.size()),
                print::count(now.size)
            )));
        }
        page.entries.iter().try_for_each(|text| reader.read(text))?;
        bar.set_position(reader.tree.size());
    }
    bar.finish_and_clear();
    check_root(&reader, earlier, "the earlier checkpoint")?;
    check_root(&reader, Some(now), "the checkpoint")
}

fn check_root(reader: &Reader, checkpoint: Option<&Checkpoint>, name: &str) -> Result<(), Failure> {
    match checkpoint.filter(|checkpoint| checkpoint.size == reader.tree.size()) {
        Some(checkpoint) if checkpoint.root != reader.tree.root() => {
            let roots = format!("{} and {}", base64_text::encode(&reader.tree.root().0), base64_text::encode(&checkpoint.root.0));
            Err(invalid(&format!(
                "at {} entries, the log and {name} have different roots: {roots}",
                print::count(checkpoint.size)
            )))
        }
        _ => Ok(()),
    }
}

fn invalid(text: &str) -> Failure {
    Failure::new(Exit::Invalid, format!("INVALID: {text}"))
        .next("keep the node's answers and the checkpoints: they are evidence against whoever signed them")
}

/// The log so far.
struct Reader {
    origin: courtseal_proof::name::Origin,
    tree: StreamedTree,
    height: u64,
    time: Timestamp,
}

impl Reader {
    fn read(&mut self, text: &str) -> Result<(), Failure> {
        let index = self.tree.size();
        let wrong = |reason: &str| invalid(&format!("entry {} {reason}", print::count(index)));
        match Entry::from_text(text.as_bytes()) {
            Ok(entry) => {
                if entry.index != index || entry.chain != self.origin {
                    return Err(wrong("names another index or network"));
                }
                if entry.height < self.height || entry.recorded_at < self.time {
                    return Err(wrong("is of an earlier block than the one before it"));
                }
                (self.height, self.time) = (entry.height, entry.recorded_at);
            }
            // A later version's entry still has its place in the tree, which is what is checked here.
            Err(EntryError::Unknown { .. }) => {}
            Err(EntryError::Malformed(reason)) => return Err(wrong(&format!("is malformed: {reason}"))),
        }
        self.tree.push(leaf_hash(text.as_bytes()));
        Ok(())
    }
}
