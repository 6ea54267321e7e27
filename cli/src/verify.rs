//! Verdicts about files by their receipts, offline.
//!
//! In: files, receipts, a policy, openings. Out: one verdict a file, with its reasons. Always: valid, invalid
//! or cannot tell, never a bare yes or no. There is no network, and memory stays flat. Not for the checks
//! themselves: they are `courtseal-proof`'s.

mod by_digest;
mod expected;
mod folder;
mod hints;
mod one;
pub mod print_verdict;
mod verdict;

pub use by_digest::verify as verify_digests;
pub use expected::Asked;
pub use folder::verify_folder;
pub use hints::hint;
pub use one::{Given, verify_named};
pub use print_verdict::{show_proven, word_of};
pub use verdict::{NoVerdict, Verdict};
