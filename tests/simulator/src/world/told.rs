//! Which lies were told so far, and what a contradiction is compared with.
//!
//! In and out: counts, and the first statement of each liar for each step.
//! Not for counting: see [`super::lies`].

use crate::byzantine::Lie;
use courtseal_consensus::vote::{SigningStep, Statement};
use courtseal_proof::key::PublicKey;
use std::collections::BTreeMap;

/// Lies told so far.
#[derive(Default)]
pub(super) struct Lies {
    /// How often each was told, of those that somebody has to tell.
    pub told: BTreeMap<Lie, u64>,
    /// What each liar said first in a step to any honest node, and whether it said something else since.
    pub first: BTreeMap<(PublicKey, SigningStep), (Statement, bool)>,
}
