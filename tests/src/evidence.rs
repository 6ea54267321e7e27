//! Files to notarize, and transactions and checkpoints signed in the test.
//!
//! In: folders, sizes, keys.
//! Out: files of random contents under ordinary and odd names; transactions signed for any time and network.
//! Always: file contents and transaction nonces are random.
//! Not for checking how the courts answer.

use crate::network::LocalNetwork;
use anyhow::{Context, anyhow};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::log::checkpoint::{Checkpoint, CosignedCheckpoint};
use courtseal_proof::log::note::{SignatureLine, VerifierKey};
use courtseal_proof::log::policy::quorum_size;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::transaction::Transaction;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// An hour, in milliseconds: the time within which a transaction made here may be recorded.
const HOUR_MS: u64 = 60 * 60 * 1000;

/// Returns `N` random bytes.
///
/// # Errors
/// The system gives no randomness.
pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}

/// Makes a folder with `count` files of random contents, some in subfolders. Each has at most
/// `size_bytes_max` bytes.
///
/// # Errors
/// A file or folder cannot be written.
pub fn folder(at: &Path, count: usize, size_bytes_max: usize) -> anyhow::Result<()> {
    let mut bytes = vec![0; size_bytes_max];
    for number in 0..count {
        getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
        let inside = at.join(format!("bundle-{}", number / 100));
        fs::create_dir_all(&inside)?;
        // The sizes are spread over the whole range; the last file is the longest.
        let size = (number + 1) * size_bytes_max / count;
        fs::write(inside.join(format!("exhibit-{number:04}.bin")), &bytes[..size])?;
    }
    Ok(())
}

/// Names that are legal and odd: spaces, a newline, bytes that are not UTF-8, dashes, quotes, a long name.
pub fn odd_names() -> Vec<PathBuf> {
    let long = "n".repeat(200);
    let names: [&[u8]; 12] = [
        b"with space.pdf",
        b" leading and trailing ",
        b"new\nline.txt",
        b"tab\tand\x1b[31mcolour",
        b"\xff\xfe\x80.bin",
        b"-rf",
        b"--key",
        b"it's \"quoted\" $HOME `x`",
        "判决书-第1号.pdf".as_bytes(),
        b".hidden",
        b"percent%20%s%n",
        long.as_bytes(),
    ];
    names.map(|name| PathBuf::from(OsStr::from_bytes(name))).to_vec()
}

/// The present time, for transactions.
///
/// # Errors
/// The clock shows a time before 1970.
pub fn now() -> anyhow::Result<Timestamp> {
    Ok(Timestamp(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?))
}

/// One of the keys of a plain key file (F41): `member`, or a court's `vote`, `network`, `log` or `cosigner`.
///
/// # Errors
/// The file cannot be read or has another shape.
pub fn key(path: &Path, purpose: &str) -> anyhow::Result<SecretKey> {
    let value: Value = serde_json::from_slice(&fs::read(path)?)?;
    let pem = value["keys"][purpose].as_str().with_context(|| format!("the key file has no {purpose} key"))?;
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64_text::decode(&body).context("its PEM is no base64")?;
    // The last 32 bytes of the PKCS#8 are the seed.
    Ok(SecretKey::from_seed(*der.last_chunk::<32>().context("its PKCS#8 is too short")?))
}

/// A checkpoint that a quorum of the network's courts has cosigned, as the courts would at this time in POSIX
/// seconds.
///
/// # Errors
/// A key file cannot be read.
pub fn cosigned(network: &LocalNetwork, checkpoint: &Checkpoint, time_s: u64) -> anyhow::Result<String> {
    let quorum: Vec<usize> = (0..quorum_size(network.courts().len())).collect();
    cosigned_by(network, &quorum, checkpoint, time_s)
}

/// A checkpoint that the given courts have cosigned, sorted by name, as they would at this time in POSIX
/// seconds.
///
/// # Errors
/// A key file cannot be read.
pub fn cosigned_by(network: &LocalNetwork, courts: &[usize], checkpoint: &Checkpoint, time_s: u64) -> anyhow::Result<String> {
    let mut cosignatures = Vec::new();
    for court in courts.iter().map(|at| &network.courts()[*at]) {
        let cosigner = key(&court.home.join("court.key"), "cosigner")?;
        let name = VerifierKey::cosigner(&Name::new(court.name.clone())?, cosigner.public());
        cosignatures.push(SignatureLine::cosignature(&name, time_s, &checkpoint.cosign(&cosigner, time_s).signature));
    }
    let log = checkpoint.sign_as_log(&key(&network.courts()[0].home.join("court.key"), "log")?);
    Ok(CosignedCheckpoint { checkpoint: checkpoint.clone(), log, cosignatures }.note().to_string())
}

/// A member's plain key, as its key file holds it.
pub struct Signer {
    /// The member's name.
    pub member: Name,
    /// The network's origin, which the key file pins.
    pub origin: Origin,
    /// The member's secret key.
    pub key: SecretKey,
}

impl Signer {
    /// Reads a plain key file (F41).
    ///
    /// # Errors
    /// The file cannot be read or has another shape.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let value: Value = serde_json::from_slice(&fs::read(path)?)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a field of the key file is missing");
        Ok(Self {
            member: Name::new(text(&value["member"])?)?,
            origin: Origin::parse(&text(&value["origin"])?)?,
            key: key(path, "member")?,
        })
    }

    /// A transaction of these statements that may be recorded within an hour.
    ///
    /// # Errors
    /// The statements break a bound of the specification.
    pub fn sign(&self, statements: Vec<Statement>) -> anyhow::Result<Transaction> {
        self.sign_until(now()?.plus_ms(HOUR_MS), statements)
    }

    /// A transaction that may be recorded until a given time.
    ///
    /// # Errors
    /// The statements break a bound of the specification.
    pub fn sign_until(&self, not_after: Timestamp, statements: Vec<Statement>) -> anyhow::Result<Transaction> {
        Ok(Transaction::sign(&self.origin, &self.member, &self.key, random()?, not_after, statements)?)
    }
}

/// A public statement about a few bytes.
pub fn statement(bytes: &[u8]) -> Statement {
    Statement::public(FileDigests::of_sha256(sha256(bytes)), bytes.len() as u64)
}
