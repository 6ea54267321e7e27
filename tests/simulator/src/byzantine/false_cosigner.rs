//! The false cosigner: its own signature under roots that are not the log's, other courts' signatures made
//! up, arbitrary sizes and times.

use super::{Liar, Outgoing};
use courtseal_court::cosign::Announcement;
use courtseal_court::frame::Frame;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::Signature;
use courtseal_proof::log::checkpoint::Checkpoint;
use courtseal_world::Random;

/// A deviation far beyond every bound.
const HOUR_S: u64 = 3_600;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, random: &mut Random) {
    for (_, frame) in &mut out.frames {
        let Frame::Cosignature(announcement) = frame else { continue };
        let Announcement { mut size, mut root, mut cosignature } = *announcement;
        match random.below(4) {
            0 => root = sha256(&root.0),
            1 => size += random.pick(&[1, 1_000, u64::MAX / 2]),
            2 => cosignature.signature = Signature([7; 64]),
            _ => {
                let now_s = cosignature.time_s;
                cosignature.time_s = random.pick(&[u64::MAX, 0, now_s - HOUR_S, now_s + HOUR_S]);
            }
        }
        if random.chance(70) && cosignature.signature.0 != [7; 64] {
            let checkpoint = Checkpoint { origin: liar.keys.origin.clone(), size, root };
            cosignature = checkpoint.cosign(&liar.keys.cosigner, cosignature.time_s);
        }
        *announcement = Announcement { size, root, cosignature };
    }
}
