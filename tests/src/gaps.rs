//! The longest pause between two blocks of a network.
//!
//! In: a network under load.
//! Out: the longest pause between two blocks, as a client observes it.
//! Always: the pause before the first block counts from the moment that the caller names.
//! Not for judging the pause.

use crate::network::LocalNetwork;
use crate::processes::WITHIN;
use anyhow::{Context, ensure};
use courtseal_proof::genesis::Genesis;
use std::time::{Duration, Instant};

/// The index of the court that proposes at a height in round 0 (C6).
///
/// # Errors
/// The genesis cannot be read.
pub fn proposer(network: &LocalNetwork, height: u64) -> anyhow::Result<usize> {
    let genesis = Genesis::from_text(&std::fs::read(&network.listing().genesis)?)?;
    let mut by_key: Vec<usize> = (0..genesis.courts.len()).collect();
    by_key.sort_by_key(|at| genesis.courts[*at].vote);
    Ok(by_key[(height % by_key.len() as u64) as usize])
}

/// Asks a court for its height.
///
/// # Errors
/// The court does not answer.
pub fn height(network: &LocalNetwork, at: usize) -> anyhow::Result<u64> {
    network.status(at).and_then(|status| status["height"].as_u64()).context("a court does not say its height")
}

/// Waits until a court has made `blocks` blocks; returns the longest pause among them, counted from `since`.
///
/// # Errors
/// The blocks do not come in time.
pub fn longest(network: &LocalNetwork, at: usize, since: Instant, blocks: u64) -> anyhow::Result<Duration> {
    let (mut newest, first) = (since, height(network, at)?);
    let (mut seen, mut longest) = (first, Duration::ZERO);
    while seen < first + blocks {
        ensure!(newest.elapsed() < WITHIN, "no block within {WITHIN:?} after height {seen}");
        let now = height(network, at)?;
        if now > seen {
            longest = longest.max(newest.elapsed());
            (seen, newest) = (now, Instant::now());
        } else {
            // The short sleep leaves the processor to the courts.
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    Ok(longest)
}
