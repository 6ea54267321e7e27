//! Inputs of a court from the network and from clients.
//!
//! In: messages, connections, transactions, questions.
//! Out: calls of the [`Court`], and replies.
//! Always: each reply is sent at most once. A reply that is dropped means that the request was not handled.
//! Not for queueing.

use crate::admission::{Admitted, NotAdmitted};
use crate::cosign::Announcement;
use crate::court::{Court, Environment, SentBy};
use crate::snapshot::Part;
use courtseal_consensus::Message;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::bytes::time::Timestamp;

/// Sends a reply. The receiver may be gone.
pub type Reply<T> = Box<dyn FnOnce(T) + Send>;

/// An event for a court to handle.
pub enum Input {
    /// The connection to a court is ready for messages.
    Connected {
        /// Name of the other court.
        court: CourtName,
    },
    /// The connection to a court has ended.
    Disconnected {
        /// Name of the other court.
        court: CourtName,
    },
    /// A consensus message of another court.
    Consensus {
        /// Name of the sender.
        court: CourtName,
        /// The message itself.
        message: Message,
    },
    /// A cosignature of another court.
    Cosignature {
        /// Name of the sender.
        court: CourtName,
        /// The cosignature, with the size and root of its log.
        announcement: Announcement,
    },
    /// The wall clock of another court (N11).
    Clock {
        /// Name of the court that tells its clock.
        court: CourtName,
        /// The time of that clock.
        clock: Timestamp,
    },
    /// A transaction that was judged. It comes from a client if it has a reply, and otherwise from another
    /// court.
    Transaction {
        /// The judged transaction.
        admitted: Admitted,
        /// Gets the result: whether the transaction waits for a block now.
        reply: Option<Reply<Result<(), NotAdmitted>>>,
    },
    /// Decided blocks of another court's snapshot, whose certificates are checked.
    Part {
        /// The checked part of the snapshot.
        part: Part,
        /// Called when the part is imported; dropped if it is not.
        reply: Reply<()>,
    },
    /// The question whether a transaction waits for a block.
    IsWaiting {
        /// Id of the transaction.
        id: Digest,
        /// Gets the answer.
        reply: Reply<bool>,
    },
}

impl Input {
    /// Passes this input to a court.
    pub fn hand_to(self, court: &mut Court, env: &mut Environment<'_>) {
        match self {
            Self::Connected { court: peer } => court.connected(env, &peer),
            Self::Disconnected { court: peer } => court.disconnected(env, &peer),
            Self::Consensus { court: peer, message } => court.message(env, &peer, message),
            Self::Cosignature { court: peer, announcement } => court.cosignature(env, &peer, announcement),
            Self::Clock { court: peer, clock } => court.clock(env, &peer, clock),
            Self::Part { part, reply } => {
                if court.part(env, &part) {
                    reply(());
                }
            }
            Self::IsWaiting { id, reply } => reply(court.is_waiting(&id)),
            Self::Transaction { admitted, reply: Some(reply) } => reply(court.transaction(env, admitted, SentBy::Client)),
            // A court that relays a transaction that is refused here is not told: it judged by its own head.
            Self::Transaction { admitted, reply: None } => drop(court.transaction(env, admitted, SentBy::Court)),
        }
    }
}
