//! The shapes of nodes' answers (rpc.md), as far as the command line reads them. Unknown fields are left to
//! later versions.

use courtseal_proof::digest::Digest;
use courtseal_proof::time::Timestamp;
use serde::Deserialize;

/// R1.
#[derive(Debug, Deserialize)]
pub struct Refused {
    /// Its one field.
    pub error: ErrorBody,
}

/// R1, inside.
#[derive(Debug, Deserialize)]
pub struct ErrorBody {
    /// Stable.
    pub code: String,
    /// For people.
    pub message: String,
}

/// R3.
#[derive(Debug, Deserialize)]
pub struct TransactionStatus {
    /// The transaction's id.
    #[serde(with = "courtseal_proof::digest::tagged")]
    pub transaction: Digest,
    /// Where it is.
    pub state: TransactionState,
    /// One for each statement, if recorded.
    #[serde(default)]
    pub entries: Vec<RecordedEntry>,
}

/// R3, `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionState {
    /// Known here, not yet recorded.
    Pending,
    /// Decided, durable, cosigned by a quorum.
    Recorded,
    /// Never seen here.
    Unknown,
}

/// R3, an entry.
#[derive(Debug, Deserialize)]
pub struct RecordedEntry {
    /// The receipt's text.
    pub receipt: String,
}

/// R4, many.
#[derive(Debug, Deserialize)]
pub struct EntriesPage {
    /// The entries' texts.
    pub entries: Vec<String>,
}

/// R9.
#[derive(Debug, Deserialize)]
pub struct Status {
    /// The origin.
    pub network: String,
    /// The court that answers.
    pub court: String,
    /// Number of the epoch.
    pub epoch: u64,
    /// Version of the rules.
    pub protocol: u64,
    /// Height of the last block.
    pub height: u64,
    /// Its time.
    #[serde(with = "courtseal_proof::time::text")]
    pub block_time: Timestamp,
    /// The node's clock.
    #[serde(with = "courtseal_proof::time::text")]
    pub now: Timestamp,
    /// Entries in the log.
    pub size: u64,
    /// Their root, in base64.
    pub root: String,
    /// What the node does.
    pub state: String,
    /// Why, if it says so.
    #[serde(default)]
    pub reason: Option<String>,
    /// How many courts must agree.
    pub quorum: u64,
    /// All courts.
    pub courts: Vec<CourtStatus>,
}

/// R9, a court.
#[derive(Debug, Deserialize)]
pub struct CourtStatus {
    /// Its name.
    pub name: String,
    /// Whether it is the one that answers.
    #[serde(rename = "self")]
    pub this: bool,
    /// Whether the node is connected to it.
    pub connected: bool,
    /// The last height it spoke of.
    #[serde(default)]
    pub height: Option<u64>,
    /// Time to it and back.
    #[serde(default)]
    pub round_trip_ms: Option<f64>,
    /// Whether two nodes seem to run with its keys.
    #[serde(default)]
    pub seems_twice: bool,
    /// The digest of its genesis, if that is another one than the node's.
    #[serde(default)]
    pub other_genesis: Option<String>,
    /// Whether somebody with another identity answers at its address.
    #[serde(default)]
    pub other_identity: bool,
    /// Since when it is down.
    #[serde(default, with = "courtseal_proof::time::text::optional")]
    pub down_since: Option<Timestamp>,
    /// The time of its newest cosignature, if that does not count because of it.
    #[serde(default, with = "courtseal_proof::time::text::optional")]
    pub untimely_cosignature: Option<Timestamp>,
    /// Heights that it started and that recorded nothing.
    #[serde(default)]
    pub empty_heights: u64,
    /// Invalid blocks that it proposed.
    #[serde(default)]
    pub invalid_blocks: u64,
}

impl Status {
    /// How many courts are up, the one that answers among them.
    pub fn up(&self) -> usize {
        self.courts.iter().filter(|court| court.this || court.connected).count()
    }
}
