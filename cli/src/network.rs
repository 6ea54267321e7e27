//! Several courts on this machine, each a process of its own.
//!
//! In: a folder, a number of courts. Out: keys, genesis, policy and configurations ([`new`](mod@new)), and
//! running courts ([`courts`]). `network.json` ([`mod@file`]) says where all that is. Always: the same code
//! runs under `demo`. Not for real networks, whose keys never meet.

pub mod courts;
pub mod file;
pub mod new;

use std::time::Duration;

/// How long courts have until they all answer.
pub const READY_WITHIN: Duration = Duration::from_secs(60);
