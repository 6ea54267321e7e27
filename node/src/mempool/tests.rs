//! The mempool: bounds at the limit and one above, turns, and books that balance.

use super::*;
use courtseal_proof::digest::sha256;
use courtseal_proof::key::SecretKey;
use courtseal_proof::name::Origin;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::transaction::Transaction;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn checked(member: &str, nonce: u8) -> Arc<Checked> {
    let origin = Origin::new(name("net"), sha256(b"genesis"));
    let statement = Statement::public(FileDigests { sha256: sha256(&[nonce]), sha512: None }, 1);
    let key = SecretKey::from_seed([1; 32]);
    let not_after = Timestamp(1_000 + u64::from(nonce));
    let transaction = Transaction::sign(&origin, &name(member), &key, [nonce; 16], not_after, vec![statement]).unwrap();
    Arc::new(Checked::from_text(transaction.to_text().into_bytes()).unwrap())
}

fn pool(transactions: usize) -> Mempool {
    Mempool::new(Load { bytes: 1 << 20, transactions })
}

#[test]
fn bounds_per_member_court_and_whole_are_exact() {
    let mut pool = pool(8);
    let insert = |pool: &mut Mempool, member, nonce, court| pool.insert(checked(member, nonce), &name(court));
    assert_eq!(insert(&mut pool, "a", 0, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "a", 1, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "a", 1, "court-1"), Inserted::Known);
    assert_eq!(insert(&mut pool, "a", 2, "court-1"), Inserted::Full, "a quarter for a member");
    assert_eq!(insert(&mut pool, "b", 0, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "b", 1, "court-1"), Inserted::New);
    assert_eq!(insert(&mut pool, "c", 0, "court-1"), Inserted::Full, "half for a court");
    for (member, nonce) in [("d", 0), ("d", 1), ("e", 0), ("e", 1)] {
        assert_eq!(insert(&mut pool, member, nonce, "court-2"), Inserted::New);
    }
    assert_eq!(insert(&mut pool, "f", 0, "court-3"), Inserted::Full, "all of it");
    assert_eq!(pool.load().transactions, 8);
    let all: Vec<Digest> = pool.iter().map(|checked| checked.id()).collect();
    all.iter().for_each(|id| pool.remove(id));
    assert_eq!(pool.load(), Load::default());
    assert!(pool.texts.is_empty() && pool.by_id.is_empty() && pool.members.is_empty());
    assert_eq!(insert(&mut pool, "a", 2, "court-1"), Inserted::New);
}

#[test]
fn members_take_turns() {
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
fn what_expires_goes() {
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
    assert_eq!(pool.texts.seen(&one.text_digest()), Some(Arc::clone(&one)));
    assert_eq!(pool.texts.seen(&one.id()), None);
    pool.remove(&one.id());
    assert_eq!(pool.texts.seen(&one.text_digest()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_books_balance_whatever_comes_and_goes(
        steps in proptest::collection::vec((0usize..4, 0u8..6, 0u8..4), 0..60),
        transactions in 1usize..12,
    ) {
        let mut pool = pool(transactions);
        let mut waiting: BTreeMap<Digest, Arc<Checked>> = BTreeMap::new();
        for (member, nonce, step) in steps {
            let one = checked(["a", "b", "c", "d"][member], nonce);
            let court = name(["court-1", "court-2"][member % 2]);
            match step {
                0 | 1 => match pool.insert(Arc::clone(&one), &court) {
                    Inserted::New => prop_assert!(waiting.insert(one.id(), one).is_none()),
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
            prop_assert!(waiting.values().all(|one| pool.texts.seen(&one.text_digest()).is_some()));
        }
        let all: Vec<Digest> = waiting.keys().copied().collect();
        all.iter().for_each(|id| pool.remove(id));
        prop_assert!(pool.texts.is_empty() && pool.by_id.is_empty() && pool.members.is_empty());
        prop_assert!(pool.by_court.values().all(|load| *load == Load::default()));
    }
}
