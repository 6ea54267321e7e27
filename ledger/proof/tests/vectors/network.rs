//! Networks, logs and recorded transactions for the vectors, all from fixed seeds.
//!
//! In: numbers of courts, leaves of any text, right or wrong. Out: receipts signed by the test courts. Always: the same bytes on
//! every run. Not for real keys: every seed is the SHA-256 of a label in this file.

use courtseal_proof::checkpoint::{Checkpoint, CosignedCheckpoint};
use courtseal_proof::commitment::{Committer, Tag, case_tag};
use courtseal_proof::digest::{Digest, sha256};
use courtseal_proof::entry::{Content, Entry, EntryMember, StateAfter, Stated};
use courtseal_proof::genesis::{Court, CourtProof, Genesis, KeyPurpose, Member, PROTOCOL, Parameters, Role, prove_possession};
use courtseal_proof::key::SecretKey;
use courtseal_proof::kinds::verdict::{Outcome, Registration, Verdict};
use courtseal_proof::merkle::{inclusion_paths, leaf_hash, root};
use courtseal_proof::name::{Name, Origin};
use courtseal_proof::note::{SignatureLine, VerifierKey};
use courtseal_proof::policy::quorum_size;
use courtseal_proof::receipt::{MemberPart, Receipt, StatementPath};
use courtseal_proof::statement::{Document, Evidence, FileDigests, Statement};
use courtseal_proof::time::Timestamp;
use courtseal_proof::transaction::Transaction;
use sha2::Digest as _;

/// 2026-11-23T17:00:00.123Z.
pub const BLOCK_TIME: Timestamp = Timestamp(1_795_453_200_123);
/// The POSIX seconds of the first court's cosignature; each further court signs one second later.
pub const COSIGNED_AT_S: u64 = 1_795_453_201;

/// Index of the first statement's entry in every test log.
pub const FIRST_INDEX: usize = 3;

/// The secret key of a label.
pub fn secret(label: &str) -> SecretKey {
    SecretKey::from_seed(sha256(label.as_bytes()).0)
}

/// A name.
pub fn name(text: impl Into<String>) -> Name {
    Name::new(text).unwrap()
}

/// A network whose secret keys are known.
pub struct Network {
    pub genesis: Genesis,
    pub origin: Origin,
    pub policy: String,
    pub logs: Vec<SecretKey>,
    pub cosigners: Vec<SecretKey>,
    pub member: SecretKey,
}

/// A court of a genesis, all its keys made from the labels of its name.
pub fn court(network: &Name, number: usize) -> Court {
    let own = name(format!("court-{number:02}"));
    let key = |purpose: KeyPurpose| secret(&format!("{network}/{own}/{}", purpose.as_str()));
    let prove = |purpose| prove_possession(purpose, network, &own, &key(purpose));
    Court {
        address: format!("/ip4/127.0.0.1/tcp/{}", 8610 + number),
        cosigner: key(KeyPurpose::Cosigner).public(),
        log: key(KeyPurpose::Log).public(),
        network: key(KeyPurpose::Network).public(),
        proof: CourtProof {
            cosigner: prove(KeyPurpose::Cosigner),
            log: prove(KeyPurpose::Log),
            network: prove(KeyPurpose::Network),
            vote: prove(KeyPurpose::Vote),
        },
        vote: key(KeyPurpose::Vote).public(),
        name: own.clone(),
    }
}

/// A member of `court-00`.
pub fn member(network: &Name, own: &str, role: Role) -> Member {
    let (own, key) = (name(own), secret(&format!("{network}/{own}/member")));
    let proof = prove_possession(KeyPurpose::Member, network, &own, &key);
    Member { court: name("court-00"), key: key.public(), name: own, proof, role }
}

impl Network {
    pub fn new(text: &str, courts: usize) -> Self {
        let network = name(text);
        let genesis = Genesis {
            courts: (0..courts).map(|number| court(&network, number)).collect(),
            members: vec![member(&network, "auditor-1", Role::Auditor), member(&network, "notary-1", Role::Notary)],
            parameters: Parameters { heartbeat_ms: 60_000 },
            protocol: PROTOCOL,
            time: Timestamp(1_795_453_000_000),
            v: 1,
            name: network,
        };
        genesis.check().unwrap();
        let keys = |purpose: &str| (0..courts).map(|number| secret(&format!("{text}/court-{number:02}/{purpose}"))).collect();
        Self {
            origin: genesis.origin(),
            policy: genesis.policy_text(),
            logs: keys("log"),
            cosigners: keys("cosigner"),
            member: secret(&format!("{text}/notary-1/member")),
            genesis,
        }
    }

    /// How many courts must sign.
    pub fn least(&self) -> usize {
        quorum_size(self.logs.len())
    }

    /// A transaction of `notary-1`.
    pub fn transaction(&self, statements: Vec<Statement>) -> Transaction {
        Transaction::sign(&self.origin, &name("notary-1"), &self.member, [0x5a; 16], BLOCK_TIME.plus_ms(60_000), statements)
            .unwrap()
    }

    /// The entry of the statement at `position`, recorded in block 12.
    pub fn entry(&self, transaction: &Transaction, position: usize, index: u64, verdict: Verdict) -> Entry {
        let member = EntryMember {
            court: name("court-00"),
            key: self.member.public().digest(),
            name: name("notary-1"),
            role: Role::Notary,
            since: 0,
        };
        let statement = transaction.statements()[position].clone();
        let stated = Stated { member, position: position as u64, statement, transaction: transaction.id() };
        let content = Content::of(stated, verdict);
        Entry { chain: self.origin.clone(), height: 12, index, recorded_at: BLOCK_TIME, content }
    }

    /// The entry that ends block 12.
    pub fn state_entry(&self, index: u64) -> Entry {
        let content = Content::State(StateAfter { epoch: 0, map: StateAfter::NO_MARKS });
        Entry { chain: self.origin.clone(), height: 12, index, recorded_at: BLOCK_TIME, content }
    }

    /// The log that holds the entries of the genesis, one entry for each statement, and a state entry.
    pub fn log(&self, transaction: &Transaction) -> Log<'_> {
        let mut leaves: Vec<String> = Entry::genesis(&self.genesis).iter().map(Entry::to_text).collect();
        for (position, statement) in transaction.statements().iter().enumerate() {
            let verdict = recorded(is_public(statement).then_some(true));
            leaves.push(self.entry(transaction, position, leaves.len() as u64, verdict).to_text());
        }
        leaves.push(self.state_entry(leaves.len() as u64).to_text());
        Log { network: self, leaves }
    }

    /// The log signature of a court.
    pub fn log_line(&self, court: usize, checkpoint: &Checkpoint) -> SignatureLine {
        checkpoint.sign_as_log(&self.logs[court])
    }

    /// The verifier key of a court's cosigner.
    pub fn cosigner(&self, court: usize) -> VerifierKey {
        VerifierKey::cosigner(&self.genesis.courts[court].name, self.cosigners[court].public())
    }

    /// The cosignature of a court.
    pub fn cosignature(&self, court: usize, checkpoint: &Checkpoint) -> SignatureLine {
        let cosignature = checkpoint.cosign(&self.cosigners[court], COSIGNED_AT_S + court as u64);
        SignatureLine::cosignature(&self.cosigner(court), cosignature.time_s, &cosignature.signature)
    }
}

/// A log of any leaves.
pub struct Log<'a> {
    pub network: &'a Network,
    pub leaves: Vec<String>,
}

impl Log<'_> {
    pub fn checkpoint(&self) -> Checkpoint {
        let hashes: Vec<Digest> = self.leaves.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
        Checkpoint { origin: self.network.origin.clone(), size: hashes.len() as u64, root: root(&hashes) }
    }

    /// A receipt of the leaf at `index`, signed by the first courts.
    pub fn receipt(&self, index: usize, member: Option<MemberPart>) -> Receipt {
        let hashes: Vec<Digest> = self.leaves.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
        let checkpoint = self.checkpoint();
        Receipt {
            entry: self.leaves[index].clone(),
            member,
            index: index as u64,
            path: inclusion_paths(&hashes).swap_remove(index),
            signed: CosignedCheckpoint {
                log: self.network.log_line(0, &checkpoint),
                cosignatures: (0..self.network.least()).map(|court| self.network.cosignature(court, &checkpoint)).collect(),
                checkpoint,
            },
        }
    }
}

/// The envelope and the path of the statement at `position`.
pub fn member_part(transaction: &Transaction, position: usize) -> MemberPart {
    let path = StatementPath::new(&transaction.statement_paths()[position]);
    MemberPart { envelope: transaction.envelope().to_text(), path: serde_json::to_string(&path).unwrap() }
}

/// Whether it is evidence whose digests are on the log.
pub fn is_public(statement: &Statement) -> bool {
    statement.as_evidence().is_some_and(|evidence| evidence.identity().is_some())
}

/// Recorded, with this word about earlier ones: if it is not the first, that is the first statement of the log.
pub const fn recorded(first: Option<bool>) -> Verdict {
    let registration = match first {
        None => None,
        Some(true) => Some(Registration::First),
        Some(false) => Some(Registration::Earlier(FIRST_INDEX as u64)),
    };
    Verdict::Recorded(Outcome { registration })
}

/// Evidence with something changed.
pub fn edited(statement: Statement, edit: impl FnOnce(&mut Evidence)) -> Statement {
    let mut evidence = statement.as_evidence().expect("evidence").clone();
    edit(&mut evidence);
    evidence.into()
}

/// A statement with everything that public evidence may have.
pub fn with_everything(statement: Statement, asserted_at: Timestamp, case: Tag) -> Statement {
    edited(statement, |evidence| {
        evidence.asserted_at = Some(asserted_at);
        evidence.case = Some(case);
        evidence.document = evidence.document.clone().with_media_type(Some("application/pdf".into()));
    })
}

/// Public evidence of a file.
pub fn public(file: &[u8]) -> Statement {
    Statement::public(FileDigests::of_sha256(sha256(file)), file.len() as u64)
}

/// A public statement with both digests.
pub fn public_sha512(file: &[u8]) -> Statement {
    let digests = FileDigests { sha256: sha256(file), sha512: Some(sha2::Sha512::digest(file).into()), sm3: None };
    Statement::public(digests, file.len() as u64)
}

/// A public statement with all three digests.
pub fn public_sm3(file: &[u8]) -> Statement {
    edited(public_sha512(file), |own| {
        let Document::Public(document) = &mut own.document else { panic!("it is public") };
        document.digests.sm3 = Some(sm3::Sm3::digest(file).into());
    })
}

/// The HMAC of a file.
pub fn commitment(salt: &[u8; 32], file: &[u8]) -> Tag {
    let mut committer = Committer::new(salt);
    committer.update(file);
    committer.finish()
}

/// A case tag.
pub fn case(network: &Network) -> Tag {
    case_tag(&[0x77; 32], &network.origin.chain(), "(2026) Jing 0491 Min Chu 1")
}
