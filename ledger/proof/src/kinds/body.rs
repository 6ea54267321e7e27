//! The rules of a kind, as other code asks them of a statement.
//!
//! In: a statement's own fields, its signer, facts.
//! Out: whether a block may hold it, what becomes of it, what it changes, what people read.
//! Always: the answers are pure and equal on every node. A default here holds for every kind that does not
//! say otherwise.
//! Not for forms: see [`super::form`].

use super::document::Document;
use super::error::StatementError;
use super::verdict::{Change, Inadmissible, Outcome, Verdict};
use crate::bytes::name::Origin;
use crate::bytes::time::Timestamp;
use crate::commitment::Tag;
use crate::facts::{At, Facts, Signer, Subject, Unreadable};

/// The rules of a kind for one of its statements.
pub trait Body {
    /// Checks the rules of the kind's form.
    ///
    /// # Errors
    /// [`StatementError`] names the rule that is broken.
    fn check(&self) -> Result<(), StatementError>;

    /// The document that it names.
    fn document(&self) -> Option<&Document> {
        None
    }

    /// The case that it belongs to, as a tag under the case's key.
    fn case(&self) -> Option<Tag> {
        None
    }

    /// The time at which the stated thing happened, by the signer's word (L7).
    fn asserted_at(&self) -> Option<Timestamp> {
        None
    }

    /// The subject about which a log holds one such statement. A second statement about it is inadmissible.
    fn once(&self) -> Option<Subject> {
        None
    }

    /// The number of entries that it names by index and leaf hash (L13). The kinds of this version name none.
    fn references(&self) -> u32 {
        0
    }

    /// Whether the signatures of others within the statement hold on this network.
    fn holds(&self, _: &Origin) -> bool {
        true
    }

    /// The reason why no block may hold the statement, if there is one. Asks facts as of the block before
    /// only.
    ///
    /// # Errors
    /// [`Unreadable`] if a fact cannot be read.
    fn admit(&self, _: &Signer, _: &At, _: &dyn Facts) -> Result<Option<Inadmissible>, Unreadable> {
        Ok(None)
    }

    /// The verdict on it, once signer and asserted time are judged (L6, L7).
    ///
    /// # Errors
    /// [`Unreadable`] if a fact cannot be read.
    fn judge(&self, _: &Signer, _: &At, _: &dyn Facts) -> Result<Verdict, Unreadable> {
        Ok(Verdict::Recorded(Outcome::default()))
    }

    /// Whether a recorded entry of this statement may have this outcome.
    fn fits(&self, outcome: &Outcome) -> bool {
        *outcome == Outcome::default()
    }

    /// The facts that it changes if this signer's statement is recorded as the entry at this index.
    fn fold(&self, _: &Signer, _: u64) -> Vec<Change> {
        Vec::new()
    }

    /// The statement within a line of the log: `… by notary-1 of court-beijing`. Digests of files are written
    /// whole, and a program that prints them may shorten them.
    fn line(&self) -> String;

    /// The outcome in a few words.
    fn outcome(&self, _: &Outcome) -> &'static str {
        "recorded"
    }

    /// The rows of a valid receipt besides signer and time: labels and texts.
    fn rows(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The meaning of a valid receipt.
    fn meaning(&self) -> String {
        FILE_MEANING.to_owned()
    }
}

/// The meaning of a receipt of a document.
const FILE_MEANING: &str =
    "This file existed and was recorded at that time, unchanged since. Whether its contents are true is not proven.";

/// A number with a comma before each three digits, for people.
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
