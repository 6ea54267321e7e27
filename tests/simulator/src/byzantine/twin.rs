//! The twin: a court's keys run on two machines. Each is honest, and neither knows of the other.

/// Whether instance `instance` of a twin court talks to node `peer` at `now_ms`. Each peer hears one of the
/// two, and now and then the other one.
pub fn serves(instance: usize, peer: usize, now_ms: u64) -> bool {
    (now_ms / 20_000 + peer as u64) % 2 == instance as u64
}
