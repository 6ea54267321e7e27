//! Signatures of this court's own key for heights that no court has reached: a stolen key, or lost records
//! (rule C30).
//!
//! In: own statements that peers show, heights that courts tell, blocks committed.
//! Out: a pause in signing, then either observing (C13) or the proof of a theft.
//! Always: nothing is signed until it is known which of the two it is. A block below the statement that was
//! made since ends the pause. So one signature for a height far away does not silence a court for ever.
//! Not for statements near the height to be decided: see [`super::receive`].

use super::{Driver, FRESH_MS, PENDING_HEIGHTS};
use crate::event::Effect;
use crate::signing::Suspicion;
use crate::vote::SignedStep;

impl Driver {
    /// Whether this height is beyond reach (C30): far above the head and all that more than 1/3 of the courts
    /// ever told.
    pub(super) fn is_beyond_reach(&self, height: u64) -> bool {
        let told = self.peers.ever_told(&self.courts).max(self.head.height);
        height > told.saturating_add(PENDING_HEIGHTS)
    }

    /// Pauses the signing because of an own statement beyond reach, whose signature is good.
    pub(super) fn suspect(&mut self, statement: SignedStep) {
        if !self.environment.guard.signing_mut().suspect(statement, self.now.wall) {
            return;
        }
        let height = statement.step().height;
        self.output.effects.push(Effect::Suspended { height: Some(height) });
    }

    /// Looks again at the suspected statement. The heights that courts tell may have come near it, or a block
    /// may have been made since.
    pub(super) fn review_suspicion(&mut self) {
        let Some(Suspicion { statement, shown }) = self.signing().suspicion() else { return };
        let height = statement.step().height;
        if !self.is_beyond_reach(height) {
            self.end_suspicion(false);
            return self.acknowledge_own(statement);
        }
        // A block was made since, and no greater height is told. So this court cannot have signed above it
        // before.
        let is_fresh = self.head.time.0 > shown.0.saturating_add(FRESH_MS) && self.head.height >= self.peers.told(&self.courts);
        if is_fresh {
            self.end_suspicion(true);
            self.output.effects.push(Effect::Stolen { statement });
        }
    }

    fn end_suspicion(&mut self, is_stolen: bool) {
        self.environment.guard.signing_mut().end_suspicion(is_stolen);
        self.output.effects.push(Effect::Suspended { height: None });
    }
}
