//! Networks with members that `network new` does not make, such as an auditor, and with another heartbeat.
//!
//! In: the folder of a network that does not run.
//! Out: the same folder with another genesis, policy and key files.
//! Always: the new genesis passes every check.
//! Not for ceremonies between real courts.

use crate::amend::amend;
use crate::courts::Listing;
use crate::evidence::random;
use anyhow::Context;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::genesis::{KeyPurpose, Member, Role, prove_possession};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The bytes before the seed in the PKCS#8 of an Ed25519 key (RFC 8410).
const PKCS8_START: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Adds members of these names and roles to the first court of a network that does not run, and sets the
/// heartbeat. Returns the new key files.
///
/// # Errors
/// An I/O error, or the folder is not as `network new` makes it.
pub fn rewrite(listing: &Listing, members: &[(&str, Role)], heartbeat_ms: u64) -> anyhow::Result<Vec<PathBuf>> {
    let mut fresh = Vec::new();
    let origin = amend(listing, |genesis| {
        for (name, role) in members {
            let (name, seed) = (Name::new(*name)?, random()?);
            let secret = SecretKey::from_seed(seed);
            let proof = prove_possession(KeyPurpose::Member, &genesis.name, &name, &secret);
            let court = genesis.courts[0].name.clone();
            genesis.members.push(Member { court, key: secret.public(), name: name.clone(), proof, role: *role });
            fresh.push((name, seed));
        }
        genesis.members.sort_by(|a, b| a.name.cmp(&b.name));
        genesis.parameters.heartbeat_ms = heartbeat_ms;
        Ok(())
    })?;
    let folder = listing.keys.values().next().and_then(|path| path.parent()).context("the network has no member")?;
    fresh.iter().map(|(name, seed)| write_key(folder, name, &origin, *seed)).collect()
}

/// Writes a member's plain key file.
///
/// # Errors
/// The file exists or cannot be written.
pub fn write_key(folder: &Path, member: &Name, origin: &str, seed: [u8; 32]) -> anyhow::Result<PathBuf> {
    let body = base64_text::encode(&[&PKCS8_START[..], &seed].concat());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let text =
        json!({"keys": {"member": pem}, "kind": "member", "member": member.as_str(), "origin": origin, "v": 1}).to_string();
    let path = folder.join(format!("{}.key", member.as_str()));
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(text.as_bytes())?;
    Ok(path)
}
