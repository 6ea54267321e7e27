//! The network of fixtures, with ledgers of it.
//!
//! In: how many courts, a member's place, statements.
//! Out: transactions that are checked, blocks, ledgers in memory.
//! Always: keys and texts are those of `courtseal-fixtures`, so the same on every run.
//! Not for keys: see there.

use crate::error::Error;
use crate::ledger::{Committed, Ledger};
use crate::store::{Store, memory::MemoryStore};
use crate::valid_block::ValidBlock;
use crate::verified_transaction::{NoCache, VerifiedTransaction};
use courtseal_fixtures::network::MEMBERS;
use courtseal_fixtures::secret;
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use courtseal_proof::bytes::name::Name;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::genesis::{KeyPurpose, Role};
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::Transaction;
use std::ops::Deref;
use std::sync::Arc;

pub use courtseal_fixtures::statements::{edited, file, numbered as public, numbered_of_length as public_of_length};
pub use courtseal_fixtures::{GENESIS_TIME, name};

/// The roles of the members, in their order.
pub const ROLES: [Role; 5] = [MEMBERS[0].1, MEMBERS[1].1, MEMBERS[2].1, MEMBERS[3].1, MEMBERS[4].1];
pub const NOTARY: usize = 2;
pub const LAWYER: usize = 3;

/// The key of a court, also of one that no network here lists.
pub fn court_key(court: usize, purpose: KeyPurpose) -> SecretKey {
    secret(&format!("net/court-{court:02}/{}", purpose.as_str()))
}

/// The key of a member, also of one that no network here lists.
pub fn member_key(member: usize) -> SecretKey {
    secret(&format!("net/{}/member", member_name(member)))
}

pub fn member_name(member: usize) -> Name {
    name(format!("member-{member}"))
}

/// A network of fixtures, and what only a ledger knows of it.
pub struct Network(courtseal_fixtures::Network);

impl Deref for Network {
    type Target = courtseal_fixtures::Network;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

fn checked(transaction: &Transaction) -> Arc<VerifiedTransaction> {
    Arc::new(VerifiedTransaction::from_text(transaction.to_text().into_bytes()).unwrap())
}

/// When the transactions of these tests expire, unless a test says otherwise: an hour after genesis.
fn until() -> Timestamp {
    GENESIS_TIME.plus_ms(3_600_000)
}

impl Network {
    pub fn new(courts: usize) -> Self {
        Self(courtseal_fixtures::Network::of(courts))
    }

    pub fn proposer(&self) -> PublicKey {
        self.genesis.courts[0].vote
    }

    pub fn ledger(&self) -> Ledger {
        self.ledger_on(Arc::new(MemoryStore::new()))
    }

    pub fn ledger_on(&self, store: Arc<dyn Store>) -> Ledger {
        Ledger::open(store, &self.genesis).unwrap()
    }

    /// A transaction of this member that expires an hour after genesis.
    pub fn transaction(&self, member: usize, nonce: u64, statements: Vec<Statement>) -> Arc<VerifiedTransaction> {
        self.transaction_until(member, nonce, until(), statements)
    }

    pub fn transaction_until(
        &self,
        member: usize,
        nonce: u64,
        not_after: Timestamp,
        statements: Vec<Statement>,
    ) -> Arc<VerifiedTransaction> {
        checked(&self.of_member(member, nonce, not_after, statements))
    }

    /// A transaction of a court itself, under its voting key.
    pub fn of_court(&self, court: usize, nonce: u64, statements: Vec<Statement>) -> Arc<VerifiedTransaction> {
        checked(&self.0.of_court(court, nonce, until(), statements))
    }

    /// Whether a transaction may be in the next block, were its time `now`.
    pub fn admit(ledger: &Ledger, checked: &VerifiedTransaction, now: Timestamp) -> Result<(), Error> {
        let view = ledger.view();
        let signer = view.signer(checked.transaction().payload())?;
        view.admit(signer, checked, now).map(drop)
    }

    /// A valid block on the ledger's head, a second after it.
    pub fn block(&self, ledger: &Ledger, transactions: &[Arc<VerifiedTransaction>]) -> Arc<ValidBlock> {
        let block = ledger.build(ledger.head().time.plus_ms(1_000), self.proposer(), transactions.iter().cloned()).unwrap();
        assert_eq!(block.transactions().len(), transactions.len());
        block
    }

    pub fn commit(&self, ledger: &Ledger, transactions: &[Arc<VerifiedTransaction>]) -> Committed {
        let block = self.block(ledger, transactions);
        ledger.commit(block.read(), b"certificate", block.digest(), &NoCache).unwrap()
    }

    /// The ledger's head, signed by the first court as the log and cosigned by a quorum.
    pub fn cosigned(&self, ledger: &Ledger) -> CosignedCheckpoint {
        self.0.cosigned(ledger.head_checkpoint(), GENESIS_TIME.0 / 1_000 + 1, 0)
    }
}

/// Public evidence of this media type.
pub fn with_media_type(statement: Statement, text: String) -> Statement {
    edited(statement, |evidence| evidence.document = evidence.document.clone().with_media_type(Some(text)))
}
