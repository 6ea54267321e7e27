//! What courts say to each other first: a hello of another genesis (C23), and what a court that connects may
//! have missed.
//!
//! In: hellos, connections. Out: the genesis that a court names, for status; a line in the log, once a minute
//! at most; frames to the new court. Always: a court with another genesis is left alone for a while, and
//! nothing else that it sends is looked at until it says another hello. Not for courts that are not in the
//! genesis: they pass no handshake.

use super::{Court, Means};
use crate::frame::Frame;
use crate::limits::RESENT_BYTES_MAX;
use courtseal_consensus::Message;
use courtseal_proof::name::CourtName;

impl Court {
    /// Whether a message comes from a court with another genesis, and so is not looked at.
    pub(super) fn is_foreign(&mut self, means: &mut Means<'_>, court: &CourtName, message: &Message) -> bool {
        let Some(known) = self.courts.get_mut(court) else { return true };
        let Message::Hello(hello) = message else { return known.other_genesis.is_some() };
        let own = self.foreign.own;
        let before = std::mem::replace(&mut known.other_genesis, Some(hello.chain).filter(|chain| *chain != own));
        let (vote, other) = (known.vote, known.other_genesis);
        let Some(other) = other else {
            if before.is_some() {
                tracing::info!(%court, "this court has the same genesis as this one now");
                means.host.welcome_back(court);
            }
            return false;
        };
        if self.foreign.is_due(court, means.now.monotonic_ms) {
            let (other, own) = (other.tagged(), own.tagged());
            tracing::warn!(
                %court, %other, %own,
                "this court has another genesis: one of the two must get the right file; it is left alone, and tried again from time to time"
            );
        }
        // It has told no height of this log, whatever it told before.
        self.runner.hear_height(&vote, None);
        // It may not have heard this one's, which ends with this connection.
        let hello = self.runner.driver().hello(&vote, false);
        means.host.send(court, &Frame::Consensus(Message::Hello(hello)));
        means.host.leave_alone(court);
        true
    }

    /// Tells a court that has just connected what it may have missed.
    pub(super) fn welcome(&self, means: &mut Means<'_>, court: &CourtName) {
        means.host.send(court, &Frame::Clock(means.now.wall));
        if let Some(announcement) = self.cosigner.own_latest() {
            means.host.send(court, &Frame::Cosignature(announcement));
        }
        let mut bytes = 0;
        for checked in self.app.mempool.iter() {
            bytes += checked.text().len();
            if bytes > RESENT_BYTES_MAX {
                break;
            }
            means.host.send(court, &Frame::Transaction(checked.shared_text()));
        }
    }
}
