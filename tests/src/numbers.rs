//! Pseudorandom numbers that a seed repeats.
//!
//! In: a seed, from `COURTSEAL_SEED` or the system.
//! Out: numbers.
//! Always: the seed is printed, and the same seed gives the same numbers.
//! Not for keys.

use crate::evidence::random;

/// The variable that holds the seed of a run to repeat.
pub const SEED: &str = "COURTSEAL_SEED";

/// A pseudorandom generator: SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// Makes a generator from the seed in the environment, else from a new one; prints the seed.
    ///
    /// # Errors
    /// The variable holds no number, or the system gives no randomness.
    pub fn of_this_run() -> anyhow::Result<Self> {
        let seed = match std::env::var(SEED) {
            Ok(text) => text.parse()?,
            Err(_) => u64::from_le_bytes(random()?),
        };
        println!("{SEED}={seed}");
        Ok(Self(seed))
    }

    /// The next number; it is below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// How often something is done: the number in an environment variable, else the usual one.
///
/// # Panics
/// The variable holds no number.
pub fn how_often(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}
