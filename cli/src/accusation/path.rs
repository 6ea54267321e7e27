//! The path from one size of a log to another, from nodes that may lie.
//!
//! In: two checkpoints of different sizes, nodes. Out: a consistency path whose first node is written, and
//! the root at the smaller size that it leads to. Always: it leads to the root of the larger one. Not for
//! judging the smaller one.

use crate::failure::{Exit, Failure};
use crate::http::{Client, Node};
use crate::print;
use crate::survey::hashes_of;
use courtseal_api::Request;
use courtseal_api::answer::Consistency;
use courtseal_api::request::Sizes;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::log::checkpoint::Checkpoint;
use courtseal_proof::log::merkle::roots_from_consistency;
use courtseal_proof::receipt::Receipt;
use std::time::Duration;

/// The path of the log with the root of `new`, and its root at the size of `old`.
///
/// # Errors
/// [`Failure`]: cannot tell, if no node serves that log; no node answers.
pub fn of_log(client: &Client, old: &Checkpoint, new: &Checkpoint) -> Result<(Vec<Digest>, Digest), Failure> {
    let sizes = Sizes { old: old.size, new: new.size };
    let cannot = |node: &Node, reason: &str| {
        let url = node.url();
        let message = format!("cannot tell whether the two contradict each other: {url}: {reason}");
        let next = format!("name a node that serves the log of {} entries with this root: {}", print::count(new.size), new.root);
        Failure::new(Exit::CannotTell, message).next(next)
    };
    client.get(&Request::consistency(sizes), |node, answer| {
        let answer = answer.success(node.url()).map_err(|failure| cannot(node, &failure.message))?;
        let proof: Consistency = answer.json().map_err(|failure| cannot(node, &failure.message))?;
        let hashes = hashes_of(&proof).ok_or_else(|| cannot(node, "its path is malformed"))?;
        let leads = |path: Vec<Digest>| {
            let (root, _) = roots_from_consistency(old.size, new.size, &path).filter(|(_, end)| *end == new.root)?;
            Some((path, root))
        };
        if !old.size.is_power_of_two() {
            return leads(hashes).ok_or_else(|| cannot(node, OTHER_LOG));
        }
        // Of a whole subtree the path leaves out the first node: the old root, or what the node's log has
        // there.
        let with = |first: Digest| std::iter::once(first).chain(hashes.iter().copied()).collect::<Vec<_>>();
        leads(with(old.root))
            .or_else(|| subtrees(node, old.size).into_iter().find_map(|root| leads(with(root))))
            .ok_or_else(|| cannot(node, OTHER_LOG))
    })
}

const OTHER_LOG: &str = "it serves another log than the larger one is of";

/// Hashes among which is the root of the first `size` entries, a power of two: they are a whole subtree
/// beside the entry after them. Unproven.
fn subtrees(node: &Node, size: u64) -> Vec<Digest> {
    let answer = node.get(&Request::receipt(size), Duration::ZERO).ok().filter(|answer| answer.status == 200);
    answer.and_then(|answer| Receipt::parse(&answer.body).ok()).map(|receipt| receipt.path).unwrap_or_default()
}
