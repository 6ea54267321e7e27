//! A block that the courts may decide on top of one parent.
//!
//! In: a header and transactions that [`crate::validate`] or [`crate::build`] judged. Out: [`ValidBlock`]. Always: nobody else makes one, so
//! whoever holds one need not judge it again on that parent. Not for what it records: see [`crate::execute`].

use crate::checked::Checked;
use courtseal_proof::block::{Block, Header};
use courtseal_proof::digest::Digest;
use std::sync::Arc;

/// A block that was found valid on its parent's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidBlock {
    digest: Digest,
    header: Header,
    transactions: Vec<Arc<Checked>>,
}

impl ValidBlock {
    /// A block that was judged; `digest` is its header's.
    pub(crate) fn new(header: Header, transactions: Vec<Arc<Checked>>) -> Self {
        Self { digest: header.digest(), header, transactions }
    }

    /// The header's digest: the consensus value.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The transactions, in order.
    pub fn transactions(&self) -> &[Arc<Checked>] {
        &self.transactions
    }

    /// The block's bytes, as sent and stored.
    pub fn encode(&self) -> Vec<u8> {
        Block { header: self.header.clone(), transactions: texts(&self.transactions) }.encode()
    }
}

/// The texts of transactions, as a body holds them.
pub fn texts(transactions: &[Arc<Checked>]) -> Vec<Vec<u8>> {
    transactions.iter().map(|checked| checked.text().to_vec()).collect()
}
