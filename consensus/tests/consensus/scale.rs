//! How many runs the tests with many seeds do.
//!
//! In: `COURTSEAL_SCALE`.
//! Out: numbers of runs.
//! Always: an ordinary run does the least.
//! Not for chance: the world has that.

/// How many runs: `count`, times `COURTSEAL_SCALE` where that is set.
pub fn scaled(count: u64) -> u64 {
    let scale = std::env::var("COURTSEAL_SCALE").ok().and_then(|text| text.parse::<u64>().ok());
    count * scale.unwrap_or(1)
}
