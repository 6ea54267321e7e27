//! Starting a height, feeding the core, and ending a height.
//!
//! In: what was queued, and what the application says.
//! Out: outcomes for [`super::follow`].
//! Always: a height starts only when there is a reason to (rule C17), and when enough courts said what they
//! saw of this court (C13). A replay comes before anything else of its height (C9). A value is reported once.
//! Not for messages.

use super::{CONTRADICTION, Driver, FRESH_MS, GREETINGS_MS, Phase, UNPROVEN_MS, receive::signers};
use crate::application::{Application, Verdict};
use crate::bodies::{BodyState, Due};
use crate::clock::{self, Timing};
use crate::context::Value;
use crate::convert;
use crate::effects::CoreWait;
use crate::error::Error;
use crate::event::{Effect, Head};
use crate::guard::Refusal;
use crate::message::BlockBytes;
use crate::support::Support;
use crate::timers::TimerKey;
use crate::vote::{SignedStep, SigningStep, VoteKind};
use crate::wal::{Wait, WalRecord, proposed_value};
use arc_malachitebft_core_consensus::{Input, LocallyProposedValue};
use arc_malachitebft_core_types::Round;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

impl Driver {
    /// Works until there is nothing left to do without a further event.
    pub(super) fn settle(&mut self, app: &mut dyn Application) -> Result<(), Error> {
        loop {
            let moved = match self.phase {
                Phase::Committing(_) => false,
                Phase::Waiting => self.apply_synced(app)? || self.start_if_due(app)?,
                Phase::Running if self.decided.is_some() => self.commit_decided() || self.apply_synced(app)?,
                Phase::Running => {
                    self.feed_next()?
                        || self.build_if_due(app)?
                        || self.judge_next()?
                        || self.cut_short()
                        || self.apply_synced(app)?
                }
            };
            if !moved {
                self.is_just_committed = false;
                return Ok(());
            }
        }
    }

    fn feed(&mut self, input: Input<crate::context::CourtContext>) -> Result<(), Error> {
        let named = convert::values_voted_for(&input);
        let outcomes = self.core.run(input, &mut self.environment)?;
        self.follow(outcomes);
        for (value, round, known) in named {
            self.note_support(value, round, known);
        }
        Ok(())
    }

    fn feed_next(&mut self) -> Result<bool, Error> {
        let Some(input) = self.inputs.pop_front() else { return Ok(false) };
        self.feed(input)?;
        Ok(true)
    }

    /// Rule C17: a height starts when there is work here, when the heartbeat ran out, when more than 1/3 of
    /// the courts signed for it, or when a log must be replayed.
    fn start_if_due(&mut self, app: &mut dyn Application) -> Result<bool, Error> {
        let is_court = self.environment.guard.has_key() && self.courts.contains(&self.own);
        if self.sync.has(self.next_height()) || (is_court && !self.peers.enough_greeted(&self.courts, &self.own)) {
            return Ok(false);
        }
        let caller = self.caller();
        let is_due = caller.is_some() || !self.recovered.is_empty();
        let is_wanted =
            !self.waits_for_parent() && (self.is_wanted || is_court && app.has_work(clock::own(self.head.time, self.now.wall)));
        if !(is_due || is_wanted) || is_court && !self.knows_what_it_signed() {
            return Ok(false);
        }
        let by = caller.filter(|_| !is_wanted).unwrap_or(self.own);
        self.output.effects.push(Effect::Begun { height: self.next_height(), by });
        self.start()?;
        Ok(true)
    }

    /// Whether the last block lies in the future. Its successor would too, and no court would prevote it
    /// (rule C27).
    fn waits_for_parent(&mut self) -> bool {
        let ahead_ms = self.head.time.0.saturating_sub(self.now.wall.0.saturating_add(clock::CLOCK_PRECISION_MS));
        if ahead_ms > 0 && !self.timers.is_running(&TimerKey::Parent) {
            self.timers.set(TimerKey::Parent, ahead_ms);
        }
        ahead_ms > 0
    }

    /// The first court whose vote or proposal for the next height came in, if more than 1/3 of the courts
    /// have signed for it. One of them is honest, and had a reason to start (rule C17).
    fn caller(&self) -> Option<PublicKey> {
        let pending = self.pending.get(&self.next_height())?;
        let signers = pending.iter().flat_map(|(_, message)| signers(message)).filter(|court| *court != self.own);
        let mut distinct = BTreeSet::new();
        let first = signers.clone().next()?;
        let enough = |count| self.courts.is_more_than_a_third(count);
        signers.clone().any(|court| distinct.insert(court) && enough(distinct.len())).then_some(first)
    }

    fn start(&mut self) -> Result<(), Error> {
        let height = self.next_height();
        self.phase = Phase::Running;
        self.is_wanted = false;
        self.timers.cancel(&TimerKey::Heartbeat);
        self.timers.cancel(&TimerKey::Parent);
        self.reconcile_log_and_guard();
        let outcomes = self.core.start(height, self.courts.clone(), &mut self.environment)?;
        self.follow(outcomes);
        if !self.recovered.is_empty() {
            self.replay()?;
        }
        self.take_pending();
        Ok(())
    }

    /// Whether this court may start its first height since its process started. It must know all that it has
    /// signed, as far as other courts can tell. With records it waits briefly for courts that have not said
    /// hello, because its disk may be an old copy (C13). Without records it waits for all of them, or for a
    /// block that was made since (C24).
    fn knows_what_it_signed(&mut self) -> bool {
        if self.signing().is_known() || self.peers.all_greeted(&self.courts, &self.own) {
            self.be_sure();
        } else if self.signing().has_record() || self.is_beginning() {
            if !self.timers.is_running(&TimerKey::Greetings) {
                self.timers.set(TimerKey::Greetings, GREETINGS_MS);
            }
        } else if !self.signing().is_lost() {
            self.environment.guard.signing_mut().lose(self.now.wall.plus_ms(FRESH_MS));
            self.timers.cancel(&TimerKey::Greetings);
            self.output.effects.push(Effect::Unsure { is_unsure: true });
        }
        self.signing().is_known()
    }

    /// Whether the network begins, as far as this court was ever told. Then no court has records. A claim of
    /// a third of the courts or fewer is believed for a while only, because all of them may be faulty. An
    /// honest court proves its claim meanwhile, by sending blocks.
    pub(super) fn is_beginning(&mut self) -> bool {
        if self.head.height > 0 || self.peers.ever_told(&self.courts) > 0 {
            return false;
        }
        if !self.peers.is_block_claimed(&self.courts) {
            return true;
        }
        let since_ms = *self.claimed_ms.get_or_insert(self.now.monotonic_ms);
        self.now.monotonic_ms >= since_ms + UNPROVEN_MS
    }

    /// All that this court signed before it was started is on record, or lies below the next height.
    pub(super) fn be_sure(&mut self) {
        self.timers.cancel(&TimerKey::Greetings);
        let (was_lost, shown) = self.environment.guard.signing_mut().know();
        if let Some(shown) = shown {
            self.environment.guard.adopt(&shown);
        }
        if was_lost {
            self.output.effects.push(Effect::Unsure { is_unsure: false });
        }
    }

    /// Looks whether all courts have said hello. Then this court knows all of its signatures that another
    /// court saw (C24).
    pub(super) fn relearned(&mut self) {
        if self.peers.all_greeted(&self.courts, &self.own) {
            self.be_sure();
        }
    }

    /// Compares guard and write-ahead log. If the log lacks a signature that the guard has, the log is lost:
    /// what this court locked on is forgotten, so it only observes (rule C12). If the guard lacks a signature
    /// that the log has, a crash came between the two flushes, and the record is written now. This goes in
    /// the order of steps, because the core publishes in another order.
    fn reconcile_log_and_guard(&mut self) {
        let height = self.next_height();
        let mut logged: BTreeMap<SigningStep, SignedStep> = BTreeMap::new();
        for record in &self.recovered {
            if let Some(statement) = record.statement().filter(|statement| statement.court() == self.own) {
                logged.insert(statement.step(), statement);
            }
        }
        let signed = self.environment.guard.window();
        let is_lost = signed.iter().any(|record| record.step.height == height && !logged.contains_key(&record.step));
        let newest_height = self.environment.guard.newest().map_or(0, |step| step.height);
        if is_lost || newest_height > height {
            self.observe(newest_height, "this court signed votes that its write-ahead log does not know: restored disk");
        }
        self.logged.extend(logged.keys());
        for statement in logged.values() {
            if self.environment.guard.admit(statement) == Err(Refusal::Conflict) {
                self.observe(height, CONTRADICTION);
            }
        }
    }

    /// Replays the log of the height just started (rule C9). It publishes only what was published before.
    fn replay(&mut self) -> Result<(), Error> {
        let records = std::mem::take(&mut self.recovered);
        let next_height = self.next_height();
        for record in &records {
            match record {
                WalRecord::Body { height, value, block } => {
                    if let Some(block) = block.read().filter(|read| read.digest() == *value && read.header().height == *height) {
                        self.bodies.offer(block, None, next_height);
                    }
                }
                WalRecord::Value { round, proposer, value, .. } => {
                    self.bodies.report(*value);
                    if *proposer == self.own {
                        self.bodies.keep_own(*round, *value);
                    }
                }
                WalRecord::Vote(vote) => self.see(SignedStep::Vote(*vote)),
                WalRecord::Proposal(proposal) => self.see(SignedStep::Proposal(*proposal)),
                WalRecord::Polka(_) | WalRecord::Timeout { .. } => {}
            }
        }
        let inputs: Vec<_> = records.iter().filter_map(WalRecord::input).collect();
        let named: Vec<_> = inputs.iter().flat_map(convert::values_voted_for).collect();
        let outcomes = self.core.replay(inputs, &mut self.environment)?;
        self.follow(outcomes);
        for (value, round, known) in named {
            self.note_support(value, round, known);
        }
        // The core does not publish a replayed proposal again, and perhaps no court has received it.
        if self.phase == Phase::Running {
            self.send_own_proposal_again()?;
        }
        Ok(())
    }

    fn send_own_proposal_again(&mut self) -> Result<(), Error> {
        let own = self.bodies.proposal(self.core.round()).filter(|one| one.content.court == self.own).copied();
        if let Some(proposal) = own {
            self.publish(SignedStep::Proposal(proposal));
            self.build_round = None;
        }
        Ok(())
    }

    /// Answers the core's wish for a value. One round gets one block, also after a crash.
    fn build_if_due(&mut self, app: &mut dyn Application) -> Result<bool, Error> {
        let Some(round) = self.build_round.take() else { return Ok(false) };
        let height = self.next_height();
        if round != self.core.round() || !self.signing().may_sign(height) {
            return Ok(true);
        }
        let value = match self.bodies.own(round) {
            Some(value) => value,
            None => {
                let time = clock::own(self.head.time, self.now.wall);
                let block = app.build(height, round, time)?;
                let value = block.digest();
                self.output.wal.push(WalRecord::Body { height, value, block: BlockBytes::from(&block) });
                self.bodies.offer(block, None, height);
                self.bodies.keep_own(round, value);
                value
            }
        };
        let height = crate::context::Height(height);
        self.feed(Input::Propose(LocallyProposedValue::new(height, Round::new(round), Value(value))))?;
        Ok(true)
    }

    /// Reports one value that the core waits for. If that is not possible yet, asks for its body, has it
    /// judged, or holds it back because of its time.
    fn judge_next(&mut self) -> Result<bool, Error> {
        for due in self.bodies.due(self.core.round()) {
            let Some(body) = self.bodies.get(&due.value) else {
                self.want_body(due.value);
                continue;
            };
            let (state, time) = (body.state, body.time());
            match state {
                BodyState::Asked => {}
                BodyState::Open if self.have_judged(&due) => return Ok(true),
                BodyState::Open => {}
                BodyState::Invalid => {
                    self.report(&due, false)?;
                    return Ok(true);
                }
                BodyState::Valid => {
                    if let Some(is_valid) = self.judge_time(&due, time) {
                        self.report(&due, is_valid)?;
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Lets the host judge a block, one of each proposing court at a time, so that the blocks of a faulty
    /// court delay only its own. Returns whether the verdict is known without the host.
    fn have_judged(&mut self, due: &Due) -> bool {
        let (height, value) = (self.next_height(), due.value);
        let Some(body) = self.bodies.get(&value) else { return false };
        let (is_possible, block) = (body.height() == height && body.time() > self.head.time, body.block.clone());
        if !is_possible {
            self.learn(value, Err("its height or its time does not follow the last block's".to_owned()));
            return true;
        }
        if !self.bodies.is_judging_of(&due.first) {
            self.bodies.set_state(&value, BodyState::Asked);
            self.output.effects.push(Effect::Judge { height, value, block });
        }
        false
    }

    /// Takes the host's verdict on a block.
    pub(super) fn on_judged(&mut self, height: u64, value: Digest, verdict: Result<Verdict, String>) -> Result<(), Error> {
        let verdict = verdict.map_err(Error::Application)?;
        // A block of a height that is over was judged on an older state.
        if height == self.next_height() && self.phase == Phase::Running {
            self.slowest.learn(self.now.monotonic_ms.saturating_sub(self.round_started_ms));
            self.learn(
                value,
                match verdict {
                    Verdict::Valid => Ok(()),
                    Verdict::Invalid { reason } => Err(reason),
                },
            );
        }
        Ok(())
    }

    fn learn(&mut self, value: Digest, verdict: Result<(), String>) {
        self.timers.cancel(&TimerKey::Body(value));
        self.bodies.set_state(&value, if verdict.is_ok() { BodyState::Valid } else { BodyState::Invalid });
        if let (Err(reason), Some(proposal), Some(body)) = (verdict, self.bodies.proposal_of(&value), self.bodies.get(&value)) {
            let (proposal, block) = (*proposal, body.block.clone());
            self.output.effects.push(Effect::Invalid { proposal, block, reason });
        }
    }

    /// What the core is told about a valid block because of its time. None while the time is out of bounds
    /// and too few courts prevoted the value (rule C16).
    fn judge_time(&mut self, due: &Due, time: Timestamp) -> Option<bool> {
        if due.support == Support::Quorum {
            return Some(true);
        }
        // Neither an earlier round that a proposal only claims nor a round that is still to come may widen
        // the bounds. Otherwise a single proposer could have any time decided.
        let round = due.proposal.content.round.min(self.core.round());
        match clock::judge(time, due.seen, self.now.wall, round) {
            Timing::Timely => Some(true),
            // Waiting does not cure a late value, so the prevote of one honest court is enough. Waiting does
            // cure an early one. If f + 1 prevotes freed it, f + 1 wrong clocks could have a block of
            // tomorrow decided.
            Timing::Late => (due.support == Support::Third).then_some(true),
            Timing::Early(after_ms) => {
                if !self.timers.is_running(&TimerKey::Early(due.value)) {
                    self.timers.set(TimerKey::Early(due.value), after_ms);
                }
                None
            }
        }
    }

    /// Tells the core the verdict. The body is logged before, because a vote may rest on it.
    fn report(&mut self, due: &Due, is_valid: bool) -> Result<(), Error> {
        let (value, proposal) = (due.value, due.proposal.content);
        self.bodies.report(value);
        self.timers.cancel(&TimerKey::Early(value));
        let height = self.next_height();
        if let Some(body) = self.bodies.get(&value).filter(|_| is_valid) {
            self.output.wal.push(WalRecord::Body { height, value, block: BlockBytes::from(&body.block) });
        }
        self.feed(proposed_value(height, proposal.round, proposal.court, value, is_valid))
    }

    /// Ends a wait for votes that can make no quorum any more (rule C19).
    fn cut_short(&mut self) -> bool {
        let round = self.core.round();
        for (wait, kind) in [(Wait::Prevote, VoteKind::Prevote), (Wait::Precommit, VoteKind::Precommit)] {
            let key = TimerKey::Core(CoreWait::Step(wait), round);
            if !self.timers.is_running(&key) {
                continue;
            }
            let away = self.peers.away(&self.courts, &self.own);
            if self.core.is_hopeless(kind, round, &self.courts, &away) {
                self.timers.cancel(&key);
                self.on_core_timer(CoreWait::Step(wait), round);
                return true;
            }
        }
        false
    }

    /// Goes on to the next height after the block of the last step is committed.
    pub(super) fn on_committed(&mut self, height: u64, app: &mut dyn Application) -> Result<(), Error> {
        let Phase::Committing(head) = self.phase else {
            return Err(Error::Host("a commit was reported that was not asked for".to_owned()));
        };
        assert_eq!(head.height, height, "blocks are committed one by one, in order");
        self.go_on_after(head, app)?;
        self.is_just_committed = true;
        Ok(())
    }

    /// Goes on after the host committed many decided blocks at once (rule C25). The core's height is over, as
    /// after a synced block.
    pub(super) fn on_advanced(&mut self, head: Head, app: &mut dyn Application) -> Result<(), Error> {
        if matches!(self.phase, Phase::Committing(_)) {
            return Err(Error::Host("blocks were committed while another one was being committed".to_owned()));
        }
        if head.height <= self.head.height {
            return Ok(());
        }
        self.go_on_after(head, app)
    }

    fn go_on_after(&mut self, head: Head, app: &mut dyn Application) -> Result<(), Error> {
        self.begin_after(head);
        // The block was made since this process started, so no earlier run can have signed the next height.
        if self.signing().is_after_loss(head.time) && head.height >= self.peers.told(&self.courts) {
            self.be_sure();
        }
        let next_courts = app.courts(self.next_height())?;
        self.previous_courts = std::mem::replace(&mut self.courts, next_courts);
        self.is_wanted = false;
        self.timers.set(TimerKey::Heartbeat, self.config.heartbeat_ms);
        Ok(())
    }

    fn begin_after(&mut self, head: Head) {
        self.head = head;
        self.phase = Phase::Waiting;
        self.committed_ms = self.now.monotonic_ms;
        self.output.reset = Some(self.next_height());
        self.inputs.clear();
        self.build_round = None;
        self.decided = None;
        self.recovered.clear();
        self.sent.clear();
        self.logged.clear();
        self.served.clear();
        self.timers.cancel_where(|key| {
            matches!(key, TimerKey::Core(..) | TimerKey::Body(_) | TimerKey::Early(_) | TimerKey::Lag | TimerKey::Parent)
        });
        self.sync.is_lagging = false;
        self.bodies.advance(head.height);
        self.evidence_pool.forget_below(head.height);
        self.environment.verifier.rotate();
        self.pending = self.pending.split_off(&self.next_height());
    }
}
