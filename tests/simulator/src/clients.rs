//! Clients: members who notarize and state acts, send again when no court answers, and keep receipts.
//!
//! In: chance, courts' answers, acknowledged checkpoints.
//! Out: transactions; receipts, each verified with the policy alone.
//! Always: a request keeps its bytes, however often it is sent, and has one place in the log.
//! Not for HTTP.

pub mod acts;

use crate::fixtures::Fixtures;
use acts::{ActName, Stated};
use courtseal_ledger::{Ledger, VerifiedTransaction};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::transaction::Transaction;
use courtseal_proof::verify::verify_receipt;
use courtseal_world::Random;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files that are notarized again and again, beside those that are notarized once.
const COMMON_FILES: usize = 8;
/// How many of a hundred requests state an act too, by any member.
const ACTS_PERCENT: u64 = 30;

/// One transaction that a client submits.
pub struct Request {
    /// The transaction, its signature verified.
    pub checked: Arc<VerifiedTransaction>,
    /// The last time at which it may be recorded.
    pub not_after: Timestamp,
    /// Its place in the log, as its receipts say: index of the first entry, number of entries.
    pub place: Option<(u64, u64)>,
}

/// All clients of a run, and what they asked for.
#[derive(Default)]
pub struct Clients {
    requests: Vec<Request>,
    by_id: BTreeMap<Digest, usize>,
    waiting: Vec<usize>,
    /// How many receipts were verified.
    pub receipts: u64,
    /// What became of acts.
    pub acts: BTreeMap<ActName, Stated>,
}

impl Clients {
    /// Makes a new request at this time, and returns its number.
    pub fn request(&mut self, fixtures: &Fixtures, now: Timestamp, random: &mut Random) -> usize {
        let mut member = &fixtures.notaries()[random.below(fixtures.notaries().len())];
        // Some members state a length that no such file has.
        let excess = u64::from(self.requests.len() % 4 == 3);
        let statements = (0..random.between(1, 4)).map(|_| {
            let file = if random.chance(40) { vec![random.below(COMMON_FILES) as u8] } else { random.bytes(16) };
            Statement::public(FileDigests::of_sha256(sha256(&file)), file.len() as u64 + excess)
        });
        let mut statements: Vec<Statement> = statements.collect();
        let nonce: [u8; 16] = random.bytes(16).try_into().expect("16 bytes");
        // A generator of its own: what a seed chooses otherwise does not depend on the table of kinds.
        let mut own = Random::of(&nonce);
        if own.chance(ACTS_PERCENT)
            && let Some(act) = acts::act(now, &mut own)
        {
            member = acts::signer(&act, fixtures, &mut own);
            if act.kind().is_alone {
                statements.clear();
            }
            statements.push(act.into());
        }
        let not_after = now.plus_ms(random.pick(&[20_000, 600_000, 3_600_000]));
        let transaction =
            Transaction::sign(&fixtures.origin, &member.name, &member.key, nonce, not_after, statements).expect("well formed");
        let checked = Arc::new(VerifiedTransaction::from_text(transaction.to_text().into_bytes()).expect("well signed"));
        let n = self.requests.len();
        self.by_id.insert(checked.id(), n);
        self.requests.push(Request { checked, not_after, place: None });
        self.waiting.push(n);
        n
    }

    /// The request of this number, from 0.
    pub fn get(&self, n: usize) -> &Request {
        &self.requests[n]
    }

    /// The request with this id.
    pub fn find(&self, id: &Digest) -> Option<&Request> {
        self.by_id.get(id).map(|n| &self.requests[*n])
    }

    /// Requests in all.
    pub fn count(&self) -> usize {
        self.requests.len()
    }

    /// Requests without receipts that may still be recorded at `now`.
    pub fn waiting(&self, now: Timestamp) -> usize {
        self.waiting.iter().filter(|n| self.requests[**n].not_after >= now).count()
    }

    /// All requests with receipts: id, index of the first entry, number of entries.
    pub fn acknowledged(&self) -> impl Iterator<Item = (&Digest, u64, u64)> {
        self.by_id.iter().filter_map(|(id, n)| self.requests[*n].place.map(|(first, count)| (id, first, count)))
    }

    /// Takes the receipts that clients wait for from a checkpoint that court `place` acknowledged.
    ///
    /// # Errors
    /// A receipt that is not valid, or another place than before.
    pub fn collect(
        &mut self,
        place: usize,
        fixtures: &Fixtures,
        ledger: &Ledger,
        signed: &CosignedCheckpoint,
    ) -> Result<(), String> {
        let mut still = Vec::new();
        for n in std::mem::take(&mut self.waiting) {
            let checked = &self.requests[n].checked;
            let found = ledger.transaction(&checked.id()).map_err(|error| format!("court {place}: {error}"))?;
            let Some(at) = found.filter(|at| at.first_index + at.count <= signed.checkpoint.size) else {
                still.push(n);
                continue;
            };
            let range = at.first_index..at.first_index + at.count;
            let receipts = ledger.receipts(range, signed).map_err(|error| format!("court {place}: {error}"))?;
            for receipt in receipts {
                self.receipts += 1;
                let text = receipt.to_text();
                let proven = verify_receipt(text.as_bytes(), &fixtures.policy).map_err(|refusal| {
                    format!("court {place} gave a receipt that is {}: {}", refusal.verdict(), refusal.message())
                })?;
                if proven.entry.as_stated().is_none_or(|stated| stated.transaction != checked.id()) {
                    return Err(format!("court {place} gave a receipt for something else"));
                }
                acts::note(&mut self.acts, &proven.entry, &text, fixtures);
            }
            self.requests[n].place = Some((at.first_index, at.count));
        }
        self.waiting = still;
        Ok(())
    }
}
