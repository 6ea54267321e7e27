//! Renders `statement` and `rejection` entries (F25) fast: the parts that a transaction's entries share are
//! written once.
//!
//! In: a block's height and time, a payload, the member's court, role and `since`, an outcome and a
//! statement's text.
//! Out: the entry's canonical text.
//! Always: the bytes are those of [`courtseal_proof::entry::Entry::to_text`]; a property test compares them.
//! Names, digests and times need no escapes in JSON.
//! Not for system entries, which are stored in another form.

use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::{CourtName, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::verdict::{Outcome, Registration, Verdict};
use courtseal_proof::transaction::Payload;

/// The parts that all entries of one block share.
#[derive(Clone, Debug)]
pub struct BlockText {
    /// From the opening brace to the index.
    before_index: String,
    /// From after the position to the statement.
    recorded_at: String,
}

impl BlockText {
    /// Prepares the entries of the block at this height and time.
    pub fn new(origin: &Origin, height: u64, time: Timestamp) -> Self {
        Self {
            before_index: format!("{{\"chain\":\"{origin}\",\"height\":{height},\"index\":"),
            recorded_at: format!(",\"recorded_at\":\"{time}\",\"statement\":"),
        }
    }
}

/// The parts that all entries of one transaction share.
#[derive(Clone, Debug)]
pub struct TransactionText {
    first_index: u64,
    /// The member, from after the kind to the outcome.
    member: String,
    /// From after the statement to the closing brace.
    after_statement: String,
}

impl TransactionText {
    /// Prepares the entries of the transaction with this payload and id, from `first_index` on.
    pub fn new(payload: &Payload, id: &Digest, court: &CourtName, role: Role, since: u64, first_index: u64) -> Self {
        Self {
            first_index,
            member: format!(
                ",\"member\":{{\"court\":\"{court}\",\"key\":\"sha256:{}\",\"name\":\"{}\",\"role\":\"{}\",\"since\":{since}}},\"outcome\":{{",
                payload.key.digest(),
                payload.member,
                role.as_str()
            ),
            after_statement: format!(",\"transaction\":\"sha256:{id}\",\"v\":2}}"),
        }
    }

    /// Appends the entry of the statement with this canonical text, at `position`, to `text`.
    pub fn write(&self, block: &BlockText, text: &mut String, position: usize, verdict: Verdict, statement: &str) {
        let index = self.first_index + position as u64;
        text.push_str(&block.before_index);
        text.push_str(&index.to_string());
        text.push_str(match verdict {
            Verdict::Rejected(_) => ",\"kind\":\"rejection\"",
            Verdict::Recorded(_) => ",\"kind\":\"statement\"",
        });
        text.push_str(&self.member);
        match verdict {
            Verdict::Recorded(Outcome { registration: None }) => {}
            Verdict::Recorded(Outcome { registration: Some(Registration::First) }) => text.push_str("\"first\":true"),
            Verdict::Recorded(Outcome { registration: Some(Registration::Earlier(index)) }) => {
                text.push_str("\"earlier\":");
                text.push_str(&index.to_string());
                text.push_str(",\"first\":false");
            }
            Verdict::Rejected(rule) => {
                text.push_str("\"rule\":\"");
                text.push_str(rule.as_str());
                text.push('"');
            }
        }
        text.push_str("},\"position\":");
        text.push_str(&position.to_string());
        text.push_str(&block.recorded_at);
        text.push_str(statement);
        text.push_str(&self.after_statement);
    }
}
