//! The project's one bincode (F9): fixed-width little-endian integers, bounded, trailing bytes refused.
//!
//! In: values of types without maps, floats or `usize`.
//! Out: bytes, and back.
//! Always: a length is checked against the limit before anything of that length is allocated. Bytes that
//! decode are the only bytes of that value; property tests of each type show it.
//! Not for texts that people sign or receive, see [`crate::bytes::canonical`].

use bincode::Options;
use serde::{Serialize, de::DeserializeOwned};

/// The reason why bytes were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// There are more bytes than the limit.
    #[error("{length_bytes} bytes, at most {limit_bytes} are accepted")]
    TooLong {
        /// Number of bytes given.
        length_bytes: usize,
        /// Number of bytes accepted.
        limit_bytes: usize,
    },
    /// The bytes are no encoding of the type: cut short, trailing bytes, an unknown variant or an inner
    /// length past the limit.
    #[error("malformed: {0}")]
    Malformed(String),
}

/// The bytes of `value`.
///
/// # Panics
/// Never for the types of this project: writing to memory cannot fail, and no type here has an unsized
/// sequence.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .serialize(value)
        .expect("serialising a type of known shape to memory cannot fail")
}

/// Writes the bytes of `value` after those that are there.
///
/// # Panics
/// Never, as [`encode`].
pub fn encode_onto<T: Serialize>(bytes: &mut Vec<u8>, value: &T) {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .serialize_into(bytes, value)
        .expect("serialising a type of known shape to memory cannot fail");
}

/// Reads one value from exactly these bytes.
///
/// # Errors
/// [`CodecError`]. Nothing larger than `limit_bytes` was allocated then.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], limit_bytes: usize) -> Result<T, CodecError> {
    if bytes.len() > limit_bytes {
        return Err(CodecError::TooLong { length_bytes: bytes.len(), limit_bytes });
    }
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .with_limit(bytes.len() as u64)
        .reject_trailing_bytes()
        .deserialize(bytes)
        .map_err(|error| CodecError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_bytes_only() {
        let bytes = encode(&(7u16, vec![1u8, 2]));
        assert_eq!(bytes, [7, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(decode::<(u16, Vec<u8>)>(&bytes, 12), Ok((7, vec![1, 2])));
        assert!(matches!(decode::<(u16, Vec<u8>)>(&bytes, 11), Err(CodecError::TooLong { .. })));
        assert!(decode::<(u16, Vec<u8>)>(&bytes[..11], 99).is_err());
        assert!(decode::<(u16, Vec<u8>)>(&[&bytes[..], &[0]].concat(), 99).is_err());
    }

    #[test]
    fn a_false_length_allocates_nothing() {
        let bytes = encode(&(u64::MAX / 2));
        assert!(decode::<Vec<u8>>(&bytes, 1 << 30).is_err());
        assert!(decode::<Vec<Vec<u8>>>(&encode(&(1u64 << 40)), 1 << 30).is_err());
    }
}
