//! Planted bugs: one patch a bug beside this crate, all applied to one copy of the tree, one chosen at run
//! time.
//!
//! In: the patches `tests/planted/*.patch`, the name of a bug.
//! Out: a copy of the tree ([`copy`]) with every bug in it; there, patched code asks [`is_planted`].
//! Always: no crate of the tree itself depends on this one, except the simulator with its feature `planted`.
//! With nothing selected the copy behaves as the tree.
//! Not for crash points: those are in `tests/crash_points`.

pub mod copy;
pub mod patch;

use std::sync::{LazyLock, RwLock};

/// The variable that selects a bug when a process starts.
pub const VARIABLE: &str = "COURTSEAL_PLANTED";

static SELECTED: LazyLock<RwLock<String>> = LazyLock::new(|| RwLock::new(std::env::var(VARIABLE).unwrap_or_default()));

/// Activates the bug of this name in the whole process, and no other. An empty name activates none.
///
/// # Panics
/// A thread panicked in this function.
pub fn select(name: &str) {
    name.clone_into(&mut SELECTED.write().expect("nothing panics while the lock is held"));
}

/// Whether the bug of this name is active.
///
/// # Panics
/// A thread panicked in [`select`].
pub fn is_planted(name: &str) -> bool {
    *SELECTED.read().expect("nothing panics while the lock is held") == *name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bug_is_active_or_none() {
        assert!(!is_planted("skip-wal-sync"));
        select("skip-wal-sync");
        assert!(is_planted("skip-wal-sync") && !is_planted("skip-guard-sync"));
        select("");
        assert!(!is_planted("skip-wal-sync"));
    }
}
