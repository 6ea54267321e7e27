//! A court: all that a node does with what comes in, one event at a time. Sans-IO.
//!
//! In: what the node's validator or the simulator hands on, with the clocks' reading; the logs and the host
//! to act on. Out: commits, cosignatures, frames, timers, checkpoints with a quorum. Always: an event is
//! handled to its durable end; nothing is sent before it may be; the first fatal error stops all signing and
//! writing for good, while what is stored is still served. Not for threads, sockets, files or clocks.

mod clocks;
mod cosigning;
mod foreign;
mod greeting;
mod host;
mod judging;
mod misconduct;
mod parts;
mod post;
mod stall;
mod view;
mod watch;

pub use host::{FetchChange, Host, Logs, Means, Measured};
pub use judging::{Judged, Judgement};
pub use misconduct::{INVALID_BLOCKS_KEPT_MAX, Proof};
pub use parts::{Found, FoundError, Parts};

use crate::admission::{self, NotAdmitted};
use crate::application::LedgerApplication;
use crate::cosign::{Announcement, Cosigner, times};
use crate::evidence::{EvidenceDesk, Noted};
use crate::frame::Frame;
use crate::mempool::Inserted;
use crate::snapshot::Part;
use courtseal_api::Code;
use courtseal_consensus::vote::Statement;
use courtseal_consensus::{Driver, Event, Hello, Message, Now, Runner, Token};
use courtseal_ledger::{Checked, Committed, Ledger};
use courtseal_proof::digest::Digest;
use courtseal_proof::key::PublicKey;
use courtseal_proof::name::CourtName;
use courtseal_proof::time::Timestamp;
use foreign::Foreign;
use misconduct::Misconduct;
use parts::consensus_head;
use post::{Findings, Post};
use stall::StallDetector;
use std::collections::BTreeMap;
use std::sync::Arc;
use watch::Watch;

/// A committed block this far in the past comes from catching up: its checkpoint is cosigned with the next
/// tick, if it is still the newest.
const FRESH_MS: u64 = 10_000;
/// How much of what waits is sent again in each second in which a height is open, in bytes (the last
/// transaction may exceed them) and in transactions (N5).
const WORK_BYTES: usize = 64 * 1024;
const WORK_TRANSACTIONS: usize = 16;

/// Where a transaction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client: it is relayed to the other courts, so that whoever leads can propose it.
    Client,
    /// Another court, which has relayed it.
    Court,
}

/// What is known of another court besides what consensus knows.
#[derive(Clone, Copy, Debug)]
struct Neighbour {
    /// Its voting key, by which consensus knows it.
    vote: PublicKey,
    /// Since when it is not connected.
    down_since: Option<Timestamp>,
    /// The digest of its genesis, if that is another one than this court's.
    other_genesis: Option<Digest>,
}

/// See the module.
pub struct Court {
    own: CourtName,
    /// The courts by their voting keys.
    voters: BTreeMap<PublicKey, CourtName>,
    ledger: Arc<Ledger>,
    app: LedgerApplication,
    runner: Runner,
    cosigner: Cosigner,
    evidence: EvidenceDesk,
    courts: BTreeMap<CourtName, Neighbour>,
    foreign: Foreign,
    watch: Watch,
    stall: StallDetector,
    misconduct: Misconduct,
    stopped: Option<String>,
    /// The height that ran at the last tick.
    running: Option<u64>,
    /// Size of the log that this court has cosigned, while its ledger is shorter.
    behind_mark: Option<u64>,
}

/// Why a court stops.
struct Fatal(String);

impl<E: std::error::Error> From<E> for Fatal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Court {
    /// Puts the parts together; `now` is since when the other courts are not connected.
    pub fn new(parts: Parts, now: Timestamp) -> Self {
        let genesis = parts.ledger.genesis();
        let names = || genesis.courts.iter().map(|court| court.name.clone());
        let neighbour = |vote| Neighbour { vote, down_since: Some(now), other_genesis: None };
        Self {
            voters: genesis.courts.iter().map(|court| (court.vote, court.name.clone())).collect(),
            app: LedgerApplication::new(Arc::clone(&parts.ledger), parts.vote),
            runner: Runner::new(parts.driver),
            cosigner: parts.cosigner,
            evidence: parts.evidence,
            courts: genesis.courts.iter().map(|court| (court.name.clone(), neighbour(court.vote))).collect(),
            stall: StallDetector::new(names()),
            misconduct: Misconduct::default(),
            foreign: Foreign::new(genesis.digest()),
            watch: Watch::new(parts.own.clone(), names()),
            own: parts.own,
            ledger: parts.ledger,
            stopped: None,
            running: None,
            behind_mark: None,
        }
    }

    /// Why it has stopped, if it has.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Consensus, to look at.
    pub fn driver(&self) -> &Driver {
        self.runner.driver()
    }

    /// Begins. First call, once.
    pub fn start(&mut self, means: &mut Means<'_>) {
        let done = self.begin(means);
        self.settle(done);
    }

    /// Another court can be sent messages.
    pub fn connected(&mut self, means: &mut Means<'_>, court: &CourtName) {
        let Some(known) = self.courts.get_mut(court) else { return };
        known.down_since = None;
        let peer = known.vote;
        let done = self.event(means, Event::Connected { peer });
        self.settle(done);
        self.welcome(means, court);
    }

    /// Another court cannot be sent messages any more.
    pub fn disconnected(&mut self, means: &mut Means<'_>, court: &CourtName) {
        let Some(known) = self.courts.get_mut(court) else { return };
        known.down_since = Some(means.now.wall);
        let peer = known.vote;
        self.watch.forget(court);
        let done = self.event(means, Event::Disconnected { peer });
        self.settle(done);
    }

    /// A consensus message of another court.
    pub fn message(&mut self, means: &mut Means<'_>, court: &CourtName, message: Message) {
        if self.is_foreign(means, court, &message) {
            return;
        }
        let Some(peer) = self.courts.get(court).map(|known| known.vote) else { return };
        self.note(court, &peer, &message, means.now);
        let done = self.look_at_fetch(means).and_then(|()| self.event(means, Event::Received { peer, message }));
        self.settle(done);
    }

    /// A piece of another court's snapshot, whose certificates are checked. False if it was not imported.
    pub fn part(&mut self, means: &mut Means<'_>, part: &Part) -> bool {
        let done = self.import(means, part);
        let is_imported = done.is_ok() && self.stopped.is_none();
        self.settle(done);
        is_imported
    }

    /// A cosignature that another court sent.
    pub fn cosignature(&mut self, means: &mut Means<'_>, court: &CourtName, announcement: Announcement) {
        // Of another genesis' log.
        if self.courts.get(court).is_some_and(|known| known.other_genesis.is_none()) {
            let done = self.hear_cosignature(means, court, announcement);
            self.settle(done);
        }
    }

    /// Another court tells its wall clock (N11).
    pub fn clock(&mut self, means: &Means<'_>, court: &CourtName, clock: Timestamp) {
        self.watch.hear(court, clock, means.now.monotonic_ms);
    }

    /// A transaction whose form and signature are checked.
    ///
    /// # Errors
    /// It does not wait for a block.
    pub fn transaction(&mut self, means: &mut Means<'_>, checked: Arc<Checked>, origin: Origin) -> Result<(), NotAdmitted> {
        let admitted = self.admit(means, checked, origin);
        if let Err(NotAdmitted::Fatal(error)) = &admitted {
            self.settle(Err(Fatal(error.to_string())));
            return Err(self.stopping());
        }
        if admitted == Ok(Inserted::New) {
            let done = self.event(means, Event::Wake);
            self.settle(done);
        }
        admitted.map(|_| ())
    }

    /// Whether this transaction waits for a block.
    pub fn is_waiting(&self, id: &Digest) -> bool {
        self.app.mempool.contains(id)
    }

    /// A block was judged, as [`Host::judge`] was asked.
    pub fn judged(&mut self, means: &mut Means<'_>, judged: Judged) {
        let done = self.event(means, judged.into());
        self.settle(done);
    }

    /// How many transactions wait for a block.
    pub fn waiting(&self) -> usize {
        self.app.mempool.load().transactions
    }

    /// A timer ran out.
    pub fn timer(&mut self, means: &mut Means<'_>, token: Token) {
        let done = self.event(means, Event::TimerFired(token));
        self.settle(done);
    }

    /// Looks at what no event announces; about once a second.
    pub fn tick(&mut self, means: &mut Means<'_>) {
        let done = self.look(means);
        self.settle(done);
    }

    fn begin(&mut self, means: &mut Means<'_>) -> Result<(), Fatal> {
        let head = self.ledger.head();
        self.cosigner.committed(head.size, head.root, times::recorded_at(&self.ledger, head.size)?);
        self.event(means, Event::Started)
    }

    fn settle(&mut self, handled: Result<(), Fatal>) {
        if let Err(Fatal(reason)) = handled
            && self.stopped.is_none()
        {
            tracing::error!(%reason, "this node stops signing and recording; it still serves what is stored. Restart it after the cause is mended");
            self.stopped = Some(reason);
        }
    }

    fn event(&mut self, means: &mut Means<'_>, event: Event) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        let voters = &self.voters;
        let (ledger, texts) = (&self.ledger, Arc::clone(self.app.mempool.texts()));
        let mut post =
            Post { host: &mut *means.host, own: self.app.own(), voters, signed: None, ledger, texts, found: Findings::default() };
        self.runner.handle(means.now, event, &mut self.app, &mut *means.logs, &mut post)?;
        let (signed, found) = (post.signed, post.found);
        if let Some(height) = signed {
            self.stall.signed(&self.own, height, self.ledger.head().height + 1, means.now.monotonic_ms);
        }
        self.follow_up(means, &found);
        for committed in self.app.take_committed() {
            self.committed(means, &committed)?;
        }
        if found.contradictions.is_empty() { Ok(()) } else { self.note_evidence(means, &found.contradictions) }
    }

    /// Counts misconduct that does not go on the log, and keeps the evidence (S15).
    fn follow_up(&mut self, means: &mut Means<'_>, found: &Findings) {
        let origin = self.ledger.state().origin().clone();
        for (height, by) in &found.begun {
            if let Some(court) = self.voters.get(by) {
                self.misconduct.begun(*height, court.clone());
            }
        }
        for (proposal, block, reason) in &found.invalid {
            let Some(court) = self.voters.get(&proposal.content.court) else { continue };
            let height = proposal.content.height;
            tracing::error!(%court, height, %reason, "a court proposed an invalid block");
            means.host.measure(Measured::InvalidBlock(court));
            if self.misconduct.invalid(court) {
                means.host.keep(misconduct::invalid_block(&origin, court, proposal, &block.0, reason));
            }
        }
        for statement in &found.stolen {
            means.host.keep(misconduct::stolen_key(&origin, &self.own, statement));
        }
    }

    /// Takes the contradictions that consensus has just reported.
    fn note_evidence(&mut self, means: &mut Means<'_>, pairs: &[(Statement, Statement)]) -> Result<(), Fatal> {
        let (state, time) = (self.ledger.state(), self.ledger.head().time);
        for (first, second) in pairs {
            if self.evidence.see(first, second, state.courts(), time) == Noted::Enough {
                tracing::warn!("this contradiction is not stated on the log: enough was stated about that court today");
            }
        }
        self.state_evidence(means)
    }

    /// States what was seen and is neither recorded nor waiting, as a client's transaction.
    fn state_evidence(&mut self, means: &mut Means<'_>) -> Result<(), Fatal> {
        for checked in self.evidence.due(&self.ledger, &self.app.mempool, means.now.wall)? {
            match self.admit(means, Arc::clone(&checked), Origin::Client) {
                Ok(_) => tracing::info!(transaction = %checked.id(), "a contradiction is stated"),
                Err(NotAdmitted::Fatal(error)) => return Err(error.into()),
                // Tried again with each tick: once a second is too often to be said aloud.
                Err(reason) => tracing::debug!(%reason, "a contradiction cannot be stated now; it is tried again"),
            }
            self.event(means, Event::Wake)?;
        }
        Ok(())
    }

    /// Far behind, this court fetches the log as a snapshot (N10); block sync rests meanwhile.
    fn look_at_fetch(&mut self, means: &mut Means<'_>) -> Result<(), Fatal> {
        // A court that has stopped imports nothing.
        if self.stopped.is_some() {
            return Ok(());
        }
        match means.host.fetch(self.ledger.head().height, self.driver().height_of_others()) {
            FetchChange::Started => self.event(means, Event::Fetching { is_on: true }),
            FetchChange::Ended => self.event(means, Event::Fetching { is_on: false }),
            FetchChange::None => Ok(()),
        }
    }

    fn import(&mut self, means: &mut Means<'_>, part: &Part) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        self.app.import(part.blocks())?;
        let head = self.ledger.head();
        self.event(means, Event::Advanced { head: consensus_head(&head) })?;
        if let Some(cosigned) = part.checkpoint() {
            self.learn(means, cosigned)?;
        }
        if part.is_end() { self.event(means, Event::Fetching { is_on: false }) } else { Ok(()) }
    }

    fn stopping(&self) -> NotAdmitted {
        let reason = self.stopped.as_deref().unwrap_or_default();
        NotAdmitted::Refused(Code::Stopping, format!("this node has stopped: {reason}; ask another court"))
    }

    fn admit(&mut self, means: &mut Means<'_>, checked: Arc<Checked>, origin: Origin) -> Result<Inserted, NotAdmitted> {
        if self.stopped.is_some() {
            return Err(self.stopping());
        }
        admission::judge(&self.ledger, &checked, means.now.wall)?;
        let payload = checked.transaction().payload();
        let Some(signer) = self.ledger.signer(payload).map_err(NotAdmitted::Fatal)? else {
            return Err(NotAdmitted::Refused(Code::Unregistered, "no member has this name and key".to_owned()));
        };
        let inserted = self.app.mempool.insert(Arc::clone(&checked), &signer.court);
        match (inserted, origin) {
            (Inserted::Full, _) => {
                return Err(NotAdmitted::Refused(Code::Busy, "too much is waiting to be recorded; try again soon".to_owned()));
            }
            (Inserted::New, Origin::Client) => means.host.broadcast(&Frame::Transaction(checked.text().to_vec())),
            _ => {}
        }
        Ok(inserted)
    }

    /// A height that has been running since the tick before may run here alone. Courts that dropped a
    /// transaction, or were never sent it, get it again (N5).
    fn send_work_again(&mut self, means: &mut Means<'_>) {
        let running = self.runner.driver().round().map(|_| self.ledger.head().height + 1);
        let is_slow = running.is_some() && std::mem::replace(&mut self.running, running) == running;
        if is_slow {
            for checked in self.app.mempool.candidates(WORK_BYTES, WORK_TRANSACTIONS) {
                means.host.broadcast(&Frame::Transaction(checked.text().to_vec()));
            }
        }
    }

    fn committed(&mut self, means: &mut Means<'_>, committed: &Committed) -> Result<(), Fatal> {
        self.cosigner.committed(committed.size, committed.root, committed.time);
        means.host.measure(Measured::Committed(committed));
        if let Some(court) = self.misconduct.committed(committed.height, committed.transactions.is_empty()) {
            means.host.measure(Measured::EmptyHeight(&court));
        }
        tracing::debug!(
            height = committed.height,
            size = committed.size,
            transactions = committed.transactions.len(),
            "committed"
        );
        if committed.time.plus_ms(FRESH_MS) < means.now.wall {
            return Ok(());
        }
        self.cosign(means)
    }

    fn look(&mut self, means: &mut Means<'_>) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        self.look_at_fetch(means)?;
        self.app.mempool.remove_expired(means.now.wall);
        let dropped = self.app.mempool.take_dropped();
        if dropped > 0 {
            tracing::debug!(dropped, "too much waits: transactions of those who hold most were dropped for others");
        }
        means.host.measure(Measured::Waiting { load: self.app.mempool.load(), dropped });
        self.state_evidence(means)?;
        self.send_work_again(means);
        self.look_at_times(means);
        self.look_at_cosignatures(means)
    }

    /// Takes note of what a message says of the court that sent it.
    fn note(&mut self, court: &CourtName, vote: &PublicKey, message: &Message, now: Now) {
        match message {
            Message::Hello(Hello { height, .. }) | Message::Status { height } => {
                self.runner.hear_height(vote, Some(*height));
            }
            _ => {}
        }
        if let Some(height) = stall::signed_by(message, vote) {
            self.stall.signed(court, height, self.ledger.head().height + 1, now.monotonic_ms);
        }
    }
}

#[cfg(test)]
mod tests;
