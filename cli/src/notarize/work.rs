//! All that notarizing needs: the member's key, the nodes, how the files are to be stated.
//!
//! In: what the command line asks for. Out: one value that every step is given. Not for doing anything.

use super::journal::JournalKey;
use crate::evidence::Choice;
use crate::http::Client;
use crate::keys::MemberKey;
pub use crate::sums::Digests;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::commitment::Tag;
use courtseal_proof::verify::HeldPolicy;
use std::time::Duration;

/// How the files are to be stated.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// A commitment instead of digests.
    pub confidential: bool,
    /// Digests even of files whose receipts are confidential.
    pub public: bool,
    /// The case's tag.
    pub case: Option<Tag>,
    /// The digests to record.
    pub digests: Digests,
    /// The submitter's word for when.
    pub asserted_at: Option<Timestamp>,
    /// The media type.
    pub media_type: Option<String>,
}

/// All that notarizing needs.
pub struct Work<'a> {
    /// The member's key.
    pub key: &'a MemberKey,
    /// What its journals are told by.
    pub journal_key: &'a JournalKey,
    /// What receipts are checked against.
    pub policy: &'a HeldPolicy,
    /// The nodes to ask.
    pub client: &'a Client,
    /// How many nodes must say the same for it to be believed without proof: one more than may lie, or all
    /// that are named.
    pub voices_needed: usize,
    /// How to state.
    pub wish: &'a Wish,
    /// What to leave out.
    pub choice: &'a Choice,
    /// Whether requests of before are dropped.
    pub forget: bool,
    /// Whether nothing is signed, sent or written.
    pub dry_run: bool,
    /// When to give up on a transaction.
    pub timeout: Duration,
}

impl<'a> Work<'a> {
    /// Work that takes every file, and keeps requests of before.
    pub fn new(
        key: &'a MemberKey,
        journal_key: &'a JournalKey,
        policy: &'a HeldPolicy,
        client: &'a Client,
        wish: &'a Wish,
        choice: &'a Choice,
        timeout: Duration,
    ) -> Self {
        let courts = policy.policy().map_or(1, |policy| policy.listed());
        let voices_needed = (courts.saturating_sub(1) / 3 + 1).min(client.nodes().len());
        Self { key, journal_key, policy, client, voices_needed, wish, choice, forget: false, dry_run: false, timeout }
    }
}
