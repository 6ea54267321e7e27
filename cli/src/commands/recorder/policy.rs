//! The policy that receipts are checked against: the one given, or that of the genesis which the key file
//! pins.
//!
//! In: a file's name, or nodes. Out: a policy of the key's network. Always: a genesis is taken from any node,
//! because the key file says which it is. Not for policies that are trusted by name: those are for `verify`.

use crate::failure::{Exit, Failure, usage};
use crate::files::{named, reason};
use crate::http::Client;
use crate::keys::MemberKey;
use crate::print;
use courtseal_api::{Request, Route};
use courtseal_proof::bytes::limits::POLICY_BYTES_MAX;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::verify::HeldPolicy;
use std::path::Path;

/// The policy that receipts are checked against: the one given, or the genesis policy that the key file pins.
///
/// # Errors
/// Usage: unreadable, too weak, of another network. No node answers.
pub fn policy(given: Option<&Path>, key: &MemberKey, client: &Client) -> anyhow::Result<HeldPolicy> {
    let Some(path) = given else { return Ok(pinned(key, client)?) };
    let (bytes, _) = named::read_policy(path, POLICY_BYTES_MAX)
        .map_err(|error| usage(format!("cannot read the policy {}: {}", print::path(path), reason(&error))))?;
    let held = HeldPolicy::new(&bytes);
    let policy = held
        .policy()
        .map_err(|refusal| usage(format!("the policy {} is of no use: {}", print::path(path), refusal.message())))?;
    if *policy.origin() != key.origin {
        return Err(usage(format!("the policy is of {}, the key of {}", policy.origin(), key.origin)));
    }
    Ok(held)
}

/// The pinned policy from the first node that has it: a node of another network, or of none, is no reason to
/// give up while there are others.
fn pinned(key: &MemberKey, client: &Client) -> Result<HeldPolicy, Failure> {
    client.get(&Request::plain(Route::Genesis), |node, answer| {
        let genesis = Genesis::from_text(&answer.success(node.url())?.body)
            .map_err(|error| Failure::new(Exit::Unreachable, format!("{} serves no usable genesis: {error}", node.url())))?;
        if genesis.origin() != key.origin {
            let message = format!("{} is a node of {}, the key is of {}", node.url(), genesis.origin(), key.origin);
            return Err(Failure::new(Exit::Refused, message)
                .next("name a node of the key's network with --node, or the right key with --key"));
        }
        Ok(HeldPolicy::new(genesis.policy_text().as_bytes()))
    })
}
