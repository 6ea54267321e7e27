//! A document as a statement names it: by its digests and size, or by a salted commitment alone.
//!
//! In and out: the fields of a statement, or the object of a field `document`.
//! Always: a public document has digests and a size. A confidential one has a commitment and nothing else.
//! Not for reading files: the command line makes the sums.

use super::error::StatementError;
use crate::bytes::digest::{Digest, lower_hex};
use crate::bytes::limits::{INTEGER_MAX, MEDIA_TYPE_BYTES_MAX};
use crate::commitment::Tag;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The digests of a file: SHA-256 always, SHA-512 and SM3 optionally. The courts compute none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct FileDigests {
    /// SHA-256, by which first registration is judged, together with the size.
    pub sha256: Digest,
    /// SHA-512, 64 bytes.
    pub sha512: Option<[u8; 64]>,
    /// SM3 (GB/T 32905), 32 bytes.
    pub sm3: Option<[u8; 32]>,
}

impl FileDigests {
    /// The SHA-256 alone.
    pub fn of_sha256(sha256: Digest) -> Self {
        Self { sha256, sha512: None, sm3: None }
    }

    /// The digests as statements write them, in their order.
    pub fn texts(&self) -> Vec<String> {
        let sha512 = self.sha512.map(|digest| format!("sha512:{}", hex::encode(digest)));
        let sm3 = self.sm3.map(|digest| format!("sm3:{}", hex::encode(digest)));
        [Some(self.sha256.tagged()), sha512, sm3].into_iter().flatten().collect()
    }
}

impl TryFrom<Vec<String>> for FileDigests {
    type Error = &'static str;
    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        const FORM: &str = "digests are sha256:<64 hex>, then optionally sha512:<128 hex>, then optionally sm3:<64 hex>";
        let mut texts = texts.iter().map(String::as_str).peekable();
        let sha256 = texts.next().and_then(|text| Digest::from_hex(text.strip_prefix("sha256:")?)).ok_or(FORM)?;
        let sha512 = texts.next_if(|text| text.starts_with("sha512:")).map(|text| lower_hex(&text[7..]).ok_or(FORM));
        let sm3 = texts.next_if(|text| text.starts_with("sm3:")).map(|text| lower_hex(&text[4..]).ok_or(FORM));
        let digests = Self { sha256, sha512: sha512.transpose()?, sm3: sm3.transpose()? };
        texts.next().map_or(Ok(digests), |_| Err(FORM))
    }
}

impl From<FileDigests> for Vec<String> {
    fn from(digests: FileDigests) -> Self {
        digests.texts()
    }
}

/// A file whose digests and size are on the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicDocument {
    /// The digests of the file.
    pub digests: FileDigests,
    /// Its media type, `type/subtype`.
    pub media_type: Option<String>,
    /// Its length in bytes, at most 2^53 - 1.
    pub size_bytes: u64,
}

/// A document as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "DocumentText<'_>", into = "DocumentText<'_>")]
pub enum Document {
    /// Digests, size and media type are on the log.
    Public(PublicDocument),
    /// Only a salted commitment is on the log (F15).
    Confidential(Tag),
}

impl Document {
    /// A public document of no stated media type.
    pub fn public(digests: FileDigests, size_bytes: u64) -> Self {
        Self::Public(PublicDocument { digests, media_type: None, size_bytes })
    }

    /// The same document with this media type; a confidential one shows none.
    pub fn with_media_type(mut self, text: Option<String>) -> Self {
        if let Self::Public(public) = &mut self {
            public.media_type = text;
        }
        self
    }

    /// The digests, size and media type of a public document.
    pub fn as_public(&self) -> Option<&PublicDocument> {
        match self {
            Self::Public(public) => Some(public),
            Self::Confidential(_) => None,
        }
    }

    /// The commitment to a confidential document.
    pub fn commitment(&self) -> Option<Tag> {
        match self {
            Self::Public(_) => None,
            Self::Confidential(commitment) => Some(*commitment),
        }
    }

    /// The one digest by which people find the document again: its SHA-256, or its commitment.
    pub fn shown(&self) -> String {
        match self {
            Self::Public(public) => public.digests.sha256.tagged(),
            Self::Confidential(commitment) => commitment.to_string(),
        }
    }

    /// Checks the bounds of F14.
    ///
    /// # Errors
    /// [`StatementError::Field`] names the rule that is broken.
    pub fn check(&self) -> Result<(), StatementError> {
        match self {
            Self::Public(public) => {
                check_size(public.size_bytes)?;
                check_media_type(public.media_type.as_deref())
            }
            Self::Confidential(_) => Ok(()),
        }
    }
}

/// The object of a field `document`, fields sorted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentText<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commitment: Option<Tag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digests: Option<Cow<'a, FileDigests>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl TryFrom<DocumentText<'_>> for Document {
    type Error = StatementError;
    fn try_from(text: DocumentText<'_>) -> Result<Self, Self::Error> {
        let document = match text {
            DocumentText { commitment: Some(commitment), digests: None, media_type: None, size: None } => {
                Self::Confidential(commitment)
            }
            DocumentText { commitment: None, digests: Some(digests), media_type, size: Some(size_bytes) } => {
                let media_type = media_type.map(Cow::into_owned);
                Self::Public(PublicDocument { digests: digests.into_owned(), media_type, size_bytes })
            }
            _ => return Err(StatementError::Field("a document has digests and size, or a commitment alone")),
        };
        document.check()?;
        Ok(document)
    }
}

impl From<Document> for DocumentText<'_> {
    fn from(document: Document) -> Self {
        match document {
            Document::Public(PublicDocument { digests, media_type, size_bytes }) => DocumentText {
                commitment: None,
                digests: Some(Cow::Owned(digests)),
                media_type: media_type.map(Cow::Owned),
                size: Some(size_bytes),
            },
            Document::Confidential(commitment) => {
                DocumentText { commitment: Some(commitment), digests: None, media_type: None, size: None }
            }
        }
    }
}

/// Whether a size is one that every JSON reader represents exactly.
///
/// # Errors
/// [`StatementError::Field`].
pub fn check_size(size_bytes: u64) -> Result<(), StatementError> {
    if size_bytes > INTEGER_MAX {
        return Err(StatementError::Field("size is at most 2^53 - 1"));
    }
    Ok(())
}

/// Whether a media type is `type/subtype` of F14.
///
/// # Errors
/// [`StatementError::Field`].
pub fn check_media_type(media_type: Option<&str>) -> Result<(), StatementError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::canonical;
    use crate::bytes::digest::sha256;

    fn sample() -> Document {
        Document::public(FileDigests { sha256: sha256(b"x"), sha512: Some([7; 64]), sm3: Some([8; 32]) }, 1)
    }

    #[test]
    fn one_text_for_a_document_and_no_mixture() {
        for document in [sample(), sample().with_media_type(Some("a/b".into())), Document::Confidential(Tag([1; 32]))] {
            let text = canonical::to_text(&document);
            assert_eq!(canonical::from_text::<Document>(text.as_bytes(), 999), Ok(document));
        }
        let tag = Tag([1; 32]).to_string();
        let digest = sha256(b"x").tagged();
        for text in [
            "{}".to_owned(),
            format!("{{\"commitment\":\"{tag}\",\"size\":1}}"),
            format!("{{\"digests\":[\"{digest}\"]}}"),
            format!("{{\"digests\":[\"{digest}\"],\"name\":\"a\",\"size\":1}}"),
            format!("{{\"digests\":[\"{digest}\"],\"size\":{}}}", INTEGER_MAX + 1),
            format!("{{\"digests\":[\"{digest}\"],\"media_type\":\"a\",\"size\":1}}"),
        ] {
            assert!(canonical::from_text::<Document>(text.as_bytes(), 999).is_err(), "{text}");
        }
    }

    #[test]
    fn f14_digests_stand_in_one_order_each_at_most_once() {
        let whole = FileDigests { sha256: sha256(b"x"), sha512: Some([7; 64]), sm3: Some([8; 32]) };
        let texts = whole.texts();
        let read = |places: &[usize]| FileDigests::try_from(places.iter().map(|at| texts[*at].clone()).collect::<Vec<_>>());
        let (first, second) = (FileDigests { sm3: None, ..whole.clone() }, FileDigests { sha512: None, ..whole.clone() });
        assert_eq!((read(&[0, 1, 2]), read(&[0, 1]), read(&[0, 2])), (Ok(whole.clone()), Ok(first), Ok(second)));
        assert_eq!(read(&[0]), Ok(FileDigests::of_sha256(whole.sha256)));
        for places in [&[][..], &[1], &[2], &[1, 0], &[0, 2, 1], &[0, 0], &[0, 1, 1], &[0, 2, 2], &[0, 1, 2, 2]] {
            assert!(read(places).is_err(), "{places:?}");
        }
        for (at, from, to) in [(1, "07", "7"), (2, "08", "8"), (2, "08", "0G"), (1, "sha512", "SHA512"), (2, "sm3", "md5")] {
            let mut texts = texts.clone();
            texts[at] = texts[at].replacen(from, to, 1);
            assert!(FileDigests::try_from(texts.clone()).is_err(), "{texts:?}");
        }
    }

    #[test]
    fn f14_bounds() {
        let sized = |size_bytes| Document::public(FileDigests::of_sha256(sha256(b"x")), size_bytes);
        assert!(sized(INTEGER_MAX).check().is_ok());
        assert!(sized(INTEGER_MAX + 1).check().is_err());
        let part = "a".repeat(63);
        let typed = |text: String| sample().with_media_type(Some(text)).check();
        assert!(typed(format!("{part}/{part}")).is_ok());
        for bad in [format!("{part}a/{part}"), format!("{part}/{part}a"), "a/".into(), "/a".into(), "a".into(), "a/b/c".into()] {
            assert!(typed(bad).is_err());
        }
        assert!(typed("a/ b".into()).is_err());
    }
}
