//! Watches this court's wall clock by the times of the blocks that the courts agree on. Sans-IO.
//!
//! In: the time of each block as it is committed, and the wall clock then. Out: that the clock is off, and by how much. Always: one odd block says nothing, several in a row do;
//! what it finds changes nothing but what the court says of itself, since no rule rests on one court's clock. Not for judging blocks: that is rule C16.

use courtseal_proof::time::Timestamp;

/// Blocks in a row that must be off before it is said.
const BLOCKS: u32 = 3;
/// A block is committed within this time of its own, in milliseconds, unless the clock is off: rule C16's bounds, with room for rounds and slow disks.
const OFF_MS_MAX: u64 = 30_000;

/// What a clock is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was right and is off: the text of [`ClockWatch::reason`] says how.
    Off,
    /// It was off and is right.
    Right,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct ClockWatch {
    /// Blocks in a row that were off, up to now.
    odd_blocks: u32,
    /// By how much the last block was off; positive if the clock is ahead.
    off_ms: i64,
}

impl ClockWatch {
    /// A block was committed that other courts have not gone beyond; whether that changes what is to be said.
    pub fn committed(&mut self, block: Timestamp, wall: Timestamp) -> Option<Change> {
        let was_off = self.reason().is_some();
        let is_odd = block.0.abs_diff(wall.0) > OFF_MS_MAX;
        self.odd_blocks = if is_odd { self.odd_blocks.saturating_add(1) } else { 0 };
        self.off_ms = wall.0 as i64 - block.0 as i64;
        match (was_off, self.reason().is_some()) {
            (false, true) => Some(Change::Off),
            (true, false) => Some(Change::Right),
            _ => None,
        }
    }

    /// That the clock is off, for people; nothing if it is not known to be.
    pub fn reason(&self) -> Option<String> {
        let (seconds, side) = (self.off_ms.unsigned_abs() / 1000, if self.off_ms > 0 { "ahead of" } else { "behind" });
        (self.odd_blocks >= BLOCKS)
            .then(|| format!("this court's clock is {seconds} s {side} the other courts' clocks; set it by a time server"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_after_three_blocks_and_right_after_one() {
        let (day, now) = (86_400_000, Timestamp(1_700_000_000_000));
        for (wall, side) in [(now.0 + day, "86400 s ahead of"), (now.0 - day, "86400 s behind")] {
            let mut watch = ClockWatch::default();
            let changes = [0, 1, 2, 3].map(|after| watch.committed(now.plus_ms(after), Timestamp(wall + after)));
            assert_eq!(changes, [None, None, Some(Change::Off), None]);
            assert!(watch.reason().unwrap().contains(side), "{:?}", watch.reason());
            assert_eq!(watch.committed(now, now.plus_ms(OFF_MS_MAX)), Some(Change::Right), "at the bound");
            assert_eq!(watch.reason(), None);
        }
        let mut watch = ClockWatch::default();
        for _ in 0..5 {
            // Now and then one is late.
            assert_eq!(watch.committed(now, now.plus_ms(OFF_MS_MAX + 1)), None);
            assert_eq!(watch.committed(now, now.plus_ms(OFF_MS_MAX + 1)), None);
            assert_eq!(watch.committed(now, now), None);
        }
    }
}
