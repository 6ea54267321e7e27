//! What the suites over real processes share: a network of courts on this machine, driven through the program as a person would.
//!
//! In: the built program. Out: running networks in temporary folders, stopped when dropped. Always: waits for events, never for time. Not for rules:
//! those are tested beside the code.

pub mod courts;
pub mod evidence;
pub mod given;
pub mod hostile;
pub mod http;
pub mod load;
pub mod measure;
pub mod members;
pub mod metric;
pub mod network;
pub mod processes;
pub mod program;
pub mod python;
pub mod raw;
pub mod stranger;
