//! The world: nodes, the network between them, clients, and what goes wrong, in one order of events.
//!
//! In: a seed, and optionally one lie for all liars. Out: an [`Outcome`]. Always: one thread, one generator, one queue, so that one seed is one run; the
//! true clock is the queue's. Not for judging: see [`crate::checks`].

mod ending;
mod lies;
mod life;
mod mishaps;
mod network;
mod promises;
mod snapshot;
mod told;

use crate::byzantine::{Liar, Lie};
use crate::checks::Checks;
use crate::clients::Clients;
use crate::clients::acts::{ActName, Stated};
use crate::disk::Disk;
use crate::given::{GENESIS_TIME, Given};
use crate::node::{Came, Node};
use crate::pace::Pace;
use crate::profile::{About, Cut, DiskFault, Profile, Weather};
use crate::random::Random;
use crate::trace::Trace;
use courtseal_consensus::{Now, Token};
use courtseal_court::admission::NotAdmitted;
use courtseal_court::court::{Court, Judged, Means, Origin};
use courtseal_court::frame::Frame;
use courtseal_proof::digest::Digest;
use courtseal_proof::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use told::Lies;

/// A connection on which nothing comes for so long is given up by both sides.
const SILENCE_MS: u64 = 7_000;
/// Between two looks of a court at what no event announces.
const TICK_MS: u64 = 1_000;
/// A client that has no receipts after so long asks another court.
const RETRY_MS: u64 = 4_000;
/// Once nothing goes wrong any more, everything is recorded and all courts agree within this time.
const HEALED_MS: u64 = 90_000;
/// Nothing is judged to be over before so much time without faults.
const CALM_MS: u64 = 8_000;
/// How often a twin's peers change sides.
const SWITCH_MS: u64 = 20_000;

/// In each so many seeds one, courts that are far behind fetch snapshots; in the others block sync brings everything.
const SNAPSHOTS_EVERY: u64 = 3;

enum Happening {
    Frame { from: usize, to: usize, session: u64, bytes: Vec<u8> },
    Timer { node: usize, life: u64, token: Token },
    Tick { node: usize, life: u64 },
    Judged { node: usize, life: u64, judged: Judged },
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
    Snapshot { node: usize, life: u64 },
    Forget { node: usize, life: u64, height: u64 },
    Heal,
}

#[derive(Default)]
struct Pair {
    session: u64,
    is_up: bool,
    /// When the last message of each direction arrives, so that none overtakes another.
    arrives_ms: [u64; 2],
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Digest of all that happened.
    pub trace: Digest,
    /// Things that happened.
    pub events: u64,
    /// Simulated time.
    pub simulated_ms: u64,
    /// Blocks that honest courts committed.
    pub blocks: u64,
    /// Receipts that were verified.
    pub receipts: u64,
    /// What became of acts, as receipts say.
    pub acts: BTreeMap<ActName, Stated>,
    /// Crashes.
    pub crashes: u64,
    /// Disks that did in a crash what the profile says of them.
    pub damages: u64,
    /// For each lie that was somebody's part, how often it was told.
    pub lies: BTreeMap<Lie, u64>,
    /// Whether the log split, which only a run about forks may.
    pub is_forked: bool,
    /// The first broken promise.
    pub violation: Option<String>,
}

/// See the module.
pub struct World {
    given: Arc<Given>,
    profile: Profile,
    weather: Weather,
    random: Random,
    /// Chance for choices that were added later.
    apart: Random,
    now_ms: u64,
    order: u64,
    queue: BTreeMap<(u64, u64), Happening>,
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
    /// The world of this seed, in words on stdout if `is_shown`. `only` replaces what the seed chooses of it.
    pub fn new(seed: u64, only: Option<About>, is_shown: bool) -> Self {
        let (mut random, mut apart) = (Random::new(seed), Random::apart(seed));
        let profile = Profile::new(&mut random, &mut apart, &mut Random::apart_later(seed), only);
        let given = Given::network(profile.courts);
        let chain = given.chain;
        let mut nodes: Vec<Node> = (0..profile.courts).map(|place| Node::of(&given, &profile, chain, place, 0)).collect();
        let twins = profile.liars.iter().filter(|(_, lie)| *lie == Lie::Twin).map(|(place, _)| *place);
        nodes.extend(twins.map(|place| Node::of(&given, &profile, chain, place, 1)));
        nodes.iter_mut().for_each(|node| node.fetches = seed.is_multiple_of(SNAPSHOTS_EVERY));
        let trace = Trace::new(is_shown);
        trace.say(0, format_args!("{profile:#?}"));
        Self {
            weather: profile.weather,
            given,
            profile,
            random,
            apart,
            now_ms: 0,
            order: 0,
            queue: BTreeMap::new(),
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

    /// Runs to the end, or to the first broken promise.
    pub fn run(mut self, seed: u64) -> Outcome {
        for node in 0..self.nodes.len() {
            let after_ms = self.random.between(0, 500);
            self.later(after_ms, Happening::Restart { node });
        }
        self.schedule(self.profile.crash_every_ms, Happening::Crash);
        self.schedule(self.profile.fail_every_ms, Happening::Fail);
        self.schedule(self.profile.cut_every_ms, Happening::Partition);
        self.schedule((!self.profile.jumping.is_empty()).then_some(15_000), Happening::Jump);
        self.schedule(Some(30_000), Happening::Copy);
        self.schedule((self.nodes.len() > self.profile.courts).then_some(SWITCH_MS), Happening::Switch);
        self.later(1_000, Happening::Request);
        self.later(self.profile.chaos_ms, Happening::Heal);
        for (_, lie) in &self.profile.liars {
            self.lies.told.insert(*lie, 0);
        }
        let mut is_forked = false;
        while self.checks.violation.is_none() {
            let Some(((at_ms, order), happening)) = self.queue.pop_first() else { break };
            self.now_ms = at_ms;
            if let Some(free_ms) = self.waits_until(&happening) {
                // Before what comes then: its place in the order stays.
                self.queue.insert((free_ms, order), happening);
                continue;
            }
            self.happen(happening);
            if self.is_healed && self.now_ms > self.profile.chaos_ms + CALM_MS {
                if self.profile.is_fork {
                    is_forked = self.judge_fork();
                    break;
                }
                if self.is_settled() {
                    self.judge_end();
                    break;
                }
                if self.now_ms > self.profile.chaos_ms + HEALED_MS {
                    let words = self.standing();
                    self.checks.broken(format!("no agreement {HEALED_MS} ms after the last fault: {words}"));
                }
            }
        }
        if let Some(violation) = &self.checks.violation {
            self.trace.say(self.now_ms, format_args!("BROKEN: {violation}"));
        }
        Outcome {
            seed,
            trace: self.trace.digest(),
            events: self.trace.events(),
            simulated_ms: self.now_ms,
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

    fn later(&mut self, after_ms: u64, happening: Happening) {
        self.order += 1;
        self.queue.insert((self.now_ms + after_ms, self.order), happening);
    }

    fn schedule(&mut self, every_ms: Option<u64>, happening: Happening) {
        if let Some(mean_ms) = every_ms.filter(|_| !self.is_healed) {
            let after_ms = self.random.between(1, 2 * mean_ms);
            self.later(after_ms, happening);
        }
    }

    /// When the nodes that something happens to are done with their disks, if that is later than now: a court handles one thing at a time.
    fn waits_until(&self, happening: &Happening) -> Option<u64> {
        let busy_until_ms = |node: &usize| self.nodes[*node].busy_until_ms;
        let free_ms = match happening {
            Happening::Frame { to: node, .. }
            | Happening::Timer { node, .. }
            | Happening::Tick { node, .. }
            | Happening::Judged { node, .. }
            | Happening::Disconnected { node, .. }
            | Happening::Snapshot { node, .. } => busy_until_ms(node),
            Happening::Connect { a, b } => busy_until_ms(a).max(busy_until_ms(b)),
            _ => return None,
        };
        Some(free_ms).filter(|free_ms| *free_ms > self.now_ms)
    }

    fn now_of(&self, node: usize) -> Now {
        let wall = Timestamp((GENESIS_TIME.0 + self.now_ms).saturating_add_signed(self.nodes[node].skew_ms));
        Now { monotonic_ms: self.now_ms, wall }
    }

    fn true_time(&self) -> Timestamp {
        Timestamp(GENESIS_TIME.0 + self.now_ms)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Frame { from, to, session, bytes } => self.arrive(from, to, session, &bytes),
            Happening::Timer { node, life, token } => {
                let is_due =
                    self.nodes[node].life == life && self.nodes[node].up.as_mut().is_some_and(|up| up.timers.remove(&token));
                if is_due {
                    self.trace.note(self.now_ms, node, b't', &token.0.to_be_bytes(), || format!("timer {}", token.0));
                    self.handle(node, |court, means| court.timer(means, token));
                }
            }
            Happening::Tick { node, life } => {
                if self.nodes[node].life == life && self.nodes[node].up.is_some() {
                    self.later(TICK_MS, Happening::Tick { node, life });
                    self.handle(node, Court::tick);
                }
            }
            Happening::Judged { node, life, judged } => {
                if self.nodes[node].life == life {
                    self.handle(node, |court, means| court.judged(means, judged));
                }
            }
            Happening::Connect { a, b } => self.connect(a, b),
            Happening::Silence { a, b, session } => {
                let is_same = self.pairs.get(&(a, b)).is_some_and(|pair| pair.is_up && pair.session == session);
                if is_same && (self.is_cut(a, b) || self.is_cut(b, a)) {
                    self.part(a, b);
                }
            }
            Happening::Disconnected { node, peer, session } => {
                let is_over = self.pairs.get(&order(node, peer)).is_some_and(|pair| !pair.is_up && pair.session == session);
                if is_over {
                    let name = self.nodes[peer].keys.name.clone();
                    self.trace.note(self.now_ms, node, b'd', &[peer as u8], || format!("lost its connection to node {peer}"));
                    self.handle(node, |court, means| court.disconnected(means, &name));
                }
            }
            Happening::Restart { node } => self.start(node),
            Happening::Crash => {
                self.schedule(self.profile.crash_every_ms, Happening::Crash);
                self.crash_somebody();
            }
            Happening::Fail => {
                self.schedule(self.profile.fail_every_ms, Happening::Fail);
                let node = self.random.below(self.nodes.len());
                self.trace.note(self.now_ms, node, b'f', &[], || "its next write fails".to_owned());
                self.nodes[node].disk.fail();
            }
            Happening::Partition => {
                self.schedule(self.profile.cut_every_ms, Happening::Partition);
                self.partition();
            }
            Happening::Reunion => self.reunite(),
            // Once nothing goes wrong any more, clocks stay as they are.
            Happening::Jump if self.is_healed => {}
            Happening::Jump => {
                self.schedule(Some(15_000), Happening::Jump);
                let node = self.random.pick(&self.profile.jumping);
                let skew_ms = self.random.pick(&[0, 86_400_000, -86_400_000, 10_000, -10_000, 600]);
                self.nodes[node].set_clock(skew_ms);
                self.trace.note(self.now_ms, node, b'j', &skew_ms.to_be_bytes(), || format!("its clock is {skew_ms} ms off"));
            }
            Happening::Copy => {
                self.schedule(Some(30_000), Happening::Copy);
                for node in self.profile.frail.clone() {
                    if self.random.chance(50) {
                        self.nodes[node].copy = Some(self.nodes[node].disk.copy());
                    }
                }
            }
            Happening::Switch => {
                self.later(SWITCH_MS, Happening::Switch);
                self.switch();
            }
            Happening::Request => {
                let every_ms = self.profile.request_every_ms;
                if !self.is_healed {
                    let after_ms = self.random.between(1, 2 * every_ms);
                    self.later(after_ms, Happening::Request);
                }
                let now = self.true_time();
                let request = self.clients.request(&self.given, now, &mut self.random);
                self.submit(request);
                // Some clients ask several courts at once.
                if self.random.chance(15) {
                    self.submit(request);
                }
                self.try_forgery(request);
            }
            Happening::Retry { request } => self.submit(request),
            Happening::Snapshot { node, life } => self.fetch_on(node, life),
            Happening::Forget { node, life, height } => self.forget(node, life, height),
            Happening::Heal => self.heal(),
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
        self.trace.note(self.now_ms, node, b's', &checked.id().0, || format!("is sent request {request}"));
        self.pace.work();
        self.later(RETRY_MS, Happening::Retry { request });
        let answer = self.handle(node, |court, means| court.transaction(means, checked, Origin::Client));
        if let Some(Err(NotAdmitted::Fatal(error))) = answer {
            self.checks.broken(format!("a client was told of a fault: {error}"));
        }
    }

    /// Lets a node handle something, and follows everything that comes of it.
    fn handle<T>(&mut self, at: usize, act: impl FnOnce(&mut Court, &mut Means<'_>) -> T) -> Option<T> {
        let connected = self.connected(at);
        let (now, chain) = (self.now_of(at), self.given.chain);
        let (done, came) = self.nodes[at].handle(now, chain, &connected, act)?;
        self.nodes[at].flush(self.now_ms);
        self.follow(at, came);
        Some(done)
    }

    fn connected(&self, at: usize) -> Vec<(usize, usize)> {
        let is_up = |peer: &usize| *peer != at && self.pairs.get(&order(at, *peer)).is_some_and(|pair| pair.is_up);
        (0..self.nodes.len()).filter(is_up).map(|peer| (peer, self.nodes[peer].place)).collect()
    }

    fn follow(&mut self, at: usize, mut came: Came) {
        let node = &mut self.nodes[at];
        let (place, is_honest, has_crashed) = (node.place, node.is_honest(), node.disk.has_crashed());
        let Some(up) = &node.up else { return };
        let (ledger, life) = (Arc::clone(&up.ledger), node.life);
        let stopped = up.court.stopped().map(str::to_owned);
        if is_honest {
            for words in came.broken.drain(..) {
                self.checks.broken(words);
            }
            // Who has lost the records of what it signed can only be told by the others, if they know; who has old ones does not even know that it must ask.
            for statement in &came.signed {
                if !self.profile.forgets(place) {
                    self.checks.signed(*statement);
                } else if self.profile.disk.0 != DiskFault::OldCopy {
                    self.checks.signed_from_memory(*statement);
                }
            }
            if !self.profile.is_fork {
                for (_, frame) in &came.out.frames {
                    if let Frame::Cosignature(announcement) = frame {
                        self.checks.cosigned(place, announcement.size, announcement.root);
                    }
                }
                self.check_commits(at, &ledger);
                for signed in &came.acknowledged {
                    self.trace.note(self.now_ms, at, b'a', &signed.checkpoint.root.0, || {
                        format!("acknowledges {} entries", signed.checkpoint.size)
                    });
                    let wall = self.now_of(at).wall;
                    self.checks.acknowledged((place, wall), &self.given, &ledger, signed, &mut self.clients);
                }
            }
        } else {
            self.falsify(at, &mut came.out, &ledger);
        }
        if is_honest && !self.profile.is_fork {
            self.check_judged(at, &came);
        }
        // Evidence goes the way of a client's transaction.
        if came.out.frames.iter().any(|(_, frame)| matches!(frame, Frame::Transaction(_))) {
            self.pace.work();
        }
        // All that follows from an event waits for its flushes.
        let busy_ms = self.nodes[at].busy_until_ms - self.now_ms;
        for (token, after_ms) in came.timers {
            self.later(busy_ms + after_ms, Happening::Timer { node: at, life, token });
        }
        for judged in came.judged {
            self.later(busy_ms + self.profile.judging_ms, Happening::Judged { node: at, life, judged });
        }
        if came.is_fetching {
            self.later(busy_ms + 1, Happening::Snapshot { node: at, life });
        }
        self.transmit(at, came.out);
        for court in came.disconnect {
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
    fn of(given: &Given, profile: &Profile, chain: Digest, place: usize, instance: usize) -> Self {
        let lie = profile.liars.iter().find(|(liar, _)| *liar == place).map(|(_, lie)| *lie);
        let liar = lie.map(|lie| Liar::new(lie, given.keys[place].clone(), chain, profile.courts));
        let slow_ms = profile.slow.iter().find(|(slow, _)| *slow == place).map_or(0, |(_, by_ms)| *by_ms);
        let mut node = Self::new(given, place, instance, liar, profile.skew_ms[place], slow_ms);
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
