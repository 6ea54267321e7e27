//! The lies told so far, and the statements that a contradiction is compared with.
//!
//! In and out: counts, and the first statement of each liar for each step.
//! Not for counting: see [`super::lies`].

use crate::byzantine::Lie;
use courtseal_consensus::vote::{SignedStep, SigningStep};
use courtseal_proof::bytes::key::PublicKey;
use std::collections::BTreeMap;

/// Lies told so far.
#[derive(Default)]
pub(super) struct Lies {
    /// How often each lie of this run's liars was told.
    pub told: BTreeMap<Lie, u64>,
    /// The first statement of each liar in a step to any honest node, and whether another one followed.
    pub first: BTreeMap<(PublicKey, SigningStep), (SignedStep, bool)>,
}
