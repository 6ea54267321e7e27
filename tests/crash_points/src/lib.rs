//! Crash points: places in shipped code where a test can end the process, as a power cut would.
//!
//! In: with the feature `crash-points`, one point and a count, chosen once by the program that tests
//! (`crash_at`).
//! Out: an abort at that passage of that point.
//! Always: without the feature, which is never a default, [`crash_point`] is an empty function that the
//! compiler removes.
//! Not for planted bugs: those are patches in `tests/planted`.

use std::fmt;
use std::str::FromStr;

/// Defines [`Point`], with the name of each variant on the command line.
macro_rules! points {
    ($($(#[doc = $text:literal])+ $variant:ident = $name:literal,)+) => {
        /// A place between two steps of which at least one is durable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Point { $($(#[doc = $text])+ $variant,)+ }

        impl Point {
            /// All points, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that the environment variable of `courtseal-crash` takes.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

points! {
    /// Consensus: before a record is appended to the write-ahead log.
    BeforeWalAppend = "before-wal-append",
    /// Consensus: before the write-ahead log is flushed.
    BeforeWalSync = "before-wal-sync",
    /// Consensus: before a record is appended to the guard's log.
    BeforeGuardAppend = "before-guard-append",
    /// Consensus: before the guard's log is flushed.
    BeforeGuardSync = "before-guard-sync",
    /// Consensus: both logs are durable, nothing was sent.
    BeforeSend = "before-send",
    /// Consensus: everything was sent, nothing is committed.
    BeforeCommit = "before-commit",
    /// Consensus: the block is committed, consensus was not told.
    AfterCommit = "after-commit",
    /// Ledger: before the batch of a block.
    BeforeBatch = "before-batch",
    /// Ledger: the batch is durable, the number of confirmed writes is not.
    BeforeConfirm = "before-confirm",
    /// Journal: a file was rewritten under its temporary name.
    BeforeRename = "before-rename",
    /// Journal: the new file has its name, the folder is not synced.
    AfterRename = "after-rename",
    /// Cosigning: before the record of what is signed.
    BeforeMark = "before-mark",
    /// Cosigning: the record is durable, nothing is signed.
    AfterMark = "after-mark",
    /// Cosigning: the cosignature is sent.
    AfterCosign = "after-cosign",
    /// Cosigning: a checkpoint has its quorum, and is not stored.
    BeforeCheckpoint = "before-checkpoint",
    /// Cosigning: a checkpoint is stored, and not acknowledged yet.
    AfterCheckpoint = "after-checkpoint",
}

impl fmt::Display for Point {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.iter().map(|point| point.name()).collect::<Vec<_>>().join(", ");
        let found = Self::ALL.iter().copied().find(|point| point.name() == text);
        found.ok_or_else(|| format!("'{text}' is none of: {}", names()))
    }
}

/// Whether this build has crash points. Limits may then be lower, so that a test reaches rare steps.
pub const IS_ACTIVE: bool = cfg!(feature = "crash-points");

#[cfg(feature = "crash-points")]
mod active {
    use super::Point;
    use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

    const NONE: u8 = u8::MAX;
    static POINT: AtomicU8 = AtomicU8::new(NONE);
    static PASSAGES: AtomicU32 = AtomicU32::new(0);

    /// Lets the process end at the `nth` passage of a point, counted from 1.
    pub fn crash_at(point: Point, nth: u32) {
        PASSAGES.store(nth, Ordering::Relaxed);
        POINT.store(point as u8, Ordering::Relaxed);
    }

    /// Ends the process if this is the chosen passage. Nothing is closed or flushed.
    pub fn crash_point(point: Point) {
        if POINT.load(Ordering::Relaxed) == point as u8 && PASSAGES.fetch_sub(1, Ordering::Relaxed) == 1 {
            std::process::abort();
        }
    }
}

#[cfg(feature = "crash-points")]
pub use active::{crash_at, crash_point};

/// Does nothing in this build.
#[cfg(not(feature = "crash-points"))]
pub const fn crash_point(_: Point) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_no_two_are_alike() {
        for (at, point) in Point::ALL.iter().enumerate() {
            assert_eq!((point.name().parse::<Point>(), *point as usize), (Ok(*point), at));
        }
        assert!("nothing".parse::<Point>().is_err());
    }
}
