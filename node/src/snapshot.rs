//! Snapshots: the log in parts, for a court that lacks much of it, and for backup files (S9, S10, N10).
//!
//! In: another court's stream, or a file. Out: [`courtseal_court::snapshot::Part`]s whose certificates are
//! checked, which only the validator's thread or `node restore` import. Always: no block is imported before
//! its certificate was checked; a peer that lies or vanishes costs one part at most, and another one is asked
//! from where this one ended; serving never keeps the validator from its votes. Not for a court that lacks a
//! few blocks: see block sync in consensus.
//!
//! [`courtseal_court::snapshot`] makes a part of a frame; [`fetch`] and [`serve`] are the two ends of a
//! stream, [`file`](mod@file) backup and restore.

pub mod fetch;
pub mod file;
pub mod serve;
