//! How a command ends: exit codes, and failures that say what happened and what to do next.
//!
//! In: what went wrong. Out: one or two lines and a number. Always: the numbers are those of the
//! specification of the command line, and a failure never shows internal names. Not for verdicts about files:
//! those are printed by `verify`.

use courtseal_proof::verify::{Missing, Refusal};
use std::fmt;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: valid, or done.
    Done,
    /// 1: invalid, or some part could not be done.
    Invalid,
    /// 2: wrong usage.
    Usage,
    /// 3: no node could be reached, or it did not answer in time.
    Unreachable,
    /// 4: cannot tell.
    CannotTell,
    /// 5: refused by the network's rules.
    Refused,
}

impl Exit {
    /// How a refusal ends a command: invalid, or cannot tell.
    pub fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Invalid(..) => Self::Invalid,
            Refusal::CannotTell(..) => Self::CannotTell,
        }
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Invalid => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::CannotTell => 4,
            Self::Refused => 5,
        }
    }

    /// The one of two that the whole command ends with: refused, unreachable, invalid, cannot tell, usage,
    /// done, in this order.
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Done => 0,
            Self::Usage => 1,
            Self::CannotTell => 2,
            Self::Invalid => 3,
            Self::Unreachable => 4,
            Self::Refused => 5,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// Why a command stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What happened, with names and numbers.
    pub message: String,
    /// What to do next, if there is something.
    pub next: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), next: None }
    }

    /// Adds the next step.
    pub fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// What to do about what is missing.
pub fn next_step(missing: Missing) -> &'static str {
    match missing {
        Missing::Receipt => "give the receipt with --receipt FILE, or ask whoever notarized the file for it",
        Missing::File => "put the file back beside its receipt; or give both, with --receipt FILE, if it has another name now",
        Missing::Version => "check it with a newer courtseal",
        Missing::Opening => "give it with --opening FILE, or ask whoever notarized the file for it",
        Missing::Policy => {
            "get the policy from a source you trust (a court's site or gazette), then `courtseal policy trust FILE --as NAME`"
        }
        Missing::PolicyUnreadable | Missing::PolicyTooWeak | Missing::OtherNetwork | Missing::UnknownKey => {
            "get the policy from a source you trust (a court's site or gazette), then run again with --policy"
        }
    }
}

/// A failure of usage, as an error.
pub fn usage(message: impl Into<String>) -> anyhow::Error {
    Failure::new(Exit::Usage, message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_exit_wins() {
        assert_eq!(Exit::Done.worse(Exit::CannotTell).worse(Exit::Invalid).worse(Exit::CannotTell), Exit::Invalid);
        assert_eq!(Exit::Refused.worse(Exit::Unreachable), Exit::Refused);
        assert_eq!(
            [Exit::Done, Exit::Invalid, Exit::Usage, Exit::Unreachable, Exit::CannotTell, Exit::Refused].map(Exit::code),
            [0, 1, 2, 3, 4, 5]
        );
    }
}
