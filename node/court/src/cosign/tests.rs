//! Cosigning: never a shorter log, never two roots of one size, and a quorum only of committed logs.
//!
//! In: cosignatures of four courts at chosen times.
//! Out: decisions, and checkpoints with their times.
//! Always: each bound is tried at the bound and one beyond.

use super::*;
use crate::testing::{self, KeyPurpose};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::time::Timestamp;

fn name(court: u8) -> CourtName {
    testing::name(court.into())
}

fn seed(court: u8, purpose: KeyPurpose) -> SecretKey {
    testing::key(court.into(), purpose)
}

fn genesis() -> Genesis {
    testing::genesis(4)
}

/// Time of the blocks in these tests.
const BLOCK: Timestamp = Timestamp(1_000_000);

/// Both clocks, so many milliseconds after the block.
fn after(ms: u64) -> Now {
    Now { monotonic_ms: ms, wall: BLOCK.plus_ms(ms) }
}

fn cosigner(own: u8, last_cosigned: Option<CosignedLog>) -> Cosigner {
    let [log, cosigner] = [KeyPurpose::Log, KeyPurpose::Cosigner].map(|purpose| seed(own, purpose));
    Cosigner::new(&genesis(), name(own), log, cosigner, last_cosigned, Quorum::default())
}

fn root(n: u8) -> Digest {
    sha256(&[n])
}

fn announce_at(court: u8, size: u64, root: Digest, time_s: u64) -> Announcement {
    let checkpoint = Checkpoint { origin: genesis().origin(), size, root };
    Announcement { size, root, cosignature: checkpoint.cosign(&seed(court, KeyPurpose::Cosigner), time_s) }
}

fn announce(court: u8, size: u64, root: Digest) -> Announcement {
    announce_at(court, size, root, BLOCK.0 / 1000)
}

/// Signs if the decision says so, and returns whether it did.
fn sign(own: &mut Cosigner, size: u64, root: Digest, now: Now) -> bool {
    match own.decide(size, root, now) {
        Decision::Record(log) => {
            own.sign(log, now);
            true
        }
        _ => false,
    }
}

/// A court with a log of 5 entries that all others have cosigned at the time of its block.
fn agreed() -> Cosigner {
    let mut own = cosigner(0, None);
    own.committed(5, root(5), BLOCK);
    for court in 1..4 {
        assert_eq!(own.hear(&name(court), announce(court, 5, root(5)), after(0)), Heard::Fine);
    }
    own
}

fn times(cosigned: &CosignedCheckpoint) -> Vec<u64> {
    cosigned.cosignatures.iter().map(|line| line.as_cosignature().unwrap().0).collect()
}

#[test]
fn f32_never_a_smaller_size_nor_another_root() {
    let mut own = cosigner(0, None);
    own.committed(5, root(5), BLOCK);
    let Decision::Record(log) = own.decide(5, root(5), after(0)) else { panic!() };
    own.sign(log, after(0));
    assert_eq!(own.decide(5, root(5), after(0)), Decision::Done);
    assert_eq!(own.decide(5, root(6), after(0)), Decision::Never);
    assert_eq!(own.decide(4, root(4), after(0)), Decision::Behind(log));
    assert!(matches!(own.decide(6, root(6), after(0)), Decision::Record(_)));
    let late = after(600_000);
    assert_eq!((own.decide(5, root(6), late), own.decide(4, root(4), late)), (Decision::Never, Decision::Behind(log)));
}

#[test]
fn f32_the_record_holds_after_a_restart() {
    let log = CosignedLog { size: 5, root: root(5) };
    let own = cosigner(0, Some(log));
    assert_eq!(own.decide(4, root(4), after(0)), Decision::Behind(log));
    assert_eq!(own.decide(5, root(6), after(0)), Decision::Never);
    // The same log may be signed again: a crash may have come between record and signature.
    assert!(matches!(own.decide(5, root(5), after(0)), Decision::Record(_)));
}

#[test]
fn f32_a_quorum_counts_only_once_committed_here() {
    let mut own = cosigner(0, None);
    for court in 1..4 {
        assert_eq!(own.hear(&name(court), announce(court, 5, root(5)), after(0)), Heard::Fine);
    }
    assert_eq!(own.newest_quorum(BLOCK), None, "not committed here");
    own.committed(5, root(5), BLOCK);
    let cosigned = own.newest_quorum(BLOCK).unwrap();
    assert_eq!(cosigned.cosignatures.len(), 3);
    assert!(cosigned.cosignatures.is_sorted_by(|a, b| a.name < b.name));
    assert_eq!(own.newest_quorum(BLOCK), None, "each only once");
    assert_eq!(own.quorum_at(), 5);
}

#[test]
fn f32_one_cosignature_too_few() {
    let mut own = cosigner(0, None);
    own.committed(5, root(5), BLOCK);
    own.hear(&name(1), announce(1, 5, root(5)), after(0));
    own.hear(&name(2), announce(2, 5, root(5)), after(0));
    assert_eq!(own.newest_quorum(BLOCK), None);
    assert!(sign(&mut own, 5, root(5), after(0)));
    assert!(own.newest_quorum(BLOCK).is_some());
}

#[test]
fn foreign_cosignatures_are_verified_and_splits_are_seen() {
    let mut own = cosigner(0, None);
    own.committed(5, root(5), BLOCK);
    let good = announce(1, 5, root(5));
    assert_eq!(own.hear(&name(2), good, after(0)), Heard::Bad, "another court's");
    assert_eq!(own.hear(&name(9), good, after(0)), Heard::Bad, "no court");
    assert_eq!(own.hear(&name(1), Announcement { root: root(6), ..good }, after(0)), Heard::Bad);
    assert_eq!(own.hear(&name(1), announce(1, 5, root(6)), after(0)), Heard::Split);
    assert_eq!(own.hear(&name(1), good, after(0)), Heard::Fine);
}

#[test]
fn what_is_kept_is_bounded() {
    let mut own = cosigner(0, None);
    for size in 1..=COSIGNED_SIZES_MAX as u64 + 1 {
        own.committed(size, root(0), BLOCK);
        own.hear(&name(1), announce(1, size, root(0)), after(0));
    }
    assert_eq!(own.committed.len(), COSIGNED_SIZES_MAX);
    assert_eq!(own.courts[&name(1)].heard.len(), COSIGNED_SIZES_MAX);
    assert!(own.courts[&name(1)].heard.contains_key(&(COSIGNED_SIZES_MAX as u64 + 1)), "the newest stay");
}

#[test]
fn f32_cosignatures_count_while_their_times_are_within_bounds() {
    // From 10 s before the block to 10 s after this court's clock, and one second beyond each.
    for (time_s, counts) in [(990, true), (989, false), (1_010, true), (1_011, false), (u64::MAX, false)] {
        let mut own = agreed();
        own.courts.get_mut(&name(3)).unwrap().heard.clear();
        assert_eq!(own.hear(&name(3), announce_at(3, 5, root(5), time_s), after(0)), Heard::Fine, "kept, not refused");
        assert_eq!(own.newest_quorum(BLOCK).is_some(), counts, "{time_s}");
        let named: Vec<CourtName> = own.untimely(BLOCK).into_iter().map(|one| one.court).collect();
        assert_eq!(named, if counts { vec![] } else { vec![name(3)] }, "{time_s}");
    }
    // A later empty block does not change when the log reached its size.
    let mut own = agreed();
    own.committed(5, root(5), BLOCK.plus_ms(60_000));
    assert!(own.newest_quorum(BLOCK.plus_ms(60_000)).is_some());
}

#[test]
fn f32_what_is_too_new_is_kept_and_counts_once_its_time_has_come() {
    let mut own = agreed();
    own.courts.get_mut(&name(3)).unwrap().heard.clear();
    own.hear(&name(3), announce_at(3, 5, root(5), 1_011), after(0));
    assert_eq!(own.newest_quorum(BLOCK.plus_ms(999)), None);
    assert!(own.untimely(BLOCK.plus_ms(1_000)).is_empty());
    assert_eq!(times(&own.newest_quorum(BLOCK.plus_ms(1_000)).unwrap()), [1_000, 1_000, 1_011]);
}

#[test]
fn f32_a_cosignature_that_counts_takes_the_place_of_one_that_does_not() {
    let mut own = agreed();
    own.courts.get_mut(&name(3)).unwrap().heard.clear();
    own.hear(&name(3), announce_at(3, 5, root(5), 90_000), after(0));
    assert_eq!(own.newest_quorum(BLOCK), None);
    // The court's clock is right again, so its time is earlier now.
    own.hear(&name(3), announce_at(3, 5, root(5), 1_002), after(2_000));
    assert!(own.untimely(after(2_000).wall).is_empty() && own.newest_quorum(after(2_000).wall).is_some());
    assert_eq!(own.hear(&name(3), announce_at(3, 5, root(5), 90_000), after(4_000)), Heard::Fine);
    assert!(own.untimely(after(4_000).wall).is_empty(), "and not the other way round");
}

#[test]
fn n6_a_court_cosigns_the_same_log_once_however_long_it_stays() {
    let mut own = cosigner(0, None);
    own.committed(5, root(5), BLOCK);
    assert!(sign(&mut own, 5, root(5), after(0)));
    assert!((0..600_000).step_by(100).all(|ms| !sign(&mut own, 5, root(5), after(ms))));
    // An empty block makes the log longer too.
    own.committed(6, root(6), BLOCK.plus_ms(60_000));
    assert!(sign(&mut own, 6, root(6), after(60_000)) && !sign(&mut own, 6, root(6), after(60_000)));
}

#[test]
fn n6_a_court_whose_clock_was_set_cosigns_again_with_a_time_that_counts() {
    let mut own = cosigner(0, None);
    own.committed(5, root(5), BLOCK);
    let ahead = Now { monotonic_ms: 0, wall: BLOCK.plus_ms(86_400_000) };
    assert!(sign(&mut own, 5, root(5), ahead) && !sign(&mut own, 5, root(5), ahead));
    assert!(sign(&mut own, 5, root(5), after(1_000)) && !sign(&mut own, 5, root(5), after(1_000)));
    // With a clock that is behind, no time of its own counts, so it cosigns no more until the clock is set.
    let behind = Now { monotonic_ms: 0, wall: Timestamp(0) };
    let mut own = cosigner(0, None);
    own.committed(5, root(5), BLOCK);
    assert!(sign(&mut own, 5, root(5), behind) && !sign(&mut own, 5, root(5), behind));
    assert!(sign(&mut own, 5, root(5), after(1_000)));
}

#[test]
fn n6_a_newer_checkpoint_of_the_same_log_takes_the_place_of_the_older_and_never_goes_back() {
    let mut own = agreed();
    assert_eq!(times(&own.newest_quorum(BLOCK).unwrap()), [1_000, 1_000, 1_000]);
    let again = |own: &mut Cosigner, court: u8, time_s: u64| {
        let now = after((time_s - 1_000) * 1_000);
        assert_eq!(own.hear(&name(court), announce_at(court, 5, root(5), time_s), now), Heard::Fine);
        own.newest_quorum(now.wall)
    };
    assert_eq!(again(&mut own, 1, 1_060), None, "one newer time moves no quorum");
    assert_eq!(again(&mut own, 2, 1_061), None);
    let third = again(&mut own, 3, 1_062).unwrap();
    assert_eq!(Quorum::from(&third), Quorum { size: 5, time_s: 1_060 });
    assert_eq!(again(&mut own, 3, 1_100), None, "the quorum is as old as its oldest");
    assert!(sign(&mut own, 5, root(5), after(101_000)));
    assert_eq!(times(&own.newest_quorum(after(101_000).wall).unwrap()), [1_101, 1_061, 1_100], "the newest of four, by name");
    // A longer log always replaces a shorter one, whatever its times are.
    own.committed(6, root(6), BLOCK.plus_ms(100_000));
    for court in 1..4 {
        own.hear(&name(court), announce_at(court, 6, root(6), 1_090), after(101_000));
    }
    assert_eq!(Quorum::from(&own.newest_quorum(after(101_000).wall).unwrap()), Quorum { size: 6, time_s: 1_090 });
    assert!(!own.learn_quorum(Quorum { size: 5, time_s: 9_999 }) && own.learn_quorum(Quorum { size: 6, time_s: 1_091 }));
}

#[test]
fn n6_one_newer_cosignature_a_second_is_looked_at() {
    let mut own = agreed();
    let hear = |own: &mut Cosigner, time_s: u64, ms: u64, false_one: bool| {
        let mut announcement = announce_at(1, 5, root(5), time_s);
        announcement.cosignature.signature.0[0] ^= u8::from(false_one);
        own.hear(&name(1), announcement, after(ms))
    };
    let newest = |own: &Cosigner| own.courts[&name(1)].heard[&5].1.time_s;
    assert_eq!(hear(&mut own, 1_001, 5_000, false), Heard::Fine);
    assert_eq!(newest(&own), 1_001);
    assert_eq!(hear(&mut own, 1_002, 5_000 + RENEWAL_PAUSE_MS - 1, true), Heard::Fine, "not looked at");
    assert_eq!(hear(&mut own, 1_002, 5_000 + RENEWAL_PAUSE_MS, true), Heard::Bad);
    assert_eq!(hear(&mut own, 1_003, 5_001 + RENEWAL_PAUSE_MS, false), Heard::Fine, "a false one counts too");
    assert_eq!(newest(&own), 1_001, "an older one stays while no other verifies");
    assert_eq!(hear(&mut own, 1_001, 9_000, true), Heard::Fine, "no newer time, nothing to look at");
    assert_eq!(hear(&mut own, 1_004, 9_000, false), Heard::Fine);
    assert_eq!(newest(&own), 1_004);
}
