//! The driver's tests on a simulated network; rules are those of `specs/consensus.md`.

mod agreement;
mod catching_up;
mod clock_rule;
mod crashes;
mod disk;
mod ledger;
mod misconduct;
mod random;
mod relearning;
mod simulation;
mod starting;
mod theft;
