//! What can happen next at a height.
//!
//! In: a state.
//! Out: each action with the state after it.
//! Always: a court that may prevote may also be too slow, as prevotes close at any moment; liars' votes count
//! wherever they help.
//! Not for what is checked: see the parent module.

use super::{Action, Court, Proposal, State, TimeRule, VALUES_MAX, Value, delay, precision};
use crate::courts::more_than_a_third;

impl TimeRule {
    pub(super) fn step(&self, state: &State, next: &mut Vec<(Action, State)>) {
        // Once prevotes are closed no clock matters.
        if state.proposal.is_none_or(|proposal| !proposal.is_closed) {
            let mut after = state.clone();
            after.last -= 1;
            after.values.iter_mut().flatten().for_each(|value| value.time -= 1);
            next.push((Action::Tick, after));
        }
        for (at, court) in distinct(state) {
            if court.offset != 0 {
                let mut after = state.clone();
                after.courts[at].offset = 0;
                after.courts[at].ahead = court.ahead.max(0);
                next.push((Action::Mend(court), after));
            }
        }
        match state.proposal {
            None => self.propose(state, next),
            Some(proposal) if proposal.is_closed => self.precommit(state, proposal, next),
            Some(proposal) => self.prevote(state, proposal, next),
        }
        next.iter_mut().for_each(|(_, state)| self.settle(state));
    }

    fn propose(&self, state: &State, next: &mut Vec<(Action, State)>) {
        next.push((Action::NextRound, self.next_round(state)));
        let first_time = state.last + 1;
        for (_, court) in distinct(state) {
            match court.lock {
                None => {
                    let time = court.offset.max(first_time);
                    next.extend(self.with_new(state, time).map(|after| (Action::Propose(court, time), after)));
                }
                Some((value, rank)) => {
                    let time = state.values[usize::from(value)].map_or(0, |value| value.time);
                    next.push((Action::ProposeAgain(time), with_proposal(state, value, Some(rank))));
                }
            }
        }
        if self.liars == 0 {
            return;
        }
        for time in first_time..=self.newest() {
            next.extend(self.with_new(state, time).map(|after| (Action::Lie(time), after)));
        }
        for (at, value) in state.values.iter().enumerate() {
            let Some(value) = value else { continue };
            next.push((Action::LieAgain(value.time, false), with_proposal(state, at as u8, None)));
            if value.quorum.is_some() {
                next.push((Action::LieAgain(value.time, true), with_proposal(state, at as u8, value.quorum)));
            }
        }
    }

    fn prevote(&self, state: &State, proposal: Proposal, next: &mut Vec<(Action, State)>) {
        let bit = 1 << proposal.value;
        for (at, court) in distinct(state) {
            if court.has_prevoted {
                continue;
            }
            let is_free_to = match (court.lock, proposal.earlier) {
                (None, _) => true,
                (Some((value, _)), _) if value == proposal.value => true,
                (Some((_, rank)), Some(earlier)) => rank <= earlier,
                (Some(_), None) => false,
            };
            if self.rejects_late && self.is_unknown_and_late(state, proposal, &court) {
                let mut after = state.clone();
                after.courts[at].invalid |= bit;
                next.push((Action::Reject(court), after));
            }
            if is_free_to && self.is_valid(state, proposal, &court, true) {
                let mut after = state.clone();
                after.courts[at].valid |= bit;
                after.courts[at].has_prevoted = true;
                // A certificate that honest courts do not hold is shown by liars.
                let knows_earlier = proposal.earlier.is_none_or(|rank| is_locked(state, proposal.value, Some(rank)));
                let needs_liars = !knows_earlier || !self.is_valid(state, proposal, &court, false);
                next.push((Action::Prevote(court, needs_liars), after));
            }
        }
        let mut after = state.clone();
        let prevotes = prevotes(state);
        if let Some(value) = &mut after.values[usize::from(proposal.value)] {
            value.support = value.support.max(prevotes as u8);
        }
        if prevotes + self.liars < self.quorum() {
            return next.push((Action::Close, self.next_round(&after)));
        }
        let rank = new_rank(state);
        if let Some(value) = &mut after.values[usize::from(proposal.value)] {
            value.quorum = Some(rank);
        }
        after.proposal = Some(Proposal { is_closed: true, ..proposal });
        next.push((Action::Close, after));
    }

    fn precommit(&self, state: &State, proposal: Proposal, next: &mut Vec<(Action, State)>) {
        let Some(value) = state.values[usize::from(proposal.value)] else { return };
        let lock = value.quorum.map(|rank| (proposal.value, rank));
        let has_quorum = prevotes(state) >= self.quorum() || is_locked(state, proposal.value, value.quorum);
        for (at, court) in distinct(state) {
            if court.lock == lock || !self.is_valid(state, proposal, &court, true) {
                continue;
            }
            let mut after = state.clone();
            after.courts[at].valid |= 1 << proposal.value;
            after.courts[at].lock = lock;
            let needs_liars = !has_quorum || !self.is_valid(state, proposal, &court, false);
            next.push((Action::Precommit(court, needs_liars), after));
        }
        let precommits = state.courts.iter().filter(|court| court.lock == lock).count();
        if precommits > 0 && precommits + self.liars >= self.quorum() {
            let needs_liars = precommits < self.quorum();
            next.push((Action::Decide(value.time, needs_liars), self.decided(state, value.time)));
        }
        next.push((Action::NextRound, self.next_round(state)));
    }

    fn decided(&self, state: &State, time: i8) -> State {
        let is_ahead = time > self.bound_clock(state) + precision(state.round);
        let fresh = |court: &Court| Court {
            offset: court.offset,
            ahead: court.offset,
            lock: None,
            valid: 0,
            invalid: 0,
            has_prevoted: false,
        };
        State {
            last: time,
            round: 0,
            values: [None; VALUES_MAX],
            proposal: None,
            courts: state.courts.iter().map(fresh).collect(),
            flaw: is_ahead.then_some("C16: no block is further ahead than honest clocks allow"),
        }
    }

    fn is_late(&self, state: &State, proposal: Proposal, court: &Court) -> bool {
        state.values[usize::from(proposal.value)].is_some_and(|value| court.offset > value.time + delay(state.round))
    }

    /// Whether a court that has not heard this round's prevotes yet finds the proposed value late.
    fn is_unknown_and_late(&self, state: &State, proposal: Proposal, court: &Court) -> bool {
        let Some(value) = state.values[usize::from(proposal.value)] else { return false };
        let is_supported = usize::from(value.support) >= more_than_a_third(self.courts);
        let is_judged = (court.valid | court.invalid) & 1 << proposal.value != 0;
        self.is_late(state, proposal, court) && !is_judged && !is_supported && !is_locked(state, proposal.value, None)
    }

    /// Whether a court takes the proposed value for valid now, with or without the liars' help.
    fn is_valid(&self, state: &State, proposal: Proposal, court: &Court, with_liars: bool) -> bool {
        let bit = 1 << proposal.value;
        let Some(value) = state.values[usize::from(proposal.value)] else { return false };
        if court.invalid & bit != 0 {
            return false;
        }
        if court.valid & bit != 0 {
            return true;
        }
        let helpers = if with_liars { self.liars } else { 0 };
        let prevotes = prevotes(state).max(usize::from(value.support)) + helpers;
        let is_known = is_locked(state, proposal.value, None);
        let has_certificate = is_known || (with_liars && value.quorum.is_some());
        if value.time > court.offset + precision(state.round) {
            self.is_freed(self.frees_early, prevotes, has_certificate)
        } else if self.is_late(state, proposal, court) {
            self.is_freed(self.frees_late, prevotes, has_certificate)
        } else {
            true
        }
    }

    fn next_round(&self, state: &State) -> State {
        let mut after = state.clone();
        after.round = (after.round + 1).min(self.rounds - 1);
        after.proposal = None;
        after.courts.iter_mut().for_each(|court| court.has_prevoted = false);
        after
    }

    /// A new value. It may take the place of one that no court is locked on. None if there is no place.
    fn with_new(&self, state: &State, time: i8) -> Option<State> {
        let is_free = |at: &usize| state.values[*at].is_none();
        let is_unlocked = |at: &usize| !is_locked(state, *at as u8, None);
        let at = (0..self.values).find(is_free).or_else(|| (0..self.values).find(is_unlocked))?;
        let mut after = state.clone();
        forget(&mut after, at);
        after.values[at] = Some(Value { time, support: 0, quorum: None });
        Some(with_proposal(&after, at as u8, None))
    }

    /// The canonical form of a state.
    fn settle(&self, state: &mut State) {
        // A proposal with an older time is like one that ages before any court votes, so an older block
        // allows nothing more.
        state.last = state.last.max(-1);
        state.values.iter_mut().flatten().for_each(|value| value.time = value.time.max(self.oldest()));
        // No court proposes again what no quorum prevoted, except as something new. Without liars, none
        // proposes again what no court is locked on.
        for at in 0..VALUES_MAX {
            let is_open = state.proposal.is_some_and(|proposal| usize::from(proposal.value) == at);
            let has_quorum = state.values[at].is_some_and(|value| value.quorum.is_some());
            if !is_open && !is_locked(state, at as u8, None) && (self.liars == 0 || !has_quorum) {
                forget(state, at);
            }
        }
        if state.values[0] < state.values[1] {
            swap(state);
        }
        let mut used: Vec<u8> = ranks(state).collect();
        used.sort_unstable();
        used.dedup();
        let rank_of = |rank: u8| used.binary_search(&rank).map_or(0, |at| at as u8);
        for value in state.values.iter_mut().flatten() {
            value.quorum = value.quorum.map(rank_of);
        }
        for court in &mut state.courts {
            court.lock = court.lock.map(|(value, rank)| (value, rank_of(rank)));
        }
        if let Some(proposal) = &mut state.proposal {
            proposal.earlier = proposal.earlier.map(rank_of);
        }
        state.courts.sort_unstable();
    }
}

/// The courts, each state once, because courts in equal states do equal things.
fn distinct(state: &State) -> impl Iterator<Item = (usize, Court)> {
    let courts = &state.courts;
    courts.iter().copied().enumerate().filter(|(at, court)| *at == 0 || courts[at - 1] != *court)
}

fn prevotes(state: &State) -> usize {
    state.courts.iter().filter(|court| court.has_prevoted).count()
}

/// Whether an honest court is locked on this value, in this round if one is named: then it shows the
/// certificate.
fn is_locked(state: &State, value: u8, rank: Option<u8>) -> bool {
    let locks = state.courts.iter().filter_map(|court| court.lock);
    locks.into_iter().any(|(locked, at)| locked == value && rank.is_none_or(|rank| rank == at))
}

fn ranks(state: &State) -> impl Iterator<Item = u8> {
    let quorums = state.values.iter().flatten().filter_map(|value| value.quorum);
    let locks = state.courts.iter().filter_map(|court| court.lock.map(|(_, rank)| rank));
    quorums.chain(locks).chain(state.proposal.and_then(|proposal| proposal.earlier))
}

fn new_rank(state: &State) -> u8 {
    ranks(state).max().map_or(0, |rank| rank + 1)
}

fn with_proposal(state: &State, value: u8, earlier: Option<u8>) -> State {
    State { proposal: Some(Proposal { value, earlier, is_closed: false }), ..state.clone() }
}

fn forget(state: &mut State, at: usize) {
    state.values[at] = None;
    for court in &mut state.courts {
        court.valid &= !(1 << at);
        court.invalid &= !(1 << at);
    }
}

/// Exchanges the two values' places.
fn swap(state: &mut State) {
    state.values.swap(0, 1);
    let exchange = |bits: u8| bits >> 1 & 1 | (bits & 1) << 1;
    for court in &mut state.courts {
        court.valid = exchange(court.valid);
        court.invalid = exchange(court.invalid);
        court.lock = court.lock.map(|(value, rank)| (1 - value, rank));
    }
    if let Some(proposal) = &mut state.proposal {
        proposal.value = 1 - proposal.value;
    }
}
