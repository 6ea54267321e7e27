//! A small network for tests: courts, one member of each role, transactions, blocks. All keys come from seeds; nothing is random.

use crate::checked::{Checked, NothingSeen};
use crate::ledger::{Committed, Ledger};
use crate::store::{Store, memory::MemoryStore};
use crate::valid_block::ValidBlock;
use courtseal_proof::checkpoint::{Checkpoint, CosignedCheckpoint};
use courtseal_proof::digest::{Digest, sha256};
use courtseal_proof::genesis::{Court, CourtProof, Genesis, KeyPurpose, Member, PROTOCOL, Parameters, Role, prove_possession};
use courtseal_proof::key::{PublicKey, SecretKey};
use courtseal_proof::kinds::cosigner_equivocation::{CosignedRoot, CosignerEquivocation};
use courtseal_proof::kinds::equivocation::{CourtStep, Equivocation, Side};
use courtseal_proof::name::Name;
use courtseal_proof::note::{SignatureLine, VerifierKey};
use courtseal_proof::policy::quorum_size;
use courtseal_proof::preimage::{self, Stage, Step};
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::time::Timestamp;
use courtseal_proof::transaction::Transaction;
use std::sync::Arc;

pub const GENESIS_TIME: Timestamp = Timestamp(1_795_453_200_000);
pub const ROLES: [Role; 5] = [Role::Court, Role::Clerk, Role::Notary, Role::Lawyer, Role::Auditor];
pub const NOTARY: usize = 2;
pub const LAWYER: usize = 3;

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn court_key(court: usize, purpose: u8) -> SecretKey {
    SecretKey::from_seed([100 + 4 * court as u8 + purpose; 32])
}

fn vote_key(court: usize) -> SecretKey {
    court_key(court, 3)
}

pub fn member_key(member: usize) -> SecretKey {
    SecretKey::from_seed([1 + member as u8; 32])
}

pub fn member_name(member: usize) -> Name {
    name(&format!("member-{member}"))
}

pub struct Network {
    pub genesis: Genesis,
}

impl Network {
    pub fn new(courts: usize) -> Self {
        let network = name("net");
        let court = |court: usize| {
            let owner = name(&format!("court-{court:02}"));
            let keys = [0, 1, 2, 3].map(|purpose| court_key(court, purpose));
            let purposes = [KeyPurpose::Cosigner, KeyPurpose::Log, KeyPurpose::Network, KeyPurpose::Vote];
            let proof = |n: usize| prove_possession(purposes[n], &network, &owner, &keys[n]);
            Court {
                address: format!("/ip4/127.0.0.1/tcp/{}", 8610 + court),
                cosigner: keys[0].public(),
                log: keys[1].public(),
                name: owner.clone(),
                network: keys[2].public(),
                proof: CourtProof { cosigner: proof(0), log: proof(1), network: proof(2), vote: proof(3) },
                vote: keys[3].public(),
            }
        };
        let member = |member: usize| {
            let (key, owner) = (member_key(member), member_name(member));
            let proof = prove_possession(KeyPurpose::Member, &network, &owner, &key);
            Member { court: name("court-00"), key: key.public(), name: owner, proof, role: ROLES[member] }
        };
        let genesis = Genesis {
            courts: (0..courts).map(court).collect(),
            members: (0..ROLES.len()).map(member).collect(),
            name: network.clone(),
            parameters: Parameters { heartbeat_ms: 60_000 },
            protocol: PROTOCOL,
            time: GENESIS_TIME,
            v: 1,
        };
        genesis.check().unwrap();
        Self { genesis }
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
    pub fn transaction(&self, member: usize, nonce: u64, statements: Vec<Statement>) -> Arc<Checked> {
        self.transaction_until(member, nonce, GENESIS_TIME.plus_ms(3_600_000), statements)
    }

    pub fn transaction_until(&self, member: usize, nonce: u64, not_after: Timestamp, statements: Vec<Statement>) -> Arc<Checked> {
        self.signed_by(&member_name(member), &member_key(member), nonce, not_after, statements)
    }

    /// A transaction of a court itself, under its voting key.
    pub fn of_court(&self, court: usize, nonce: u64, statements: Vec<Statement>) -> Arc<Checked> {
        let until = GENESIS_TIME.plus_ms(3_600_000);
        self.signed_by(&self.genesis.courts[court].name, &vote_key(court), nonce, until, statements)
    }

    fn signed_by(&self, name: &Name, key: &SecretKey, nonce: u64, until: Timestamp, statements: Vec<Statement>) -> Arc<Checked> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&nonce.to_be_bytes());
        let transaction = Transaction::sign(&self.genesis.origin(), name, key, bytes, until, statements).unwrap();
        Arc::new(Checked::from_text(transaction.to_text().into_bytes()).unwrap())
    }

    /// An equivocation of a court: a prevote for nil and one for `value`.
    pub fn equivocation(&self, court: usize, height: u64, value: u8) -> Equivocation {
        let key = vote_key(court);
        let about = CourtStep { key: key.public(), height, round: 0, step: Step::Prevote };
        let side = |value| {
            let preimage = preimage::vote(&self.genesis.digest(), Stage::Prevote, height, 0, value, &about.key);
            Side { earlier_round: None, signature: key.sign(&preimage), value }
        };
        let (nil, other) = (side(None), side(Some(Digest([value; 32]))));
        Equivocation::new(self.genesis.courts[court].name.clone(), about, nil, other).unwrap()
    }

    /// An equivocation of a court's cosigner: two roots of the log at one size.
    pub fn cosigner_equivocation(&self, court: usize, size: u64) -> CosignerEquivocation {
        let key = court_key(court, 0);
        let cosigned = |root: u8| {
            let checkpoint = Checkpoint { origin: self.genesis.origin(), size, root: Digest([root; 32]) };
            let cosigned = checkpoint.cosign(&key, 1_795_453_201);
            CosignedRoot { root: checkpoint.root, signature: cosigned.signature, size, time_s: cosigned.time_s }
        };
        let name = self.genesis.courts[court].name.clone();
        CosignerEquivocation::new(name, 0, key.public(), cosigned(1), cosigned(2), &[]).unwrap()
    }

    /// A valid block on the ledger's head, a second after it.
    pub fn block(&self, ledger: &Ledger, transactions: &[Arc<Checked>]) -> Arc<ValidBlock> {
        let block = ledger.build(ledger.head().time.plus_ms(1_000), self.proposer(), transactions.iter().cloned()).unwrap();
        assert_eq!(block.transactions().len(), transactions.len());
        block
    }

    pub fn commit(&self, ledger: &Ledger, transactions: &[Arc<Checked>]) -> Committed {
        let block = self.block(ledger, transactions);
        ledger.commit(&block.encode(), b"certificate", block.digest(), &NothingSeen).unwrap()
    }

    /// The ledger's head, signed by the first court as the log and cosigned by a quorum.
    pub fn cosigned(&self, ledger: &Ledger) -> CosignedCheckpoint {
        let checkpoint = ledger.head_checkpoint();
        let cosign = |court: usize| {
            let (key, time_s) = (court_key(court, 0), 1_795_453_201);
            let cosignature = checkpoint.cosign(&key, time_s);
            let verifier = VerifierKey::cosigner(&self.genesis.courts[court].name, key.public());
            SignatureLine::cosignature(&verifier, time_s, &cosignature.signature)
        };
        CosignedCheckpoint {
            log: checkpoint.sign_as_log(&court_key(0, 1)),
            cosignatures: (0..quorum_size(self.genesis.courts.len())).map(cosign).collect(),
            checkpoint,
        }
    }
}

pub fn file(n: u64) -> Digest {
    sha256(&n.to_be_bytes())
}

/// Public evidence of this media type.
pub fn with_media_type(statement: Statement, text: String) -> Statement {
    let mut evidence = statement.as_evidence().unwrap().clone();
    evidence.document = evidence.document.with_media_type(Some(text));
    evidence.into()
}

/// A public statement of the n-th file.
pub fn public(n: u64) -> Statement {
    public_of_length(n, n)
}

/// A public statement of the n-th file's digest with this length. The file's own length is `n`.
pub fn public_of_length(n: u64, size_bytes: u64) -> Statement {
    Statement::public(FileDigests::of_sha256(file(n)), size_bytes)
}
