//! `key new`, `key import` and `key show`.
//!
//! In: a name and a network, or a key file. Out: a key file; public keys with proofs of possession, as a
//! genesis needs them. Always: a secret is written only to a file of mode 0600, plain only on request, and
//! never printed. Not for how keys are kept: see `crate::keys`.

use super::command::{Command, commands};
use crate::failure::{Exit, usage};
use crate::files;
use crate::keys::fresh::{fresh_court, fresh_key};
use crate::keys::{KeyFile, MemberKey, ask_new_passphrase, read, read_pem, write_new};
use crate::print::{self, Style};
use clap::Args;
use courtseal_proof::bytes::limits::GENESIS_BYTES_MAX;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::genesis::{Genesis, KeyPurpose, prove_possession};
use serde_json::json;
use std::path::{Path, PathBuf};

commands! {
    /// The commands of `key`.
    Key {
        /// Make a key file
        New(New),
        /// Show whose keys a file holds, and their public halves
        Show(Show),
        /// Make a member's key file of a key that exists, such as one of openssl's
        Import(Import),
    }
}

/// Options of `key new`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal key new notary-1 --genesis genesis.json --out notary-1.key\n  courtseal key new court-beijing --court --origin cn-courts/DIGEST --out court.key\nFor a key that exists, such as one of openssl's, see `courtseal key import --help`."
)]
pub struct New {
    /// Name of the member, or of the court
    pub name: String,
    /// The new file
    #[arg(long)]
    pub out: PathBuf,
    /// The network's genesis file
    #[arg(long, conflicts_with = "origin")]
    pub genesis: Option<PathBuf>,
    /// The network, written NAME/DIGEST
    #[arg(long)]
    pub origin: Option<String>,
    /// Make the four keys of a court
    #[arg(long)]
    pub court: bool,
    /// Without a passphrase: whoever reads the file has the key
    #[arg(long)]
    pub plain: bool,
}

impl Command for New {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let name = Name::new(self.name.clone()).map_err(|error| usage(error.to_string()))?;
        let origin = origin(self.origin.as_deref(), self.genesis.as_deref())?;
        let key = if self.court {
            KeyFile::Court(Box::new(fresh_court(name, origin)?))
        } else {
            KeyFile::Member(Box::new(MemberKey { name, origin, key: fresh_key()? }))
        };
        make(&key, &self.out, self.plain, style)
    }
}

/// Options of `key import`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  openssl genpkey -algorithm ed25519 -out mine.pem && chmod 600 mine.pem\n  courtseal key import mine.pem notary-1 --genesis genesis.json --out notary-1.key\nThe court that registers the member needs the public half, which `courtseal key show` prints."
)]
pub struct Import {
    /// An Ed25519 key as PKCS#8 PEM (mode 0600), plain or with a passphrase
    pub pem: PathBuf,
    /// Name of the member
    pub name: String,
    /// The new file
    #[arg(long)]
    pub out: PathBuf,
    /// The network's genesis file
    #[arg(long, conflicts_with = "origin")]
    pub genesis: Option<PathBuf>,
    /// The network, written NAME/DIGEST
    #[arg(long)]
    pub origin: Option<String>,
    /// Without a passphrase: whoever reads the file has the key
    #[arg(long)]
    pub plain: bool,
}

impl Command for Import {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let name = Name::new(self.name.clone()).map_err(|error| usage(error.to_string()))?;
        let origin = origin(self.origin.as_deref(), self.genesis.as_deref())?;
        let key = read_pem(&self.pem)?;
        let key = KeyFile::Member(Box::new(MemberKey { name, origin, key }));
        make(&key, &self.out, self.plain, style)
    }
}

/// Options of `key show`.
#[derive(Args)]
pub struct Show {
    /// The key file
    pub file: PathBuf,
}

impl Command for Show {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        describe(&read(&self.file)?, style)?;
        Ok(Exit::Done)
    }
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
fn make(key: &KeyFile, out: &Path, plain: bool, style: Style) -> anyhow::Result<Exit> {
    let passphrase = if plain { None } else { Some(ask_new_passphrase(&print::path(out))?) };
    write_new(out, key, passphrase.as_ref().map(|text| text.as_str()))?;
    describe(key, style)?;
    if !style.json {
        let how = if plain { "plain, readable by whoever can read the file" } else { "encrypted with the passphrase" };
        print::row("file", format_args!("{} ({how}, mode 0600)", print::path(out)))?;
    }
    Ok(Exit::Done)
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
