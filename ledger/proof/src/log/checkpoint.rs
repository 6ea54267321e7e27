//! Checkpoints, and the signatures of courts over them (F29, F32).
//!
//! In: origin, size, root, keys, a time.
//! Out: the checkpoint's text, log signatures, cosignatures.
//! Always: one checkpoint has one text.
//! Not for deciding *when* a court may cosign: the node's cosigner does, after commit and behind its guard.

use crate::bytes::base64_text;
use crate::bytes::digest::Digest;
use crate::bytes::key::{PublicKey, SecretKey, Signature};
use crate::bytes::limits::{COSIGNED_AT_S_MAX, COSIGNED_BEFORE_RECORDED_S_MAX, INTEGER_MAX};
use crate::bytes::name::Origin;
use crate::bytes::time::Timestamp;
use crate::log::note::{Note, SignatureLine, VerifierKey};
use serde::{Deserialize, Serialize};

/// A checkpoint: the log's size and root at some moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The origin of the network.
    pub origin: Origin,
    /// Number of entries in the log.
    pub size: u64,
    /// RFC 6962 root over these entries.
    pub root: Digest,
}

/// A court's cosignature over a checkpoint that is known from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosignature {
    /// When the court signed, in POSIX seconds.
    pub time_s: u64,
    /// The court's signature, of type 0x04.
    pub signature: Signature,
}

impl Checkpoint {
    /// The signed text: three lines.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64_text::encode(&self.root.0))
    }

    /// Reads exactly that text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let checkpoint = Self {
            origin: Origin::parse(origin).ok()?,
            size: parse_decimal(size)?,
            root: Digest(base64_text::decode_array(root)?),
        };
        lines.next().is_none().then_some(checkpoint)
    }

    /// Signs as the log (type 0x01).
    pub fn sign_as_log(&self, key: &SecretKey) -> SignatureLine {
        SignatureLine::log(&VerifierKey::log(&self.origin, key.public()), &key.sign(self.to_text().as_bytes()))
    }

    /// Cosigns (type 0x04) at `time_s`, POSIX seconds.
    pub fn cosign(&self, key: &SecretKey, time_s: u64) -> Cosignature {
        Cosignature { time_s, signature: key.sign(&self.cosigned_message(time_s)) }
    }

    /// Whether `cosignature` is this key's over this checkpoint.
    pub fn verify_cosignature(&self, key: &PublicKey, cosignature: &Cosignature) -> bool {
        key.verify(&self.cosigned_message(cosignature.time_s), &cosignature.signature)
    }

    /// The note with these signature lines, in this order.
    pub fn note(&self, signatures: Vec<SignatureLine>) -> Note {
        Note { text: self.to_text(), signatures }
    }

    fn cosigned_message(&self, time_s: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {time_s}\n{}", self.to_text()).into_bytes()
    }
}

/// Whether a cosignature of this time, in POSIX seconds, may cover an entry that was recorded at the given
/// time (F43).
pub fn may_cosign_at(time_s: u64, recorded_at: Timestamp) -> bool {
    // Both are in whole seconds, because a cosigner reads its clock in whole seconds.
    time_s <= COSIGNED_AT_S_MAX && time_s + COSIGNED_BEFORE_RECORDED_S_MAX >= recorded_at.0 / 1000
}

/// A checkpoint with its signature lines, the log's first: the second half of a receipt, and what a node
/// serves. Only a policy says which keys these are and how long their signatures must be: see
/// [`crate::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedCheckpoint {
    /// The checkpoint that is signed.
    pub checkpoint: Checkpoint,
    /// The first line: the serving court's log signature.
    pub log: SignatureLine,
    /// All other lines: the cosignatures, sorted by court name (F35). [`crate::verify`] refuses another
    /// order.
    pub cosignatures: Vec<SignatureLine>,
}

impl CosignedCheckpoint {
    /// The signed note of the checkpoint and its lines.
    pub fn note(&self) -> Note {
        self.checkpoint.note(std::iter::once(&self.log).chain(&self.cosignatures).cloned().collect())
    }

    /// Reads such a note, by form alone.
    ///
    /// # Errors
    /// The rule of the form that is broken (F38, check 1).
    pub fn parse(note: &str) -> Result<Self, &'static str> {
        let note = Note::parse(note).ok_or("the checkpoint is not a signed note")?;
        let checkpoint = Checkpoint::parse(&note.text).ok_or("the checkpoint is not origin, size and root")?;
        let origin = checkpoint.origin.to_string();
        if !note.signatures.iter().any(|line| line.name == origin) {
            return Err("no signature line is the log's");
        }
        let mut signatures = note.signatures.into_iter();
        let log = signatures.next().ok_or("the checkpoint is not signed")?;
        Ok(Self { checkpoint, log, cosignatures: signatures.collect() })
    }
}

/// Reads a decimal without sign or leading zeros, at most 2^53 - 1.
pub fn parse_decimal(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten().filter(|number| *number <= INTEGER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::digest::sha256;
    use crate::bytes::name::Name;
    use proptest::prelude::*;

    #[test]
    fn f29_one_text() {
        let checkpoint = Checkpoint { origin: Origin::new(Name::new("net").unwrap(), sha256(b"")), size: 12, root: sha256(b"r") };
        let text = checkpoint.to_text();
        assert_eq!(Checkpoint::parse(&text), Some(checkpoint));
        for bad in
            [text.replace("\n12\n", "\n012\n"), format!("{text}x\n"), text.replace("\n12\n", "\n+12\n"), text.trim_end().into()]
        {
            assert_eq!(Checkpoint::parse(&bad), None, "{bad:?}");
        }
        assert_eq!(parse_decimal("9007199254740991"), Some(INTEGER_MAX));
        assert_eq!(parse_decimal("9007199254740992"), None);
    }

    #[test]
    fn f43_times_at_each_bound_and_one_beyond() {
        let recorded_at = Timestamp(1_795_453_200_999);
        let earliest = 1_795_453_190;
        assert!(may_cosign_at(earliest, recorded_at) && !may_cosign_at(earliest - 1, recorded_at));
        assert!(!may_cosign_at(earliest, recorded_at.plus_ms(1)), "the next second has begun");
        assert!(may_cosign_at(COSIGNED_AT_S_MAX, recorded_at) && !may_cosign_at(COSIGNED_AT_S_MAX + 1, recorded_at));
        assert!(!may_cosign_at(u64::MAX, recorded_at));
        assert!(may_cosign_at(0, Timestamp(10_999)) && !may_cosign_at(0, Timestamp(11_000)));
    }

    proptest! {
        #[test]
        fn f29_to_f32_any_checkpoint_and_its_signatures_come_back(
            size in 0..=INTEGER_MAX,
            root: [u8; 32],
            times in proptest::collection::vec(any::<u64>(), 0..5),
            at: proptest::sample::Index,
            byte: u8,
        ) {
            let checkpoint = Checkpoint { origin: Origin::new(Name::new("net").unwrap(), sha256(b"")), size, root: Digest(root) };
            let key = SecretKey::from_seed([1; 32]);
            let court = VerifierKey::cosigner(&Name::new("court-00").unwrap(), key.public());
            let line = |time_s: &u64| {
                let cosignature = checkpoint.cosign(&key, *time_s);
                assert!(checkpoint.verify_cosignature(&key.public(), &cosignature));
                let line = SignatureLine::cosignature(&court, *time_s, &cosignature.signature);
                assert_eq!(line.as_cosignature(), Some((*time_s, cosignature.signature)));
                line
            };
            let cosignatures: Vec<SignatureLine> = times.iter().map(line).collect();
            let signed = CosignedCheckpoint { log: checkpoint.sign_as_log(&key), cosignatures, checkpoint };
            let text = signed.note().to_string();
            prop_assert_eq!(CosignedCheckpoint::parse(&text), Ok(signed));
            let mut other = text.clone().into_bytes();
            let at = at.index(other.len());
            other[at] = byte;
            if let Ok(Ok(parsed)) = std::str::from_utf8(&other).map(CosignedCheckpoint::parse) {
                prop_assert_eq!(parsed.note().to_string().into_bytes(), other);
            }
        }
    }
}
