//! A court that votes as the others do and cosigns falsely (N6, F32): another root, a longer log, an invalid
//! signature, another court's signature, the right root at a false time.
//!
//! In: false cosignatures while one honest court is away.
//! Out: failures that name the court that counts a false cosignature.
//! Always: a quorum is three of four, so a decided entry gets no receipt while the honest court is away. Once
//! that court is back, every entry gets one.
//! Not for false votes.

use crate::{OTHERS, all_is_well, file, height, record, start};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{SigningStep, Vote};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::Signature;
use courtseal_proof::log::checkpoint::Cosignature;
use courtseal_tests::liar::{Announcement, LIAR, Liar, Means, Said};
use courtseal_tests::processes::await_state;
use std::collections::BTreeSet;

/// The honest court that is away at first.
const AWAY: usize = 2;

/// Repeats an honest court's vote as the liar's own, at most once a step, so that it contradicts no court and
/// never itself.
fn vote_along(means: &Means, court: usize, vote: &Vote, voted: &mut BTreeSet<SigningStep>) {
    if vote.court == means.key(court) && voted.insert(vote.step()) {
        means.say_to_all(&Message::Vote(means.sign_vote(Vote { court: means.vote.public(), ..*vote })));
    }
}

/// An hour in seconds, far above the bound of F32.
const HOUR_S: u64 = 3_600;

/// Sends six false cosignatures made from an honest court's.
fn cosign_falsely(means: &Means, (size, root, honest): &Announcement) {
    let none = Cosignature { signature: Signature([7; 64]), ..*honest };
    means.announce(&(*size, *root, none));
    means.announce(&(*size, *root, *honest));
    means.announce(&means.cosign(*size, sha256(&root.0), honest.time_s));
    means.announce(&means.cosign(size + 1_000, *root, honest.time_s));
    for time_s in [honest.time_s - HOUR_S, honest.time_s + HOUR_S] {
        means.announce(&means.cosign(*size, *root, time_s));
    }
}

/// The reasons that courts log for them.
const SAID: [&str; 2] = ["a cosignature that does not verify", "cosigned another root than is committed here"];

#[test]
fn n6_false_cosignatures_make_no_receipt() {
    let (mut network, memory) = start();
    network.kill(AWAY).unwrap();
    let mut voted = BTreeSet::new();
    let liar = Liar::start(&network, None, move |means, court, said| match said {
        Said::Message(Message::Vote(vote)) => vote_along(means, court, &vote.content, &mut voted),
        Said::Cosignature(announcement) => cosign_falsely(means, announcement),
        _ => {}
    });
    network.await_recording(&[0, 1]).unwrap();
    let before = network.status(0).unwrap();
    // Two honest courts and the liar decide the entry.
    let file = file(&network, "without a receipt");
    let url = [network.urls()[0].clone()];
    let said = [0, 1].map(|at| network.courts()[at].said().len());
    network.notarize_at(&url, &["--timeout".as_ref(), "2".as_ref(), file.as_os_str()]).unwrap().exits(3);
    for at in [0, 1] {
        await_state("the entry is recorded", || (network.status(at)?["size"] != before["size"]).then_some(())).unwrap();
        let log = || network.courts()[at].said();
        await_state(SAID[0], || log()[said[at]..].contains(SAID[0]).then_some(())).unwrap();
        // A court logs this only for a cosignature that comes after its own commit of that size. It may have
        // done so when the liar connected, so its whole log is searched.
        await_state(SAID[1], || log().contains(SAID[1]).then_some(())).unwrap();
        assert_eq!(
            network.status(at).unwrap()["checkpoint_size"],
            before["checkpoint_size"],
            "two true cosignatures counted as a quorum"
        );
        let is_untimely = || network.status(at)?["courts"][LIAR].get("untimely_cosignature").is_some().then_some(());
        await_state("F32: the liar's cosignature does not count because of its time", is_untimely).unwrap();
    }
    network.restart(AWAY).unwrap();
    network.notarize_at(&network.urls()[..3], &[&file]).unwrap().exits(0);
    network.await_equal(&OTHERS).unwrap();
    let after = height(&network);
    for number in 0..8 {
        record(&network, &format!("file {number}"));
    }
    assert!(height(&network) >= after + 8);
    all_is_well(&mut network, liar, &memory);
}
