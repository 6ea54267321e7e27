//! Renders `statement` and `rejection` entries (F25) fast: what is the same for a whole transaction is written once.
//!
//! In: a block's height and time, a transaction, its member's court and role, an outcome and a statement. Out: the entry's canonical text. Always: the very bytes of
//! [`courtseal_proof::entry::Entry::to_text`] (a property test compares them). Names, digests and times need no escapes in JSON. Not for
//! system entries, which are stored as texts.

use super::StatementOutcome;
use courtseal_proof::block::Header;
use courtseal_proof::genesis::Role;
use courtseal_proof::name::{CourtName, Origin};
use courtseal_proof::statement::Statement;
use courtseal_proof::time::Timestamp;
use courtseal_proof::transaction::Transaction;
use std::fmt::Write;

/// The parts of an entry's text that all entries of one transaction share.
#[derive(Clone, Debug)]
pub struct Renderer {
    first_index: u64,
    /// From the opening brace to the index.
    before_index: String,
    /// The member, from after the kind to the outcome.
    member: String,
    /// From after the position to the statement.
    recorded_at: String,
    /// From after the statement to the closing brace.
    transaction: String,
}

impl Renderer {
    /// Prepares the entries of a transaction in the block with this header.
    pub fn new(origin: &Origin, header: &Header, transaction: &Transaction, court: &CourtName, role: Role, first_index: u64) -> Self {
        Self::at(origin, header.height, header.time, transaction, court, role, first_index)
    }

    /// Prepares the entries of a transaction at this height and time.
    pub fn at(
        origin: &Origin,
        height: u64,
        time: Timestamp,
        transaction: &Transaction,
        court: &CourtName,
        role: Role,
        first_index: u64,
    ) -> Self {
        let payload = transaction.payload();
        Self {
            first_index,
            before_index: format!("{{\"chain\":\"{origin}\",\"height\":{height},\"index\":"),
            member: format!(
                ",\"member\":{{\"court\":\"{court}\",\"key\":\"sha256:{}\",\"name\":\"{}\",\"role\":\"{}\"}},\"outcome\":{{",
                payload.key.digest(),
                payload.member,
                role.as_str()
            ),
            recorded_at: format!(",\"recorded_at\":\"{time}\",\"statement\":"),
            transaction: format!(",\"transaction\":\"sha256:{}\",\"v\":1}}", transaction.id()),
        }
    }

    /// Appends the entry of the statement at `position` to `text`.
    pub fn write(&self, text: &mut String, position: usize, outcome: StatementOutcome, statement: &Statement) {
        let (kind, outcome) = match outcome {
            StatementOutcome::Confidential => ("statement", String::new()),
            StatementOutcome::First => ("statement", "\"first\":true".to_owned()),
            StatementOutcome::Repeated => ("statement", "\"first\":false".to_owned()),
            StatementOutcome::Rejected(rule) => ("rejection", format!("\"rule\":\"{}\"", rule.as_str())),
        };
        let index = self.first_index + position as u64;
        write!(
            text,
            "{}{index},\"kind\":\"{kind}\"{}{outcome}}},\"position\":{position}{}{}{}",
            self.before_index,
            self.member,
            self.recorded_at,
            statement.to_text(),
            self.transaction
        )
        .expect("writing to a string cannot fail");
    }
}
