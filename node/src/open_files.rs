//! How many files and connections the system lets this process have open.
//!
//! In: the system's own account, where there is one. Out: bounds that leave room for the ledger's files. Always: connections never take the handles that the ledger
//! needs, which would stop the node. A node's own bound is the operator's; who reads a whole ledger raises it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::path::Path;

/// The soft bound, if the system tells.
pub fn most() -> Option<usize> {
    let text = std::fs::read_to_string(Path::new("/proc/self/limits")).ok()?;
    soft(&text)
}

fn soft(text: &str) -> Option<usize> {
    text.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

/// Raises the soft bound to the hard one: who reads a ledger beside its node has each of its files open, so that the node cannot delete one unread.
pub fn raise() {
    let hard = getrlimit(Resource::Nofile).maximum;
    // If that is refused, the bound stays, and the database says which file it could not open.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: hard, maximum: hard });
}

/// `wanted`, or the part `1/divisor` of all open files if that is less.
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
