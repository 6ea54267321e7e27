//! The start of heights (rules C17 and C18, with N5's relays): who starts an idle height, and whether work
//! gets recorded.
//!
//! In: the number of courts of each kind, and the rules.
//! Out: a [`Model`] of one transaction after the other, height after height.
//! Always: liars vote, propose and stay silent as they like.
//! Not for rounds and votes: enough courts that started a height can decide it, which is Tendermint's part.

use crate::courts::{more_than_a_third, quorum};
use crate::search::{Goal, Model};
use std::fmt;

/// The votes for an idle height that start it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VotesStart {
    /// A vote or wake of any single court: the rule of version 0.1.
    OfOne,
    /// Votes of more than 1/3 of the courts.
    OfMoreThanAThird,
    /// Votes never start a height.
    Never,
}

/// When a relayed transaction is sent to a court again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// Only when that court connects again (N5 of version 0.1).
    OnConnecting,
    /// Also by the court whose client submitted it, as long as it runs a height for it.
    OwnWhileRunning,
    /// Also by any court that runs a height for it.
    AnyWhileRunning,
}

/// Courts and rules. All other courts are honest, vote, and admit what is relayed to them.
#[derive(Clone, Copy, Debug)]
pub struct Heights {
    /// How many courts there are, faulty ones included.
    pub courts: usize,
    /// Of these, courts that lie.
    pub liars: usize,
    /// Honest courts that only observe (C13): they start heights and commit blocks, and sign nothing.
    pub observers: usize,
    /// Honest courts that admit nothing that is relayed: their clocks are wrong, or their mempools full.
    pub deaf: usize,
    /// The votes that start a height.
    pub votes_start: VotesStart,
    /// Whether work that another court relayed starts a height.
    pub counts_relayed_work: bool,
    /// When transactions are relayed again.
    pub resend: Resend,
    /// Whether work must be recorded without waiting for a heartbeat.
    pub is_prompt: bool,
    /// Looks for whole heights without a cause instead of single starts, for a longer counterexample.
    pub tolerates_starts: bool,
}

/// Where the one transaction is, as seen from a court.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// Not here, and no court sends it.
    Absent,
    /// On its way to here.
    Sent,
    /// Lost together with the connection.
    Lost,
    /// Received and dropped, because this court was a block behind and judged it by an older state.
    Dropped,
    /// In the mempool, relayed by another court.
    Relayed,
    /// In the mempool, submitted here.
    Own,
}

/// One honest court.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Court {
    observes: bool,
    is_deaf: bool,
    /// It has not committed the last block.
    is_behind: bool,
    has_started: bool,
    work: Work,
}

/// The height after the last decided block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The honest courts, sorted, because courts in the same state are interchangeable.
    courts: Vec<Court>,
    /// Whether the heartbeat's time has passed since the last block.
    is_heartbeat: bool,
    flaw: Option<&'static str>,
}

/// Why a court starts a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its mempool has something to record.
    Work,
    /// Its own timer.
    Heartbeat,
    /// Votes of others.
    Votes,
}

/// One thing that can happen next. `needs_liars` says that it needs liars to take part.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A client submits a transaction to an honest court, which relays it.
    Submit(Court),
    /// A liar relays a good transaction to one court only.
    RelayToOne(Court),
    /// A relayed transaction arrives.
    Deliver(Court),
    /// A relayed transaction arrives too early and is dropped.
    Drop(Court),
    /// A connection breaks, with what is on it.
    Break(Court),
    /// The connection is back.
    Connect(Court),
    /// A transaction is relayed again.
    Resend(Court),
    /// A court commits what others have decided.
    CatchUp(Court),
    /// The heartbeat's time has passed.
    Heartbeat,
    /// A court starts the height.
    Start(Court, Cause, bool),
    /// The height is decided, and this court is the first one to commit it.
    Decide {
        /// A court that commits the block at once; all others are behind for a while.
        first: Court,
        /// Whether the block has the transaction.
        records: bool,
        /// Whether that takes the liars' votes or proposal.
        needs_liars: bool,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let liars = |needs: &bool| if *needs { ", with the liars' votes" } else { "" };
        match self {
            Self::Submit(court) => write!(f, "a client submits a transaction to {court}, which relays it to all"),
            Self::RelayToOne(court) => write!(f, "a liar relays a transaction to {court} alone"),
            Self::Deliver(court) => write!(f, "the transaction reaches {court}"),
            Self::Drop(court) => write!(f, "the transaction reaches {court}, which drops it: it is a block behind"),
            Self::Break(court) => write!(f, "the transaction is lost with a connection to {court}"),
            Self::Connect(court) => write!(f, "{court} is connected again"),
            Self::Resend(court) => write!(f, "the transaction is relayed again to {court}"),
            Self::CatchUp(court) => write!(f, "{court} commits the last block"),
            Self::Heartbeat => write!(f, "60 s have passed since the last block"),
            Self::Start(court, Cause::Work, _) => write!(f, "{court} starts the height: it has work"),
            Self::Start(court, Cause::Heartbeat, _) => write!(f, "{court} starts the height: its heartbeat"),
            Self::Start(court, Cause::Votes, needs) => {
                write!(f, "{court} starts the height because of votes{}", liars(needs))
            }
            Self::Decide { first, records, needs_liars } => {
                let what = if *records { "a block with the transaction" } else { "an empty block" };
                write!(f, "{what} is decided{}; {first} is the first one to commit it", liars(needs_liars))
            }
        }
    }
}

impl fmt::Display for Court {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = match (self.observes, self.is_deaf) {
            (false, false) => "court",
            (true, _) => "observing court",
            (false, true) => "deaf court",
        };
        let place = match (self.is_behind, self.has_started) {
            (true, _) => "behind",
            (false, true) => "started",
            (false, false) => "idle",
        };
        write!(f, "{sort}[{place}, work {:?}]", self.work)
    }
}

impl Court {
    fn has_work(&self) -> bool {
        self.work >= Work::Relayed
    }
}

impl Heights {
    /// The rules as they should be, among `courts` of which `liars` lie.
    pub fn new(courts: usize, liars: usize) -> Self {
        Self {
            courts,
            liars,
            observers: 0,
            deaf: 0,
            votes_start: VotesStart::OfMoreThanAThird,
            counts_relayed_work: true,
            resend: Resend::AnyWhileRunning,
            is_prompt: true,
            tolerates_starts: false,
        }
    }

    fn starts(&self, state: &State, court: &Court) -> Vec<(Cause, bool)> {
        let mut causes = Vec::new();
        if court.work == Work::Own || (court.has_work() && self.counts_relayed_work) {
            causes.push((Cause::Work, false));
        }
        if state.is_heartbeat {
            causes.push((Cause::Heartbeat, false));
        }
        let needed = match self.votes_start {
            VotesStart::Never => return causes,
            VotesStart::OfOne => 1,
            VotesStart::OfMoreThanAThird => more_than_a_third(self.courts),
        };
        // A wake counts as a vote where one court is enough, and observers send wakes.
        let heard = |one: &&Court| one.has_started && (!one.observes || self.votes_start == VotesStart::OfOne);
        let votes = state.courts.iter().filter(heard).count();
        if votes + self.liars >= needed {
            causes.push((Cause::Votes, votes < needed));
        }
        causes
    }

    fn is_resent(&self, state: &State) -> bool {
        state.courts.iter().filter(|court| court.has_started).any(|court| match self.resend {
            Resend::OnConnecting => false,
            Resend::OwnWhileRunning => court.work == Work::Own,
            Resend::AnyWhileRunning => court.has_work(),
        })
    }

    /// What can happen to one court.
    fn of_court(&self, state: &State, at: usize, next: &mut Vec<(Action, State)>) {
        let court = state.courts[at];
        let mut push = |action, change: &dyn Fn(&mut Court)| {
            let mut after = state.clone();
            change(&mut after.courts[at]);
            after.courts.sort_unstable();
            next.push((action, after));
        };
        match court.work {
            Work::Sent => {
                if !court.is_deaf {
                    push(Action::Deliver(court), &|court| court.work = Work::Relayed);
                }
                if court.is_behind {
                    push(Action::Drop(court), &|court| court.work = Work::Dropped);
                }
                push(Action::Break(court), &|court| court.work = Work::Lost);
            }
            Work::Lost => push(Action::Connect(court), &|court| court.work = Work::Sent),
            Work::Absent | Work::Dropped if self.is_resent(state) => {
                push(Action::Resend(court), &|court| court.work = Work::Sent);
            }
            Work::Absent | Work::Dropped | Work::Relayed | Work::Own => {}
        }
        if court.is_behind {
            push(Action::CatchUp(court), &|court| court.is_behind = false);
        }
    }

    fn start(&self, state: &State, at: usize, next: &mut Vec<(Action, State)>) {
        let court = state.courts[at];
        if court.has_started || court.is_behind {
            return;
        }
        for (cause, needs_liars) in self.starts(state, &court) {
            let mut after = state.clone();
            after.courts[at].has_started = true;
            if !has_cause(state) && !self.tolerates_starts {
                after.flaw = Some("C17: a height starts only for work or the heartbeat of an honest court");
            }
            after.courts.sort_unstable();
            next.push((Action::Start(court, cause, needs_liars), after));
        }
    }

    fn decide(&self, state: &State, next: &mut Vec<(Action, State)>) {
        let voters: Vec<&Court> = state.courts.iter().filter(|court| court.has_started && !court.observes).collect();
        if voters.is_empty() || voters.len() + self.liars < quorum(self.courts) {
            return;
        }
        let needs_votes = voters.len() < quorum(self.courts);
        let (with_work, without) = (voters.iter().any(|court| court.has_work()), voters.iter().any(|court| !court.has_work()));
        // An honest proposer takes the work that it has. A liar takes any work that it knows, or none.
        let is_known = has_work(state);
        let mut blocks = Vec::new();
        if with_work || (self.liars > 0 && is_known) {
            blocks.push((true, needs_votes || !with_work));
        }
        if without || self.liars > 0 {
            blocks.push((false, needs_votes || !without));
        }
        for at in 0..state.courts.len() {
            let first = state.courts[at];
            if !first.has_started {
                continue;
            }
            for (records, needs_liars) in &blocks {
                let mut after = state.clone();
                for (other, court) in after.courts.iter_mut().enumerate() {
                    court.has_started = false;
                    court.is_behind = other != at;
                    if *records {
                        court.work = Work::Absent;
                    }
                }
                after.is_heartbeat = false;
                if !has_cause(state) {
                    after.flaw = Some("C17: liars alone make no height between two heartbeats");
                }
                after.courts.sort_unstable();
                next.push((Action::Decide { first, records: *records, needs_liars: *needs_liars }, after));
            }
        }
    }
}

fn has_work(state: &State) -> bool {
    state.courts.iter().any(Court::has_work)
}

fn has_cause(state: &State) -> bool {
    state.is_heartbeat || has_work(state)
}

fn is_owed(action: &Action) -> bool {
    match action {
        Action::Submit(_) | Action::RelayToOne(_) | Action::Drop(_) | Action::Break(_) => false,
        Action::Start(_, _, needs_liars) | Action::Decide { needs_liars, .. } => !needs_liars,
        Action::Deliver(_) | Action::Connect(_) | Action::Resend(_) | Action::CatchUp(_) | Action::Heartbeat => true,
    }
}

impl Model for Heights {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        let honest = self.courts - self.liars;
        let court = |at: usize| Court {
            observes: at < self.observers,
            is_deaf: (self.observers..self.observers + self.deaf).contains(&at),
            is_behind: false,
            has_started: false,
            work: Work::Absent,
        };
        let mut courts: Vec<Court> = (0..honest).map(court).collect();
        courts.sort_unstable();
        vec![State { courts, is_heartbeat: false, flaw: None }]
    }

    fn successors(&self, state: &State, next: &mut Vec<(Action, State)>) {
        let is_quiet = state.courts.iter().all(|court| court.work == Work::Absent);
        for at in 0..state.courts.len() {
            // Equal courts do equal things.
            if at > 0 && state.courts[at] == state.courts[at - 1] {
                continue;
            }
            let court = state.courts[at];
            if is_quiet && !court.is_behind {
                let mut after = state.clone();
                after.courts[at].work = Work::Own;
                let others = after.courts.iter_mut().enumerate().filter(|(other, _)| *other != at);
                others.for_each(|(_, court)| court.work = Work::Sent);
                after.courts.sort_unstable();
                next.push((Action::Submit(court), after));
                if self.liars > 0 && !court.is_deaf {
                    let mut after = state.clone();
                    after.courts[at].work = Work::Relayed;
                    after.courts.sort_unstable();
                    next.push((Action::RelayToOne(court), after));
                }
            }
            self.of_court(state, at, next);
            self.start(state, at, next);
        }
        if !state.is_heartbeat {
            next.push((Action::Heartbeat, State { is_heartbeat: true, ..state.clone() }));
        }
        self.decide(state, next);
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        state.flaw
    }

    fn show(&self, state: &State) -> String {
        let courts: Vec<String> = state.courts.iter().map(Court::to_string).collect();
        format!("{}{}", courts.join(" "), if state.is_heartbeat { " heartbeat" } else { "" })
    }

    fn goals(&self) -> Vec<Goal<Self>> {
        let records = |_: &Self, action: &Action, _: &State| matches!(action, Action::Decide { records: true, .. });
        let mut goals = vec![
            Goal::<Self> {
                name: "C17: work that an honest court admitted is recorded",
                from: |_, state| has_work(state),
                helps: |_, action| is_owed(action),
                reached: records,
            },
            Goal::<Self> {
                name: "C17: a height that an honest court has started is decided",
                from: |_, state| state.courts.iter().any(|court| court.has_started),
                helps: |_, action| is_owed(action),
                reached: |_, action, _| matches!(action, Action::Decide { .. }),
            },
        ];
        if self.is_prompt {
            goals.push(Goal::<Self> {
                name: "C17: work is recorded without waiting for a heartbeat",
                from: |_, state| has_work(state) && !state.is_heartbeat,
                helps: |_, action| is_owed(action) && !matches!(action, Action::Heartbeat),
                reached: records,
            });
        }
        goals
    }
}

#[cfg(test)]
mod tests;
