//! The errors of the ledger.
//!
//! In: nothing.
//! Out: [`Error`], which says whether it is fatal. [`Invalid`] says why a block may not be decided, and
//! [`Refused`] why a transaction may not be in a block, with the stable code of the RPC.
//! Always: a variant names the check that failed.
//! Not for whole messages to people: the command line and the node put these texts into context.

use courtseal_proof::block::BlockError;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::facts::Unreadable;
use courtseal_proof::transaction::TransactionError;

/// The reason why the ledger did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The block breaks a rule, so no court may decide it.
    #[error("invalid block: {0}")]
    Invalid(#[from] Invalid),
    /// The transaction may not be in a block now.
    #[error("transaction refused: {0}")]
    Refused(#[from] Refused),
    /// A value exceeds a bound or lies outside the log.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// The block to be committed has another height than the next.
    #[error("block {height} does not follow the head at height {head}")]
    NotNext {
        /// Height of the block to be committed.
        height: u64,
        /// Height of the head.
        head: u64,
    },
    /// The digest of the block is not the decided digest.
    #[error("the block's digest is {found}, but {decided} was decided")]
    OtherDigest {
        /// Digest of the block given.
        found: Digest,
        /// Digest that was decided.
        decided: Digest,
    },
    /// Another block is committed at that height. More than a third of the courts lied, or this disk belongs
    /// to another history.
    #[error("height {height} holds block {committed}, decided is {decided}: two blocks at one height, this node must stop")]
    OtherBlock {
        /// Height of both blocks.
        height: u64,
        /// Digest of the stored block.
        committed: Digest,
        /// Digest of the block that was to be committed.
        decided: Digest,
    },
    /// Another process holds the directory.
    #[error("another node uses this directory: {0}")]
    InUse(String),
    /// The store belongs to another network.
    #[error("this directory holds the data of the network with genesis digest {stored}, not of {given}")]
    WrongGenesis {
        /// Genesis digest in the store.
        stored: Digest,
        /// Digest of the genesis given.
        given: Digest,
    },
    /// The store was written by a version with another layout.
    #[error(
        "this directory has layout version {stored}, and this software reads {known} only: use the version that wrote it, or move the directory away; the node then fetches the log from the other courts if their network has this software's protocol"
    )]
    UnknownSchema {
        /// Layout version in the store.
        stored: u32,
        /// Layout version that this software reads and writes.
        known: u32,
    },
    /// Stored data is damaged or missing.
    #[error("the stored data is damaged: {0}")]
    Corrupt(String),
    /// Confirmed writes are missing: the database opened at an earlier point than the mark vouches for.
    #[error("the database lost confirmed writes: it holds {found} of at least {confirmed}")]
    LostWrites {
        /// Number of writes found.
        found: u64,
        /// Number of writes that were confirmed before.
        confirmed: u64,
    },
    /// The disk has no room for a write.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The store failed, for example with an I/O error or a failed sync.
    #[error("storage: {0}")]
    Store(String),
    /// An earlier write failed. Nothing is written until the node is restarted.
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
    /// The error of a file that the store writes.
    pub fn io(what: impl std::fmt::Display, error: &std::io::Error) -> Self {
        let text = format!("{what}: {error}");
        if error.kind() == std::io::ErrorKind::StorageFull { Self::Full(text) } else { Self::Store(text) }
    }

    /// Whether the node must stop recording. If so, the store or the agreement of the courts can no longer be
    /// relied upon.
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

/// The reason why a block is invalid (L1 to L4, L11 to L13). It follows from the block and its parent's
/// state, and is the same on every node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// L1: the bytes are no block, exceed a bound, or the header names another body.
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
        /// The rule that it breaks.
        reason: Refused,
    },
    /// L4: the body holds the same transaction id twice.
    #[error("transaction {position} is a second one with the same id")]
    Twice {
        /// Place of the second transaction in the body, from 0.
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

/// The reason why a transaction may not be in a block at that time (L3, L11, L12).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The bytes are no transaction, or not its canonical text.
    #[error("{0}")]
    Malformed(TransactionError),
    /// The transaction has more bytes than the bound.
    #[error("{0}")]
    TooLarge(TransactionError),
    /// The payload names another network.
    #[error("signed for another network")]
    WrongNetwork,
    /// No member has this name, or the member has another key.
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
    /// L11, L12: the accusation proves nothing about a court of this network, or its signer may not make it.
    #[error("the accusation is unfounded: {0}")]
    Unfounded(&'static str),
    /// L11, L12: an entry states this already, and a log states it once.
    #[error("the same is stated already, as entry {index}")]
    AlreadyStated {
        /// Index of the entry that states it.
        index: u64,
    },
    /// The id is recorded already. A member that submits again gets the same entries, not an error.
    #[error("already recorded")]
    AlreadyRecorded,
}

impl From<TransactionError> for Refused {
    fn from(error: TransactionError) -> Self {
        use courtseal_proof::bytes::canonical::CanonicalError;
        match error {
            TransactionError::Signature | TransactionError::NotHeld => Self::BadSignature,
            TransactionError::Text(CanonicalError::TooLong { .. }) => Self::TooLarge(error),
            error => Self::Malformed(error),
        }
    }
}
