//! A court: handles each event of a node to its durable end, one at a time. Sans-IO.
//!
//! In: events from the node's validator or the simulator, with the readings of the clocks; the logs and the
//! host.
//! Out: commits, cosignatures, frames, timers, checkpoints with a quorum.
//! Always: no message is sent before the step that it depends on is durable.
//! The first fatal error ends all signing and writing for good, while stored data is still served.
//! Not for threads, sockets, files or clocks.

mod clocks;
mod cosigning;
mod effects;
mod foreign;
mod greeting;
mod host;
mod judging;
mod misconduct;
mod parts;
mod stall;
mod view;
mod watch;

pub use host::{Environment, FetchChange, Host, Logs, Measured};
pub use judging::{Judged, Judgement};
pub use misconduct::{INVALID_BLOCKS_KEPT_MAX, Proof};
pub use parts::{Found, FoundError, Parts};

use crate::admission::{self, Admitted, NotAdmitted};
use crate::application::LedgerApplication;
use crate::cosign::{Announcement, Cosigner, times};
use crate::evidence::{EvidenceSubmitter, Noted};
use crate::frame::Frame;
use crate::mempool::Inserted;
use crate::snapshot::Part;
use courtseal_api::Code;
use courtseal_consensus::vote::SignedStep;
use courtseal_consensus::{Driver, Event, Hello, Message, Now, Runner, Token};
use courtseal_ledger::{Committed, Ledger};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::bytes::time::Timestamp;
use effects::{Findings, HostEffects};
use foreign::Foreign;
use misconduct::Misconduct;
use parts::consensus_head;
use stall::StallDetector;
use std::collections::BTreeMap;
use std::sync::Arc;
use watch::Watch;

/// A committed block that is older than this comes from catching up, in milliseconds. Its checkpoint is
/// cosigned at the next tick, if it is still the newest.
const FRESH_MS: u64 = 10_000;
/// Most bytes and transactions that are sent again in each second in which a height is open (N5). The last
/// transaction may exceed the bytes.
const WORK_BYTES: usize = 64 * 1024;
const WORK_TRANSACTIONS: usize = 16;

/// The sender of a transaction to this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentBy {
    /// A client. The transaction is relayed to the other courts, so that every leader can propose it.
    Client,
    /// Another court, which relayed it.
    Court,
}

/// The knowledge of another court besides that of consensus.
#[derive(Clone, Copy, Debug)]
struct Neighbour {
    /// The court's voting key, by which consensus knows it.
    vote: PublicKey,
    /// The time since which it is not connected.
    down_since: Option<Timestamp>,
    /// The digest of its genesis, if that is another one than this court's.
    other_genesis: Option<Digest>,
}

/// The state of a court.
pub struct Court {
    own: CourtName,
    /// Names of the courts by their voting keys.
    voters: BTreeMap<PublicKey, CourtName>,
    ledger: Arc<Ledger>,
    app: LedgerApplication,
    runner: Runner,
    cosigner: Cosigner,
    evidence: EvidenceSubmitter,
    courts: BTreeMap<CourtName, Neighbour>,
    foreign: Foreign,
    watch: Watch,
    stall: StallDetector,
    misconduct: Misconduct,
    stopped: Option<String>,
    /// The height that ran at the last tick.
    running: Option<u64>,
    /// Size of the log that this court has cosigned, while its ledger is shorter.
    behind_cosigned: Option<u64>,
}

/// The reason why a court stops.
struct Fatal(String);

impl<E: std::error::Error> From<E> for Fatal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Court {
    /// Makes a court of its parts. From `now` on the other courts count as not connected.
    pub fn new(parts: Parts, now: Timestamp) -> Self {
        let genesis = parts.ledger.genesis();
        let names = || genesis.courts.iter().map(|court| court.name.clone());
        let neighbour = |vote| Neighbour { vote, down_since: Some(now), other_genesis: None };
        Self {
            voters: genesis.courts.iter().map(|court| (court.vote, court.name.clone())).collect(),
            app: parts.app,
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
            behind_cosigned: None,
        }
    }

    /// The reason why it has stopped, if it has.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// The driver of consensus, read only.
    pub fn driver(&self) -> &Driver {
        self.runner.driver()
    }

    /// Starts the court. This is the first call, and made once.
    pub fn start(&mut self, env: &mut Environment<'_>) {
        let done = self.begin(env);
        self.stop_if_fatal(done);
    }

    /// Handles a new connection to another court.
    pub fn connected(&mut self, env: &mut Environment<'_>, court: &CourtName) {
        let Some(known) = self.courts.get_mut(court) else { return };
        known.down_since = None;
        let peer = known.vote;
        let done = self.event(env, Event::Connected { peer });
        self.stop_if_fatal(done);
        self.welcome(env, court);
    }

    /// Handles the end of the connection to another court.
    pub fn disconnected(&mut self, env: &mut Environment<'_>, court: &CourtName) {
        let Some(known) = self.courts.get_mut(court) else { return };
        known.down_since = Some(env.now.wall);
        let peer = known.vote;
        self.watch.forget(court);
        let done = self.event(env, Event::Disconnected { peer });
        self.stop_if_fatal(done);
    }

    /// Handles a consensus message of another court.
    pub fn message(&mut self, env: &mut Environment<'_>, court: &CourtName, message: Message) {
        if self.is_foreign(env, court, &message) {
            return;
        }
        let Some(peer) = self.courts.get(court).map(|known| known.vote) else { return };
        self.note(court, &peer, &message, env.now);
        let done = self.look_at_fetch(env).and_then(|()| self.event(env, Event::Received { peer, message }));
        self.stop_if_fatal(done);
    }

    /// Imports a part of another court's snapshot, whose certificates are checked. False if it was not
    /// imported.
    pub fn part(&mut self, env: &mut Environment<'_>, part: &Part) -> bool {
        let done = self.import(env, part);
        let is_imported = done.is_ok() && self.stopped.is_none();
        self.stop_if_fatal(done);
        is_imported
    }

    /// Handles a cosignature that another court sent.
    pub fn cosignature(&mut self, env: &mut Environment<'_>, court: &CourtName, announcement: Announcement) {
        // A court with another genesis cosigns another log.
        if self.courts.get(court).is_some_and(|known| known.other_genesis.is_none()) {
            let done = self.hear_cosignature(env, court, announcement);
            self.stop_if_fatal(done);
        }
    }

    /// Handles the wall clock that another court tells (N11).
    pub fn clock(&mut self, env: &Environment<'_>, court: &CourtName, clock: Timestamp) {
        self.watch.hear(court, clock, env.now.monotonic_ms);
    }

    /// A transaction that was judged when it came in.
    ///
    /// # Errors
    /// It does not wait for a block.
    pub fn transaction(&mut self, env: &mut Environment<'_>, admitted: Admitted, sent_by: SentBy) -> Result<(), NotAdmitted> {
        let admitted = self.enqueue(env, admitted, sent_by);
        if let Err(NotAdmitted::Fatal(error)) = &admitted {
            self.stop_if_fatal(Err(Fatal(error.to_string())));
            return Err(self.stopping());
        }
        if admitted == Ok(Inserted::New) {
            let done = self.event(env, Event::Wake);
            self.stop_if_fatal(done);
        }
        admitted.map(|_| ())
    }

    /// Whether this transaction waits for a block.
    pub fn is_waiting(&self, id: &Digest) -> bool {
        self.app.mempool.contains(id)
    }

    /// Handles the verdict that [`Host::judge`] was asked for.
    pub fn judged(&mut self, env: &mut Environment<'_>, judged: Judged) {
        let done = self.event(env, judged.into());
        self.stop_if_fatal(done);
    }

    /// Number of transactions that wait for a block.
    pub fn waiting(&self) -> usize {
        self.app.mempool.load().transactions
    }

    /// Handles an expired timer.
    pub fn timer(&mut self, env: &mut Environment<'_>, token: Token) {
        let done = self.event(env, Event::TimerFired(token));
        self.stop_if_fatal(done);
    }

    /// Checks conditions that no event announces. Called about once a second.
    pub fn tick(&mut self, env: &mut Environment<'_>) {
        let done = self.look(env);
        self.stop_if_fatal(done);
    }

    fn begin(&mut self, env: &mut Environment<'_>) -> Result<(), Fatal> {
        let head = self.ledger.head();
        self.cosigner.committed(head.size, head.root, times::recorded_at(&self.ledger, head.size)?);
        self.event(env, Event::Started)
    }

    /// Stops this court for good after a fatal error, a failed flush among them. It signs and records nothing
    /// more, and still serves what is stored.
    fn stop_if_fatal(&mut self, handled: Result<(), Fatal>) {
        if let Err(Fatal(reason)) = handled
            && self.stopped.is_none()
        {
            tracing::error!(%reason, "this node stops signing and recording; it still serves what is stored. Restart it after the cause is mended");
            self.stopped = Some(reason);
        }
    }

    fn event(&mut self, env: &mut Environment<'_>, event: Event) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        let voters = &self.voters;
        let (ledger, texts) = (&self.ledger, Arc::clone(self.app.mempool.texts()));
        let mut effects = HostEffects {
            host: &mut *env.host,
            own: self.app.own(),
            voters,
            signed: None,
            ledger,
            texts,
            found: Findings::default(),
        };
        self.runner.handle(env.now, event, &mut self.app, &mut *env.logs, &mut effects)?;
        let (signed, found) = (effects.signed, effects.found);
        if let Some(height) = signed {
            self.stall.signed(&self.own, height, self.ledger.head().height + 1, env.now.monotonic_ms);
        }
        self.follow_up(env, &found);
        for committed in self.app.take_committed() {
            self.committed(env, &committed)?;
        }
        if found.contradictions.is_empty() { Ok(()) } else { self.note_evidence(env, &found.contradictions) }
    }

    /// Counts misconduct that is not recorded in the log, and keeps the evidence (S15).
    fn follow_up(&mut self, env: &mut Environment<'_>, found: &Findings) {
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
            env.host.measure(Measured::InvalidBlock(court));
            if self.misconduct.invalid(court) {
                env.host.keep(misconduct::invalid_block(&origin, court, proposal, block.bytes(), reason));
            }
        }
        for statement in &found.stolen {
            env.host.keep(misconduct::stolen_key(&origin, &self.own, statement));
        }
    }

    /// Takes the contradictions that consensus has just reported.
    fn note_evidence(&mut self, env: &mut Environment<'_>, pairs: &[(SignedStep, SignedStep)]) -> Result<(), Fatal> {
        let (state, time) = (self.ledger.state(), self.ledger.head().time);
        for (first, second) in pairs {
            if self.evidence.see(first, second, state.courts(), time) == Noted::Enough {
                tracing::warn!("this contradiction is not stated on the log: enough was stated about that court today");
            }
        }
        self.state_evidence(env)
    }

    /// States what was seen and is neither recorded nor waiting, as a client's transaction.
    fn state_evidence(&mut self, env: &mut Environment<'_>) -> Result<(), Fatal> {
        for checked in self.evidence.due(&self.ledger, &self.app.mempool, env.now.wall)? {
            let id = checked.id();
            let admitted = admission::judge(&self.ledger, checked, env.now.wall);
            match admitted.and_then(|admitted| self.enqueue(env, admitted, SentBy::Client)) {
                Ok(_) => tracing::info!(transaction = %id, "a contradiction is stated"),
                Err(NotAdmitted::Fatal(error)) => return Err(error.into()),
                // It is tried again at each tick, which is too often for a warning.
                Err(reason) => tracing::debug!(%reason, "a contradiction cannot be stated now; it is tried again"),
            }
            self.event(env, Event::Wake)?;
        }
        Ok(())
    }

    /// Lets a court that is far behind fetch the log as a snapshot (N10). Block sync rests meanwhile.
    /// [`Host::fetch`] decides.
    fn look_at_fetch(&mut self, env: &mut Environment<'_>) -> Result<(), Fatal> {
        // A court that has stopped imports nothing.
        if self.stopped.is_some() {
            return Ok(());
        }
        match env.host.fetch(self.ledger.head().height, self.driver().height_of_others()) {
            FetchChange::Started => self.event(env, Event::Fetching { is_on: true }),
            FetchChange::Ended => self.event(env, Event::Fetching { is_on: false }),
            FetchChange::None => Ok(()),
        }
    }

    fn import(&mut self, env: &mut Environment<'_>, part: &Part) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        self.app.import(part.blocks())?;
        let head = self.ledger.head();
        self.event(env, Event::Advanced { head: consensus_head(&head) })?;
        if let Some(cosigned) = part.checkpoint() {
            self.learn(env, cosigned)?;
        }
        if part.is_end() { self.event(env, Event::Fetching { is_on: false }) } else { Ok(()) }
    }

    fn stopping(&self) -> NotAdmitted {
        let reason = self.stopped.as_deref().unwrap_or_default();
        NotAdmitted::Refused(Code::Stopping, format!("this node has stopped: {reason}; ask another court"))
    }

    fn enqueue(&mut self, env: &mut Environment<'_>, admitted: Admitted, sent_by: SentBy) -> Result<Inserted, NotAdmitted> {
        if self.stopped.is_some() {
            return Err(self.stopping());
        }
        let admitted = admitted.renewed(&self.ledger, env.now.wall)?;
        let checked = admitted.checked();
        let inserted = self.app.mempool.insert(Arc::clone(checked), &admitted.signer().court);
        match (inserted, sent_by) {
            (Inserted::Full, _) => {
                return Err(NotAdmitted::Refused(Code::Busy, "too much is waiting to be recorded; try again soon".to_owned()));
            }
            (Inserted::New, SentBy::Client) => env.host.broadcast(&Frame::Transaction(checked.shared_text().into())),
            _ => {}
        }
        Ok(inserted)
    }

    /// Sends waiting transactions again while a height is slow (N5).
    ///
    /// A height that has been running since the last tick may run here alone: other courts may have dropped
    /// the transactions, or never received them.
    fn send_work_again(&mut self, env: &mut Environment<'_>) {
        let running = self.runner.driver().round().map(|_| self.ledger.head().height + 1);
        let is_slow = running.is_some() && std::mem::replace(&mut self.running, running) == running;
        if is_slow {
            for checked in self.app.mempool.candidates(WORK_BYTES, WORK_TRANSACTIONS) {
                env.host.broadcast(&Frame::Transaction(checked.shared_text().into()));
            }
        }
    }

    fn committed(&mut self, env: &mut Environment<'_>, committed: &Committed) -> Result<(), Fatal> {
        self.cosigner.committed(committed.size, committed.root, committed.time);
        env.host.measure(Measured::Committed(committed));
        if let Some(court) = self.misconduct.committed(committed.height, committed.transactions.is_empty()) {
            env.host.measure(Measured::EmptyHeight(&court));
        }
        tracing::debug!(
            height = committed.height,
            size = committed.size,
            transactions = committed.transactions.len(),
            "committed"
        );
        if committed.time.plus_ms(FRESH_MS) < env.now.wall {
            return Ok(());
        }
        self.cosign(env)
    }

    fn look(&mut self, env: &mut Environment<'_>) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        self.look_at_fetch(env)?;
        self.app.mempool.remove_expired(env.now.wall);
        let dropped = self.app.mempool.take_dropped();
        if dropped > 0 {
            tracing::debug!(dropped, "too much waits: transactions of those who hold most were dropped for others");
        }
        env.host.measure(Measured::Waiting { load: self.app.mempool.load(), dropped });
        self.state_evidence(env)?;
        self.send_work_again(env);
        self.look_at_times(env);
        self.look_at_cosignatures(env)
    }

    /// Notes what a message says about its sender.
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
