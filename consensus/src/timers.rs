//! Timers, and how long each runs.
//!
//! In: what is waited for.
//! Out: tokens to start and to cancel.
//! Always: one timer for one thing. A token that was cancelled or replaced means nothing when it fires. A
//! timer that is started and stopped within one step never leaves that step.
//! Not for reading clocks.

use crate::effects::CoreWait;
use crate::event::{Effect, Token};
use crate::wal::Wait;
use courtseal_proof::bytes::digest::Digest;
use std::collections::{BTreeMap, VecDeque};

/// How long things may take, in milliseconds. Timeouts are local: courts need not agree on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a proposal in round 0.
    pub propose_ms: u64,
    /// More for each further round.
    pub propose_step_ms: u64,
    /// For a proposal by a court that is not connected.
    pub propose_away_ms: u64,
    /// For a proposal by a court that let its last turn pass and has signed nothing since.
    pub propose_missed_ms: u64,
    /// For late prevotes or precommits in round 0.
    pub vote_ms: u64,
    /// More for each further round.
    pub vote_step_ms: u64,
    /// Until own votes are sent again.
    pub rebroadcast_ms: u64,
    /// Longest of all these.
    pub longest_ms: u64,
    /// Until a missing body is asked for, and then asked of another court.
    pub body_ms: u64,
    /// Until a peer that is one block ahead is asked for it.
    pub lag_ms: u64,
    /// Until another peer is asked for blocks.
    pub sync_ms: u64,
    /// Between two reports of the own height to all peers.
    pub status_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            propose_ms: 500,
            propose_step_ms: 250,
            propose_away_ms: 50,
            propose_missed_ms: 100,
            vote_ms: 200,
            vote_step_ms: 250,
            rebroadcast_ms: 1_000,
            longest_ms: 10_000,
            body_ms: 100,
            lag_ms: 250,
            sync_ms: 2_000,
            status_ms: 2_000,
        }
    }
}

/// What is known of the court that has to propose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Expected,
    Missed,
    Away,
}

impl Timeouts {
    /// How long to wait in a round. `slowest_ms` is the longest that one of the last proposals took.
    pub(crate) fn wait_ms(&self, wait: CoreWait, round: u32, turn: Turn, slowest_ms: u64) -> u64 {
        let round = u64::from(round);
        let after_ms = match wait {
            CoreWait::Step(Wait::Propose) => {
                let base_ms = match turn {
                    Turn::Expected => self.propose_ms.max(slowest_ms.saturating_mul(2)),
                    Turn::Missed => self.propose_missed_ms,
                    Turn::Away => self.propose_away_ms,
                };
                base_ms.saturating_add(self.propose_step_ms.saturating_mul(match turn {
                    Turn::Expected => round,
                    // Several courts in a row may be away, and skipping them must stay quick.
                    Turn::Missed | Turn::Away => round / 4,
                }))
            }
            CoreWait::Step(Wait::Prevote | Wait::Precommit) => {
                self.vote_ms.saturating_add(self.vote_step_ms.saturating_mul(round))
            }
            CoreWait::Rebroadcast => self.rebroadcast_ms.saturating_add(self.propose_step_ms.saturating_mul(round)),
        };
        after_ms.min(self.longest_ms)
    }
}

/// The longest of the last few times that a proposal and its body took to be complete.
#[derive(Default)]
pub(crate) struct Slowest {
    recent_ms: VecDeque<u64>,
}

impl Slowest {
    pub(crate) fn learn(&mut self, took_ms: u64) {
        self.recent_ms.push_back(took_ms);
        if self.recent_ms.len() > 8 {
            self.recent_ms.pop_front();
        }
    }

    pub(crate) fn ms(&self) -> u64 {
        self.recent_ms.iter().copied().max().unwrap_or(0)
    }
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKey {
    Core(CoreWait, u32),
    Heartbeat,
    Status,
    Greetings,
    Lag,
    SyncAnswer,
    Body(Digest),
    Early(Digest),
    Parent,
}

/// The timers that run.
#[derive(Default)]
pub(crate) struct Timers {
    last_token: u64,
    running: BTreeMap<TimerKey, Token>,
    unsent: BTreeMap<Token, u64>,
    cancelled: Vec<Token>,
}

impl Timers {
    /// Starts a timer, in place of one for the same thing.
    pub(crate) fn set(&mut self, key: TimerKey, after_ms: u64) {
        self.cancel(&key);
        self.last_token += 1;
        let token = Token(self.last_token);
        self.running.insert(key, token);
        self.unsent.insert(token, after_ms);
    }

    pub(crate) fn cancel(&mut self, key: &TimerKey) {
        if let Some(token) = self.running.remove(key)
            && self.unsent.remove(&token).is_none()
        {
            self.cancelled.push(token);
        }
    }

    pub(crate) fn cancel_where(&mut self, matches: impl Fn(&TimerKey) -> bool) {
        let keys: Vec<TimerKey> = self.running.keys().copied().filter(|key| matches(key)).collect();
        for key in keys {
            self.cancel(&key);
        }
    }

    pub(crate) fn is_running(&self, key: &TimerKey) -> bool {
        self.running.contains_key(key)
    }

    /// What the timer was for; none if it was cancelled or replaced meanwhile.
    pub(crate) fn fire(&mut self, token: Token) -> Option<TimerKey> {
        let key = self.running.iter().find(|(_, running)| **running == token).map(|(key, _)| *key)?;
        self.running.remove(&key);
        Some(key)
    }

    /// What changed since the last call.
    pub(crate) fn take_effects(&mut self) -> impl Iterator<Item = Effect> + use<> {
        let cancelled = std::mem::take(&mut self.cancelled).into_iter().map(|token| Effect::CancelTimer { token });
        let set = std::mem::take(&mut self.unsent).into_iter().map(|(token, after_ms)| Effect::SetTimer { token, after_ms });
        cancelled.chain(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_timer_means_nothing() {
        let mut timers = Timers::default();
        timers.set(TimerKey::Lag, 10);
        assert_eq!(timers.take_effects().collect::<Vec<_>>(), [Effect::SetTimer { token: Token(1), after_ms: 10 }]);
        timers.set(TimerKey::Lag, 20);
        timers.set(TimerKey::Status, 5);
        timers.cancel(&TimerKey::Status);
        assert_eq!(
            timers.take_effects().collect::<Vec<_>>(),
            [Effect::CancelTimer { token: Token(1) }, Effect::SetTimer { token: Token(2), after_ms: 20 }]
        );
        assert_eq!(timers.fire(Token(1)), None);
        assert_eq!(timers.fire(Token(2)), Some(TimerKey::Lag));
        assert_eq!(timers.fire(Token(2)), None);
    }

    #[test]
    fn c19_timeouts_grow_with_the_round_and_with_what_was_seen() {
        let timeouts = Timeouts::default();
        let propose = CoreWait::Step(Wait::Propose);
        assert_eq!(timeouts.wait_ms(propose, 0, Turn::Expected, 0), 500);
        assert_eq!(timeouts.wait_ms(propose, 3, Turn::Expected, 0), 1_250);
        assert_eq!(timeouts.wait_ms(propose, 0, Turn::Expected, 900), 1_800);
        assert_eq!(timeouts.wait_ms(propose, 0, Turn::Away, 900), 50);
        assert_eq!(timeouts.wait_ms(propose, u32::MAX, Turn::Expected, u64::MAX), timeouts.longest_ms);
    }
}
