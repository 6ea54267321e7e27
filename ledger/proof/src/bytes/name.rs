//! Names of networks, courts and members (F7), and the network's origin (F8).
//!
//! In: text.
//! Out: [`Name`] and [`Origin`].
//! Always: a name has `[a-z0-9]` words joined by single `-`, `.` or `_`, 1 to 40 bytes. So it never needs
//! quoting in a note, a policy, a file name or a terminal.
//! Not for names of persons: the log has none.

use crate::bytes::digest::Digest;
use crate::bytes::limits::NAME_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A checked name of 1 to 40 bytes.
///
/// ```
/// use courtseal_proof::bytes::name::Name;
///
/// assert_eq!(Name::new("court-of-beijing")?.as_str(), "court-of-beijing");
/// for text in ["", "Court", "court beijing", "court--beijing", "none"] {
///     assert!(Name::new(text).is_err());
/// }
/// # Ok::<(), courtseal_proof::bytes::name::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// The name of a court: the name of its cosignatures too.
pub type CourtName = Name;

/// The reason why a text is no name or no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is no name.
    #[error("a name has 1 to 40 characters: lower-case letters, digits, and single - . or _ between them; `none` is reserved")]
    Name,
    /// The text is no origin.
    #[error("an origin is <network name>/<64 hex digits of the genesis digest>")]
    Origin,
}

impl Name {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`NameError::Name`].
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let bytes = text.as_bytes();
        let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let joint = |b: &u8| matches!(b, b'-' | b'.' | b'_');
        let good = (1..=NAME_BYTES_MAX).contains(&bytes.len())
            && bytes.iter().all(|b| word(b) || joint(b))
            && bytes.first().is_some_and(word)
            && bytes.last().is_some_and(word)
            && !bytes.windows(2).any(|pair| joint(&pair[0]) && joint(&pair[1]))
            // `none` has a meaning of its own in a C2SP tlog-policy.
            && text != "none";
        good.then_some(Self(text)).ok_or(NameError::Name)
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

/// The C2SP origin of a network, its only name in text: `<network name>/<genesis digest in hex>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    network: Name,
    genesis: Digest,
}

impl Origin {
    /// The origin of the network `network` with this genesis digest.
    pub fn new(network: Name, genesis: Digest) -> Self {
        Self { network, genesis }
    }

    /// Reads `<name>/<64 hex digits>`.
    ///
    /// # Errors
    /// [`NameError::Origin`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (network, genesis) = text.split_once('/').ok_or(NameError::Origin)?;
        match (Name::new(network), Digest::from_hex(genesis)) {
            (Ok(network), Some(genesis)) => Ok(Self { network, genesis }),
            _ => Err(NameError::Origin),
        }
    }

    /// The network's name.
    pub fn network(&self) -> &Name {
        &self.network
    }

    /// The genesis digest, which stands for the network in binary sign bytes.
    pub fn chain(&self) -> Digest {
        self.genesis
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.genesis)
    }
}

impl TryFrom<String> for Origin {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "0", "court-beijing", "court.of_appeal-2", &"a".repeat(40)] {
            assert!(Name::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "a.-b", "A", "a b", "a+b", "a/b", "é", "a\n", "none", &"a".repeat(41)] {
            assert_eq!(Name::new(bad), Err(NameError::Name), "{bad}");
        }
    }

    #[test]
    fn origins() {
        let text = format!("cn-courts/{}", crate::bytes::digest::sha256(b""));
        assert_eq!(Origin::parse(&text).unwrap().to_string(), text);
        for bad in ["cn-courts", "cn-courts/", "/00", &text.to_uppercase(), &format!("{text}/"), &text[..text.len() - 1]] {
            assert_eq!(Origin::parse(bad), Err(NameError::Origin), "{bad}");
        }
    }
}
