//! What a court that lost its records believes of others before it signs again: heights that were claimed
//! once, claims that are never proven, its own votes that come back in other courts' certificates.

use crate::agreement::heights;
use crate::simulation::{CHAIN, Faults, World};
use courtseal_consensus::vote::{
    RoundCertificate, RoundKind, RoundVote, Signed, SignedStep, SigningStep, StepKind, Vote, VoteKind,
};
use courtseal_consensus::{Log, Message, Recovered};
use courtseal_proof::bytes::digest::Digest;

/// The court that loses something.
const LOST: usize = 2;

#[test]
fn c24_a_height_once_claimed_is_not_forgotten_when_the_courts_vanish_that_claimed_it() {
    let mut world = World::started(21, 4, Faults::default(), 30);
    assert!(world.reaches(5, 10_000));
    world.restart_after_ms = None;
    world.run_until(15, |_| false);
    world.kill(LOST);
    world.nodes[LOST].disk.lose();
    world.nodes[LOST].ledger.blocks.clear();
    // Court 0 may be the only one that saw what it signed. The others say how far they are, and then cannot
    // be reached before any block has come.
    world.cut = Box::new(|_, from, to, message| {
        from.min(to) == 0 && from.max(to) == LOST || to == LOST && matches!(message, Message::SyncResponse { .. })
    });
    world.start(LOST);
    assert!(world.run_until(1_000, |world| world.nodes[LOST].unsure));
    for other in [1, 3] {
        world.connect((LOST, other), false);
    }
    world.run_until(3_000, |_| false);
    assert!(world.nodes[LOST].unsure, "nobody claims a height now, but two have");
    world.cut = Box::new(|_, _, _, _| false);
    for other in [0, 1, 3] {
        world.connect((LOST, other), true);
    }
    assert!(world.reaches(30, 60_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty());
    assert!(world.nodes[LOST].runner().driver().is_voting());
}

#[test]
fn c24_liars_keep_no_network_from_beginning() {
    let mut world = World::new(22, 7, 0, Faults::default());
    let (honest, liars) = (0..5, [5, 6]);
    // They never say hello, and claim a height as often as they are no longer believed.
    let claim = |world: &mut World| {
        for at in 0..5 {
            for liar in liars {
                world.inject(liar, at, &Message::Status { height: 9 });
            }
        }
    };
    for liar in liars {
        world.start(liar);
    }
    for at in honest {
        world.nodes[at].ledger.work_until = 20;
        world.start(at);
    }
    world.cut = Box::new(move |_, from, _, _| liars.contains(&from));
    for _ in 0..130 {
        claim(&mut world);
        world.run_until(500, |_| false);
    }
    assert!((0..5).all(|at| world.nodes[at].height() >= 20), "{:?}", heights(&world));
}

#[test]
fn c7_an_own_vote_that_others_show_is_not_taken_for_one_whose_reasons_are_here() {
    let mut world = World::started(23, 4, Faults::default(), 30);
    assert!(world.reaches(5, 10_000));
    world.restart_after_ms = None;
    // The network stands still in the middle of a height.
    world.cut = Box::new(|_, _, _, message| matches!(message, Message::Vote(_)));
    world.run_until(200, |_| false);
    let height = world.nodes[LOST].height() + 1;
    // A vote of an earlier run whose records are lost comes back with one of another court.
    let round = 5;
    let signed = |world: &World, at: usize| {
        let content = Vote { height, round, kind: VoteKind::Prevote, value: Some(Digest([7; 32])), court: world.nodes[at].id() };
        Signed { content, signature: world.nodes[at].key.sign(&content.sign_bytes(&CHAIN)) }
    };
    let votes = [signed(&world, LOST), signed(&world, 1)].map(|vote| RoundVote {
        kind: vote.content.kind,
        value: vote.content.value,
        court: vote.content.court,
        signature: vote.signature,
    });
    let certificate = RoundCertificate { height, round, kind: RoundKind::Skip, votes: votes.to_vec() };
    world.inject(1, LOST, &Message::Round(certificate));
    world.inject(1, LOST, &Message::Vote(signed(&world, LOST)));
    world.run_until(50, |_| false);
    assert!(!world.nodes[LOST].runner().driver().is_voting(), "it observes the height");
    let step = SigningStep { height, round, kind: StepKind::Prevote };
    let [wal, guard] = [Log::Wal, Log::Guard].map(|log| world.nodes[LOST].disk.file(log).bytes().to_vec());
    let (recovered, _) = Recovered::read(&wal, &guard).unwrap();
    let own = world.nodes[LOST].id();
    let is_it = |statement: SignedStep| statement.court() == own && statement.step() == step;
    assert!(!recovered.wal.iter().filter_map(|record| record.statement()).any(is_it), "the log knows no reasons for it");
    assert!(recovered.guard.iter().any(|record| record.step == step), "it is on record all the same");
    // Also after a restart, though nobody shows it the vote any more.
    world.kill(LOST);
    world.faults.mute_hello = true;
    world.start(LOST);
    world.run_until(2_000, |_| false);
    assert!(!world.nodes[LOST].runner().driver().is_voting());
    world.cut = Box::new(|_, _, _, _| false);
    assert!(world.reaches(30, 60_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty());
}
