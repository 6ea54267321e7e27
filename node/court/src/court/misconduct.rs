//! Misconduct that cannot be recorded in the log: invalid blocks under signed proposals, signatures by a
//! stolen key, heights started without work.
//!
//! In: what consensus reports of each court.
//! Out: counts since the start, and files of evidence.
//! Always: only the first few invalid blocks of each court are kept, so that no court can fill the disk.
//! The signature in each file proves which key signed.
//! Not for contradictions, which are recorded in the log: see [`crate::evidence`].

use crate::status::Counts;
use courtseal_consensus::vote::{SignedProposal, SignedStep};
use courtseal_proof::bytes::name::{CourtName, Origin};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Most invalid blocks of one court that are kept (S15).
pub const INVALID_BLOCKS_KEPT_MAX: u64 = 4;

/// A file of evidence, to be kept beside the ledger (S15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Name of the file.
    pub name: String,
    /// Content of the file.
    pub bytes: Vec<u8>,
}

/// The counts of all courts since the node started.
#[derive(Default)]
pub(super) struct Misconduct {
    counts: BTreeMap<CourtName, Counts>,
    /// The height that was started last, and the court that started it.
    begun: Option<(u64, CourtName)>,
}

impl Misconduct {
    pub fn of(&self, court: &CourtName) -> Counts {
        self.counts.get(court).copied().unwrap_or_default()
    }

    /// Notes that this court has started a height.
    pub fn begun(&mut self, height: u64, by: CourtName) {
        self.begun = Some((height, by));
    }

    /// Notes a committed block. Returns the court that started its height if the block records nothing (C28).
    pub fn committed(&mut self, height: u64, is_empty: bool) -> Option<CourtName> {
        let (_, by) = self.begun.take_if(|(begun, _)| *begun == height).filter(|_| is_empty)?;
        self.counts.entry(by.clone()).or_default().empty_heights += 1;
        Some(by)
    }

    /// Counts an invalid block of a court. Returns whether to keep the block.
    pub fn invalid(&mut self, court: &CourtName) -> bool {
        let counts = self.counts.entry(court.clone()).or_default();
        counts.invalid_blocks += 1;
        counts.invalid_blocks <= INVALID_BLOCKS_KEPT_MAX
    }
}

/// The evidence of an invalid block: its signed proposal and the block (S15).
pub(super) fn invalid_block(origin: &Origin, court: &CourtName, proposal: &SignedProposal, block: &[u8], reason: &str) -> Proof {
    let content = &proposal.content;
    let mut text = statement_lines("courtseal-invalid-block/v1", origin, court, &SignedStep::Proposal(*proposal));
    let _ = write!(text, "reason {}\nblock {}\n", one_line(reason), block.len());
    let bytes = [text.as_bytes(), block].concat();
    Proof { name: format!("invalid-block-{}-{}-{court}", content.height, content.round), bytes }
}

/// The evidence of a stolen key: a statement signed with this court's key that this court did not sign (S15).
pub(super) fn stolen_key(origin: &Origin, court: &CourtName, statement: &SignedStep) -> Proof {
    let text = statement_lines("courtseal-stolen-key/v1", origin, court, statement);
    Proof { name: format!("stolen-key-{}-{court}", statement.step().height), bytes: text.into_bytes() }
}

fn statement_lines(first: &str, origin: &Origin, court: &CourtName, statement: &SignedStep) -> String {
    let (sign_bytes, signature) = (statement.sign_bytes(&origin.chain()), statement.signature());
    format!(
        "{first}\nnetwork {origin}\ncourt {court}\nkey {}\nsigned {}\nsignature {}\n",
        statement.court(),
        hex::encode(sign_bytes),
        hex::encode(signature.0)
    )
}

fn one_line(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}

#[cfg(test)]
mod tests;
