//! The policies that a verification uses: the one that was given, or those that the user trusts by name
//! (F44).
//!
//! In: `--policy`, the store of trusted policies. Out: the policy for a network's receipts; how a policy is
//! named on the screen. Always: a name is the user's own, never a policy's or a network's; a policy is shown
//! by its whole digest. Not for judging receipts: that is `courtseal-proof`'s.

pub mod store;

use crate::files;
use crate::print;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::POLICY_BYTES_MAX;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::receipt::Receipt;
use courtseal_proof::verify::{HeldPolicy, Missing, PolicySource, Refusal};
use std::path::Path;
use store::Store;

/// The policies that a command uses.
pub struct Trust {
    /// The policy that was given, or why it cannot be read. It comes before every trusted one.
    given: Option<Result<HeldPolicy, String>>,
    /// What was taken off the given policy's text.
    note: Option<&'static str>,
    store: Store,
}

impl Trust {
    /// Reads the given policy, if there is one, and the user's trusted policies. Each verdict says if a
    /// policy is missing or unreadable. Files of trusted policies that are not used are named on stderr.
    pub fn read(path: Option<&Path>) -> Self {
        let mut note = None;
        let given = path.map(|path| match files::named::read_policy(path, POLICY_BYTES_MAX) {
            Ok((bytes, taken_off)) => {
                note = taken_off;
                Ok(HeldPolicy::new(&bytes))
            }
            Err(error) => Err(format!("a readable policy: {} cannot be read: {}", print::path(path), files::reason(&error))),
        });
        Self { given, note, store: Store::open() }
    }

    /// Uses one policy that is in memory, and no other.
    pub fn of(held: HeldPolicy) -> Self {
        Self { given: Some(Ok(held)), note: None, store: Store::default() }
    }

    /// The user's name for the policy of this digest, if it is trusted.
    pub fn name_of(&self, digest: Digest) -> Option<&Name> {
        self.store.trusted().iter().find(|trusted| trusted.held.digest() == digest).map(|trusted| &trusted.name)
    }

    /// The digest of the policy that a receipt is checked under, if the receipt names its network and there
    /// is a usable policy.
    pub fn digest_for_receipt(&self, receipt: &[u8]) -> Option<Digest> {
        let receipt = Receipt::parse(receipt).ok()?;
        let held = self.policy_for(&receipt.signed.checkpoint.origin).ok()?;
        held.policy().ok().map(|_| held.digest())
    }

    /// A policy in one line: its whole digest, and the user's name for it if it is trusted.
    pub fn describe(&self, digest: Digest) -> String {
        match self.name_of(digest) {
            Some(name) => format!("trusted as '{name}' ({})", digest.tagged()),
            None => format!("{}, not trusted by name", digest.tagged()),
        }
    }

    /// A policy under which something is valid, as labels and texts of lines. For a policy that is not
    /// trusted, the lines say how to compare it, and name trusted policies of the same network, or of
    /// networks of the same name, that it could be mistaken for.
    pub fn rows(&self, digest: Digest, origin: &Origin) -> Vec<(&'static str, String)> {
        let note = self.note.map(|note| ("", note.to_owned()));
        if self.name_of(digest).is_some() {
            return [("policy", self.describe(digest))].into_iter().chain(note).collect();
        }
        let compare = "not trusted by name: compare this digest with one that the courts publish";
        let mut rows = vec![("policy", digest.tagged()), ("", compare.to_owned())];
        rows.extend(note);
        for trusted in self.store.trusted().iter().filter(|trusted| trusted.origin.network() == origin.network()) {
            let which = if trusted.origin == *origin { "this network" } else { "another network of the same name" };
            rows.push(("beware", format!("you trust another policy, of {which}, as '{}'", trusted.name)));
            rows.push(("", trusted.held.digest().tagged()));
        }
        rows
    }
}

impl PolicySource for Trust {
    fn policy_for(&self, origin: &Origin) -> Result<&HeldPolicy, Refusal> {
        match &self.given {
            Some(Ok(held)) => return Ok(held),
            Some(Err(reason)) => return Err(Refusal::CannotTell(Missing::PolicyUnreadable, reason.clone())),
            None => {}
        }
        let mut found = self.store.trusted().iter().filter(|trusted| trusted.origin == *origin);
        match (found.next(), found.next()) {
            (Some(trusted), None) => Ok(&trusted.held),
            (None, _) => {
                let message = format!("a policy of {origin}; none was given, and you trust none of this network");
                Err(Refusal::CannotTell(Missing::Policy, message))
            }
            // Only files that were put into the folder by hand can do this.
            (Some(one), Some(other)) => {
                let message = format!(
                    "one policy of {origin}; you trust two of this network, '{}' and '{}', so forget one of them",
                    one.name, other.name
                );
                Err(Refusal::CannotTell(Missing::Policy, message))
            }
        }
    }
}

#[cfg(test)]
mod tests;
