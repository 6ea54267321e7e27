//! Turns what the core wants into records, effects and timers.
//!
//! In: [`Outcome`]s of one input, in the core's order.
//! Out: entries of the step.
//! Always: an own statement leaves only through the guard, and makes the step flush. Bodies go before
//! proposals and proposals before votes, in whatever order the core nested them.
//! Not for performing anything.

use super::{Driver, Phase, receive::message_of};
use crate::application::Decided;
use crate::effects::{CoreWait, Outcome};
use crate::event::{Effect, Head};
use crate::guard::Refusal;
use crate::message::{BlockBytes, Message};
use crate::support::Support;
use crate::timers::{TimerKey, Turn};
use crate::vote::{SignedProposal, SignedStep};
use crate::wal::{Wait, WalRecord};
use arc_malachitebft_core_consensus::Input;
use arc_malachitebft_core_types::{Round, Timeout, TimeoutKind};
use courtseal_proof::bytes::digest::Digest;

impl Driver {
    pub(super) fn follow(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Log(record) => self.log(record),
                Outcome::Named(proposal) => self.on_named(proposal),
                Outcome::Publish(statement) => self.publish(statement),
                Outcome::Republish(statement) => self.publish_again(statement),
                Outcome::PublishPolka(polka) => self.broadcast(Message::Polka(polka)),
                Outcome::PublishRound(certificate) => self.broadcast(Message::Round(certificate)),
                Outcome::Round => {
                    self.sent.clear();
                    self.round_started_ms = self.now.monotonic_ms;
                    self.bodies.shrink(self.core.round());
                }
                Outcome::Build(round) => self.build_round = Some(round),
                Outcome::Schedule(wait, round) => self.schedule(wait, round),
                Outcome::Cancel(wait, round) => self.timers.cancel(&TimerKey::Core(wait, round)),
                Outcome::CancelAll => self.timers.cancel_where(|key| matches!(key, TimerKey::Core(..))),
                Outcome::Decided(certificate) => self.decided = Some(certificate),
                Outcome::Refused(statement, refusal) => self.on_refused(&statement, refusal),
                // Certificates of peers are checked before the core sees them, so this court made this one.
                Outcome::BadCertificate => {}
            }
        }
    }

    fn log(&mut self, record: WalRecord) {
        if let Some(statement) = record.statement().filter(|statement| statement.court() == self.own) {
            self.logged.insert(statement.step());
        }
        self.output.wal.push(record);
    }

    fn broadcast(&mut self, message: Message) {
        self.output.effects.push(Effect::Broadcast(message));
    }

    fn on_named(&mut self, proposal: SignedProposal) {
        self.bodies.name(proposal, self.now.wall);
        self.bodies.shrink(self.core.round());
    }

    /// Notes how many courts voted for a value in a round. The core counts them, and `known` is what is known
    /// otherwise.
    pub(super) fn note_support(&mut self, value: Digest, round: u32, known: Support) {
        self.bodies.support(value, self.core.support(&value, round, &self.courts).max(known));
    }

    /// Sends a statement of another court, or an own one that the guard admits.
    pub(super) fn publish(&mut self, statement: SignedStep) {
        if statement.court() != self.own {
            return self.broadcast(message_of(statement));
        }
        if let Err(refusal) = self.environment.guard.admit(&statement) {
            return self.on_refused(&statement, refusal);
        }
        // The core logs no own vote that it first derives during a replay, or already holds by way of a
        // certificate.
        if !self.logged.contains(&statement.step()) {
            self.log(WalRecord::from(statement));
        }
        self.output.sync = true;
        self.see(statement);
        self.sent.push(statement);
        if let SignedStep::Vote(vote) = &statement
            && let Some(value) = vote.content.value
        {
            self.note_support(value, vote.content.round, Support::None);
        }
        if let SignedStep::Proposal(proposal) = &statement {
            let body = self.bodies.get(&proposal.content.value).map(|body| body.block.clone());
            self.output.effects.insert(0, Effect::Broadcast(message_of(statement)));
            if let Some(block) = body.filter(|_| proposal.content.pol_round.is_none()) {
                self.output.effects.insert(0, Effect::Broadcast(Message::Block(BlockBytes::from(&block))));
            }
        } else {
            self.broadcast(message_of(statement));
        }
    }

    /// Sends own votes again, and with them the round's proposal, which the core itself never repeats.
    fn publish_again(&mut self, statement: SignedStep) {
        let recorded = self.environment.guard.recorded(&statement.step());
        if recorded != Some(&statement.sign_bytes(&self.config.chain)[..]) || !self.signing().may_sign(self.next_height()) {
            return;
        }
        if let Some(proposal) = self.bodies.proposal(self.core.round()) {
            let again = Effect::Broadcast(Message::Proposal(*proposal));
            if !self.output.effects.contains(&again) {
                self.output.effects.push(again);
            }
        }
        self.broadcast(message_of(statement));
    }

    fn on_refused(&mut self, statement: &SignedStep, refusal: Refusal) {
        if refusal == Refusal::Conflict {
            self.observe(statement.step().height, "the guard holds another signature for a step of this height");
        }
    }

    /// Starts or restarts one of the core's timers (rule C19).
    pub(super) fn schedule(&mut self, wait: CoreWait, round: u32) {
        let proposer = self.courts.proposer(self.next_height(), round);
        let turn = if proposer == self.own {
            Turn::Expected
        } else if !self.peers.is_connected(&proposer) {
            Turn::Away
        } else if self.peers.has_missed(&proposer) {
            Turn::Missed
        } else {
            Turn::Expected
        };
        let after_ms = self.config.timeouts.wait_ms(wait, round, turn, self.slowest.ms());
        self.timers.set(TimerKey::Core(wait, round), after_ms);
    }

    /// One of the core's timers ran out, or was cut short.
    pub(super) fn on_core_timer(&mut self, wait: CoreWait, round: u32) {
        if self.phase != Phase::Running {
            return;
        }
        let kind = match wait {
            CoreWait::Step(Wait::Propose) => {
                self.peers.miss(self.courts.proposer(self.next_height(), round));
                TimeoutKind::Propose
            }
            CoreWait::Step(Wait::Prevote) => TimeoutKind::Prevote,
            CoreWait::Step(Wait::Precommit) => TimeoutKind::Precommit,
            CoreWait::Rebroadcast => TimeoutKind::Rebroadcast,
        };
        self.inputs.push_back(Input::TimeoutElapsed(Timeout::new(Round::new(round), kind)));
    }

    /// Asks for a body: its proposer first, then one court after the other.
    pub(super) fn ask_for_body(&mut self, value: &Digest) {
        let is_decided = self.decided.as_ref().is_some_and(|certificate| certificate.value == *value);
        let Some((proposer, times)) = self.bodies.ask(value, self.core.round(), is_decided) else { return };
        let mut holders: Vec<_> = proposer.into_iter().collect();
        holders.extend(self.courts.keys().filter(|key| *key != self.own && Some(*key) != proposer));
        holders.retain(|key| self.peers.is_connected(key));
        if let Some(holder) = holders.get((times - 1) % holders.len().max(1)) {
            let request = Message::BlockRequest { height: self.next_height(), value: *value };
            self.send(*holder, request);
        }
        self.timers.set(TimerKey::Body(*value), self.config.timeouts.body_ms);
    }

    /// Commits the decided value, once its body is here. A body that was judged many rounds ago may have been
    /// dropped since (C29). Courts that are locked on its value have kept it.
    pub(super) fn commit_decided(&mut self) -> bool {
        let Some(certificate) = self.decided.take() else { return false };
        let value = certificate.value;
        let Some(body) = self.bodies.get(&value) else {
            self.decided = Some(certificate);
            self.want_body(value);
            return false;
        };
        let block = body.block.clone();
        self.commit(Decided { certificate, block });
        true
    }

    /// Asks for a body soon, if it does not come by itself.
    pub(super) fn want_body(&mut self, value: Digest) {
        if !self.timers.is_running(&TimerKey::Body(value)) {
            self.timers.set(TimerKey::Body(value), self.config.timeouts.body_ms);
        }
    }

    /// Asks the host to commit; nothing else happens to this height.
    pub(super) fn commit(&mut self, decided: Decided) {
        assert_eq!(decided.height(), self.next_height(), "blocks are committed one by one, in order");
        assert!(self.output.commit.is_none(), "one block a step");
        let head = Head { height: decided.height(), digest: decided.digest(), time: decided.time() };
        self.phase = Phase::Committing(head);
        self.output.commit = Some(decided);
    }
}
