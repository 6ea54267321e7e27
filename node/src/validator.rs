//! The validator: the one thread on which a [`Court`] runs, with the machine's clocks, files and network.
//!
//! In: [`Input`]s from network and RPC, timers, the clocks. Out: frames to courts, snapshots, checkpoints. Always: events are handed to the court one
//! at a time; what it says of itself is published after each. Not for deciding anything, nor for reading requests: the RPC and the network read, and
//! wait here only in a bounded queue.

pub mod clocks;
pub mod judge;

use crate::admission::NotAdmitted;
use crate::cosign::Announcement;
use crate::court::{Court, Host, Judgement, Means, Origin, Parts, Proof};
use crate::inbox::Inbox;
use crate::journal::FileJournal;
use crate::network::{Frame, Links};
use crate::snapshot::Part;
use crate::snapshot::fetch::{FetchChange, Fetcher};
use crate::status::Publisher;
use clocks::{Clocks, Timers};
use courtseal_consensus::{Message, Token};
use courtseal_ledger::Checked;
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::digest::Digest;
use courtseal_proof::time::Timestamp;
use judge::Judge;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Something for the validator to handle.
pub enum Input {
    /// A court can be sent messages.
    Connected {
        /// Its place in the genesis.
        court: usize,
    },
    /// A court cannot be sent messages any more.
    Disconnected {
        /// Its place in the genesis.
        court: usize,
    },
    /// A consensus message.
    Consensus {
        /// From whom.
        court: usize,
        /// What.
        message: Message,
    },
    /// A cosignature.
    Cosignature {
        /// From whom.
        court: usize,
        /// What.
        announcement: Announcement,
    },
    /// A court's wall clock.
    Clock {
        /// Whose.
        court: usize,
        /// What it says.
        clock: Timestamp,
    },
    /// A transaction whose form and signature are checked; from a client if there is somebody to reply to.
    Transaction {
        /// The transaction.
        checked: Arc<Checked>,
        /// Who waits to hear whether it waits for a block now.
        reply: Option<oneshot::Sender<Result<(), NotAdmitted>>>,
    },
    /// Decided blocks of another court's snapshot, whose certificates are checked.
    Part {
        /// The blocks.
        part: Part,
        /// Who waits until they are imported; dropped if they are not.
        reply: oneshot::Sender<()>,
    },
    /// Does this transaction wait for a block?
    IsWaiting {
        /// Its id.
        id: Digest,
        /// Who asks.
        reply: oneshot::Sender<bool>,
    },
}

/// Pause between two looks at what no event announces.
const TICK_MS: u64 = 1_000;

/// See the module.
pub struct Validator {
    court: Court,
    journal: FileJournal,
    outside: Outside,
    clocks: Clocks,
}

/// The court's host: links, timers, snapshots of other courts, and whoever reads what it publishes.
pub struct Outside {
    own: usize,
    links: Links,
    timers: Timers,
    judge: Judge,
    fetcher: Fetcher,
    publisher: Publisher,
}

impl Outside {
    /// For the court at place `own`.
    pub fn new(own: usize, links: Links, judge: Judge, fetcher: Fetcher, publisher: Publisher) -> Self {
        Self { own, links, timers: Timers::default(), judge, fetcher, publisher }
    }
}

impl Host for Outside {
    fn send(&mut self, court: usize, frame: &Frame) {
        self.links.send(court, frame);
    }

    fn broadcast(&mut self, frame: &Frame) {
        self.links.broadcast(frame);
    }

    fn disconnect(&mut self, court: usize) {
        self.links.disconnect(court);
    }

    fn leave_alone(&mut self, court: usize) {
        self.links.set_foreign(court, true, Instant::now());
        self.links.disconnect(court);
    }

    fn welcome_back(&mut self, court: usize) {
        self.links.set_foreign(court, false, Instant::now());
    }

    fn set_timer(&mut self, token: Token, after_ms: u64) {
        self.timers.set(token, after_ms);
    }

    fn cancel_timer(&mut self, token: Token) {
        self.timers.cancel(token);
    }

    fn judge(&mut self, judgement: Judgement) {
        self.judge.judge(judgement);
    }

    fn keep(&mut self, proof: Proof) {
        self.judge.keep(proof);
    }

    fn acknowledge(&mut self, checkpoint: CosignedCheckpoint) {
        self.publisher.checkpoint.send_replace(Some(Arc::new(checkpoint)));
    }

    fn fetch(&mut self, height: u64, told: u64) -> FetchChange {
        self.fetcher.look(self.own, height, told)
    }
}

impl Validator {
    /// A court made of `parts`, its logs, and the world outside.
    pub fn new(parts: Parts, journal: FileJournal, outside: Outside) -> Self {
        let clocks = Clocks::start();
        let court = Court::new(parts, clocks.wall());
        Self { court, journal, outside, clocks }
    }

    /// Handles inputs until `stop` is sent or dropped.
    pub async fn run(mut self, mut inputs: Inbox<Input>, mut stop: oneshot::Receiver<()>) {
        let mut tick = tokio::time::interval(Duration::from_millis(TICK_MS));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.with_court(Court::start);
        loop {
            tokio::select! {
                biased;
                _ = &mut stop => return,
                token = self.outside.timers.next() => self.with_court(|court, means| court.timer(means, token)),
                judged = self.outside.judge.next() => self.with_court(|court, means| court.judged(means, judged)),
                _ = tick.tick() => self.with_court(Court::tick),
                input = inputs.recv() => match input {
                    Some(input) => self.with_court(|court, means| handle(court, means, input)),
                    None => return,
                },
            }
        }
    }

    /// Lets the court handle something, and publishes what changed.
    fn with_court(&mut self, act: impl FnOnce(&mut Court, &mut Means<'_>)) {
        let mut means = Means { now: self.clocks.now(), logs: &mut self.journal, host: &mut self.outside };
        act(&mut self.court, &mut means);
        if self.court.stopped().is_some() {
            self.outside.timers.clear();
        }
        self.outside.publisher.turned.note();
        let view = self.court.view(self.clocks.now());
        self.outside.publisher.snapshot.send_if_modified(|old| {
            let changed = **old != view;
            if old.state != view.state {
                let why = view.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                tracing::info!("now {}{why}", view.state);
            }
            if changed {
                *old = Arc::new(view);
            }
            changed
        });
    }
}

fn handle(court: &mut Court, means: &mut Means<'_>, input: Input) {
    match input {
        Input::Connected { court: peer } => court.connected(means, peer),
        Input::Disconnected { court: peer } => court.disconnected(means, peer),
        Input::Consensus { court: peer, message } => court.message(means, peer, message),
        Input::Cosignature { court: peer, announcement } => court.cosignature(means, peer, announcement),
        Input::Clock { court: peer, clock } => court.clock(means, peer, clock),
        Input::Part { part, reply } => {
            if court.part(means, &part) {
                let _ = reply.send(());
            }
        }
        // A client that has gone does not hear the answer.
        Input::IsWaiting { id, reply } => drop(reply.send(court.is_waiting(&id))),
        Input::Transaction { checked, reply: Some(reply) } => {
            drop(reply.send(court.transaction(means, checked, Origin::Client)));
        }
        // A court that relays what is refused here is told nothing: it judged by its own head.
        Input::Transaction { checked, reply: None } => drop(court.transaction(means, checked, Origin::Court)),
    }
}
