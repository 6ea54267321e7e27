//! A deterministic network of courts: the shipped driver and runner on simulated network, clocks and disks.
//!
//! In: a seed, and the faults.
//! Out: what every court committed, sent and reported.
//! Always: time, network, clocks, disks and chance are those of `courtseal-world`, so one seed is one run.
//! Every signature that leaves a court or reaches one, and every commit, is checked against all earlier ones.
//! Not for the ledger: blocks here hold numbered transactions.

mod checks;
mod signatures;

pub use crate::ledger::CHAIN;
pub use crate::scale::scaled;

use self::signatures::Signatures;
use crate::ledger::Ledger;
use courtseal_consensus::vote::{Proposal, SignedStep};
use courtseal_consensus::{
    Application, Config, CourtSet, Driver, Effect, EffectHandler, Error, Event, Head, Message, Recovered, Runner, Timeouts,
    Token, Verdict,
};
use courtseal_fixtures::secret;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_world::{Clock, Fuse, Logs, NetworkProfile, Queue, Random, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// The wall clock when a simulation starts.
pub const EPOCH_MS: u64 = 1_795_000_000_000;

/// What the network and the disks do to the courts.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    pub delay_ms: (u64, u64),
    pub loss_percent: u64,
    pub duplicate_percent: u64,
    /// Sabotage: flushing does nothing, so that a crash may lose what was flushed.
    pub no_flush: bool,
    /// Sabotage: what both logs held is not read on start.
    pub ignore_logs: bool,
    /// Sabotage: hellos do not say what was seen of the other.
    pub mute_hello: bool,
}

impl Faults {
    fn network(&self) -> NetworkProfile {
        let Self { delay_ms, loss_percent, duplicate_percent, .. } = *self;
        NetworkProfile { delay_ms, loss_percent, duplicate_percent, reorders: true }
    }

    /// An empty disk.
    fn disk(&self) -> Logs {
        if self.no_flush { Logs::losing_flushes() } else { Logs::default() }
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self { delay_ms: (10, 10), loss_percent: 0, duplicate_percent: 0, no_flush: false, ignore_logs: false, mute_hello: false }
    }
}

/// Effects on their way out.
struct Out {
    effects: Vec<Effect>,
    fuse: Fuse,
}

impl EffectHandler for Out {
    fn perform(&mut self, effect: Effect) -> Result<(), Error> {
        self.fuse.step()?;
        self.effects.push(effect);
        Ok(())
    }
}

/// A court, or an observer.
pub struct Node {
    pub key: SecretKey,
    pub is_observer: bool,
    pub ledger: Ledger,
    pub disk: Logs,
    pub clock: Clock,
    pub refused: Vec<(PublicKey, String)>,
    pub evidence: Vec<(SignedStep, SignedStep)>,
    pub observing: Vec<(u64, String)>,
    pub unsure: bool,
    /// Proposals of blocks that are invalid, and why.
    pub invalid: Vec<(Proposal, String)>,
    /// Heights started, and by whom.
    pub begun: Vec<(u64, PublicKey)>,
    /// Own signatures that a thief made.
    pub stolen: Vec<SignedStep>,
    pub suspended: Option<u64>,
    runner: Option<Runner>,
    life: u64,
}

impl Node {
    pub fn id(&self) -> PublicKey {
        self.key.public()
    }

    pub fn is_up(&self) -> bool {
        self.runner.is_some()
    }

    pub fn runner(&self) -> &Runner {
        self.runner.as_ref().unwrap()
    }

    pub fn height(&self) -> u64 {
        self.ledger.blocks.len() as u64
    }

    /// Lets the court crash after this many further steps.
    pub fn crash_after(&self, steps: u64) {
        self.disk.fuse.crash_after(steps);
    }
}

enum WorldEvent {
    Message { from: PublicKey, to: usize, bytes: Vec<u8> },
    Timer { node: usize, life: u64, token: Token },
    Connected { node: usize, peer: usize },
    Disconnected { node: usize, peer: usize },
    Restart { node: usize },
    Wake { node: usize },
    Relayed { node: usize, work_until: u64 },
    Judged { node: usize, life: u64, height: u64, value: Digest, verdict: Verdict },
}

/// Whether a message is lost: when, from whom, to whom, what.
pub type Cut = Box<dyn Fn(u64, usize, usize, &Message) -> bool>;
/// How a court's messages are falsified.
pub type Alter = Box<dyn Fn(usize, &mut Message)>;

/// A network of courts, its clocks, and all messages under way.
pub struct World {
    pub faults: Faults,
    pub nodes: Vec<Node>,
    pub random: Random,
    pub decided: BTreeMap<u64, (Digest, u64)>,
    /// Signatures that left the courts.
    pub sent: Signatures,
    /// Signatures that a running court received, so that it can show them.
    pub received: Signatures,
    /// Whether forks and failed courts are counted instead of ending the test: for sabotage.
    pub is_tolerant: bool,
    pub disasters: u64,
    pub messages: u64,
    /// Blocks that were judged, by all nodes together.
    pub judged: u64,
    /// How long that takes.
    pub judging_ms: u64,
    pub timers_fired: u64,
    pub restart_after_ms: Option<u64>,
    pub crashes: u64,
    pub cut: Cut,
    pub alter: Alter,
    pub timeouts: Timeouts,
    pub heartbeat_ms: u64,
    queue: Queue<WorldEvent>,
    /// Ends of connections that stand: a node, and its peer. Messages on one that has ended are lost.
    links: BTreeSet<(usize, PublicKey)>,
    trace: Trace,
}

impl World {
    /// `courts` courts and `observers` observers, all to be started.
    pub fn new(seed: u64, courts: usize, observers: usize, faults: Faults) -> Self {
        let key = |n: usize| secret(&format!("net/court-{n:02}/vote"));
        let set = CourtSet::new((0..courts).map(|n| key(n).public())).unwrap();
        let nodes = (0..courts + observers)
            .map(|n| {
                let disk = faults.disk();
                Node {
                    key: key(n),
                    is_observer: n >= courts,
                    ledger: Ledger::new(key(n).public(), set.clone(), disk.fuse.clone()),
                    disk,
                    clock: Clock::default(),
                    refused: Vec::new(),
                    evidence: Vec::new(),
                    observing: Vec::new(),
                    unsure: false,
                    invalid: Vec::new(),
                    begun: Vec::new(),
                    stolen: Vec::new(),
                    suspended: None,
                    runner: None,
                    life: 0,
                }
            })
            .collect();
        Self {
            faults,
            nodes,
            random: Random::new(seed),
            decided: BTreeMap::new(),
            sent: Signatures::default(),
            received: Signatures::default(),
            is_tolerant: false,
            disasters: 0,
            messages: 0,
            judged: 0,
            judging_ms: 0,
            timers_fired: 0,
            restart_after_ms: Some(100),
            crashes: 0,
            cut: Box::new(|_, _, _, _| false),
            alter: Box::new(|_, _| {}),
            timeouts: Timeouts::default(),
            heartbeat_ms: 60_000,
            queue: Queue::default(),
            links: BTreeSet::new(),
            trace: Trace::new(false),
        }
    }

    /// All nodes up, with work until this height.
    pub fn started(seed: u64, courts: usize, faults: Faults, work_until: u64) -> Self {
        let mut world = Self::new(seed, courts, 0, faults);
        world.work_until(work_until);
        world.start_all();
        world
    }

    pub fn work_until(&mut self, height: u64) {
        for node in &mut self.nodes {
            node.ledger.work_until = height;
        }
    }

    pub fn start_all(&mut self) {
        for node in 0..self.nodes.len() {
            self.start(node);
        }
    }

    pub fn start(&mut self, at: usize) {
        if self.nodes[at].is_up() {
            return;
        }
        let recovered = if self.faults.ignore_logs {
            self.nodes[at].disk.lose();
            Recovered::default()
        } else {
            self.nodes[at].disk.recover().unwrap().0
        };
        let node = &mut self.nodes[at];
        let config = Config {
            chain: CHAIN,
            key: (!node.is_observer).then(|| node.key.clone()),
            timeouts: self.timeouts,
            heartbeat_ms: self.heartbeat_ms,
        };
        let last = node.ledger.blocks.last();
        let head = Head {
            height: node.ledger.blocks.len() as u64,
            digest: last.map_or(CHAIN, |one| one.digest()),
            time: last.map_or(Timestamp(EPOCH_MS - 1), |one| one.time()),
        };
        node.runner = Some(Runner::new(Driver::new(config, node.ledger.courts_at(head.height + 1), head, recovered)));
        node.life += 1;
        node.disk.fuse.renew();
        self.dispatch(at, Event::Started);
        for peer in (0..self.nodes.len()).filter(|peer| *peer != at && self.nodes[*peer].is_up()).collect::<Vec<_>>() {
            let delay_ms = 1 + self.delay();
            self.queue.add(delay_ms, WorldEvent::Connected { node: at, peer });
            self.queue.add(delay_ms, WorldEvent::Connected { node: peer, peer: at });
        }
    }

    /// Kills a node; what was not flushed is lost in part.
    pub fn kill(&mut self, at: usize) {
        if self.nodes[at].runner.take().is_none() {
            return;
        }
        self.crashes += 1;
        let node = &mut self.nodes[at];
        node.disk.power_cut(&mut self.random, 0);
        self.links.retain(|(node, _)| *node != at);
        for peer in (0..self.nodes.len()).filter(|peer| *peer != at).collect::<Vec<_>>() {
            self.queue.add(1, WorldEvent::Disconnected { node: peer, peer: at });
        }
        if let Some(after_ms) = self.restart_after_ms {
            self.queue.add(after_ms, WorldEvent::Restart { node: at });
        }
    }

    /// Ends or makes the connection of two nodes.
    pub fn connect(&mut self, pair: (usize, usize), is_up: bool) {
        for (node, peer) in [pair, (pair.1, pair.0)] {
            self.queue.add(1, if is_up { WorldEvent::Connected { node, peer } } else { WorldEvent::Disconnected { node, peer } });
        }
    }

    pub fn wake(&mut self, at: usize) {
        self.queue.add(0, WorldEvent::Wake { node: at });
    }

    /// Gives a court something to record at its next height, which it relays to the others.
    pub fn submit(&mut self, at: usize) {
        let work_until = self.nodes[at].height() + 1;
        for node in 0..self.nodes.len() {
            let after_ms = if node == at { 0 } else { self.delay() };
            self.queue.add(after_ms, WorldEvent::Relayed { node, work_until });
        }
    }

    /// The host of `at` fetches blocks by itself, or does so no more.
    pub fn fetching(&mut self, at: usize, is_on: bool) {
        self.dispatch(at, Event::Fetching { is_on });
    }

    /// The host of `at` commits the blocks up to `height` as `from` has them, all at once.
    pub fn advance(&mut self, at: usize, from: usize, height: usize) {
        let own = self.nodes[at].ledger.blocks.len();
        let blocks = self.nodes[from].ledger.blocks[own.min(height)..height].to_vec();
        self.nodes[at].ledger.blocks.extend(blocks);
        let last = &self.nodes[from].ledger.blocks[height - 1];
        let head = Head { height: height as u64, digest: last.digest(), time: last.time() };
        self.dispatch(at, Event::Advanced { head });
    }

    /// A message that no driver sent.
    pub fn inject(&mut self, from: usize, to: usize, message: &Message) {
        let from = self.nodes[from].id();
        self.queue.add(1, WorldEvent::Message { from, to, bytes: message.encode() });
    }

    /// Milliseconds since the world began.
    pub fn now_ms(&self) -> u64 {
        self.queue.now_ms()
    }

    fn delay(&mut self) -> u64 {
        self.faults.network().delay_ms(&mut self.random)
    }

    /// Runs until `done` or `limit_ms` of simulated time have passed; says whether it was done.
    pub fn run_until(&mut self, limit_ms: u64, done: impl Fn(&World) -> bool) -> bool {
        let end_ms = self.now_ms() + limit_ms;
        while !done(self) {
            let Some(at_ms) = self.queue.next_ms() else { return false };
            if at_ms > end_ms {
                self.queue.pass_until(end_ms);
                return done(self);
            }
            let (_, event) = self.queue.take_next().unwrap();
            self.happen(event);
        }
        true
    }

    /// Runs until every node that is up has committed `height`.
    pub fn reaches(&mut self, height: u64, limit_ms: u64) -> bool {
        self.run_until(limit_ms, |world| world.nodes.iter().all(|node| !node.is_up() || node.height() >= height))
    }

    fn happen(&mut self, event: WorldEvent) {
        match event {
            WorldEvent::Message { from, to, bytes } => {
                self.trace.note(self.queue.now_ms(), to, b'<', &bytes, String::new);
                let message = Message::decode(&bytes).unwrap();
                if self.links.contains(&(to, from)) {
                    self.received.note(from, &message);
                }
                self.dispatch(to, Event::Received { peer: from, message });
            }
            WorldEvent::Timer { node, life, token } => {
                if self.nodes[node].life == life {
                    self.timers_fired += 1;
                    self.dispatch(node, Event::TimerFired(token));
                }
            }
            WorldEvent::Connected { node, peer } => {
                if self.nodes[peer].is_up() {
                    let peer = self.nodes[peer].id();
                    self.links.insert((node, peer));
                    self.dispatch(node, Event::Connected { peer });
                }
            }
            WorldEvent::Disconnected { node, peer } => {
                let peer = self.nodes[peer].id();
                self.links.remove(&(node, peer));
                self.dispatch(node, Event::Disconnected { peer });
            }
            WorldEvent::Restart { node } => self.start(node),
            WorldEvent::Wake { node } => self.dispatch(node, Event::Wake),
            WorldEvent::Relayed { node, work_until } => {
                self.nodes[node].ledger.work_until = work_until;
                self.dispatch(node, Event::Wake);
            }
            WorldEvent::Judged { node, life, height, value, verdict } => {
                if self.nodes[node].life == life {
                    self.dispatch(node, Event::Judged { height, value, verdict: Ok(verdict) });
                }
            }
        }
    }

    fn dispatch(&mut self, at: usize, event: Event) {
        let node = &mut self.nodes[at];
        let Some(runner) = &mut node.runner else { return };
        let now = node.clock.now(Timestamp(EPOCH_MS), self.queue.now_ms());
        let mut out = Out { effects: Vec::new(), fuse: node.disk.fuse.clone() };
        let before = node.ledger.blocks.len();
        let result = runner.handle(now, event, &mut node.ledger, &mut node.disk, &mut out);
        for at_height in before..self.nodes[at].ledger.blocks.len() {
            self.check_commit(at, at_height);
        }
        self.perform(at, out.effects);
        match result {
            Ok(()) => {}
            Err(Error::Host(_)) => self.kill(at),
            Err(_) if self.is_tolerant => {
                self.disasters += 1;
                self.nodes[at].runner = None;
            }
            Err(error) => panic!("court {at}: {error}"),
        }
    }

    fn perform(&mut self, at: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Broadcast(message) => {
                    for to in (0..self.nodes.len()).filter(|to| *to != at).collect::<Vec<_>>() {
                        self.transmit(at, to, &message);
                    }
                }
                Effect::Send { to, message } => {
                    if let Some(to) = self.nodes.iter().position(|node| node.id() == to) {
                        self.transmit(at, to, &message);
                    }
                }
                Effect::SetTimer { token, after_ms } => {
                    let life = self.nodes[at].life;
                    self.queue.add(after_ms, WorldEvent::Timer { node: at, life, token });
                }
                // A cancelled timer still fires here: the driver must not mind.
                Effect::CancelTimer { .. } => {}
                Effect::Refuse { peer, reason } => self.nodes[at].refused.push((peer, reason)),
                Effect::Evidence { first, second } => self.nodes[at].evidence.push((first, second)),
                Effect::Judge { height, value, block } => {
                    self.judged += 1;
                    let life = self.nodes[at].life;
                    let verdict = self.nodes[at].ledger.check(height, &block).unwrap();
                    self.queue.add(self.judging_ms, WorldEvent::Judged { node: at, life, height, value, verdict });
                }
                Effect::Invalid { proposal, reason, .. } => self.nodes[at].invalid.push((proposal.content, reason)),
                Effect::Begun { height, by } => self.nodes[at].begun.push((height, by)),
                Effect::Stolen { statement } => self.nodes[at].stolen.push(statement),
                Effect::Suspended { height } => self.nodes[at].suspended = height,
                Effect::Unsure { is_unsure } => self.nodes[at].unsure = is_unsure,
                Effect::Observing { height, why } => self.nodes[at].observing.push((height, why)),
            }
        }
    }

    fn transmit(&mut self, from: usize, to: usize, message: &Message) {
        self.sent.note(self.nodes[from].id(), message);
        if (self.cut)(self.queue.now_ms(), from, to, message) {
            return;
        }
        let mut message = message.clone();
        (self.alter)(from, &mut message);
        if let Message::Hello(hello) = &mut message
            && self.faults.mute_hello
        {
            hello.newest = None;
        }
        for _ in 0..self.faults.network().copies(&mut self.random) {
            self.messages += 1;
            let delay_ms = self.delay();
            let from = self.nodes[from].id();
            self.queue.add(delay_ms, WorldEvent::Message { from, to, bytes: message.encode() });
        }
    }

    /// A digest of all that was delivered, and when.
    pub fn trace(&self) -> Digest {
        self.trace.digest()
    }

    /// When each height was first committed.
    pub fn block_times(&self) -> Vec<u64> {
        self.decided.values().map(|(_, at_ms)| *at_ms).collect()
    }
}
