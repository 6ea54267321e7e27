//! Who is connected, and how far they are.
//!
//! In: connections, heights that peers claim. Out: who is away, who is ahead. Always: a claim costs at most one request;
//! courts whose hello came in, and the greatest height that each peer ever claimed, are remembered for the life of the process. Not for judging messages.

use crate::context::CourtSet;
use courtseal_proof::key::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a connected peer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peer {
    /// The height that it says it has committed.
    pub(crate) height: u64,
    /// Whether its hello came in on this connection.
    pub(crate) greeted: bool,
    /// When it was last told our height in answer to an old vote.
    pub(crate) told_ms: Option<u64>,
}

/// All peers.
#[derive(Default)]
pub(crate) struct Peers {
    connected: BTreeMap<PublicKey, Peer>,
    greeted: BTreeSet<PublicKey>,
    missed: BTreeSet<PublicKey>,
    /// The greatest height that each peer has claimed on any connection, true or not. Peers are courts and admitted observers, so they are few.
    claimed: BTreeMap<PublicKey, u64>,
}

impl Peers {
    pub(crate) fn connect(&mut self, peer: PublicKey) {
        self.connected.insert(peer, Peer::default());
    }

    pub(crate) fn disconnect(&mut self, peer: &PublicKey) {
        self.connected.remove(peer);
    }

    pub(crate) fn get_mut(&mut self, peer: &PublicKey) -> Option<&mut Peer> {
        self.connected.get_mut(peer)
    }

    pub(crate) fn is_connected(&self, peer: &PublicKey) -> bool {
        self.connected.contains_key(peer)
    }

    /// Notes a hello; true if it is the first on this connection.
    pub(crate) fn greet(&mut self, peer: &PublicKey, height: u64) -> bool {
        self.greeted.insert(*peer);
        self.says(peer, height);
        let Some(known) = self.connected.get_mut(peer) else { return false };
        !std::mem::replace(&mut known.greeted, true)
    }

    /// Peers whose hello has not come in.
    pub(crate) fn ungreeted(&self) -> Vec<PublicKey> {
        self.connected.iter().filter(|(_, peer)| !peer.greeted).map(|(key, _)| *key).collect()
    }

    /// Whether enough courts said what they saw of us, that a height may start (rule C13). A vote that we forgot and only another one saw is what they do not know.
    pub(crate) fn enough_greeted(&self, courts: &CourtSet, own: &PublicKey) -> bool {
        let others = courts.keys().filter(|key| key != own && self.greeted.contains(key)).count();
        courts.is_quorum(others + 1)
    }

    /// Whether all other courts said what they saw of us.
    pub(crate) fn all_greeted(&self, courts: &CourtSet, own: &PublicKey) -> bool {
        courts.keys().all(|key| key == *own || self.greeted.contains(&key))
    }

    /// The greatest height that more than a third of the courts say they have committed, so that a correct one does; 0 if there is none.
    pub(crate) fn told(&self, courts: &CourtSet) -> u64 {
        greatest_of_a_third(courts, self.connected.iter().map(|(key, peer)| (key, peer.height)))
    }

    /// The same over all that they have ever said, whether they are connected now or not.
    pub(crate) fn ever_told(&self, courts: &CourtSet) -> u64 {
        greatest_of_a_third(courts, self.claimed.iter().map(|(key, height)| (key, *height)))
    }

    /// Whether any court has ever said that it has committed a block.
    pub(crate) fn is_block_claimed(&self, courts: &CourtSet) -> bool {
        self.claimed.iter().any(|(key, height)| *height > 0 && courts.contains(key))
    }

    /// Notes the height that a peer says it has committed.
    pub(crate) fn says(&mut self, peer: &PublicKey, height: u64) {
        if let Some(known) = self.connected.get_mut(peer) {
            known.height = height;
            let claimed = self.claimed.entry(*peer).or_default();
            *claimed = height.max(*claimed);
        }
    }

    /// Notes that a peer must have committed `height`.
    pub(crate) fn at_least(&mut self, peer: &PublicKey, height: u64) {
        if let Some(known) = self.connected.get(peer).map(|known| known.height) {
            self.says(peer, known.max(height));
        }
    }

    /// A claim was false or of no use: forget it.
    pub(crate) fn distrust(&mut self, peer: &PublicKey) {
        if let Some(known) = self.connected.get_mut(peer) {
            known.height = 0;
        }
    }

    /// Peers that say they have committed `height`, in order of keys.
    pub(crate) fn with(&self, height: u64) -> Vec<PublicKey> {
        self.connected.iter().filter(|(_, peer)| peer.height >= height).map(|(key, _)| *key).collect()
    }

    /// Courts that are not connected.
    pub(crate) fn away(&self, courts: &CourtSet, own: &PublicKey) -> BTreeSet<PublicKey> {
        courts.keys().filter(|key| key != own && !self.connected.contains_key(key)).collect()
    }

    /// A court let its turn to propose pass.
    pub(crate) fn miss(&mut self, court: PublicKey) {
        self.missed.insert(court);
    }

    /// A court signed something.
    pub(crate) fn hear(&mut self, court: &PublicKey) {
        self.missed.remove(court);
    }

    pub(crate) fn has_missed(&self, court: &PublicKey) -> bool {
        self.missed.contains(court)
    }
}

fn greatest_of_a_third<'a>(courts: &CourtSet, heights: impl Iterator<Item = (&'a PublicKey, u64)>) -> u64 {
    let mut heights: Vec<u64> = heights.filter(|(key, _)| courts.contains(key)).map(|(_, height)| height).collect();
    heights.sort_unstable_by(|a, b| b.cmp(a));
    let enough = (1..=heights.len()).find(|count| courts.is_more_than_a_third(*count));
    enough.map_or(0, |count| heights[count - 1])
}
