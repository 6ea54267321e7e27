//! The named bounds of the formats, all of them (specs/formats.md, "Bounds").
//!
//! In: nothing.
//! Out: constants.
//! Always: each bound is inclusive. A value equal to it is accepted, one above is refused.
//! Not for the bounds of queues and sockets, which the node has.

/// Largest integer in any signed text: 2^53 - 1, the largest that every JSON reader represents exactly.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;
/// Deepest nesting of objects and arrays in a signed text, the outermost counted.
pub const NESTING_MAX: usize = 256;
/// Longest name of a network, court or member, in bytes.
pub const NAME_BYTES_MAX: usize = 40;
/// Longest canonical statement of the kind `evidence`, in bytes.
pub const EVIDENCE_BYTES_MAX: usize = 2 * 1024;
/// Longest canonical statement of every other kind, in bytes.
pub const ACT_BYTES_MAX: usize = 4 * 1024;
/// Longest `statement` or `rejection` entry, in bytes, unless its kind's statements need more.
pub const ENTRY_BYTES_MAX: usize = 8 * 1024;
/// How much longer than its statement an entry may be, in bytes.
pub const ENTRY_BEYOND_STATEMENT_BYTES_MAX: usize = 4 * 1024;
/// Longest system entry (`genesis`, `epoch`, `state`), in bytes: what C2SP `tlog-tiles` can carry.
pub const SYSTEM_ENTRY_BYTES_MAX: usize = 65_535;
/// Most statements in one transaction.
pub const STATEMENTS_MAX: usize = 4_096;
/// Most statements in a transaction with a statement of another kind than `evidence` (L13).
pub const ACTS_MAX: usize = 64;
/// Most entries that the statements of one body name (L13).
pub const BODY_REFERENCES_MAX: u64 = 4_096;
/// Most facts that the statements of one body write (L13).
pub const BODY_WRITES_MAX: u64 = 4_096;
/// Most marks that the statements of one body set or clear (L13).
pub const BODY_MARKS_MAX: u64 = 1_024;
/// Longest canonical transaction, statements included, in bytes.
pub const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest signed payload inside an envelope, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 2 * 1024;
/// Most bytes of transactions in one block.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most transactions in one block.
pub const BODY_TRANSACTIONS_MAX: usize = 20_000;
/// Longest encoded block: the body, eight bytes of length for each transaction, and the header.
pub const BLOCK_BYTES_MAX: usize = BODY_BYTES_MAX + 8 * BODY_TRANSACTIONS_MAX + 1024;
/// Most courts in one epoch.
pub const COURTS_MAX: usize = 64;
/// Most members that a genesis can list.
pub const GENESIS_MEMBERS_MAX: usize = 10_000;
/// Longest genesis document, in bytes.
pub const GENESIS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest peer address in a genesis, in bytes.
pub const ADDRESS_BYTES_MAX: usize = 200;
/// Longest media type, in bytes.
pub const MEDIA_TYPE_BYTES_MAX: usize = 127;
/// Longest policy file, in bytes.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;
/// Longest receipt, in bytes.
pub const RECEIPT_BYTES_MAX: usize = 256 * 1024;
/// Longest opening file, in bytes.
pub const OPENING_BYTES_MAX: usize = 16 * 1024;
/// Longest path of an inclusion or consistency proof, in hashes.
pub const PATH_HASHES_MAX: usize = 64;
/// Latest time of a cosignature, in POSIX seconds: 2^63 - 1, as C2SP `tlog-cosignature` has it.
pub const COSIGNED_AT_S_MAX: u64 = (1 << 63) - 1;
/// Most seconds that a cosignature's time may be before the entry's recorded time, because clocks may differ
/// by that much (F43).
pub const COSIGNED_BEFORE_RECORDED_S_MAX: u64 = 10;
/// How far past a block's time a transaction's `not_after` may lie, in milliseconds: 24 hours.
pub const NOT_AFTER_AHEAD_MS_MAX: u64 = 24 * 60 * 60 * 1000;
/// How far past a block's time an asserted time may lie, in milliseconds: 10 minutes of clock error.
pub const ASSERTED_AHEAD_MS_MAX: u64 = 10 * 60 * 1000;
