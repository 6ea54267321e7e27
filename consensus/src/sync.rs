//! Decided blocks for a court that lacks them (rules C20 and C21).
//!
//! In: responses of peers.
//! Out: the next block to apply, and what to ask for next.
//! Always: one request is open at a time, and the next one is sent before the blocks at hand are applied. At
//! most two responses wait. Blocks are applied in order, each after its certificate was checked.
//! Not for checking them, and not through the core: a decided block ends a height whatever its rounds were.

use crate::message::{SYNC_BLOCKS_MAX, SYNC_BYTES_MAX, SyncedBlock};
use courtseal_proof::bytes::key::PublicKey;
use std::collections::VecDeque;

/// Blocks at hand, and the open request.
#[derive(Default)]
pub(crate) struct Sync {
    ready: VecDeque<(PublicKey, SyncedBlock)>,
    ready_bytes: usize,
    asked: Option<(PublicKey, u64)>,
    turns: usize,
    /// Whether the own height stood still so long that a peer only one block ahead is asked.
    pub(crate) is_lagging: bool,
    /// Whether the host fetches blocks by itself.
    pub(crate) is_paused: bool,
}

impl Sync {
    /// The first height to ask for, if no request is open and there is room.
    pub(crate) fn wants(&self, committed_height: u64) -> Option<u64> {
        if self.is_paused || self.asked.is_some() || self.ready_bytes >= SYNC_BYTES_MAX || self.ready.len() >= SYNC_BLOCKS_MAX {
            return None;
        }
        let last = self.ready.back().map_or(committed_height, |(_, one)| one.certificate.height);
        Some(last.max(committed_height) + 1)
    }

    /// Notes a request to one of `candidates`, in turn.
    pub(crate) fn ask(&mut self, candidates: &[PublicKey], from: u64) -> Option<PublicKey> {
        let peer = *candidates.get(self.turns % candidates.len().max(1))?;
        self.turns += 1;
        self.asked = Some((peer, from));
        Some(peer)
    }

    /// The peer that the open request went to.
    pub(crate) fn asked(&self) -> Option<PublicKey> {
        self.asked.map(|(peer, _)| peer)
    }

    /// Whether this is the open request.
    pub(crate) fn is_open(&self, peer: &PublicKey, from: u64) -> bool {
        self.asked == Some((*peer, from))
    }

    /// Gives the open request up.
    pub(crate) fn give_up(&mut self) -> Option<PublicKey> {
        self.asked.take().map(|(peer, _)| peer)
    }

    /// Takes a response. False if it answers no request or its heights are not the ones asked for.
    pub(crate) fn take(&mut self, peer: PublicKey, from: u64, blocks: Vec<SyncedBlock>) -> bool {
        if !self.is_open(&peer, from) {
            return true;
        }
        self.asked = None;
        let in_order = blocks.iter().zip(from..).all(|(one, height)| one.certificate.height == height);
        if in_order {
            self.ready_bytes += blocks.iter().map(|one| one.block.0.len()).sum::<usize>();
            self.ready.extend(blocks.into_iter().map(|one| (peer, one)));
        }
        in_order
    }

    /// The block of `height`, if it is at hand; blocks below are dropped.
    pub(crate) fn next(&mut self, height: u64) -> Option<(PublicKey, SyncedBlock)> {
        while let Some((_, one)) = self.ready.front() {
            if one.certificate.height > height {
                return None;
            }
            let (peer, one) = self.ready.pop_front()?;
            self.ready_bytes -= one.block.0.len();
            if one.certificate.height == height {
                return Some((peer, one));
            }
        }
        None
    }

    /// Whether the block of `height` is at hand.
    pub(crate) fn has(&self, height: u64) -> bool {
        self.ready.iter().any(|(_, one)| one.certificate.height == height)
    }

    /// Drops everything at hand, because one of the blocks was false. Drops the open request too: its blocks
    /// would follow those that are gone, and no peer would be asked for those again.
    pub(crate) fn clear(&mut self) {
        self.ready.clear();
        self.ready_bytes = 0;
        self.asked = None;
    }
}

/// Cuts a response to its bounds; the first block always fits.
pub(crate) struct Response {
    blocks: Vec<SyncedBlock>,
    bytes: usize,
}

impl Response {
    pub(crate) fn new() -> Self {
        Self { blocks: Vec::new(), bytes: 0 }
    }

    /// Adds a block; false if it did not fit.
    pub(crate) fn push(&mut self, one: SyncedBlock) -> bool {
        let bytes = one.block.0.len() + 128 + one.certificate.signatures.len() * 96;
        if self.blocks.len() >= SYNC_BLOCKS_MAX || (!self.blocks.is_empty() && self.bytes + bytes > SYNC_BYTES_MAX) {
            return false;
        }
        self.bytes += bytes;
        self.blocks.push(one);
        true
    }

    pub(crate) fn blocks(self) -> Vec<SyncedBlock> {
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court_set::COURTS_MAX;
    use crate::message::{MESSAGE_BYTES_MAX, Message};
    use crate::vote::{CommitCertificate, CourtSignature};
    use courtseal_proof::bytes::digest::Digest;
    use courtseal_proof::bytes::key::Signature;
    use courtseal_proof::bytes::limits::BLOCK_BYTES_MAX;

    fn block(height: u64, bytes: usize) -> SyncedBlock {
        let one = CourtSignature { court: PublicKey([1; 32]), signature: Signature([1; 64]) };
        let signatures = vec![one; COURTS_MAX];
        let certificate = CommitCertificate { height, round: 0, value: Digest::default(), signatures };
        SyncedBlock { block: vec![0; bytes].into(), certificate }
    }

    #[test]
    fn c21_one_block_of_any_size_fits_and_a_response_stays_within_a_message() {
        let mut response = Response::new();
        assert!(response.push(block(1, BLOCK_BYTES_MAX)));
        assert!(!response.push(block(2, BLOCK_BYTES_MAX)));
        let mut full = Response::new();
        let mut height = 1;
        while full.push(block(height, SYNC_BYTES_MAX / 100)) {
            height += 1;
        }
        for response in [response, full] {
            let message = Message::SyncResponse { from: 1, blocks: response.blocks() };
            let bytes = message.encode();
            assert!(bytes.len() <= MESSAGE_BYTES_MAX);
            assert_eq!(Message::decode(&bytes).unwrap(), message);
        }
    }

    #[test]
    fn c20_blocks_come_out_in_order_and_only_those_asked_for() {
        let (a, b) = (PublicKey([1; 32]), PublicKey([2; 32]));
        let mut sync = Sync::default();
        assert_eq!(sync.wants(4), Some(5));
        assert_eq!(sync.ask(&[a, b], 5), Some(a));
        assert_eq!(sync.wants(4), None);
        assert!(sync.take(b, 5, vec![block(5, 1)]), "an unasked answer is ignored");
        assert!(!sync.has(5));
        assert!(sync.take(a, 5, vec![block(5, 1), block(6, 1)]));
        assert_eq!(sync.wants(4), Some(7));
        assert_eq!(sync.ask(&[a, b], 7), Some(b));
        assert!(!sync.take(b, 7, vec![block(9, 1)]), "a gap is a lie");
        assert_eq!(sync.next(6).map(|(_, one)| one.certificate.height), Some(6));
        assert!(sync.next(7).is_none());
    }

    #[test]
    fn c20_what_follows_a_false_block_leaves_no_gap() {
        let (liar, b) = (PublicKey([1; 32]), PublicKey([2; 32]));
        let mut sync = Sync::default();
        assert_eq!(sync.ask(&[liar, b], 5), Some(liar));
        assert!(sync.take(liar, 5, vec![block(5, 1), block(6, 1)]));
        assert_eq!(sync.ask(&[liar, b], 7), Some(b));
        // The block at height 5 is found to be false, while the next ones are on their way.
        assert!(sync.next(5).is_some());
        sync.clear();
        assert!(sync.take(b, 7, vec![block(7, 1)]), "late");
        assert_eq!(sync.wants(4), Some(5), "not 8");
    }

    #[test]
    fn c21_a_response_is_cut_at_its_bounds_in_blocks_and_in_bytes() {
        let mut response = Response::new();
        for height in 1..=SYNC_BLOCKS_MAX as u64 {
            assert!(response.push(block(height, 1)), "height {height}");
        }
        assert!(!response.push(block(SYNC_BLOCKS_MAX as u64 + 1, 1)), "one above");
        assert_eq!(response.blocks().len(), SYNC_BLOCKS_MAX);
        // A block of one byte, counted with its certificate.
        let least = {
            let mut response = Response::new();
            response.push(block(1, 1));
            response.bytes
        };
        for (rest, fits) in [(SYNC_BYTES_MAX - least, true), (SYNC_BYTES_MAX - least + 1, false)] {
            let mut response = Response::new();
            assert!(response.push(block(1, 1)));
            assert_eq!(response.push(block(2, 1 + rest - least)), fits, "{rest} bytes more");
        }
    }

    #[test]
    fn c20_no_more_is_asked_for_while_so_much_waits() {
        let peer = PublicKey([1; 32]);
        let wants = |blocks: Vec<SyncedBlock>| {
            let mut sync = Sync::default();
            sync.ask(&[peer], 1);
            assert!(sync.take(peer, 1, blocks));
            sync.wants(0)
        };
        let heights = |count: usize| (1..=count as u64).map(|height| block(height, 1)).collect();
        assert_eq!(wants(heights(SYNC_BLOCKS_MAX - 1)), Some(SYNC_BLOCKS_MAX as u64));
        assert_eq!(wants(heights(SYNC_BLOCKS_MAX)), None);
        assert_eq!(wants(vec![block(1, SYNC_BYTES_MAX - 1)]), Some(2));
        assert_eq!(wants(vec![block(1, SYNC_BYTES_MAX)]), None);
    }
}
