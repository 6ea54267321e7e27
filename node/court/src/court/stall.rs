//! The stall detector: finds that a network records nothing though enough courts are connected, and which
//! courts sign nothing. Sans-IO.
//!
//! In: the height for which each court signs, and when.
//! Out: for each court whether it signs, once a height is open for longer than any healthy network needs.
//! Always: a court's signature speaks only for that court, so that a lie can at most make it seem alive.
//! The result changes only what this court reports of the network.
//! Not for heights that no court has begun.

use courtseal_consensus::Message;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::name::CourtName;
use std::collections::BTreeMap;

/// A height that is open for this long is stalled, in milliseconds (R9).
const STALLED_MS: u64 = 10_000;

/// The heights for which courts have signed.
pub(super) struct StallDetector {
    /// For each court: the highest height for which it signed a vote or a proposal.
    signed: BTreeMap<CourtName, u64>,
    /// The open height, and the time of the first signature for it.
    open: (u64, u64),
}

impl StallDetector {
    pub fn new(courts: impl IntoIterator<Item = CourtName>) -> Self {
        Self { signed: courts.into_iter().map(|court| (court, 0)).collect(), open: (0, 0) }
    }

    /// Notes that a court has signed for `height`, while `next` is the height to be decided.
    pub fn signed(&mut self, court: &CourtName, height: u64, next: u64, now_ms: u64) {
        let Some(highest) = self.signed.get_mut(court) else { return };
        *highest = height.max(*highest);
        if height == next && self.open.0 != next {
            self.open = (next, now_ms);
        }
    }

    /// For each court whether it has signed for the height `next`; `None` unless that height is stalled.
    pub fn signers(&self, next: u64, now_ms: u64) -> Option<impl Iterator<Item = (&CourtName, bool)> + '_> {
        let is_stalled = self.open.0 == next && now_ms.saturating_sub(self.open.1) >= STALLED_MS;
        is_stalled.then(|| self.signed.iter().map(move |(court, height)| (court, *height >= next)))
    }
}

/// The height of this court's vote or proposal, if the message carries one.
pub(super) fn signed_by(message: &Message, court: &PublicKey) -> Option<u64> {
    let (signer, height) = match message {
        Message::Vote(vote) => (vote.content.court, vote.content.height),
        Message::Proposal(proposal) => (proposal.content.court, proposal.content.height),
        _ => return None,
    };
    (signer == *court).then_some(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(court: u64) -> CourtName {
        CourtName::new(format!("court-{court}")).unwrap()
    }

    fn silent(stall: &StallDetector, next: u64, now_ms: u64) -> Option<Vec<bool>> {
        stall.signers(next, now_ms).map(|signers| signers.map(|(_, signs)| signs).collect())
    }

    #[test]
    fn courts_that_sign_nothing_are_named_once_a_height_is_stalled() {
        let mut stall = StallDetector::new((0..4).map(name));
        assert_eq!(silent(&stall, 8, 99_000), None, "no court has begun");
        for court in 0..4 {
            stall.signed(&name(court), 7, 7, 0);
        }
        assert_eq!(silent(&stall, 8, 99_000), None, "an idle network");
        stall.signed(&name(0), 8, 8, 100_000);
        stall.signed(&name(3), 8, 8, 105_000);
        assert_eq!(silent(&stall, 8, 109_999), None);
        assert_eq!(silent(&stall, 8, 110_000), Some(vec![true, false, false, true]));
        stall.signed(&name(1), 8, 8, 111_000);
        assert_eq!(silent(&stall, 8, 111_000), Some(vec![true, true, false, true]));
        assert_eq!(silent(&stall, 9, 111_100), None, "recorded");
        stall.signed(&name(2), u64::MAX, 9, 111_200);
        assert_eq!(silent(&stall, 9, 999_000), None, "a liar opens nothing");
    }
}
