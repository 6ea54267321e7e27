//! Every named bound of a court, in one place. Inclusive, as those of the formats in
//! [`courtseal_proof::limits`].

/// Bytes of transactions that wait in the mempool, all together.
pub const MEMPOOL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Transactions that wait in the mempool, all together.
pub const MEMPOOL_TRANSACTIONS_MAX: usize = 100_000;
/// Share of the mempool that one court's members may fill, as a divisor of both bounds above.
pub const MEMPOOL_COURT_SHARE: usize = 2;
/// Share of the mempool that one member may fill, as a divisor of both bounds above.
pub const MEMPOOL_MEMBER_SHARE: usize = 4;
/// Contradictions of one accused court that this court states on one day of block time.
pub const EVIDENCE_PER_DAY_MAX: usize = 4;
/// Contradictions that this court is stating at the same time.
pub const EVIDENCE_OPEN_MAX: usize = 4 * courtseal_proof::limits::COURTS_MAX;
/// Longest frame between courts, in bytes: a consensus message with a block and its certificate, and a byte
/// of kind.
pub const FRAME_BYTES_MAX: usize = courtseal_consensus::message::MESSAGE_BYTES_MAX + 64;
/// Longest frame that is sent on the urgent lane, in bytes.
pub const URGENT_FRAME_BYTES_MAX: usize = 32 * 1024 + 64;
/// Behind by more blocks than this, a court fetches them as a snapshot.
pub const FAR_BEHIND_BLOCKS: u64 = 500;
/// Longest wait for a stream, a request or a frame of a snapshot, in milliseconds; then another court is
/// asked.
pub const SNAPSHOT_FRAME_MS_MAX: u64 = 10_000;
/// Pause after a fetch that no court could complete, in milliseconds; block sync goes on meanwhile.
pub const SNAPSHOT_PAUSE_MS: u64 = 10_000;
/// Deepest nesting of JSON from a client.
pub const JSON_DEPTH_MAX: usize = 16;
/// Sizes of the log for which cosignatures are collected at the same time.
pub const COSIGNED_SIZES_MAX: usize = 64;
/// Pause between two cosignatures of one court that are verified to replace an earlier one for the same size
/// and root, in milliseconds (N6).
pub const RENEWAL_PAUSE_MS: u64 = 1_000;
/// Bytes of waiting transactions that a court is sent when it connects.
pub const RESENT_BYTES_MAX: usize = 16 * 1024 * 1024;
