//! The errors of this crate.
//!
//! In: nothing.
//! Out: one enum.
//! Always: an error says whether the process must stop. What peers send is never an error of the driver: it
//! is dropped, and reported as [`crate::Effect::Refuse`].

use courtseal_proof::bytes::codec::CodecError;

/// An error of the crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A peer sent bytes that are no message.
    #[error("message: {0}")]
    Message(#[from] CodecError),
    /// A peer sent a message that passes one of its bounds.
    #[error("message: {0}")]
    MessageBound(&'static str),
    /// The journal could not be written or flushed. Never retried: the page cache may have dropped the data.
    #[error("journal: {0}")]
    Journal(String),
    /// A record in the journal has an intact checksum and yet cannot be read: written by another version.
    #[error("journal: unreadable record: {0}")]
    Record(CodecError),
    /// The application failed: storage, or a rule that contradicts what the courts decided.
    #[error("application: {0}")]
    Application(String),
    /// The network or the timers of the host are gone.
    #[error("host: {0}")]
    Host(String),
    /// A quorum of courts decided a block that is invalid here. This node has other rules or another state.
    #[error("the courts decided a block at height {height} that is invalid here: {reason}")]
    Diverged {
        /// Height of the block.
        height: u64,
        /// Why it is invalid here.
        reason: String,
    },
    /// The consensus core refused an input or a replay of the log.
    #[error("consensus core: {0}")]
    Core(String),
    /// The set of courts is empty, too large, or names a court twice.
    #[error("courts: {0}")]
    Courts(&'static str),
}

impl Error {
    /// Whether the process must stop: everything but a peer's unreadable message.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Message(_) | Self::MessageBound(_))
    }
}
