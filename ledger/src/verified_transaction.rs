//! A transaction that was parsed and whose signature was checked, once, to be shared.
//!
//! In: canonical texts from blocks and peers, or a client's bytes.
//! Out: [`VerifiedTransaction`].
//! Always: the signature was verified by the strict rule (F2) under the key in the payload. It was verified
//! here, or earlier for a transaction found by [`SignatureCache`]. For a decided block that is imported, the
//! courts verified it. A [`VerifiedTransaction`] need not be checked again.
//! Not for the question whose key that is: see [`crate::admit`].

use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::transaction::{Claim, Transaction, TransactionError};
use std::sync::Arc;

/// A transaction with its canonical text, form and signature checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTransaction {
    transaction: Transaction,
    text: Arc<str>,
    text_digest: Digest,
}

/// The cache of verified signatures: transactions that this node has checked before, so that each is checked
/// once.
pub trait SignatureCache: Sync {
    /// The transaction whose canonical text has this SHA-256. The digest covers id, public key *and*
    /// signature: the same id under another signature is another text.
    fn verified(&self, text_digest: &Digest) -> Option<Arc<VerifiedTransaction>>;

    /// Whether others checked the signatures of all texts: more than 2/3 of the courts, in a decided block
    /// (S9).
    fn is_verified_by_quorum(&self) -> bool {
        false
    }
}

/// For texts of decided blocks whose certificates were checked: a quorum of courts has checked each
/// signature.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifiedByQuorum;

impl SignatureCache for VerifiedByQuorum {
    fn verified(&self, _: &Digest) -> Option<Arc<VerifiedTransaction>> {
        None
    }

    fn is_verified_by_quorum(&self) -> bool {
        true
    }
}

/// A cache without transactions: every signature is checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCache;

impl SignatureCache for NoCache {
    fn verified(&self, _: &Digest) -> Option<Arc<VerifiedTransaction>> {
        None
    }
}

impl VerifiedTransaction {
    /// Reads a canonical text and checks all of it, the signature too.
    ///
    /// # Errors
    /// [`TransactionError`] names the first check that failed.
    pub fn from_text(text: Vec<u8>) -> Result<Self, TransactionError> {
        let text_digest = sha256(&text);
        Self::read(text, text_digest, true)
    }

    fn read(text: Vec<u8>, text_digest: Digest, check_signature: bool) -> Result<Self, TransactionError> {
        let transaction = Transaction::from_text(&text, check_signature)?;
        let text = String::from_utf8(text).expect("a text that was parsed as JSON");
        Ok(Self { transaction, text_digest, text: text.into() })
    }

    /// Checks the parts of a client's claim that were not checked yet. The client's outer JSON need not be
    /// canonical.
    ///
    /// # Errors
    /// [`TransactionError`] names the first check that failed.
    pub fn from_claim(claim: Claim<'_>) -> Result<Self, TransactionError> {
        let transaction = claim.check(true)?;
        let text = transaction.to_text();
        Ok(Self { transaction, text_digest: sha256(text.as_bytes()), text: text.into() })
    }

    /// The transaction with this text, from the cache or else checked now.
    ///
    /// # Errors
    /// [`TransactionError`] names the first check that failed.
    pub fn find(text: &[u8], seen: &dyn SignatureCache) -> Result<Arc<Self>, TransactionError> {
        let text_digest = sha256(text);
        match Self::cached(text, &text_digest, seen) {
            Some(checked) => Ok(checked),
            None => Self::read(text.to_vec(), text_digest, !seen.is_verified_by_quorum()).map(Arc::new),
        }
    }

    /// The transaction with this text and its SHA-256, if the cache has it.
    pub fn cached(text: &[u8], text_digest: &Digest, seen: &dyn SignatureCache) -> Option<Arc<Self>> {
        // A cache that answers with another transaction would let an unsigned text in, so the bytes are
        // compared.
        seen.verified(text_digest).filter(|checked| checked.text.as_bytes() == text)
    }

    /// The transaction as it was parsed.
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Its canonical text: what is sent, stored and put into blocks.
    pub fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Its canonical text, to be shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The canonical text of the statement at `position`; empty if there is none.
    pub fn statement_text(&self, position: usize) -> &str {
        self.transaction.statement_texts().get(position).map_or("", String::as_str)
    }

    /// SHA-256 of the text, which is its key in [`SignatureCache`].
    pub fn text_digest(&self) -> Digest {
        self.text_digest
    }

    /// The transaction id (F21).
    pub fn id(&self) -> Digest {
        self.transaction.id()
    }
}
