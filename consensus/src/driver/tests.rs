//! Bounds of what a driver keeps of its peers' messages: each bound, and one above.
//!
//! In: messages of three courts to a fourth one. It has started no height, because no court has said hello.
//! Out: what it keeps and sends.
//! Not for agreement: see the simulated network in `tests/`.

use super::*;
use crate::application::{Decided, Verdict};
use crate::message::BlockBytes;
use crate::vote::{CommitCertificate, Proposal, Signed, Vote, VoteKind};
use courtseal_proof::block::{Header, ReadBlock};
use courtseal_proof::bytes::time::Timestamp;

const CHAIN: Digest = Digest([0xc5; 32]);
/// Height of the last decided block.
const HEAD: u64 = 20;

fn key(court: u8) -> SecretKey {
    SecretKey::from_seed([1 + court; 32])
}

fn peer(court: u8) -> PublicKey {
    key(court).public()
}

fn courts() -> CourtSet {
    CourtSet::new((0..4).map(peer)).unwrap()
}

/// The `number`th block of a height.
fn block(height: u64, number: u64) -> ReadBlock {
    block_of(height, vec![number.to_be_bytes().to_vec()])
}

fn block_of(height: u64, transactions: Vec<Vec<u8>>) -> ReadBlock {
    let header = Header {
        chain: CHAIN,
        protocol: 1,
        height,
        time: Timestamp(1_000 * height),
        previous: CHAIN,
        body: Digest::default(),
        log_root: Digest::default(),
        log_size: height,
        courts: Digest::default(),
        next_courts: Digest::default(),
        proposer: peer(0),
    };
    ReadBlock::assemble(header, transactions.iter().map(Vec::as_slice))
}

/// A block as it is sent, and its digest.
fn sent(block: &ReadBlock) -> (BlockBytes, Digest) {
    (BlockBytes::from(block), block.digest())
}

/// A log of one block a height, up to [`HEAD`].
struct Log;

impl Application for Log {
    fn courts(&self, _: u64) -> Result<CourtSet, Error> {
        Ok(courts())
    }

    fn build(&mut self, height: u64, _: u32, _: Timestamp) -> Result<ReadBlock, Error> {
        panic!("height {height} does not start here")
    }

    fn check(&mut self, _: u64, _: &ReadBlock) -> Result<Verdict, Error> {
        Ok(Verdict::Valid)
    }

    fn commit(&mut self, decided: &Decided) -> Result<(), Error> {
        panic!("nothing is decided at height {}", decided.height())
    }

    fn decided(&self, height: u64) -> Result<Option<Decided>, Error> {
        let block = block(height, 0);
        let certificate = CommitCertificate { height, round: 0, value: block.digest(), signatures: Vec::new() };
        Ok((1..=HEAD).contains(&height).then_some(Decided { certificate, block }))
    }

    fn has_work(&mut self, _: Timestamp) -> bool {
        false
    }
}

struct Scene {
    driver: Driver,
    now_ms: u64,
}

impl Scene {
    /// Court 0, connected to the others.
    fn new() -> Self {
        let config = Config { chain: CHAIN, key: Some(key(0)), timeouts: Timeouts::default(), heartbeat_ms: 60_000 };
        let head = Head { height: HEAD, digest: block(HEAD, 0).digest(), time: Timestamp(1_000 * HEAD) };
        let mut scene = Self { driver: Driver::new(config, courts(), head, Recovered::default()), now_ms: 0 };
        scene.handle(Event::Started);
        for court in 1..4 {
            scene.handle(Event::Connected { peer: peer(court) });
        }
        scene
    }

    fn handle(&mut self, event: Event) -> Output {
        let now = Now { monotonic_ms: self.now_ms, wall: Timestamp(1_000 * HEAD + self.now_ms) };
        self.driver.handle(now, event, &mut Log).unwrap()
    }

    /// What follows from a message.
    fn hear(&mut self, from: u8, message: Message) -> Vec<Effect> {
        let effects = self.handle(Event::Received { peer: peer(from), message }).effects;
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Refuse { .. })), "{effects:?}");
        effects
    }

    /// Whether a court that asks for a block is sent it.
    fn is_sent(&mut self, to: u8, height: u64, value: Digest) -> bool {
        let effects = self.hear(to, Message::BlockRequest { height, value });
        effects.iter().any(|effect| matches!(effect, Effect::Send { message: Message::Block(_), .. }))
    }

    fn waiting(&self, height: u64) -> usize {
        self.driver.pending.get(&height).map_or(0, Vec::len)
    }
}

fn vote(court: u8, height: u64, round: u32) -> Message {
    let content = Vote { height, round, kind: VoteKind::Prevote, value: None, court: peer(court) };
    Message::Vote(Signed { content, signature: key(court).sign(&content.sign_bytes(&CHAIN)) })
}

#[test]
fn a_runner_may_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<crate::Runner>();
}

#[test]
fn votes_wait_for_so_many_heights_and_no_further_one() {
    let mut scene = Scene::new();
    let last = HEAD + 1 + PENDING_HEIGHTS;
    for height in [HEAD + 1, last, last + 1, u64::MAX] {
        scene.hear(1, vote(1, height, 0));
    }
    assert_eq!([HEAD + 1, last].map(|height| scene.waiting(height)), [1, 1]);
    assert_eq!([last + 1, u64::MAX].map(|height| scene.waiting(height)), [0, 0]);
    assert_eq!(scene.driver.pending.len(), 2);
}

#[test]
fn so_many_votes_of_one_peer_wait_for_a_height_and_no_further_one() {
    let mut scene = Scene::new();
    let height = HEAD + 2;
    for round in 0..PENDING_PER_PEER as u32 {
        scene.hear(1, vote(1, height, round));
    }
    assert_eq!(scene.waiting(height), PENDING_PER_PEER);
    scene.hear(1, vote(1, height, PENDING_PER_PEER as u32));
    scene.hear(1, vote(2, height, 0));
    assert_eq!(scene.waiting(height), PENDING_PER_PEER, "one above, whosever vote it is");
    scene.hear(2, vote(2, height, 0));
    assert_eq!(scene.waiting(height), PENDING_PER_PEER + 1, "another peer has room of its own");
    scene.hear(1, vote(1, height + 1, 0));
    assert_eq!(scene.waiting(height + 1), 1, "as has another height");
}

#[test]
fn c14_a_body_that_is_not_decided_is_sent_so_often_to_one_court() {
    let mut scene = Scene::new();
    let (body, value) = sent(&block(HEAD + 1, 1));
    assert!(!scene.is_sent(2, HEAD + 1, value), "it is not here yet");
    scene.hear(1, Message::Block(body));
    let sent: Vec<bool> = (0..=SERVED_MAX).map(|_| scene.is_sent(2, HEAD + 1, value)).collect();
    assert_eq!(sent.iter().filter(|sent| **sent).count(), usize::from(SERVED_MAX));
    assert_eq!(sent.last(), Some(&false), "one above");
    assert!(scene.is_sent(3, HEAD + 1, value), "another court is sent it");
    scene.handle(Event::Disconnected { peer: peer(2) });
    scene.handle(Event::Connected { peer: peer(2) });
    assert!(scene.is_sent(2, HEAD + 1, value), "what was sent on a connection that broke may be lost");
}

#[test]
fn c14_who_asks_for_decided_blocks_leaves_nothing_behind() {
    let mut scene = Scene::new();
    for height in 1..=HEAD {
        let value = block(height, 0).digest();
        assert!((0..=SERVED_MAX).all(|_| scene.is_sent(2, height, value)), "height {height}");
        assert!(!scene.is_sent(2, height, block(height, 1).digest()), "another block than was decided");
    }
    assert!(!scene.is_sent(2, HEAD + 1, block(HEAD + 1, 0).digest()), "not decided");
    assert!(scene.driver.served.is_empty());
}

#[test]
fn c29_bodies_that_come_after_their_names_are_bounded_as_well() {
    let mut scene = Scene::new();
    let bodies: Vec<_> = (1..=4).map(|round| (round, sent(&block_of(HEAD + 1, vec![vec![round as u8; 5 << 20]])))).collect();
    for (round, (_, value)) in &bodies {
        let content = Proposal { height: HEAD + 1, round: *round, pol_round: None, value: *value, court: peer(1) };
        let signature = key(1).sign(&content.sign_bytes(&CHAIN));
        scene.driver.bodies.name(Signed { content, signature }, Timestamp(0));
    }
    let mut kept = Vec::new();
    for (_, (body, _)) in &bodies {
        scene.hear(1, Message::Block(body.clone()));
        kept.push(bodies.iter().filter(|(_, (_, value))| scene.driver.bodies.get(value).is_some()).count());
    }
    // Two of the largest blocks have room for three of 5 MiB.
    assert_eq!(kept, [1, 2, 3, 3]);
}

#[test]
fn c14_counts_last_no_longer_than_their_bodies() {
    let mut scene = Scene::new();
    for number in 0..100 {
        let (body, value) = sent(&block(HEAD + 1, number));
        scene.hear(1, Message::Block(body));
        assert!([1, 2, 3].into_iter().all(|court| scene.is_sent(court, HEAD + 1, value)));
        // Two bodies of one peer are kept that no court has proposed.
        assert_eq!(scene.driver.served.len(), usize::from(number > 0) + 1);
        assert!(scene.driver.served.values().all(|courts| courts.len() == 3));
    }
}
