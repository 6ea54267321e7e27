//! What the tests of all models expect of a search, with the figures or the trace printed (`--nocapture`).
//!
//! In: a model and its name.
//! Out: a failure or a panic.
//! Always: a search that is not complete is a panic.
//! Not for anything but tests.

use crate::search::{Failure, Model, STATES_MAX, explore};

/// Every property holds in every reachable state.
pub(crate) fn holds<M: Model>(name: &str, model: &M) {
    let explored = explore(model, STATES_MAX).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    println!("{name}: {} states, {} transitions, depth {}", explored.states, explored.transitions, explored.depth);
}

/// An invariant whose name begins so is broken.
pub(crate) fn breaks<M: Model>(name: &str, model: &M, expected: &str) {
    let failure = fails(name, model);
    assert!(matches!(&failure, Failure::Broken { invariant, .. } if invariant.starts_with(expected)), "{failure}");
}

/// A goal whose name begins so cannot be reached any more.
pub(crate) fn sticks<M: Model>(name: &str, model: &M, expected: &str) {
    let failure = fails(name, model);
    assert!(matches!(&failure, Failure::Unreachable { goal, .. } if goal.starts_with(expected)), "{failure}");
}

fn fails<M: Model>(name: &str, model: &M) -> Failure {
    let Err(failure) = explore(model, STATES_MAX) else { panic!("{name}: there is no counterexample") };
    println!("{name}: {failure}");
    failure
}
