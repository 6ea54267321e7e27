//! Snapshots: the log in parts, for a court that lacks much of it and for backup files (S9, S10, N10).
//!
//! In: another court's stream, or a file.
//! Out: [`courtseal_court::snapshot::Part`]s with checked certificates, which only the validator's thread or
//! `node restore` imports.
//! Always: no block is imported before its certificate is checked.
//! A byzantine or lost peer costs at most one part, and another court is asked from there.
//! Serving a snapshot never delays the validator.
//! Not for a court that lacks a few blocks: block sync in consensus does that.
//!
//! [`courtseal_court::snapshot`] turns frames into parts. [`fetch`] and [`serve`] are the two ends of a
//! stream. [`file`](mod@file) does backup and restore.

pub mod fetch;
pub mod file;
pub mod serve;
