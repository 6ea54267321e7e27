//! One clock a day ahead, and one court that lies: no block of tomorrow is decided (C16), and the two right clocks with the false one go on recording.

use crate::clocks::{notarize, off_by_ms};
use crate::{ALL, all_is_well};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Vote, VoteKind};
use courtseal_proof::time::Timestamp;
use courtseal_tests::evidence::now;
use courtseal_tests::false_clock::FalseClock;
use courtseal_tests::liar::{LIAR, Liar, Means, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::setting;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The court whose clock is ahead.
const AHEAD: usize = 2;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// How often the lie is told, because a single one could come after the votes of its round.
const TOLD: usize = 3;
/// Most statements that are recorded here. More are needed only if the liar never has its turn.
const RECORDS_MAX: usize = 100;

/// The height that a message belongs to, if its sender votes there.
fn voted(message: &Message) -> Option<u64> {
    if let Message::Vote(vote) = message { Some(vote.content.height) } else { None }
}

/// Proposes a block of tomorrow, votes for it, and sends it to all.
fn propose_tomorrow(means: &Means, height: u64) {
    let tomorrow = now().unwrap().plus_ms(DAY_MS);
    let block = means.ledger.build(tomorrow, means.vote.public(), []).unwrap();
    let value = block.digest();
    means.say_to_all(&Message::Block(block.encode().into()));
    means.say_to_all(&Message::Proposal(means.sign_proposal(height, 0, value)));
    for kind in [VoteKind::Prevote, VoteKind::Precommit] {
        let vote = Vote { height, round: 0, kind, value: Some(value), court: means.vote.public() };
        means.say_to_all(&Message::Vote(means.sign_vote(vote)));
    }
}

#[test]
#[ignore = "needs root: make test-faults"]
fn c16_a_liar_and_a_clock_a_day_ahead_decide_no_block_of_tomorrow() {
    setting::require(&[]);
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    let (folder, honest) = (desk.join("files").join("client"), network.urls()[..2].to_vec());
    let clock = FalseClock::new(&desk.join("clock"), "+1d").unwrap();
    network.launch_by(AHEAD, clock.launch());
    network.run_each().unwrap();
    notarize(&network, &honest, &folder, "before the lie", 2);
    network.await_equal(&ALL).unwrap();
    network.kill(LIAR).unwrap();
    assert!(off_by_ms(&network, AHEAD) > DAY_MS as i64 - 60_000, "the clock is not false");

    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let mut lied_at = 0;
    let liar = Liar::start(&network, None, move |means, court, said| {
        let message = match said {
            Said::Message(message) => message,
            // It cosigns: without it there are but two cosignatures of today, and so no receipts (F32).
            Said::Cosignature((size, root, honest)) if court != AHEAD => {
                return means.announce(&means.cosign(*size, *root, honest.time_s));
            }
            _ => return,
        };
        let next = means.ledger.head().height + 1;
        if voted(message) == Some(next) && means.has_turn(next, 0) && lied_at < next {
            lied_at = next;
            propose_tomorrow(means, next);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut records = 2;
    while told.load(Ordering::Relaxed) < TOLD {
        assert!(records < RECORDS_MAX, "after {records} records, the lie was told {} times", told.load(Ordering::Relaxed));
        // Each recorded time is held against the true one.
        notarize(&network, &honest, &folder, &format!("lie {records}"), 1);
        records += 1;
    }
    for at in [0, 1] {
        let status = network.status(at).unwrap();
        let made = Timestamp::parse(status["block_time"].as_str().unwrap()).unwrap();
        assert!(made <= now().unwrap().plus_ms(60_000), "a block of tomorrow: {status}");
        assert_eq!((&status["state"], &status["halted_until"]), (&"recording".into(), &Value::Null), "{status}");
    }
    println!("{records} records; a block of tomorrow was proposed {} times", told.load(Ordering::Relaxed));
    drop(liar);
    clock.set("+0").unwrap();
    network.restart(LIAR).unwrap();
    network.await_recording(&ALL).unwrap();
    notarize(&network, &honest, &folder, "after", 1);
    assert_eq!(all_is_well(&mut network, &desk.join("files"), records + 1), records + 1);
}
