//! The signing guard with its write-ahead log (rules C7, C9 to C13, C24 and C30): can one court sign a step
//! twice, and does observing end?
//!
//! In: the rules, and how many faults there may be.
//! Out: a [`Model`] of one court among four. Two others are honest and tell what they saw of it; the fourth
//! lies.
//! Always: one step a height, so that a second signature for a height is the fault.
//! Not for what is voted: see Tendermint.

mod step;

use crate::search::{Goal, Model};
use std::fmt;

/// The last height of a model, and the most that its sets of heights hold beside [`FAR`].
pub const HEIGHTS_MAX: u8 = 14;
/// Stands for a height that the network never gets to, such as 2^53 - 1.
pub const FAR: u8 = 15;
/// How far above its next height a court notes others' statements. It is 8 in the code, and less here.
pub const AHEAD: u8 = 1;
/// Honest courts beside the one that is modelled.
pub const PEERS: usize = 2;

/// How a court treats a statement of its own key, far above its head, that it does not know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theft {
    /// It observes up to that height, however far away: the rule of version 0.1.
    Observed,
    /// It is theft if it is too far above what one honest court among those that have said hello has told.
    FarAboveTold,
    /// The same, judged again before each signature, by all that have said hello until then.
    FarAboveToldAtLast,
    /// It is theft if it is too far above the head, once the head is a block that was made after this court's
    /// start.
    FarAboveFreshHead,
}

/// The rules, each with a switch, and how often each fault may happen.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    /// The last height.
    pub heights: u8,
    /// Both logs are flushed before a signature leaves (C9).
    pub flushes_first: bool,
    /// The guard's records count (C10 to C12).
    pub keeps_guard: bool,
    /// What others show counts (C13).
    pub hears_hello: bool,
    /// A court without records waits for all hellos or a new block (C24).
    pub waits_without_records: bool,
    /// A statement that such a court was shown while it waited goes on record when the wait ends (C24).
    pub adopts_when_sure: bool,
    /// How far-away statements of the own key are treated (C30).
    pub theft: Theft,
    /// Most crashes in one run.
    pub crashes: u8,
    /// Disks, or parts of them, that are lost or put back.
    pub damages: u8,
    /// Whether a whole disk may be lost, or only put back older or lose one of its logs.
    pub loses_disks: bool,
    /// Statements that a thief signs with the court's key.
    pub thefts: u8,
}

/// The damage that the disk has suffered, and so what the court may have forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Damage {
    /// None, or the loss of one log, for which the other makes up. Nothing may be signed twice.
    Mended,
    /// The loss of the whole disk. Nothing that an honest court saw may be signed twice.
    Lost,
    /// An older disk is back. Nothing that an honest court saw may be signed twice while one of these courts
    /// is connected.
    Restored,
}

/// A set of heights. 0 stands for all heights that are committed already: of these it only matters that there
/// were any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Heights(u16);

/// What is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    head: u8,
    /// Heights signed, on the guard's record.
    guard: Heights,
    /// Heights signed, in the write-ahead log. Those of committed heights are dropped.
    log: Heights,
    /// Heights of statements that others showed and that this court does not know of, on the guard's record
    /// too (C13).
    shown: Heights,
}

/// What the running process knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Heights whose statements it can repeat.
    records: Heights,
    shown: Heights,
    /// It signs nothing up to this height (C12).
    observed: u8,
    had_record: bool,
    /// The newest decided height when it started; 0 once the head is a block that was made since.
    started_at: u8,
    /// Whether the head is such a block. Then all that earlier runs of this court signed is at or below it.
    is_fresh: bool,
    /// The stage of the step in which something is signed.
    stage: Stage,
}

/// The order of rule C9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing is being signed.
    Idle,
    /// The write-ahead log is appended to, and flushed at the end of the stage.
    Logged,
    /// The guard's log is appended to, and flushed at the end of the stage. Then the signature may leave.
    Recorded,
    /// The signature left before any flush. Only where the rule is switched off.
    SentUnflushed,
}

/// An honest court beside this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer {
    head: u8,
    /// It has said hello to the running process, and stays connected as long as that runs.
    is_here: bool,
    /// Heights of which it saw this court's own statement.
    saw: Heights,
    /// The newest statement of this court's key that it shows, and whether a thief made it.
    newest: u8,
    is_newest_stolen: bool,
}

/// The court, its disk, an older copy of it, the others, and what may still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    disk: Disk,
    process: Option<Process>,
    copy: Option<Disk>,
    /// Sorted, because courts in the same state are interchangeable.
    peers: [Peer; PEERS],
    /// Heights for which a statement of this court has left.
    sent: Heights,
    damage: Damage,
    crashes: u8,
    damages: u8,
    thefts: u8,
    is_broken: bool,
}

/// One thing that can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The process starts from its disk.
    Start,
    /// The process ends; of what was not flushed this much survives.
    Crash {
        /// The record in the write-ahead log.
        keeps_log: bool,
        /// The record in the guard's log.
        keeps_guard: bool,
    },
    /// The disk is copied.
    Copy,
    /// The older copy is put back.
    Restore,
    /// Everything on the disk is lost.
    LoseDisk,
    /// The guard's log is lost.
    LoseGuard,
    /// The write-ahead log is lost.
    LoseLog,
    /// A court connects and says hello.
    Hello(usize),
    /// The liar shows a statement of this court's key.
    Show(u8, bool),
    /// A thief's statement reaches an honest court.
    Steal(usize, u8),
    /// An honest court shows, in a certificate, the statement for the next height that it saw.
    Certificate(usize),
    /// An honest court commits the next block.
    Advance(usize),
    /// This court commits the next block.
    Commit,
    /// One stage of rule C9.
    Sign(Stage),
    /// A signature leaves; it reaches these courts.
    Send([bool; PEERS], bool),
}

impl Heights {
    /// The set of one height.
    pub fn of(height: u8) -> Self {
        Self(1 << height)
    }

    /// Whether a height is in it.
    pub fn has(self, height: u8) -> bool {
        self.0 & (1 << height) != 0
    }

    /// With the heights of another set.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without the heights of another set.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The heights above `height`.
    pub fn above(self, height: u8) -> Self {
        Self(self.0 & !(u16::MAX >> (15 - height)))
    }

    /// The greatest; 0 if there is none.
    pub fn newest(self) -> u8 {
        if self.0 == 0 { 0 } else { 15 - self.0.leading_zeros() as u8 }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Heights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = (0..=FAR).filter(|height| self.has(*height)).map(height_text).collect();
        write!(f, "{{{}}}", all.join(" "))
    }
}

fn height_text(height: u8) -> String {
    match height {
        0 => "old".to_owned(),
        FAR => "far".to_owned(),
        _ => height.to_string(),
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => write!(f, "the court starts"),
            Self::Crash { keeps_log, keeps_guard } => {
                write!(f, "the court crashes; unflushed records that survive: log {keeps_log}, guard {keeps_guard}")
            }
            Self::Copy => write!(f, "the disk is copied"),
            Self::Restore => write!(f, "the older copy of the disk is put back"),
            Self::LoseDisk => write!(f, "the disk is lost"),
            Self::LoseGuard => write!(f, "the guard's log is lost"),
            Self::LoseLog => write!(f, "the write-ahead log is lost"),
            Self::Hello(peer) => write!(f, "peer {peer} says hello"),
            Self::Show(height, stolen) => {
                let whose = if *stolen { "a stolen" } else { "an own" };
                write!(f, "the liar shows {whose} statement of height {}", height_text(*height))
            }
            Self::Steal(peer, height) => write!(f, "a thief's statement of height {height} reaches peer {peer}"),
            Self::Certificate(peer) => write!(f, "peer {peer} shows a certificate with the statement of the next height"),
            Self::Advance(peer) => write!(f, "peer {peer} commits the next block"),
            Self::Commit => write!(f, "the court commits the next block"),
            Self::Sign(stage) => write!(f, "the court signs: {stage:?}"),
            Self::Send(to, again) => {
                let which = if *again { "the recorded signature again" } else { "a new signature" };
                write!(f, "{which} leaves; peers that see it: {to:?}")
            }
        }
    }
}

impl Guard {
    /// The rules as they should be, with these numbers of crashes, damaged disks and thefts.
    pub fn new(crashes: u8, damages: u8, thefts: u8) -> Self {
        Self {
            heights: 4,
            flushes_first: true,
            keeps_guard: true,
            hears_hello: true,
            waits_without_records: true,
            adopts_when_sure: true,
            theft: Theft::FarAboveFreshHead,
            crashes,
            damages,
            loses_disks: true,
            thefts,
        }
    }
}

impl Model for Guard {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        assert!((2..=HEIGHTS_MAX).contains(&self.heights), "heights fit into a set of them");
        let first = Heights::of(1);
        let peer = Peer { head: 1, is_here: false, saw: first, newest: 1, is_newest_stolen: false };
        vec![State {
            disk: Disk { head: 1, guard: Heights::of(0), ..Disk::default() },
            process: None,
            copy: None,
            peers: [peer; PEERS],
            sent: first,
            damage: Damage::Mended,
            crashes: self.crashes,
            damages: self.damages,
            thefts: self.thefts,
            is_broken: false,
        }]
    }

    fn successors(&self, state: &State, next: &mut Vec<(Action, State)>) {
        self.step(state, next);
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        state.is_broken.then_some("C10: no step is signed twice")
    }

    fn show(&self, state: &State) -> String {
        let disk = |disk: &Disk| format!("head {} guard {} log {} shown {}", disk.head, disk.guard, disk.log, disk.shown);
        let process = state.process.map_or("down".to_owned(), |process| {
            format!("up: records {} shown {} observes {}", process.records, process.shown, process.observed)
        });
        let peer = |peer: &Peer| {
            let here = if peer.is_here { "here" } else { "away" };
            format!("peer[{here}, head {}, saw {}, shows {}]", peer.head, peer.saw, peer.newest)
        };
        let peers: Vec<String> = state.peers.iter().map(peer).collect();
        format!("{process}; disk: {}; {}", disk(&state.disk), peers.join(" "))
    }

    fn goals(&self) -> Vec<Goal<Self>> {
        vec![Goal::<Self> {
            name: "C13: observing ends: the court signs again",
            // Near the last height there is no room for the blocks that it takes.
            from: |model, state| {
                let shown = state.process.map_or(Heights::default(), |process| process.shown).with(state.disk.shown);
                let near = shown.without(Heights::of(FAR)).newest();
                let peers = state.peers.iter().all(|peer| peer.head + 2 <= model.heights && peer.newest < model.heights);
                peers && near < model.heights && state.disk.guard.without(Heights::of(FAR)).newest() < model.heights
            },
            helps: |_, action| {
                !matches!(
                    action,
                    Action::Crash { .. }
                        | Action::Restore
                        | Action::LoseDisk
                        | Action::LoseGuard
                        | Action::LoseLog
                        | Action::Show(..)
                        | Action::Steal(..)
                )
            },
            reached: |_, action, _| matches!(action, Action::Send(..)),
        }]
    }
}

#[cfg(test)]
mod tests;
