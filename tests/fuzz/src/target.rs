//! What a target is.
//!
//! In: bytes. Out: whether they were accepted. Not a list of targets: [`crate::targets`] is.

/// One decoder, verifier or state machine, fed with bytes.
pub struct Target {
    /// Its name, as in corpora and regressions.
    pub name: &'static str,
    /// Longest input worth trying, in bytes.
    pub length_bytes_max: usize,
    /// Feeds the bytes; whether they were accepted.
    ///
    /// # Panics
    /// If something does not hold.
    pub run: fn(&[u8]) -> bool,
    /// Inputs to begin with, the same on every call.
    pub seeds: fn() -> Vec<Vec<u8>>,
}
