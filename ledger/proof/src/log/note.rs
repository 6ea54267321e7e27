//! C2SP signed notes: verifier keys, signature lines, notes (F30, F31).
//!
//! In: keys, texts.
//! Out: lines and notes, parsed strictly.
//! Always: a parsed note has at least one signature line, each with canonical base64, and serialises to the
//! same bytes.
//! Not for deciding which keys to trust: that is [`crate::log::policy`].

use crate::bytes::base64_text;
use crate::bytes::digest::{lower_hex, sha256_of};
use crate::bytes::key::{PublicKey, Signature};
use crate::bytes::name::{Name, Origin};
use std::fmt;

/// The type of a key in a note, which says what its signatures cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyType {
    /// 0x01: Ed25519 over the note's text.
    Log,
    /// 0x04: timestamped Ed25519 cosignature.
    Cosigner,
}

impl KeyType {
    /// The byte in key ids and verifier keys.
    pub fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Cosigner => 0x04,
        }
    }
}

/// The first four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ key)`.
pub type KeyId = [u8; 4];

/// A named key that verifies signature lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key_type: KeyType,
    key: PublicKey,
}

impl VerifierKey {
    /// A court's log key: its name is the origin.
    pub fn log(origin: &Origin, key: PublicKey) -> Self {
        Self { name: origin.to_string(), key_type: KeyType::Log, key }
    }

    /// A court's cosigner key: its name is the court's.
    pub fn cosigner(court: &Name, key: PublicKey) -> Self {
        Self { name: court.to_string(), key_type: KeyType::Cosigner, key }
    }

    /// Reads `<name>+<8 hex>+<base64>` of a type above, and checks the key id.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('+')?;
        let (id, encoded) = rest.split_once('+')?;
        let [type_byte, key @ ..] = base64_text::decode_array::<33>(encoded)?;
        let key_type = [KeyType::Log, KeyType::Cosigner].into_iter().find(|known| known.byte() == type_byte)?;
        let parsed = Self { name: name.to_owned(), key_type, key: PublicKey(key) };
        (is_key_name(name) && lower_hex::<4>(id)? == parsed.id()).then_some(parsed)
    }

    /// Reads `<name>+<8 hex>+<base64>` of a type that this software does not know, and returns the name. It
    /// is not known either how such a key makes its id, so the id is not checked.
    pub fn parse_unknown(text: &str) -> Option<&str> {
        let (name, rest) = text.split_once('+')?;
        let (id, encoded) = rest.split_once('+')?;
        let bytes = base64_text::decode(encoded)?;
        let is_unknown = bytes.len() > 1 && [KeyType::Log, KeyType::Cosigner].iter().all(|known| known.byte() != bytes[0]);
        (is_unknown && is_key_name(name) && lower_hex::<4>(id).is_some()).then_some(name)
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's type.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The raw key.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// The key id.
    pub fn id(&self) -> KeyId {
        let digest = sha256_of(&[self.name.as_bytes(), b"\n", &[self.key_type.byte()], &self.key.0]);
        [digest.0[0], digest.0[1], digest.0[2], digest.0[3]]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.key_type.byte()], &self.key.0[..]].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), base64_text::encode(&bytes))
    }
}

/// Whether a text may name a key (F30): not empty, no white space, no `+`, no control characters.
pub fn is_key_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c == '+' || c.is_control())
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: KeyId,
    /// The bytes after the key id, at least one. They are a signature, or a cosignature's eight bytes of time
    /// and its signature. For an unknown key they are any bytes.
    pub blob: Vec<u8>,
}

impl SignatureLine {
    /// A log signature's line.
    pub fn log(key: &VerifierKey, signature: &Signature) -> Self {
        Self { name: key.name.clone(), id: key.id(), blob: signature.0.to_vec() }
    }

    /// A cosignature's line; `time_s` in POSIX seconds.
    pub fn cosignature(key: &VerifierKey, time_s: u64, signature: &Signature) -> Self {
        Self { name: key.name.clone(), id: key.id(), blob: [&time_s.to_be_bytes()[..], &signature.0].concat() }
    }

    /// The blob as a log signature.
    pub fn as_log(&self) -> Option<Signature> {
        self.blob[..].try_into().map(Signature).ok()
    }

    /// The blob as a cosignature: time in POSIX seconds, signature.
    pub fn as_cosignature(&self) -> Option<(u64, Signature)> {
        let (time, signature) = self.blob.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*time), Signature(signature.try_into().ok()?)))
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = base64_text::decode(encoded)?;
        let (id, blob) = bytes.split_first_chunk::<4>()?;
        (is_key_name(name) && !blob.is_empty()).then(|| Self { name: name.to_owned(), id: *id, blob: blob.to_vec() })
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\u{2014} {} {}", self.name, base64_text::encode(&[&self.id, &self.blob[..]].concat()))
    }
}

/// A signed note: a text that ends in a newline, and signature lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The signed text, its last newline included.
    pub text: String,
    /// The signature lines, in order.
    pub signatures: Vec<SignatureLine>,
}

impl Note {
    /// Reads a note strictly.
    pub fn parse(note: &str) -> Option<Self> {
        let at = note.rfind("\n\n")?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        let lines = lines.strip_suffix('\n')?;
        let signatures = lines.split('\n').map(SignatureLine::parse).collect::<Option<Vec<_>>>()?;
        Some(Self { text: text.to_owned(), signatures })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| write!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::key::SecretKey;

    #[test]
    fn f31_verifier_key_round_trip() {
        let key = VerifierKey::cosigner(&Name::new("court-beijing").unwrap(), SecretKey::from_seed([1; 32]).public());
        let text = key.to_string();
        assert_eq!(VerifierKey::parse(&text), Some(key));
        for bit in 0..text.len() * 8 {
            let mut other = text.clone().into_bytes();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(String::from_utf8(other).ok().and_then(|text| VerifierKey::parse(&text)).is_none(), "bit {bit}");
        }
    }

    /// The example verifier key of the C2SP text on signed notes.
    #[test]
    fn f31_foreign_verifier_key() {
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(VerifierKey::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn f30_notes_are_parsed_strictly() {
        let note = "a\nb\n\n\u{2014} k AAAAAAE=\n";
        assert_eq!(Note::parse(note).unwrap().to_string(), note);
        for bad in [
            "a\n\n",
            "a\n\n\n",
            "a\n\n\u{2014} k AAAAAAE=",
            "a\n\n- k AAAAAAE=\n",
            "a\n\n\u{2014} k AAAAAAF=\n",
            "a\n\n\u{2014}  AAAAAAE=\n",
        ] {
            assert_eq!(Note::parse(bad), None, "{bad:?}");
        }
    }
}
