//! Verification of a receipt under a policy, and of a file under a receipt (F38 to F40).
//!
//! In: a receipt's bytes, a policy's bytes, then the file's bytes in pieces.
//! Out: what is proven, or a [`Refusal`]: *invalid* with the check that failed, or *cannot tell* with what is
//! missing.
//! Always: the checks run in F38's order, and no part of a receipt is trusted before it is proven. There is
//! no network and no clock.
//! Not for saying that contents are true.

mod file;
mod refusal;
mod remembered;
mod signatures;

use crate::bytes::canonical;
use crate::bytes::digest::{Digest, sha256};
use crate::bytes::limits::{RECEIPT_BYTES_MAX, SYSTEM_ENTRY_BYTES_MAX};
use crate::bytes::name::Origin;
use crate::entry::{Entry, EntryError, Stated};
use crate::log::checkpoint::{Checkpoint, CosignedCheckpoint};
use crate::log::merkle::{leaf_hash, verify_inclusion};
use crate::log::policy::{Policy, PolicyError};
use crate::receipt::{FormError, Receipt, StatementPath};
use crate::transaction::Envelope;
pub use file::{FileCheck, FileSums, SumsAsked};
pub use refusal::{Check, Failed, Missing, Refusal, plain};
use refusal::{cannot_tell, found, invalid};
use remembered::Remembered;
use signatures::{check_signed, check_times};

/// A policy as the verifier holds it, read once, with the texts that were checked under it. Only a
/// verification says that the policy is unreadable. Each signed note and each member's envelope is checked
/// once, however many receipts hold it.
///
/// ```
/// use courtseal_proof::verify::{HeldPolicy, verify_receipt};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/vectors/receipt.json");
/// # let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
/// # let text = vectors["policies"]["four"].as_str().unwrap();
/// # let receipt = vectors["cases"][0]["receipt"].as_str().unwrap();
/// let held = HeldPolicy::new(text.as_bytes());
/// assert_eq!(held.policy()?.witnesses().len(), 4);
/// assert!(verify_receipt(receipt.as_bytes(), &held).is_ok());
/// // Bytes that are no policy are only found out by a verification, which then cannot tell.
/// let unreadable = HeldPolicy::new(b"no policy");
/// let refusal = verify_receipt(receipt.as_bytes(), &unreadable).unwrap_err();
/// assert_eq!((refusal.verdict(), refusal.reason()), ("cannot tell", "policy-unreadable"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeldPolicy {
    digest: Digest,
    policy: Result<Policy, PolicyError>,
    remembered: Remembered,
}

impl HeldPolicy {
    /// Takes a policy's bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self { digest: sha256(bytes), policy: Policy::parse(bytes), remembered: Remembered::default() }
    }

    /// SHA-256 of the policy's bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The policy, if it is readable and asks for enough.
    ///
    /// # Errors
    /// *Cannot tell*: `policy-unreadable` or `policy-too-weak`.
    pub fn policy(&self) -> Result<&Policy, Refusal> {
        match &self.policy {
            Err(error) => cannot_tell(Missing::PolicyUnreadable, format!("a readable policy: {error}")),
            Ok(policy) if !policy.is_strong() => cannot_tell(
                Missing::PolicyTooWeak,
                format!(
                    "a policy that asks for more than 2/3 of the courts; this one is content with {} of {}",
                    policy.least(),
                    policy.listed()
                ),
            ),
            Ok(policy) => Ok(policy),
        }
    }
}

/// Gives a verification its policy: one that is held, or the one that is trusted for a network (F44).
pub trait PolicySource {
    /// The policy under which receipts and checkpoints of this network are checked.
    ///
    /// # Errors
    /// [`Refusal::CannotTell`] if there is no usable policy.
    fn policy_for(&self, origin: &Origin) -> Result<&HeldPolicy, Refusal>;
}

impl PolicySource for HeldPolicy {
    fn policy_for(&self, _: &Origin) -> Result<&HeldPolicy, Refusal> {
        Ok(self)
    }
}

/// The facts that a receipt proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The entry that is proven.
    pub entry: Entry,
    /// Digest of the policy that it was proven under.
    pub policy_digest: Digest,
    /// The courts that cosigned and when, in POSIX seconds, sorted by name.
    pub courts: Vec<(String, u64)>,
    /// How many courts the policy asks for.
    pub courts_needed: usize,
    /// How many courts the policy lists.
    pub courts_listed: usize,
    /// Size of the log in the checkpoint.
    pub log_size: u64,
}

/// Checks 1 to 7 of F38: the receipt itself.
///
/// # Errors
/// [`Refusal`] names the first check that fails, or what is missing.
pub fn verify_receipt(receipt: &[u8], policies: &impl PolicySource) -> Result<Proven, Refusal> {
    let note = receipt.windows(2).position(|two| two == b"\n\n").map_or(&[][..], |at| &receipt[at + 2..]);
    let note = std::str::from_utf8(note).unwrap_or_default();
    let receipt = match Receipt::parse(receipt) {
        Ok(receipt) => receipt,
        Err(FormError::Malformed(reason)) => return found(Check::Form, "not a receipt", &reason),
        Err(FormError::Version(version)) => {
            return cannot_tell(Missing::Version, format!("software that knows {version}; this one knows courtseal-receipt/v2"));
        }
    };
    let held = policies.policy_for(&receipt.signed.checkpoint.origin)?;
    let policy = held.policy()?;
    // A receipt has one text, so this is the text of its checkpoint and signature lines.
    let courts = held.remembered.note(note, || check_signed(&receipt.signed, policy))?;
    let checkpoint = &receipt.signed.checkpoint;
    if !verify_inclusion(&leaf_hash(receipt.entry.as_bytes()), receipt.index, checkpoint.size, &receipt.path, &checkpoint.root) {
        return invalid(Check::Inclusion, "the entry is not in the log that the courts signed, at this index");
    }
    let entry = check_entry(&receipt)?;
    check_times(&courts, &entry)?;
    check_member(&receipt, &entry, &held.remembered)?;
    Ok(Proven {
        entry,
        policy_digest: held.digest,
        courts: courts.to_vec(),
        courts_needed: policy.least(),
        courts_listed: policy.listed(),
        log_size: checkpoint.size,
    })
}

/// A checkpoint that was proven under a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenCheckpoint {
    /// The checkpoint with its signatures.
    pub signed: CosignedCheckpoint,
    /// Digest of the policy that it was proven under.
    pub policy_digest: Digest,
    /// The courts that cosigned and when, in POSIX seconds, sorted by name.
    pub courts: Vec<(String, u64)>,
    /// How many courts the policy asks for.
    pub courts_needed: usize,
    /// How many courts the policy lists.
    pub courts_listed: usize,
}

impl ProvenCheckpoint {
    /// The checkpoint: origin, size and root of the log.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.signed.checkpoint
    }
}

/// Checks 1 to 4 of F38, for a checkpoint as a node serves it.
///
/// # Errors
/// [`Refusal`] names the first check that fails, or what is missing.
pub fn verify_checkpoint(note: &[u8], policies: &impl PolicySource) -> Result<ProvenCheckpoint, Refusal> {
    let parsed = match std::str::from_utf8(note) {
        Ok(text) if text.len() <= RECEIPT_BYTES_MAX => CosignedCheckpoint::parse(text),
        _ => Err("it is no text of at most 256 KiB"),
    };
    let signed = parsed.or_else(|reason| found(Check::Form, "not a checkpoint", &reason))?;
    let held = policies.policy_for(&signed.checkpoint.origin)?;
    let policy = held.policy()?;
    let courts = check_signed(&signed, policy)?;
    Ok(ProvenCheckpoint {
        policy_digest: held.digest,
        courts,
        courts_needed: policy.least(),
        courts_listed: policy.listed(),
        signed,
    })
}

fn check_entry(receipt: &Receipt) -> Result<Entry, Refusal> {
    let entry = match Entry::from_text(receipt.entry.as_bytes()) {
        Ok(entry) => entry,
        Err(EntryError::Malformed(reason)) => return found(Check::Entry, "the entry is malformed", &reason),
        Err(error @ EntryError::Unknown { .. }) => {
            return cannot_tell(Missing::Version, format!("software that knows more: {error}"));
        }
    };
    if entry.index != receipt.index || entry.chain != receipt.signed.checkpoint.origin {
        return invalid(Check::Entry, "the entry names another index or network than the receipt");
    }
    let does_hold = |stated: &Stated| stated.statement.body().holds(&entry.chain);
    if !entry.as_stated().is_none_or(does_hold) {
        let why = "a signature within it does not verify under the key that it names";
        return found(Check::Entry, "the statement does not hold", &why);
    }
    Ok(entry)
}

fn check_member(receipt: &Receipt, entry: &Entry, remembered: &Remembered) -> Result<(), Refusal> {
    let (stated, part) = match (entry.as_stated(), &receipt.member) {
        (None, None) => return Ok(()),
        (Some(stated), Some(part)) => (stated, part),
        (None, Some(_)) => return invalid(Check::Member, "a system entry with a member's envelope"),
        (Some(_), None) => return invalid(Check::Member, "the member's envelope is missing"),
    };
    let opened = remembered.envelope(&part.envelope, || {
        let envelope = Envelope::from_text(part.envelope.as_bytes());
        let envelope = envelope.map_err(|error| Failed::found("the envelope is malformed", &error))?;
        envelope.open(true).map_err(|error| Failed::found("the envelope does not hold", &error))
    });
    let (payload, id) = match &opened {
        Ok(opened) => &**opened,
        Err(failed) => return Err(Refusal::Invalid(Check::Member, failed.clone())),
    };
    let same = payload.chain == entry.chain
        && payload.member == stated.member.name
        && payload.key.digest() == stated.member.key
        && *id == stated.transaction;
    if !same {
        return invalid(Check::Member, "the envelope is of another network, member, key or transaction than the entry");
    }
    let path: StatementPath = match canonical::from_text(part.path.as_bytes(), SYSTEM_ENTRY_BYTES_MAX) {
        Ok(path) => path,
        Err(error) => return found(Check::Member, "the statement's path is malformed", &error),
    };
    let leaf = leaf_hash(stated.statement.to_text().as_bytes());
    if !verify_inclusion(&leaf, stated.position, payload.count, &path.hashes(), &payload.statements) {
        return invalid(Check::Member, "the statement is not among those that the member signed");
    }
    Ok(())
}
