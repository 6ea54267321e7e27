//! Planted bugs and crash points: places in shipped code where the tests can break it on purpose.
//!
//! In: with the feature `planted`, a selection made once by the program that tests (`select`, `crash_at`). Out: whether a bug is active here;
//! a crash. Always: without the feature, which is never a default, [`is_planted`] is a constant `false` and [`crash_point`] is nothing, so that the
//! compiler leaves no trace of either. Not for switches of any other kind.

use std::fmt;
use std::str::FromStr;

/// Gives an enum of unit variants its names, in the words of the selector, and what each means.
macro_rules! named {
    ($(#[$outer:meta])* $kind:ident { $($(#[doc = $text:literal])+ $variant:ident = $name:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $kind { $($(#[doc = $text])+ $variant,)+ }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($text),+).trim_ascii(),)+ }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|one| one.name() == text);
                found.ok_or_else(|| format!("'{text}' is none of: {}", Self::ALL.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ")))
            }
        }
    };
}

named! {
    /// A bug of one line that the suites must catch.
    Bug {
        /// The write-ahead log is not flushed before a message leaves.
        SkipWalSync = "skip-wal-sync",
        /// The guard's log is not flushed before a signature leaves.
        SkipGuardSync = "skip-guard-sync",
        /// The guard forgets, on start, what it had signed.
        ForgetGuard = "forget-guard",
        /// Of two damaged logs what is left is believed.
        ForgetDamage = "forget-damage",
        /// A cosignature leaves before its mark is durable.
        SkipMark = "skip-mark",
        /// What peers saw this court sign is ignored: an old disk votes again.
        IgnoreHello = "ignore-hello",
        /// What a peer shows of this court is forgotten if it was not sure anyway.
        UnsureForgets = "unsure-forgets",
        /// A restarted court does not show others what it saw them sign before.
        ForgetOthers = "forget-others",
        /// 2f votes are taken for a quorum.
        AcceptTwoF = "accept-2f",
        /// Blocks of a peer are applied without checking their certificate.
        SkipCertificate = "skip-certificate",
        /// A snapshot's certificates are not checked.
        BelieveSnapshots = "believe-snapshots",
        /// A proposed block's content is not judged.
        SkipBodyCheck = "skip-body-check",
        /// A proposed block's time is not judged.
        SkipClockRule = "skip-clock-rule",
        /// A time that has not come yet is called invalid for good.
        LateIsInvalid = "late-is-invalid",
        /// An early block time is freed by prevotes of more than 1/3, as a late one is.
        FreeEarly = "free-early",
        /// One court's vote starts a height.
        StartByOne = "start-by-one",
        /// Blocks of rounds that do not run are judged at once.
        JudgeAll = "judge-all",
        /// A court observes up to the height of any signature of its own key, however far away.
        BelieveThief = "believe-thief",
        /// Rounds never time out.
        NoTimeouts = "no-timeouts",
        /// A court that is one block behind never asks for it.
        NeverAsk = "never-ask",
        /// Contradicting signatures are not noticed.
        BlindWitness = "blind-witness",
        /// A checkpoint is published with one cosignature too few.
        AcknowledgeEarly = "acknowledge-early",
        /// Other courts' cosignatures are not verified.
        TrustCosignatures = "trust-cosignatures",
        /// A cosignature counts whatever its time.
        CountAnyTime = "count-any-time",
        /// A member's signature on a transaction is not verified.
        SkipMemberSignature = "skip-member-signature",
        /// A recorded transaction may be recorded again.
        RecordTwice = "record-twice",
        /// A transaction is recorded after it expired.
        RecordExpired = "record-expired",
        /// A transaction of another network is recorded.
        OtherNetwork = "other-network",
        /// Every registration of a file is called its first.
        AlwaysFirst = "always-first",
    }
}

named! {
    /// A place where a process can be made to end, as by a power cut between two instructions.
    Point {
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
        /// Consensus: all was sent, nothing is committed.
        BeforeCommit = "before-commit",
        /// Consensus: the block is committed, consensus was not told.
        AfterCommit = "after-commit",
        /// Ledger: before the batch of a block.
        BeforeBatch = "before-batch",
        /// Ledger: the batch is durable, the mark of confirmed writes is not.
        BeforeConfirm = "before-confirm",
        /// Journal: a file was rewritten under its temporary name.
        BeforeRename = "before-rename",
        /// Journal: the new file has its name, the folder is not synced.
        AfterRename = "after-rename",
        /// Cosigning: before the mark.
        BeforeMark = "before-mark",
        /// Cosigning: the mark is durable, nothing is signed.
        AfterMark = "after-mark",
        /// Cosigning: signed and sent.
        AfterCosign = "after-cosign",
        /// A checkpoint has its quorum, it is not stored.
        BeforeCheckpoint = "before-checkpoint",
        /// A checkpoint is stored, nobody was told.
        AfterCheckpoint = "after-checkpoint",
    }
}

/// Whether this build has planted bugs and crash points: limits may be lower in it, so that what is rare comes to pass in a test.
pub const IS_ACTIVE: bool = cfg!(feature = "planted");

#[cfg(feature = "planted")]
mod active {
    use super::{Bug, Point};
    use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

    const NONE: u8 = u8::MAX;
    static BUG: AtomicU8 = AtomicU8::new(NONE);
    static POINT: AtomicU8 = AtomicU8::new(NONE);
    static PASSAGES: AtomicU32 = AtomicU32::new(0);

    /// Activates one bug, or none.
    pub fn select(bug: Option<Bug>) {
        BUG.store(bug.map_or(NONE, |bug| bug as u8), Ordering::Relaxed);
    }

    /// Lets the process end at the `nth` passage of a point, counted from 1.
    pub fn crash_at(point: Point, nth: u32) {
        PASSAGES.store(nth, Ordering::Relaxed);
        POINT.store(point as u8, Ordering::Relaxed);
    }

    /// Whether this bug is active.
    pub fn is_planted(bug: Bug) -> bool {
        BUG.load(Ordering::Relaxed) == bug as u8
    }

    /// Ends the process here, if it was told to; nothing is closed or flushed.
    pub fn crash_point(point: Point) {
        if POINT.load(Ordering::Relaxed) == point as u8 && PASSAGES.fetch_sub(1, Ordering::Relaxed) == 1 {
            std::process::abort();
        }
    }
}

#[cfg(feature = "planted")]
pub use active::{crash_at, crash_point, is_planted, select};

/// Whether this bug is active: never in this build.
#[cfg(not(feature = "planted"))]
pub const fn is_planted(_: Bug) -> bool {
    false
}

/// Nothing, in this build.
#[cfg(not(feature = "planted"))]
pub const fn crash_point(_: Point) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_no_two_are_alike() {
        for (at, bug) in Bug::ALL.iter().enumerate() {
            assert_eq!((bug.name().parse::<Bug>(), *bug as usize), (Ok(*bug), at));
            assert!(!bug.meaning().is_empty());
        }
        for (at, point) in Point::ALL.iter().enumerate() {
            assert_eq!((point.name().parse::<Point>(), *point as usize), (Ok(*point), at));
        }
        assert!("nothing".parse::<Bug>().is_err());
    }
}
