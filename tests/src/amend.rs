//! Another genesis for a network's folder.
//!
//! In: a network's folder that has never run, and what to change. Out: the same folder with another genesis and policy, and key files that pin it. Always: the new
//! genesis passes every check. Not for ceremonies between real courts.

use crate::courts::Listing;
use courtseal_proof::genesis::Genesis;
use std::fs;

/// Changes the genesis and all that pins it; the new origin.
///
/// # Errors
/// I/O, `change` fails, or the folder is not as `network new` makes it.
pub fn amend(listing: &Listing, change: impl FnOnce(&mut Genesis) -> anyhow::Result<()>) -> anyhow::Result<String> {
    let mut genesis = Genesis::from_text(&fs::read(&listing.genesis)?)?;
    let before = genesis.origin().to_string();
    change(&mut genesis)?;
    genesis.check()?;
    let after = genesis.origin().to_string();
    fs::write(&listing.genesis, genesis.to_text())?;
    fs::write(&listing.policy, genesis.policy_text())?;
    let court_keys = listing.courts.iter().map(|court| court.home.join("court.key"));
    for path in court_keys.chain(listing.keys.values().cloned()) {
        // The key file pins the network; writing in place keeps its mode.
        fs::write(&path, fs::read_to_string(&path)?.replace(&before, &after))?;
    }
    Ok(after)
}
