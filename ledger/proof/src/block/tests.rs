//! Blocks: bounds at the limit and one above, and one encoding for a block.

use super::*;

fn block(transactions: Vec<Vec<u8>>) -> Block {
    let chain = Digest([1; 32]);
    Block {
        header: Header {
            chain,
            protocol: 1,
            height: 2,
            time: Timestamp(3),
            previous: Digest([4; 32]),
            body: body_digest(&chain, &transactions),
            log_root: Digest([6; 32]),
            log_size: 7,
            courts: Digest([8; 32]),
            next_courts: Digest([9; 32]),
            proposer: PublicKey([10; 32]),
        },
        transactions,
    }
}

#[test]
fn round_trip_and_every_flipped_bit() {
    let block = block(vec![b"one".to_vec(), vec![], b"three".to_vec()]);
    let bytes = block.encode();
    assert_eq!(codec::encode(&block.header).len(), 250);
    assert_eq!(Block::decode(&bytes), Ok(block.clone()));
    for bit in 0..bytes.len() * 8 {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        if let Ok(decoded) = Block::decode(&other) {
            assert_ne!(decoded.header.digest(), block.header.digest(), "bit {bit} is bound by the header's digest");
        }
    }
}

#[test]
fn bounds_are_exact() {
    let full = block(vec![vec![0; BODY_BYTES_MAX]]);
    assert!(Block::decode(&full.encode()).is_ok());
    let over = block(vec![vec![0; BODY_BYTES_MAX], vec![0]]);
    assert!(matches!(Block::decode(&over.encode()), Err(BlockError::TooLarge(2, _))));
    let many = block(vec![vec![]; BODY_TRANSACTIONS_MAX]);
    assert!(Block::decode(&many.encode()).is_ok());
    let over = block(vec![vec![]; BODY_TRANSACTIONS_MAX + 1]);
    assert!(matches!(Block::decode(&over.encode()), Err(BlockError::TooLarge(20_001, 0))));
}

proptest::proptest! {
    #[test]
    fn f23_blocks_round_trip_and_mutated_ones_never_panic(
        transactions in proptest::collection::vec(proptest::collection::vec(0u8.., 0..40), 0..6),
        at: proptest::sample::Index,
        byte: u8,
    ) {
        let block = block(transactions);
        let mut bytes = block.encode();
        proptest::prop_assert_eq!(Block::decode(&bytes), Ok(block));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(other) = Block::decode(&bytes) {
            proptest::prop_assert_eq!(other.encode(), bytes);
        }
    }

    #[test]
    fn f22_random_bytes_of_the_right_length_are_one_header(bytes in proptest::collection::vec(0u8.., 250)) {
        let header: Header = codec::decode(&bytes, 250).unwrap();
        proptest::prop_assert_eq!(codec::encode(&header), bytes);
    }
}
