//! All named bounds of a court.
//!
//! In: nothing.
//! Out: constants, with their unit last in the name.
//! Always: a bound is inclusive, like the bounds of the formats in [`courtseal_proof::bytes::limits`].
//! Not for bounds of a node's network and RPC, which the node defines.

/// Most bytes of transactions that wait in the mempool (N12).
pub const MEMPOOL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most transactions that wait in the mempool (N12).
pub const MEMPOOL_TRANSACTIONS_MAX: usize = 100_000;
/// Part of the mempool that the members of one court may fill, as a divisor of both bounds above (N12).
pub const MEMPOOL_COURT_SHARE: usize = 2;
/// Part of the mempool that one member may fill, as a divisor of both bounds above (N12).
pub const MEMPOOL_MEMBER_SHARE: usize = 4;
/// Most contradictions of one accused court that this court states on one day of block time.
pub const EVIDENCE_PER_DAY_MAX: usize = 4;
/// Most contradictions that this court is stating at the same time.
pub const EVIDENCE_OPEN_MAX: usize = 4 * courtseal_proof::bytes::limits::COURTS_MAX;
/// Longest frame between courts, in bytes: a consensus message with a block and its certificate, and a byte
/// of kind.
pub const FRAME_BYTES_MAX: usize = courtseal_consensus::message::MESSAGE_BYTES_MAX + 64;
/// Longest frame on the urgent stream, in bytes (N2).
pub const URGENT_FRAME_BYTES_MAX: usize = 32 * 1024 + 64;
/// A court that is behind by more blocks than this fetches a snapshot (N10).
pub const FAR_BEHIND_BLOCKS: u64 = 500;
/// Longest wait for a stream, a request or a frame of a snapshot, in milliseconds (N10). After it another
/// court is asked.
pub const SNAPSHOT_FRAME_MS_MAX: u64 = 10_000;
/// Pause after a fetch, completed or not, in milliseconds (N10). Block sync continues meanwhile.
pub const SNAPSHOT_PAUSE_MS: u64 = 10_000;
/// Deepest nesting of JSON that a client may send (R2).
pub const JSON_DEPTH_MAX: usize = 16;
/// Most sizes of the log for which cosignatures are collected at the same time.
pub const COSIGNED_SIZES_MAX: usize = 64;
/// Interval of verified cosignatures of one court that may replace one for the same size and root, in
/// milliseconds (N6).
pub const RENEWAL_PAUSE_MS: u64 = 1_000;
/// Most bytes of waiting transactions that a court is sent when it connects (N5).
pub const RESENT_BYTES_MAX: usize = 16 * 1024 * 1024;
