//! Courts of this genesis whose node runs with another genesis (C23).
//!
//! In: the hellos of the other courts.
//! Out: the genesis that such a court names, for status; a line in the log, once a minute at most.
//! Always: such a court is left alone for a while, and nothing else that it sends is looked at until it says another
//! hello.
//! Not for courts that are not in the genesis: they pass no handshake.

use super::{Court, Means};
use crate::network::Frame;
use courtseal_consensus::Message;
use courtseal_proof::digest::Digest;

/// Pause between two lines about one court, in milliseconds.
const LINE_EVERY_MS: u64 = 60_000;

/// When each court was last spoken of.
pub(super) struct Foreign {
    own: Digest,
    said_ms: Vec<Option<u64>>,
}

impl Foreign {
    /// No court is known to be foreign to the genesis with this digest.
    pub(super) fn new(own: Digest, courts: usize) -> Self {
        Self { own, said_ms: vec![None; courts] }
    }

    fn is_due(&mut self, court: usize, now_ms: u64) -> bool {
        let said = &mut self.said_ms[court];
        let is_due = said.is_none_or(|said| now_ms.saturating_sub(said) >= LINE_EVERY_MS);
        if is_due {
            *said = Some(now_ms);
        }
        is_due
    }
}

impl Court {
    /// Whether a message comes from a court with another genesis, and so is not looked at.
    pub(super) fn is_foreign(&mut self, means: &mut Means<'_>, court: usize, message: &Message) -> bool {
        let Message::Hello(hello) = message else { return self.courts[court].other_genesis.is_some() };
        let own = self.foreign.own;
        let before = std::mem::replace(&mut self.courts[court].other_genesis, Some(hello.chain).filter(|chain| *chain != own));
        let name = &self.names[court];
        let Some(other) = self.courts[court].other_genesis else {
            if before.is_some() {
                tracing::info!(court = %name, "this court has the same genesis as this one now");
                means.host.welcome_back(court);
            }
            return false;
        };
        if self.foreign.is_due(court, means.now.monotonic_ms) {
            let (other, own) = (other.tagged(), own.tagged());
            tracing::warn!(
                court = %name, %other, %own,
                "this court has another genesis: one of the two must get the right file; it is left alone, and tried again from time to time"
            );
        }
        // It has told no height of this log, whatever it told before.
        self.runner.hear_height(&self.voters[court], None);
        // It may not have heard this one's, which ends with this connection.
        let hello = self.runner.driver().hello(&self.voters[court], false);
        means.host.send(court, &Frame::Consensus(Message::Hello(hello)));
        means.host.leave_alone(court);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c23_one_line_a_minute_for_each_court() {
        let mut foreign = Foreign::new(Digest::default(), 2);
        let lines =
            |foreign: &mut Foreign, court| (0..60_000).step_by(500).filter(|now_ms| foreign.is_due(court, *now_ms)).count();
        assert_eq!((lines(&mut foreign, 0), lines(&mut foreign, 1)), (1, 1));
        assert!(
            !foreign.is_due(0, LINE_EVERY_MS - 1) && foreign.is_due(0, LINE_EVERY_MS) && !foreign.is_due(0, LINE_EVERY_MS + 1)
        );
    }
}
