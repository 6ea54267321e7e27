//! Keeps what is in this process's memory, keys and passphrases, to this process.
//!
//! In: nothing. Out: no core dump is written, whatever the process dies of. Other processes of the same user
//! can neither attach to it nor read its memory and environment; `root` still can. Always: called before
//! anything secret is read. Not for wiping: whoever holds a secret zeroes it.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on.
pub fn keep() {
    // Nothing here can fail on a system that knows these settings; where one is unknown, the other one still
    // holds.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f41_no_core_is_dumped() {
        keep();
        let core = rustix::process::getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
        #[cfg(target_os = "linux")]
        assert_eq!(rustix::process::dumpable_behavior().unwrap(), rustix::process::DumpableBehavior::NotDumpable);
    }
}
