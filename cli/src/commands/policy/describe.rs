//! A policy on the screen and as JSON: what a person compares before trusting it.
//!
//! In: a policy that asks for enough; the store, which knows the user's name for it. Out: lines, or a JSON
//! object. Always: the digest, the network and all keys are whole. Not for deciding anything.

use crate::print;
use crate::trust::store::Store;
use courtseal_proof::log::note::VerifierKey;
use courtseal_proof::verify::HeldPolicy;
use serde_json::{Value, json};

/// Prints a policy.
///
/// # Errors
/// The policy cannot be read or asks for too little; writing to stdout.
pub fn print(store: &Store, held: &HeldPolicy) -> anyhow::Result<()> {
    let policy = held.policy()?;
    if let Some(name) = name(store, held) {
        print::row("trusted", format_args!("as '{name}'"))?;
    }
    print::row("policy", held.digest().tagged())?;
    print::row("network", policy.origin())?;
    let (all, least) = (policy.listed(), policy.least());
    print::row("courts", format_args!("{all}, of which at least {least} must sign"))?;
    let width = policy.witnesses().iter().map(|key| key.name().chars().count()).max().unwrap_or(0);
    for key in policy.witnesses() {
        print::row("", format_args!("{:width$}  {}", key.name(), id_and_key(key)))?;
    }
    match all - policy.witnesses().len() {
        0 => {}
        1 => print::row("", "one more, with a key of a type that this software does not know: it is not counted")?,
        more => print::row("", format_args!("{more} more, with keys of a type that this software does not know: not counted"))?,
    }
    print::row("log keys", policy.logs().len())?;
    for key in policy.logs() {
        print::row("", id_and_key(key))?;
    }
    Ok(())
}

fn name<'a>(store: &'a Store, held: &HeldPolicy) -> Option<&'a str> {
    store.trusted().iter().find(|trusted| trusted.held.digest() == held.digest()).map(|trusted| trusted.name.as_str())
}

fn id_and_key(key: &VerifierKey) -> String {
    format!("key id {}  key {}", id(key), key.key())
}

fn id(key: &VerifierKey) -> String {
    key.id().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A policy as JSON; the digest alone if the policy cannot be read or asks for too little.
pub fn json(store: &Store, held: &HeldPolicy) -> Value {
    let mut value = json!({"policy": held.digest().tagged(), "trusted_as": name(store, held)});
    let of = |key: &VerifierKey| json!({"name": key.name(), "key_id": id(key), "key": key.key().to_string()});
    if let Ok(policy) = held.policy() {
        value["network"] = json!(policy.origin());
        value["courts"] = policy.witnesses().iter().map(of).collect();
        value["courts_needed"] = json!(policy.least());
        value["courts_listed"] = json!(policy.listed());
        value["log_keys"] = policy.logs().iter().map(of).collect();
    }
    value
}
