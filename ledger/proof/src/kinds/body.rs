//! The rules of a kind, as everybody asks them of a statement.
//!
//! In: a statement's own fields, its signer, facts. Out: may a block hold it, what becomes of it, what it changes, what people read. Always:
//! pure, and equal on every node. What a kind does not say is answered here: nothing special. Not for forms: see [`super::form`].

use super::document::Document;
use super::error::StatementError;
use super::verdict::{Change, Inadmissible, Outcome, Verdict};
use crate::commitment::Tag;
use crate::facts::{At, Facts, Signer, Subject, Unreadable};
use crate::name::Origin;
use crate::time::Timestamp;

/// What a kind says of one of its statements.
pub trait Body {
    /// Checks what the kind's form asks.
    ///
    /// # Errors
    /// [`StatementError`].
    fn check(&self) -> Result<(), StatementError>;

    /// The document that it names.
    fn document(&self) -> Option<&Document> {
        None
    }

    /// The case that it belongs to, as a tag under the case's key.
    fn case(&self) -> Option<Tag> {
        None
    }

    /// The signer's word for when what it states happened (L7).
    fn asserted_at(&self) -> Option<Timestamp> {
        None
    }

    /// What may be stated once on a log: a second statement about the same subject is inadmissible.
    fn once(&self) -> Option<Subject> {
        None
    }

    /// How many entries it names by index and leaf hash (L13). The kinds of this version name none.
    fn references(&self) -> u32 {
        0
    }

    /// Whether what others signed within the statement holds on this network.
    fn holds(&self, _: &Origin) -> bool {
        true
    }

    /// Why no block may hold the statement, if that is so; asks facts as of the block before only.
    ///
    /// # Errors
    /// [`Unreadable`].
    fn admit(&self, _: &Signer, _: &At, _: &dyn Facts) -> Result<Option<Inadmissible>, Unreadable> {
        Ok(None)
    }

    /// What becomes of it, once signer and asserted time are judged (L6, L7).
    ///
    /// # Errors
    /// [`Unreadable`].
    fn judge(&self, _: &Signer, _: &At, _: &dyn Facts) -> Result<Verdict, Unreadable> {
        Ok(Verdict::Recorded(Outcome::default()))
    }

    /// Whether a recorded entry of this statement may have this outcome.
    fn fits(&self, outcome: &Outcome) -> bool {
        *outcome == Outcome::default()
    }

    /// What it changes, recorded by this signer as the entry at this index.
    fn fold(&self, _: &Signer, _: u64) -> Vec<Change> {
        Vec::new()
    }

    /// What it states, within a line of the log: `… by notary-1 of court-beijing`. Digests of files stand whole; those who print them may
    /// shorten them.
    fn line(&self) -> String;

    /// What became of it, in a few words.
    fn outcome(&self, _: &Outcome) -> &'static str {
        "recorded"
    }

    /// What a valid receipt shows besides who stated it and when: labels and texts.
    fn rows(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What a valid receipt means.
    fn meaning(&self) -> String {
        FILE_MEANING.to_owned()
    }
}

/// What a receipt of a document means.
const FILE_MEANING: &str =
    "This file existed and was recorded at that time, unchanged since. Whether its contents are true is not proven.";

/// A number with a comma before each three digits, as people read it.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let texts = [0, 999, 1_000, 1_204, 1_000_000].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,204", "1,000,000"]);
    }
}
