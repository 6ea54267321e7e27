//! A checkpoint from a file, and the cosignatures on it that verify.
//!
//! In: a receipt or a signed note, the courts' policy. Out: the checkpoint, the courts that cosigned it.
//! Always: one cosignature of a court of the policy that does not verify makes the whole file of no use.
//! A quorum is not asked for: a court that signs falsely signs alone. Not for what a receipt is of.

use crate::failure::{Exit, Failure, next_step};
use crate::files::{named, reason};
use crate::print;
use crate::trust::Trust;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::log::checkpoint::{Checkpoint, Cosignature, CosignedCheckpoint};
use courtseal_proof::log::note::SignatureLine;
use courtseal_proof::log::policy::Policy;
use courtseal_proof::receipt::Receipt;
use courtseal_proof::verify::{Missing, PolicySource, Refusal};
use std::path::Path;

/// A court's cosignature that verifies.
pub struct Cosigner {
    /// The court that cosigned.
    pub court: String,
    /// Its cosigner key.
    pub key: PublicKey,
    /// What it signed, and when.
    pub cosignature: Cosignature,
}

/// A checkpoint and those that cosigned it.
pub struct Cosigned {
    /// The file, as people see it.
    pub shown: String,
    /// The checkpoint that was cosigned.
    pub checkpoint: Checkpoint,
    /// The courts of the policy that cosigned it, as its lines have them.
    pub cosigners: Vec<Cosigner>,
}

impl Cosigned {
    /// The places of the cosignatures whose keys are on another checkpoint too, and their places there.
    pub fn signed_by_both<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (usize, usize)> + 'a {
        let place = |key| other.cosigners.iter().position(|cosigner| cosigner.key == key);
        self.cosigners.iter().enumerate().filter_map(move |(at, cosigner)| Some((at, place(cosigner.key)?)))
    }

    /// The names of the courts.
    pub fn courts(&self) -> String {
        self.cosigners.iter().map(|cosigner| cosigner.court.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Reads two files, which must be of one network.
///
/// # Errors
/// [`Failure`]. Usage: one is neither a receipt nor a checkpoint, or they are of two networks. Invalid: a
/// cosignature does not verify. Cannot tell: the policy is missing or knows none of the keys.
pub fn read_two(paths: [&Path; 2], trust: &Trust) -> Result<[Cosigned; 2], Failure> {
    let [(a, one), (b, other)] = [read(paths[0])?, read(paths[1])?];
    let (origin, of_other) = (&one.checkpoint.origin, &other.checkpoint.origin);
    if origin != of_other {
        let message = format!("{a} is of {origin}, {b} of {of_other}: two networks do not contradict each other");
        return Err(Failure::new(Exit::Usage, message).next("name two receipts or checkpoints of one network"));
    }
    let policy = trust.policy_for(origin).and_then(|held| held.policy()).map_err(|refusal| no_policy(&refusal))?;
    if policy.origin() != origin {
        let message = format!("a policy of {origin}; the one given is of {}", policy.origin());
        return Err(no_policy(&Refusal::CannotTell(Missing::OtherNetwork, message)));
    }
    Ok([cosigned(a, one, policy)?, cosigned(b, other, policy)?])
}

fn read(path: &Path) -> Result<(String, CosignedCheckpoint), Failure> {
    let shown = print::path(path);
    let bytes = named::read(path, RECEIPT_BYTES_MAX)
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot read {shown}: {}", reason(&error))))?;
    let note = || std::str::from_utf8(&bytes).ok().and_then(|text| CosignedCheckpoint::parse(text).ok());
    let signed = Receipt::parse(&bytes).ok().map(|receipt| receipt.signed).or_else(note);
    match signed {
        Some(signed) => Ok((shown, signed)),
        None => {
            let message = format!("{shown} is neither a receipt nor a checkpoint");
            Err(Failure::new(Exit::Usage, message)
                .next("name a .tlog-proof, or a checkpoint as `courtseal log check --save` writes it"))
        }
    }
}

fn no_policy(refusal: &Refusal) -> Failure {
    let failure = Failure::new(Exit::of(refusal), format!("{}: missing is {}", refusal.verdict(), refusal.message()));
    match refusal {
        Refusal::CannotTell(missing, _) => failure.next(next_step(*missing)),
        Refusal::Invalid(..) => failure,
    }
}

fn cosigned(shown: String, signed: CosignedCheckpoint, policy: &Policy) -> Result<Cosigned, Failure> {
    let CosignedCheckpoint { checkpoint, cosignatures, .. } = signed;
    let mut cosigners: Vec<Cosigner> = Vec::new();
    for line in &cosignatures {
        // Keys that the policy does not know say nothing, for or against anybody.
        let Some(number) = policy.witness(&line.name, line.id) else { continue };
        let key = policy.witnesses()[number].key();
        let cosignature = cosignature(line).filter(|cosignature| checkpoint.verify_cosignature(&key, cosignature));
        let Some(cosignature) = cosignature else {
            let message = format!("INVALID: the cosignature of {} in {shown} does not verify", line.name);
            return Err(Failure::new(Exit::Invalid, message)
                .next("use the file as it was: one that was damaged or altered accuses nobody"));
        };
        if cosigners.iter().all(|other| other.key != key) {
            cosigners.push(Cosigner { court: line.name.clone(), key, cosignature });
        }
    }
    if cosigners.is_empty() {
        let message = format!("cannot tell: no cosignature in {shown} is by a key that the policy knows");
        return Err(Failure::new(Exit::CannotTell, message).next(next_step(Missing::UnknownKey)));
    }
    Ok(Cosigned { shown, checkpoint, cosigners })
}

fn cosignature(line: &SignatureLine) -> Option<Cosignature> {
    line.as_cosignature().map(|(time_s, signature)| Cosignature { time_s, signature })
}
