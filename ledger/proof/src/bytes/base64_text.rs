//! The project's one base64: standard alphabet, padded, canonical (F4).
//!
//! In: bytes, text.
//! Out: text, bytes.
//! Always: the same bytes have one text.
//! Not for URLs.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serializer};

/// The text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a canonical text.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The bytes of a canonical text, exactly `N` of them.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    // The length is bounded before anything is allocated.
    (text.len() == N.div_ceil(3) * 4).then(|| decode(text)).flatten()?.try_into().ok()
}

/// Serde of bytes as base64: `#[serde(with = "courtseal_proof::bytes::base64_text::bytes")]`.
pub mod bytes {
    use super::{Deserialize, Deserializer, Serializer};

    /// Writes the text.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::encode(bytes))
    }

    /// Reads the text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::decode(&text).ok_or_else(|| serde::de::Error::custom("not canonical base64"))
    }
}
