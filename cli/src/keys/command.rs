//! `key new`, `key import` and `key show`.
//!
//! In: a name and a network, or a key file. Out: a key file; public keys with proofs of possession, as a genesis needs them. Always:
//! a secret is written only to a file of mode 0600, plain only on request, and never printed.

use super::{KeyFile, MemberKey, ask_new_passphrase, read, read_pem, write_new};
use crate::command::{KeyImport, KeyNew, KeyShow};
use crate::failure::usage;
use crate::files;
use crate::print::{self, Style};
use courtseal_node::keys::CourtKeys;
use courtseal_proof::genesis::{Genesis, KeyPurpose, prove_possession};
use courtseal_proof::key::SecretKey;
use courtseal_proof::limits::GENESIS_BYTES_MAX;
use courtseal_proof::name::{Name, Origin};
use serde_json::json;
use std::path::Path;

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

/// `key new`.
///
/// # Errors
/// Usage; I/O.
pub fn new(options: &KeyNew, style: Style) -> anyhow::Result<()> {
    let name = Name::new(options.name.clone()).map_err(|error| usage(error.to_string()))?;
    let origin = origin(options.origin.as_deref(), options.genesis.as_deref())?;
    let key = if options.court {
        KeyFile::Court(Box::new(fresh_court(name, origin)?))
    } else {
        KeyFile::Member(Box::new(MemberKey { name, origin, key: fresh_key()? }))
    };
    make(&key, &options.out, options.plain, style)
}

/// The network that a key is for.
fn origin(origin: Option<&str>, genesis: Option<&Path>) -> anyhow::Result<Origin> {
    match (origin, genesis) {
        (Some(origin), None) => Origin::parse(origin).map_err(|error| usage(error.to_string())),
        (None, Some(path)) => {
            let text = files::named::read(path, GENESIS_BYTES_MAX)
                .map_err(|error| usage(format!("cannot read {}: {}", print::path(path), files::reason(&error))))?;
            Ok(Genesis::from_text(&text).map_err(|error| usage(format!("{}: {error}", print::path(path))))?.origin())
        }
        _ => Err(usage("name the network the key is for: --genesis FILE or --origin NAME/DIGEST")),
    }
}

/// Writes a new key file and says what is in it.
fn make(key: &KeyFile, out: &Path, plain: bool, style: Style) -> anyhow::Result<()> {
    let passphrase = if plain { None } else { Some(ask_new_passphrase(&print::path(out))?) };
    write_new(out, key, passphrase.as_ref().map(|text| text.as_str()))?;
    describe(key, style)?;
    if !style.json {
        let how = if plain { "plain, readable by whoever can read the file" } else { "encrypted with the passphrase" };
        print::row("file", format_args!("{} ({how}, mode 0600)", print::path(out)))?;
    }
    Ok(())
}

/// `key import`.
///
/// # Errors
/// Usage; I/O.
pub fn import(options: &KeyImport, style: Style) -> anyhow::Result<()> {
    let name = Name::new(options.name.clone()).map_err(|error| usage(error.to_string()))?;
    let origin = origin(options.origin.as_deref(), options.genesis.as_deref())?;
    let key = read_pem(&options.pem)?;
    let key = KeyFile::Member(Box::new(MemberKey { name, origin, key }));
    make(&key, &options.out, options.plain, style)
}

/// `key show`.
///
/// # Errors
/// Usage; I/O.
pub fn show(options: &KeyShow, style: Style) -> anyhow::Result<()> {
    describe(&read(&options.file)?, style)
}

fn describe(file: &KeyFile, style: Style) -> anyhow::Result<()> {
    let kind = if matches!(file, KeyFile::Member(_)) { "member" } else { "court" };
    let network = file.origin().network();
    let keys = file.keys().into_iter().map(|(purpose, key)| {
        let kind = [KeyPurpose::Vote, KeyPurpose::Log, KeyPurpose::Cosigner, KeyPurpose::Network, KeyPurpose::Member];
        let kind = kind.into_iter().find(|kind| kind.as_str() == purpose).unwrap_or(KeyPurpose::Member);
        (purpose, key.public(), prove_possession(kind, network, file.name(), key))
    });
    if style.json {
        let keys: serde_json::Map<_, _> = keys
            .map(|(purpose, key, proof)| (purpose.to_owned(), json!({"key": key.to_string(), "proof": format!("{proof:?}")})))
            .collect();
        let text = json!({"kind": kind, "name": file.name(), "origin": file.origin(), "keys": keys});
        return Ok(print::line(text)?);
    }
    print::row(kind, file.name())?;
    print::row("network", file.origin())?;
    for (purpose, key, proof) in keys {
        print::row(&format!("{purpose} key"), key)?;
        print::row("", format_args!("digest {}", key.digest().tagged()))?;
        if style.verbose {
            print::row("", format_args!("proof of possession {proof:?}"))?;
        }
    }
    Ok(())
}
