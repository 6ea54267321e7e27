//! The first messages between two courts: hellos with another genesis (C23), and what a court that connects
//! may have missed.
//!
//! In: hellos, connections.
//! Out: the genesis that a court names, for status; log messages and frames to the new court.
//! Always: a court with another genesis is left alone for a while.
//! Nothing else that it sends is handled until it sends another hello.
//! The log has at most one message a minute about it.
//! Not for peers that are not in the genesis: those pass no handshake.

use super::{Court, Environment};
use crate::frame::Frame;
use crate::limits::RESENT_BYTES_MAX;
use courtseal_consensus::Message;
use courtseal_proof::bytes::name::CourtName;

impl Court {
    /// Whether a message comes from a court with another genesis and so is not handled.
    pub(super) fn is_foreign(&mut self, env: &mut Environment<'_>, court: &CourtName, message: &Message) -> bool {
        let Some(known) = self.courts.get_mut(court) else { return true };
        let Message::Hello(hello) = message else { return known.other_genesis.is_some() };
        let own = self.foreign.own;
        let before = std::mem::replace(&mut known.other_genesis, Some(hello.chain).filter(|chain| *chain != own));
        let (vote, other) = (known.vote, known.other_genesis);
        let Some(other) = other else {
            if before.is_some() {
                tracing::info!(%court, "this court has the same genesis as this one now");
                env.host.welcome_back(court);
            }
            return false;
        };
        if self.foreign.is_due(court, env.now.monotonic_ms) {
            let (other, own) = (other.tagged(), own.tagged());
            tracing::warn!(
                %court, %other, %own,
                "this court has another genesis: one of the two must get the right file; it is left alone, and tried again from time to time"
            );
        }
        // The height that it told before is not one of this log.
        self.runner.hear_height(&vote, None);
        // It may not know this court's genesis yet, and this connection ends now.
        let hello = self.runner.driver().hello(&vote, false);
        env.host.send(court, &Frame::Consensus(Message::Hello(hello)));
        env.host.leave_alone(court);
        true
    }

    /// Sends a court that has just connected what it may have missed: the clock, the newest cosignature,
    /// waiting transactions (N5, N6, N11).
    pub(super) fn welcome(&self, env: &mut Environment<'_>, court: &CourtName) {
        env.host.send(court, &Frame::Clock(env.now.wall));
        if let Some(announcement) = self.cosigner.own_latest() {
            env.host.send(court, &Frame::Cosignature(announcement));
        }
        let mut bytes = 0;
        for checked in self.app.mempool.iter() {
            bytes += checked.text().len();
            if bytes > RESENT_BYTES_MAX {
                break;
            }
            env.host.send(court, &Frame::Transaction(checked.shared_text().into()));
        }
    }
}
