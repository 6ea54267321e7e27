//! What two checkpoints prove against the courts that cosigned both.
//!
//! In: two receipts or checkpoints, the courts' policy, nodes. Out: that the two lie on one log, or one
//! statement for each court that cosigned both though no log has both. Always: every cosignature is verified
//! first; a path that a node gives counts only if it leads to the second root. Not for signing or sending.

mod cosigned;
mod path;

use crate::failure::{Exit, Failure};
use crate::http::Client;
use crate::print;
pub use cosigned::{Cosigned, read_two};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::INTEGER_MAX;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::kinds::body::Body as _;
use courtseal_proof::kinds::cosigner_equivocation::{CosignedRoot, CosignerEquivocation};

/// The epoch whose cosigner keys are accused: there is one so far.
const EPOCH: u64 = 0;

/// What two checkpoints are to each other.
pub enum Finding {
    /// They lie on one log: how, in words.
    Consistent(String),
    /// No log has both.
    Contradiction {
        /// A statement for each court that cosigned both.
        accusations: Vec<CosignerEquivocation>,
        /// Courts that cosigned both and cannot be accused, and why.
        notes: Vec<String>,
    },
}

/// Compares two checkpoints of one network; `client` is asked for a path if their sizes differ.
///
/// # Errors
/// [`Failure`]. Usage: a node is needed and none is named. Invalid: nobody can be accused. Cannot tell: no
/// node serves the log of the larger one.
pub fn compare(one: &Cosigned, other: &Cosigned, client: Option<&Client>) -> Result<Finding, Failure> {
    let order = |of: &Cosigned| (of.checkpoint.size, of.checkpoint.root);
    let (first, second) = if order(one) <= order(other) { (one, other) } else { (other, one) };
    let (old, new) = (&first.checkpoint, &second.checkpoint);
    if old == new {
        let size = print::several(old.size, "entry", "entries");
        return Ok(Finding::Consistent(format!("both are the same checkpoint, of {size}")));
    }
    let both: Vec<_> = first.signed_by_both(second).collect();
    if both.is_empty() {
        let message = format!(
            "no court cosigned both, so nobody can be accused: {} is cosigned by {}, {} by {}",
            first.shown,
            first.courts(),
            second.shown,
            second.courts()
        );
        return Err(Failure::new(Exit::Invalid, message).next("bring a receipt or checkpoint that more courts cosigned"));
    }
    let path = if old.size == new.size {
        Vec::new()
    } else {
        let client = client.ok_or_else(|| needs_node(old.size, new.size))?;
        let (path, root) = path::of_log(client, old, new)?;
        if root == old.root {
            let (old, new) = (print::several(old.size, "entry", "entries"), print::count(new.size));
            return Ok(Finding::Consistent(format!("the log of {new} entries begins with the log of {old}")));
        }
        path
    };
    accuse(first, second, &both, &path)
}

fn needs_node(old: u64, new: u64) -> Failure {
    let message = format!(
        "one is of {} entries, the other of {}: only a path of the log shows whether they contradict each other",
        print::count(old),
        print::count(new)
    );
    Failure::new(Exit::Usage, message).next("name a node that serves the log with --node URL")
}

/// A statement for each of these courts.
fn accuse(first: &Cosigned, second: &Cosigned, both: &[(usize, usize)], path: &[Digest]) -> Result<Finding, Failure> {
    let (mut accusations, mut notes) = (Vec::new(), Vec::new());
    for (a, b) in both {
        let cosigner = &first.cosigners[*a];
        let name = &cosigner.court;
        let root = |of: &Cosigned, at: usize| {
            let cosignature = of.cosigners[at].cosignature;
            let (root, size) = (of.checkpoint.root, of.checkpoint.size);
            CosignedRoot { root, signature: cosignature.signature, size, time_s: cosignature.time_s }
        };
        let (one, other) = (root(first, *a), root(second, *b));
        if let Some(time_s) = [one.time_s, other.time_s].into_iter().find(|time_s| *time_s > INTEGER_MAX) {
            notes.push(format!("{name} cannot be accused: a statement has no room for the time of its cosignature, {time_s} s after 1970; times end at 2^53 - 1"));
            continue;
        }
        let accusation = Name::new(name.as_str())
            .ok()
            .and_then(|court| CosignerEquivocation::new(court, EPOCH, cosigner.key, one, other, path))
            .filter(|accusation| accusation.holds(&first.checkpoint.origin));
        match accusation {
            Some(accusation) => accusations.push(accusation),
            None => notes.push(format!("{name} cannot be accused: a statement has no form for these two checkpoints")),
        }
    }
    if accusations.is_empty() {
        return Err(Failure::new(Exit::Invalid, notes.join("; ")));
    }
    Ok(Finding::Contradiction { accusations, notes })
}
