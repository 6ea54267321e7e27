//! The parts of a transaction's canonical text: its envelope and each statement, as ranges of the text.
//!
//! In: a text that is known to be a canonical transaction (F20).
//! Out: [`Parts`].
//! Always: the slices are the bytes that were signed and hashed. Entries and statement paths are made of them
//! without writing any part again. Any other text gives none or meaningless slices, never a panic.
//! Not for checking a transaction: [`crate::verified_transaction`] does that first.

use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::log::merkle::{inclusion_paths, leaf_hash};
use std::ops::Range;

const BEFORE_ENVELOPE: &str = "{\"envelope\":";
const BEFORE_STATEMENTS: &str = ",\"statements\":[";

/// Ranges of the parts in a transaction's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    envelope: Range<usize>,
    statements: Vec<Range<usize>>,
}

impl Parts {
    /// Finds the parts of `text`.
    pub fn find(text: &str) -> Option<Self> {
        // The envelope holds base64 and one fixed text, so the first match is the field's name.
        let envelope = BEFORE_ENVELOPE.len()..text.find(BEFORE_STATEMENTS)?;
        let from = envelope.end + BEFORE_STATEMENTS.len();
        let to = text.len().checked_sub("]}".len())?;
        (text.starts_with(BEFORE_ENVELOPE) && envelope.start <= envelope.end && text.ends_with("]}") && from <= to)
            .then(|| Self { envelope, statements: objects(text.as_bytes(), from, to) })
    }

    /// The text of the envelope; none if `text` has no such range.
    pub fn envelope<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.get(self.envelope.clone())
    }

    /// Number of statements.
    pub fn count(&self) -> usize {
        self.statements.len()
    }

    /// The text of the statement at `position`.
    pub fn statement<'a>(&self, text: &'a str, position: usize) -> Option<&'a str> {
        text.get(self.statements.get(position)?.clone())
    }

    /// The inclusion path of every statement to the signed root (F18), in order.
    pub fn statement_paths(&self, text: &str) -> Vec<Vec<Digest>> {
        let leaves: Vec<Digest> = self.statements.iter().map(|place| leaf_hash(&text.as_bytes()[place.clone()])).collect();
        inclusion_paths(&leaves)
    }
}

/// The ranges of the objects in a list of objects.
fn objects(text: &[u8], from: usize, to: usize) -> Vec<Range<usize>> {
    let (mut places, mut depth, mut start, mut in_string, mut escaped) = (Vec::new(), 0u32, from, false, false);
    for (at, byte) in text.iter().enumerate().take(to).skip(from) {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    places.push(start..at + 1);
                }
            }
            _ => {}
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOTARY, Network, public, with_media_type};
    use courtseal_proof::commitment::Tag;
    use courtseal_proof::statement::Evidence;
    use proptest::prelude::*;

    #[test]
    fn parts_are_what_the_transaction_writes() {
        let network = Network::new(1);
        let mut statements: Vec<_> = (0..5).map(public).collect();
        statements.push(with_media_type(public(6), "a/b^_.+-".to_owned()));
        statements.push(Evidence { case: Some(Tag([1; 32])), ..Evidence::confidential(Tag([2; 32])) }.into());
        let checked = network.transaction(NOTARY, 1, statements);
        let text = std::str::from_utf8(checked.text()).unwrap();
        let parts = Parts::find(text).unwrap();
        let transaction = checked.transaction();
        assert_eq!(parts.envelope(text), Some(transaction.envelope().to_text().as_str()));
        assert_eq!(parts.count(), 7);
        for (position, statement) in transaction.statements().iter().enumerate() {
            assert_eq!(parts.statement(text, position), Some(statement.to_text().as_str()));
        }
        assert_eq!(parts.statement_paths(text), transaction.statement_paths());
    }

    #[test]
    fn strings_may_hold_what_looks_like_structure() {
        let text = r#"{"envelope":{},"statements":[{"a":"}]\"{"},{"b":["\\"]}]}"#;
        let parts = Parts::find(text).unwrap();
        assert_eq!(parts.statement(text, 0), Some(r#"{"a":"}]\"{"}"#));
        assert_eq!(parts.statement(text, 1), Some(r#"{"b":["\\"]}"#));
        assert_eq!(parts.count(), 2);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\{\"envelope\":)?[{}\\[\\]\",\\\\é]{0,20}(,\"statements\":\\[)?[{}\\[\\]\",\\\\é]{0,20}(\\]\\})?") {
            if let Some(parts) = Parts::find(&text) {
                parts.envelope(&text);
                (0..parts.count()).for_each(|position| assert!(parts.statement(&text, position).is_some()));
                parts.statement_paths(&text);
            }
        }
    }
}
