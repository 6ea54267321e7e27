//! A network that stands still though enough courts are connected: who signs nothing. Sans-IO.
//!
//! In: for which height each court signs, and when. Out: the connected courts that sign nothing, once a
//! height is open for longer than any healthy network needs. Always: a court speaks only for itself, so that
//! a liar can at most be called alive; changes nothing but what this court says of the network. Not for
//! heights that no court has begun.

use courtseal_consensus::Message;
use courtseal_proof::key::PublicKey;
use courtseal_proof::name::CourtName;
use std::collections::BTreeMap;

/// A height that is open for longer than this is not being recorded, in milliseconds.
const STILL_MS: u64 = 10_000;

/// See the module.
pub(super) struct StallDetector {
    /// By court: the highest height that it signed a vote or a proposal for.
    signed: BTreeMap<CourtName, u64>,
    /// The height that is open, and since when: the first signature for it.
    open: (u64, u64),
}

impl StallDetector {
    pub fn new(courts: impl IntoIterator<Item = CourtName>) -> Self {
        Self { signed: courts.into_iter().map(|court| (court, 0)).collect(), open: (0, 0) }
    }

    /// A court signed for `height`, while `next` is the one to be decided.
    pub fn signed(&mut self, court: &CourtName, height: u64, next: u64, now_ms: u64) {
        let Some(highest) = self.signed.get_mut(court) else { return };
        *highest = height.max(*highest);
        if height == next && self.open.0 != next {
            self.open = (next, now_ms);
        }
    }

    /// Whether each court has signed for the height `next`, if that is open for too long.
    pub fn signers(&self, next: u64, now_ms: u64) -> Option<impl Iterator<Item = (&CourtName, bool)> + '_> {
        let is_still = self.open.0 == next && now_ms.saturating_sub(self.open.1) >= STILL_MS;
        is_still.then(|| self.signed.iter().map(move |(court, height)| (court, *height >= next)))
    }
}

/// The height of the vote or proposal of this court that a message carries.
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
    fn whoever_signs_nothing_is_named_once_a_height_is_open_for_long() {
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
