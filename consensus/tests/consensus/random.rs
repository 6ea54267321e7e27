//! The simulation's one source of chance, and how many runs there are.
//!
//! In: a seed; `COURTSEAL_SCALE`.
//! Out: numbers.
//! Always: one seed gives one sequence.
//! Not for keys.

/// SplitMix64: small, and good enough to choose faults.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// How many runs: `count`, times `COURTSEAL_SCALE` where that is set.
pub fn scaled(count: u64) -> u64 {
    let scale = std::env::var("COURTSEAL_SCALE").ok().and_then(|text| text.parse::<u64>().ok());
    count * scale.unwrap_or(1)
}
