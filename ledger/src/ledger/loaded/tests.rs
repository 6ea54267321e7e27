//! The bounds of what is kept for readers: at each bound, and one above.

use super::*;
use crate::schema::outcomes::{OutcomesRecord, outcomes};
use crate::testing::{GENESIS_TIME, NOTARY, Network, name, public, with_media_type};
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::verdict::{Outcome, Registration};

/// Most that a media type can be longer than the shortest.
const PADDING_MAX: usize = 124;

/// Texts of transactions of exactly these lengths in bytes. Their statements' media types are as long as
/// needed.
fn text(network: &Network, bytes: usize) -> Vec<u8> {
    let text = |count: usize, padding: usize| {
        let statement = |n: usize| {
            let longer = padding.saturating_sub(n * PADDING_MAX).min(PADDING_MAX);
            let (a, b) = (1 + longer / 2, 1 + longer.div_ceil(2));
            with_media_type(public(n as u64), format!("{}/{}", "a".repeat(a), "b".repeat(b)))
        };
        network.transaction(NOTARY, 1, (0..count).map(statement).collect()).text().to_vec()
    };
    let each = text(2, 0).len() - text(1, 0).len();
    let count = (bytes / (each + PADDING_MAX / 2)).max(1);
    let text = text(count, bytes - text(count, 0).len());
    assert_eq!(text.len(), bytes);
    text
}

/// A stored transaction whose entries begin at `first_index`.
fn stored(text: &[u8], first_index: u64) -> StoredTransaction {
    let count = Parts::find(std::str::from_utf8(text).unwrap()).unwrap().count();
    let first = Verdict::Recorded(Outcome { registration: Some(Registration::First) });
    let (outcomes, details) = outcomes(&vec![first; count]);
    let record = OutcomesRecord {
        height: 1,
        time: GENESIS_TIME,
        place: 0,
        court: name("court-00"),
        member: name("member-2"),
        role: schema::role_byte(Role::Notary),
        since: 0,
        runs: Vec::new(),
        outcomes,
        details,
    };
    (first_index, record, text.to_vec())
}

/// Keeps all of them, a million entries apart, and says which are kept then.
fn kept(network: &Network, texts: &[&[u8]]) -> Vec<bool> {
    let transactions = LoadedTransactions::default();
    let first_index = |n: usize| n as u64 * 1_000_000;
    for (n, text) in texts.iter().enumerate() {
        transactions.keep(&network.genesis.origin(), stored(text, first_index(n))).unwrap();
    }
    (0..texts.len()).map(|n| transactions.find(first_index(n)).is_some()).collect()
}

#[test]
fn so_many_transactions_are_kept() {
    let network = Network::new(1);
    let small = network.transaction(NOTARY, 1, vec![public(1)]).text().to_vec();
    assert_eq!(kept(&network, &[&small[..]; LOADED_TRANSACTIONS_MAX]), [true; LOADED_TRANSACTIONS_MAX], "at the bound");
    let one_above = [&[false][..], &[true; LOADED_TRANSACTIONS_MAX]].concat();
    assert_eq!(kept(&network, &[&small[..]; LOADED_TRANSACTIONS_MAX + 1]), one_above, "the oldest goes");
}

#[test]
fn so_many_bytes_are_kept() {
    const COUNT: usize = 16;
    let network = Network::new(1);
    let (large, longer) = (text(&network, LOADED_BYTES_MAX / COUNT), text(&network, LOADED_BYTES_MAX / COUNT + 1));
    assert_eq!(kept(&network, &[&large[..]; COUNT]), [true; COUNT], "at the bound");
    let mut texts = [&large[..]; COUNT];
    texts[COUNT - 1] = &longer;
    assert_eq!(kept(&network, &texts), [&[false][..], &[true; COUNT - 1]].concat(), "one above: the oldest goes");
}
