//! Verification: no altered receipt and no altered file is ever valid. Each rule by itself is in `specs/vectors/receipt.json`.

use super::*;
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::entry::{Content, EntryMember, Stated};
use crate::genesis::{KeyPurpose, Role};
use crate::key::SecretKey;
use crate::kinds::verdict::{Outcome, Registration};
use crate::merkle::{inclusion_paths, root};
use crate::name::{Name, Origin};
use crate::note::{SignatureLine, VerifierKey};
use crate::policy::network_policy_text;
use crate::receipt::MemberPart;
use crate::statement::{FileDigests, Statement};
use crate::time::Timestamp;
use crate::transaction::Transaction;
use proptest::prelude::*;

const FILE: &[u8] = b"Lease.\nSigned.\n";

fn key(court: usize, purpose: KeyPurpose) -> SecretKey {
    SecretKey::from_seed(sha256(&[court as u8, purpose as u8]).0)
}

fn names() -> Vec<Name> {
    (0..4).map(|court| Name::new(format!("court-{court}")).unwrap()).collect()
}

fn origin() -> Origin {
    Origin::new(Name::new("net").unwrap(), sha256(b"genesis"))
}

fn policy_text() -> String {
    let (origin, names) = (origin(), names());
    let court = |(n, name)| (name, key(n, KeyPurpose::Log).public(), key(n, KeyPurpose::Cosigner).public());
    network_policy_text(&origin, &names.iter().enumerate().map(court).collect::<Vec<_>>())
}

/// A receipt of four courts with a path of two hashes, and its policy.
fn sample() -> (String, HeldPolicy) {
    let (origin, names) = (origin(), names());
    let (secret, member) = (key(9, KeyPurpose::Member), Name::new("notary-1").unwrap());
    let statement = Statement::public(FileDigests::of_sha256(sha256(FILE)), FILE.len() as u64);
    let statements = vec![statement.clone(), statement.clone()];
    let transaction = Transaction::sign(&origin, &member, &secret, [1; 16], Timestamp(9_000), statements).unwrap();
    let member =
        EntryMember { court: names[0].clone(), key: secret.public().digest(), name: member, role: Role::Notary, since: 0 };
    let stated = Stated { member, position: 1, statement, transaction: transaction.id() };
    let content = Content::Statement(stated, Outcome { registration: Some(Registration::First) });
    let entry = Entry { chain: origin.clone(), height: 2, index: 2, recorded_at: Timestamp(8_000), content }.to_text();
    let leaves: Vec<Digest> = [b"0", b"1", entry.as_bytes(), b"3"].map(leaf_hash).into();
    let checkpoint = Checkpoint { origin: origin.clone(), size: 4, root: root(&leaves) };
    let cosign = |court: usize| {
        let key = key(court, KeyPurpose::Cosigner);
        let cosignature = checkpoint.cosign(&key, 9);
        SignatureLine::cosignature(&VerifierKey::cosigner(&names[court], key.public()), 9, &cosignature.signature)
    };
    let path = StatementPath::new(&transaction.statement_paths()[1]);
    let receipt = Receipt {
        member: Some(MemberPart { envelope: transaction.envelope().to_text(), path: canonical::to_text(&path) }),
        index: 2,
        path: inclusion_paths(&leaves).swap_remove(2),
        signed: CosignedCheckpoint {
            log: checkpoint.sign_as_log(&key(0, KeyPurpose::Log)),
            cosignatures: (0..3).map(cosign).collect(),
            checkpoint,
        },
        entry,
    };
    (receipt.to_text(), HeldPolicy::new(policy_text().as_bytes()))
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
    assert_eq!((proven.entry.index, proven.log_size, proven.courts_needed, proven.courts_listed), (2, 4, 3, 4));
    assert_eq!(proven.courts, [("court-0".into(), 9), ("court-1".into(), 9), ("court-2".into(), 9)]);
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
    let text = policy_text();
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
