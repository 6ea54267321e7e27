//! What must always hold, checked after every event.
//!
//! In: what honest courts commit, sign and acknowledge; in the end, their whole logs.
//! Out: the first violation, in words.
//! Always: judged by a model of its own, and not by the ledger. There is one block a height, one root a size,
//! one signature a step, and each receipt is verified as a lawyer does.
//! Not for forks of more than a third of the courts: see [`crate::fork`].

use crate::clients::Clients;
use crate::fixtures::{Fixtures, GENESIS_TIME};
use courtseal_consensus::vote::{CommitCertificate, SignedStep, SigningStep};
use courtseal_ledger::{Head, Ledger};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::entry::{Content, Entry, RejectionRule, StateAfter, Stated};
use courtseal_proof::facts::{Capacity, FileIdentity};
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How far a block's time may be ahead of the clocks that decide it, in round 0.
const AHEAD_MS: u64 = 500;
/// How much further ahead it may be for each further round.
const AHEAD_STEP_MS: u64 = 500;

/// The model of what must hold, and the first violation.
#[derive(Default)]
pub struct Checks {
    blocks: BTreeMap<u64, (Digest, Timestamp)>,
    roots: BTreeMap<u64, Digest>,
    signed: BTreeMap<(PublicKey, SigningStep), SignedStep>,
    cosigned: BTreeMap<usize, BTreeMap<u64, Digest>>,
    /// What each honest node received from liars, and liars that contradicted themselves to one node at its
    /// current height.
    received: BTreeMap<(usize, PublicKey, SigningStep), SignedStep>,
    /// What honest courts were heard to sign, and the nodes that heard it and are up since.
    heard: BTreeMap<(PublicKey, SigningStep), (SignedStep, BTreeSet<usize>)>,
    /// Courts that contradicted themselves, and the nodes that noticed and are up since.
    exposed: BTreeMap<PublicKey, BTreeSet<usize>>,
    /// The first violation, in words.
    pub violation: Option<String>,
}

impl Checks {
    /// Notes a violation. The first one counts.
    pub fn broken(&mut self, words: impl Into<String>) {
        if self.violation.is_none() {
            self.violation = Some(words.into());
        }
    }

    /// Highest block that an honest court has committed.
    pub fn height(&self) -> u64 {
        self.blocks.last_key_value().map_or(0, |(height, _)| *height)
    }

    /// Checks a block that an honest court committed at `now_ms` on the true clock. The clocks that may
    /// decide it are `reached_ms` ahead of that clock. Returns whether the block records nothing, if this
    /// court is the first to commit it.
    pub fn committed(
        &mut self,
        place: usize,
        height: u64,
        ledger: &Ledger,
        head: &Head,
        now_ms: u64,
        reached_ms: i64,
    ) -> Option<bool> {
        let (block, certificate) = match ledger.block(height) {
            Ok(Some(found)) => found,
            other => {
                self.broken(format!("court {place}: its block {height} cannot be read: {other:?}"));
                return None;
            }
        };
        let (digest, time) = (block.digest(), block.header().time);
        if height == head.height {
            self.root(place, head.size, head.root);
        }
        match self.blocks.get(&height) {
            Some((other, _)) if *other != digest => {
                self.broken(format!("two blocks at height {height}: court {place} has {digest}, another has {other}"));
                return None;
            }
            Some(_) => return None,
            None => self.blocks.insert(height, (digest, time)),
        };
        if let Some((_, before)) = self.blocks.get(&(height - 1))
            && *before >= time
        {
            self.broken(format!("block {height} is not after the one before it"));
        }
        let round = codec::decode::<CommitCertificate>(&certificate, certificate.len()).map_or(0, |one| u64::from(one.round));
        let latest = (GENESIS_TIME.0 + now_ms + AHEAD_MS + AHEAD_STEP_MS * round).saturating_add_signed(reached_ms);
        if time.0 > latest {
            self.broken(format!(
                "block {height} of round {round} is {} ms ahead of the clocks that may decide it",
                time.0.saturating_add_signed(-reached_ms) - GENESIS_TIME.0 - now_ms
            ));
        }
        Some(block.texts().len() == 0)
    }

    fn root(&mut self, place: usize, size: u64, root: Digest) {
        let known = *self.roots.entry(size).or_insert(root);
        if known != root {
            self.broken(format!("two roots over {size} entries: court {place} has another than the first"));
        }
    }

    /// Checks a statement that has left an honest court.
    pub fn signed(&mut self, statement: SignedStep) {
        let first = *self.signed.entry((statement.court(), statement.step())).or_insert(statement);
        if first.conflicts_with(&statement) {
            self.broken(format!("an honest court signed two things for one step: {first:?} and {statement:?}"));
        }
    }

    /// Notes that an honest node at `height` has received a statement of another honest one.
    pub fn heard(&mut self, node: usize, height: u64, statement: SignedStep) {
        let key = (statement.court(), statement.step());
        let (first, nodes) = self.heard.entry(key).or_insert_with(|| (statement, BTreeSet::new()));
        if statement.step().height == height + 1 && !first.conflicts_with(&statement) {
            nodes.insert(node);
        }
    }

    /// Checks a statement that has left an honest court that may have lost its records. It must not
    /// contradict a statement that another court heard, and could show it all the time. In the first block of
    /// the log, courts do not wait for each other.
    pub fn signed_from_memory(&mut self, statement: SignedStep) {
        let step = statement.step();
        if let Some((first, nodes)) = self.heard.get(&(statement.court(), step))
            && first.conflicts_with(&statement)
            && step.height > 1
            && let Some(node) = nodes.first()
        {
            self.broken(format!(
                "a court that lost its records signed {step:?} otherwise than node {node}, which is up since, has heard"
            ));
        }
    }

    /// Checks a cosignature that has left an honest court.
    pub fn cosigned(&mut self, place: usize, size: u64, root: Digest) {
        let known = *self.cosigned.entry(place).or_default().entry(size).or_insert(root);
        if known != root {
            self.broken(format!("court {place} cosigned two roots over {size} entries"));
        }
        self.root(place, size, root);
    }

    /// Notes that an honest node at `height` has received a statement of a liar.
    pub fn received(&mut self, node: usize, height: u64, statement: SignedStep) {
        if statement.step().height != height + 1 {
            return;
        }
        let first = *self.received.entry((node, statement.court(), statement.step())).or_insert(statement);
        if first.conflicts_with(&statement) {
            self.exposed.entry(statement.court()).or_default().insert(node);
        }
    }

    /// Notes that a node is down, and with it what it noticed and had not told yet.
    pub fn is_down(&mut self, node: usize) {
        let heard = self.heard.values_mut().map(|(_, nodes)| nodes);
        for nodes in self.exposed.values_mut().chain(heard) {
            nodes.remove(&node);
        }
        // It can compare what comes next only with what its records still hold.
        self.received.retain(|(receiver, ..), _| *receiver != node);
    }

    /// Takes a checkpoint that an honest court has acknowledged, at this time on its clock. Clients get their
    /// receipts from it.
    pub fn acknowledged(
        &mut self,
        (place, wall): (usize, Timestamp),
        fixtures: &Fixtures,
        ledger: &Ledger,
        signed: &CosignedCheckpoint,
        clients: &mut Clients,
    ) {
        self.root(place, signed.checkpoint.size, signed.checkpoint.root);
        if let Err(words) = check_times(ledger, signed, wall) {
            self.broken(format!("court {place}: {words}"));
        }
        if let Err(words) = clients.collect(place, fixtures, ledger, signed) {
            self.broken(words);
        }
    }

    /// Whether a node that is up knows of a contradiction that this log does not hold.
    pub fn owes_evidence(&self, ledger: &Ledger) -> bool {
        if self.exposed.values().all(BTreeSet::is_empty) {
            return false;
        }
        let texts = (0..ledger.head().size).filter_map(|index| ledger.entry(index).ok().flatten());
        let accused = texts.filter_map(|text| accused_by(&Entry::from_text(text.as_bytes()).ok()?)).collect();
        unaccused(&self.exposed, &accused).is_some()
    }

    /// Reads the whole log again, and checks it by the model.
    pub fn log(&mut self, fixtures: &Fixtures, ledger: &Ledger, clients: &Clients, honest: &BTreeSet<PublicKey>) {
        if let Err(words) = read_log(fixtures, ledger, clients, honest, &self.exposed) {
            self.broken(words);
        }
    }
}

/// Each cosignature of a checkpoint is at most 10 s before the last entry that it covers, and at most 10 s
/// after the clock of the court that counts it (F32).
fn check_times(ledger: &Ledger, signed: &CosignedCheckpoint, wall: Timestamp) -> Result<(), String> {
    let last = signed.checkpoint.size.saturating_sub(1);
    let text = ledger.entry(last).ok().flatten().ok_or_else(|| format!("entry {last} is acknowledged and not there"))?;
    let entry = Entry::from_text(text.as_bytes()).map_err(|error| format!("entry {last}: {error}"))?;
    if !matches!(entry.content, Content::State(_)) {
        return Err(format!("entry {last} is the last of a checkpoint, and ends no block"));
    }
    let earliest_s = (entry.recorded_at.0 / 1000).saturating_sub(10);
    let bounds = earliest_s..=wall.0 / 1000 + 10;
    let times = signed.cosignatures.iter().filter_map(|line| line.as_cosignature());
    match times.map(|(time_s, _)| time_s).find(|time_s| !bounds.contains(time_s)) {
        Some(time_s) => {
            Err(format!("a cosignature of {time_s} s counts, which is not from {} to {} s", bounds.start(), bounds.end()))
        }
        None => Ok(()),
    }
}

fn read_log(
    fixtures: &Fixtures,
    ledger: &Ledger,
    clients: &Clients,
    honest: &BTreeSet<PublicKey>,
    exposed: &BTreeMap<PublicKey, BTreeSet<usize>>,
) -> Result<(), String> {
    let mut files: HashMap<FileIdentity, u64> = HashMap::new();
    let mut recorded: BTreeMap<Digest, (u64, u64)> = BTreeMap::new();
    let mut accused: BTreeSet<PublicKey> = BTreeSet::new();
    let (mut index, mut last, mut height) = (0, Timestamp(0), 0);
    let size = ledger.head().size;
    while index < size {
        let texts = ledger.entries(index, 500, 1 << 20).map_err(|error| format!("entries from {index} on: {error}"))?;
        if texts.is_empty() {
            return Err(format!("the log ends at {index} of {size}"));
        }
        for text in texts {
            let entry = Entry::from_text(text.as_bytes()).map_err(|error| format!("entry {index}: {error}"))?;
            if entry.index != index || entry.chain != fixtures.origin || entry.recorded_at < last {
                return Err(format!("entry {index} has another index or network, or an earlier time than the one before"));
            }
            last = entry.recorded_at;
            index += 1;
            if entry.height != height {
                return Err(format!("entry {} is of block {}, after the end of {height} blocks", entry.index, entry.height));
            }
            if let Content::State(after) = entry.content {
                if after != (StateAfter { epoch: 0, map: StateAfter::NO_MARKS }) {
                    return Err(format!("entry {} states another state than there can be", entry.index));
                }
                height += 1;
            }
            let Some(stated) = entry.as_stated() else { continue };
            let id = stated.transaction;
            if let Some(court) = accused_by(&entry) {
                if honest.contains(&court) {
                    return Err(format!("entry {} accuses an honest court", entry.index));
                }
                accused.insert(court);
                continue;
            }
            let request =
                clients.find(&id).ok_or_else(|| format!("entry {} is of a transaction that no member sent", entry.index))?;
            if entry.recorded_at > request.not_after {
                return Err(format!("entry {} was recorded after its transaction expired", entry.index));
            }
            let place = recorded.entry(id).or_insert((entry.index, 0));
            if stated.position != place.1 || place.0 + place.1 != entry.index {
                return Err(format!("entry {} is not where its transaction is: recorded twice?", entry.index));
            }
            place.1 += 1;
            check_role(fixtures, &entry, stated)?;
            let file = entry.as_recorded().and_then(|stated| stated.statement.as_evidence()?.identity());
            if let Some(file) = file {
                let first = *files.entry(file).or_insert(entry.index);
                let earlier = (first < entry.index).then_some(first);
                let outcome = entry.outcome();
                if (outcome.first(), outcome.earlier()) != (Some(earlier.is_none()), earlier) {
                    return Err(format!("entry {} is wrong about being its file's first", entry.index));
                }
            }
        }
    }
    // Each block ends with its state, empty ones too, and so does the log.
    if height != ledger.head().height + 1 {
        return Err(format!("{height} states end the genesis and {} blocks", ledger.head().height));
    }
    for (id, first_index, count) in clients.acknowledged() {
        if recorded.get(id) != Some(&(first_index, count)) {
            return Err(format!("a receipt was given for entry {first_index}, and its transaction is not there"));
        }
    }
    match unaccused(exposed, &accused) {
        Some(court) => Err(format!("court {court} contradicted itself, and no evidence of it is on the log")),
        None => Ok(()),
    }
}

/// Checks that a statement is refused by its signer's role if, and only if, the table of kinds does not give
/// it to that role (L6).
fn check_role(fixtures: &Fixtures, entry: &Entry, stated: &Stated) -> Result<(), String> {
    let role = fixtures.role(&stated.member.name).filter(|role| *role == stated.member.role);
    let role = role.ok_or_else(|| format!("entry {} gives its member another role", entry.index))?;
    let may = stated.statement.form().signers.contains(&Capacity::Member(role));
    let is_refused = entry.rule() == Some(RejectionRule::Role);
    if may == is_refused { Err(format!("entry {} is not judged by the table of roles", entry.index)) } else { Ok(()) }
}

/// A court that contradicted itself, as a node that is up has noticed, and that no entry convicts.
fn unaccused<'a>(exposed: &'a BTreeMap<PublicKey, BTreeSet<usize>>, accused: &BTreeSet<PublicKey>) -> Option<&'a PublicKey> {
    exposed.iter().find(|(court, nodes)| !nodes.is_empty() && !accused.contains(*court)).map(|(court, _)| court)
}

/// The court that an entry convicts of signing twice.
fn accused_by(entry: &Entry) -> Option<PublicKey> {
    entry.statement().and_then(|statement| statement.as_equivocation()).map(|pair| pair.key)
}
