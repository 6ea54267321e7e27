//! Transactions: round trip, every bound, every altered bit, and what DSSE tools write.

use super::*;
use crate::bytes::limits::{ACT_BYTES_MAX, EVIDENCE_BYTES_MAX};
use crate::kinds::field::Value;
use crate::kinds::form::Act;
use crate::statement::{Document, Evidence, FileDigests};

fn statement(i: u64) -> Statement {
    Statement::public(FileDigests::of_sha256(sha256(&i.to_be_bytes())), i)
}

fn sign(count: u64) -> Result<Transaction, TransactionError> {
    let origin = Origin::new(Name::new("net").unwrap(), sha256(b"genesis"));
    let member = Name::new("notary-1").unwrap();
    Transaction::sign(
        &origin,
        &member,
        &SecretKey::from_seed([1; 32]),
        [2; 16],
        Timestamp(9_000),
        (0..count).map(statement).collect(),
    )
}

#[test]
fn f20_round_trip() {
    let transaction = sign(3).unwrap();
    let text = transaction.to_text();
    assert_eq!(Transaction::from_text(text.as_bytes(), true), Ok(transaction.clone()));
    assert_eq!(Transaction::from_client(text.as_bytes()), Ok(transaction.clone()));
    assert_eq!(transaction.id(), sha256(&pre_authentication_encoding(&transaction.envelope().payload)));
    let leaves = leaves(transaction.statement_texts());
    for (i, path) in transaction.statement_paths().iter().enumerate() {
        assert!(merkle::verify_inclusion(&leaves[i], i as u64, 3, path, &transaction.payload().statements));
    }
}

#[test]
fn f20_every_flipped_bit_is_refused() {
    let text = sign(2).unwrap().to_text().into_bytes();
    for bit in 0..text.len() * 8 {
        let mut other = text.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(Transaction::from_text(&other, true).is_err(), "bit {bit}");
    }
}

#[test]
fn f18_bounds() {
    assert_eq!(sign(0).unwrap_err(), TransactionError::Field("count is 1 to 4,096"));
    assert!(sign(4_096).is_ok());
    assert_eq!(sign(4_097).unwrap_err(), TransactionError::Field("count is 1 to 4,096"));
}

#[test]
fn f19_keyid_is_dropped_and_a_second_signature_refused() {
    let transaction = sign(1).unwrap();
    let text = transaction.to_text();
    let with_keyid = text.replace("{\"sig\"", "{ \"keyid\": \"x\", \"sig\"");
    assert_eq!(Transaction::from_client(with_keyid.as_bytes()).unwrap().to_text(), text);
    assert!(Transaction::from_text(with_keyid.as_bytes(), true).is_err());
    let twice = text.replace("\"signatures\":[", "\"signatures\":[{\"sig\":\"\"},");
    assert!(matches!(Transaction::from_client(twice.as_bytes()), Err(TransactionError::Envelope(_))));
}

#[test]
fn statements_must_be_the_signed_ones() {
    let text = sign(2).unwrap().to_text();
    let swapped = text.replace("\"size\":1}", "\"size\":2}");
    assert_eq!(Transaction::from_text(swapped.as_bytes(), true), Err(TransactionError::Root));
}

#[test]
fn f18_lengths_at_the_bound_and_one_above() {
    let transaction = |bytes: usize| Transaction::from_text(&vec![b' '; bytes], true).unwrap_err();
    let is_long = |error: &TransactionError| {
        matches!(
            error,
            TransactionError::Text(CanonicalError::TooLong { .. }) | TransactionError::Payload(CanonicalError::TooLong { .. })
        )
    };
    assert!(!is_long(&transaction(TRANSACTION_BYTES_MAX)) && is_long(&transaction(TRANSACTION_BYTES_MAX + 1)));
    let client = |bytes: usize| Transaction::from_client(&vec![b' '; bytes]).unwrap_err();
    assert!(!is_long(&client(TRANSACTION_BYTES_MAX)) && is_long(&client(TRANSACTION_BYTES_MAX + 1)));
    let payload = |bytes: usize| {
        let signatures = vec![EnvelopeSignature { ignored: None, sig: vec![0; 64] }];
        Envelope { payload: vec![b' '; bytes], payload_type: PAYLOAD_TYPE.into(), signatures }.open(true).unwrap_err()
    };
    assert!(!is_long(&payload(PAYLOAD_BYTES_MAX)) && is_long(&payload(PAYLOAD_BYTES_MAX + 1)));
    let statement = |bytes: usize| Statement::from_text(&vec![b' '; bytes]).unwrap_err();
    assert!(matches!(statement(ACT_BYTES_MAX), StatementError::Canonical(CanonicalError::Malformed(_))));
    assert!(matches!(statement(ACT_BYTES_MAX + 1), StatementError::Canonical(CanonicalError::TooLong { .. })));
    for kind in crate::kinds::KINDS.iter().map(|row| row.kind) {
        assert_eq!(kind.check_length(kind.bytes_max), Ok(()));
        let too_long = CanonicalError::TooLong { length_bytes: kind.bytes_max + 1, limit_bytes: kind.bytes_max };
        assert_eq!(kind.check_length(kind.bytes_max + 1), Err(too_long.into()));
    }
}

#[test]
fn f20_the_largest_statements_fit_their_bound() {
    let part = "a".repeat(63);
    let digests = FileDigests { sha256: sha256(b""), sha512: Some([0; 64]), sm3: Some([0; 32]) };
    let document = Document::public(digests, crate::bytes::limits::INTEGER_MAX).with_media_type(Some(format!("{part}/{part}")));
    let case = Some(crate::commitment::Tag([0; 32]));
    let largest = Statement::from(Evidence { asserted_at: Some(Timestamp(0)), case, document });
    assert!(largest.to_text().len() <= EVIDENCE_BYTES_MAX);
    let origin = Origin::new(Name::new("net").unwrap(), sha256(b"genesis"));
    let signed = Transaction::sign(
        &origin,
        &Name::new("n".repeat(40)).unwrap(),
        &SecretKey::from_seed([1; 32]),
        [2; 16],
        Timestamp(9_000),
        vec![largest; STATEMENTS_MAX],
    );
    assert!(signed.unwrap().to_text().len() <= TRANSACTION_BYTES_MAX, "the most and largest statements fit one transaction");
}

/// L13: a transaction with any statement other than evidence has at most 64 statements.
#[test]
fn l13_a_transaction_with_an_act_has_at_most_64_statements() {
    let evidence = Statement::public(FileDigests::of_sha256(sha256(b"")), 0);
    let kind = crate::kinds::find("judgment").unwrap();
    let document = Value::Document(Document::Confidential(crate::commitment::Tag([1; 32])));
    let fields = [("document", document), ("instance", Value::Word("first")), ("type", Value::Word("ruling"))];
    let judgment = Statement::from(Act::new(kind, &kind.acts[0], fields).unwrap());
    let signed = |statements: Vec<Statement>| {
        let origin = Origin::new(Name::new("net").unwrap(), sha256(b"genesis"));
        let (member, key) = (Name::new("clerk-1").unwrap(), SecretKey::from_seed([1; 32]));
        Transaction::sign(&origin, &member, &key, [2; 16], Timestamp(9_000), statements)
    };
    let one_among = |count: usize| [vec![evidence.clone(); count - 1], vec![judgment.clone()]].concat();
    assert!(signed(one_among(ACTS_MAX)).is_ok() && signed(vec![judgment.clone(); ACTS_MAX]).is_ok());
    for above in [one_among(ACTS_MAX + 1), vec![judgment; ACTS_MAX + 1]] {
        assert_eq!(signed(above), Err(TransactionError::TooMany("judgment")));
    }
    assert!(signed(vec![evidence; ACTS_MAX + 1]).is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]
    #[test]
    fn f20_mutated_transactions_never_panic(at: proptest::sample::Index, byte: u8, kind in 0u8..3) {
        let mut text = sign(2).unwrap().to_text().into_bytes();
        let at = at.index(text.len());
        match kind {
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            _ => drop(text.remove(at)),
        }
        let _ = Transaction::from_client(&text);
        if let Ok(transaction) = Transaction::from_text(&text, true) {
            proptest::prop_assert_eq!(transaction.to_text().into_bytes(), text);
        }
    }

    #[test]
    fn f18_payload_round_trip(count in 1u64..=4096, nonce: [u8; 16], not_after in 0..=crate::bytes::time::TIMESTAMP_MAX.0, root: [u8; 32]) {
        let payload = Payload {
            chain: Origin::new(Name::new("net").unwrap(), sha256(&nonce)),
            count,
            key: PublicKey(root),
            member: Name::new("notary-1").unwrap(),
            nonce: hex::encode(nonce),
            not_after: Timestamp(not_after),
            statements: Digest(root),
            v: 1,
        };
        let text = canonical::to_text(&payload);
        proptest::prop_assert_eq!(payload.check(), Ok(()));
        proptest::prop_assert_eq!(canonical::from_text::<Payload>(text.as_bytes(), PAYLOAD_BYTES_MAX), Ok(payload));
    }
}
