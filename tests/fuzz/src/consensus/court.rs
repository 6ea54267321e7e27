//! A whole court without its network: the shipped driver, runner, ledger and mempool, fed with whatever peers
//! may send.
//!
//! In: events, timers that fire, time that passes, restarts. Out: why it stops, if it does. Always: no step
//! is signed twice; what is sent can be read. Not for choosing what happens: see [`super::events`].

use crate::network::{BLOCK_TIME, COURTS, GENESIS, TRANSACTIONS, empty};
use courtseal_consensus::vote::{SignedStep, SigningStep};
use courtseal_consensus::{
    Config, CourtSet, Driver, Effect, EffectHandler, Error, Event, Head, Message, Recovered, Runner, Timeouts, Token,
};
use courtseal_court::application::LedgerApplication;
use courtseal_ledger::Ledger;
use courtseal_proof::bytes::digest::Digest;
use courtseal_world::{Clock, Logs};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Place of the court in the genesis.
pub const OWN: usize = 0;
/// Most timers remembered.
const TIMERS_MAX: usize = 64;

/// Something that may come to the court.
pub enum CourtEvent {
    /// An event that the court handles.
    Event(Box<Event>),
    /// One of the timers that run fires.
    Timer(usize),
    /// Time passes, in milliseconds.
    Later(u64),
    /// The process is killed and started.
    Restart,
}

/// What left the court: its statements, its timers, the value it proposed last.
#[derive(Default)]
struct Wire {
    signed: BTreeMap<SigningStep, SignedStep>,
    timers: VecDeque<Token>,
    proposed: Option<Digest>,
}

impl EffectHandler for Wire {
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
            Message::Vote(vote) => SignedStep::Vote(vote),
            Message::Proposal(proposal) => {
                self.proposed = Some(proposal.content.value);
                SignedStep::Proposal(proposal)
            }
            _ => return Ok(()),
        };
        if statement.court() == COURTS[OWN].vote.public() {
            let first = *self.signed.entry(statement.step()).or_insert(statement);
            assert!(!first.conflicts_with(&statement), "two statements for one step: {first:?} and {statement:?}");
        }
        Ok(())
    }
}

/// The court under test.
pub struct Court {
    /// The court's ledger.
    pub ledger: Arc<Ledger>,
    /// The digest of the block that was spoken of last.
    pub value: Digest,
    app: LedgerApplication,
    runner: Runner,
    logs: Logs,
    wire: Wire,
    now_ms: u64,
}

fn runner(ledger: &Ledger, recovered: Recovered) -> Runner {
    let head = ledger.head();
    let config = Config {
        chain: GENESIS.digest(),
        key: Some(COURTS[OWN].vote.clone()),
        timeouts: Timeouts::default(),
        heartbeat_ms: GENESIS.parameters.heartbeat_ms,
    };
    let courts = CourtSet::new(COURTS.iter().map(|keys| keys.vote.public())).expect("four courts");
    Runner::new(Driver::new(config, courts, Head { height: head.height, digest: head.digest, time: head.time }, recovered))
}

impl Court {
    /// An empty court, with two transactions waiting.
    pub fn fresh() -> Self {
        let ledger = Arc::new(empty());
        let runner = runner(&ledger, Recovered::default());
        let mut app = LedgerApplication::new(Arc::clone(&ledger), COURTS[OWN].vote.public());
        for checked in TRANSACTIONS.iter().take(2) {
            app.mempool.insert(Arc::clone(checked), &COURTS[OWN].name);
        }
        Self { ledger, value: Digest::default(), app, runner, logs: Logs::default(), wire: Wire::default(), now_ms: 0 }
    }

    /// A crash and a start: what is on disk is there, all else is gone.
    fn restart(&mut self) {
        let (recovered, kept) = self.logs.recover().expect("what was written is read");
        assert!(!kept.is_wal_damaged && !kept.is_guard_damaged, "whole frames are no damage");
        self.runner = runner(&self.ledger, recovered);
        self.app = LedgerApplication::new(Arc::clone(&self.ledger), COURTS[OWN].vote.public());
        self.wire.timers.clear();
    }

    /// Lets it handle an event.
    ///
    /// # Errors
    /// The court stops.
    pub fn handle(&mut self, event: Event) -> Result<(), Error> {
        let now = Clock::default().now(BLOCK_TIME, self.now_ms);
        self.runner.handle(now, event, &mut self.app, &mut self.logs, &mut self.wire)?;
        self.app.take_committed();
        if let Some(value) = self.wire.proposed.take() {
            self.value = value;
        }
        Ok(())
    }

    /// Lets something happen to it.
    ///
    /// # Errors
    /// As [`Self::handle`].
    pub fn take(&mut self, event: CourtEvent) -> Result<(), Error> {
        match event {
            CourtEvent::Event(event) => self.handle(*event),
            CourtEvent::Timer(at) => match self.wire.timers.remove(at % self.wire.timers.len().max(1)) {
                Some(token) => self.handle(Event::TimerFired(token)),
                None => Ok(()),
            },
            CourtEvent::Later(ms) => {
                self.now_ms += ms;
                Ok(())
            }
            CourtEvent::Restart => {
                self.restart();
                self.handle(Event::Started)
            }
        }
    }
}
