//! The gate for bodies: which blocks are kept, judged and reported to the core (rule C14).
//!
//! In: blocks whose bytes match their digest, proposals that the core has checked. Out: values to judge, values to fetch.
//! Always: a body is reported only after a checked proposal names it, so that bodies nobody proposed cannot fill the core's
//! two places a round; of one peer at most two unnamed bodies are kept. Not for judging.

use crate::message::BlockBytes;
use crate::vote::{Proposal, SignedProposal};
use courtseal_proof::digest::Digest;
use courtseal_proof::key::PublicKey;
use courtseal_proof::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Unnamed bodies kept of one peer.
const UNNAMED_MAX: usize = 2;
/// Bytes of unnamed bodies kept of all peers together.
const UNNAMED_BYTES_MAX: usize = 64 << 20;
/// How far above the next height bodies are kept.
const AHEAD_MAX: u64 = 2;
/// Proposals of the height that are kept for sending again, newest rounds.
const PROPOSALS_MAX: usize = 16;

/// A block that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) height: u64,
    pub(crate) time: Timestamp,
    pub(crate) block: BlockBytes,
    from: Option<PublicKey>,
    order: u64,
    pub(crate) valid: Option<bool>,
}

/// A value that a checked proposal of the current height names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    pub(crate) proposal: Proposal,
    pub(crate) seen: Timestamp,
}

/// Bodies of the next few heights, and what is known of the values of the current one.
#[derive(Default)]
pub(crate) struct Bodies {
    kept: BTreeMap<Digest, Body>,
    named: BTreeMap<Digest, Named>,
    reported: BTreeSet<Digest>,
    own: BTreeMap<u32, Digest>,
    proposals: BTreeMap<u32, SignedProposal>,
    asked: BTreeMap<Digest, usize>,
    next_order: u64,
}

impl Bodies {
    /// Keeps a block, if its height is near and its sender has room; named and own blocks always have room.
    pub(crate) fn offer(
        &mut self,
        digest: Digest,
        height: u64,
        time: Timestamp,
        block: BlockBytes,
        from: Option<PublicKey>,
        next_height: u64,
    ) {
        let near = height >= next_height && height <= next_height + AHEAD_MAX;
        if !near || self.kept.contains_key(&digest) {
            return;
        }
        if from.is_some() && !self.named.contains_key(&digest) {
            self.make_room(from, block.0.len());
        }
        self.next_order += 1;
        self.kept.insert(digest, Body { height, time, block, from, order: self.next_order, valid: None });
    }

    /// Drops the oldest unnamed bodies until one more, of this peer and so large, is within both bounds. A body that is
    /// dropped and named later is asked for by digest.
    fn make_room(&mut self, from: Option<PublicKey>, block_bytes: usize) {
        let mut unnamed: Vec<(u64, Digest, bool, usize)> = self
            .kept
            .iter()
            .filter(|(digest, body)| body.from.is_some() && !self.named.contains_key(*digest))
            .map(|(digest, body)| (body.order, *digest, body.from == from, body.block.0.len()))
            .collect();
        unnamed.sort_unstable();
        let mut of_peer = unnamed.iter().filter(|(_, _, is_same, _)| *is_same).count();
        let mut bytes: usize = unnamed.iter().map(|(_, _, _, bytes)| bytes).sum();
        for (_, digest, is_same, old_bytes) in unnamed {
            let is_crowded = is_same && of_peer >= UNNAMED_MAX;
            if is_crowded || bytes + block_bytes > UNNAMED_BYTES_MAX {
                self.kept.remove(&digest);
                bytes -= old_bytes;
                of_peer -= usize::from(is_same);
            }
        }
    }

    /// Notes that a checked proposal names a value; the first sight counts.
    pub(crate) fn name(&mut self, signed: SignedProposal, seen: Timestamp) {
        let proposal = signed.content;
        let named = self.named.entry(proposal.value).or_insert(Named { proposal, seen });
        // A later proposal with a quorum behind it frees the value from the clock.
        if proposal.pol_round.is_some() {
            named.proposal = proposal;
        }
        self.proposals.entry(proposal.round).or_insert(signed);
        while self.proposals.len() > PROPOSALS_MAX {
            self.proposals.pop_first();
        }
    }

    /// The checked proposal of a round of the current height.
    pub(crate) fn proposal(&self, round: u32) -> Option<&SignedProposal> {
        self.proposals.get(&round)
    }

    /// Keeps an own block and what round it was built for; it needs no verdict.
    pub(crate) fn keep_own(&mut self, round: u32, digest: Digest) {
        self.own.insert(round, digest);
        self.reported.insert(digest);
    }

    /// The block built for a round before, which must be proposed again.
    pub(crate) fn own(&self, round: u32) -> Option<Digest> {
        self.own.get(&round).copied().filter(|digest| self.kept.contains_key(digest))
    }

    /// Notes that the core knows the verdict.
    pub(crate) fn report(&mut self, digest: Digest) {
        self.reported.insert(digest);
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<&Body> {
        self.kept.get(digest)
    }

    pub(crate) fn judge(&mut self, digest: &Digest, valid: bool) {
        if let Some(body) = self.kept.get_mut(digest) {
            body.valid = Some(valid);
        }
    }

    /// Values that are named, here and not reported: to be judged, or held by the time rule.
    pub(crate) fn open(&self) -> Vec<(Digest, Named)> {
        self.named
            .iter()
            .filter(|(digest, _)| !self.reported.contains(*digest) && self.kept.contains_key(*digest))
            .map(|(digest, named)| (*digest, *named))
            .collect()
    }

    /// Whether a named value lacks its body; and how often it was asked for so far, counting this time.
    pub(crate) fn ask(&mut self, digest: &Digest) -> Option<(Named, usize)> {
        let named = *self.named.get(digest)?;
        if self.kept.contains_key(digest) {
            return None;
        }
        let asked = self.asked.entry(*digest).or_default();
        *asked += 1;
        Some((named, *asked))
    }

    /// Forgets everything up to and including a committed height.
    pub(crate) fn advance(&mut self, committed_height: u64) {
        self.kept.retain(|_, body| body.height > committed_height);
        self.named.clear();
        self.reported.clear();
        self.own.clear();
        self.proposals.clear();
        self.asked.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::Signed;
    use courtseal_proof::key::Signature;

    fn digest(n: u8) -> Digest {
        Digest([n; 32])
    }

    fn offer(bodies: &mut Bodies, n: u8, height: u64, from: u8) {
        let peer = Some(PublicKey([from; 32]));
        bodies.offer(digest(n), height, Timestamp(1), vec![n].into(), peer, 5);
    }

    fn proposal(n: u8) -> SignedProposal {
        let content = Proposal { height: 5, round: 0, pol_round: None, value: digest(n), court: PublicKey([1; 32]) };
        Signed { content, signature: Signature([0; 64]) }
    }

    #[test]
    fn c14_unnamed_bodies_are_bounded_per_peer_and_never_open() {
        let mut bodies = Bodies::default();
        for n in 1..=5 {
            offer(&mut bodies, n, 5, 1);
        }
        offer(&mut bodies, 9, 5, 2);
        assert!(bodies.open().is_empty());
        assert_eq!((1..=9).filter(|n| bodies.get(&digest(*n)).is_some()).collect::<Vec<_>>(), [4, 5, 9]);
        offer(&mut bodies, 7, 9, 3);
        offer(&mut bodies, 8, 4, 3);
        assert!(bodies.get(&digest(7)).is_none() && bodies.get(&digest(8)).is_none());
    }

    #[test]
    fn c14_a_named_body_opens_and_is_never_pushed_out() {
        let mut bodies = Bodies::default();
        bodies.name(proposal(1), Timestamp(1));
        assert!(bodies.ask(&digest(1)).is_some());
        offer(&mut bodies, 1, 5, 1);
        for n in 2..=6 {
            offer(&mut bodies, n, 5, 1);
        }
        assert_eq!(bodies.open().len(), 1);
        assert!(bodies.ask(&digest(1)).is_none());
        bodies.report(digest(1));
        assert!(bodies.open().is_empty());
    }

    #[test]
    fn c14_bodies_are_kept_for_the_next_height_and_two_after_it() {
        let mut bodies = Bodies::default();
        for (n, height) in [(1, 4), (2, 5), (3, 5 + AHEAD_MAX), (4, 6 + AHEAD_MAX)] {
            offer(&mut bodies, n, height, n);
        }
        assert_eq!([1, 2, 3, 4].map(|n| bodies.get(&digest(n)).is_some()), [false, true, true, false]);
    }

    #[test]
    fn c14_unnamed_bodies_of_all_peers_keep_to_their_bytes() {
        const COUNT: u8 = 8;
        let mut bodies = Bodies::default();
        let large = BlockBytes::from(vec![0; UNNAMED_BYTES_MAX / usize::from(COUNT)]);
        let mut offer = |n: u8, block: BlockBytes| {
            bodies.offer(digest(n), 5, Timestamp(1), block, Some(PublicKey([n; 32])), 5);
            (1..=n).filter(|n| bodies.get(&digest(*n)).is_some()).collect::<Vec<_>>()
        };
        for n in 1..COUNT {
            offer(n, large.clone());
        }
        assert_eq!(offer(COUNT, large), (1..=COUNT).collect::<Vec<_>>(), "at the bound");
        assert_eq!(offer(COUNT + 1, vec![0].into()), (2..=COUNT + 1).collect::<Vec<_>>(), "one above: the oldest goes");
        assert_eq!(offer(COUNT + 2, vec![0].into()), (2..=COUNT + 2).collect::<Vec<_>>(), "there is room again");
    }

    #[test]
    fn proposals_of_the_newest_rounds_are_kept() {
        let mut bodies = Bodies::default();
        let mut name = |round: u32| {
            let mut signed = proposal(1);
            signed.content.round = round;
            bodies.name(signed, Timestamp(1));
            (0..=round).filter(|round| bodies.proposal(*round).is_some()).collect::<Vec<_>>()
        };
        let last = PROPOSALS_MAX as u32;
        (0..last - 1).for_each(|round| drop(name(round)));
        assert_eq!(name(last - 1), (0..last).collect::<Vec<_>>(), "at the bound");
        assert_eq!(name(last), (1..=last).collect::<Vec<_>>(), "one above: the oldest round goes");
    }
}
