//! Keys that did not exist before.
//!
//! In: the system's randomness. Out: secret keys. Always: a seed that was drawn is zeroed. Not for writing
//! them.

use courtseal_node::keys::CourtKeys;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::{Name, Origin};

/// A fresh secret key.
///
/// # Errors
/// No randomness.
pub fn fresh_key() -> anyhow::Result<SecretKey> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)?;
    Ok(SecretKey::from_seed(*seed))
}

/// Four fresh keys of a court.
///
/// # Errors
/// No randomness.
pub fn fresh_court(name: Name, origin: Origin) -> anyhow::Result<CourtKeys> {
    Ok(CourtKeys { name, origin, vote: fresh_key()?, log: fresh_key()?, cosigner: fresh_key()?, network: fresh_key()? })
}
