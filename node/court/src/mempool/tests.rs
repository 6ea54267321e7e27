//! The mempool: bounds at the limit and one above, service in turn, and sums that match.
//!
//! In: transactions of a few members and courts.
//! Out: what waits, what is dropped, and the order of candidates.
//! Always: loads equal the sums over the waiting transactions.

use super::*;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::transaction::Transaction;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn checked(member: &str, nonce: u8) -> Arc<VerifiedTransaction> {
    let origin = Origin::new(name("net"), sha256(b"genesis"));
    let statement = Statement::public(FileDigests::of_sha256(sha256(&[nonce])), 1);
    let key = SecretKey::from_seed([1; 32]);
    let not_after = Timestamp(1_000 + u64::from(nonce));
    let transaction = Transaction::sign(&origin, &name(member), &key, [nonce; 16], not_after, vec![statement]).unwrap();
    Arc::new(VerifiedTransaction::from_text(transaction.to_text().into_bytes()).unwrap())
}

fn pool(transactions: usize) -> Mempool {
    Mempool::new(Load { bytes: 1 << 20, transactions })
}

fn insert(pool: &mut Mempool, member: &str, nonce: u8, court: &str) -> Inserted {
    pool.insert(checked(member, nonce), &name(court))
}

/// Members and nonces of the waiting transactions.
fn waiting(pool: &Mempool) -> Vec<(String, u8)> {
    let payload = |checked: &Arc<VerifiedTransaction>| {
        let payload = checked.transaction().payload();
        (payload.member.to_string(), (payload.not_after.0 - 1_000) as u8)
    };
    pool.iter().map(payload).collect()
}

fn of(pool: &Mempool, member: &str) -> Vec<u8> {
    waiting(pool).into_iter().filter(|(of, _)| of == member).map(|(_, nonce)| nonce).collect()
}

#[test]
fn n12_bounds_per_member_court_and_whole_are_exact() {
    let mut pool = pool(8);
    assert_eq!(insert(&mut pool, "a", 0, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "a", 1, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "a", 1, "court-1"), Inserted::Known);
    assert_eq!(insert(&mut pool, "a", 2, "court-1"), Inserted::Full, "a quarter for a member");
    assert_eq!(insert(&mut pool, "b", 0, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "b", 1, "court-1"), Inserted::New);
    for (member, nonce) in [("d", 0), ("d", 1), ("e", 0), ("e", 1)] {
        assert_eq!(insert(&mut pool, member, nonce, "court-2"), Inserted::New);
    }
    assert_eq!((pool.load().transactions, pool.take_dropped()), (8, 0), "all of it, and nothing was dropped");
    assert_eq!(insert(&mut pool, "b", 2, "court-1"), Inserted::Full);
    assert_eq!(pool.load().transactions, 8);
    let all: Vec<Digest> = pool.iter().map(|checked| checked.id()).collect();
    all.iter().for_each(|id| pool.remove(id));
    assert_eq!(pool.load(), Load::default());
    assert!(pool.texts.is_empty() && pool.by_id.is_empty() && pool.members.is_empty());
    assert_eq!(insert(&mut pool, "a", 2, "court-1"), Inserted::New);
}

#[test]
fn n12_a_full_mempool_makes_room_for_a_member_that_holds_less() {
    let mut pool = pool(16);
    for nonce in 0..4 {
        for (member, court) in [("a", "court-1"), ("b", "court-1"), ("d", "court-2"), ("e", "court-2")] {
            assert_eq!(insert(&mut pool, member, nonce, court), Inserted::New);
        }
    }
    // All members hold a quarter, and the newest transaction of the last one arrived last.
    assert_eq!(insert(&mut pool, "f", 0, "court-3"), Inserted::New);
    assert_eq!((of(&pool, "e"), pool.take_dropped(), pool.take_dropped()), (vec![0, 1, 2], 1, 0));
    assert_eq!(insert(&mut pool, "e", 3, "court-2"), Inserted::Full, "what was dropped does not drop another one");
    for (nonce, from) in [(1, "d"), (2, "b")] {
        assert_eq!(insert(&mut pool, "f", nonce, "court-3"), Inserted::New);
        assert_eq!(of(&pool, from), [0, 1, 2], "the newest of the one that holds most");
    }
    // It would then hold four, as another member does, and no member holds more.
    assert_eq!(insert(&mut pool, "f", 3, "court-3"), Inserted::Full);
    assert_eq!(insert(&mut pool, "g", 0, "court-4"), Inserted::New);
    assert_eq!((of(&pool, "a"), of(&pool, "f")), (vec![0, 1, 2], vec![0, 1, 2]));
    assert_eq!(pool.load().transactions, 16);
}

#[test]
fn n12_a_courts_full_share_makes_room_among_its_own_members() {
    let mut pool = pool(8);
    for (member, nonce, court) in [
        ("a", 0, "court-1"),
        ("a", 1, "court-1"),
        ("b", 0, "court-1"),
        ("b", 1, "court-1"),
        ("d", 0, "court-2"),
        ("d", 1, "court-2"),
    ] {
        assert_eq!(insert(&mut pool, member, nonce, court), Inserted::New);
    }
    assert_eq!(insert(&mut pool, "c", 0, "court-1"), Inserted::New);
    assert_eq!((of(&pool, "a"), of(&pool, "b"), of(&pool, "d")), (vec![0, 1], vec![0], vec![0, 1]));
    assert_eq!(insert(&mut pool, "c", 1, "court-1"), Inserted::Full, "it would hold as many as the first one");
    assert_eq!(insert(&mut pool, "c2", 0, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "c3", 0, "court-1"), Inserted::Full, "its court's members hold one each");
    assert_eq!(pool.by_court[&name("court-1")].transactions, 4);
    assert_eq!(of(&pool, "d"), [0, 1], "another court's member pays nothing for that");
}

#[test]
fn n12_bytes_count_as_transactions_do_and_nothing_is_dropped_in_vain() {
    let one = checked("a", 0).text().len();
    // The bound has room for sixteen short texts, and for far more transactions.
    let mut pool = Mempool::new(Load { bytes: 16 * one + 15, transactions: 1_000 });
    for nonce in 0..4 {
        for (member, court) in [("a", "court-1"), ("b", "court-1"), ("d", "court-2"), ("e", "court-2")] {
            assert_eq!(insert(&mut pool, member, nonce, court), Inserted::New);
        }
    }
    let wide = |member: &str, statements: u8| {
        let origin = Origin::new(name("net"), sha256(b"genesis"));
        let statement = |nonce| Statement::public(FileDigests::of_sha256(sha256(&[nonce])), 1);
        let key = SecretKey::from_seed([1; 32]);
        let statements = (0..statements).map(statement).collect();
        let transaction = Transaction::sign(&origin, &name(member), &key, [9; 16], Timestamp(1_000), statements).unwrap();
        Arc::new(VerifiedTransaction::from_text(transaction.to_text().into_bytes()).unwrap())
    };
    // The text is longer than one and shorter than three short ones. As many short ones as needed are
    // dropped, each from the member that holds most then.
    let two = wide("f", 5);
    assert!((one + 1..3 * one).contains(&two.text().len()), "{} and {one}", two.text().len());
    let count = (two.text().len() as u64).div_ceil(one as u64);
    assert_eq!(pool.insert(two, &name("court-3")), Inserted::New);
    assert_eq!((pool.take_dropped(), of(&pool, "e"), of(&pool, "d")), (count, vec![0, 1, 2], vec![0, 1, 2]));
    // Two transactions of the members with four each would be dropped. Then the new member itself would hold
    // most and need still more room. It is refused, and nothing is dropped for it.
    let before = waiting(&pool);
    let most = (5..).map(|statements| wide("g", statements)).find(|most| most.text().len() > 3 * one).unwrap();
    assert!(most.text().len() < 4 * one, "{} and {one}", most.text().len());
    assert_eq!(pool.insert(most, &name("court-4")), Inserted::Full);
    assert_eq!((waiting(&pool), pool.take_dropped()), (before, 0));
}

#[test]
fn members_are_served_in_turn() {
    let mut pool = pool(100);
    for nonce in 0..5 {
        pool.insert(checked("busy", nonce), &name("court-1"));
    }
    pool.insert(checked("quiet", 0), &name("court-1"));
    let order: Vec<String> =
        pool.candidates(usize::MAX, 4).iter().map(|one| one.transaction().payload().member.to_string()).collect();
    assert_eq!(order, ["busy", "quiet", "busy", "busy"]);
    assert_eq!(pool.candidates(1, 100).len(), 1, "at least one, whatever its length");
}

#[test]
fn expired_transactions_are_removed() {
    let mut pool = pool(100);
    for nonce in 0..5 {
        pool.insert(checked("a", nonce), &name("court-1"));
    }
    pool.remove_expired(Timestamp(1_003));
    assert_eq!(pool.load().transactions, 2, "not_after is the last good moment");
}

#[test]
fn a_signature_counts_as_seen_for_its_very_text_only() {
    let mut pool = pool(100);
    let one = checked("a", 0);
    pool.insert(Arc::clone(&one), &name("court-1"));
    assert_eq!(pool.texts.verified(&one.text_digest()), Some(Arc::clone(&one)));
    assert_eq!(pool.texts.verified(&one.id()), None);
    pool.remove(&one.id());
    assert_eq!(pool.texts.verified(&one.text_digest()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn loads_match_after_any_sequence_of_steps(
        steps in proptest::collection::vec((0usize..4, 0u8..6, 0u8..4), 0..60),
        transactions in 1usize..12,
    ) {
        let mut pool = pool(transactions);
        let mut waiting: BTreeMap<Digest, Arc<VerifiedTransaction>> = BTreeMap::new();
        for (member, nonce, step) in steps {
            let one = checked(["a", "b", "c", "d"][member], nonce);
            let court = name(["court-1", "court-2"][member % 2]);
            match step {
                0 | 1 => match pool.insert(Arc::clone(&one), &court) {
                    Inserted::New => {
                        prop_assert!(waiting.insert(one.id(), one).is_none());
                        let before = waiting.len();
                        waiting.retain(|id, _| pool.contains(id));
                        prop_assert_eq!((before - waiting.len()) as u64, pool.take_dropped());
                    }
                    Inserted::Known => prop_assert!(waiting.contains_key(&one.id())),
                    Inserted::Full => prop_assert!(!waiting.contains_key(&one.id())),
                },
                2 => {
                    pool.remove(&one.id());
                    waiting.remove(&one.id());
                }
                _ => {
                    let time = Timestamp(1_000 + u64::from(nonce));
                    pool.remove_expired(time);
                    waiting.retain(|_, one| one.transaction().payload().not_after >= time);
                }
            }
            let bytes = waiting.values().map(|one| one.text().len()).sum();
            prop_assert_eq!(pool.load(), Load { bytes, transactions: waiting.len() });
            prop_assert!(pool.load().fits(pool.bounds));
            let mut found: Vec<Digest> = pool.iter().map(|one| one.id()).collect();
            found.sort_unstable();
            prop_assert!(found.iter().eq(waiting.keys()));
            let mut picked: Vec<Digest> = pool.candidates(usize::MAX, usize::MAX).iter().map(|one| one.id()).collect();
            picked.sort_unstable();
            prop_assert_eq!(picked, found, "all that waits can be picked, each once");
            prop_assert!(waiting.values().all(|one| pool.texts.verified(&one.text_digest()).is_some()));
        }
        let all: Vec<Digest> = waiting.keys().copied().collect();
        all.iter().for_each(|id| pool.remove(id));
        prop_assert!(pool.texts.is_empty() && pool.by_id.is_empty() && pool.members.is_empty());
        prop_assert!(pool.by_court.values().all(|load| *load == Load::default()));
    }
}
