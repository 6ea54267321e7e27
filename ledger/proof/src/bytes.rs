//! How a value becomes bytes: digests, keys, names, times, and the encodings of all that is signed or stored.
//!
//! In: values, or bytes that claim to be one.
//! Out: bytes, or the value.
//! Always: one value has one encoding. Lengths are bounded before anything is allocated.
//! Not for what a value means: nothing here knows statements, entries or courts.

pub mod base64_text;
pub mod canonical;
pub mod codec;
pub mod digest;
pub mod key;
pub mod limits;
pub mod name;
pub mod time;
