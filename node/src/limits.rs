//! Every named bound of the node, in one place. Inclusive, as those of the formats in [`courtseal_proof::limits`].

/// Bytes of transactions that wait in the mempool, all together.
pub const MEMPOOL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Transactions that wait in the mempool, all together.
pub const MEMPOOL_TRANSACTIONS_MAX: usize = 100_000;
/// Share of the mempool that one court's members may fill, as a divisor of both bounds above.
pub const MEMPOOL_COURT_SHARE: usize = 2;
/// Share of the mempool that one member may fill, as a divisor of both bounds above.
pub const MEMPOOL_MEMBER_SHARE: usize = 4;
/// Bytes that wait to be sent to one peer, before it is disconnected and must catch up: at least two of the longest messages.
pub const PEER_QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Messages that wait to be sent to one peer.
pub const PEER_QUEUE_MESSAGES_MAX: usize = 16_384;
/// Messages of all peers and clients that wait for the validator, before senders must wait.
pub const VALIDATOR_QUEUE_MESSAGES_MAX: usize = 1_024;
/// Longest frame between courts, in bytes: a consensus message with a block and its certificate, and a byte of kind.
pub const FRAME_BYTES_MAX: usize = courtseal_consensus::message::MESSAGE_BYTES_MAX + 64;
/// Longest frame that is sent on the urgent lane, in bytes.
pub const URGENT_FRAME_BYTES_MAX: usize = 32 * 1024 + 64;
/// Behind by more blocks than this, a court fetches them as a snapshot.
pub const FAR_BEHIND_BLOCKS: u64 = 500;
/// Courts that are sent a snapshot at the same time, one stream each; more are told to ask another one.
pub const SNAPSHOTS_SERVED_MAX: usize = 4;
/// Longest wait for a stream, a request or a frame of a snapshot, in milliseconds; then another court is asked.
pub const SNAPSHOT_FRAME_MS_MAX: u64 = 10_000;
/// Pause after a fetch that no court could complete, in milliseconds; block sync goes on meanwhile.
pub const SNAPSHOT_PAUSE_MS: u64 = 10_000;
/// Damaged ledgers that are kept beside the one in use.
pub const DAMAGED_LEDGERS_MAX: u32 = 3;
/// Longest wait that a client may ask for, in milliseconds.
pub const WAIT_MS_MAX: u64 = 60_000;
/// Bytes of all clients' request bodies that are held at the same time; more wait for their turn.
pub const BODIES_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a body that is too long which are read and thrown away before the connection is closed.
pub const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Clients' connections at the same time, each with one request under way; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 1_024;
/// How long a connection takes new requests, in milliseconds.
pub const CONNECTION_MS_MAX: u64 = 120_000;
/// How long a client may take to send its headers, and then its body, in milliseconds.
pub const REQUEST_MS_MAX: u64 = 10_000;
/// Deepest nesting of JSON from a client.
pub const JSON_DEPTH_MAX: usize = 16;
/// Most entries that one request returns.
pub const ENTRIES_PER_REQUEST_MAX: usize = 1_000;
/// Most bytes of entries that one request returns.
pub const ENTRIES_BYTES_PER_REQUEST_MAX: usize = 4 * 1024 * 1024;
/// Sizes of the log for which cosignatures are collected at the same time.
pub const COSIGNED_SIZES_MAX: usize = 64;
/// Most connections between two courts.
pub const CONNECTIONS_PER_PEER_MAX: u32 = 4;
/// Connections that strangers may have under way.
pub const PENDING_CONNECTIONS_MAX: u32 = 512;
