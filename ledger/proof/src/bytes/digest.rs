//! SHA-256 digests, the only hash that the network itself relies on.
//!
//! In: bytes, whole or in pieces.
//! Out: 32-byte [`Digest`]s and their texts, `<hex>` and `sha256:<hex>`.
//! Always: one digest has one text (lower case, exactly 64 hex digits).
//! Not for keyed hashes, see [`crate::commitment`].

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;
use std::fmt;

/// A SHA-256 digest, 32 bytes. In bincode: 32 raw bytes; as text: 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

/// The digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest(sha2::Sha256::digest(bytes).into())
}

/// A digest of pieces, in order, as of their concatenation.
pub fn sha256_of(pieces: &[&[u8]]) -> Digest {
    let mut hasher = Hasher::default();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finish()
}

/// SHA-256 of bytes that arrive in pieces.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl Digest {
    /// Parses exactly 64 lower-case hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }

    /// The text `sha256:<hex>`.
    pub fn tagged(&self) -> String {
        format!("sha256:{self}")
    }
}

/// Parses exactly `2 * N` lower-case hex digits: the one hex reader of the project.
pub fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let canonical = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (canonical && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Serde as the text `sha256:<hex>`, for JSON: `#[serde(with = "courtseal_proof::bytes::digest::tagged")]`.
pub mod tagged {
    use super::{Deserialize, Deserializer, Digest, Serializer};

    /// Writes the text `sha256:<hex>`.
    pub fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&digest.tagged())
    }

    /// Reads the text `sha256:<64 lower-case hex digits>`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.strip_prefix("sha256:")
            .and_then(Digest::from_hex)
            .ok_or_else(|| serde::de::Error::custom("a digest is written sha256:<64 lower-case hex digits>"))
    }
}

/// Serde of an optional field as the text `sha256:<hex>`. Use it with `default` and
/// `skip_serializing_if = "Option::is_none"`.
pub mod optional_tagged {
    use super::{Deserializer, Digest, Serializer, tagged};

    /// Writes `sha256:<hex>`, if there is a digest.
    pub fn serialize<S: Serializer>(value: &Option<Digest>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => tagged::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads the text `sha256:<64 lower-case hex digits>`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
        tagged::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answer() {
        assert_eq!(sha256(b"abc").to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256_of(&[b"a", b"", b"bc"]), sha256(b"abc"));
    }

    #[test]
    fn only_one_text_for_a_digest() {
        let text = sha256(b"abc").to_string();
        assert_eq!(Digest::from_hex(&text), Some(sha256(b"abc")));
        assert_eq!(Digest::from_hex(&text.to_uppercase()), None);
        assert_eq!(Digest::from_hex(&text[1..]), None);
        assert_eq!(Digest::from_hex(&format!("{text}0")), None);
    }
}
