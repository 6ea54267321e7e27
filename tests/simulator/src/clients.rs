//! Clients: members who notarize, send again when nobody answers, and keep receipts.
//!
//! In: chance, courts' answers, acknowledged checkpoints. Out: transactions; receipts, each verified with the policy alone. Always: a request is the same
//! bytes however often it is sent, and has one place in the log. Not for HTTP.

use crate::given::Given;
use crate::random::Random;
use courtseal_ledger::{Checked, Ledger};
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::digest::{Digest, sha256};
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::time::Timestamp;
use courtseal_proof::transaction::Transaction;
use courtseal_proof::verify::verify_receipt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files that are notarized again and again, beside those that are notarized once.
const COMMON_FILES: usize = 8;

/// One request.
pub struct Request {
    /// The transaction.
    pub checked: Arc<Checked>,
    /// It must not be recorded after this.
    pub not_after: Timestamp,
    /// Where its receipts say it is: index of the first entry, number of entries.
    pub place: Option<(u64, u64)>,
}

/// See the module.
#[derive(Default)]
pub struct Clients {
    requests: Vec<Request>,
    by_id: BTreeMap<Digest, usize>,
    waiting: Vec<usize>,
    /// Receipts verified.
    pub receipts: u64,
}

impl Clients {
    /// A new request at this time, in place `n` of all.
    pub fn request(&mut self, given: &Given, now: Timestamp, random: &mut Random) -> usize {
        let (member, key) = &given.members[random.below(given.members.len())];
        // Some members state a length that no such file has.
        let excess = u64::from(self.requests.len() % 4 == 3);
        let statements = (0..random.between(1, 4)).map(|_| {
            let file = if random.chance(40) { vec![random.below(COMMON_FILES) as u8] } else { random.bytes(16) };
            Statement::public(FileDigests::of_sha256(sha256(&file)), file.len() as u64 + excess)
        });
        let statements = statements.collect();
        let nonce: [u8; 16] = random.bytes(16).try_into().expect("16 bytes");
        let not_after = now.plus_ms(random.pick(&[20_000, 600_000, 3_600_000]));
        let transaction = Transaction::sign(&given.origin, member, key, nonce, not_after, statements).expect("well formed");
        let checked = Arc::new(Checked::from_text(transaction.to_text().into_bytes()).expect("well signed"));
        let n = self.requests.len();
        self.by_id.insert(checked.id(), n);
        self.requests.push(Request { checked, not_after, place: None });
        self.waiting.push(n);
        n
    }

    /// Request `n`.
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

    /// Court `place` has acknowledged this checkpoint: takes the receipts that are waited for.
    ///
    /// # Errors
    /// A receipt that is not valid, or another place than before.
    pub fn collect(&mut self, place: usize, given: &Given, ledger: &Ledger, signed: &CosignedCheckpoint) -> Result<(), String> {
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
                let proven = verify_receipt(receipt.to_text().as_bytes(), &given.policy).map_err(|refusal| {
                    format!("court {place} gave a receipt that is {}: {}", refusal.verdict(), refusal.message())
                })?;
                if proven.entry.as_stated().is_none_or(|stated| stated.transaction != checked.id()) {
                    return Err(format!("court {place} gave a receipt for something else"));
                }
            }
            self.requests[n].place = Some((at.first_index, at.count));
        }
        self.waiting = still;
        Ok(())
    }
}
