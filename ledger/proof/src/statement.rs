//! Statements: one legal fact each, as a member signs it (F14), and the opening of a confidential one (F17).
//!
//! In and out: canonical JSON. Always: a statement that parses keeps every rule of F14. Not for judging whether a
//! member may state this: that is the ledger's.

use crate::canonical::{self, CanonicalError};
use crate::commitment::Tag;
use crate::digest::{Digest, lower_hex};
use crate::equivocation::Equivocation;
use crate::limits::{INTEGER_MAX, MEDIA_TYPE_BYTES_MAX, OPENING_BYTES_MAX, STATEMENT_BYTES_MAX};
use crate::time::{self, Timestamp};
use serde::{Deserialize, Serialize};

/// Why a text is no statement, or no opening.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Not canonical JSON of the shape.
    #[error("{0}")]
    Canonical(#[from] CanonicalError),
    /// A field breaks a rule.
    #[error("{0}")]
    Field(&'static str),
    /// An opening of a version that this software does not know (F28).
    #[error("an opening of version {0}, which this software does not know")]
    Version(u64),
}

/// The kind of a statement; more kinds come with later versions of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatementKind {
    /// A file that the member saw.
    Evidence,
    /// Two things that a court signed for one step (F42); stated by courts, with their voting keys.
    Equivocation,
}

impl StatementKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Evidence, Self::Equivocation];

    /// The kind's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Equivocation => "equivocation",
        }
    }
}

/// How much a statement shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Digests, size and media type are on the log.
    Public,
    /// Only a salted commitment is on the log.
    Confidential,
}

/// A statement of F14 or F42: in sorted fields, each present or absent as its kind and mode ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The submitter's word for when the file was made or seen; public mode only.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    pub asserted_at: Option<Timestamp>,
    /// The case it belongs to, as a tag under the case's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Tag>,
    /// The commitment; confidential mode only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Tag>,
    /// Digests of the file; public mode only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digests: Option<FileDigests>,
    /// The two signatures that contradict each other; kind `equivocation` only, and then alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equivocation: Option<Box<Equivocation>>,
    /// What is stated.
    pub kind: StatementKind,
    /// Media type; public mode only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// How much is shown; evidence only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Length of the file in bytes; public mode only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// The digests of a file: SHA-256 always, SHA-512 optionally.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct FileDigests {
    /// SHA-256, by which first registration is judged, together with the statement's size.
    pub sha256: Digest,
    /// SHA-512, 64 bytes.
    pub sha512: Option<[u8; 64]>,
}

impl TryFrom<Vec<String>> for FileDigests {
    type Error = &'static str;
    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        const FORM: &str = "digests are [sha256:<64 hex>] or [sha256:<64 hex>, sha512:<128 hex>]";
        let sha256 = texts.first().and_then(|text| Digest::from_hex(text.strip_prefix("sha256:")?)).ok_or(FORM)?;
        match &texts[1..] {
            [] => Ok(Self { sha256, sha512: None }),
            [text] => {
                let sha512 = text.strip_prefix("sha512:").and_then(lower_hex).ok_or(FORM)?;
                Ok(Self { sha256, sha512: Some(sha512) })
            }
            _ => Err(FORM),
        }
    }
}

impl From<FileDigests> for Vec<String> {
    fn from(digests: FileDigests) -> Self {
        let mut texts = vec![digests.sha256.tagged()];
        texts.extend(digests.sha512.map(|digest| format!("sha512:{}", hex::encode(digest))));
        texts
    }
}

impl Statement {
    /// Public evidence.
    pub fn public(digests: FileDigests, size_bytes: u64) -> Self {
        Self {
            asserted_at: None,
            case: None,
            commitment: None,
            digests: Some(digests),
            equivocation: None,
            kind: StatementKind::Evidence,
            media_type: None,
            mode: Some(Mode::Public),
            size: Some(size_bytes),
        }
    }

    /// Confidential evidence.
    pub fn confidential(commitment: Tag) -> Self {
        Self {
            asserted_at: None,
            case: None,
            commitment: Some(commitment),
            digests: None,
            equivocation: None,
            kind: StatementKind::Evidence,
            media_type: None,
            mode: Some(Mode::Confidential),
            size: None,
        }
    }

    /// An equivocation.
    pub fn equivocation(equivocation: Equivocation) -> Self {
        Self {
            asserted_at: None,
            case: None,
            commitment: None,
            digests: None,
            equivocation: Some(Box::new(equivocation)),
            kind: StatementKind::Equivocation,
            media_type: None,
            mode: None,
            size: None,
        }
    }

    /// The canonical text: what is hashed into the payload's root.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads and checks a canonical text.
    ///
    /// # Errors
    /// [`StatementError`]: F3, F14 or F42.
    pub fn from_text(text: &[u8]) -> Result<Self, StatementError> {
        let statement: Self = canonical::from_text(text, STATEMENT_BYTES_MAX)?;
        statement.check()?;
        Ok(statement)
    }

    /// Whether what others signed within the statement holds on this network: an equivocation's two signatures (F42); nothing else has any.
    pub fn holds(&self, chain: &Digest) -> bool {
        self.equivocation.as_ref().is_none_or(|equivocation| equivocation.holds(chain))
    }

    /// Checks F14 and the form of F42.
    ///
    /// # Errors
    /// [`StatementError::Field`].
    pub fn check(&self) -> Result<(), StatementError> {
        let Some(mode) = self.mode else { return self.check_equivocation() };
        if self.kind != StatementKind::Evidence || self.equivocation.is_some() {
            return Err(StatementError::Field("only evidence has a mode, and it states no equivocation"));
        }
        let public = self.digests.is_some() && self.size.is_some() && self.commitment.is_none();
        let confidential = self.commitment.is_some()
            && self.digests.is_none()
            && self.size.is_none()
            && self.media_type.is_none()
            && self.asserted_at.is_none();
        match mode {
            Mode::Public if !public => {
                return Err(StatementError::Field("a public statement has digests and size, and no commitment"));
            }
            Mode::Confidential if !confidential => {
                return Err(StatementError::Field("a confidential statement has a commitment, and at most a case beside it"));
            }
            _ => {}
        }
        check_size(self.size)?;
        check_media_type(self.media_type.as_deref())
    }

    fn check_equivocation(&self) -> Result<(), StatementError> {
        let alone = self.asserted_at.is_none()
            && self.case.is_none()
            && self.commitment.is_none()
            && self.digests.is_none()
            && self.media_type.is_none()
            && self.size.is_none();
        match (&self.equivocation, self.kind) {
            (Some(equivocation), StatementKind::Equivocation) if alone => equivocation.check().map_err(StatementError::Field),
            (_, StatementKind::Equivocation) => {
                Err(StatementError::Field("an equivocation has the field of that name and no other"))
            }
            (_, StatementKind::Evidence) => Err(StatementError::Field("evidence has a mode, public or confidential")),
        }
    }
}

fn check_size(size: Option<u64>) -> Result<(), StatementError> {
    if size.is_some_and(|size| size > INTEGER_MAX) {
        return Err(StatementError::Field("size is at most 2^53 - 1"));
    }
    Ok(())
}

fn check_media_type(media_type: Option<&str>) -> Result<(), StatementError> {
    let part = |text: &str| {
        (1..=MEDIA_TYPE_BYTES_MAX / 2).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    match media_type.map(|text| text.split_once('/')) {
        None => Ok(()),
        Some(Some((a, b))) if part(a) && part(b) => Ok(()),
        _ => Err(StatementError::Field("media_type is type/subtype, each 1 to 63 characters of A-Za-z0-9!#$&^_.+-")),
    }
}

/// What opens a confidential statement; kept beside the file, never sent (F17).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The submitter's word for when the file was made or seen.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    pub asserted_at: Option<Timestamp>,
    /// Name of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The salt.
    #[serde(with = "salt_text")]
    pub salt: [u8; 32],
    /// Length of the file in bytes.
    pub size: u64,
    /// 1.
    pub v: u64,
}

impl Opening {
    /// The canonical text.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads and checks a canonical text.
    ///
    /// # Errors
    /// [`StatementError`]: F3 or F17, or a later version.
    pub fn from_text(text: &[u8]) -> Result<Self, StatementError> {
        if let Some(version) = canonical::other_version(text, OPENING_BYTES_MAX) {
            return Err(StatementError::Version(version));
        }
        let opening: Self = canonical::from_text(text, OPENING_BYTES_MAX)?;
        // Canonical texts of another `v` are gone; an integer above 2^53 - 1 is not canonical and still here.
        if opening.v != 1 {
            return Err(StatementError::Field("an opening of this version has v 1"));
        }
        check_size(Some(opening.size))?;
        check_media_type(opening.media_type.as_deref())?;
        Ok(opening)
    }
}

mod salt_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(salt: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(salt))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::digest::lower_hex(&text).ok_or_else(|| serde::de::Error::custom("a salt is written as 64 lower-case hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;
    use proptest::prelude::*;

    fn sample() -> Statement {
        Statement {
            media_type: Some("application/pdf".into()),
            ..Statement::public(FileDigests { sha256: sha256(b"x"), sha512: None }, 1)
        }
    }

    #[test]
    fn f14_modes_do_not_mix() {
        assert!(sample().check().is_ok());
        assert!(Statement { commitment: Some(Tag([1; 32])), ..sample() }.check().is_err());
        assert!(Statement { size: None, ..sample() }.check().is_err());
        assert!(Statement { mode: Some(Mode::Confidential), ..sample() }.check().is_err());
        assert!(Statement { mode: None, ..sample() }.check().is_err());
        assert!(Statement { kind: StatementKind::Equivocation, ..sample() }.check().is_err());
        let confidential = Statement::confidential(Tag([1; 32]));
        assert!(confidential.check().is_ok());
        assert!(Statement { size: Some(1), ..confidential.clone() }.check().is_err());
        assert!(Statement { asserted_at: Some(Timestamp(1)), ..confidential }.check().is_err());
    }

    #[test]
    fn f14_bounds() {
        assert!(Statement { size: Some(INTEGER_MAX), ..sample() }.check().is_ok());
        assert!(Statement { size: Some(INTEGER_MAX + 1), ..sample() }.check().is_err());
        let part = "a".repeat(63);
        assert!(Statement { media_type: Some(format!("{part}/{part}")), ..sample() }.check().is_ok());
        for bad in [
            format!("{part}a/{part}"),
            format!("{part}/{part}a"),
            "a/".into(),
            "/a".into(),
            "a".into(),
            "a/b/c".into(),
            "a/ b".into(),
        ] {
            assert!(Statement { media_type: Some(bad), ..sample() }.check().is_err());
        }
    }

    #[test]
    fn f17_an_opening_is_read_up_to_its_bound() {
        let opening = |name_bytes: usize| Opening {
            asserted_at: None,
            file_name: Some("n".repeat(name_bytes)),
            media_type: None,
            salt: [7; 32],
            size: 1,
            v: 1,
        };
        let rest = opening(0).to_text().len();
        let at = opening(OPENING_BYTES_MAX - rest);
        assert_eq!(at.to_text().len(), OPENING_BYTES_MAX);
        assert!(Opening::from_text(at.to_text().as_bytes()).is_ok_and(|read| read == at));
        let above = opening(OPENING_BYTES_MAX - rest + 1).to_text();
        assert!(matches!(
            Opening::from_text(above.as_bytes()),
            Err(StatementError::Canonical(CanonicalError::TooLong { limit_bytes: OPENING_BYTES_MAX, .. }))
        ));
    }

    proptest! {
        #[test]
        fn text_round_trip(size in 0..=INTEGER_MAX, ms in 0..=crate::time::TIMESTAMP_MAX.0, sha512: bool, asserted: bool, case: Option<[u8; 32]>) {
            let statement = Statement {
                asserted_at: asserted.then_some(Timestamp(ms)),
                case: case.map(Tag),
                ..Statement::public(FileDigests { sha256: sha256(&size.to_be_bytes()), sha512: sha512.then_some([7; 64]) }, size)
            };
            prop_assert_eq!(Statement::from_text(statement.to_text().as_bytes()), Ok(statement));
        }
    }
}
