//! The one view of the peers: which are connected, how far they are, which missed their turn to propose.
//!
//! In: connections, heights that peers claim.
//! Out: the courts that are away, the peers that are ahead, a height that an honest court has.
//! Always: a claim costs at most one request. Until the process ends, it remembers of each peer its greatest
//! claim, its last claim, and whether it ever said hello. Peers are courts and admitted observers, so they
//! are few.
//! Not for judging messages.

use crate::court_set::CourtSet;
use courtseal_proof::bytes::key::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a peer while it is connected.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connection {
    /// The height that it has committed, as it says or as its votes show. 0 once a claim was false.
    pub(crate) height: u64,
    /// Whether its hello came in on this connection.
    pub(crate) greeted: bool,
    /// When it was last told our height in answer to an old vote.
    pub(crate) told_ms: Option<u64>,
}

/// What one peer has told, and how it behaved.
#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    connection: Option<Connection>,
    /// Whether its hello ever came in.
    has_greeted: bool,
    /// Whether it let its last turn to propose pass, and has signed nothing since.
    has_missed: bool,
    /// The height that it said last, connected or not, true or not. None if it said none about the log of
    /// this network.
    said: Option<u64>,
    /// The greatest height that it has claimed on any connection, true or not.
    claimed: Option<u64>,
}

/// All peers, by their authenticated keys.
#[derive(Default)]
pub(crate) struct Peers {
    all: BTreeMap<PublicKey, Peer>,
}

impl Peers {
    fn of(&mut self, peer: &PublicKey) -> &mut Peer {
        self.all.entry(*peer).or_default()
    }

    fn connected(&self) -> impl Iterator<Item = (&PublicKey, &Connection)> {
        self.all.iter().filter_map(|(key, peer)| Some((key, peer.connection.as_ref()?)))
    }

    pub(crate) fn connect(&mut self, peer: PublicKey) {
        self.of(&peer).connection = Some(Connection::default());
    }

    pub(crate) fn disconnect(&mut self, peer: &PublicKey) {
        self.of(peer).connection = None;
    }

    pub(crate) fn get_mut(&mut self, peer: &PublicKey) -> Option<&mut Connection> {
        self.all.get_mut(peer)?.connection.as_mut()
    }

    pub(crate) fn is_connected(&self, peer: &PublicKey) -> bool {
        self.all.get(peer).is_some_and(|peer| peer.connection.is_some())
    }

    /// Notes a hello; true if it is the first on this connection.
    pub(crate) fn greet(&mut self, peer: &PublicKey, height: u64) -> bool {
        self.of(peer).has_greeted = true;
        self.says(peer, height);
        let Some(known) = self.get_mut(peer) else { return false };
        !std::mem::replace(&mut known.greeted, true)
    }

    /// Peers whose hello has not come in.
    pub(crate) fn ungreeted(&self) -> Vec<PublicKey> {
        self.connected().filter(|(_, connection)| !connection.greeted).map(|(key, _)| *key).collect()
    }

    fn has_greeted(&self, peer: &PublicKey) -> bool {
        self.all.get(peer).is_some_and(|peer| peer.has_greeted)
    }

    /// Whether so many courts said what they saw of this one that a height may start (rule C13). They may
    /// miss a vote that this court forgot and that only one other court saw.
    pub(crate) fn enough_greeted(&self, courts: &CourtSet, own: &PublicKey) -> bool {
        let others = courts.keys().filter(|key| key != own && self.has_greeted(key)).count();
        courts.is_quorum(others + 1)
    }

    /// Whether all other courts said what they saw of this one.
    pub(crate) fn all_greeted(&self, courts: &CourtSet, own: &PublicKey) -> bool {
        courts.keys().all(|key| key == *own || self.has_greeted(&key))
    }

    /// The greatest height that more than a third of the courts have committed, as connected ones say; 0 if
    /// there is none.
    pub(crate) fn told(&self, courts: &CourtSet) -> u64 {
        reached(courts, self.connected().map(|(key, connection)| (key, connection.height)))
    }

    /// The same over all that they have ever said, whether they are connected now or not.
    pub(crate) fn ever_told(&self, courts: &CourtSet) -> u64 {
        reached(courts, self.all.iter().filter_map(|(key, peer)| Some((key, peer.claimed?))))
    }

    /// The same over what each court said last, whether it is connected now or not.
    pub(crate) fn last_told(&self, courts: &CourtSet) -> u64 {
        reached(courts, self.all.iter().filter_map(|(key, peer)| Some((key, peer.said?))))
    }

    /// The height that a peer said last.
    pub(crate) fn last_said(&self, peer: &PublicKey) -> Option<u64> {
        self.all.get(peer)?.said
    }

    /// Notes what a peer says last of its height; none if it is of another network.
    pub(crate) fn hear_height(&mut self, peer: &PublicKey, height: Option<u64>) {
        self.of(peer).said = height;
    }

    /// Whether any court has ever said that it has committed a block.
    pub(crate) fn is_block_claimed(&self, courts: &CourtSet) -> bool {
        self.all.iter().any(|(key, peer)| peer.claimed.is_some_and(|height| height > 0) && courts.contains(key))
    }

    /// Notes the height that a peer says it has committed.
    pub(crate) fn says(&mut self, peer: &PublicKey, height: u64) {
        let known = self.of(peer);
        if let Some(connection) = &mut known.connection {
            connection.height = height;
            known.claimed = known.claimed.max(Some(height));
        }
    }

    /// Notes that a peer must have committed `height`.
    pub(crate) fn at_least(&mut self, peer: &PublicKey, height: u64) {
        if let Some(known) = self.get_mut(peer).map(|connection| connection.height) {
            self.says(peer, known.max(height));
        }
    }

    /// Forgets a claim that was false, or that led to no block.
    pub(crate) fn distrust(&mut self, peer: &PublicKey) {
        if let Some(known) = self.get_mut(peer) {
            known.height = 0;
        }
    }

    /// Peers that say they have committed `height`, in order of keys.
    pub(crate) fn with(&self, height: u64) -> Vec<PublicKey> {
        self.connected().filter(|(_, connection)| connection.height >= height).map(|(key, _)| *key).collect()
    }

    /// Courts that are not connected.
    pub(crate) fn away(&self, courts: &CourtSet, own: &PublicKey) -> BTreeSet<PublicKey> {
        courts.keys().filter(|key| key != own && !self.is_connected(key)).collect()
    }

    /// Notes that a court let its turn to propose pass.
    pub(crate) fn miss(&mut self, court: PublicKey) {
        self.of(&court).has_missed = true;
    }

    /// Notes that a court signed something, so that it is not away.
    pub(crate) fn hear(&mut self, court: &PublicKey) {
        self.of(court).has_missed = false;
    }

    pub(crate) fn has_missed(&self, court: &PublicKey) -> bool {
        self.all.get(court).is_some_and(|peer| peer.has_missed)
    }
}

/// The greatest height that more than a third of the courts claim, so that an honest one has it; 0 if there
/// is none.
fn reached<'a>(courts: &CourtSet, heights: impl Iterator<Item = (&'a PublicKey, u64)>) -> u64 {
    let mut heights: Vec<u64> = heights.filter(|(key, _)| courts.contains(key)).map(|(_, height)| height).collect();
    heights.sort_unstable_by(|a, b| b.cmp(a));
    let enough = (1..=heights.len()).find(|count| courts.is_more_than_a_third(*count));
    enough.map_or(0, |count| heights[count - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::bytes::key::SecretKey;

    fn key(court: u8) -> PublicKey {
        SecretKey::from_seed([court; 32]).public()
    }

    fn set(courts: u8) -> CourtSet {
        CourtSet::new((0..courts).map(key)).unwrap()
    }

    #[test]
    fn n10_a_height_is_reached_if_more_than_a_third_of_the_courts_claim_it() {
        for (courts, heights, expected) in [
            (1, &[7][..], 7),
            (2, &[7], 7),
            (3, &[9], 0),
            (3, &[9, 7], 7),
            (4, &[9], 0),
            (4, &[5, 9, 7], 7),
            (7, &[9, 9, 4, 3], 4),
        ] {
            let mut peers = Peers::default();
            for (court, height) in heights.iter().enumerate() {
                peers.hear_height(&key(court as u8), Some(*height));
            }
            // A peer that is no court claims the most, and counts for nothing.
            peers.hear_height(&key(99), Some(1_000));
            assert_eq!(peers.last_told(&set(courts)), expected, "{courts} courts, {heights:?}");
        }
    }

    #[test]
    fn what_is_told_ends_with_a_connection_and_what_was_ever_told_does_not() {
        let (mut peers, courts) = (Peers::default(), set(4));
        for court in 0..2 {
            peers.says(&key(court), 1);
            assert!(!peers.is_connected(&key(court)), "a claim makes no connection");
            peers.connect(key(court));
            peers.says(&key(court), 5);
            peers.says(&key(court), 3);
            peers.hear_height(&key(court), Some(3));
        }
        assert_eq!((peers.told(&courts), peers.ever_told(&courts), peers.last_told(&courts)), (3, 5, 3));
        peers.distrust(&key(0));
        assert_eq!(peers.told(&courts), 0);
        peers.disconnect(&key(1));
        assert_eq!((peers.told(&courts), peers.ever_told(&courts), peers.last_told(&courts)), (0, 5, 3));
        peers.hear_height(&key(1), None);
        assert_eq!((peers.last_told(&courts), peers.last_said(&key(0)), peers.last_said(&key(1))), (0, Some(3), None));
    }
}
