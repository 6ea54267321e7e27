//! A whole court without its network: the shipped driver, runner, ledger and mempool, fed with whatever peers may send.
//!
//! In: a list of events: raw messages, votes and proposals with good signatures of the three other courts, blocks, timers, connections, restarts.
//! Out: whether anything was committed. Always: nothing panics; an error is one that a quorum of lying courts can cause, for here the others sign
//! whatever the input says; no step is signed twice; what is sent can be read. Not for agreement: one court alone cannot fork.

use super::happening::{Happening, lies};
use crate::input::Input;
use crate::network::{BLOCK_TIME, COURTS, GENESIS, TRANSACTIONS, empty};
use crate::target::Target;
use courtseal_consensus::vote::{Mark, Statement};
use courtseal_consensus::{
    Config, CourtSet, Driver, Effect, Error, Event, Head, Journal, Log, Message, Now, Outbox, Recovered, Runner, Timeouts, Token,
};
use courtseal_ledger::Ledger;
use courtseal_node::application::LedgerApplication;
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::PROTOCOL;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// See the module.
pub const TARGETS: &[Target] = &[Target { name: "court", length_bytes_max: 1024, run: court, seeds: super::happening::seeds }];

/// Place of the court in the genesis.
pub const OWN: usize = 0;
/// Most events of one input.
const EVENTS_MAX: usize = 96;
/// Most timers remembered.
const TIMERS_MAX: usize = 64;

/// Both logs.
#[derive(Default)]
struct Disk(BTreeMap<Log, Vec<u8>>);

impl Journal for Disk {
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error> {
        self.0.entry(log).or_default().extend_from_slice(frame);
        Ok(())
    }

    fn sync(&mut self, _log: Log) -> Result<(), Error> {
        Ok(())
    }

    fn reset(&mut self, _height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        self.0.insert(Log::Wal, Vec::new());
        self.0.insert(Log::Guard, guard.flatten().collect());
        Ok(())
    }
}

/// What left the court: its statements, its timers, the value it proposed last.
#[derive(Default)]
struct Wire {
    signed: BTreeMap<Mark, Statement>,
    timers: VecDeque<Token>,
    proposed: Option<Digest>,
}

impl Outbox for Wire {
    fn perform(&mut self, effect: Effect) -> Result<(), Error> {
        let message = match effect {
            Effect::SetTimer { token, .. } => {
                self.timers.push_back(token);
                if self.timers.len() > TIMERS_MAX {
                    self.timers.pop_front();
                }
                return Ok(());
            }
            Effect::Broadcast(message) | Effect::Send { message, .. } => message,
            _ => return Ok(()),
        };
        assert_eq!(Message::decode(&message.encode()).ok().as_ref(), Some(&message), "what is sent can be read");
        let statement = match message {
            Message::Vote(vote) => Statement::Vote(vote),
            Message::Proposal(proposal) => {
                self.proposed = Some(proposal.content.value);
                Statement::Proposal(proposal)
            }
            _ => return Ok(()),
        };
        if statement.court() == COURTS[OWN].vote.public() {
            let first = *self.signed.entry(statement.mark()).or_insert(statement);
            assert!(!first.conflicts_with(&statement), "two statements for one step: {first:?} and {statement:?}");
        }
        Ok(())
    }
}

/// The court under test.
pub struct Court {
    /// Its ledger.
    pub ledger: Arc<Ledger>,
    /// The digest of the block that was spoken of last.
    pub value: Digest,
    app: LedgerApplication,
    runner: Runner,
    disk: Disk,
    wire: Wire,
    now_ms: u64,
}

fn runner(ledger: &Ledger, recovered: Recovered) -> Runner {
    let head = ledger.head();
    let config = Config {
        chain: GENESIS.digest(),
        protocol: PROTOCOL,
        key: Some(COURTS[OWN].vote.clone()),
        timeouts: Timeouts::default(),
        heartbeat_ms: GENESIS.parameters.heartbeat_ms,
    };
    let courts = CourtSet::new(COURTS.iter().map(|keys| keys.vote.public())).expect("four courts");
    Runner::new(Driver::new(config, courts, Head { height: head.height, digest: head.digest, time: head.time }, recovered))
}

impl Court {
    /// An empty court, with two transactions waiting.
    fn new() -> Self {
        let ledger = Arc::new(empty());
        let runner = runner(&ledger, Recovered::default());
        let mut app = LedgerApplication::new(Arc::clone(&ledger), COURTS[OWN].vote.public());
        for checked in TRANSACTIONS.iter().take(2) {
            app.mempool.insert(Arc::clone(checked), &COURTS[OWN].name);
        }
        Self { ledger, value: Digest::default(), app, runner, disk: Disk::default(), wire: Wire::default(), now_ms: 0 }
    }

    /// A crash and a start: what is on disk is there, all else is gone.
    fn restart(&mut self) {
        let bytes = |log| self.disk.0.get(&log).map_or(&[][..], Vec::as_slice);
        let (recovered, kept) = Recovered::read(bytes(Log::Wal), bytes(Log::Guard)).expect("what was written is read");
        assert!(!kept.is_wal_damaged && !kept.is_guard_damaged, "whole frames are no damage");
        self.runner = runner(&self.ledger, recovered);
        self.app = LedgerApplication::new(Arc::clone(&self.ledger), COURTS[OWN].vote.public());
        self.wire.timers.clear();
    }

    fn handle(&mut self, event: Event) -> Result<(), Error> {
        let now = Now { monotonic_ms: self.now_ms, wall: BLOCK_TIME.plus_ms(self.now_ms) };
        self.runner.handle(now, event, &mut self.app, &mut self.disk, &mut self.wire)?;
        self.app.take_committed();
        if let Some(value) = self.wire.proposed.take() {
            self.value = value;
        }
        Ok(())
    }

    fn take(&mut self, happening: Happening) -> Result<(), Error> {
        match happening {
            Happening::Event(event) => self.handle(*event),
            Happening::Timer(at) => match self.wire.timers.remove(at % self.wire.timers.len().max(1)) {
                Some(token) => self.handle(Event::TimerFired(token)),
                None => Ok(()),
            },
            Happening::Later(ms) => {
                self.now_ms += ms;
                Ok(())
            }
            Happening::Restart => {
                self.restart();
                self.handle(Event::Started)
            }
        }
    }
}

fn court(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let mut court = Court::new();
    let mut begin = [Event::Started].into_iter().chain(super::happening::greetings());
    let begun = begin.try_for_each(|event| court.handle(event));
    assert!(begun.is_ok(), "{begun:?}");
    for _ in 0..EVENTS_MAX {
        if input.is_empty() {
            break;
        }
        let Some(happening) = lies(&mut court, &mut input) else { continue };
        match court.take(happening) {
            Ok(()) => {}
            // More than a third of the courts lie here: they can decide what is invalid. The court then stops, and says why.
            Err(Error::Diverged { .. } | Error::Application(_)) => break,
            Err(error) => panic!("an error that no peer may cause: {error}"),
        }
    }
    court.ledger.head().height > 0
}
