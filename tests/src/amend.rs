//! Changes the genesis in a network's folder before the network first runs.
//!
//! In: the folder of a network that has never run, and a function that changes its genesis.
//! Out: the same folder with the new genesis, the new policy, and key files that pin the new genesis.
//! Always: the new genesis passes every check. Its protocol stays that of the program that made it, which may
//! be an earlier one: benches compare programs.
//! Not for ceremonies between real courts.

use crate::courts::Listing;
use anyhow::Context as _;
use courtseal_proof::genesis::{Genesis, PROTOCOL};
use std::fs;

/// Changes the genesis and every file that pins it; returns the new origin.
///
/// # Errors
/// An I/O error, `change` fails, or the folder is not as `network new` makes it.
pub fn amend(listing: &Listing, change: impl FnOnce(&mut Genesis) -> anyhow::Result<()>) -> anyhow::Result<String> {
    let mut own: serde_json::Value = serde_json::from_slice(&fs::read(&listing.genesis)?)?;
    let protocol = own["protocol"].as_u64().and_then(|own| own.try_into().ok()).context("a genesis names its protocol")?;
    own["protocol"] = PROTOCOL.into();
    let mut genesis = Genesis::from_text(own.to_string().as_bytes())?;
    genesis.protocol = protocol;
    let before = genesis.origin().to_string();
    genesis.protocol = PROTOCOL;
    change(&mut genesis)?;
    genesis.check()?;
    genesis.protocol = protocol;
    let after = genesis.origin().to_string();
    fs::write(&listing.genesis, genesis.to_text())?;
    fs::write(&listing.policy, genesis.policy_text())?;
    let court_keys = listing.courts.iter().map(|court| court.home.join("court.key"));
    for path in court_keys.chain(listing.keys.values().cloned()) {
        // The key file pins the network. Writing in place keeps the file's mode.
        fs::write(&path, fs::read_to_string(&path)?.replace(&before, &after))?;
    }
    Ok(after)
}
