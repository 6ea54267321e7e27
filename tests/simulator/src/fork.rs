//! Forks: with a third of the courts or more byzantine, the log may split, and then that must be provable.
//!
//! In: the ledgers of all honest nodes.
//! Out: whether they split, and if so whether the split convicts more than a third of the courts.
//! Always: judged by the two commit certificates alone, as an outsider judges.
//! Not for preventing forks, which is impossible with so many byzantine courts.

use crate::fixtures::Fixtures;
use courtseal_consensus::vote::CommitCertificate;
use courtseal_ledger::Ledger;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::key::PublicKey;
use std::collections::BTreeSet;

/// Whether two ledgers hold different blocks at one height.
///
/// # Errors
/// They do, and their certificates do not convict enough courts.
pub fn is_provable(fixtures: &Fixtures, a: &Ledger, b: &Ledger) -> Result<bool, String> {
    let last = a.head().height.min(b.head().height);
    for height in 1..=last {
        let (one, other) = (decided(fixtures, a, height)?, decided(fixtures, b, height)?);
        if one.0 == other.0 {
            continue;
        }
        let both = one.1.intersection(&other.1).count();
        let courts = fixtures.genesis.courts.len();
        return if both > (courts - 1) / 3 {
            Ok(true)
        } else {
            Err(format!("a fork at height {height} convicts {both} of {courts} courts"))
        };
    }
    Ok(false)
}

/// The value of a height, and the courts whose good signatures decided it.
fn decided(
    fixtures: &Fixtures,
    ledger: &Ledger,
    height: u64,
) -> Result<(courtseal_proof::bytes::digest::Digest, BTreeSet<PublicKey>), String> {
    let unreadable = || format!("block {height} cannot be read");
    let (block, certificate) = ledger.block(height).ok().flatten().ok_or_else(unreadable)?;
    let digest = block.digest();
    let certificate: CommitCertificate = codec::decode(&certificate, certificate.len()).map_err(|_| unreadable())?;
    let good = certificate.votes().filter(|vote| {
        vote.content.value == Some(digest)
            && vote.content.court.verify(&vote.content.sign_bytes(&fixtures.chain), &vote.signature)
    });
    Ok((digest, good.map(|vote| vote.content.court).collect()))
}
