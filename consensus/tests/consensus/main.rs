//! The driver's tests on a simulated network; rules are those of `specs/consensus.md`.

mod agreement;
mod catching_up;
mod clock_rule;
mod crashes;
mod ledger;
mod misconduct;
mod relearning;
mod scale;
mod simulation;
mod starting;
mod theft;
