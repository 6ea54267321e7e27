//! How far the log that the nodes speak of is proven.
//!
//! In: the checkpoints that the nodes show. Out: as of when a quorum signed the longest log, or why nothing
//! is proven. Always: two nodes that show two signed logs are told. Not for reading the log.

use crate::failure::{Exit, Failure};
use crate::http::Client;
use crate::survey::{Seen, age, age_max, consistent, longest, quorum_time_s};
use courtseal_proof::bytes::time::Timestamp;

/// What the checkpoints prove.
pub enum Proof {
    /// As of when, and whether that is recent.
    Holds(Timestamp, bool),
    /// Nothing, and why.
    None(Failure),
}

/// Compares what the nodes show.
pub fn prove(client: &Client, seen: &[Seen]) -> Proof {
    let Some((best, Ok((_, proven)))) = longest(seen).map(|best| (best, &best.shown)) else {
        let failures = seen.iter().filter_map(|one| one.shown.as_ref().err());
        let worst = failures.max_by_key(|failure| failure.exit != Exit::Unreachable).cloned();
        return Proof::None(worst.unwrap_or_else(|| Failure::new(Exit::CannotTell, "no node shows a checkpoint")));
    };
    for one in seen {
        if let Ok((_, other)) = &one.shown
            && let Err(failure) = consistent((&best.node, proven), (&one.node, other))
            && failure.exit == Exit::Invalid
        {
            return Proof::None(failure);
        }
    }
    let as_of = Timestamp(0).plus_ms(quorum_time_s(&proven.courts, proven.courts_needed).saturating_mul(1000));
    match age_max(client, &proven.checkpoint().origin) {
        Ok(most) => Proof::Holds(as_of, age(proven) <= most),
        Err(failure) => Proof::None(failure),
    }
}
