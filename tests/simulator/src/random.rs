//! The one source of chance: a generator with a seed.
//!
//! In: a seed.
//! Out: choices.
//! Always: the same seed and the same calls give the same choices.
//! Not for keys.

/// Makes another seed of a seed. With this number the seeds in `tests/seeds.rs` still choose what they chose
/// when they found a bug.
const APART: u64 = 0x0118_d02e_0000_0000;

/// A generator of random choices.
pub struct Random(fastrand::Rng);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// The generator for choices that were added later, so that earlier choices of the seed stay as they
    /// were.
    pub fn apart(seed: u64) -> Self {
        Self::new(seed ^ APART)
    }

    /// The generator for choices that were added after those of [`Self::apart`].
    pub fn apart_later(seed: u64) -> Self {
        Self::new(seed ^ APART.rotate_left(16))
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..=high.max(low))
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.usize(..bound) }
    }

    /// True in this many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.0.u64(..100) < percent
    }

    /// One element of the slice.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// This many different numbers below `bound`.
    pub fn several(&mut self, count: usize, bound: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..bound).collect();
        self.0.shuffle(&mut all);
        all.truncate(count);
        all
    }

    /// This many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill(&mut bytes);
        bytes
    }
}
