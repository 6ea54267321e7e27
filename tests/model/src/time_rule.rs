//! The time rule (rules C15 and C16) with Tendermint's locks: which block times are decided, and does the
//! chain go on?
//!
//! In: courts' clocks, the number of liars, the rules.
//! Out: a [`Model`] of heights, rounds, proposals with any time, prevotes, locks and decisions.
//! Always: times are relative to the true time, so that they stay few.
//! Not for bodies and signatures: a value is its time.

mod step;

use crate::courts::{more_than_a_third, quorum};
use crate::search::{Goal, Model};
use std::fmt;

/// Most values of one height that are remembered at a time.
pub const VALUES_MAX: usize = 2;

/// The support that frees a value whose time is out of bounds, beside a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frees {
    /// Prevotes of more than 1/3 in one round.
    Third,
    /// Prevotes of more than 2/3 in one round.
    TwoThirds,
    /// Only a certificate of prevotes.
    Certificate,
    /// Nothing, not even a certificate.
    Nothing,
}

/// The direction in which a clock is wrong. It is off by more than the bounds of any round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Ahead of the true time.
    Ahead,
    /// The clock is behind the true time.
    Behind,
}

/// Courts, clocks and rules.
#[derive(Clone, Debug)]
pub struct TimeRule {
    /// How many courts there are, faulty ones included.
    pub courts: usize,
    /// Of these, courts that lie.
    pub liars: usize,
    /// Honest clocks that are wrong until they are mended; all others are right.
    pub wrong: Vec<Wrong>,
    /// Values of one height that are remembered at a time, at most [`VALUES_MAX`].
    pub values: usize,
    /// Rounds with bounds of their own; all later ones have those of the last.
    pub rounds: u8,
    /// The support that frees a value ahead of the clock.
    pub frees_early: Frees,
    /// The support that frees a value behind the clock.
    pub frees_late: Frees,
    /// A late value is reported invalid instead of being held.
    pub rejects_late: bool,
}

/// One honest court.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Court {
    /// Deviation of its clock now.
    offset: i8,
    /// The most that it was ahead during this height.
    ahead: i8,
    /// The value that it is locked on, and the rank of the round in which it locked.
    lock: Option<(u8, u8)>,
    /// The values that it reported valid, a bit each.
    valid: u8,
    /// The values that it reported invalid.
    invalid: u8,
    has_prevoted: bool,
}

/// A value that was proposed at this height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// Its time, from the true time.
    time: i8,
    /// The most prevotes that honest courts gave it in one earlier round.
    support: u8,
    /// The rank of the newest round in which it had prevotes of a quorum, the liars' counted.
    quorum: Option<u8>,
}

/// The proposal of the round that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proposal {
    value: u8,
    /// The rank of the earlier round whose quorum it names.
    earlier: Option<u8>,
    /// Prevotes are closed: there was a quorum, and courts precommit.
    is_closed: bool,
}

/// A height. Rounds with a quorum of prevotes are known by rank only: their order is all that counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Time of the last block, from the true time.
    last: i8,
    round: u8,
    values: [Option<Value>; VALUES_MAX],
    proposal: Option<Proposal>,
    /// The honest courts, sorted, because courts in the same state are interchangeable.
    courts: Vec<Court>,
    flaw: Option<&'static str>,
}

/// One thing that can happen next. `needs_liars` says that it needs liars to take part.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A unit of time passes.
    Tick,
    /// A clock is put right.
    Mend(Court),
    /// An honest court proposes a block of its own time (C15).
    Propose(Court, i8),
    /// A court that is locked proposes that value again.
    ProposeAgain(i8),
    /// A liar proposes a block of any time.
    Lie(i8),
    /// A liar proposes a value again, with or without the certificate that there is.
    LieAgain(i8, bool),
    /// A court prevotes the proposal.
    Prevote(Court, bool),
    /// A court reports a late value as invalid; only where the rule is switched off.
    Reject(Court),
    /// All others prevote nil; with a quorum courts go on to precommit.
    Close,
    /// A court sees the quorum, locks and precommits.
    Precommit(Court, bool),
    /// The value is decided.
    Decide(i8, bool),
    /// The round ends without a decision.
    NextRound,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let liars = |needs: &bool| if *needs { ", with the liars' votes" } else { "" };
        match self {
            Self::Tick => write!(f, "a unit of time passes"),
            Self::Mend(court) => write!(f, "the clock of {court} is put right"),
            Self::Propose(court, time) => write!(f, "{court} proposes a block of time {time:+}"),
            Self::ProposeAgain(time) => write!(f, "a locked court proposes the block of time {time:+} again"),
            Self::Lie(time) => write!(f, "a liar proposes a block of time {time:+}"),
            Self::LieAgain(time, with) => {
                let how = if *with { "with its certificate" } else { "as a new one" };
                write!(f, "a liar proposes the block of time {time:+} again, {how}")
            }
            Self::Prevote(court, needs) => write!(f, "{court} prevotes it{}", liars(needs)),
            Self::Reject(court) => write!(f, "{court} reports it invalid, because it is late"),
            Self::Close => write!(f, "all others prevote nil"),
            Self::Precommit(court, needs) => write!(f, "{court} locks and precommits{}", liars(needs)),
            Self::Decide(time, needs) => write!(f, "the block of time {time:+} is decided{}", liars(needs)),
            Self::NextRound => write!(f, "the round ends without a decision"),
        }
    }
}

impl fmt::Display for Court {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "court[clock {:+}", self.offset)?;
        if let Some((value, rank)) = self.lock {
            write!(f, ", locked on v{value} in r{rank}")?;
        }
        write!(f, "]")
    }
}

/// How far ahead of the clock a value may be in a round.
pub fn precision(round: u8) -> i8 {
    1 + round as i8
}

/// How far behind the clock a value may be in a round.
pub fn delay(round: u8) -> i8 {
    precision(round) + 1
}

impl TimeRule {
    /// The rules as they should be. Of the honest clocks these are wrong.
    pub fn new(courts: usize, liars: usize, wrong: &[Wrong]) -> Self {
        Self {
            courts,
            liars,
            wrong: wrong.to_vec(),
            values: VALUES_MAX,
            rounds: 1,
            frees_early: Frees::TwoThirds,
            frees_late: Frees::Third,
            rejects_late: false,
        }
    }

    /// How far a wrong clock is off.
    fn off(&self) -> i8 {
        precision(self.rounds - 1) + 1
    }

    /// Times further back are all the same: late in every round.
    fn oldest(&self) -> i8 {
        -delay(self.rounds - 1) - 1
    }

    /// No proposal is further ahead: early even for a clock that is ahead.
    fn newest(&self) -> i8 {
        self.off() + precision(self.rounds - 1) + 1
    }

    fn quorum(&self) -> usize {
        quorum(self.courts)
    }

    /// Whether this number of prevotes in one round, or a certificate, frees a value.
    fn is_freed(&self, frees: Frees, prevotes: usize, has_certificate: bool) -> bool {
        let by_votes = match frees {
            Frees::Third => prevotes >= more_than_a_third(self.courts),
            Frees::TwoThirds => prevotes >= self.quorum(),
            Frees::Certificate | Frees::Nothing => false,
        };
        by_votes || (has_certificate && frees != Frees::Nothing)
    }

    /// The clock that at most so many honest courts passed as liars are missing to a quorum.
    fn bound_clock(&self, state: &State) -> i8 {
        let mut clocks: Vec<i8> = state.courts.iter().map(|court| court.ahead).collect();
        clocks.sort_unstable_by(|a, b| b.cmp(a));
        clocks[self.quorum() - self.liars - 1]
    }
}

fn is_owed(action: &Action) -> bool {
    match action {
        Action::Prevote(_, needs_liars) | Action::Precommit(_, needs_liars) | Action::Decide(_, needs_liars) => !needs_liars,
        Action::Mend(_) | Action::Lie(_) | Action::LieAgain(..) | Action::Reject(_) => false,
        Action::Tick | Action::Propose(..) | Action::ProposeAgain(_) | Action::Close | Action::NextRound => true,
    }
}

impl Model for TimeRule {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        assert!((1..=VALUES_MAX).contains(&self.values) && self.rounds > 0, "bounds of this model");
        let court = |at: usize| {
            let offset = match self.wrong.get(at) {
                Some(Wrong::Ahead) => self.off(),
                Some(Wrong::Behind) => -self.off(),
                None => 0,
            };
            Court { offset, ahead: offset, lock: None, valid: 0, invalid: 0, has_prevoted: false }
        };
        let mut courts: Vec<Court> = (0..self.courts - self.liars).map(court).collect();
        courts.sort_unstable();
        vec![State { last: -1, round: 0, values: [None; VALUES_MAX], proposal: None, courts, flaw: None }]
    }

    fn successors(&self, state: &State, next: &mut Vec<(Action, State)>) {
        self.step(state, next);
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        state.flaw
    }

    fn show(&self, state: &State) -> String {
        let value = |at: usize| {
            let value = state.values[at]?;
            let quorum = value.quorum.map_or(String::new(), |rank| format!(", quorum in r{rank}"));
            Some(format!("v{at}[time {:+}{quorum}]", value.time))
        };
        let values: Vec<String> = (0..VALUES_MAX).filter_map(value).collect();
        let courts: Vec<String> = state.courts.iter().map(Court::to_string).collect();
        format!("last block {:+}, round {}, {} {}", state.last, state.round, values.join(" "), courts.join(" "))
    }

    fn goals(&self) -> Vec<Goal<Self>> {
        let decided = |_: &Self, action: &Action, _: &State| matches!(action, Action::Decide(..));
        vec![
            Goal::<Self> {
                name: "C16: with few enough wrong clocks and liars a further block is decided",
                from: |model, state| {
                    let wrong = state.courts.iter().filter(|court| court.offset != 0).count();
                    wrong + model.liars <= model.courts - model.quorum()
                },
                helps: |_, action| is_owed(action),
                reached: decided,
            },
            Goal::<Self> {
                name: "C16: with right clocks and the last block within the bound nobody waits",
                from: |_, state| state.courts.iter().all(|court| court.offset == 0) && state.last < precision(0),
                helps: |_, action| is_owed(action) && !matches!(action, Action::Tick),
                reached: decided,
            },
        ]
    }
}

#[cfg(test)]
mod tests;
