//! Rate limits of one court's frames: how many it may send, and what they may cost (N9).
//!
//! In: frames of one court, the time.
//! Out: how long its streams are not read.
//! Always: an honest court at full load stays below. A court that sends more is read more slowly, and no
//! other is.
//! Not for judging what a message says.

use super::rate::RateLimit;
use crate::limits::{
    BULK_UNIT_BYTES, BULK_UNITS_BURST, BULK_UNITS_PER_S, COSTLY_MESSAGES_BURST, COSTLY_MESSAGES_PER_S, URGENT_MESSAGES_BURST,
    URGENT_MESSAGES_PER_S,
};
use courtseal_consensus::Message;
use courtseal_court::frame::{Frame, Priority};

/// The rate limits of one court.
pub struct CourtRates {
    urgent: RateLimit,
    bulk: RateLimit,
    costly: RateLimit,
}

/// Whether a frame asks for far more work than its sender had.
pub fn is_costly(frame: &Frame) -> bool {
    let Frame::Consensus(message) = frame else { return false };
    matches!(message, Message::Hello(_)) || asks_for_blocks(frame)
}

/// Whether a frame asks for blocks, which are read from disk and are large.
pub fn asks_for_blocks(frame: &Frame) -> bool {
    matches!(frame, Frame::Consensus(Message::SyncRequest { .. } | Message::BlockRequest { .. }))
}

impl CourtRates {
    /// Of a court that has sent nothing yet.
    pub fn new(now_ms: u64) -> Self {
        Self {
            urgent: RateLimit::new(URGENT_MESSAGES_PER_S, URGENT_MESSAGES_BURST, now_ms),
            bulk: RateLimit::new(BULK_UNITS_PER_S, BULK_UNITS_BURST, now_ms),
            costly: RateLimit::new(COSTLY_MESSAGES_PER_S, COSTLY_MESSAGES_BURST, now_ms),
        }
    }

    /// Counts a frame of so many bytes; milliseconds until it may be handled and the next one read.
    pub fn count(&mut self, frame: &Frame, bytes: usize, now_ms: u64) -> u64 {
        let wait_ms = match frame.priority() {
            Priority::Urgent => {
                self.urgent.spend(1, now_ms);
                self.urgent.wait_ms(now_ms)
            }
            Priority::Bulk => {
                self.bulk.spend(1 + bytes.div_ceil(BULK_UNIT_BYTES) as u64, now_ms);
                self.bulk.wait_ms(now_ms)
            }
        };
        if is_costly(frame) { wait_ms.max(self.count_costly(now_ms)) } else { wait_ms }
    }

    /// Counts what turned out to be costly only when it was looked at.
    pub fn count_costly(&mut self, now_ms: u64) -> u64 {
        self.costly.spend(1, now_ms);
        self.costly.wait_ms(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of these frames are read without a wait.
    fn at_once(frame: &Frame, bytes: usize, now_ms: u64, rates: &mut CourtRates) -> u64 {
        (0..).take_while(|_| rates.count(frame, bytes, now_ms) == 0).count() as u64
    }

    #[test]
    fn n9_each_kind_has_its_burst_and_its_rate() {
        let request = Frame::Consensus(Message::SyncRequest { from: 1 });
        let mut rates = CourtRates::new(0);
        assert_eq!(at_once(&request, 20, 0, &mut rates), COSTLY_MESSAGES_BURST);
        assert_eq!(rates.count(&Frame::Ping(1), 9, 0), 0, "its small messages are read on");
        let mut rates = CourtRates::new(0);
        assert_eq!(at_once(&Frame::Ping(1), 9, 0, &mut rates), URGENT_MESSAGES_BURST);
        assert_eq!(rates.count(&Frame::Transaction(vec![0; 10].into()), 11, 0), 0, "and so is the other stream");
        let mut rates = CourtRates::new(0);
        assert_eq!(at_once(&Frame::Transaction(vec![0; 10].into()), 11, 0, &mut rates), BULK_UNITS_BURST / 2);
        // One above was counted too, so that a second's worth lacks it.
        assert_eq!(at_once(&Frame::Transaction(vec![0; 10].into()), 11, 1_000, &mut rates), BULK_UNITS_PER_S / 2 - 1);
    }

    #[test]
    fn n9_large_blocks_count_by_their_bytes() {
        let mut rates = CourtRates::new(0);
        let block = Frame::Consensus(Message::Block(vec![0; 8].into()));
        let each = 8 * 1024 * 1024;
        let blocks = at_once(&block, each, 0, &mut rates);
        assert_eq!(blocks, BULK_UNITS_BURST / (1 + (each / BULK_UNIT_BYTES) as u64));
        assert!(blocks >= 16, "more than consensus makes in two seconds");
    }
}
