//! Proposals by the rightful proposer whose blocks break a rule, are withheld, or differ from the proposed
//! ones (C14).
//!
//! In: false proposals in first rounds, one after another.
//! Out: failures that name the lie and the courts that voted for it.
//! Always: no honest court votes for a false block, and the round passes. A true proposal by the same code is
//! decided.
//! Not for blocks of later rounds: see `tests/tests/byzantine/hasty.rs`.

use crate::{OTHERS, all_is_well, start};
use courtseal_consensus::Message;
use courtseal_ledger::VerifiedTransaction;
use courtseal_proof::block::{Block, body_digest};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_tests::evidence::{Signer, now, statement};
use courtseal_tests::http;
use courtseal_tests::liar::{Liar, Means, Said};
use courtseal_tests::network::LocalNetwork;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

const HOUR_MS: u64 = 3_600_000;
/// Most statements that are recorded here. More are needed only if the courts never accept the true proposal.
const RECORDS_MAX: usize = 400;

/// To which courts the proposed block is sent.
#[derive(Clone, Copy, PartialEq)]
enum Sent {
    ToAll,
    ToNobody,
    /// A court that asks gets another block than the proposed one; that block is valid.
    Another,
}

/// A lie: what is made of a valid block, and to whom it is sent.
struct Lie {
    what: &'static str,
    make: fn(&Given, Block) -> Block,
    sent: Sent,
    is_true: bool,
}

/// The inputs from which false blocks are made.
struct Given {
    notary: Signer,
    /// A transaction that is already recorded.
    recorded: Vec<u8>,
}

const fn breaks(what: &'static str, make: fn(&Given, Block) -> Block) -> Lie {
    Lie { what, make, sent: Sent::ToAll, is_true: false }
}

/// A block with one more transaction.
fn with(mut block: Block, transaction: Vec<u8>) -> Block {
    block.transactions.push(transaction);
    block.header.body = body_digest(&block.header.chain, &block.transactions);
    block
}

/// A transaction by a signer that may be recorded until a given time.
fn signed(by: &Signer, not_after: Timestamp) -> Vec<u8> {
    by.sign_until(not_after, vec![statement(b"in a false block")]).unwrap().to_text().into_bytes()
}

const LIES: [Lie; 17] = [
    breaks("another root of the log", |_, mut block| {
        block.header.log_root = sha256(b"another log");
        block
    }),
    breaks("another size of the log", |_, mut block| {
        block.header.log_size += 1;
        block
    }),
    breaks("another block before it", |_, mut block| {
        block.header.previous = sha256(b"another block");
        block
    }),
    breaks("the height after the next", |_, mut block| {
        block.header.height += 1;
        block
    }),
    breaks("a version that is not in force", |_, mut block| {
        block.header.protocol += 1;
        block
    }),
    breaks("other courts after it", |_, mut block| {
        block.header.next_courts = sha256(b"other courts");
        block
    }),
    breaks("an hour ahead of the clock", |_, mut block| {
        block.header.time = block.header.time.plus_ms(HOUR_MS);
        block
    }),
    breaks("at the beginning of the network", |_, mut block| {
        block.header.time = Timestamp(1);
        block
    }),
    breaks("a transaction that is none", |_, block| with(block, b"{}".to_vec())),
    breaks("a recorded transaction again", |given, block| with(block, given.recorded.clone())),
    breaks("an expired transaction", |given, block| {
        let expired = Timestamp(block.header.time.0 - 1);
        with(block, signed(&given.notary, expired))
    }),
    breaks("a transaction of nobody", |given, block| {
        let (member, origin) = (Name::new("nobody").unwrap(), given.notary.origin.clone());
        let until = block.header.time.plus_ms(HOUR_MS);
        with(block, signed(&Signer { member, origin, key: SecretKey::from_seed([7; 32]) }, until))
    }),
    breaks("a transaction of another network", |given, block| {
        let elsewhere = Origin::new(Name::new("elsewhere").unwrap(), Digest([7; 32]));
        let (member, key) = (given.notary.member.clone(), given.notary.key.clone());
        let until = block.header.time.plus_ms(HOUR_MS);
        with(block, signed(&Signer { member, origin: elsewhere, key }, until))
    }),
    breaks("a transaction twice", |given, block| {
        let twice = signed(&given.notary, block.header.time.plus_ms(HOUR_MS));
        with(with(block, twice.clone()), twice)
    }),
    Lie { what: "a block that nobody gets", make: |_, block| block, sent: Sent::ToNobody, is_true: false },
    Lie { what: "another block for whoever asks", make: |_, block| block, sent: Sent::Another, is_true: false },
    // The true proposal shows that the courts do not reject this test's messages for another reason.
    Lie { what: "the truth", make: |_, block| block, sent: Sent::ToAll, is_true: true },
];

/// A proposal that was made, and the reactions to it.
struct Told {
    lie: usize,
    height: u64,
    value: Digest,
    /// Courts that voted nil in its round, that voted for this block, and that asked for it.
    against: BTreeSet<usize>,
    support: BTreeSet<usize>,
    asked: BTreeSet<usize>,
    is_decided: bool,
}

/// All proposals of the liar. It proposes in first rounds only; the later rounds belong to the honest courts.
type Record = Arc<Mutex<Vec<Told>>>;

fn read(record: &Record) -> MutexGuard<'_, Vec<Told>> {
    record.lock().unwrap()
}

impl Told {
    /// Whether the proposal had its effect. On a slow machine the round may pass before a court asks for the
    /// block or has it, or all courts may have voted before the proposal came.
    fn is_done(&self) -> bool {
        match LIES[self.lie].sent {
            Sent::ToNobody | Sent::Another => !self.asked.is_empty() && !self.against.is_empty(),
            Sent::ToAll => self.is_decided || (!LIES[self.lie].is_true && !self.against.is_empty()),
        }
    }
}

/// The next lie to tell; `None` after the last.
fn next(told: &[Told]) -> Option<usize> {
    let next = told.last().map_or(0, |last| last.lie + usize::from(last.is_done()));
    (next < LIES.len()).then_some(next)
}

/// Makes the next proposal if this court is the proposer of the height.
fn propose(means: &mut Means, told: &mut Vec<Told>, given: &Given, height: u64) {
    let head = means.ledger.head();
    let is_told = told.iter().any(|one| one.height == height);
    let Some(lie) = next(told).filter(|_| head.height + 1 == height && means.has_turn(height, 0) && !is_told) else { return };
    let time = now().unwrap().max(head.time.plus_ms(1));
    let fresh = VerifiedTransaction::from_text(signed(&given.notary, time.plus_ms(HOUR_MS))).unwrap();
    let honest = means.ledger.build(time, means.vote.public(), [Arc::new(fresh)]).unwrap().read().to_parts();
    let block = (LIES[lie].make)(given, honest);
    let value = block.header.digest();
    let bytes = Message::Block(block.encode().into());
    let takers = match LIES[lie].sent {
        Sent::ToAll => OTHERS.len(),
        Sent::ToNobody | Sent::Another => 0,
    };
    OTHERS[..takers].iter().for_each(|court| means.say(*court, &bytes));
    means.say_to_all(&Message::Proposal(means.sign_proposal(height, 0, value)));
    let (against, support, asked) = Default::default();
    told.push(Told { lie, height, value, against, support, asked, is_decided: false });
}

/// Notes the reactions to the proposals, and makes the next one.
fn hear(means: &mut Means, court: usize, said: &Said, told: &mut Vec<Told>, given: &Given) {
    let Said::Message(message) = said else { return };
    match message {
        Message::Vote(vote) if vote.content.court == means.key(court) => {
            let vote = vote.content;
            for one in told.iter_mut().filter(|one| one.height == vote.height) {
                match vote.value {
                    Some(value) if value == one.value => drop(one.support.insert(court)),
                    None if vote.round == 0 => drop(one.against.insert(court)),
                    _ => {}
                }
            }
            propose(means, told, given, vote.height);
        }
        Message::BlockRequest { value, .. } => {
            let Some(one) = told.iter_mut().find(|one| one.value == *value) else { return };
            one.asked.insert(court);
            if LIES[one.lie].sent == Sent::Another && one.height == means.ledger.head().height + 1 {
                let another = means.ledger.build(now().unwrap().plus_ms(1), means.vote.public(), []).unwrap();
                means.say(court, &Message::Block(another.read().into()));
            }
        }
        // The log has just grown, and the next height starts when there is work.
        Message::SyncResponse { .. } => {
            let head = means.ledger.head().height;
            if let Some(last) = told.last_mut().filter(|last| last.height <= head) {
                let (decided, _) = means.ledger.block(last.height).unwrap().expect("a block up to the head");
                last.is_decided = decided.digest() == last.value;
            }
            propose(means, told, given, head + 1);
        }
        _ => {}
    }
}

/// Records one statement through an honest court, and returns its transaction.
fn submit(network: &LocalNetwork, notary: &Signer, number: usize) -> Vec<u8> {
    let text = notary.sign(vec![statement(&number.to_be_bytes())]).unwrap().to_text().into_bytes();
    let url = &network.urls()[number % OTHERS.len()];
    let answer = http::post(url, "/v1/transactions?wait_ms=60000", &text).unwrap();
    assert_eq!((answer.status, &answer.json()["state"]), (200, &"recorded".into()), "{answer:?}");
    text
}

#[test]
fn c14_no_honest_court_votes_for_a_false_or_missing_block() {
    let (mut network, memory) = start();
    let notary = || Signer::read(&network.notary()).unwrap();
    let (notary, given) = (notary(), Given { recorded: submit(&network, &notary(), 0), notary: notary() });
    let told: Record = Arc::default();
    let record = Arc::clone(&told);
    let liar = Liar::start(&network, None, move |means, court, said| {
        hear(means, court, said, &mut read(&record), &given);
    });
    let mut records = 0;
    // The lock is released while a statement is recorded, because the liar needs it to act.
    let next_lie = || next(&read(&told));
    while let Some(lie) = next_lie() {
        assert!(records < RECORDS_MAX, "after {records} records, this lie still had no effect: {}", LIES[lie].what);
        records += 1;
        submit(&network, &notary, records);
    }
    all_is_well(&mut network, liar, &memory);
    let told = read(&told);
    for one in told.iter() {
        let (what, is_true) = (LIES[one.lie].what, LIES[one.lie].is_true);
        println!(
            "{what}, at {}: {} courts for it, {} asked, decided: {}",
            one.height,
            one.support.len(),
            one.asked.len(),
            one.is_decided
        );
        assert!(is_true || (one.support.is_empty() && !one.is_decided), "{what}: {:?} voted for it", one.support);
    }
    println!("{} proposals while {records} statements were recorded", told.len());
}
