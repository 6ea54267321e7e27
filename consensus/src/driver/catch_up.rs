//! Decided blocks of other courts: asking, applying, serving (rules C20 and C21).
//!
//! In: heights that peers claim, requests, responses.
//! Out: requests, responses, blocks to commit.
//! Always: nothing is applied before its certificate was checked against the courts of its height. A peer
//! that sent a false one is refused, and another one is asked. A decided block that is invalid here is fatal.
//! Not for bodies of proposals.

use super::{Driver, Phase};
use crate::application::{Application, Decided, Verdict};
use crate::error::Error;
use crate::message::{BlockBytes, Message, SyncedBlock};
use crate::sync::Response;
use crate::timers::TimerKey;
use crate::vote::SignedStep;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::key::PublicKey;

impl Driver {
    /// Asks for the next blocks if a peer is ahead. By two or more blocks, it asks at once; by one, it waits
    /// whether the block comes by itself.
    pub(super) fn ask_for_blocks(&mut self) {
        let Some(from) = self.sync.wants(self.head.height) else { return };
        let candidates = self.peers.with(from);
        if candidates.is_empty() {
            return;
        }
        let is_far = !self.peers.with(self.head.height + 2).is_empty();
        if !is_far && !self.sync.is_lagging {
            if !self.timers.is_running(&TimerKey::Lag) {
                self.timers.set(TimerKey::Lag, self.config.timeouts.lag_ms);
            }
            return;
        }
        if let Some(peer) = self.sync.ask(&candidates, from) {
            self.send(peer, Message::SyncRequest { from });
            self.timers.set(TimerKey::SyncAnswer, self.config.timeouts.sync_ms);
        }
    }

    pub(super) fn on_sync_response(&mut self, peer: PublicKey, from: u64, blocks: Vec<SyncedBlock>) {
        // Only the answer to the open request stops its timer. If another answer did, the request would stay
        // open for ever.
        if self.sync.is_open(&peer, from) {
            self.timers.cancel(&TimerKey::SyncAnswer);
            if blocks.is_empty() {
                self.peers.distrust(&peer);
            }
        }
        if !self.sync.take(peer, from, blocks) {
            self.refuse_blocks(peer, "blocks that were not asked for");
        }
    }

    /// Applies the block of the next height, if it is at hand.
    pub(super) fn apply_synced(&mut self, app: &mut dyn Application) -> Result<bool, Error> {
        let height = self.next_height();
        let Some((peer, one)) = self.sync.next(height) else { return Ok(false) };
        if self.environment.verifier.commit(&one.certificate, &self.courts).is_err() {
            self.refuse_blocks(peer, "a false commit certificate");
            return Ok(true);
        }
        for vote in one.certificate.votes() {
            self.see(SignedStep::Vote(vote));
        }
        let named = |block: &ReadBlock| block.header().height == height && block.digest() == one.certificate.value;
        let Some(block) = one.block.read().filter(named) else {
            self.refuse_blocks(peer, "a block that its certificate does not name");
            return Ok(true);
        };
        if let Verdict::Invalid { reason } = app.check(height, &block)? {
            return Err(Error::Diverged { height, reason });
        }
        self.commit(Decided { certificate: one.certificate, block });
        Ok(true)
    }

    fn refuse_blocks(&mut self, peer: PublicKey, reason: &str) {
        self.sync.clear();
        self.timers.cancel(&TimerKey::SyncAnswer);
        self.peers.distrust(&peer);
        self.refuse(peer, reason);
    }

    pub(super) fn on_sync_request(&mut self, peer: PublicKey, from: u64, app: &dyn Application) -> Result<(), Error> {
        let mut response = Response::new();
        let mut height = from.max(1);
        while height <= self.head.height && !matches!(self.phase, Phase::Committing(head) if head.height == height) {
            let Some(decided) = app.decided(height)? else { break };
            if !response.push(SyncedBlock { block: BlockBytes::from(&decided.block), certificate: decided.certificate }) {
                break;
            }
            height += 1;
        }
        // Without this the asker would learn only from the next status that there are more blocks.
        self.send(peer, Message::Status { height: self.head.height });
        self.send(peer, Message::SyncResponse { from, blocks: response.blocks() });
        Ok(())
    }
}
