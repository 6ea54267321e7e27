//! `make bench`: what it measures, what it judges, and its table.
//!
//! In: the built program, and perhaps another build of it to compare with.
//! Out: a [`table::Table`].
//! Always: everything is measured before anything is judged. Speed is judged by ratios within one run, and by
//! generous goals that every machine must reach.
//! Not for correctness: `make test` checks that.

pub mod comparison;
pub mod figure;
pub mod parts;
pub mod present;
pub mod receipts;
pub mod table;

use std::time::Duration;

/// How much a run of the bench does.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Pairs of networks, one run by the base and one by the new program.
    pub pairs: usize,
    /// Networks whose loads are measured if there is no base.
    pub alone: usize,
    /// Time at the beginning of each load that is not counted.
    pub warming: Duration,
    /// Time of each load that is counted.
    pub counted: Duration,
    /// Runs of `verify` on each network.
    pub verifications: usize,
    /// Seconds for which a network is idle.
    pub idle_s: u64,
}

impl Effort {
    /// The effort for figures that are kept.
    pub const FULL: Self = Self {
        pairs: 5,
        alone: 3,
        warming: Duration::from_secs(2),
        counted: Duration::from_secs(6),
        verifications: 10,
        idle_s: 300,
    };
    /// The effort for a first look.
    pub const QUICK: Self = Self {
        pairs: 3,
        alone: 1,
        warming: Duration::from_secs(1),
        counted: Duration::from_secs(2),
        verifications: 4,
        idle_s: 20,
    };
}
