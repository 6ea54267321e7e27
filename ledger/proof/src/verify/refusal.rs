//! The reasons why an answer is not *valid*: the checks, the causes of *cannot tell*, and the sentence for a
//! person (F38, F39).
//!
//! In: nothing.
//! Out: [`Refusal`].
//! Always: the lists are closed. A message is one plain line, whatever a hostile receipt holds.
//! Not for the checks themselves.

use std::fmt;

/// The checks of F38, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// 1: the receipt's form.
    Form,
    /// 2: policy and origin.
    Policy,
    /// 3: the log signature.
    LogSignature,
    /// 4: cosignatures and quorum. Their times are checked against the entry's after check 6.
    Cosignatures,
    /// 5: inclusion in the log.
    Inclusion,
    /// 6: the entry.
    Entry,
    /// 7: the member's own signature.
    Member,
    /// 8: the file.
    File,
}

impl Check {
    /// All checks, in order.
    pub const ALL: [Self; 8] = [
        Self::Form,
        Self::Policy,
        Self::LogSignature,
        Self::Cosignatures,
        Self::Inclusion,
        Self::Entry,
        Self::Member,
        Self::File,
    ];

    /// The check's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Policy => "policy",
            Self::LogSignature => "log-signature",
            Self::Cosignatures => "cosignatures",
            Self::Inclusion => "inclusion",
            Self::Entry => "entry",
            Self::Member => "member",
            Self::File => "file",
        }
    }

    /// The check's number, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

/// The cause of *cannot tell*: the closed list of F39.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// There is no receipt.
    Receipt,
    /// No policy was given, and the user trusts none or several for the receipt's network (F44).
    Policy,
    /// The policy cannot be read.
    PolicyUnreadable,
    /// The policy asks for 2/3 of the courts or fewer.
    PolicyTooWeak,
    /// The policy is that of another network.
    OtherNetwork,
    /// The policy has no such key as one that signed.
    UnknownKey,
    /// The receipt, entry or opening is of a later version.
    Version,
    /// The opening of a confidential statement is missing.
    Opening,
    /// The file of the receipt is missing.
    File,
}

impl Missing {
    /// The cause's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "no-receipt",
            Self::Policy => "no-policy",
            Self::PolicyUnreadable => "policy-unreadable",
            Self::PolicyTooWeak => "policy-too-weak",
            Self::OtherNetwork => "other-network",
            Self::UnknownKey => "unknown-key",
            Self::Version => "version",
            Self::Opening => "no-opening",
            Self::File => "no-file",
        }
    }
}

/// The way in which a check failed. Both parts are one line of plain characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The part that is wrong.
    pub what: String,
    /// The value that was found, if it says more.
    pub found: Option<String>,
}

impl Failed {
    /// A failure with what was found.
    pub(super) fn found(what: &str, found: &dyn fmt::Display) -> Self {
        Self { what: what.to_owned(), found: Some(plain(found.to_string())) }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Some(found) => write!(f, "{}: {found}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// The reason why the answer is not *valid*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Invalid: this check failed, for this reason.
    Invalid(Check, Failed),
    /// Cannot tell: this is missing, in words.
    CannotTell(Missing, String),
}

impl Refusal {
    /// The word of the check or cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(check, _) => check.as_str(),
            Self::CannotTell(missing, _) => missing.as_str(),
        }
    }

    /// The sentence for a person.
    pub fn message(&self) -> String {
        match self {
            Self::Invalid(_, failed) => failed.to_string(),
            Self::CannotTell(_, message) => message.clone(),
        }
    }

    /// The verdict's words: `invalid` or `cannot tell`.
    pub fn verdict(&self) -> &'static str {
        match self {
            Self::Invalid(..) => "invalid",
            Self::CannotTell(..) => "cannot tell",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.verdict(), self.reason(), self.message())
    }
}

impl std::error::Error for Refusal {}

/// An answer *invalid*.
pub(super) fn invalid<T>(check: Check, what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Invalid(check, Failed { what: plain(what.into()), found: None }))
}

/// An answer *invalid*, with what was found.
pub(super) fn found<T>(check: Check, what: &str, found: &dyn fmt::Display) -> Result<T, Refusal> {
    Err(Refusal::Invalid(check, Failed::found(what, found)))
}

/// An answer *cannot tell*.
pub(super) fn cannot_tell<T>(missing: Missing, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::CannotTell(missing, plain(message.into())))
}

/// A message as one line of plain characters. Text of a hostile receipt or request in it can neither move a
/// terminal's cursor nor imitate a line.
pub fn plain(message: String) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !message.contains(hides) {
        return message;
    }
    message.chars().flat_map(|c| if hides(c) { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }).collect()
}
