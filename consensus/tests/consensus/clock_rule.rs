//! The time rule against a lone proposer who lies about rounds (rule C16).

use crate::ledger::block;
use crate::simulation::{CHAIN, EPOCH_MS, Faults, World};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Proposal, Signed};
use courtseal_proof::time::{TIMESTAMP_MAX, Timestamp};

/// What the liar sends before its proposal for round 0: one for a later turn of its own, that claims an earlier round or none.
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
        let (body, value) = block(height, previous, time(EPOCH_MS + world.now_ms), liar, vec![vec![7]]);
        let proposal = |world: &World, round, pol_round| {
            let content = Proposal { height, round, pol_round, value, court: liar };
            Message::Proposal(Signed { content, signature: world.nodes[0].key.sign(&content.preimage(&CHAIN)) })
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
        return world.nodes[1].ledger.blocks.iter().any(|decided| decided.digest == value);
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
