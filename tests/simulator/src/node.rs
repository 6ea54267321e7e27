//! A node: a court's keys, a disk, a clock, and the shipped [`Court`] while it is up.
//!
//! In: events of this node.
//! Out: frames, timers, acknowledged checkpoints, and violations that it caused.
//! Always: a court is started from its disk alone. Every signature of an honest court is checked against the
//! disk at the moment it leaves.
//! Not for the effects on other nodes: see [`crate::world`].

use crate::byzantine::{Liar, Outgoing};
use crate::disk::{Copy, Disk};
use crate::fetch::Fetcher;
use crate::fixtures::Fixtures;
use courtseal_consensus::vote::{SignedStep, SigningStep};
use courtseal_consensus::{Message, Now, Token};
use courtseal_court::admission::Admission;
use courtseal_court::court::FetchChange;
use courtseal_court::court::Found;
use courtseal_court::court::{Court, Environment, Host, Judged, Judgement, Parts, Proof};
use courtseal_court::frame::Frame;
use courtseal_court::keys::CourtKeys;
use courtseal_ledger::Ledger;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_world::Clock;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A court while it is up.
pub struct Up {
    /// The shipped court.
    pub court: Court,
    /// The ledger on the node's simulated disk.
    pub ledger: Arc<Ledger>,
    /// The shipped way in for transactions.
    pub admission: Admission,
    /// Timers that were set and not cancelled.
    pub timers: BTreeSet<Token>,
    /// The snapshot that it fetches, if any.
    pub fetcher: Fetcher,
}

/// One machine that runs a court.
pub struct Node {
    /// Place of its court in the genesis.
    pub place: usize,
    /// 1 for the second node of a twin court.
    pub instance: usize,
    /// Voting key and cosigning key of the court.
    pub keys: CourtKeys,
    /// What the node keeps over a crash.
    pub disk: Disk,
    /// The clock that its court reads.
    pub clock: Clock,
    /// How much slower than others it handles an event.
    pub slow_ms: u64,
    /// How long its disk takes for one flush.
    pub flush_ms: u64,
    /// The time until which its disk is busy with the last event. Until then no effect of that event leaves,
    /// and no other event is handled.
    pub busy_until_ms: u64,
    /// The lie of a byzantine court, and what it needs for it.
    pub liar: Option<Liar>,
    /// An old copy of its disk.
    pub copy: Option<Copy>,
    /// The court, if it is up.
    pub up: Option<Up>,
    /// Whether it fetches snapshots. If not, block sync brings everything.
    pub fetches: bool,
    /// The number of its starts.
    pub incarnation: u64,
    /// The last height that was checked.
    pub checked_height: u64,
    /// Since its start it was shown own signatures that it has no record of, up to this height.
    shown_height: u64,
    /// Steps that it has signed and sent.
    sent: BTreeSet<SigningStep>,
}

/// The effects of one event.
#[derive(Default)]
pub struct Effects {
    /// Messages and frames to send.
    pub out: Outgoing,
    /// Timers set, and after how long they run out.
    pub timers: Vec<(Token, u64)>,
    /// Courts to disconnect.
    pub disconnect: Vec<usize>,
    /// Checkpoints that this node acknowledged since the last event.
    pub acknowledged: Vec<CosignedCheckpoint>,
    /// Own statements and cosignatures that left.
    pub signed: Vec<SignedStep>,
    /// Blocks that were judged, with their verdicts.
    pub judged: Vec<Judged>,
    /// Files of evidence that the court keeps (S15).
    pub kept: Vec<Proof>,
    /// Whether a snapshot is to be fetched.
    pub is_fetching: bool,
    /// Violations that this node caused, in words.
    pub broken: Vec<String>,
}

/// The host of one event.
struct EventHost<'a> {
    node: (usize, &'a CourtKeys, &'a Disk),
    chain: Digest,
    voters: Vec<PublicKey>,
    ledger: &'a Ledger,
    timers: &'a mut BTreeSet<Token>,
    sent: &'a mut BTreeSet<SigningStep>,
    /// Connected nodes, and the places of their courts.
    connected: &'a [(usize, usize)],
    is_honest: bool,
    shown_height: u64,
    now_ms: u64,
    fetcher: Option<&'a mut Fetcher>,
    effects: Effects,
}

impl EventHost<'_> {
    /// The place of a court in the genesis. The simulation knows its nodes by numbers.
    fn place_of(&self, court: &CourtName) -> Option<usize> {
        self.ledger.genesis().courts.iter().position(|listed| listed.name == *court)
    }

    fn check(&mut self, frame: &Frame, to: Option<usize>) {
        let (place, keys, disk) = self.node;
        let statement = match frame {
            Frame::Consensus(Message::Vote(vote)) => SignedStep::Vote(*vote),
            Frame::Consensus(Message::Proposal(proposal)) => SignedStep::Proposal(*proposal),
            Frame::Consensus(Message::Hello(hello)) => {
                if let Some(to) = to.filter(|to| hello.newest.map(|newest| newest.step()) < disk.newest_of(&self.voters[*to])) {
                    self.effects
                        .broken
                        .push(format!("court {place} does not show court {to} the newest statement of it that is on record"));
                }
                return;
            }
            Frame::Cosignature(announcement) => {
                let recorded = disk.last_cosigned().map_or(0, |log| log.size);
                let held = self.ledger.head().size;
                if announcement.size > recorded || announcement.size > held {
                    let size = announcement.size;
                    self.effects.broken.push(format!(
                        "court {place} cosigned {size} entries; durable are a record of {recorded} and a ledger of {held}"
                    ));
                }
                return;
            }
            _ => return,
        };
        if statement.court() != keys.vote.public() {
            return;
        }
        if let Some(lack) = disk.lacks(&statement.step(), &statement.sign_bytes(&self.chain), self.sent.insert(statement.step()))
        {
            let step = statement.step();
            self.effects.broken.push(format!("court {place} sent a signature, and {lack}: {step:?}"));
        }
        if statement.step().height <= self.shown_height {
            let step = statement.step();
            self.effects.broken.push(format!("court {place} was shown a newer signature of its own, and signed {step:?}"));
        }
        if disk.fuse().has_failed() {
            self.effects.broken.push(format!("court {place} signed after a failed write"));
        }
        self.effects.signed.push(statement);
    }
}

impl Host for EventHost<'_> {
    fn send(&mut self, court: &CourtName, frame: &Frame) {
        let Some(court) = self.place_of(court) else { return };
        let to: Vec<usize> = self.connected.iter().filter(|(_, place)| *place == court).map(|(node, _)| *node).collect();
        if !self.node.2.fuse().effect() {
            return;
        }
        if self.is_honest {
            self.check(frame, Some(court));
        }
        self.effects.out.frames.extend(to.into_iter().map(|node| (node, frame.clone())));
    }

    fn broadcast(&mut self, frame: &Frame) {
        if !self.node.2.fuse().effect() {
            return;
        }
        if self.is_honest {
            self.check(frame, None);
        }
        self.effects.out.frames.extend(self.connected.iter().map(|(node, _)| (*node, frame.clone())));
    }

    fn disconnect(&mut self, court: &CourtName) {
        self.effects.disconnect.extend(self.place_of(court));
    }

    fn set_timer(&mut self, token: Token, after_ms: u64) {
        self.timers.insert(token);
        self.effects.timers.push((token, after_ms));
    }

    fn cancel_timer(&mut self, token: Token) {
        self.timers.remove(&token);
    }

    fn judge(&mut self, judgement: Judgement) {
        // The verdict is made at once, and the court hears it later.
        self.effects.judged.push(judgement.run());
    }

    fn keep(&mut self, proof: Proof) {
        self.effects.kept.push(proof);
    }

    fn acknowledge(&mut self, checkpoint: CosignedCheckpoint) {
        if self.node.2.fuse().effect() {
            self.effects.acknowledged.push(checkpoint);
        }
    }

    fn fetch(&mut self, height: u64, told: u64) -> FetchChange {
        let Some(fetcher) = &mut self.fetcher else { return FetchChange::None };
        let change = fetcher.look(self.node.0, self.connected, height, told, self.now_ms);
        self.effects.is_fetching |= change == FetchChange::Started;
        change
    }
}

impl Node {
    /// A node that is not up.
    pub fn new(fixtures: &Fixtures, place: usize, instance: usize, liar: Option<Liar>, skew_ms: i64, slow_ms: u64) -> Self {
        Self {
            place,
            instance,
            keys: fixtures.keys[place].clone(),
            disk: Disk::default(),
            clock: Clock::new(skew_ms),
            slow_ms,
            flush_ms: 0,
            busy_until_ms: 0,
            liar,
            copy: None,
            up: None,
            fetches: false,
            incarnation: 0,
            checked_height: 0,
            shown_height: 0,
            sent: BTreeSet::new(),
        }
    }

    /// Whether its court is honest.
    pub fn is_honest(&self) -> bool {
        self.liar.is_none()
    }

    /// Reads the disk and builds the court from it; the caller then handles its first event.
    ///
    /// # Errors
    /// The node refuses to start, and says why.
    pub fn start(&mut self, fixtures: &Fixtures, now: Now) -> Result<(), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let (recovered, last_cosigned) = self.disk.recover().map_err(|error| text(&error))?;
        if self.disk.is_condemned() {
            return Err("damage was found before".to_owned());
        }
        let ledger = Ledger::open(Arc::new(self.disk.clone()), &fixtures.genesis).map_err(|error| text(&error))?;
        let ledger = Arc::new(ledger);
        let head = ledger.head();
        let found = Found { recovered, last_cosigned };
        let parts = Parts::found(&self.keys, Arc::clone(&ledger), found).map_err(|error| text(&error))?;
        let admission = parts.app.admission();
        self.incarnation += 1;
        self.shown_height = 0;
        self.checked_height = self.checked_height.min(head.height);
        let court = Court::new(parts, now.wall);
        self.up = Some(Up { court, ledger, admission, timers: BTreeSet::new(), fetcher: Fetcher::default() });
        Ok(())
    }

    /// Another court shows this one the newest of its signatures that it knows. `reached` is the greatest
    /// height that any court has committed.
    pub fn is_shown(&mut self, statement: &SignedStep, reached: u64) {
        // No court has got there, so a thief made this signature.
        if statement.step().height > reached + 1 {
            return;
        }
        if self.disk.newest_step().is_none_or(|newest| newest < statement.step()) {
            self.shown_height = self.shown_height.max(statement.step().height);
        }
    }

    /// Lets the event that was just handled, at `now_ms`, take as long as its flushes.
    pub fn flush(&mut self, now_ms: u64) {
        self.busy_until_ms = self.busy_until_ms.max(now_ms) + self.disk.take_flushes() * self.flush_ms;
    }

    /// Lets the court handle something.
    pub fn handle<T>(
        &mut self,
        now: Now,
        chain: Digest,
        connected: &[(usize, usize)],
        act: impl FnOnce(&mut Court, &mut Environment<'_>) -> T,
    ) -> Option<(T, Effects)> {
        let is_honest = self.is_honest();
        let up = self.up.as_mut()?;
        let mut logs = self.disk.clone();
        let mut moment = EventHost {
            node: (self.place, &self.keys, &self.disk),
            chain,
            voters: up.ledger.genesis().courts.iter().map(|court| court.vote).collect(),
            ledger: &up.ledger,
            timers: &mut up.timers,
            sent: &mut self.sent,
            connected,
            is_honest,
            shown_height: self.shown_height,
            now_ms: now.monotonic_ms,
            fetcher: self.fetches.then_some(&mut up.fetcher),
            effects: Effects::default(),
        };
        let done = act(&mut up.court, &mut Environment { now, logs: &mut logs, host: &mut moment });
        Some((done, moment.effects))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_consensus::{Journal as _, Log};

    #[test]
    fn nothing_leaves_before_its_flushes_are_done() {
        let fixtures = Fixtures::network(4);
        let mut node = Node::new(&fixtures, 0, 0, None, 0, 0);
        node.flush_ms = 10;
        for _ in 0..2 {
            node.disk.sync(Log::Guard).unwrap();
        }
        for (now_ms, busy_until_ms) in [(100, 120), (110, 120), (200, 200)] {
            node.flush(now_ms);
            assert_eq!(node.busy_until_ms, busy_until_ms);
        }
    }
}
