//! The withholder: it sends proposals, but neither their blocks nor answers to courts that ask for them.

use super::Outgoing;
use courtseal_consensus::Message;
use courtseal_court::frame::Frame;

pub(super) fn falsify(out: &mut Outgoing) {
    out.frames.retain(|(_, frame)| !matches!(frame, Frame::Consensus(Message::Block(_))));
}
