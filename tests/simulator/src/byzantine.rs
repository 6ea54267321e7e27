//! Byzantine courts, called liars here: each way to lie has a file of its own.
//!
//! In: the frames that an honest court with these keys would send.
//! Out: what the liar sends instead.
//! Always: a liar has only its own keys; what it does is chosen by the seed.
//! Not for courts that merely fail: see [`crate::world`].

mod amnesiac;
mod eager;
mod equivocator;
mod false_body;
mod false_cosigner;
mod garbage;
mod hasty;
mod liar;
mod lying_sync;
mod thief;
mod twin;
mod withholder;

use courtseal_consensus::Message;
use courtseal_ledger::Ledger;
use courtseal_world::Random;
use std::sync::Arc;

pub use amnesiac::forgets;
pub use liar::{Liar, Lie, Outgoing};
pub use thief::FAR;
pub use twin::serves;

impl Liar {
    /// Turns what an honest court would send into what this one does.
    pub fn falsify(&mut self, out: &mut Outgoing, ledger: &Arc<Ledger>, now_ms: u64, random: &mut Random) {
        match self.lie {
            Lie::Equivocator => equivocator::falsify(self, out, random),
            Lie::Twin | Lie::Amnesiac => {}
            Lie::Withholder => withholder::falsify(out),
            Lie::FalseBody => false_body::falsify(self, out, now_ms, random),
            Lie::LyingSync => lying_sync::falsify(self, out, ledger, random),
            Lie::Garbage => garbage::falsify(self, out, ledger, random),
            Lie::FalseCosigner => false_cosigner::falsify(self, out, random),
            Lie::Eager => eager::falsify(self, out, ledger.head().height),
            Lie::Hasty => hasty::falsify(self, out, ledger),
            Lie::Thief => thief::falsify(self, out, ledger.head().height, random),
        }
    }

    /// At which height it is going to forget what it has just sent, and after how many milliseconds.
    pub fn forgets_soon(&self, out: &Outgoing, random: &mut Random) -> Option<(u64, u64)> {
        if self.lie != Lie::Amnesiac {
            return None;
        }
        amnesiac::forgets_soon(&self.keys.vote.public(), out, random)
    }

    /// What it lets its court hear of a message.
    pub fn hears(&self, message: Message) -> Option<Message> {
        if self.lie == Lie::Amnesiac { amnesiac::hears(&self.keys.vote.public(), message) } else { Some(message) }
    }

    /// What it sends instead of a frame of a snapshot. None if it stays silent.
    pub fn falsify_snapshot(&mut self, frame: Vec<u8>, random: &mut Random) -> Option<Vec<u8>> {
        match self.lie {
            Lie::Withholder => None,
            Lie::Garbage => Some(random.bytes(frame.len())),
            Lie::LyingSync | Lie::FalseBody => Some(lying_sync::falsify_frame(self, frame, random)),
            Lie::Equivocator | Lie::Twin | Lie::Amnesiac | Lie::FalseCosigner | Lie::Eager | Lie::Hasty | Lie::Thief => {
                Some(frame)
            }
        }
    }
}
