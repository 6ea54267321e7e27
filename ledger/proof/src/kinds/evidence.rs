//! `evidence`: a file that the member saw (F14).
//!
//! In and out: canonical JSON of the fields `asserted_at`, `case`, `kind`, `mode` and those of the document.
//! Always: a confidential statement shows a commitment and at most a case. For public evidence the log
//! computes whether it is the first with its SHA-256 and size (L8).
//! Not for the opening of a confidential file: see [`crate::opening`].

use super::body::Body;
use super::document::{Document, FileDigests, PublicDocument};
use super::error::StatementError;
use super::form::{ActForm, ActRules, Kind};
use super::verdict::{Change, Outcome, Registration, Verdict};
use crate::bytes::canonical;
use crate::bytes::limits::EVIDENCE_BYTES_MAX;
use crate::bytes::time::{self, Timestamp};
use crate::commitment::Tag;
use crate::facts::{At, Capacity, Facts, FileIdentity, Signer, Unreadable};
use crate::genesis::Role;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The row of this kind.
pub const KIND: Kind = Kind {
    word: "evidence",
    code: 0,
    about: "a file that the member saw",
    bytes_max: EVIDENCE_BYTES_MAX,
    is_alone: false,
    is_bulk: true,
    acts: &[ActForm {
        word: "",
        code: 0,
        about: "records a file",
        signers: &[Capacity::Member(Role::Court), Capacity::Member(Role::Clerk), Capacity::Member(Role::Notary)],
        fields: &[],
        writes: 0,
        marks: 0,
    }],
    rules: ActRules::NONE,
};

/// The amount that a statement shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Digests, size and media type are on the log.
    Public,
    /// Only a salted commitment is on the log.
    Confidential,
}

/// A file that the member saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The time at which the file was made or seen, by the submitter's word; public mode only.
    pub asserted_at: Option<Timestamp>,
    /// The case it belongs to, as a tag under the case's key.
    pub case: Option<Tag>,
    /// The file as the statement names it.
    pub document: Document,
}

impl Evidence {
    /// Public evidence of a file.
    pub fn public(digests: FileDigests, size_bytes: u64) -> Self {
        Self { asserted_at: None, case: None, document: Document::public(digests, size_bytes) }
    }

    /// Confidential evidence of a file.
    pub fn confidential(commitment: Tag) -> Self {
        Self { asserted_at: None, case: None, document: Document::Confidential(commitment) }
    }

    /// The mode of its document.
    pub fn mode(&self) -> Mode {
        match self.document {
            Document::Public(_) => Mode::Public,
            Document::Confidential(_) => Mode::Confidential,
        }
    }

    /// Reads evidence in any JSON spelling.
    ///
    /// # Errors
    /// [`StatementError`] if the form of F14 is broken.
    pub fn read(json: &str) -> Result<Self, StatementError> {
        canonical::read_json::<EvidenceText<'_>>(json)?.try_into()
    }

    /// The file as first registration identifies it (L8). None for confidential evidence.
    pub fn identity(&self) -> Option<FileIdentity> {
        let public = self.document.as_public()?;
        Some(FileIdentity { sha256: public.digests.sha256, size_bytes: public.size_bytes })
    }
}

const CONFIDENTIAL: &str = "a confidential statement has a commitment, and at most a case beside it";

#[derive(Serialize, Deserialize)]
enum Word {
    #[serde(rename = "evidence")]
    Evidence,
}

/// The text of F14, fields sorted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceText<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    asserted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    case: Option<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commitment: Option<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digests: Option<Cow<'a, FileDigests>>,
    kind: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<Cow<'a, str>>,
    mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl Serialize for Evidence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let public = self.document.as_public();
        EvidenceText {
            asserted_at: self.asserted_at,
            case: self.case,
            commitment: self.document.commitment(),
            digests: public.map(|public| Cow::Borrowed(&public.digests)),
            kind: Word::Evidence,
            media_type: public.and_then(|public| public.media_type.as_deref()).map(Cow::Borrowed),
            mode: self.mode(),
            size: public.map(|public| public.size_bytes),
        }
        .serialize(serializer)
    }
}

impl TryFrom<EvidenceText<'_>> for Evidence {
    type Error = StatementError;
    fn try_from(text: EvidenceText<'_>) -> Result<Self, Self::Error> {
        let EvidenceText { asserted_at, case, commitment, digests, kind: Word::Evidence, media_type, mode, size } = text;
        let document = match (mode, commitment, digests, size) {
            (Mode::Public, None, Some(digests), Some(size_bytes)) => Document::Public(PublicDocument {
                digests: digests.into_owned(),
                media_type: media_type.map(Cow::into_owned),
                size_bytes,
            }),
            (Mode::Public, ..) => {
                return Err(StatementError::Field("a public statement has digests and size, and no commitment"));
            }
            (Mode::Confidential, Some(commitment), None, None) if media_type.is_none() => Document::Confidential(commitment),
            (Mode::Confidential, ..) => return Err(StatementError::Field(CONFIDENTIAL)),
        };
        let evidence = Self { asserted_at, case, document };
        evidence.check()?;
        Ok(evidence)
    }
}

impl Body for Evidence {
    /// Checks the rules of F14.
    fn check(&self) -> Result<(), StatementError> {
        if self.asserted_at.is_some() && self.mode() == Mode::Confidential {
            return Err(StatementError::Field(CONFIDENTIAL));
        }
        self.document.check()
    }

    fn document(&self) -> Option<&Document> {
        Some(&self.document)
    }

    fn case(&self) -> Option<Tag> {
        self.case
    }

    fn asserted_at(&self) -> Option<Timestamp> {
        self.asserted_at
    }

    /// L8: whether an earlier entry names the same SHA-256 and size.
    fn judge(&self, _: &Signer, _: &At, facts: &dyn Facts) -> Result<Verdict, Unreadable> {
        let Some(file) = self.identity() else { return Ok(Verdict::Recorded(Outcome::default())) };
        let registration = match facts.here(&file.subject())? {
            None => Registration::First,
            Some(first) => Registration::Earlier(first.index),
        };
        Ok(Verdict::Recorded(Outcome { registration: Some(registration) }))
    }

    fn fits(&self, outcome: &Outcome) -> bool {
        outcome.registration.is_some() == self.identity().is_some()
    }

    fn fold(&self, _: &Signer, _: u64) -> Vec<Change> {
        self.identity().map(|file| Change { subject: file.subject(), value: Vec::new() }).into_iter().collect()
    }

    fn line(&self) -> String {
        self.document.shown()
    }

    fn outcome(&self, outcome: &Outcome) -> &'static str {
        match outcome.first() {
            Some(true) => "first",
            Some(false) => "named before",
            None => "confidential",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::digest::sha256;
    use crate::bytes::limits::INTEGER_MAX;
    use crate::kinds::Statement;
    use proptest::prelude::*;

    fn read_text(text: &str) -> Result<Statement, StatementError> {
        Statement::from_text(text.as_bytes())
    }

    #[test]
    fn f14_modes_do_not_mix() {
        let digest = sha256(b"x").tagged();
        let (tag, time) = (Tag([1; 32]).to_string(), Timestamp(1).to_string());
        let public = |more: &str, rest: &str| {
            format!("{{{more}\"digests\":[\"{digest}\"],\"kind\":\"evidence\",\"mode\":\"public\"{rest}}}")
        };
        let confidential = |more: &str, rest: &str| {
            format!("{{{more}\"commitment\":\"{tag}\",\"kind\":\"evidence\",\"mode\":\"confidential\"{rest}}}")
        };
        let asserted = format!("\"asserted_at\":\"{time}\",");
        for good in [public("", ",\"size\":1"), public(&asserted, ",\"size\":1"), confidential("", "")] {
            assert_eq!(read_text(&good).map(|statement| statement.to_text()), Ok(good));
        }
        for bad in [
            public("", ""),
            public(&format!("\"commitment\":\"{tag}\","), ",\"size\":1"),
            confidential("", ",\"size\":1"),
            confidential(&asserted, ""),
            public("", ",\"size\":1").replace("public", "confidential"),
            confidential("", "").replace("confidential", "public"),
        ] {
            assert!(matches!(read_text(&bad), Err(StatementError::Field(_))), "{bad}");
        }
        assert!(read_text(&public("", ",\"size\":1").replace("\"mode\":\"public\",", "")).is_err());
    }

    proptest! {
        #[test]
        fn f14_text_round_trip(
            size in 0..=INTEGER_MAX,
            ms in 0..=crate::bytes::time::TIMESTAMP_MAX.0,
            sha512: bool,
            sm3: bool,
            asserted: bool,
            case: Option<[u8; 32]>,
            media_type in proptest::option::of("[a-z]{1,63}/[a-z.+-]{1,63}"),
        ) {
            let digests = FileDigests { sha256: sha256(&size.to_be_bytes()), sha512: sha512.then_some([7; 64]), sm3: sm3.then_some([8; 32]) };
            let statement = Statement::from(Evidence {
                asserted_at: asserted.then_some(Timestamp(ms)),
                case: case.map(Tag),
                document: Document::public(digests, size).with_media_type(media_type),
            });
            prop_assert_eq!(Statement::from_text(statement.to_text().as_bytes()), Ok(statement));
        }
    }
}
