//! Key files of members and courts (F41): the only place that reads and writes them.
//!
//! In: names, keys, a passphrase or the explicit choice of none; paths. Out: files of mode 0600; keys.
//! Always: a key file that others than its owner can read is refused; texts that hold a secret are zeroed.
//! Not for deciding what a key may sign.

pub mod case;
pub mod fresh;
pub mod pem;

use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::passphrase;
use courtseal_node::keys::CourtKeys;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::{Name, Origin};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use zeroize::Zeroizing;

/// Longest key file, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Shortest passphrase, in characters.
const PASSPHRASE_LENGTH_MIN: usize = 8;

/// A passphrase, zeroed when dropped.
pub type Passphrase = Zeroizing<String>;

/// A member's key.
#[derive(Clone, Debug)]
pub struct MemberKey {
    /// The member's name.
    pub name: Name,
    /// The network's origin.
    pub origin: Origin,
    /// The secret key.
    pub key: SecretKey,
}

/// What a key file holds.
#[derive(Clone)]
pub enum KeyFile {
    /// A member's key.
    Member(Box<MemberKey>),
    /// A court's four keys.
    Court(Box<CourtKeys>),
}

/// The file's text, fields sorted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    court: Option<Name>,
    keys: BTreeMap<String, SecretText>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<Name>,
    origin: Origin,
    v: u64,
}

/// A text that holds a secret; zeroed when dropped.
struct SecretText(Zeroizing<String>);

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Member,
    Court,
}

impl KeyFile {
    /// The keys, named by purpose.
    pub fn keys(&self) -> Vec<(&'static str, &SecretKey)> {
        match self {
            Self::Member(member) => vec![("member", &member.key)],
            Self::Court(court) => {
                vec![("cosigner", &court.cosigner), ("log", &court.log), ("network", &court.network), ("vote", &court.vote)]
            }
        }
    }

    /// The owner's name.
    pub fn name(&self) -> &Name {
        match self {
            Self::Member(member) => &member.name,
            Self::Court(court) => &court.name,
        }
    }

    /// The network's origin.
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Member(member) => &member.origin,
            Self::Court(court) => &court.origin,
        }
    }

    /// The file's text; without a passphrase the keys are plain.
    ///
    /// # Errors
    /// No randomness.
    pub fn to_text(&self, passphrase: Option<&str>) -> anyhow::Result<Zeroizing<String>> {
        let mut keys = BTreeMap::new();
        for (purpose, key) in self.keys() {
            keys.insert(purpose.to_owned(), SecretText(pem::encode(key, passphrase)?));
        }
        let (kind, court, member) = match self {
            Self::Member(member) => (Kind::Member, None, Some(member.name.clone())),
            Self::Court(court) => (Kind::Court, Some(court.name.clone()), None),
        };
        let text = KeyText { court, keys, kind, member, origin: self.origin().clone(), v: 1 };
        let mut text = Zeroizing::new(serde_json::to_string(&text)?);
        text.push('\n');
        Ok(text)
    }

    /// Reads a file's text; `passphrase` is asked once, and only if a key is encrypted.
    ///
    /// # Errors
    /// Another shape, or a wrong passphrase.
    pub fn from_text(text: &str, passphrase: impl FnOnce() -> anyhow::Result<Passphrase>) -> anyhow::Result<Self> {
        let KeyText { court, keys, kind, member, origin, v } =
            serde_json::from_str(text).map_err(|_| anyhow::anyhow!("it is not the JSON of a key file"))?;
        anyhow::ensure!(v == 1, "it has version {v}; this software knows version 1");
        let encrypted = keys.values().any(|text| pem::is_encrypted(&text.0));
        let passphrase = if encrypted { Some(passphrase()?) } else { None };
        let wanted: &[&str] = if kind == Kind::Member { &["member"] } else { &["cosigner", "log", "network", "vote"] };
        anyhow::ensure!(
            keys.keys().map(String::as_str).eq(wanted.iter().copied()),
            "it does not hold exactly the keys {}",
            wanted.join(", ")
        );
        let key = |purpose: &str| match keys.get(purpose) {
            Some(text) => pem::decode(&text.0, passphrase.as_ref().map(|text| text.as_str())),
            None => anyhow::bail!("the key {purpose} is missing"),
        };
        match (kind, court, member) {
            (Kind::Member, None, Some(name)) => Ok(Self::Member(Box::new(MemberKey { name, origin, key: key("member")? }))),
            (Kind::Court, Some(name), None) => Ok(Self::Court(Box::new(CourtKeys {
                name,
                origin,
                vote: key("vote")?,
                log: key("log")?,
                cosigner: key("cosigner")?,
                network: key("network")?,
            }))),
            _ => anyhow::bail!("it names its owner in another field than `court` or `member`, as its kind asks"),
        }
    }
}

/// Reads a key file that only its owner can read.
///
/// # Errors
/// [`Failure`] of usage, with the next step.
pub fn read(path: &Path) -> anyhow::Result<KeyFile> {
    let name = crate::print::path(path);
    let text = read_private(path)?;
    KeyFile::from_text(&text, || ask_passphrase(&name)).map_err(|error| match error.downcast::<Failure>() {
        Ok(failure) => failure.into(),
        Err(_) if text.contains("PRIVATE KEY-----") && !text.trim_start().starts_with('{') => {
            let message = format!("{name} is a key of another program, not a key file");
            Failure::new(Exit::Usage, message)
                .next(format!("make a key file of it with `courtseal key import {name} NAME …`"))
                .into()
        }
        Err(error) => usage(format!("{name} is not a usable key file: {error}")),
    })
}

/// Reads a key that another program made: PKCS#8 PEM of an Ed25519 key.
///
/// # Errors
/// [`Failure`] of usage, with the next step.
pub fn read_pem(path: &Path) -> anyhow::Result<SecretKey> {
    let name = crate::print::path(path);
    let text = read_private(path)?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = Zeroizing::new(text);
    if text.contains("BEGIN OPENSSH PRIVATE KEY") {
        let next = "make a PEM of it with `ssh-keygen -p -m PKCS8 -f COPY`, on a copy; ssh-keygen does that for RSA and ECDSA keys only, so make a new Ed25519 key with openssl";
        return Err(Failure::new(Exit::Usage, format!("{name} is a key of OpenSSH's own form, not PKCS#8 PEM"))
            .next(next)
            .into());
    }
    let passphrase = if pem::is_encrypted(&text) { Some(ask_passphrase(&name)?) } else { None };
    pem::decode(&text, passphrase.as_ref().map(|text| text.as_str())).map_err(|error| {
        let next = match passphrase {
            Some(_) => "type the passphrase of that file again; the new key file's is the same if COURTSEAL_PASSPHRASE gives it",
            None => "make one with `openssl genpkey -algorithm ed25519 -out FILE`",
        };
        Failure::new(Exit::Usage, format!("{name} is not usable: {error}")).next(next).into()
    })
}

/// Reads a member's key file.
///
/// # Errors
/// As [`read`]; or the file is a court's.
pub fn read_member(path: &Path) -> anyhow::Result<MemberKey> {
    match read(path)? {
        KeyFile::Member(member) => Ok(*member),
        KeyFile::Court(court) => {
            let message = format!(
                "{} holds the keys of {}, which run its node; a member's key signs evidence",
                crate::print::path(path),
                court.name
            );
            Err(Failure::new(Exit::Usage, message).next("give a notary's or clerk's key file with --key").into())
        }
    }
}

/// Reads a court's key file.
///
/// # Errors
/// As [`read`]; or the file is a member's.
pub fn read_court(path: &Path) -> anyhow::Result<CourtKeys> {
    match read(path)? {
        KeyFile::Court(court) => Ok(*court),
        KeyFile::Member(member) => {
            Err(usage(format!("{} holds the key of member {}, not a court's keys", crate::print::path(path), member.name)))
        }
    }
}

/// Reads a text that only its owner may read: a key file, a case key.
///
/// # Errors
/// [`Failure`] of usage: it cannot be read, others can read it, or it is no text.
pub fn read_private(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    files::own::read_private(path, KEY_FILE_BYTES_MAX).map_err(|(problem, next)| {
        Failure { exit: Exit::Usage, message: format!("{} {problem}", crate::print::path(path)), next }.into()
    })
}

/// Writes a new key file, mode 0600; never over another file.
///
/// # Errors
/// I/O; the file exists.
pub fn write_new(path: &Path, key: &KeyFile, passphrase: Option<&str>) -> anyhow::Result<()> {
    let text = key.to_text(passphrase)?;
    files::named::write_new(path, text.as_bytes(), 0o600).map_err(|error| {
        let next = (error.kind() == std::io::ErrorKind::AlreadyExists)
            .then(|| "a key file is never overwritten; choose another name".to_owned());
        let message = format!("cannot write {}: {}", crate::print::path(path), files::reason(&error));
        Failure { exit: Exit::Usage, message, next }.into()
    })
}

/// The passphrase of a file that exists: from the environment, or typed.
fn ask_passphrase(name: &str) -> anyhow::Result<Passphrase> {
    passphrase(&format!("Passphrase of {name}: "))
}

/// The passphrase of a new file: from the environment, or typed twice.
///
/// # Errors
/// [`Failure`] of usage: too short, not typed alike, nobody to ask.
pub fn ask_new_passphrase(name: &str) -> anyhow::Result<Passphrase> {
    let first = passphrase(&format!("New passphrase for {name}: "))?;
    if first.chars().count() < PASSPHRASE_LENGTH_MIN {
        return Err(usage(format!("a passphrase has at least {PASSPHRASE_LENGTH_MIN} characters")));
    }
    if passphrase::given().is_none() && *passphrase("The same again: ")? != *first {
        return Err(usage("the two passphrases differ; nothing was written"));
    }
    Ok(first)
}

fn passphrase(prompt: &str) -> anyhow::Result<Passphrase> {
    if let Some(text) = passphrase::given() {
        return Ok(text);
    }
    if !std::io::stdin().is_terminal() {
        let message = "a passphrase is needed for the key file, and there is no terminal to ask for it";
        return Err(Failure::new(Exit::Usage, message)
            .next(format!("set {}, or run the command in a terminal", passphrase::VARIABLE))
            .into());
    }
    Ok(Zeroizing::new(rpassword::prompt_password(prompt)?))
}

#[cfg(test)]
mod tests;
