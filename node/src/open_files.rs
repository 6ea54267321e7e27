//! How many files and connections the operating system lets this process open.
//!
//! In: the system's limits, where it tells them.
//! Out: bounds that leave file handles for the ledger.
//! Always: connections never use the handles that the ledger needs, because the node would stop without them.
//! Not for raising a node's own limit: the operator sets it. A program that reads a whole ledger raises its
//! own.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::path::Path;

/// The soft limit of open files, if the system tells it.
pub fn most() -> Option<usize> {
    let text = std::fs::read_to_string(Path::new("/proc/self/limits")).ok()?;
    soft(&text)
}

fn soft(text: &str) -> Option<usize> {
    text.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

/// Raises the soft limit of open files to the hard one.
///
/// A program that reads a ledger beside its node opens all of its files, so that the node cannot delete one
/// that is still unread.
pub fn raise() {
    let hard = getrlimit(Resource::Nofile).maximum;
    // If the system refuses, the limit stays, and the database names the file that it could not open.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: hard, maximum: hard });
}

/// Returns `wanted`, or the share `1/divisor` of all open files if that is less. The share is at least 1.
pub fn bounded(wanted: usize, divisor: usize, most: Option<usize>) -> usize {
    wanted.min(most.map_or(wanted, |most| (most / divisor).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_account() {
        let text = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max processes             7                    7                    processes\n\
                    Max open files            1024                 524288               files\n";
        assert_eq!(soft(text), Some(1_024));
        assert_eq!(soft("Max open files            unlimited            unlimited            files\n"), None);
        assert_eq!(soft(""), None);
    }

    #[test]
    fn s13_the_soft_bound_is_raised_to_the_hard_one() {
        let hard = getrlimit(Resource::Nofile).maximum;
        let lower = hard.map_or(4_096, |hard| hard - 1);
        setrlimit(Resource::Nofile, Rlimit { current: Some(lower), maximum: hard }).unwrap();
        raise();
        assert_eq!(getrlimit(Resource::Nofile).current, hard);
    }

    #[test]
    fn r12_connections_leave_room_for_the_ledger() {
        assert_eq!(bounded(1_024, 2, Some(1_024)), 512);
        assert_eq!(bounded(1_024, 2, Some(20_000)), 1_024);
        assert_eq!(bounded(1_024, 2, None), 1_024);
        assert_eq!(bounded(1_024, 2, Some(0)), 1);
    }
}
