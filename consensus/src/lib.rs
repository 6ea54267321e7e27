//! Consensus between courts: the Malachite core, driven; its log, its guard, and block sync.
//!
//! In: events (messages, timers, commits), with the clocks' reading.
//! Out: steps (records to flush, messages to send, a block to commit).
//! Always: no file, socket, clock, thread or randomness in this crate. The core's types stop here. A
//! signature leaves only after its record is durable.
//! Not for what a block means: see [`Application`].
//!
//! The protocol is written out as rules C1, C2, … in `specs/consensus.md`; comments and tests name them.
//!
//! An event takes this way: [`Runner`] hands it to the [`Driver`]. The driver feeds the core (`core`,
//! `effects`), gates bodies (`bodies`, `clock`), keeps time (`timers`), signs (`signing`, `guard`) and logs
//! (`wal`, `journal`).

pub mod application;
mod bodies;
mod clock;
mod context;
mod convert;
mod core;
mod court_set;
mod driver;
mod effects;
mod error;
mod event;
mod evidence_pool;
mod guard;
pub mod journal;
pub mod message;
mod peers;
mod runner;
pub mod sign_bytes;
mod signing;
mod support;
mod sync;
mod timers;
mod verify;
pub mod vote;
mod wal;

pub use application::{Application, Decided, Verdict};
pub use clock::{CLOCK_PRECISION_MS, CLOCK_STEP_MS, PROPOSAL_DELAY_MS};
pub use court_set::{COURTS_MAX, CourtSet};
pub use driver::{Config, Driver};
pub use error::Error;
pub use event::{Effect, Event, Head, Now, Output, Token};
pub use guard::{GUARD_RECORDS_MAX, GuardRecord};
pub use journal::{Log, Recovered};
pub use message::{BlockBytes, Hello, MESSAGES, Message, SyncedBlock};
pub use runner::{EffectHandler, Journal, Runner};
pub use signing::Silence;
pub use timers::Timeouts;
pub use verify::is_commit;
pub use wal::{Wait, WalRecord};
