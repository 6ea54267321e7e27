//! Looking up a file's public records by its digest.
//!
//! In: a SHA-256, nodes. Out: indices of entries. Always: all nodes that were named are asked, and what any
//! of them names counts; none of it is proven. Not for confidential records, which name no digest.

use crate::failure::Failure;
use crate::http::{Client, Node, none_answers};
use courtseal_api::Request;
use courtseal_api::answer::DigestEntries;
use courtseal_proof::bytes::digest::Digest;
use std::collections::BTreeSet;
use std::time::Duration;

/// The entries that the nodes know for a digest, lowest first; a node that does not answer is passed over.
///
/// # Errors
/// No node answers.
pub fn look_up(client: &Client, sha256: Digest) -> anyhow::Result<Vec<u64>> {
    let ask = |node: &Node| -> Result<Vec<u64>, Failure> {
        let answer = node.get(&Request::digest(&sha256), Duration::ZERO);
        let answer = answer.map_err(|no_answer| none_answers(&[no_answer]))?;
        Ok(answer.success(node.url())?.json::<DigestEntries>()?.entries)
    };
    let (mut all, mut failed, mut answered) = (BTreeSet::new(), None, false);
    for found in client.all(ask) {
        match found {
            Ok(entries) => {
                all.extend(entries);
                answered = true;
            }
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    match failed.filter(|_| !answered) {
        Some(failure) => Err(failure.into()),
        None => Ok(all.into_iter().collect()),
    }
}
