//! Everything that can go wrong in the ledger, in one place.
//!
//! In: nothing. Out: [`Error`], which says whether it is fatal; [`Invalid`], why a block may not be decided; [`Refused`], why a transaction
//! may not be in a block, with the stable code of the RPC. Always: a variant names the check that failed. Not for words to print: the
//! command line and the node put these texts into context.

use courtseal_proof::block::BlockError;
use courtseal_proof::digest::Digest;
use courtseal_proof::facts::Unreadable;
use courtseal_proof::transaction::TransactionError;

/// Why the ledger did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The block breaks a rule: nobody may decide it.
    #[error("invalid block: {0}")]
    Invalid(#[from] Invalid),
    /// The transaction may not be in a block now.
    #[error("transaction refused: {0}")]
    Refused(#[from] Refused),
    /// More than a bound, or outside the log.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// A block of another height than the next was to be committed.
    #[error("block {height} does not follow the head at height {head}")]
    NotNext {
        /// Height of the block.
        height: u64,
        /// Height of the head.
        head: u64,
    },
    /// The block has another digest than was said to be decided.
    #[error("the block's digest is {found}, decided was {decided}")]
    OtherDigest {
        /// The block's.
        found: Digest,
        /// The decided one.
        decided: Digest,
    },
    /// Another block is committed at that height: more than a third of the courts lied, or this disk belongs to another history.
    #[error("height {height} holds block {committed}, decided is {decided}: two blocks at one height, this node must stop")]
    OtherBlock {
        /// The height.
        height: u64,
        /// The stored block.
        committed: Digest,
        /// The block that was to be committed.
        decided: Digest,
    },
    /// Another process holds the directory.
    #[error("another node uses this directory: {0}")]
    InUse(String),
    /// The store belongs to another network.
    #[error("this directory holds the data of the network with genesis digest {stored}, not of {given}")]
    WrongGenesis {
        /// In the store.
        stored: Digest,
        /// Of the genesis given.
        given: Digest,
    },
    /// The store was written by a version with another layout.
    #[error(
        "this directory has layout version {stored}, this software reads {known} alone: read it with the version that wrote it; or move it away, and the node fetches the log from the other courts, if their network is of this software's protocol"
    )]
    UnknownSchema {
        /// In the store.
        stored: u32,
        /// What this software writes.
        known: u32,
    },
    /// Stored data is damaged or missing.
    #[error("the stored data is damaged: {0}")]
    Corrupt(String),
    /// Synced writes are missing: the database opened at an earlier point than it had confirmed.
    #[error("the database lost confirmed writes: it holds {found} of at least {confirmed}")]
    LostWrites {
        /// Writes found.
        found: u64,
        /// Writes confirmed before.
        confirmed: u64,
    },
    /// There is no room for a write.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The store failed: I/O error, failed sync.
    #[error("storage: {0}")]
    Store(String),
    /// An earlier write failed; nothing is written until the node was restarted.
    #[error("an earlier write failed; this node stores nothing more until it is restarted")]
    Stopped,
}

impl From<Unreadable> for Error {
    fn from(error: Unreadable) -> Self {
        match error.0.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::Corrupt(format!("a fact: {error}")),
        }
    }
}

impl Error {
    /// What became of a file that the store writes.
    pub fn io(what: impl std::fmt::Display, error: &std::io::Error) -> Self {
        let text = format!("{what}: {error}");
        if error.kind() == std::io::ErrorKind::StorageFull { Self::Full(text) } else { Self::Store(text) }
    }

    /// Whether the node must stop recording: the store or the agreement of the courts can no longer be relied upon.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Invalid(_) | Self::Refused(_) | Self::OutOfRange(_) | Self::NotNext { .. } | Self::OtherDigest { .. } => false,
            Self::OtherBlock { .. }
            | Self::InUse(_)
            | Self::WrongGenesis { .. }
            | Self::UnknownSchema { .. }
            | Self::Corrupt(_)
            | Self::LostWrites { .. }
            | Self::Full(_)
            | Self::Store(_)
            | Self::Stopped => true,
        }
    }
}

/// Why a block is invalid (L1 to L4, L11 to L13): a function of the block and its parent's state, the same on every node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// L1: not a block, past a bound, or a header that names another body.
    #[error("{0}")]
    Form(#[from] BlockError),
    /// L2: a field of the header does not follow from the parent.
    #[error("the header's {0} does not follow from the parent")]
    Header(HeaderField),
    /// L3: a transaction may not be in this block.
    #[error("transaction {position}: {reason}")]
    Transaction {
        /// Its place in the body, from 0.
        position: usize,
        /// Why.
        reason: Refused,
    },
    /// L4: the same transaction id twice in one body.
    #[error("transaction {position} is a second one with the same id")]
    Twice {
        /// Place of the second, from 0.
        position: usize,
    },
    /// L13: more references, fact writes or marks than one body may make.
    #[error("its statements make more references, writes or marks than a block may")]
    Work,
}

/// A field of the header that rule L2 checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the field of courtseal_proof::block::Header of that name")]
pub enum HeaderField {
    #[error("chain")]
    Chain,
    #[error("protocol")]
    Protocol,
    #[error("height")]
    Height,
    #[error("time")]
    Time,
    #[error("previous")]
    Previous,
    #[error("log root")]
    LogRoot,
    #[error("log size")]
    LogSize,
    #[error("courts")]
    Courts,
    #[error("next courts")]
    NextCourts,
    #[error("proposer")]
    Proposer,
}

/// Why a transaction may not be in a block at that time (L3, L11).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a transaction, or not in its canonical text.
    #[error("{0}")]
    Malformed(TransactionError),
    /// More bytes than the bound.
    #[error("{0}")]
    TooLarge(TransactionError),
    /// Signed for another network.
    #[error("signed for another network")]
    WrongNetwork,
    /// No such member, or another key than the member's.
    #[error("no member has this name and key")]
    Unregistered,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
    /// `not_after` has passed.
    #[error("not_after has passed")]
    Expired,
    /// `not_after` lies too far ahead.
    #[error("not_after lies more than 24 hours ahead")]
    NotAfterTooFar,
    /// L11, L12: an accusation that proves nothing about a court of this network, or comes from somebody who may not make it.
    #[error("the accusation is unfounded: {0}")]
    Unfounded(&'static str),
    /// L11, L12: what may be stated once on a log is stated already.
    #[error("the same is stated already, as entry {index}")]
    AlreadyStated {
        /// Index of that entry.
        index: u64,
    },
    /// The id is recorded already: not an error for who submits again, who gets the same entries.
    #[error("already recorded")]
    AlreadyRecorded,
}

impl From<TransactionError> for Refused {
    fn from(error: TransactionError) -> Self {
        use courtseal_proof::canonical::CanonicalError;
        match error {
            TransactionError::Signature | TransactionError::NotHeld => Self::BadSignature,
            TransactionError::Text(CanonicalError::TooLong { .. }) => Self::TooLarge(error),
            error => Self::Malformed(error),
        }
    }
}
