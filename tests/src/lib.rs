//! The shared code of the suites over real processes: a network of courts on this machine, driven through the
//! program as a person would.
//!
//! In: the built program.
//! Out: running networks in temporary folders, stopped when dropped.
//! Always: tests wait for events, never for time.
//! Not for the rules of ledger and consensus: those are tested beside the code.

pub mod amend;
pub mod bench;
pub mod conversation;
pub mod courts;
pub mod evidence;
pub mod false_clock;
pub mod false_node;
pub mod flood;
pub mod gaps;
pub mod generator;
pub mod given;
pub mod guards;
pub mod hostile;
pub mod http;
pub mod impostor;
pub mod injection;
pub mod launch;
pub mod liar;
pub mod load;
pub mod measure;
pub mod members;
pub mod metric;
pub mod namespaces;
pub mod network;
pub mod numbers;
pub mod options;
pub mod processes;
pub mod program;
pub mod proxy;
pub mod python;
pub mod raw;
pub mod setting;
pub mod slow_line;
pub mod small_disk;
pub mod terminal;
