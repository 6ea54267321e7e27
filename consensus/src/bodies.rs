//! The gate for bodies: which blocks are kept, asked for, judged and reported to the core (rules C14 and
//! C29).
//!
//! In: blocks, proposals that the core has checked, how many courts stand behind a value.
//! Out: values to judge, values to ask for.
//! Always: a body is reported only after a checked proposal names it, so that bodies no court proposed cannot
//! fill the core's two places a round. Only two values are asked for or judged: that of the running round,
//! and one that more than 1/3 of the courts voted for. What is kept of each court is bounded.
//! Not for judging.

use crate::support::Support;
use crate::vote::SignedProposal;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::limits::BLOCK_BYTES_MAX;
use courtseal_proof::bytes::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Unnamed bodies kept of one peer.
const UNNAMED_MAX: usize = 2;
/// Bytes of unnamed bodies kept of all peers together.
const UNNAMED_BYTES_MAX: usize = 64 << 20;
/// Most bytes of one proposing court's bodies that are kept although their values are not due (C29): two of
/// the largest.
pub(crate) const NAMED_BYTES_MAX: usize = 2 * BLOCK_BYTES_MAX;
/// How far above the next height bodies are kept.
const AHEAD_MAX: u64 = 2;
/// Rounds after its last proposal in which a value is kept. A value that more than 2/3 of the courts voted
/// for is kept longer, because a court may be locked on it.
const ROUNDS_KEPT: u32 = 16;

/// A block that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) block: ReadBlock,
    from: Option<PublicKey>,
    order: u64,
    pub(crate) state: BodyState,
}

impl Body {
    /// The height that its header names.
    pub(crate) fn height(&self) -> u64 {
        self.block.header().height
    }

    /// The time that its header names.
    pub(crate) fn time(&self) -> Timestamp {
        self.block.header().time
    }

    fn bytes(&self) -> usize {
        self.block.bytes().len()
    }
}

/// What is known of a kept block's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyState {
    /// It was not given to the host yet.
    Open,
    /// The host is judging it.
    Asked,
    Valid,
    Invalid,
}

/// A value that checked proposals of the current height name.
#[derive(Clone, Debug)]
struct Named {
    /// When the first of these proposals came in.
    seen: Timestamp,
    /// The court that sent it.
    first: PublicKey,
    /// Its proposals by round; never empty.
    proposals: BTreeMap<u32, SignedProposal>,
}

/// A value that is due (C29): the core waits for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) value: Digest,
    /// Its newest proposal of a round that has begun, or else its first one.
    pub(crate) proposal: SignedProposal,
    /// When its first proposal came in.
    pub(crate) seen: Timestamp,
    /// The court that sent that proposal.
    pub(crate) first: PublicKey,
    pub(crate) support: Support,
}

/// Bodies of the next few heights, and what is known of the values of the current one.
#[derive(Default)]
pub(crate) struct Bodies {
    kept: BTreeMap<Digest, Body>,
    named: BTreeMap<Digest, Named>,
    by_round: BTreeMap<u32, Vec<Digest>>,
    support: BTreeMap<Digest, Support>,
    reported: BTreeSet<Digest>,
    own: BTreeMap<u32, Digest>,
    asked: BTreeMap<Digest, usize>,
    next_order: u64,
}

impl Bodies {
    /// Keeps a block, if its height is near and its sender has room; named and own blocks always have room.
    pub(crate) fn offer(&mut self, block: ReadBlock, from: Option<PublicKey>, next_height: u64) {
        let (digest, height) = (block.digest(), block.header().height);
        let near = height >= next_height && height <= next_height + AHEAD_MAX;
        if !near || self.kept.contains_key(&digest) {
            return;
        }
        if from.is_some() && !self.named.contains_key(&digest) {
            self.make_room(from, block.bytes().len());
        }
        self.next_order += 1;
        let order = self.next_order;
        self.kept.insert(digest, Body { block, from, order, state: BodyState::Open });
    }

    /// Drops the oldest unnamed bodies until one more of this peer and this size is within both bounds. A
    /// body that is dropped and named later is asked for by digest.
    fn make_room(&mut self, from: Option<PublicKey>, block_bytes: usize) {
        let mut unnamed: Vec<(u64, Digest, bool, usize)> = self
            .kept
            .iter()
            .filter(|(digest, body)| body.from.is_some() && !self.named.contains_key(*digest))
            .map(|(digest, body)| (body.order, *digest, body.from == from, body.bytes()))
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
        let (value, round) = (signed.content.value, signed.content.round);
        let named =
            self.named.entry(value).or_insert_with(|| Named { seen, first: signed.content.court, proposals: BTreeMap::new() });
        named.proposals.entry(round).or_insert(signed);
        let of_round = self.by_round.entry(round).or_default();
        if !of_round.contains(&value) {
            of_round.push(value);
        }
    }

    /// Notes how many courts voted for a value in one round. The strongest support of all rounds counts.
    pub(crate) fn support(&mut self, value: Digest, support: Support) {
        if support > Support::None {
            let known = self.support.entry(value).or_insert(support);
            *known = support.max(*known);
        }
    }

    /// The first checked proposal of a round of the current height.
    pub(crate) fn proposal(&self, round: u32) -> Option<&SignedProposal> {
        let value = self.by_round.get(&round)?.first()?;
        self.named.get(value)?.proposals.get(&round)
    }

    /// A proposal that names this value: its first.
    pub(crate) fn proposal_of(&self, value: &Digest) -> Option<&SignedProposal> {
        self.named.get(value)?.proposals.first_key_value().map(|(_, proposal)| proposal)
    }

    /// Keeps an own block and what round it was built for; it needs no verdict.
    pub(crate) fn keep_own(&mut self, round: u32, digest: Digest) {
        self.own.insert(round, digest);
        self.reported.insert(digest);
    }

    /// The block that was built for this round before, and must be proposed again.
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

    pub(crate) fn set_state(&mut self, digest: &Digest, state: BodyState) {
        if let Some(body) = self.kept.get_mut(digest) {
            body.state = state;
        }
    }

    /// Whether the host is judging a block that this court was the first to propose.
    pub(crate) fn is_judging_of(&self, court: &PublicKey) -> bool {
        let asked = self.kept.iter().filter(|(_, body)| body.state == BodyState::Asked);
        asked.filter_map(|(value, _)| self.named.get(value)).any(|named| named.first == *court)
    }

    /// Whether a value is due: it is the running round's, or more than 1/3 of the courts voted for it.
    fn is_due(&self, value: &Digest, round: u32) -> bool {
        self.support.contains_key(value) || self.by_round.get(&round).is_some_and(|values| values.contains(value))
    }

    /// Values that are due while `round` runs and not yet reported: to be asked for, judged, or held by the
    /// time rule.
    pub(crate) fn due(&self, round: u32) -> Vec<Due> {
        let running = self.by_round.get(&round).into_iter().flatten();
        let values: BTreeSet<Digest> = running.chain(self.support.keys()).copied().collect();
        let due = |value: Digest| {
            let named = self.named.get(&value)?;
            let begun = named.proposals.range(..=round).next_back();
            let (_, proposal) = begun.or_else(|| named.proposals.first_key_value())?;
            let support = self.support.get(&value).copied().unwrap_or(Support::None);
            Some(Due { value, proposal: *proposal, seen: named.seen, first: named.first, support })
        };
        values.into_iter().filter(|value| !self.reported.contains(value)).filter_map(due).collect()
    }

    /// For a value that is due or decided and has no body here: its newest proposer, and how often the body
    /// was asked for, this time included.
    pub(crate) fn ask(&mut self, digest: &Digest, round: u32, is_decided: bool) -> Option<(Option<PublicKey>, usize)> {
        if self.kept.contains_key(digest) || !(is_decided || self.is_due(digest, round)) {
            return None;
        }
        let proposer = self.named.get(digest).and_then(|named| named.proposals.last_key_value());
        let asked = self.asked.entry(*digest).or_default();
        *asked += 1;
        Some((proposer.map(|(_, proposal)| proposal.content.court), *asked))
    }

    /// Keeps to the bounds while `round` runs: forgets values of rounds long past, and drops each court's
    /// bodies of values that are not due, those of the farthest rounds first. A body whose value becomes due
    /// later is asked for again.
    pub(crate) fn shrink(&mut self, round: u32) {
        let oldest = round.saturating_sub(ROUNDS_KEPT);
        while let Some((past, values)) = self.by_round.pop_first() {
            if past >= oldest {
                self.by_round.insert(past, values);
                break;
            }
            for value in values {
                if self.support.get(&value) == Some(&Support::Quorum) {
                    continue;
                }
                let Some(named) = self.named.get_mut(&value) else { continue };
                named.proposals.remove(&past);
                if named.proposals.is_empty() {
                    self.named.remove(&value);
                    self.kept.remove(&value);
                    self.support.remove(&value);
                    self.asked.remove(&value);
                }
            }
        }
        self.own = self.own.split_off(&oldest);
        let mut idle: BTreeMap<PublicKey, Vec<(u32, Digest, usize)>> = BTreeMap::new();
        for (value, named) in &self.named {
            let Some(body) = self.kept.get(value).filter(|body| body.from.is_some() && body.state != BodyState::Asked) else {
                continue;
            };
            if let Some((at, proposal)) = named.proposals.first_key_value().filter(|_| !self.is_due(value, round)) {
                let row = (at.abs_diff(round), *value, body.bytes());
                idle.entry(proposal.content.court).or_default().push(row);
            }
        }
        for rows in idle.values_mut() {
            rows.sort_unstable();
            let mut bytes: usize = rows.iter().map(|(_, _, bytes)| bytes).sum();
            while let Some((_, value, block_bytes)) = rows.pop().filter(|_| bytes > NAMED_BYTES_MAX) {
                self.kept.remove(&value);
                bytes -= block_bytes;
            }
        }
    }

    /// Forgets everything up to and including a committed height, and every verdict. A verdict on a block of
    /// a later height says only that it was named at the wrong height. If it were kept, a faulty court could
    /// make this one call an honest block of that height invalid.
    pub(crate) fn advance(&mut self, committed_height: u64) {
        self.kept.retain(|_, body| body.height() > committed_height);
        self.kept.values_mut().for_each(|body| body.state = BodyState::Open);
        self.named.clear();
        self.by_round.clear();
        self.support.clear();
        self.reported.clear();
        self.own.clear();
        self.asked.clear();
    }
}

#[cfg(test)]
mod tests;
