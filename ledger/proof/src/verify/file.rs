//! Check 8 (F38): whether a file is the one recorded.
//!
//! In: what a receipt proves, an opening, and either the file's bytes in pieces or its sums.
//! Out: nothing, or the refusal.
//! Always: every digest that was stated is compared, and the length. SM3 is computed here and by clients,
//! never by the courts.
//! Not for reading files.

use super::Proven;
use super::refusal::{Check, Missing, Refusal, cannot_tell, found, invalid};
use crate::bytes::digest::Hasher;
use crate::commitment::{Committer, Tag};
use crate::opening::Opening;
use crate::statement::{Document, FileDigests, StatementError};
use sha2::Digest as _;

/// Check 8 while the file is read: call [`Self::update`] with all bytes, then [`Self::finish`]. A caller that
/// computes the sums itself asks [`Self::asked`] which ones, then calls [`Self::compare`].
pub struct FileCheck {
    asked: SumsAsked,
    expected: FileSums,
    expected_bytes: u64,
    sums: Sums,
    length_bytes: u64,
}

/// The sums that check 8 needs of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SumsAsked {
    /// SHA-256, and those of the others that were stated.
    Digests {
        /// Whether SHA-512 was stated.
        with_sha512: bool,
        /// Whether SM3 was stated.
        with_sm3: bool,
    },
    /// The commitment of the file (F15).
    Commitment {
        /// The opening's salt.
        salt: [u8; 32],
    },
}

/// The sums of a file that check 8 compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSums {
    /// The digests of a public statement.
    Public(FileDigests),
    /// The commitment of a confidential one.
    Confidential(Tag),
}

/// Sums of the bytes so far.
enum Sums {
    Public { sha256: Hasher, sha512: Option<Box<sha2::Sha512>>, sm3: Option<Box<sm3::Sm3>> },
    Confidential(Committer),
}

impl FileSums {
    fn texts(&self) -> Vec<String> {
        match self {
            Self::Public(digests) => digests.texts(),
            Self::Confidential(tag) => vec![tag.to_string()],
        }
    }
}

impl Sums {
    fn new(asked: SumsAsked) -> Self {
        match asked {
            SumsAsked::Digests { with_sha512, with_sm3 } => Self::Public {
                sha256: Hasher::default(),
                sha512: with_sha512.then(|| Box::new(sha2::Sha512::new())),
                sm3: with_sm3.then(|| Box::new(sm3::Sm3::new())),
            },
            SumsAsked::Commitment { salt } => Self::Confidential(Committer::new(&salt)),
        }
    }
}

impl Proven {
    /// Starts check 8; `opening` is needed for a confidential statement and ignored for a public one.
    ///
    /// # Errors
    /// [`Refusal`] if the entry is no recorded statement, or the opening is missing or unreadable.
    pub fn check_file(&self, opening: Option<&[u8]>) -> Result<FileCheck, Refusal> {
        let stated = match (self.entry.as_stated(), self.entry.rule()) {
            (Some(_), Some(rule)) => {
                return found(Check::File, "the network refused to record this", &rule.meaning());
            }
            (Some(stated), None) => stated,
            (None, _) => return invalid(Check::File, "the receipt is of a system entry, not of a file"),
        };
        let (asked, expected, expected_bytes) = match stated.statement.document() {
            Some(Document::Public(public)) => {
                let (with_sha512, with_sm3) = (public.digests.sha512.is_some(), public.digests.sm3.is_some());
                (SumsAsked::Digests { with_sha512, with_sm3 }, FileSums::Public(public.digests.clone()), public.size_bytes)
            }
            Some(Document::Confidential(commitment)) => {
                let Some(opening) = opening else {
                    let message = "the opening of this confidential file (a file ending in .opening, kept by the submitter)";
                    return cannot_tell(Missing::Opening, message);
                };
                let opening = match Opening::from_text(opening) {
                    Ok(opening) => opening,
                    Err(error @ StatementError::Version(_)) => {
                        return cannot_tell(Missing::Version, format!("software that knows more: {error}"));
                    }
                    Err(error) => return found(Check::File, "the opening is malformed", &error),
                };
                (SumsAsked::Commitment { salt: opening.salt }, FileSums::Confidential(*commitment), opening.size)
            }
            None => {
                let word = stated.statement.kind().word;
                return invalid(Check::File, format!("the receipt is of a statement of the kind {word}, not of a file"));
            }
        };
        Ok(FileCheck { asked, expected, expected_bytes, sums: Sums::new(asked), length_bytes: 0 })
    }
}

impl FileCheck {
    /// The sums to compute of the whole file.
    pub fn asked(&self) -> SumsAsked {
        self.asked
    }

    /// Adds bytes of the file, in order.
    pub fn update(&mut self, bytes: &[u8]) {
        self.length_bytes += bytes.len() as u64;
        match &mut self.sums {
            Sums::Public { sha256, sha512, sm3 } => {
                sha256.update(bytes);
                sha512.iter_mut().for_each(|sum| sum.update(bytes));
                sm3.iter_mut().for_each(|sum| sum.update(bytes));
            }
            Sums::Confidential(committer) => committer.update(bytes),
        }
    }

    /// The answer, after the last byte.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with [`Check::File`].
    pub fn finish(self) -> Result<(), Refusal> {
        let Self { expected, expected_bytes, sums, length_bytes, .. } = self;
        let found = match sums {
            Sums::Public { sha256, sha512, sm3 } => FileSums::Public(FileDigests {
                sha256: sha256.finish(),
                sha512: sha512.map(|sum| sum.finalize().into()),
                sm3: sm3.map(|sum| sum.finalize().into()),
            }),
            Sums::Confidential(committer) => FileSums::Confidential(committer.finish()),
        };
        compare((&found, length_bytes), (&expected, expected_bytes))
    }

    /// The answer for a file of these sums and this length.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn compare(&self, found: &FileSums, length_bytes: u64) -> Result<(), Refusal> {
        compare((found, length_bytes), (&self.expected, self.expected_bytes))
    }
}

fn compare((sums, length): (&FileSums, u64), (expected, recorded): (&FileSums, u64)) -> Result<(), Refusal> {
    if sums == expected && length == recorded {
        return Ok(());
    }
    let (sums, expected) = (sums.texts(), expected.texts());
    // The sum that differs is named. If the length alone differs, the first sum is.
    let at = sums.iter().zip(&expected).position(|(sum, expected)| sum != expected).unwrap_or(0);
    let (has, states) = (&sums[at], &expected[at]);
    let both = format!("it has {has} and {length} bytes, recorded is {states} with {recorded} bytes");
    found(Check::File, "the file is not the one recorded", &both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::digest::sha256;

    /// The check of a file against its stated sums.
    fn check(expected: FileSums, expected_bytes: u64, asked: SumsAsked) -> FileCheck {
        FileCheck { asked, expected, expected_bytes, sums: Sums::new(asked), length_bytes: 0 }
    }

    fn digests(file: &[u8]) -> FileDigests {
        let (sha512, sm3) = (sha2::Sha512::digest(file).into(), sm3::Sm3::digest(file).into());
        FileDigests { sha256: sha256(file), sha512: Some(sha512), sm3: Some(sm3) }
    }

    #[test]
    fn f38_every_stated_digest_is_compared_and_the_one_that_differs_is_told() {
        let asked = SumsAsked::Digests { with_sha512: true, with_sm3: true };
        let (right, wrong) = (digests(b"abc"), digests(b"abd"));
        let half = FileDigests { sha512: wrong.sha512, ..right.clone() };
        let third = FileDigests { sm3: wrong.sm3, ..right.clone() };
        let cases = [
            (right.clone(), 3, None),
            (right.clone(), 4, Some("sha256:ba7816")),
            (wrong, 3, Some("sha256:ba7816")),
            (half, 3, Some("sha512:ddaf35")),
            // The example of GB/T 32905, appendix A.1.
            (third, 3, Some("sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")),
        ];
        for (stated, bytes, told) in cases {
            let mut whole = check(FileSums::Public(stated.clone()), bytes, asked);
            let compared = whole.compare(&FileSums::Public(right.clone()), 3);
            whole.update(b"a");
            whole.update(b"bc");
            let finished = whole.finish();
            assert_eq!(finished, compared, "{stated:?}");
            match (finished, told) {
                (Ok(()), None) => {}
                (Err(refusal), Some(told)) => assert!(refusal.message().contains(&format!("it has {told}")), "{refusal:?}"),
                (finished, _) => panic!("{stated:?}: {finished:?}"),
            }
        }
    }

    #[test]
    fn f38_other_sums_than_asked_are_no_match() {
        let asked = SumsAsked::Digests { with_sha512: true, with_sm3: true };
        let whole = check(FileSums::Public(digests(b"abc")), 3, asked);
        let less = FileDigests { sha512: None, ..digests(b"abc") };
        assert!(whole.compare(&FileSums::Public(less), 3).is_err());
        assert!(whole.compare(&FileSums::Confidential(Tag([0; 32])), 3).is_err());
    }
}
