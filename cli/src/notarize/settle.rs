//! Whether a request whose time is over was recorded (K3).
//!
//! In: its id, all nodes, the policy. Out: what the check makes of its receipts, or that it is gone. Always:
//! recorded is proven by receipts; *gone* takes as many nodes as are needed, each of which shows a checkpoint
//! that a quorum cosigned after the request's time, and does not know the request. Not for requests whose
//! time is not over: they are sent again.

use super::send::receipts;
use crate::failure::{Exit, Failure};
use crate::http::{Client, Node};
use crate::survey::quorum_time_s;
use courtseal_api::answer::{TransactionState, TransactionStatus};
use courtseal_api::{Code, Request, Route};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::verify::{HeldPolicy, verify_checkpoint};
use std::time::Duration;

/// How much later than the request's time a quorum must have cosigned: a block may be made a little before it
/// is cosigned.
const LATER: Duration = Duration::from_secs(60);

/// A request whose time is over.
pub struct Overdue<'a, T> {
    /// The nodes to ask.
    pub client: &'a Client,
    /// What checkpoints are checked against.
    pub policy: &'a HeldPolicy,
    /// The transaction's id.
    pub id: Digest,
    /// The request's `not_after`.
    pub not_after: Timestamp,
    /// How many nodes must say that it is gone.
    pub needed: usize,
    /// Makes something of the receipts if each proves its statement; else says why not.
    pub check: &'a dyn Fn(Vec<String>) -> Result<T, String>,
}

/// What a node knows of it.
enum Known {
    Recorded(Vec<String>),
    Gone,
    CannotTell(String),
}

impl<T> Overdue<'_, T> {
    /// What became of it; none if it is gone.
    ///
    /// # Errors
    /// [`Failure`] of [`Exit::Unreachable`]: nobody can tell yet.
    pub fn settle(&self) -> Result<Option<T>, Failure> {
        let (mut gone, mut reasons) = (0, Vec::new());
        let Self { policy, id, not_after, .. } = *self;
        let known = self.client.all(|node| known(node, policy, &id, not_after));
        for (node, known) in self.client.nodes().iter().zip(known) {
            let reason = match known {
                Known::Recorded(receipts) => match (self.check)(receipts) {
                    Ok(taken) => return Ok(Some(taken)),
                    Err(reason) => format!("its receipts do not prove the record: {reason}"),
                },
                Known::Gone => {
                    gone += 1;
                    "it does not know it".to_owned()
                }
                Known::CannotTell(reason) => reason,
            };
            reasons.push(format!("{}: {reason}", node.url()));
        }
        if gone >= self.needed {
            return Ok(None);
        }
        let message = format!("whether the earlier request was recorded cannot be told yet ({})", reasons.join("; "));
        Err(Failure::new(Exit::Unreachable, message).next("run the same command again in a minute; name more nodes with --node"))
    }
}

fn known(node: &Node, policy: &HeldPolicy, id: &Digest, not_after: Timestamp) -> Known {
    // First the checkpoint: what the node says next, it says of a log that is at least as new.
    let later = is_later(node, policy, not_after);
    let answer = match node.get(&Request::transaction(id), Duration::ZERO) {
        Ok(answer) => answer,
        Err(no_answer) => return Known::CannotTell(no_answer.reason),
    };
    let state = answer.json::<TransactionStatus>().ok().filter(|status| status.transaction == *id);
    match (state, answer.status) {
        (Some(status), 200..300) if status.state == TransactionState::Recorded => Known::Recorded(receipts(status)),
        (Some(status), _) if status.state == TransactionState::Pending => {
            Known::CannotTell("it has the request, and has not recorded it yet".to_owned())
        }
        (Some(_), _) => not_known(later),
        (None, status) if status == Code::NotFound.status() => not_known(later),
        _ => Known::CannotTell(answer.error().1),
    }
}

/// It does not know the request, which is gone if the courts have signed since.
fn not_known(later: Result<(), String>) -> Known {
    later.map_or_else(Known::CannotTell, |()| Known::Gone)
}

fn is_later(node: &Node, policy: &HeldPolicy, not_after: Timestamp) -> Result<(), String> {
    let note = node.get(&Request::plain(Route::Checkpoint), Duration::ZERO).map_err(|no_answer| no_answer.reason)?;
    let proven = verify_checkpoint(&note.body, policy).map_err(|_| "it shows no checkpoint that holds".to_owned())?;
    if quorum_time_s(&proven.courts, proven.courts_needed) > not_after.plus_ms(LATER.as_millis() as u64).0 / 1000 {
        Ok(())
    } else {
        Err("the courts have signed nothing since the request's time was over".to_owned())
    }
}

#[cfg(test)]
mod tests;
