//! The log as the C2SP specifications describe it, and only that: tree, signed notes, checkpoints, policies.
//!
//! In: leaves, notes, policies as text.
//! Out: roots, proofs, verified signatures.
//! Always: other implementations of these specifications give the same bytes.
//! Not for what an entry means, nor for tiles that are stored.

pub mod checkpoint;
pub mod merkle;
pub mod note;
pub mod policy;
