//! Comparisons of clocks as N11 has them: which clock is off, which groups differ, which clocks do not count.
//!
//! In: the clocks of several courts, relative to the first one's.
//! Out: groups, and the reason in words.
//! Always: each bound is tried at the bound and one above.

use super::*;
use proptest::prelude::*;

const DAY_MS: i64 = 86_400_000;
const NOW: Now = Now { monotonic_ms: 1_000_000, wall: Timestamp(1_795_453_200_000) };

fn name(court: usize) -> CourtName {
    CourtName::new(format!("court-{court:02}")).unwrap()
}

fn watch() -> ClockWatch {
    ClockWatch::new(name(0), (0..4).map(name))
}

/// Compares the clocks of courts 0, 1, 2, … of which court 0 is this one.
fn clocks(offsets_ms: &[i64]) -> Comparison {
    let reading = |(court, offset_ms): (usize, &i64)| Reading { court: name(court), offset_ms: *offset_ms };
    compare(offsets_ms.iter().enumerate().map(reading).collect(), &name(0), offsets_ms.len())
}

fn words(comparison: &Comparison) -> String {
    comparison.reason(NOW.wall).unwrap_or_default()
}

#[test]
fn n11_a_clock_is_off_only_if_more_than_half_of_all_courts_agree_on_another_time() {
    let off = clocks(&[0, DAY_MS, DAY_MS + 3_000, DAY_MS + 9_000]);
    assert_eq!(off.ahead_ms(), Some(-DAY_MS - 3_000));
    assert_eq!(
        words(&off),
        "this court's clock is 86403 s behind the clocks of more than half of all courts; synchronize it with a time server"
    );
    assert!(words(&clocks(&[0, -DAY_MS, -DAY_MS, -DAY_MS])).contains("86400 s ahead of"));
    // Two of four courts are not more than half, whichever court lies.
    assert_eq!(clocks(&[0, 0, DAY_MS, DAY_MS]).ahead_ms(), None);
    assert_eq!(clocks(&[0, 2 * DAY_MS, DAY_MS, DAY_MS]).ahead_ms(), None);
    assert_eq!(clocks(&[0, DAY_MS, DAY_MS]).ahead_ms(), Some(-DAY_MS), "two of three are");
    assert_eq!(clocks(&[0, DAY_MS]).ahead_ms(), None, "one of two is not");
    // The other three do not agree with each other.
    assert_eq!(clocks(&[0, DAY_MS, DAY_MS + 5_000, DAY_MS + 10_001]).ahead_ms(), None);
    assert!(clocks(&[0, DAY_MS, DAY_MS + 5_000, DAY_MS + 10_000]).ahead_ms().is_some(), "at the bound");
    // This clock agrees with two of them, so it is not called off.
    assert_eq!(clocks(&[0, -4_000, 4_000, 10_000]).ahead_ms(), None);
    assert_eq!(clocks(&[0, 3_000, 10_000, 10_001]).ahead_ms(), None);
    assert!(clocks(&[0, 10_001, 10_001, 10_001]).ahead_ms().is_some(), "one above");
    assert_eq!(clocks(&[0, 10_000, 10_000, 10_000]).reason(NOW.wall), None, "all agree");
}

#[test]
fn n11_courts_are_told_apart_by_their_clocks() {
    let two = clocks(&[0, DAY_MS, 2_000, DAY_MS + 1_000]);
    assert_eq!(
        words(&two),
        "courts' clocks differ: court-00, court-02 say 2026-11-23T17:00:00.000Z; court-01, court-03 say 2026-11-24T17:00:00.000Z"
    );
    assert_eq!(two.agreed(NOW.wall), None);
    let three = clocks(&[0, 0, 0, -DAY_MS]);
    assert_eq!(three.agreed(NOW.wall), Some(NOW.wall), "this clock is one of those that agree");
    assert!(words(&three).ends_with("court-03 says 2026-11-22T17:00:00.000Z"), "{}", words(&three));
    assert_eq!(clocks(&[0, DAY_MS, DAY_MS, DAY_MS]).agreed(NOW.wall), Some(NOW.wall.plus_ms(DAY_MS as u64)));
    // The whole majority is one group, though the clock of a byzantine court is close to it.
    let beside = clocks(&[0, 500, 600, -9_900]);
    assert_eq!(beside.groups[0].courts, [0, 1, 2].map(name));
}

#[test]
fn n11_a_clock_counts_for_10_s_and_while_its_court_is_connected() {
    let told = || {
        let mut watch = watch();
        (1..4).for_each(|court| watch.hear(&name(court), NOW.wall.plus_ms(DAY_MS as u64), NOW.monotonic_ms));
        watch
    };
    let later = |ms: u64| Now { monotonic_ms: NOW.monotonic_ms + ms, wall: NOW.wall.plus_ms(ms) };
    assert_eq!(told().compare(later(AGE_MS_MAX)).ahead_ms(), Some(-DAY_MS), "clocks run on");
    assert_eq!(told().compare(later(AGE_MS_MAX + 1)), clocks_of_one());
    let mut gone = told();
    gone.forget(&name(2));
    assert_eq!(gone.compare(NOW).ahead_ms(), None);
    // This clock is set meanwhile: earlier readings are compared with the clock as it is now.
    let set = Now { wall: NOW.wall.plus_ms(DAY_MS as u64 + 1_000), monotonic_ms: NOW.monotonic_ms + 1_000 };
    assert_eq!(words(&told().compare(set)), "");
}

fn clocks_of_one() -> Comparison {
    compare(vec![Reading { court: name(0), offset_ms: 0 }], &name(0), 4)
}

#[test]
fn n11_absurd_times_are_taken_and_said_within_the_years_that_have_a_text() {
    let mut watch = watch();
    watch.hear(&name(1), Timestamp(u64::MAX), 0);
    watch.hear(&name(2), Timestamp(0), u64::MAX);
    watch.hear(&name(9), Timestamp(0), 0);
    for now in [NOW, Now { monotonic_ms: 0, wall: Timestamp(u64::MAX) }, Now { monotonic_ms: u64::MAX, wall: Timestamp(0) }] {
        let _ = words(&watch.compare(now));
    }
    watch.hear(&name(1), Timestamp(u64::MAX), NOW.monotonic_ms);
    let said = words(&watch.compare(NOW));
    assert!(said.contains("court-01 says 9999-12-31T23:59:59.999Z"), "{said}");
}

#[test]
fn a_comparison_is_like_another_whatever_the_times_are() {
    assert!(clocks(&[0, DAY_MS, DAY_MS, DAY_MS]).is_like(&clocks(&[0, DAY_MS + 99, DAY_MS, DAY_MS])));
    assert!(!clocks(&[0, DAY_MS, DAY_MS, DAY_MS]).is_like(&clocks(&[0, -DAY_MS, -DAY_MS, -DAY_MS])));
    assert!(!clocks(&[0, 0, 0, DAY_MS]).is_like(&clocks(&[0, 0, DAY_MS, 0])));
    assert!(clocks(&[0, 0, 0, 0]).is_like(&clocks_of_one()), "nothing is to be said");
}

proptest! {
    #[test]
    fn n11_the_order_of_readings_does_not_matter_and_each_is_in_one_group(
        offsets_ms in proptest::collection::vec(prop_oneof![-30_000i64..30_000, -DAY_MS..DAY_MS], 1..20),
        more in 0usize..5,
        turn: proptest::sample::Index,
    ) {
        let reading = |(court, offset_ms): (usize, &i64)| Reading { court: name(court), offset_ms: *offset_ms };
        let mut readings: Vec<Reading> = offsets_ms.iter().enumerate().map(reading).collect();
        readings[0].offset_ms = 0;
        let courts = readings.len() + more;
        let found = compare(readings.clone(), &name(0), courts);
        let at = turn.index(readings.len());
        readings.rotate_left(at);
        prop_assert_eq!(&found, &compare(readings.clone(), &name(0), courts));
        let mut grouped: Vec<CourtName> = found.groups.iter().flat_map(|group| group.courts.clone()).collect();
        grouped.sort_unstable();
        prop_assert_eq!(grouped, (0..readings.len()).map(name).collect::<Vec<_>>());
        // More than half of all courts support the result, and all of their clocks agree.
        if found.ahead_ms().is_some() {
            let majority = &found.groups[0].courts;
            prop_assert!(majority.len() * 2 > courts && !majority.contains(&name(0)));
        }
    }
}
