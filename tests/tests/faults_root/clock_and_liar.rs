//! One clock 23 hours ahead and one byzantine court: together they decide no block of tomorrow (C16).
//!
//! In: a liar that proposes a block of tomorrow and votes for it.
//! Out: failures that show the recorded time.
//! Always: the two courts with right clocks and the one with the false clock continue to record.
//! Not for false clocks alone: see `tests/tests/faults_root/clocks.rs`.

use crate::ALL;
use crate::clocks::off_by_ms;
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Vote, VoteKind};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_tests::evidence::{Signer, now, statement};
use courtseal_tests::false_clock::FalseClock;
use courtseal_tests::liar::{LIAR, Liar, Means, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::{guards, http, setting};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The court whose clock is ahead.
const AHEAD: usize = 2;
/// The offset of that clock. It is less than the day that a transaction may wait, so that the court admits
/// what the others admit and starts heights with them.
const AHEAD_MS: u64 = 23 * HOUR_MS;
const HOUR_MS: u64 = 3_600_000;
/// How far a recorded time may be from the true one; rounds on a busy machine fit in.
const OFF_MS_MAX: u64 = 60_000;
/// How often the lie is told. A single lie could come after the votes of its round.
const TOLD: usize = 3;
/// Most statements that are recorded here. More are needed only if the liar is never the proposer.
const RECORDS_MAX: usize = 100;

/// Records one statement through a court with a right clock, and compares its time with the true one.
fn record(network: &LocalNetwork, notary: &Signer, number: usize) {
    let before = now().unwrap();
    let until = before.plus_ms(AHEAD_MS + HOUR_MS / 2);
    let text = notary.sign_until(until, vec![statement(&number.to_be_bytes())]).unwrap().to_text().into_bytes();
    let answer = http::post(&network.urls()[number % 2], "/v1/transactions?wait_ms=60000", &text).unwrap();
    assert_eq!((answer.status, &answer.json()["state"]), (200, &"recorded".into()), "{answer:?}");
    let time = Timestamp::parse(answer.json()["recorded_at"].as_str().unwrap()).unwrap();
    let after = now().unwrap();
    assert!(
        time.plus_ms(OFF_MS_MAX) >= before && time <= after.plus_ms(OFF_MS_MAX),
        "recorded at {time:?}, truly between {before:?} and {after:?}"
    );
}

/// Proposes a block of tomorrow, votes for it, and sends both to all courts.
fn propose_tomorrow(means: &Means, height: u64) {
    let tomorrow = now().unwrap().plus_ms(AHEAD_MS);
    let block = means.ledger.build(tomorrow, means.vote.public(), []).unwrap();
    let value = block.digest();
    means.say_to_all(&Message::Block(block.read().into()));
    means.say_to_all(&Message::Proposal(means.sign_proposal(height, 0, value)));
    for kind in [VoteKind::Prevote, VoteKind::Precommit] {
        let vote = Vote { height, round: 0, kind, value: Some(value), court: means.vote.public() };
        means.say_to_all(&Message::Vote(means.sign_vote(vote)));
    }
}

#[test]
#[ignore = "needs root: make test-faults"]
fn c16_a_liar_and_a_clock_ahead_decide_no_block_of_tomorrow() {
    setting::require(&[]);
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    let notary = Signer::read(&network.notary()).unwrap();
    let clock = FalseClock::new(&desk.join("clock"), "+23h").unwrap();
    network.launch_by(AHEAD, clock.launch());
    network.run_each().unwrap();
    (0..2).for_each(|number| record(&network, &notary, number));
    network.await_equal(&ALL).unwrap();
    network.kill(LIAR).unwrap();
    assert!(off_by_ms(&network, AHEAD) >= (AHEAD_MS - OFF_MS_MAX) as i64, "the clock is not false");

    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let mut lied_at = 0;
    let liar = Liar::start(&network, None, move |means, court, said| {
        match said {
            // The liar has the last block here. The next height starts once there is work, so the proposal is
            // there before any vote.
            Said::Message(Message::SyncResponse { .. }) => {}
            // The liar cosigns: without it only two cosignatures have a present time, and there would be no
            // receipts (F32).
            Said::Cosignature((size, root, honest)) if court != AHEAD => {
                return means.announce(&means.cosign(*size, *root, honest.time_s));
            }
            _ => return,
        }
        let next = means.ledger.head().height + 1;
        if means.has_turn(next, 0) && lied_at < next {
            lied_at = next;
            propose_tomorrow(means, next);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut records = 2;
    while told.load(Ordering::Relaxed) < TOLD {
        assert!(records < RECORDS_MAX, "after {records} records, the lie was told {} times", told.load(Ordering::Relaxed));
        record(&network, &notary, records);
        records += 1;
    }
    for at in [0, 1] {
        let status = network.status(at).unwrap();
        let made = Timestamp::parse(status["block_time"].as_str().unwrap()).unwrap();
        assert!(made <= now().unwrap().plus_ms(OFF_MS_MAX), "a block of tomorrow was decided: {status}");
        assert_eq!((&status["state"], &status["halted_until"]), (&"recording".into(), &Value::Null), "{status}");
    }
    println!("{records} records; a block of tomorrow was proposed {} times", told.load(Ordering::Relaxed));
    drop(liar);
    clock.set("+0").unwrap();
    network.restart(LIAR).unwrap();
    network.await_recording(&ALL).unwrap();
    record(&network, &notary, records);
    network.await_equal(&ALL).unwrap();
    assert_eq!(http::stated(&network.urls()[0]).unwrap().len(), records + 1, "all that was recorded, once");
    network.stop().unwrap();
    guards::check(network.courts()).unwrap();
}
