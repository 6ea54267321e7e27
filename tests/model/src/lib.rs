//! Exhaustive small models of the courts' protocols, and the one search that explores them. A *liar* here is
//! a byzantine court.
//!
//! In: a model, with a switch for each rule.
//! Out: the number of its states, or the shortest counterexample as a trace.
//! Always: deterministic, and std only. A search that is too large fails instead of stopping early.
//! Not for the shipped code: the models describe it, `specs/models.md` says how closely, and the simulator
//! runs it.

pub mod courts;
pub mod guard;
pub mod heights;
#[cfg(test)]
mod outcome;
pub mod search;
pub mod time_rule;
