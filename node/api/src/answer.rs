//! Answers about transactions, entries and errors (R1 to R7).
//!
//! In: values.
//! Out: their JSON.
//! Always: an absent field is left out, and never `null`. Unknown fields are ignored, because later versions
//! may add some.
//! Not for proving an answer: receipts do that.

use crate::code::Code;
use crate::heard::Heard;
use courtseal_proof::bytes::digest::{Digest, tagged};
use courtseal_proof::bytes::time::{Timestamp, text};
use serde::{Deserialize, Serialize};

/// R1: an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// The only field of the object.
    pub error: ErrorBody,
}

/// R1: what an error says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The stable code, for programs.
    pub code: Heard<Code>,
    /// A short line for people.
    pub message: String,
}

impl ErrorAnswer {
    /// An error of this version.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { error: ErrorBody { code: code.into(), message: message.into() } }
    }
}

/// R3: where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionState {
    /// Known here, and not recorded yet.
    Pending,
    /// Decided, durable here, and cosigned by a quorum.
    Recorded,
    /// Never seen here.
    Unknown,
}

/// R3: the status of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionStatus {
    /// The transaction's id.
    #[serde(with = "tagged")]
    pub transaction: Digest,
    /// State of the transaction.
    pub state: TransactionState,
    /// Height of its block, if recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The block's time, if recorded.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::optional")]
    pub recorded_at: Option<Timestamp>,
    /// The entries of the transaction, one for each statement, if recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<RecordedEntry>,
}

/// R3: what a statement became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedKind {
    /// The statement is recorded.
    #[default]
    Statement,
    /// A rule rejected the statement, and the rejection is recorded.
    Rejection,
}

/// R3: an entry with its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEntry {
    /// The entry's index.
    #[serde(default)]
    pub index: u64,
    /// What the statement became.
    #[serde(default)]
    pub kind: RecordedKind,
    /// The receipt's text.
    pub receipt: String,
}

/// R4: a page of entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntriesPage {
    /// The first index that was asked for.
    #[serde(default)]
    pub from: u64,
    /// Number of entries in the log.
    #[serde(default)]
    pub size: u64,
    /// The entries' texts.
    pub entries: Vec<String>,
}

/// R6: entries that name a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestEntries {
    /// The file's SHA-256.
    #[serde(with = "tagged")]
    pub digest: Digest,
    /// Indices, lowest first.
    pub entries: Vec<u64>,
    /// Whether the log has more such entries.
    #[serde(default)]
    pub more: bool,
}

/// R7: a proof that one size of the log continues another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// The earlier size.
    #[serde(default)]
    pub old: u64,
    /// The later size.
    #[serde(default)]
    pub new: u64,
    /// The hashes of the path, in base64.
    pub path: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients of version 1 rely on these bytes.
    #[test]
    fn r1_and_r3_json_is_byte_for_byte() {
        let error = ErrorAnswer::new(Code::NotFound, "no such path; see specs/rpc.md");
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"error":{"code":"not-found","message":"no such path; see specs/rpc.md"}}"#
        );
        let id = Digest([0; 32]);
        let mut status = TransactionStatus {
            transaction: id,
            state: TransactionState::Pending,
            height: None,
            recorded_at: None,
            entries: Vec::new(),
        };
        assert_eq!(serde_json::to_string(&status).unwrap(), format!(r#"{{"transaction":"{}","state":"pending"}}"#, id.tagged()));
        (status.state, status.height) = (TransactionState::Recorded, Some(7));
        status.recorded_at = Some(Timestamp(1_795_453_200_123));
        status.entries = vec![RecordedEntry { index: 3, kind: RecordedKind::Rejection, receipt: "r\n".to_owned() }];
        let recorded = r#""state":"recorded","height":7,"recorded_at":"2026-11-23T17:00:00.123Z","entries":[{"index":3,"kind":"rejection","receipt":"r\n"}]"#;
        assert_eq!(serde_json::to_string(&status).unwrap(), format!(r#"{{"transaction":"{}",{recorded}}}"#, id.tagged()));
        assert_eq!(serde_json::from_str::<TransactionStatus>(&serde_json::to_string(&status).unwrap()).unwrap(), status);
    }

    #[test]
    fn r4_to_r7_json_is_byte_for_byte() {
        let page = EntriesPage { from: 1, size: 2, entries: vec!["{}".to_owned()] };
        assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"from":1,"size":2,"entries":["{}"]}"#);
        let digest = Digest([1; 32]);
        let found = DigestEntries { digest, entries: vec![4], more: false };
        let text = format!(r#"{{"digest":"{}","entries":[4],"more":false}}"#, digest.tagged());
        assert_eq!(serde_json::to_string(&found).unwrap(), text);
        let proof = Consistency { old: 1, new: 2, path: vec!["AA==".to_owned()] };
        assert_eq!(serde_json::to_string(&proof).unwrap(), r#"{"old":1,"new":2,"path":["AA=="]}"#);
    }
}
