//! What comes in to a court from the network and from clients, one input at a time.
//!
//! In: messages, connections, transactions, questions. Out: calls of the [`Court`], answers. Always: whoever
//! asks is answered at most once; one that is dropped was not done. Not for queueing.

use crate::admission::{Admitted, NotAdmitted};
use crate::cosign::Announcement;
use crate::court::{Court, Means, Origin};
use crate::snapshot::Part;
use courtseal_consensus::Message;
use courtseal_proof::digest::Digest;
use courtseal_proof::name::CourtName;
use courtseal_proof::time::Timestamp;

/// Tells somebody, who may be gone, what came of it.
pub type Reply<T> = Box<dyn FnOnce(T) + Send>;

/// Something for a court to handle.
pub enum Input {
    /// A court can be sent messages.
    Connected {
        /// Its name.
        court: CourtName,
    },
    /// A court cannot be sent messages any more.
    Disconnected {
        /// Its name.
        court: CourtName,
    },
    /// A consensus message.
    Consensus {
        /// From whom.
        court: CourtName,
        /// What.
        message: Message,
    },
    /// A cosignature.
    Cosignature {
        /// From whom.
        court: CourtName,
        /// What.
        announcement: Announcement,
    },
    /// A court's wall clock.
    Clock {
        /// Whose.
        court: CourtName,
        /// What it says.
        clock: Timestamp,
    },
    /// A transaction that was judged; from a client if there is somebody to reply to.
    Transaction {
        /// The transaction.
        admitted: Admitted,
        /// Gets the answer whether it waits for a block now.
        reply: Option<Reply<Result<(), NotAdmitted>>>,
    },
    /// Decided blocks of another court's snapshot, whose certificates are checked.
    Part {
        /// The blocks.
        part: Part,
        /// Who waits until they are imported; dropped if they are not.
        reply: Reply<()>,
    },
    /// Does this transaction wait for a block?
    IsWaiting {
        /// Its id.
        id: Digest,
        /// Who asks.
        reply: Reply<bool>,
    },
}

impl Input {
    /// Lets a court handle it.
    pub fn hand_to(self, court: &mut Court, means: &mut Means<'_>) {
        match self {
            Self::Connected { court: peer } => court.connected(means, &peer),
            Self::Disconnected { court: peer } => court.disconnected(means, &peer),
            Self::Consensus { court: peer, message } => court.message(means, &peer, message),
            Self::Cosignature { court: peer, announcement } => court.cosignature(means, &peer, announcement),
            Self::Clock { court: peer, clock } => court.clock(means, &peer, clock),
            Self::Part { part, reply } => {
                if court.part(means, &part) {
                    reply(());
                }
            }
            Self::IsWaiting { id, reply } => reply(court.is_waiting(&id)),
            Self::Transaction { admitted, reply: Some(reply) } => reply(court.transaction(means, admitted, Origin::Client)),
            // A court that relays what is refused here is told nothing: it judged by its own head.
            Self::Transaction { admitted, reply: None } => drop(court.transaction(means, admitted, Origin::Court)),
        }
    }
}
