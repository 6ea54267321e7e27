//! Keyed hashes: commitments to confidential files (F15) and case tags (F16).
//!
//! In: a salt or a case key, and bytes.
//! Out: 32-byte tags and their text.
//! Always: without the key nobody can tell what a tag stands for.
//! Not for making salts, which come as arguments.

use crate::bytes::digest::{Digest, lower_hex};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use std::fmt;

const CASE_TAG: &[u8; 16] = b"COURTSEALCASE/v1";

/// An HMAC-SHA-256 value; as text `hmac-sha256:<64 hex>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(pub [u8; 32]);

impl Tag {
    /// Reads the text `hmac-sha256:<64 lower-case hex digits>`.
    pub fn parse(text: &str) -> Option<Self> {
        lower_hex(text.strip_prefix("hmac-sha256:")?).map(Self)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hmac-sha256:{}", hex::encode(self.0))
    }
}

impl TryFrom<String> for Tag {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a tag is written hmac-sha256:<64 lower-case hex digits>")
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> String {
        tag.to_string()
    }
}

/// HMAC-SHA-256 of a file under its salt, in pieces.
pub struct Committer(Hmac<sha2::Sha256>);

impl Committer {
    /// Starts with a 32-byte key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The tag of all bytes added.
    pub fn finish(self) -> Tag {
        Tag(self.0.finalize().into_bytes().into())
    }
}

/// The tag of case `number` under the case's key on this network (F16).
pub fn case_tag(case_key: &[u8; 32], chain: &Digest, number: &str) -> Tag {
    let mut committer = Committer::new(case_key);
    committer.update(CASE_TAG);
    committer.update(&chain.0);
    committer.update(number.as_bytes());
    committer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4231_test_1_with_a_padded_key() {
        // A key shorter than the block is padded with zeros, so the 20-byte key of the RFC is this 32-byte
        // one.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mut committer = Committer::new(&key);
        committer.update(b"Hi ");
        committer.update(b"There");
        let text = "hmac-sha256:b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(committer.finish().to_string(), text);
        assert_eq!(Tag::parse(text).unwrap().to_string(), text);
        assert_eq!(Tag::parse(&text.to_uppercase()), None);
        assert_eq!(Tag::parse(&text[12..]), None);
    }

    #[test]
    fn a_case_has_another_tag_on_another_network() {
        let tag = |key: u8, chain: u8, number: &str| case_tag(&[key; 32], &Digest([chain; 32]), number);
        assert_ne!(tag(1, 1, "2026-1"), tag(2, 1, "2026-1"));
        assert_ne!(tag(1, 1, "2026-1"), tag(1, 2, "2026-1"));
        assert_ne!(tag(1, 1, "2026-1"), tag(1, 1, "2026-2"));
    }
}
