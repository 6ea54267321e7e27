//! The driver: events in, steps out, around the Malachite core.
//!
//! In: [`Event`]s, one at a time, with the clocks' reading.
//! Out: one [`Output`] each.
//! Always: the driver is deterministic and reads no clock, file or socket. A height is started once. A block
//! is asked to be committed once, and nothing else happens to its height until it is.
//! Not for performing steps: see [`crate::Runner`].
//!
//! The parts:
//! * [`receive`] takes messages.
//! * [`run`] starts heights and feeds the core.
//! * [`follow`] turns the core's wishes into effects.
//! * [`catch_up`] applies decided blocks of others.
//! * [`theft`] handles signatures of the own key for heights that no court has reached.

mod catch_up;
mod follow;
mod receive;
mod run;
mod theft;

use crate::application::Application;
use crate::bodies::Bodies;
use crate::context::CourtContext;
use crate::core::Core;
use crate::court_set::CourtSet;
use crate::effects::{CoreWait, Environment};
use crate::error::Error;
use crate::event::{Effect, Event, Head, Now, Output, Token};
use crate::evidence_pool::EvidencePool;
use crate::guard::{Guard, GuardRecord};
use crate::journal::Recovered;
use crate::message::{Hello, MESSAGES, Message};
use crate::peers::Peers;
use crate::signing::{Signing, Silence};
use crate::sync::Sync;
use crate::timers::{Slowest, Timeouts, TimerKey, Timers};
use crate::verify::Verifier;
use crate::vote::{CommitCertificate, SignedStep, SigningStep};
use crate::wal::{Wait, WalRecord};
use arc_malachitebft_core_consensus::Input;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The settings of a driver, given once.
#[derive(Clone, Debug)]
pub struct Config {
    /// The network: its genesis digest.
    pub chain: Digest,
    /// The voting key; none for an observer.
    pub key: Option<SecretKey>,
    /// How long each wait lasts.
    pub timeouts: Timeouts,
    /// Milliseconds without a block after which an empty one is made.
    pub heartbeat_ms: u64,
}

/// The state of the height after the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not started: nothing to record, or a hello is missing.
    Waiting,
    /// The core runs it.
    Running,
    /// Its block is being committed; it becomes this head.
    Committing(Head),
}

/// Messages are queued for so many heights after the next one.
const PENDING_HEIGHTS: u64 = 8;
/// Messages queued of one peer for one height.
const PENDING_PER_PEER: usize = 32;
/// How often one peer is sent one body that is not decided yet.
const SERVED_MAX: u8 = 8;
/// How long the driver waits after a restart for the last courts to say hello, once enough have (C13).
const GREETINGS_MS: u64 = 500;
/// How long a court without blocks and records waits for a block that only a third of the courts or fewer
/// claim to have. All of them may be faulty (C24).
const UNPROVEN_MS: u64 = 60_000;
/// A block that is later than a court's start by more than this was made after it. Clocks differ by less
/// (C24).
const FRESH_MS: u64 = 10_000;
/// The reason for observing a height whose signatures on the two logs differ (C12).
const CONTRADICTION: &str = "the guard and the write-ahead log hold different signatures for one step";
/// A vote that comes so long after its height was committed is from a court that missed the decision.
const OLD_VOTE_MS: u64 = 500;

/// The driver of consensus on one court; the head of this file says what it does.
pub struct Driver {
    config: Config,
    own: PublicKey,
    now: Now,
    head: Head,
    committed_ms: u64,
    phase: Phase,
    courts: CourtSet,
    previous_courts: CourtSet,
    core: Core,
    environment: Environment,
    inputs: VecDeque<Input<CourtContext>>,
    build_round: Option<u32>,
    /// The decision of the running height, until its body is here.
    decided: Option<CommitCertificate>,
    round_started_ms: u64,
    recovered: Vec<WalRecord>,
    bodies: Bodies,
    timers: Timers,
    slowest: Slowest,
    peers: Peers,
    evidence_pool: EvidencePool,
    sync: Sync,
    pending: BTreeMap<u64, Vec<(PublicKey, Message)>>,
    /// How often each peer was sent each body that is kept: no more entries than bodies times peers, however
    /// long a height lasts.
    served: BTreeMap<Digest, BTreeMap<PublicKey, u8>>,
    sent: Vec<SignedStep>,
    logged: BTreeSet<SigningStep>,
    is_wanted: bool,
    is_just_committed: bool,
    /// When this court, without a block, was first told that there is one.
    claimed_ms: Option<u64>,
    output: Output,
}

impl Driver {
    /// A driver on top of `head`, with what both logs held. `courts` decide the height after it.
    pub fn new(config: Config, courts: CourtSet, head: Head, recovered: Recovered) -> Self {
        let mut guard = Guard::new(config.key.clone(), config.chain, recovered.guard);
        let own = guard.public();
        let mut evidence_pool = EvidencePool::default();
        let mut wal = recovered.wal;
        let mut signed: BTreeMap<SigningStep, SignedStep> = BTreeMap::new();
        // Statements of every height count, also of heights that the ledger has lost since. Own steps must
        // not be signed otherwise again, and other courts are shown their statements.
        for statement in wal.iter().filter_map(WalRecord::statement) {
            if statement.court() == own {
                signed.insert(statement.step(), statement);
            } else {
                evidence_pool.recall(statement);
            }
        }
        for (step, statement) in &signed {
            if !guard.adopt(statement) {
                guard.signing_mut().observe(step.height, CONTRADICTION);
            }
        }
        let has_record = guard.newest().is_some();
        guard.signing_mut().recalled(has_record);
        wal.retain(|record| record.height() == head.height + 1);
        Self {
            own,
            now: Now { monotonic_ms: 0, wall: head.time },
            head,
            committed_ms: 0,
            phase: Phase::Waiting,
            core: Core::new(head.height + 1, courts.clone(), own, guard.has_key()),
            environment: Environment::new(guard, Verifier::new(config.chain), config.chain),
            previous_courts: courts.clone(),
            courts,
            inputs: VecDeque::new(),
            build_round: None,
            decided: None,
            round_started_ms: 0,
            recovered: wal,
            bodies: Bodies::default(),
            timers: Timers::default(),
            slowest: Slowest::default(),
            peers: Peers::default(),
            evidence_pool,
            sync: Sync::default(),
            pending: BTreeMap::new(),
            served: BTreeMap::new(),
            sent: Vec::new(),
            logged: BTreeSet::new(),
            is_wanted: false,
            is_just_committed: false,
            claimed_ms: None,
            output: Output::default(),
            config,
        }
    }

    /// Takes one event.
    ///
    /// # Errors
    /// Fatal ones only; the process must then stop without performing anything more.
    pub fn handle(&mut self, now: Now, event: Event, app: &mut dyn Application) -> Result<Output, Error> {
        self.now = now;
        match event {
            Event::Started => self.on_started(),
            Event::Connected { peer } => self.on_connected(peer),
            Event::Disconnected { peer } => self.on_disconnected(&peer),
            Event::Received { peer, message } => self.on_message(peer, message, app)?,
            // `settle` asks whether there is work, so nothing is left to do here.
            Event::Wake => {}
            Event::TimerFired(token) => self.on_timer(token),
            Event::Judged { height, value, verdict } => self.on_judged(height, value, verdict)?,
            Event::Committed { height } => self.on_committed(height, app)?,
            Event::Advanced { head } => self.on_advanced(head, app)?,
            Event::Fetching { is_on } => self.sync.is_paused = is_on,
        }
        self.review_suspicion();
        self.settle(app)?;
        self.ask_for_blocks();
        Ok(self.take_output())
    }

    /// The last committed block.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The round of the height after the head; none while it has not started.
    pub fn round(&self) -> Option<u32> {
        (self.phase == Phase::Running).then(|| self.core.round())
    }

    /// The courts that decide the height after the head.
    pub fn courts(&self) -> &CourtSet {
        &self.courts
    }

    /// Notes the height that a peer says it has, ahead of the event of its message. None if the peer is of
    /// another network, so that it says nothing about this log.
    pub fn hear_height(&mut self, peer: &PublicKey, height: Option<u64>) {
        self.peers.hear_height(peer, height);
    }

    /// The height that a peer said last, whether it is connected now or not.
    pub fn height_of(&self, peer: &PublicKey) -> Option<u64> {
        self.peers.last_said(peer)
    }

    /// The greatest height that more than a third of the courts said last, so that an honest one has it. 0 if
    /// there is none.
    pub fn height_of_others(&self) -> u64 {
        self.peers.last_told(&self.courts)
    }

    /// The hello to another court: the protocol and network of this one, its height, and the newest statement
    /// that it saw of the other (C13).
    pub fn hello(&self, peer: &PublicKey, wants_answer: bool) -> Hello {
        Hello {
            messages: MESSAGES,
            chain: self.config.chain,
            height: self.head.height,
            newest: self.evidence_pool.newest(peer),
            wants_answer,
        }
    }

    /// Whether this court signs at the height after the head.
    pub fn is_voting(&self) -> bool {
        self.courts.contains(&self.own) && self.signing().may_sign(self.next_height())
    }

    /// Why this court signs nothing at the height after the head, and until when; none if it may.
    pub fn silence(&self) -> Option<Silence> {
        self.signing().silence(self.next_height())
    }

    fn signing(&self) -> &Signing {
        self.environment.guard.signing()
    }

    /// The height up to which this court only observes (C12, C13); 0 if it never did.
    pub fn observed_height(&self) -> u64 {
        self.signing().observed_height()
    }

    /// The guard's records that a compacted log must hold, oldest first.
    pub fn guard_window(&self) -> Vec<GuardRecord> {
        self.environment.guard.window()
    }

    fn next_height(&self) -> u64 {
        self.head.height + 1
    }

    fn on_started(&mut self) {
        self.committed_ms = self.now.monotonic_ms;
        self.timers.set(TimerKey::Heartbeat, self.config.heartbeat_ms);
        self.timers.set(TimerKey::Status, self.config.timeouts.status_ms);
    }

    fn on_connected(&mut self, peer: PublicKey) {
        self.peers.connect(peer);
        self.greet(peer, true);
    }

    fn greet(&mut self, peer: PublicKey, wants_answer: bool) {
        self.send(peer, Message::Hello(self.hello(&peer, wants_answer)));
    }

    fn on_disconnected(&mut self, peer: &PublicKey) {
        self.peers.disconnect(peer);
        // Bodies under way are lost with the connection, so the peer may ask again (C14).
        for times in self.served.values_mut() {
            times.remove(peer);
        }
        if self.sync.asked() == Some(*peer) {
            self.sync.give_up();
            self.timers.cancel(&TimerKey::SyncAnswer);
        }
        // The timeout is cut short for a proposer that is known to be gone (rule C19).
        let round = self.core.round();
        let key = TimerKey::Core(CoreWait::Step(Wait::Propose), round);
        if self.phase == Phase::Running
            && self.timers.is_running(&key)
            && self.courts.proposer(self.next_height(), round) == *peer
        {
            self.schedule(CoreWait::Step(Wait::Propose), round);
        }
    }

    fn on_timer(&mut self, token: Token) {
        let Some(key) = self.timers.fire(token) else { return };
        match key {
            TimerKey::Core(wait, round) => self.on_core_timer(wait, round),
            TimerKey::Heartbeat => self.is_wanted = true,
            TimerKey::Status => {
                self.timers.set(TimerKey::Status, self.config.timeouts.status_ms);
                let status = Message::Status { height: self.head.height };
                self.output.effects.push(Effect::Broadcast(status));
                for peer in self.peers.ungreeted() {
                    self.greet(peer, true);
                }
            }
            TimerKey::Lag => self.sync.is_lagging = true,
            TimerKey::SyncAnswer => {
                if let Some(peer) = self.sync.give_up() {
                    self.peers.distrust(&peer);
                }
            }
            TimerKey::Body(value) => self.ask_for_body(&value),
            // A hello that came meanwhile may have shown that records are lost. Then this wait is not enough.
            TimerKey::Greetings if self.signing().has_record() || self.is_beginning() => self.be_sure(),
            TimerKey::Greetings => {}
            // Its time may have come: `settle` looks again.
            TimerKey::Early(_) | TimerKey::Parent => {}
        }
    }

    fn send(&mut self, to: PublicKey, message: Message) {
        self.output.effects.push(Effect::Send { to, message });
    }

    fn refuse(&mut self, peer: PublicKey, reason: impl Into<String>) {
        self.output.effects.push(Effect::Refuse { peer, reason: reason.into() });
    }

    /// Signs nothing more up to `height`, and reports it.
    fn observe(&mut self, height: u64, why: &str) {
        if self.environment.guard.signing_mut().observe(height, why) {
            self.output.effects.push(Effect::Observing { height, why: why.to_owned() });
        }
    }

    /// Puts a statement whose signature is good into the evidence pool.
    fn see(&mut self, statement: SignedStep) {
        let round = if self.phase == Phase::Running { self.core.round() } else { 0 };
        if let Some(first) = self.evidence_pool.see(statement, round) {
            self.output.effects.push(Effect::Evidence { first, second: statement });
        }
    }

    fn take_output(&mut self) -> Output {
        let mut step = std::mem::take(&mut self.output);
        step.guard = self.environment.guard.take_fresh();
        step.sync |= !step.guard.is_empty();
        step.effects.extend(self.timers.take_effects());
        step
    }
}

#[cfg(test)]
mod tests;
