//! The messages to a court that connects, and the report of a last block that lies in the future.
//!
//! In: a court with a host that notes what is sent.
//! Out: waiting transactions up to their bound (N5), the newest cosignature (N6), the clock (N11); state and
//! reason.
//! Always: time is given by the test.

use super::*;
use crate::cosign::CosignedLog;
use crate::keys::CourtKeys;
use crate::limits::RESENT_BYTES_MAX;
use crate::status::State;
use crate::testing::{self, KeyPurpose, key};
use courtseal_consensus::{Application as _, Error, Journal, Log, Recovered};
use courtseal_fixtures::GENESIS_TIME;
use courtseal_ledger::VerifiedTransaction;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::statement::{Document, Evidence, FileDigests, Statement as Fact};
use courtseal_proof::transaction::Transaction;

/// Logs that keep nothing.
struct Nowhere;

impl Journal for Nowhere {
    fn append(&mut self, _: Log, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
    fn sync(&mut self, _: Log) -> Result<(), Error> {
        Ok(())
    }
    fn reset(&mut self, _: u64, _: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        Ok(())
    }
}

impl Logs for Nowhere {
    fn record_cosigned(&mut self, _: &CosignedLog) -> Result<(), Error> {
        Ok(())
    }
}

/// A host that notes the frames to one court and those to all.
#[derive(Default)]
struct Sent {
    to_one: Vec<Frame>,
    to_all: Vec<Frame>,
}

impl Host for Sent {
    fn send(&mut self, _: &CourtName, frame: &Frame) {
        self.to_one.push(frame.clone());
    }
    fn broadcast(&mut self, frame: &Frame) {
        self.to_all.push(frame.clone());
    }
    fn disconnect(&mut self, _: &CourtName) {}
    fn set_timer(&mut self, _: Token, _: u64) {}
    fn cancel_timer(&mut self, _: Token) {}
    fn judge(&mut self, _: Judgement) {}
    fn keep(&mut self, _: Proof) {}
    fn acknowledge(&mut self, _: CosignedCheckpoint) {}
    fn fetch(&mut self, _: u64, _: u64) -> FetchChange {
        FetchChange::None
    }
}

/// The frames that a court sends when it handles an event at the time of the genesis.
fn after(court: &mut Court, act: impl FnOnce(&mut Court, &mut Environment<'_>)) -> Sent {
    at(court, Now { monotonic_ms: 0, wall: GENESIS_TIME }, act)
}

/// The frames that a court sends when it handles an event at this time.
fn at(court: &mut Court, now: Now, act: impl FnOnce(&mut Court, &mut Environment<'_>)) -> Sent {
    let mut sent = Sent::default();
    act(court, &mut Environment { now, logs: &mut Nowhere, host: &mut sent });
    sent
}

/// Sizes of the logs in the cosignatures among these frames.
fn cosigned(frames: &[Frame]) -> Vec<u64> {
    let size = |frame: &Frame| if let Frame::Cosignature(one) = frame { Some(one.size) } else { None };
    frames.iter().filter_map(size).collect()
}

fn court() -> Court {
    let genesis = testing::genesis(2);
    let ledger = testing::ledger(&genesis, 0);
    let keys = CourtKeys {
        name: genesis.courts[0].name.clone(),
        origin: genesis.origin(),
        vote: key(0, KeyPurpose::Vote),
        log: key(0, KeyPurpose::Log),
        cosigner: key(0, KeyPurpose::Cosigner),
        network: key(0, KeyPurpose::Network),
    };
    let found = Found { recovered: Recovered::default(), last_cosigned: None };
    let parts = Parts::found(&keys, ledger, found).unwrap();
    Court::new(parts, GENESIS_TIME)
}

/// Most bytes by which a media type can be longer than the shortest.
const PADDING_MAX: usize = 124;

/// A transaction with `count` statements, whose media types are longer by `padding` bytes in all.
fn padded(member: &str, nonce: u8, count: usize, padding: usize) -> Arc<VerifiedTransaction> {
    let genesis = testing::genesis(2);
    let statement = |n: usize| {
        let longer = padding.saturating_sub(n * PADDING_MAX).min(PADDING_MAX);
        let (a, b) = (1 + longer / 2, 1 + longer.div_ceil(2));
        let digests = FileDigests::of_sha256(sha256(&n.to_be_bytes()));
        let document = Document::public(digests, 1).with_media_type(Some(format!("{}/{}", "a".repeat(a), "b".repeat(b))));
        Fact::from(Evidence { document, asserted_at: None, case: None })
    };
    let (member, statements) = (Name::new(member).unwrap(), (0..count).map(statement).collect());
    let until = GENESIS_TIME.plus_ms(3_600_000);
    let signed =
        Transaction::sign(&genesis.origin(), &member, &key(9, KeyPurpose::Cosigner), [nonce; 16], until, statements).unwrap();
    Arc::new(VerifiedTransaction::from_text(signed.to_text().into_bytes()).unwrap())
}

/// A transaction whose text has exactly this many bytes.
fn sized(member: &str, nonce: u8, bytes: usize) -> Arc<VerifiedTransaction> {
    let length = |count: usize| padded(member, nonce, count, 0).text().len();
    let count = (bytes / (length(2) - length(1) + PADDING_MAX / 2)).max(1);
    let checked = padded(member, nonce, count, bytes - length(count));
    assert_eq!(checked.text().len(), bytes);
    checked
}

/// Lengths of the transactions that a court that connects is sent, if the last but one waiting transaction is
/// longer by `more`.
fn welcomed(more: usize) -> Vec<usize> {
    const COUNT: u8 = 32;
    const EACH: usize = RESENT_BYTES_MAX / COUNT as usize;
    let mut court = court();
    let registered = Name::new("court-00").unwrap();
    let mut insert = |checked| assert_eq!(court.app.mempool.insert(checked, &registered), Inserted::New);
    (1..COUNT).for_each(|nonce| insert(sized("member-a", nonce, EACH)));
    insert(sized("member-b", 0, EACH + more));
    insert(padded("member-c", 0, 1, 0));
    let length = |frame: Frame| if let Frame::Transaction(text) = frame { Some(text.len()) } else { None };
    after(&mut court, |court, env| court.connected(env, &testing::name(1))).to_one.into_iter().filter_map(length).collect()
}

#[test]
fn n5_a_court_that_connects_is_sent_waiting_transactions_up_to_the_bound() {
    let all = welcomed(0);
    assert_eq!((all.len(), all.iter().sum::<usize>()), (32, RESENT_BYTES_MAX), "at the bound");
    assert_eq!(welcomed(1).len(), 31, "one above");
}

#[test]
fn n6_a_cosignature_is_announced_until_a_quorum_is_there() {
    let mut court = court();
    after(&mut court, Court::start);
    let connected = after(&mut court, |court, env| court.connected(env, &testing::name(1)));
    assert!(cosigned(&connected.to_one).is_empty(), "nothing is cosigned before it is level with the others");
    after(&mut court, |court, env| court.message(env, &testing::name(1), Message::Status { height: 0 }));
    assert!(cosigned(&after(&mut court, Court::tick).to_all).contains(&3), "at once");
    for _ in 0..2 {
        assert_eq!(cosigned(&after(&mut court, Court::tick).to_all), [3], "each second");
    }
    let connected = after(&mut court, |court, env| court.connected(env, &testing::name(1)));
    assert_eq!(cosigned(&connected.to_one), [3], "who connects is told");
    let checkpoint = court.ledger.head_checkpoint();
    let cosignature = checkpoint.cosign(&key(1, KeyPurpose::Cosigner), GENESIS_TIME.0 / 1000);
    let announcement = Announcement { size: checkpoint.size, root: checkpoint.root, cosignature };
    after(&mut court, |court, env| court.cosignature(env, &testing::name(1), announcement));
    assert!(cosigned(&after(&mut court, Court::tick).to_all).is_empty(), "both have cosigned it");
}

/// The clocks among these frames.
fn clocks(frames: &[Frame]) -> Vec<Timestamp> {
    let clock = |frame: &Frame| if let Frame::Clock(clock) = frame { Some(*clock) } else { None };
    frames.iter().filter_map(clock).collect()
}

#[test]
fn n11_a_court_tells_its_clock_every_two_seconds_and_to_a_court_that_connects() {
    let mut court = court();
    after(&mut court, Court::start);
    assert_eq!(clocks(&after(&mut court, |court, env| court.connected(env, &testing::name(1))).to_one), [GENESIS_TIME]);
    let told: Vec<u64> = (0..7)
        .filter(|second| {
            let now = Now { monotonic_ms: second * 1_000, wall: GENESIS_TIME.plus_ms(second * 1_000) };
            let sent = clocks(&at(&mut court, now, Court::tick).to_all);
            assert!(sent.is_empty() || sent == [now.wall]);
            !sent.is_empty()
        })
        .collect();
    assert_eq!(told, [0, 2, 4, 6]);
}

#[test]
fn a_last_block_of_the_future_is_reported_with_the_clock_that_may_be_wrong() {
    const DAY_MS: u64 = 86_400_000;
    let mut court = court();
    let today = |second: u64| Now { monotonic_ms: second * 1_000, wall: Timestamp(GENESIS_TIME.0 - DAY_MS + second * 1_000) };
    at(&mut court, today(0), Court::start);
    at(&mut court, today(0), |court, env| court.connected(env, &testing::name(1)));
    at(&mut court, today(0), |court, env| court.message(env, &testing::name(1), Message::Status { height: 0 }));
    let mut seconds = 0..;
    // Ticks until a change is reported, while the other court tells the clock that `theirs` gives.
    let mut told = |court: &mut Court, theirs: &dyn Fn(Now) -> Timestamp| {
        for _ in 0..3 {
            let now = today(seconds.next().unwrap());
            at(court, now, |court, env| court.clock(env, &testing::name(1), theirs(now)));
            at(court, now, Court::tick);
        }
        let view = court.view(today(seconds.start));
        (view.state, view.reason.unwrap_or_default(), view.halted_until, view.clocks.len())
    };
    let (state, reason, until, groups) = told(&mut court, &|now| now.wall);
    assert_eq!((state, until, groups), (State::Halted, Some(GENESIS_TIME), 0));
    assert!(reason.starts_with(&format!("the genesis lies in the future until {GENESIS_TIME}; nothing")), "{reason}");
    let (state, reason, _, groups) = told(&mut court, &|now| now.wall.plus_ms(DAY_MS));
    assert_eq!((state, groups), (State::Halted, 2));
    assert!(reason.contains("check it first"), "one of two clocks is no more than half: {reason}");
    // The time of the last block has come.
    let later = |second: u64| Now { monotonic_ms: 100_000 + second * 1_000, wall: GENESIS_TIME.plus_ms(second * 1_000) };
    for second in 0..3 {
        at(&mut court, later(second), |court, env| court.clock(env, &testing::name(1), env.now.wall));
        at(&mut court, later(second), Court::tick);
    }
    let view = court.view(later(3));
    assert_eq!((view.halted_until, view.clocks), (None, Vec::new()));
    assert_ne!(view.state, State::Halted);
}

#[test]
fn n5_what_waits_is_sent_again_while_a_height_is_open() {
    let mut court = court();
    after(&mut court, Court::start);
    after(&mut court, |court, env| court.connected(env, &testing::name(1)));
    let chain = testing::genesis(2).digest();
    let hello = courtseal_consensus::Hello {
        messages: courtseal_consensus::MESSAGES,
        chain,
        height: 0,
        newest: None,
        wants_answer: false,
    };
    after(&mut court, |court, env| court.message(env, &testing::name(1), Message::Hello(hello)));
    let sent_again = |court: &mut Court| {
        let frames = after(court, Court::tick).to_all;
        frames.iter().filter(|frame| matches!(frame, Frame::Transaction(_))).count()
    };
    assert_eq!(sent_again(&mut court), 0, "nothing waits");
    let count = WORK_TRANSACTIONS as u8 + 1;
    let registered = Name::new("court-00").unwrap();
    (0..count).for_each(|nonce| {
        assert_eq!(court.app.mempool.insert(padded("member-a", nonce, 1, 0), &registered), Inserted::New);
    });
    after(&mut court, |court, env| court.message(env, &testing::name(1), Message::Status { height: 0 }));
    assert!(court.driver().round().is_some(), "work starts a height");
    assert_eq!(sent_again(&mut court), 0, "it has just begun");
    assert_eq!(sent_again(&mut court), WORK_TRANSACTIONS, "as many as are sent at most");
}

#[test]
fn c17_only_transactions_that_a_block_could_record_now_are_work() {
    let mut court = court();
    let checked = padded("member-a", 1, 1, 0);
    let until = checked.transaction().payload().not_after;
    let registered = Name::new("court-00").unwrap();
    assert_eq!(court.app.mempool.insert(checked, &registered), Inserted::New);
    // The transaction was admitted while the clock was ahead, and the clock is set since. It may wait for a
    // day at most.
    const DAY_MS: u64 = 86_400_000;
    let mut has_work = |time_ms| court.app.has_work(Timestamp(time_ms));
    assert_eq!([until.0 - DAY_MS - 1, until.0 - DAY_MS, until.0, until.0 + 1].map(&mut has_work), [false, true, true, false]);
    assert_eq!(court.app.mempool.load().transactions, 0, "it is expired");
}

#[test]
fn c23_a_court_with_another_genesis_hears_this_ones_and_counts_for_nothing() {
    let mut court = court();
    after(&mut court, Court::start);
    after(&mut court, |court, env| court.connected(env, &testing::name(1)));
    let own = testing::genesis(2).digest();
    let hello = |chain| {
        Message::Hello(courtseal_consensus::Hello {
            messages: courtseal_consensus::MESSAGES,
            chain,
            height: 9,
            newest: None,
            wants_answer: false,
        })
    };
    let other = Digest([7; 32]);
    let sent = after(&mut court, |court, env| court.message(env, &testing::name(1), hello(other))).to_one;
    let told = |frame: &Frame| matches!(frame, Frame::Consensus(Message::Hello(hello)) if hello.chain == own);
    assert!(sent.iter().any(told), "it is told which genesis this court has: {sent:?}");
    let view = court.view(Now { monotonic_ms: 0, wall: GENESIS_TIME });
    assert_eq!(
        (view.courts[&testing::name(1)].other_genesis, view.courts[&testing::name(1)].height, view.state),
        (Some(other), None, State::NoQuorum)
    );
    assert!(view.reason.unwrap().ends_with("with another genesis: court-01"));
    // Only a hello of that court is handled.
    after(&mut court, |court, env| court.message(env, &testing::name(1), Message::Status { height: 9 }));
    assert_eq!(court.view(Now { monotonic_ms: 0, wall: GENESIS_TIME }).courts[&testing::name(1)].height, None);
    after(&mut court, |court, env| court.message(env, &testing::name(1), hello(own)));
    let view = court.view(Now { monotonic_ms: 0, wall: GENESIS_TIME });
    assert_eq!((view.courts[&testing::name(1)].other_genesis, view.courts[&testing::name(1)].height), (None, Some(9)));
}
