//! The withholder: proposals go out, the blocks that they name do not; nor does an answer to whoever asks for
//! one.

use super::Outgoing;
use courtseal_consensus::Message;
use courtseal_court::frame::Frame;

pub(super) fn falsify(out: &mut Outgoing) {
    out.frames.retain(|(_, frame)| !matches!(frame, Frame::Consensus(Message::Block(_))));
}
