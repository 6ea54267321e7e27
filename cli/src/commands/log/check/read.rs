//! Reading the whole log from one node after another, until one serves what the courts signed.
//!
//! In: nodes, the checkpoints that the log has to go through. Out: the node that serves it, or what is wrong.
//! Always: every entry is hashed; memory stays flat. Not for choosing the checkpoints.

use super::entries::{PAGE_ENTRIES_MAX, page_of};
use super::tree::StreamedTree;
use crate::failure::{Exit, Failure};
use crate::http::{Client, Node, none_answers};
use crate::print;
use crate::survey::Seen;
use courtseal_api::Request;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::entry::{Entry, EntryError};
use courtseal_proof::log::checkpoint::Checkpoint;
use courtseal_proof::log::merkle::leaf_hash;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;

/// Reads the whole log from the first node that serves what the courts signed, and compares it with the
/// checkpoints.
///
/// # Errors
/// [`Failure`]: no node serves it, or none can tell.
pub fn read(
    client: &Client,
    best: &Seen,
    now: &Checkpoint,
    through: &[(&Checkpoint, String)],
    (beware, others): (&mut Vec<String>, &mut Vec<String>),
) -> Result<Arc<Node>, Failure> {
    if let Some((longer, name)) = through.iter().find(|(checkpoint, _)| checkpoint.size > now.size) {
        let sizes = format!("{} entries, {name} {}", print::count(now.size), print::count(longer.size));
        return Err(Failure::new(
            Exit::CannotTell,
            format!("cannot tell: the node's log has {sizes}; it is behind, or was set back"),
        )
        .next("ask another court's node, or this one when it has caught up"));
    }
    let mut nodes = vec![Arc::clone(&best.node)];
    nodes.extend(client.nodes().iter().filter(|node| node.url() != best.node.url()).cloned());
    let mut first = None;
    for node in nodes {
        match compare(&node, now, through) {
            Ok(()) => return Ok(node),
            Err(failure) => {
                let said = format!("{}: {}", node.url(), failure.message.trim_start_matches("INVALID: "));
                if failure.exit == Exit::Invalid {
                    beware.push(said)
                } else {
                    others.push(said)
                }
                first = first.or(Some(failure));
            }
        }
    }
    Err(first.unwrap_or_else(|| invalid("no node serves the log")))
}

fn compare(node: &Node, now: &Checkpoint, through: &[(&Checkpoint, String)]) -> Result<(), Failure> {
    let bar = ProgressBar::with_draw_target(Some(now.size), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("log          {bar:30} {human_pos} of {human_len} entries   about {eta} left")
    {
        bar.set_style(style);
    }
    let mut reader = Reader { origin: now.origin.clone(), tree: StreamedTree::default(), height: 0, time: Timestamp(0) };
    let mut stops = through.iter().map(|(checkpoint, name)| (*checkpoint, name.as_str())).collect::<Vec<_>>();
    stops.push((now, "the checkpoint"));
    for (stop, name) in stops {
        while reader.tree.size() < stop.size {
            let (from, limit) = (reader.tree.size(), (stop.size - reader.tree.size()).min(PAGE_ENTRIES_MAX));
            let answer = node.get(&Request::entries(from, limit), Duration::ZERO);
            let answer = answer.map_err(|no_answer| none_answers(&[no_answer]))?;
            let page = page_of(node, answer, limit)?;
            if page.entries.is_empty() {
                let (missing, all) = (print::count(from), print::count(now.size));
                return Err(invalid(&format!("the node has no entry {missing} of the {all} that the courts signed for")));
            }
            page.entries.iter().try_for_each(|text| reader.read(text))?;
            bar.set_position(reader.tree.size());
        }
        check_root(&reader, stop, name)?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn check_root(reader: &Reader, checkpoint: &Checkpoint, name: &str) -> Result<(), Failure> {
    if checkpoint.root == reader.tree.root() {
        return Ok(());
    }
    let roots = format!("{} and {}", base64_text::encode(&reader.tree.root().0), base64_text::encode(&checkpoint.root.0));
    Err(invalid(&format!("at {} entries, the log and {name} have different roots: {roots}", print::count(checkpoint.size))))
}

fn invalid(text: &str) -> Failure {
    Failure::new(Exit::Invalid, format!("INVALID: {text}"))
        .next("keep the node's answers and the checkpoints: they are evidence against whoever signed them")
}

/// The log so far.
struct Reader {
    origin: courtseal_proof::bytes::name::Origin,
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
