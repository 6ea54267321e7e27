//! Verification: no altered receipt and no altered file is ever valid. Each rule by itself is in
//! `specs/vectors/receipt.json`.
//!
//! In: a receipt of fixtures.
//! Out: failures that name the bit, byte or line.
//! Always: one change to a valid receipt or file makes it not valid.
//! Not for the words of each refusal: the vectors have them.

use courtseal_fixtures::log::{COSIGNED_AT_S, FIRST_INDEX, member_part};
use courtseal_fixtures::{Network, statements};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::verify::{Check, HeldPolicy, Refusal, verify_receipt};
use proptest::prelude::*;
use std::sync::LazyLock;

const FILE: &[u8] = b"Lease.\nSigned.\n";

static NETWORK: LazyLock<Network> = LazyLock::new(|| Network::of(4));

/// A receipt of four courts with a path of two hashes, and its policy.
fn sample() -> (String, HeldPolicy) {
    let transaction = NETWORK.transaction(vec![statements::public(FILE); 2]);
    let receipt = NETWORK.log(&transaction).receipt(FIRST_INDEX + 1, Some(member_part(&transaction, 1)));
    (receipt.to_text(), HeldPolicy::new(NETWORK.policy.as_bytes()))
}

fn verify(receipt: &[u8], policy: &HeldPolicy, file: &[u8]) -> Result<(), Refusal> {
    let mut check = verify_receipt(receipt, policy)?.check_file(None)?;
    check.update(file);
    check.finish()
}

#[test]
fn f40_a_valid_receipt_says_what_it_proves() {
    let (receipt, policy) = sample();
    let proven = verify_receipt(receipt.as_bytes(), &policy).unwrap();
    assert_eq!((proven.entry.index, proven.log_size, proven.courts_needed, proven.courts_listed), (4, 6, 3, 4));
    let courts = [0, 1, 2].map(|court| (format!("court-{court:02}"), COSIGNED_AT_S + court));
    assert_eq!(proven.courts, courts);
    assert_eq!(proven.policy_digest, policy.digest());
    assert_eq!(verify(receipt.as_bytes(), &policy, FILE), Ok(()));
}

#[test]
fn f37_no_flipped_bit_of_a_receipt_is_valid() {
    let (receipt, policy) = sample();
    let mut bytes = receipt.into_bytes();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(verify_receipt(&bytes, &policy).is_err(), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(verify_receipt(&bytes, &policy).is_ok());
}

#[test]
fn what_is_remembered_changes_no_verdict() {
    let (receipt, warm) = sample();
    let mut bytes = receipt.into_bytes();
    let genuine = verify_receipt(&bytes, &warm);
    assert!(genuine.is_ok());
    for bit in (0..bytes.len() * 8).step_by(5) {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify_receipt(&bytes, &warm), verify_receipt(&bytes, &warm.clone()), "bit {bit}: a copy remembers nothing");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(verify_receipt(&bytes, &warm), genuine);
}

#[test]
fn f37_no_byte_deleted_doubled_or_inserted_is_valid() {
    let (receipt, policy) = sample();
    let bytes = receipt.into_bytes();
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        for inserted in [b'\n', b' ', b'\r', b'0', b'=', b'A', 0, tail.first().copied().unwrap_or(b'+')] {
            assert!(verify_receipt(&[head, &[inserted], tail].concat(), &policy).is_err(), "{inserted} at {at}");
        }
        assert!(at == bytes.len() || verify_receipt(&[head, &tail[1..]].concat(), &policy).is_err(), "without {at}");
        assert!(at == bytes.len() || verify_receipt(head, &policy).is_err(), "cut at {at}");
    }
}

#[test]
fn f37_no_two_lines_can_be_exchanged_and_none_left_out_or_doubled() {
    let (receipt, policy) = sample();
    let lines: Vec<&str> = receipt.split_inclusive('\n').collect();
    for i in 0..lines.len() {
        let mut doubled = lines.clone();
        doubled.insert(i, lines[i]);
        assert!(verify_receipt(doubled.concat().as_bytes(), &policy).is_err(), "line {i} twice");
        let mut without = lines.clone();
        without.remove(i);
        assert!(verify_receipt(without.concat().as_bytes(), &policy).is_err(), "without line {i}");
        for j in 0..i {
            let mut swapped = lines.clone();
            swapped.swap(i, j);
            assert!(lines[i] == lines[j] || verify_receipt(swapped.concat().as_bytes(), &policy).is_err(), "lines {i}, {j}");
        }
    }
}

#[test]
fn f38_no_altered_file_is_valid() {
    let (receipt, policy) = sample();
    let refused = |file: &[u8]| {
        let refusal = verify(receipt.as_bytes(), &policy, file).unwrap_err();
        assert_eq!((refusal.verdict(), refusal.reason()), ("invalid", "file"));
    };
    for bit in 0..FILE.len() * 8 {
        let mut file = FILE.to_vec();
        file[bit / 8] ^= 1 << (bit % 8);
        refused(&file);
    }
    for at in 0..FILE.len() {
        refused(&FILE[..at]);
        refused(&[&FILE[..at], &FILE[at + 1..]].concat());
        refused(&[&FILE[..at], b"\r", &FILE[at..]].concat());
    }
}

#[test]
fn f34_a_policy_cut_short_is_unreadable() {
    let (receipt, policy) = sample();
    let text = &NETWORK.policy;
    assert_eq!(sha256(text.as_bytes()), policy.digest());
    for at in 0..text.len() {
        let other = HeldPolicy::new(&text.as_bytes()[..at]);
        assert_eq!(verify_receipt(receipt.as_bytes(), &other).unwrap_err().reason(), "policy-unreadable", "cut at {at}");
    }
}

#[test]
fn f39_words_are_a_closed_list() {
    let words: Vec<&str> = Check::ALL.map(Check::as_str).into();
    assert_eq!(words, ["form", "policy", "log-signature", "cosignatures", "inclusion", "entry", "member", "file"]);
    assert_eq!(Check::ALL.map(Check::number), [1, 2, 3, 4, 5, 6, 7, 8]);
}

proptest! {
    #[test]
    fn f38_a_file_in_pieces_is_the_same_file(cuts in prop::collection::vec(0..FILE.len(), 0..5)) {
        let (receipt, policy) = sample();
        let mut check = verify_receipt(receipt.as_bytes(), &policy).unwrap().check_file(None).unwrap();
        let (mut cuts, mut from) = (cuts, 0);
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([FILE.len()]) {
            check.update(&FILE[from..cut]);
            from = cut;
        }
        prop_assert_eq!(check.finish(), Ok(()));
    }

    #[test]
    fn f37_several_edits_at_once_are_never_valid(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let (receipt, policy) = sample();
        let mut bytes = receipt.clone().into_bytes();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert!(bytes == receipt.as_bytes() || verify_receipt(&bytes, &policy).is_err());
    }
}
