//! Judgments and equivocations of both kinds, and who states them: for vectors and odd documents.
//!
//! In: a test network.
//! Out: statements, transactions, entries and receipts.
//! Always: `court-01` is accused, and a member's key has the label of its name.
//! Not for what is wrong with them: see `judgments`, `equivocations` and `cosigners`.

use courtseal_fixtures::log::{BLOCK_TIME, FIRST_INDEX, Log, member_part};
use courtseal_fixtures::{Network, name, secret};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::entry::{Content, Entry, EntryMember, Stated};
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::cosigner_equivocation::{CosignedRoot, CosignerEquivocation};
use courtseal_proof::kinds::equivocation::{CourtStep, Equivocation, Side};
use courtseal_proof::kinds::field::Value;
use courtseal_proof::kinds::form::Act;
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::log::checkpoint::Checkpoint;
use courtseal_proof::log::merkle::{consistency_path, leaf_hash, root};
use courtseal_proof::sign_bytes::{self, Stage, Step};
use courtseal_proof::statement::{Document, Statement};
use courtseal_proof::transaction::Transaction;

/// The place of the accused court in the network.
pub const ACCUSED: usize = 1;

/// A judgment of this document: a first-instance judgment, unless `more` says otherwise.
pub fn judgment(document: Document, more: impl IntoIterator<Item = (&'static str, Value)>) -> Statement {
    let kind = courtseal_proof::kinds::find("judgment").unwrap();
    let usual = [("instance", Value::Word("first")), ("type", Value::Word("judgment"))];
    let fields = usual.into_iter().chain([("document", Value::Document(document))]).chain(more);
    Act::new(kind, &kind.acts[0], fields).unwrap().into()
}

/// The voting key of a court.
pub fn vote_key(network: &Network, court: &str) -> SecretKey {
    secret(&format!("{}/{court}/vote", network.genesis.name))
}

fn side(network: &Network, about: CourtStep, earlier_round: Option<u32>, value: Option<Digest>) -> Side {
    let (chain, CourtStep { key, height, round, step }) = (network.origin.chain(), about);
    let sign_bytes = match (step, value) {
        (Step::Proposal, Some(value)) => sign_bytes::proposal(&chain, height, round, earlier_round, &value, &key),
        (Step::Prevote, value) => sign_bytes::vote(&chain, Stage::Prevote, height, round, value, &key),
        (_, value) => sign_bytes::vote(&chain, Stage::Precommit, height, round, value, &key),
    };
    Side { earlier_round, signature: vote_key(network, "court-01").sign(&sign_bytes), value }
}

/// An equivocation of `court-01`: two things, each an earlier round and a value.
pub fn pair(network: &Network, step: Step, height: u64, sides: [(Option<u32>, Option<&str>); 2]) -> Statement {
    let about = CourtStep { key: vote_key(network, "court-01").public(), height, round: 2, step };
    let [one, other] = sides.map(|(earlier, value)| side(network, about, earlier, value.map(|text| sha256(text.as_bytes()))));
    Equivocation::new(name("court-01"), about, one, other).unwrap().into()
}

/// Two precommits, one of them nil.
pub fn precommits(network: &Network) -> Statement {
    pair(network, Step::Precommit, 11, [(None, None), (None, Some("a header"))])
}

/// The root of a log of this size, as the accused court cosigned it.
pub fn cosigned(network: &Network, size: u64, root: Digest, time_s: u64) -> CosignedRoot {
    let checkpoint = Checkpoint { origin: network.origin.clone(), size, root };
    let signature = checkpoint.cosign(&network.courts[ACCUSED].cosigner, time_s).signature;
    CosignedRoot { root, signature, size, time_s }
}

/// An accusation of these two roots. The path is that of F45.
pub fn accusation(network: &Network, one: CosignedRoot, other: CosignedRoot, path: &[Digest]) -> CosignerEquivocation {
    let key = network.courts[ACCUSED].cosigner.public();
    CosignerEquivocation::new(name("court-01"), 0, key, one, other, path).unwrap()
}

/// Two roots of one size.
pub fn same_size(network: &Network, size: u64) -> CosignerEquivocation {
    let [one, other] = [(b"a root", 1_795_453_201), (b"b root", 1_795_453_209)]
        .map(|(root, time_s)| cosigned(network, size, sha256(root), time_s));
    accusation(network, one, other, &[])
}

/// Leaves of a log, and of another log that differs from the entry at `fork` on.
pub fn leaves(count: u64, fork: Option<u64>) -> Vec<Digest> {
    let leaf = |at: u64| [&at.to_be_bytes()[..], &[u8::from(fork.is_some_and(|fork| at >= fork))]].concat();
    (0..count).map(|at| leaf_hash(&leaf(at))).collect()
}

/// The consistency path from the first `old` leaves to all, its first node always written.
pub fn whole_path(leaves: &[Digest], old: u64) -> Vec<Digest> {
    let first = old.is_power_of_two().then(|| root(&leaves[..old as usize]));
    first.into_iter().chain(consistency_path(leaves, old as usize)).collect()
}

/// Roots of two sizes that contradict each other: the first log differs in its last entry.
pub fn two_sizes(network: &Network, old: u64, new: u64) -> CosignerEquivocation {
    let (log, fork) = (leaves(new, None), leaves(old, Some(old - 1)));
    let (first, second) = (cosigned(network, old, root(&fork), 1_795_453_201), cosigned(network, new, root(&log), 1_795_453_300));
    accusation(network, first, second, &whole_path(&log, old))
}

/// Somebody of `court-00` who signs transactions; `since` is the index of the entry that gave the key.
pub struct By {
    pub name: Name,
    pub key: SecretKey,
    pub role: Role,
    pub since: u64,
}

/// The clerk that states judgments.
pub fn clerk(network: &Network) -> By {
    By { name: name("clerk-1"), key: secret(&format!("{}/clerk-1/member", network.genesis.name)), role: Role::Clerk, since: 0 }
}

/// The notary of the network.
pub fn notary(network: &Network) -> By {
    By { name: name("notary-1"), key: network.notary().key.clone(), role: Role::Notary, since: 0 }
}

/// The court's node, under the court's name and voting key.
pub fn node(network: &Network) -> By {
    By { name: name("court-00"), key: secret(&format!("{}/court-00/vote", network.genesis.name)), role: Role::Court, since: 1 }
}

impl By {
    /// A transaction of these statements.
    pub fn transaction(&self, network: &Network, statements: Vec<Statement>) -> Transaction {
        let until = BLOCK_TIME.plus_ms(60_000);
        Transaction::sign(&network.origin, &self.name, &self.key, [0x5c; 16], until, statements).unwrap()
    }

    /// The entry of the statement at `position`, recorded in block 12.
    pub fn entry(&self, network: &Network, of: &Transaction, position: usize, verdict: Verdict) -> Entry {
        let member = EntryMember {
            court: name("court-00"),
            key: self.key.public().digest(),
            name: self.name.clone(),
            role: self.role,
            since: self.since,
        };
        let statement = of.statements()[position].clone();
        let content = Content::of(Stated { member, position: position as u64, statement, transaction: of.id() }, verdict);
        let index = (FIRST_INDEX + position) as u64;
        Entry { chain: network.origin.clone(), height: 12, index, recorded_at: BLOCK_TIME, content }
    }

    /// The receipt of the statement at `position`, whose verdict is this one.
    pub fn receipt(&self, network: &Network, of: &Transaction, position: usize, verdict: Verdict) -> String {
        let mut leaves: Vec<String> = Entry::genesis(&network.genesis).iter().map(Entry::to_text).collect();
        leaves.extend((0..of.statements().len()).map(|place| self.entry(network, of, place, verdict).to_text()));
        Log { network, leaves }.receipt(FIRST_INDEX + position, Some(member_part(of, position))).to_text()
    }
}
