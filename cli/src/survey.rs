//! All nodes that were named, at once (K7): what each shows of the log, and how far that is proven.
//!
//! In: nodes, what is trusted. Out: each node's checkpoint, checked, and the longest one, with the time at
//! which the courts signed it. Always: a checkpoint counts only if a quorum of the policy's courts cosigned
//! it; two that do not lie on one log are named. Not for entries: see `log check`.

use crate::failure::{Exit, Failure, next_step};
use crate::http::{Client, Node};
use crate::times::now;
use crate::trust::Trust;
use courtseal_api::answer::Consistency;
use courtseal_api::request::Sizes;
use courtseal_api::{Request, Route};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::merkle::verify_consistency;
use courtseal_proof::verify::{Missing, ProvenCheckpoint, Refusal, verify_checkpoint};
use std::sync::Arc;
use std::time::Duration;

/// How many heartbeats may pass without a signature of the courts: after that, what a node shows may be old.
const HEARTBEATS_MAX: u64 = 2;

/// A node, and the checkpoint that it shows.
pub struct Seen {
    /// The node that was asked.
    pub node: Arc<Node>,
    /// The checkpoint as text and what it proves, or why there is none.
    pub shown: Result<(Vec<u8>, ProvenCheckpoint), Failure>,
}

/// Asks all nodes for their checkpoints.
pub fn survey(client: &Client, trust: &Trust) -> Vec<Seen> {
    let shown = client.all(|node| shown(node, trust));
    client.nodes().iter().zip(shown).map(|(node, shown)| Seen { node: Arc::clone(node), shown }).collect()
}

fn shown(node: &Node, trust: &Trust) -> Result<(Vec<u8>, ProvenCheckpoint), Failure> {
    let silent = |reason: String| Failure::new(Exit::Unreachable, format!("{}: {reason}", node.url()));
    let answer = node.get(&Request::plain(Route::Checkpoint), Duration::ZERO).map_err(|no_answer| silent(no_answer.reason))?;
    let note = answer.success(node.url()).map_err(|failure| match failure.exit {
        Exit::Invalid => {
            let message = format!("cannot tell: {} has no checkpoint yet that a quorum of the courts signed", node.url());
            Failure::new(Exit::CannotTell, message).next("run it again once something was recorded")
        }
        _ => failure,
    })?;
    let proven = prove(&note.body, trust, &format!("the checkpoint of {}", node.url()))?;
    Ok((note.body, proven))
}

/// A checkpoint that a quorum of the policy's courts has cosigned, or why `which` is not one.
///
/// # Errors
/// [`Failure`]: invalid, or cannot tell.
pub fn prove(note: &[u8], trust: &Trust, which: &str) -> Result<ProvenCheckpoint, Failure> {
    verify_checkpoint(note, trust).map_err(|refusal| match &refusal {
        Refusal::Invalid(_, reason) => Failure::new(Exit::Invalid, format!("INVALID: {which}: {reason}"))
            .next("ask another court's node; if this one goes on serving it, tell its operator"),
        Refusal::CannotTell(cause, missing) => {
            let next = match cause {
                Missing::OtherNetwork => {
                    "name a node of the policy's network, or get that network's policy from a source you trust"
                }
                cause => next_step(*cause),
            };
            Failure::new(Exit::CannotTell, format!("cannot tell about {which}: missing is {missing}")).next(next)
        }
    })
}

/// The node whose proven log is the longest; among equals, the one that was signed last, then the one that
/// was named first.
pub fn longest(seen: &[Seen]) -> Option<&Seen> {
    seen.iter().rev().filter(|one| one.shown.is_ok()).max_by_key(|one| {
        one.shown
            .as_ref()
            .map_or((0, 0), |(_, proven)| (proven.checkpoint().size, quorum_time_s(&proven.courts, proven.courts_needed)))
    })
}

/// Whether the checkpoints of two nodes lie on one log, by a proof from the node that shows the longer one.
///
/// # Errors
/// [`Failure`]: invalid, if both are signed and contradict each other; else it cannot be told.
pub fn consistent(longer: (&Node, &ProvenCheckpoint), shorter: (&Node, &ProvenCheckpoint)) -> Result<(), Failure> {
    let (new, old) = (longer.1.checkpoint(), shorter.1.checkpoint());
    let two_logs = |how: &str| {
        let message = format!(
            "INVALID: {} and {} show two logs, both signed by a quorum of the courts: {how}",
            longer.0.url(),
            shorter.0.url()
        );
        Failure::new(Exit::Invalid, message).next("keep what both nodes show: it is evidence against whoever signed both")
    };
    if new.origin != old.origin {
        return Err(Failure::new(
            Exit::CannotTell,
            format!("{} is a node of {}, {} of {}", longer.0.url(), new.origin, shorter.0.url(), old.origin),
        )
        .next("name nodes of one network"));
    }
    if new.size == old.size {
        return if new.root == old.root { Ok(()) } else { Err(two_logs("the same size with different roots")) };
    }
    let request = Request::consistency(Sizes { old: old.size, new: new.size });
    let cannot = |reason: String| {
        Failure::new(
            Exit::CannotTell,
            format!("cannot tell whether {} is on the log of {}: {reason}", shorter.0.url(), longer.0.url()),
        )
        .next("read both logs with `courtseal log check`")
    };
    let answer = longer.0.get(&request, Duration::ZERO).map_err(|no_answer| cannot(no_answer.reason))?;
    let answer = answer.success(longer.0.url()).map_err(|failure| cannot(failure.message))?;
    let proof: Consistency = answer.json().map_err(|failure| cannot(failure.message))?;
    let holds = hashes_of(&proof).is_some_and(|hashes| verify_consistency(old.size, new.size, &old.root, &new.root, &hashes));
    // A proof that fails accuses the node that gave it before it accuses the courts.
    if holds { Ok(()) } else { Err(cannot("the proof that it gives does not hold".to_owned())) }
}

/// The hashes of a path, if it is one.
pub fn hashes_of(proof: &Consistency) -> Option<Vec<Digest>> {
    proof.path.iter().map(|hash| base64_text::decode_array(hash).map(Digest)).collect()
}

/// The newest time by which a quorum has cosigned: as many as are needed have signed at it or later.
pub fn quorum_time_s(courts: &[(String, u64)], needed: usize) -> u64 {
    let mut times: Vec<u64> = courts.iter().map(|(_, time_s)| *time_s).collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    times.get(needed.saturating_sub(1)).copied().unwrap_or(0)
}

/// How old the courts' newest signatures are, by this machine's clock; zero if they are ahead of it.
pub fn age(proven: &ProvenCheckpoint) -> Duration {
    Duration::from_secs((now().0 / 1000).saturating_sub(quorum_time_s(&proven.courts, proven.courts_needed)))
}

/// The longest age that a network in order shows: two of its heartbeats. Its genesis says how long they are.
pub fn age_max(client: &Client, origin: &Origin) -> Result<Duration, Failure> {
    client.get(&Request::plain(Route::Genesis), |node, answer| {
        let genesis = Genesis::from_text(&answer.success(node.url())?.body).ok().filter(|genesis| genesis.origin() == *origin);
        let none = || Failure::new(Exit::Unreachable, format!("{} serves no genesis of {origin}", node.url()));
        Ok(Duration::from_millis(genesis.ok_or_else(none)?.parameters.heartbeat_ms * HEARTBEATS_MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quorum_time_is_that_of_the_oldest_needed() {
        let courts: Vec<(String, u64)> = [7, 9, 8, 1].iter().map(|time| (String::new(), *time)).collect();
        assert_eq!(quorum_time_s(&courts, 3), 7);
        assert_eq!(quorum_time_s(&courts[..2], 3), 0, "no quorum");
    }
}
