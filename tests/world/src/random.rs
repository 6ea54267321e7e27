//! The one source of chance: a generator with a seed.
//!
//! In: a seed.
//! Out: choices.
//! Always: the same seed and the same calls give the same choices.
//! Not for keys.

/// A generator of choices.
pub struct Random(fastrand::Rng);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// From the first 8 bytes of something that was chosen.
    ///
    /// # Panics
    /// Never: 16 bytes have a first half.
    pub fn of(chosen: &[u8; 16]) -> Self {
        let (first, _) = chosen.split_first_chunk::<8>().expect("16 bytes have a first half");
        Self::new(u64::from_be_bytes(*first))
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..=high.max(low))
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.usize(..bound) }
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.0.u64(..100) < percent
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// So many different numbers below `bound`.
    pub fn several(&mut self, count: usize, bound: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..bound).collect();
        self.0.shuffle(&mut all);
        all.truncate(count);
        all
    }

    /// So many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill(&mut bytes);
        bytes
    }
}
