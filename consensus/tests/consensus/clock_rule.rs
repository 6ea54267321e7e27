//! The time rule against lies about rounds and against wrong clocks (rule C16).

use crate::ledger::block;
use crate::simulation::{CHAIN, EPOCH_MS, Faults, World};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Proposal, Signed, Vote, VoteKind};
use courtseal_proof::bytes::time::{TIMESTAMP_MAX, Timestamp};

/// What the liar sends before its proposal for round 0: one for a later turn of its own, that claims an
/// earlier round or none.
struct Bait {
    round: u32,
    pol_round: Option<u32>,
}

/// Whether a block with this time, proposed by one liar in round 0, is decided.
fn is_decided(time: impl Fn(u64) -> Timestamp, bait: Option<&Bait>) -> bool {
    let mut world = World::started(2, 4, Faults::default(), 4_000);
    world.cut = Box::new(|_, from, _, message| from == 0 && matches!(message, Message::Proposal(_) | Message::Block(_)));
    for _ in 0..400 {
        world.run_until(10, |_| false);
        let (height, previous) = (world.nodes[1].height() + 1, world.nodes[1].ledger.previous());
        let liar = world.nodes[0].id();
        if world.nodes[1].ledger.courts.proposer(height, 0) != liar || height < 8 {
            continue;
        }
        let (body, value) = block(height, previous, time(EPOCH_MS + world.now_ms()), liar, vec![vec![7]]);
        let proposal = |world: &World, round, pol_round| {
            let content = Proposal { height, round, pol_round, value, court: liar };
            Message::Proposal(Signed { content, signature: world.nodes[0].key.sign(&content.sign_bytes(&CHAIN)) })
        };
        for to in 1..4 {
            world.inject(0, to, &Message::Block(body.clone()));
            if let Some(bait) = bait {
                let message = proposal(&world, bait.round, bait.pol_round);
                world.inject(0, to, &message);
            }
            let message = proposal(&world, 0, None);
            world.inject(0, to, &message);
        }
        world.reaches(height, 20_000);
        return world.nodes[1].ledger.blocks.iter().any(|decided| decided.digest() == value);
    }
    panic!("the liar never has a turn");
}

#[test]
fn c16_no_lie_about_rounds_widens_the_bounds() {
    let baits = [None, Some(Bait { round: 4, pol_round: Some(0) }), Some(Bait { round: 8, pol_round: None })];
    for bait in &baits {
        assert!(!is_decided(|now| Timestamp(now + 3_600_000), bait.as_ref()), "an hour ahead");
        assert!(!is_decided(|now| Timestamp(now + 4_000), bait.as_ref()), "four seconds ahead");
        assert!(!is_decided(|_| TIMESTAMP_MAX, bait.as_ref()), "the last time there is");
    }
    assert!(is_decided(Timestamp, None), "an honest time");
}

const DAY_MS: u64 = 86_400_000;
/// A decided time may be ahead by p of C16, in a round that a few failures lead to.
const AHEAD_MS_MAX: u64 = 5_000;

/// Runs for this time, then checks that no decided time lies ahead of the right clock.
fn never_tomorrow(world: &mut World, for_ms: u64) {
    let until_ms = world.now_ms() + for_ms;
    while world.now_ms() < until_ms {
        world.run_until(500, |_| false);
        let now = EPOCH_MS + world.now_ms();
        for node in &world.nodes {
            let time = node.ledger.blocks.last().map_or(0, |one| one.time().0);
            assert!(time <= now + AHEAD_MS_MAX, "a block {} ms ahead was decided", time - now);
        }
    }
}

#[test]
fn c16_two_of_four_clocks_ahead_have_no_block_of_tomorrow_decided() {
    let mut world = World::started(3, 4, Faults::default(), 4_000);
    world.reaches(4, 10_000);
    for node in &mut world.nodes[..2] {
        node.clock.set(DAY_MS as i64);
    }
    let before = world.nodes[2].height();
    never_tomorrow(&mut world, 30_000);
    assert!(world.nodes[2].height() > before + 4, "those whose clocks are right go on: {}", world.nodes[2].height());
    for node in &mut world.nodes[..2] {
        node.clock.set(0);
    }
    let next = world.nodes[2].height() + 3;
    assert!(world.reaches(next, 20_000), "with right clocks the network goes on at once");
}

#[test]
fn c16_one_liar_and_one_clock_ahead_have_no_block_of_tomorrow_decided() {
    let mut world = World::started(4, 4, Faults::default(), 4_000);
    world.reaches(4, 10_000);
    world.nodes[1].clock.set(DAY_MS as i64);
    // The liar's own messages are replaced by the lies below.
    world.cut = Box::new(|_, from, _, message| from == 0 && matches!(message, Message::Proposal(_) | Message::Block(_)));
    let mut lies = 0;
    for _ in 0..1_500 {
        never_tomorrow(&mut world, 10);
        let (height, previous) = (world.nodes[2].height() + 1, world.nodes[2].ledger.previous());
        let liar = world.nodes[0].id();
        if lies >= height || world.nodes[2].ledger.courts.proposer(height, 0) != liar {
            continue;
        }
        lies = height;
        let tomorrow = Timestamp(EPOCH_MS + world.now_ms() + DAY_MS);
        let (body, value) = block(height, previous, tomorrow, liar, vec![vec![7]]);
        let content = Proposal { height, round: 0, pol_round: None, value, court: liar };
        let sign = |sign_bytes: Vec<u8>| world.nodes[0].key.sign(&sign_bytes);
        let proposal = Message::Proposal(Signed { content, signature: sign(content.sign_bytes(&CHAIN)) });
        let votes = [VoteKind::Prevote, VoteKind::Precommit].map(|kind| {
            let content = Vote { height, round: 0, kind, value: Some(value), court: liar };
            Message::Vote(Signed { content, signature: sign(content.sign_bytes(&CHAIN)) })
        });
        for to in 1..4 {
            world.inject(0, to, &Message::Block(body.clone()));
            world.inject(0, to, &proposal);
            votes.iter().for_each(|vote| world.inject(0, to, vote));
        }
    }
    assert!(lies > 6, "the lie was told until height {lies}");
}
