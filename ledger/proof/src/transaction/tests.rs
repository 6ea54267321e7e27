//! Transactions: round trip, every bound, every altered bit, and what DSSE tools write.

use super::*;
use crate::statement::FileDigests;

fn statement(i: u64) -> Statement {
    Statement::public(FileDigests { sha256: sha256(&i.to_be_bytes()), sha512: None }, i)
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
    let leaves = statement_leaves(transaction.statements());
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
