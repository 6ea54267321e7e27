//! Ed25519 keys and signatures, by the strict rule only (F2).
//!
//! In: raw 32-byte keys and seeds, messages, 64-byte signatures.
//! Out: yes or no.
//! Always: `verify_strict` is used. Batch verification never is, because its verdict depends on the other
//! signatures of the batch.
//! Not for making keys: seeds come as arguments.

use crate::bytes::digest::{Digest, lower_hex, sha256};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor, ser::SerializeTuple};
use std::fmt;
use zeroize::Zeroizing;

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
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok())
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
