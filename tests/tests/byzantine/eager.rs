//! A court that tries to start heights without end: it votes nil for every next height and sends wakes for
//! it.
//!
//! In: votes and wakes of one court.
//! Out: failures that name the heights made without work.
//! Always: one court's signatures start no height (C17), and a wake is ignored (C18).
//! Not for heights that a transaction starts.

use crate::{OTHERS, all_is_well, height, record, start};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Vote, VoteKind};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_tests::evidence::now;
use courtseal_tests::liar::{Liar, Means, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long after the last block a height starts without work (C17).
const HEARTBEAT_MS: u64 = 60_000;
/// How long no height may be made. The test shows that an event does not come, so there is no event to wait
/// for.
const QUIET: Duration = Duration::from_secs(8);
/// Rounds of a height in which the court votes, in both steps.
const ROUNDS: u32 = 4;

/// Votes nil in the first rounds of a height, and sends a wake for it.
fn hurry(means: &Means, height: u64) {
    means.say_to_all(&Message::Wake { height });
    for round in 0..ROUNDS {
        for kind in [VoteKind::Prevote, VoteKind::Precommit] {
            let vote = Vote { height, round, kind, value: None, court: means.vote.public() };
            means.say_to_all(&Message::Vote(means.sign_vote(vote)));
        }
    }
}

/// The newest decided height that a message names.
fn decided(message: &Message) -> Option<u64> {
    match message {
        Message::Hello(hello) => Some(hello.height),
        Message::Status { height } => Some(*height),
        Message::Vote(vote) if vote.content.kind == VoteKind::Precommit && vote.content.value.is_some() => {
            Some(vote.content.height)
        }
        _ => None,
    }
}

/// The age of the last block, by its own time.
fn age_ms(network: &LocalNetwork) -> u64 {
    let status = network.status(0).unwrap();
    let made = Timestamp::parse(status["block_time"].as_str().unwrap()).unwrap();
    now().unwrap().0.saturating_sub(made.0)
}

/// Checks that no more heights are made without work than heartbeats are due.
fn assert_quiet(network: &LocalNetwork) {
    let (from, age) = (height(network), age_ms(network));
    std::thread::sleep(QUIET);
    let (made, heartbeats) = (height(network) - from, (age + QUIET.as_millis() as u64 + 1_000) / HEARTBEAT_MS);
    assert!(made <= heartbeats, "{made} heights without work, {heartbeats} heartbeats were due");
    for at in OTHERS {
        let status = network.status(at).unwrap();
        assert_eq!((&status["state"], status.get("reason")), (&"recording".into(), None), "{status}");
        for court in status["courts"].as_array().unwrap() {
            assert!(court.get("invalid_blocks").is_none(), "{status}");
        }
    }
}

#[test]
fn c17_one_courts_votes_and_calls_start_no_height() {
    let (mut network, memory) = start();
    let told = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&told);
    let mut greeted = 0;
    let liar = Liar::start(&network, None, move |means, _, said| {
        let Said::Message(message) = said else { return };
        let Some(height) = decided(message) else { return };
        greeted += usize::from(matches!(message, Message::Hello(_)));
        // Messages sent before the others were connected are lost, so they are sent again at each hello and
        // each status.
        hurry(means, height + 1);
        if greeted >= OTHERS.len() {
            count.fetch_max(height + 1, Ordering::Relaxed);
        }
    });
    let await_told = |network: &LocalNetwork| {
        let next = height(network) + 1;
        await_state("the liar has voted for the next height", || (told.load(Ordering::Relaxed) >= next).then_some(())).unwrap();
    };
    await_told(&network);
    assert_quiet(&network);
    for number in 0..3 {
        record(&network, &format!("between {number}"));
    }
    network.await_equal(&OTHERS).unwrap();
    await_told(&network);
    assert_quiet(&network);
    all_is_well(&mut network, liar, &memory);
}
