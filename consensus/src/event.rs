//! What goes into the driver and what comes out of it, on one page.
//!
//! In: [`Event`]s.
//! Out: [`Output`]s.
//! Always: an output is performed in the order that [`crate::Runner`] keeps (rule C9).
//! Not for performing it.

use crate::application::{Decided, Verdict};
use crate::guard::GuardRecord;
use crate::message::Message;
use crate::vote::{SignedProposal, SignedStep};
use crate::wal::WalRecord;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::time::Timestamp;

/// The two clocks, read by the host once for each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since a fixed moment. They never go back.
    pub monotonic_ms: u64,
    /// The wall clock.
    pub wall: Timestamp,
}

/// The last committed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height; 0 for genesis.
    pub height: u64,
    /// Its header's digest; the genesis digest at height 0.
    pub digest: Digest,
    /// The time in its header.
    pub time: Timestamp,
}

/// Names a timer. A token is used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// One thing that the host tells the driver.
#[derive(Clone, Debug)]
pub enum Event {
    /// The host is ready. First event, once.
    Started,
    /// A connection to an authenticated peer exists. Courts are named by their voting key; others by any key
    /// of theirs.
    Connected {
        /// The peer's authenticated key.
        peer: PublicKey,
    },
    /// The connection is gone.
    Disconnected {
        /// The peer's authenticated key.
        peer: PublicKey,
    },
    /// A message came in.
    Received {
        /// The peer that sent it.
        peer: PublicKey,
        /// The decoded message.
        message: Message,
    },
    /// There may be something to record.
    Wake,
    /// A timer ran out.
    TimerFired(Token),
    /// The host has judged a block, as [`Effect::Judge`] asked.
    Judged {
        /// The height that it was to be decided at.
        height: u64,
        /// Its header's digest.
        value: Digest,
        /// The verdict, on the state after the block before it; or why storage failed, which ends this
        /// process.
        verdict: Result<Verdict, String>,
    },
    /// The block of the last step's `commit` is committed. [`crate::Runner`] sends this.
    Committed {
        /// The height of that block.
        height: u64,
    },
    /// The host committed decided blocks that it had from elsewhere, up to this head, after it checked their
    /// certificates (rule C25).
    Advanced {
        /// The last of them.
        head: Head,
    },
    /// The host begins or ends to fetch decided blocks from elsewhere. Meanwhile the driver asks no peer for
    /// them (rule C25).
    Fetching {
        /// Whether the host fetches blocks from now on.
        is_on: bool,
    },
}

/// One thing that the host must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send to every connected peer.
    Broadcast(Message),
    /// Send to one peer.
    Send {
        /// The peer that receives it.
        to: PublicKey,
        /// The message to send.
        message: Message,
    },
    /// Start a timer.
    SetTimer {
        /// The token that comes back in [`Event::TimerFired`].
        token: Token,
        /// When it runs out, from now.
        after_ms: u64,
    },
    /// Forget a timer.
    CancelTimer {
        /// The token of the timer.
        token: Token,
    },
    /// Judge a block as [`crate::Application::check`] does, away from the thread that votes, and answer with
    /// [`Event::Judged`].
    Judge {
        /// The height that it is to be decided at: the one after the last committed block.
        height: u64,
        /// Its header's digest.
        value: Digest,
        /// The block to be judged.
        block: ReadBlock,
    },
    /// A court signed a proposal of a block that breaks a rule (C29): keep both as evidence.
    Invalid {
        /// The proposal that names the block.
        proposal: SignedProposal,
        /// The block that it names.
        block: ReadBlock,
        /// Which rule it breaks.
        reason: String,
    },
    /// A height has started.
    Begun {
        /// The height that has started.
        height: u64,
        /// The court that started it (C28): this one, or the first whose vote or proposal for it came in.
        by: PublicKey,
    },
    /// This court pauses its signing, or ends the pause (C30). The reason is that a peer showed a signature
    /// of its key for a height far above all that the courts tell.
    Suspended {
        /// That height; none if the pause ends.
        height: Option<u64>,
    },
    /// A peer showed a statement of this court's voting key for a height that this court cannot have reached.
    /// So somebody else signs with the key (C30). Keep the statement as proof.
    Stolen {
        /// The vote or proposal that the thief signed.
        statement: SignedStep,
    },
    /// A peer broke the protocol: disconnect it.
    Refuse {
        /// The peer to disconnect.
        peer: PublicKey,
        /// Which rule it broke, for the log.
        reason: String,
    },
    /// A court signed two different things for one step.
    Evidence {
        /// The one seen first.
        first: SignedStep,
        /// The one that contradicts it.
        second: SignedStep,
    },
    /// This court begins or ends to sign nothing, because it may have signed what it does not know of (C24).
    Unsure {
        /// Whether it signs nothing from now on.
        is_unsure: bool,
    },
    /// This court signs nothing up to and including this height.
    Observing {
        /// The last height that is not signed for.
        height: u64,
        /// Why, for the operator.
        why: String,
    },
}

/// All that follows from one event.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// To do first: records below this height may be dropped from the write-ahead log.
    pub reset: Option<u64>,
    /// Records to append to the write-ahead log.
    pub wal: Vec<WalRecord>,
    /// Records to append to the guard's log, after the write-ahead log is flushed.
    pub guard: Vec<GuardRecord>,
    /// Whether both logs must be flushed first, because a signature of this court leaves. Otherwise records
    /// may wait for the next flush. Their loss forgets only what others said.
    pub sync: bool,
    /// What to do after the flush, in order.
    pub effects: Vec<Effect>,
    /// To do last: the block to commit. [`Event::Committed`] follows before any other event.
    pub commit: Option<Decided>,
}
