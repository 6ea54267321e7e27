//! The validator: the one thread on which a [`Court`] runs, with the machine's clocks, files and network.
//!
//! In: [`Input`]s from network and RPC, expired timers, verdicts on blocks, the clocks.
//! Out: frames to courts, snapshots of state, checkpoints.
//! Always: the court handles one event at a time, and its state is published after each.
//! Not for decisions, which the court makes, nor for reading requests: network and RPC read them and wait in
//! bounded queues.

pub mod judge;

use crate::clocks::{Clocks, Timers};
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use crate::network::Links;
use crate::signing_logs::SigningLogs;
use crate::snapshot::fetch::Fetcher;
use crate::status::Publisher;
use courtseal_consensus::Token;
use courtseal_court::court::{Court, Environment, FetchChange, Host, Judgement, Measured, Parts, Proof};
use courtseal_court::frame::Frame;
use courtseal_court::input::Input;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use judge::Judge;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Interval of the court's tick, in milliseconds: its checks of conditions that no event announces.
const TICK_MS: u64 = 1_000;

/// A court with its logs, its clock and its host.
pub struct Validator {
    court: Court,
    logs: SigningLogs,
    host: NodeHost,
    clocks: Clocks,
}

/// The [`Host`] of a node: links, timers, fetched snapshots, threads that judge blocks, and published state.
pub struct NodeHost {
    own: CourtName,
    links: Links,
    timers: Timers,
    judge: Judge,
    fetcher: Fetcher,
    publisher: Publisher,
    metrics: Arc<Metrics>,
}

impl NodeHost {
    /// The host of the court `own`, without running timers.
    pub fn new(
        own: CourtName,
        links: Links,
        judge: Judge,
        fetcher: Fetcher,
        publisher: Publisher,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { own, links, timers: Timers::default(), judge, fetcher, publisher, metrics }
    }
}

impl Host for NodeHost {
    fn send(&mut self, court: &CourtName, frame: &Frame) {
        self.links.send(court, frame);
    }

    fn broadcast(&mut self, frame: &Frame) {
        self.links.broadcast(frame);
    }

    fn disconnect(&mut self, court: &CourtName) {
        self.links.disconnect(court);
    }

    fn leave_alone(&mut self, court: &CourtName) {
        self.links.set_foreign(court, true, Instant::now());
        self.links.disconnect(court);
    }

    fn welcome_back(&mut self, court: &CourtName) {
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
        self.metrics.checkpoint_size.set(checkpoint.checkpoint.size as i64);
        self.publisher.checkpoint.send_replace(Some(Arc::new(checkpoint)));
    }

    fn measure(&mut self, measured: Measured<'_>) {
        self.metrics.measure(measured);
    }

    fn fetch(&mut self, height: u64, told: u64) -> FetchChange {
        self.fetcher.begin_if_far_behind(&self.own, height, told)
    }
}

impl Validator {
    /// A validator of a court made of `parts`, with its logs and its host.
    pub fn new(parts: Parts, logs: SigningLogs, host: NodeHost) -> Self {
        let clocks = Clocks::start();
        let court = Court::new(parts, clocks.wall());
        Self { court, logs, host, clocks }
    }

    /// Handles inputs until `stop` is sent or dropped.
    pub async fn run(mut self, mut inputs: Mailbox<Input>, mut stop: oneshot::Receiver<()>) {
        let mut tick = tokio::time::interval(Duration::from_millis(TICK_MS));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.with_court(Court::start);
        loop {
            tokio::select! {
                biased;
                _ = &mut stop => return,
                token = self.host.timers.next() => self.with_court(|court, env| court.timer(env, token)),
                judged = self.host.judge.next() => self.with_court(|court, env| court.judged(env, judged)),
                _ = tick.tick() => self.with_court(Court::tick),
                input = inputs.recv() => match input {
                    Some(input) => self.with_court(|court, env| input.hand_to(court, env)),
                    None => return,
                },
            }
        }
    }

    /// Lets the court handle one event, and then publishes its state if it changed.
    fn with_court(&mut self, act: impl FnOnce(&mut Court, &mut Environment<'_>)) {
        let mut env = Environment { now: self.clocks.now(), logs: &mut self.logs, host: &mut self.host };
        act(&mut self.court, &mut env);
        if self.court.stopped().is_some() {
            self.host.timers.clear();
        }
        self.host.publisher.liveness.note();
        let view = self.court.view(self.clocks.now());
        self.host.publisher.view.send_if_modified(|old| {
            let changed = **old != view;
            if old.state != view.state {
                let why = view.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                tracing::info!("now {}{why}", view.state.in_words());
            }
            if changed {
                *old = Arc::new(view);
            }
            changed
        });
    }
}
