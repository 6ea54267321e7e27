//! The ledger's bounds: a value at each bound is accepted, one above is not.

use super::*;
use crate::limits::PART_BYTES_MAX;
use crate::snapshot::{Frame, SnapshotReader};

#[test]
fn so_many_valid_blocks_are_remembered_and_the_oldest_is_forgotten() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let built = |n: u64| ledger.build(ledger.head().time.plus_ms(n), network.proposer(), []).unwrap().digest();
    let digests: Vec<_> = (1..=VALID_BLOCKS_MAX as u64).map(built).collect();
    assert!(digests.iter().all(|digest| ledger.remembered(digest).is_some()), "at the bound");
    let one_above = built(VALID_BLOCKS_MAX as u64 + 1);
    assert!(ledger.remembered(&one_above).is_some());
    let remembered: Vec<_> = digests.iter().map(|digest| ledger.remembered(digest).is_some()).collect();
    assert_eq!(remembered, [&[false][..], &[true; VALID_BLOCKS_MAX - 1]].concat());
    // Judged again, it counts as the newest and is kept once.
    assert_eq!(built(VALID_BLOCKS_MAX as u64 + 1), one_above);
    assert!(ledger.remembered(&digests[1]).is_some());
}

/// A log of empty blocks, each of `each` bytes with its certificate. The first one's certificate is longer by
/// `more`.
fn padded(network: &Network, blocks: usize, each: usize, more: usize) -> Ledger {
    let ledger = network.ledger();
    for n in 0..blocks {
        let block = network.block(&ledger, &[]).read().clone();
        let certificate = vec![0; each - block.bytes().len() + if n == 0 { more } else { 0 }];
        ledger.import(&[(block, certificate)]).unwrap();
    }
    ledger
}

#[test]
fn s10_a_part_is_cut_at_its_bytes() {
    const EACH: usize = 64 * 1024;
    let network = Network::new(1);
    let full = PART_BYTES_MAX / EACH;
    let cut = |more: usize| {
        let ledger = padded(&network, full + 1, EACH, more);
        let (_, mut reader) = SnapshotReader::new(&ledger, 1).unwrap();
        let mut parts = Vec::new();
        while let Frame::Part(blocks) = reader.frame().unwrap() {
            parts.push(blocks.len());
        }
        parts
    };
    assert_eq!(cut(0), [full, 1], "at the bound");
    assert_eq!(cut(1), [full - 1, 2], "one above");
}

#[test]
fn s9_a_certificate_is_imported_up_to_its_bound() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let block = network.block(&ledger, &[]).read().clone();
    let import = |bytes: usize| ledger.import(&[(block.clone(), vec![0; bytes])]);
    assert!(matches!(import(CERTIFICATE_BYTES_MAX + 1), Err(Error::OutOfRange(_))));
    assert_eq!(import(CERTIFICATE_BYTES_MAX).unwrap().len(), 1);
    assert_eq!(ledger.block(1).unwrap().map(|(_, certificate)| certificate.len()), Some(CERTIFICATE_BYTES_MAX));
}
