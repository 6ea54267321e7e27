//! A block that the courts may decide on top of one parent.
//!
//! In: a block and its transactions, which [`crate::validate`] or [`crate::build`] judged.
//! Out: [`ValidBlock`].
//! Always: no other module makes one, so it need not be judged again on that parent.
//! Not for what it records: see [`crate::execute`].

use crate::verified_transaction::VerifiedTransaction;
use courtseal_proof::block::{Header, ReadBlock};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::facts::Signer;
use std::sync::Arc;

/// A block that was found valid on its parent's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidBlock {
    block: ReadBlock,
    transactions: Vec<Arc<VerifiedTransaction>>,
    signers: Vec<Signer>,
}

impl ValidBlock {
    /// Makes it of a block that was judged. Each transaction comes with its signer as of the parent's state.
    pub(crate) fn new(block: ReadBlock, signed: Vec<(Arc<VerifiedTransaction>, Signer)>) -> Self {
        let (transactions, signers) = signed.into_iter().unzip();
        Self { block, transactions, signers }
    }

    /// The header's digest: the consensus value.
    pub fn digest(&self) -> Digest {
        self.block.digest()
    }

    /// The header that the digest covers.
    pub fn header(&self) -> &Header {
        self.block.header()
    }

    /// The transactions in the order of the body.
    pub fn transactions(&self) -> &[Arc<VerifiedTransaction>] {
        &self.transactions
    }

    /// The signer of each transaction, as of the parent's state.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The block as it is sent and stored.
    pub fn read(&self) -> &ReadBlock {
        &self.block
    }
}
