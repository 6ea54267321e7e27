//! What the network does to messages: delays, losses, copies.
//!
//! In: a profile, chance.
//! Out: for each message, how long each of its copies takes.
//! Always: chance is drawn in the same order: whether it is lost, whether it comes twice, one delay a copy.
//! Not for connections and cuts: each suite has its own rules for those.

use crate::random::Random;

/// Delay, loss and duplication of the messages between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkProfile {
    /// Delay of a message, in milliseconds: from, to.
    pub delay_ms: (u64, u64),
    /// Messages lost without their connection, in a hundred.
    pub loss_percent: u64,
    /// Messages that come twice, in a hundred.
    pub duplicate_percent: u64,
    /// Whether messages of one connection may overtake each other.
    pub reorders: bool,
}

impl NetworkProfile {
    /// A network without faults.
    pub const HEALED: Self = Self { delay_ms: (1, 20), loss_percent: 0, duplicate_percent: 0, reorders: false };

    /// How long one way takes, in milliseconds.
    pub fn delay_ms(&self, random: &mut Random) -> u64 {
        random.between(self.delay_ms.0, self.delay_ms.1)
    }

    /// How often a message arrives: not at all, once or twice.
    pub fn copies(&self, random: &mut Random) -> u64 {
        if random.chance(self.loss_percent) { 0 } else { 1 + u64::from(random.chance(self.duplicate_percent)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_what_messages_go_through() {
        let mut random = Random::new(1);
        let all = |loss_percent, duplicate_percent| NetworkProfile { loss_percent, duplicate_percent, ..NetworkProfile::HEALED };
        assert_eq!([all(100, 0), all(0, 0), all(0, 100)].map(|profile| profile.copies(&mut random)), [0, 1, 2]);
        assert!((0..100).all(|_| (1..=20).contains(&NetworkProfile::HEALED.delay_ms(&mut random))));
    }
}
