//! The simulated world: nodes, the network between them, clients and faults, in one order of events.
//!
//! In: a seed, and optionally one lie for all liars.
//! Out: an [`Outcome`].
//! Always: one thread, one generator and one queue, so that one seed is one run. The true clock is the time
//! of the queue.
//! Not for judging: see [`crate::checks`].

mod ending;
mod event_checks;
mod faults;
mod lies;
mod lies_told;
mod network;
mod outcome;
mod restarts;
mod snapshot;

use crate::byzantine::{Liar, Lie};
use crate::checks::Checks;
use crate::clients::Clients;
use crate::disk::Disk;
use crate::fixtures::{Fixtures, GENESIS_TIME};
use crate::node::{Effects, Node};
use crate::pace::Pace;
use crate::profile::{About, Cut, DiskFault, Profile, apart};
use courtseal_consensus::{Now, Token};
use courtseal_court::admission::{self, NotAdmitted};
use courtseal_court::court::{Court, Environment, Judged, SentBy};
use courtseal_court::frame::Frame;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_world::{NetworkProfile, Queue, Random, Trace};
use lies_told::Lies;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use outcome::Outcome;

/// A connection on which nothing arrives for this long is given up by both sides.
const SILENCE_MS: u64 = 7_000;
/// Time between two ticks of a court.
const TICK_MS: u64 = 1_000;
/// A client that has no receipts after this time asks another court.
const RETRY_MS: u64 = 4_000;
/// Within this time after the last fault, everything is recorded and all courts agree.
const HEALED_MS: u64 = 90_000;
/// A run lasts at least this long after the last fault.
const CALM_MS: u64 = 8_000;
/// How often a twin's peers change sides.
const SWITCH_MS: u64 = 20_000;

/// In one of this many seeds, courts that are far behind fetch snapshots. In the others block sync brings
/// everything.
const SNAPSHOTS_EVERY: u64 = 3;

enum Event {
    Frame { from: usize, to: usize, session: u64, bytes: Vec<u8> },
    Timer { node: usize, incarnation: u64, token: Token },
    Tick { node: usize, incarnation: u64 },
    Judged { node: usize, incarnation: u64, judged: Judged },
    Connect { a: usize, b: usize },
    Silence { a: usize, b: usize, session: u64 },
    Disconnected { node: usize, peer: usize, session: u64 },
    Restart { node: usize },
    Crash,
    Fail,
    Partition,
    Reunion,
    Jump,
    Copy,
    Switch,
    Request,
    Retry { request: usize },
    Snapshot { node: usize, incarnation: u64 },
    Forget { node: usize, incarnation: u64, height: u64 },
    Heal,
}

#[derive(Default)]
struct Pair {
    session: u64,
    is_up: bool,
    /// When the last message of each direction arrives, so that none overtakes another.
    arrives_ms: [u64; 2],
}

/// The simulated world of one seed.
pub struct World {
    fixtures: Arc<Fixtures>,
    profile: Profile,
    network: NetworkProfile,
    random: Random,
    /// The generator for choices that were added later.
    apart: Random,
    queue: Queue<Event>,
    nodes: Vec<Node>,
    pairs: BTreeMap<(usize, usize), Pair>,
    cut: Option<(Vec<bool>, Cut)>,
    is_healed: bool,
    clients: Clients,
    checks: Checks,
    pace: Pace,
    lies: Lies,
    crashes: u64,
    damages: u64,
    trace: Trace,
}

impl World {
    /// The world of this seed. With `is_shown` its events are printed. `only` replaces some choices of the
    /// seed.
    pub fn new(seed: u64, only: Option<About>, is_shown: bool) -> Self {
        let (mut random, mut apart) = (Random::new(seed), apart(seed));
        let profile = Profile::new(seed, &mut random, &mut apart, only);
        let fixtures = Fixtures::network(profile.courts);
        let chain = fixtures.chain;
        let mut nodes: Vec<Node> = (0..profile.courts).map(|place| Node::of(&fixtures, &profile, chain, place, 0)).collect();
        let twins = profile.liars.iter().filter(|(_, lie)| *lie == Lie::Twin).map(|(place, _)| *place);
        nodes.extend(twins.map(|place| Node::of(&fixtures, &profile, chain, place, 1)));
        nodes.iter_mut().for_each(|node| node.fetches = seed.is_multiple_of(SNAPSHOTS_EVERY));
        let trace = Trace::new(is_shown);
        trace.say(0, format_args!("{profile:#?}"));
        Self {
            network: profile.network,
            fixtures,
            profile,
            random,
            apart,
            queue: Queue::default(),
            nodes,
            pairs: BTreeMap::new(),
            cut: None,
            is_healed: false,
            clients: Clients::default(),
            checks: Checks::default(),
            pace: Pace::default(),
            lies: Lies::default(),
            crashes: 0,
            damages: 0,
            trace,
        }
    }

    /// Runs to the end, or to the first violation.
    pub fn run(mut self, seed: u64) -> Outcome {
        for node in 0..self.nodes.len() {
            let after_ms = self.random.between(0, 500);
            self.queue.add(after_ms, Event::Restart { node });
        }
        self.schedule(self.profile.crash_every_ms, Event::Crash);
        self.schedule(self.profile.fail_every_ms, Event::Fail);
        self.schedule(self.profile.cut_every_ms, Event::Partition);
        self.schedule((!self.profile.jumping.is_empty()).then_some(15_000), Event::Jump);
        self.schedule(Some(30_000), Event::Copy);
        self.schedule((self.nodes.len() > self.profile.courts).then_some(SWITCH_MS), Event::Switch);
        self.queue.add(1_000, Event::Request);
        self.queue.add(self.profile.chaos_ms, Event::Heal);
        for (_, lie) in &self.profile.liars {
            self.lies.told.insert(*lie, 0);
        }
        let mut is_forked = false;
        while self.checks.violation.is_none() {
            let Some((place, event)) = self.queue.take_next() else { break };
            if let Some(free_ms) = self.waits_until(&event) {
                self.queue.postpone(place, free_ms, event);
                continue;
            }
            self.handle_event(event);
            if self.is_healed && self.queue.now_ms() > self.profile.chaos_ms + CALM_MS {
                if self.profile.is_fork {
                    is_forked = self.judge_fork();
                    break;
                }
                if self.is_settled() {
                    self.judge_end();
                    break;
                }
                if self.queue.now_ms() > self.profile.chaos_ms + HEALED_MS {
                    let words = self.standing();
                    self.checks.broken(format!("no agreement {HEALED_MS} ms after the last fault: {words}"));
                }
            }
        }
        if let Some(violation) = &self.checks.violation {
            self.trace.say(self.queue.now_ms(), format_args!("BROKEN: {violation}"));
        }
        Outcome {
            seed,
            trace: self.trace.digest(),
            events: self.trace.events(),
            simulated_ms: self.queue.now_ms(),
            blocks: self.checks.height(),
            receipts: self.clients.receipts,
            acts: self.clients.acts,
            crashes: self.crashes,
            damages: self.damages,
            lies: self.lies.told,
            is_forked,
            violation: self.checks.violation,
        }
    }

    fn schedule(&mut self, every_ms: Option<u64>, event: Event) {
        if let Some(mean_ms) = every_ms.filter(|_| !self.is_healed) {
            let after_ms = self.random.between(1, 2 * mean_ms);
            self.queue.add(after_ms, event);
        }
    }

    /// The time at which the nodes of an event are done with their disks, if that is later than now. A court
    /// handles one event at a time.
    fn waits_until(&self, event: &Event) -> Option<u64> {
        let busy_until_ms = |node: &usize| self.nodes[*node].busy_until_ms;
        let free_ms = match event {
            Event::Frame { to: node, .. }
            | Event::Timer { node, .. }
            | Event::Tick { node, .. }
            | Event::Judged { node, .. }
            | Event::Disconnected { node, .. }
            | Event::Snapshot { node, .. } => busy_until_ms(node),
            Event::Connect { a, b } => busy_until_ms(a).max(busy_until_ms(b)),
            _ => return None,
        };
        Some(free_ms).filter(|free_ms| *free_ms > self.queue.now_ms())
    }

    fn now_of(&self, node: usize) -> Now {
        self.nodes[node].clock.now(GENESIS_TIME, self.queue.now_ms())
    }

    fn true_time(&self) -> Timestamp {
        Timestamp(GENESIS_TIME.0 + self.queue.now_ms())
    }

    fn handle_event(&mut self, event: Event) {
        match event {
            Event::Frame { from, to, session, bytes } => self.arrive(from, to, session, &bytes),
            Event::Timer { node, incarnation, token } => {
                let is_due = self.nodes[node].incarnation == incarnation
                    && self.nodes[node].up.as_mut().is_some_and(|up| up.timers.remove(&token));
                if is_due {
                    self.trace.note(self.queue.now_ms(), node, b't', &token.0.to_be_bytes(), || format!("timer {}", token.0));
                    self.handle(node, |court, env| court.timer(env, token));
                }
            }
            Event::Tick { node, incarnation } => {
                if self.nodes[node].incarnation == incarnation && self.nodes[node].up.is_some() {
                    self.queue.add(TICK_MS, Event::Tick { node, incarnation });
                    self.handle(node, Court::tick);
                }
            }
            Event::Judged { node, incarnation, judged } => {
                if self.nodes[node].incarnation == incarnation {
                    self.handle(node, |court, env| court.judged(env, judged));
                }
            }
            Event::Connect { a, b } => self.connect(a, b),
            Event::Silence { a, b, session } => {
                let is_same = self.pairs.get(&(a, b)).is_some_and(|pair| pair.is_up && pair.session == session);
                if is_same && (self.is_cut(a, b) || self.is_cut(b, a)) {
                    self.part(a, b);
                }
            }
            Event::Disconnected { node, peer, session } => {
                let is_over = self.pairs.get(&order(node, peer)).is_some_and(|pair| !pair.is_up && pair.session == session);
                if is_over {
                    let name = self.nodes[peer].keys.name.clone();
                    self.trace
                        .note(self.queue.now_ms(), node, b'd', &[peer as u8], || format!("lost its connection to node {peer}"));
                    self.handle(node, |court, env| court.disconnected(env, &name));
                }
            }
            Event::Restart { node } => self.start(node),
            Event::Crash => {
                self.schedule(self.profile.crash_every_ms, Event::Crash);
                self.crash_node();
            }
            Event::Fail => {
                self.schedule(self.profile.fail_every_ms, Event::Fail);
                let node = self.random.below(self.nodes.len());
                self.trace.note(self.queue.now_ms(), node, b'f', &[], || "its next write fails".to_owned());
                self.nodes[node].disk.fuse().fail();
            }
            Event::Partition => {
                self.schedule(self.profile.cut_every_ms, Event::Partition);
                self.partition();
            }
            Event::Reunion => self.reunite(),
            // After the last fault, clocks stay as they are.
            Event::Jump if self.is_healed => {}
            Event::Jump => {
                self.schedule(Some(15_000), Event::Jump);
                let node = self.random.pick(&self.profile.jumping);
                let skew_ms = self.random.pick(&[0, 86_400_000, -86_400_000, 10_000, -10_000, 600]);
                self.nodes[node].clock.set(skew_ms);
                self.trace
                    .note(self.queue.now_ms(), node, b'j', &skew_ms.to_be_bytes(), || format!("its clock is {skew_ms} ms off"));
            }
            Event::Copy => {
                self.schedule(Some(30_000), Event::Copy);
                for node in self.profile.frail.clone() {
                    if self.random.chance(50) {
                        self.nodes[node].copy = Some(self.nodes[node].disk.copy());
                    }
                }
            }
            Event::Switch => {
                self.queue.add(SWITCH_MS, Event::Switch);
                self.switch();
            }
            Event::Request => {
                let every_ms = self.profile.request_every_ms;
                if !self.is_healed {
                    let after_ms = self.random.between(1, 2 * every_ms);
                    self.queue.add(after_ms, Event::Request);
                }
                let now = self.true_time();
                let request = self.clients.request(&self.fixtures, now, &mut self.random);
                self.submit(request);
                // Some clients ask several courts at once.
                if self.random.chance(15) {
                    self.submit(request);
                }
                self.try_forgery(request);
            }
            Event::Retry { request } => self.submit(request),
            Event::Snapshot { node, incarnation } => self.fetch_on(node, incarnation),
            Event::Forget { node, incarnation, height } => self.forget(node, incarnation, height),
            Event::Heal => self.heal(),
        }
    }

    fn submit(&mut self, request: usize) {
        let one = self.clients.get(request);
        let (is_over, checked) = (one.not_after < self.true_time(), Arc::clone(&one.checked));
        let is_curious = one.place.is_some() && !self.is_healed && self.random.chance(10);
        if is_over || self.clients.get(request).place.is_some() && !is_curious {
            return;
        }
        let node = self.random.below(self.profile.courts);
        self.trace.note(self.queue.now_ms(), node, b's', &checked.id().0, || format!("is sent request {request}"));
        self.pace.work();
        self.queue.add(RETRY_MS, Event::Retry { request });
        let wall = self.now_of(node).wall;
        let Some(admitted) = self.nodes[node].up.as_ref().map(|up| admission::judge(&up.ledger, checked, wall)) else { return };
        let answer = match admitted {
            Ok(admitted) => self.handle(node, |court, env| court.transaction(env, admitted, SentBy::Client)),
            Err(refused) => Some(Err(refused)),
        };
        if let Some(Err(NotAdmitted::Fatal(error))) = answer {
            self.checks.broken(format!("a client was told of a fault: {error}"));
        }
    }

    /// Lets a node handle one event, and follows all its effects.
    fn handle<T>(&mut self, at: usize, act: impl FnOnce(&mut Court, &mut Environment<'_>) -> T) -> Option<T> {
        let connected = self.connected(at);
        let (now, chain) = (self.now_of(at), self.fixtures.chain);
        let (done, effects) = self.nodes[at].handle(now, chain, &connected, act)?;
        self.nodes[at].flush(self.queue.now_ms());
        self.follow(at, effects);
        Some(done)
    }

    fn connected(&self, at: usize) -> Vec<(usize, usize)> {
        let is_up = |peer: &usize| *peer != at && self.pairs.get(&order(at, *peer)).is_some_and(|pair| pair.is_up);
        (0..self.nodes.len()).filter(is_up).map(|peer| (peer, self.nodes[peer].place)).collect()
    }

    fn follow(&mut self, at: usize, mut effects: Effects) {
        let node = &mut self.nodes[at];
        let (place, is_honest, has_crashed) = (node.place, node.is_honest(), node.disk.fuse().has_crashed());
        let Some(up) = &node.up else { return };
        let (ledger, incarnation) = (Arc::clone(&up.ledger), node.incarnation);
        let stopped = up.court.stopped().map(str::to_owned);
        if is_honest {
            for words in effects.broken.drain(..) {
                self.checks.broken(words);
            }
            // A court that lost its records can learn only from the others what it signed. A court with old
            // records does not even know that it must ask.
            for statement in &effects.signed {
                if !self.profile.forgets(place) {
                    self.checks.signed(*statement);
                } else if self.profile.disk.0 != DiskFault::OldCopy {
                    self.checks.signed_from_memory(*statement);
                }
            }
            if !self.profile.is_fork {
                for (_, frame) in &effects.out.frames {
                    if let Frame::Cosignature(announcement) = frame {
                        self.checks.cosigned(place, announcement.size, announcement.root);
                    }
                }
                self.check_commits(at, &ledger);
                for signed in &effects.acknowledged {
                    self.trace.note(self.queue.now_ms(), at, b'a', &signed.checkpoint.root.0, || {
                        format!("acknowledges {} entries", signed.checkpoint.size)
                    });
                    let wall = self.now_of(at).wall;
                    self.checks.acknowledged((place, wall), &self.fixtures, &ledger, signed, &mut self.clients);
                }
            }
        } else {
            self.falsify(at, &mut effects.out, &ledger);
        }
        if is_honest && !self.profile.is_fork {
            self.check_judged(at, &effects);
        }
        // Evidence takes the way of a client's transaction.
        if effects.out.frames.iter().any(|(_, frame)| matches!(frame, Frame::Transaction(_))) {
            self.pace.work();
        }
        // All effects of an event wait for its flushes.
        let busy_ms = self.nodes[at].busy_until_ms - self.queue.now_ms();
        for (token, after_ms) in effects.timers {
            self.queue.add(busy_ms + after_ms, Event::Timer { node: at, incarnation, token });
        }
        for judged in effects.judged {
            self.queue.add(busy_ms + self.profile.judging_ms, Event::Judged { node: at, incarnation, judged });
        }
        if effects.is_fetching {
            self.queue.add(busy_ms + 1, Event::Snapshot { node: at, incarnation });
        }
        self.transmit(at, effects.out);
        for court in effects.disconnect {
            let peers: Vec<usize> = (0..self.nodes.len()).filter(|peer| self.nodes[*peer].place == court).collect();
            peers.into_iter().for_each(|peer| self.part(at, peer));
        }
        if has_crashed {
            self.down(at);
        } else if let Some(reason) = stopped {
            self.stopped(at, &reason);
        }
    }
}

impl Node {
    fn of(fixtures: &Fixtures, profile: &Profile, chain: Digest, place: usize, instance: usize) -> Self {
        let lie = profile.liars.iter().find(|(liar, _)| *liar == place).map(|(_, lie)| *lie);
        let liar = lie.map(|lie| Liar::new(lie, fixtures.keys[place].clone(), chain, profile.courts));
        let slow_ms = profile.slow.iter().find(|(slow, _)| *slow == place).map_or(0, |(_, by_ms)| *by_ms);
        let mut node = Self::new(fixtures, place, instance, liar, profile.skew_ms[place], slow_ms);
        node.disk = Disk::keeping(profile.kept_bytes);
        node.flush_ms = profile.flush_ms[place];
        node
    }
}

fn order(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_disks_slow_a_network_down_and_break_nothing() {
        let run = |flush_ms| {
            let mut world = World::new(SLOW_SEED, None, false);
            world.nodes.iter_mut().for_each(|node| node.flush_ms = flush_ms);
            let outcome = world.run(SLOW_SEED);
            assert_eq!(outcome.violation, None, "with {flush_ms} ms a flush");
            outcome.blocks
        };
        assert!(run(400) < run(0));
    }

    const SLOW_SEED: u64 = 1;
}
