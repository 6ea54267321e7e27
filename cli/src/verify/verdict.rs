//! A verdict on one file, and the check of its receipt that every way to a verdict begins with.
//!
//! In: a receipt's bytes, what is trusted. Out: what it proves, or why not. Always: valid, invalid or cannot
//! tell; that a file could not be read is no verdict. Not for files.

use super::expected::Asked;
use super::hints::hint;
use crate::failure::Exit;
use crate::files::Problem;
use crate::trust::Trust;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::verify::{Failed, Proven, Refusal, verify_receipt};
use std::path::PathBuf;

/// What a verification found.
#[derive(Debug)]
pub struct Verdict {
    /// The file, as people see it.
    pub path: PathBuf,
    /// Digest of the policy that the receipt was checked under, if one was found.
    pub policy: Option<Digest>,
    /// What the receipt proves, if it is genuine.
    pub proven: Option<Proven>,
    /// What a person should know beside it.
    pub notes: Vec<String>,
    /// Valid, or why not; or that the file could not be read, so that there is no verdict.
    pub result: Result<(), NoVerdict>,
}

/// Why a file is not *valid*.
#[derive(Debug)]
pub enum NoVerdict {
    /// Invalid, or cannot tell.
    Refused(Refusal),
    /// The receipt is genuine and the file is its own, but it is not the record that was asked for.
    Differs(String),
    /// The file could not be read.
    Problem(Problem),
}

impl Verdict {
    /// Its exit code.
    pub fn exit(&self) -> Exit {
        match &self.result {
            Ok(()) => Exit::Done,
            Err(NoVerdict::Refused(refusal)) => Exit::of(refusal),
            Err(NoVerdict::Differs(_)) => Exit::Invalid,
            Err(NoVerdict::Problem(_)) => Exit::Usage,
        }
    }

    /// That a file could not be read.
    pub fn not_read(path: PathBuf, problem: Problem) -> Self {
        Self { path, policy: None, proven: None, notes: Vec::new(), result: Err(NoVerdict::Problem(problem)) }
    }

    /// The same, unless it is valid and not what is asked for.
    ///
    /// # Errors
    /// Usage: the case key is of no use.
    pub fn held_to(self, asked: &Asked) -> anyhow::Result<Self> {
        let differs = match (&self.result, &self.proven) {
            (Ok(()), Some(proven)) => asked.differs(proven)?,
            _ => None,
        };
        Ok(match differs {
            Some(how) => Self { result: Err(NoVerdict::Differs(how)), ..self },
            None => self,
        })
    }
}

/// What a verification finds out, even if it fails.
#[derive(Default)]
pub struct Found {
    /// The policy that the receipt was checked under.
    pub policy: Option<Digest>,
    /// What the receipt proves.
    pub proven: Option<Proven>,
}

/// A refusal of a text that is no receipt, with what may have happened to it.
fn with_hint(refusal: Refusal, receipt: &[u8]) -> Refusal {
    match (refusal, hint(receipt)) {
        (Refusal::Invalid(check, Failed { what, found: Some(found) }), Some(hint)) => {
            Refusal::Invalid(check, Failed { what, found: Some(format!("{found}; {hint}")) })
        }
        (Refusal::Invalid(check, Failed { what, found: None }), Some(hint)) => {
            Refusal::Invalid(check, Failed { what: format!("{what}; {hint}"), found: None })
        }
        (refusal, _) => refusal,
    }
}

/// Checks a receipt, and notes under which policy.
///
/// # Errors
/// [`NoVerdict`]: invalid, or cannot tell.
pub fn check_receipt(receipt: &[u8], trust: &Trust, policy: &mut Option<Digest>) -> Result<Proven, NoVerdict> {
    let result = verify_receipt(receipt, trust);
    let result = result.map_err(|refusal| with_hint(refusal, receipt));
    *policy = match &result {
        Ok(proven) => Some(proven.policy_digest),
        Err(_) => trust.digest_for_receipt(receipt),
    };
    result.map_err(NoVerdict::Refused)
}
