//! Ed25519 keys and signatures, by the strict rule only (F2).
//!
//! In: raw 32-byte keys and seeds, messages, 64-byte signatures.
//! Out: yes or no.
//! Always: the rule is that of `verify_strict`. Batch verification is never used, because its verdict depends
//! on the other signatures of the batch.
//! Not for making keys: seeds come as arguments.

use crate::bytes::digest::{Digest, lower_hex, sha256};
use ed25519_dalek::{Signer, SigningKey, Verifier as _, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor, ser::SerializeTuple};
use std::fmt;
use zeroize::Zeroizing;

/// The encodings of the eight points of small order, without the sign of x, which is the highest bit.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ],
    [
        0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
        0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
        0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
];

/// A raw Ed25519 public key, 32 bytes, not necessarily a good one: see [`PublicKey::is_registrable`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct PublicKey(pub [u8; 32]);

/// An Ed25519 signature, 64 bytes. In bincode: 64 raw bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 64]);

/// An Ed25519 secret key; zeroed when dropped.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl PublicKey {
    /// Parses exactly 64 lower-case hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }

    /// Whether `signature` is this key's over `message`, by the strict rule: no small-order key or R,
    /// canonical s.
    ///
    /// It says what `verify_strict` says, and does not decompress R. `verify` computes R' = \[s\]B - \[k\]A,
    /// and accepts only if R is the canonical encoding of R'. So an accepted R is of small order only if it
    /// is the canonical encoding of a point of small order, and there are eight of them.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        let mut r = [0; 32];
        r.copy_from_slice(&signature.0[..32]);
        r[31] &= 0x7f;
        !SMALL_ORDER.contains(&r)
            && VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
                !key.is_weak() && key.verify(message, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
            })
    }

    /// Whether the key may be registered: a canonical encoding of a point of prime order.
    pub fn is_registrable(&self) -> bool {
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
            let point = key.to_edwards();
            point.compress().to_bytes() == self.0 && !key.is_weak() && point.is_torsion_free()
        })
    }

    /// The key's digest, which entries name instead of the key: `SHA-256(32-byte key)`.
    pub fn digest(&self) -> Digest {
        sha256(&self.0)
    }
}

impl SecretKey {
    /// The key with this seed (RFC 8032, section 5.1.5).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The seed, for writing a key file.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`; deterministic.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(64)?;
        for byte in &self.0 {
            tuple.serialize_element(byte)?;
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Signature;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 bytes")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut sequence: A) -> Result<Signature, A::Error> {
                let mut bytes = [0; 64];
                for (at, byte) in bytes.iter_mut().enumerate() {
                    *byte = sequence.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(at, &self))?;
                }
                Ok(Signature(bytes))
            }
        }
        deserializer.deserialize_tuple(64, Bytes)
    }
}

/// Serde as 64 lower-case hex digits, for JSON: `#[serde(with = "courtseal_proof::bytes::key::hex_text")]`.
pub mod hex_text {
    use super::{Deserialize, Deserializer, PublicKey, Serializer};

    /// Writes 64 hex digits.
    pub fn serialize<S: Serializer>(key: &PublicKey, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(key)
    }

    /// Reads 64 lower-case hex digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PublicKey, D::Error> {
        let text = String::deserialize(deserializer)?;
        PublicKey::from_hex(&text).ok_or_else(|| serde::de::Error::custom("a key is written as 64 lower-case hex digits"))
    }
}

/// Serde as 128 lower-case hex digits, for JSON:
/// `#[serde(with = "courtseal_proof::bytes::key::signature_text")]`.
pub mod signature_text {
    use super::{Deserialize, Deserializer, Serializer, Signature};

    /// Writes 128 hex digits.
    pub fn serialize<S: Serializer>(signature: &Signature, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(signature.0))
    }

    /// Reads 128 lower-case hex digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Signature, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::bytes::digest::lower_hex(&text)
            .map(Signature)
            .ok_or_else(|| serde::de::Error::custom("a signature is written as 128 lower-case hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::Scalar;
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha512};

    #[test]
    fn rfc_8032_test_1() {
        let secret = SecretKey::from_seed(lower_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap());
        assert_eq!(secret.public().to_string(), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let signature = secret.sign(b"");
        assert_eq!(
            format!("{signature:?}"),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
        assert!(secret.public().verify(b"", &signature));
        assert!(!secret.public().verify(b"x", &signature));
        assert_eq!(crate::bytes::codec::encode(&signature), signature.0);
        assert_eq!(crate::bytes::codec::decode(&signature.0, 64), Ok(signature));
        assert!(crate::bytes::codec::decode::<Signature>(&signature.0[1..], 64).is_err());
    }

    /// The verdict of the library's strict function, which decompresses R.
    fn is_strictly_valid(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&key.0).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }

    #[test]
    fn the_points_of_small_order_are_eight() {
        let signs = SMALL_ORDER.into_iter().flat_map(|y| [0, 0x80].map(|sign| [&y[..31], &[y[31] | sign]].concat()));
        let encodings: Vec<[u8; 32]> = signs.map(|bytes| bytes.try_into().unwrap()).collect();
        let points = encodings.iter().filter_map(|bytes| VerifyingKey::from_bytes(bytes).ok());
        let canonical: Vec<VerifyingKey> =
            points.filter(|key| key.to_edwards().compress().to_bytes() == key.to_bytes()).collect();
        assert_eq!(canonical.len(), 8);
        assert!(canonical.iter().all(VerifyingKey::is_weak));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn f2_the_verdict_is_that_of_the_strict_function(
            seed: [u8; 32],
            message in proptest::collection::vec(any::<u8>(), 0..80),
            small in 0..2 * SMALL_ORDER.len(),
            of_other: [u8; 32],
            kind in 0..8,
            bit in 0..512usize,
        ) {
            let secret = SecretKey::from_seed(seed);
            let (mut key, mut signature) = (secret.public(), secret.sign(&message));
            let mut weak = SMALL_ORDER[small / 2];
            weak[31] |= if small % 2 == 1 { 0x80 } else { 0 };
            match kind {
                0 => {}
                1 => signature.0[bit / 8] ^= 1 << (bit % 8),
                2 => key.0[bit / 8 % 32] ^= 1 << (bit % 8),
                3 => signature.0[..32].copy_from_slice(&weak),
                4 => key.0 = weak,
                // [s]B as R for a key of small order: without the strict rule it is valid for many messages.
                5 => {
                    let other = SecretKey::from_seed(of_other);
                    key.0 = weak;
                    signature.0[..32].copy_from_slice(&other.public().0);
                    signature.0[32..].copy_from_slice(&other.0.to_scalar().to_bytes());
                }
                // s = ka, so that R' is the neutral element.
                6 => {
                    signature.0[..32].copy_from_slice(&SMALL_ORDER[1]);
                    let hash = Sha512::new().chain_update(SMALL_ORDER[1]).chain_update(key.0).chain_update(&message);
                    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
                    signature.0[32..].copy_from_slice(&(k * secret.0.to_scalar()).to_bytes());
                }
                // With s = 0, R' is a multiple of the key: of small order as well.
                _ => {
                    key.0 = weak;
                    signature.0[..32].copy_from_slice(&SMALL_ORDER[bit % SMALL_ORDER.len()]);
                    signature.0[32..].fill(0);
                }
            }
            prop_assert_eq!(key.verify(&message, &signature), is_strictly_valid(&key, &message, &signature));
            prop_assert!(kind != 0 || key.verify(&message, &signature));
        }
    }

    #[test]
    fn refuses_keys_that_are_not_registrable() {
        assert!(SecretKey::from_seed([7; 32]).public().is_registrable());
        // The neutral element, a point of order eight, the neutral element in a non-canonical encoding, and
        // no point.
        for hex in [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0200000000000000000000000000000000000000000000000000000000000000",
        ] {
            assert!(!PublicKey::from_hex(hex).unwrap().is_registrable(), "{hex}");
        }
        // A good point plus a point of order two: on the curve, but not torsion-free.
        let good = SecretKey::from_seed([7; 32]).public();
        let mut negated = good;
        negated.0[31] ^= 0x80;
        assert!(negated.is_registrable(), "the negative of a good point is good");
    }
}
