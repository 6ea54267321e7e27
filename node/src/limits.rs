//! Every named bound of the node, in one place; those of the court are in [`courtseal_court::limits`].
//! Inclusive, as those of the formats in [`courtseal_proof::limits`].

use courtseal_court::limits::FRAME_BYTES_MAX;

/// Bytes that wait to be sent to one peer, before it is disconnected and must catch up: at least two of the
/// longest messages.
pub const PEER_QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Messages that wait to be sent to one peer.
pub const PEER_QUEUE_MESSAGES_MAX: usize = 16_384;
/// Small messages of one court that wait for the validator, before it is not read.
pub const URGENT_LINE_MESSAGES_MAX: usize = 256;
/// Blocks and transactions of one court that wait for the validator, before it is not read.
pub const BULK_LINE_MESSAGES_MAX: usize = 1_024;
/// Their bytes: two of the longest.
pub const BULK_LINE_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// Inputs of all clients that wait for the validator, before more must wait.
pub const CLIENTS_LINE_MESSAGES_MAX: usize = 1_024;
/// Small messages that are handled in a row while blocks, transactions or clients wait.
pub const URGENT_RUN_MAX: usize = 8;
/// Small messages that one court is read a second, and at once.
pub const URGENT_MESSAGES_PER_S: u64 = 2_000;
/// See [`URGENT_MESSAGES_PER_S`].
pub const URGENT_MESSAGES_BURST: u64 = 4_000;
/// What one court is read of blocks and transactions a second, and at once: each counts 1, and 1 more for
/// every begun [`BULK_UNIT_BYTES`].
pub const BULK_UNITS_PER_S: u64 = 8_000;
/// See [`BULK_UNITS_PER_S`].
pub const BULK_UNITS_BURST: u64 = 16_000;
/// See [`BULK_UNITS_PER_S`].
pub const BULK_UNIT_BYTES: usize = 16 * 1024;
/// Messages of one court that cost this node more than its sender, a second: requests for blocks, hellos,
/// transactions of nobody.
pub const COSTLY_MESSAGES_PER_S: u64 = 10;
/// The same, at once.
pub const COSTLY_MESSAGES_BURST: u64 = 40;
/// A court for which more bytes wait to be sent is sent no further blocks on request.
pub const ANSWERS_WAITING_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// Courts that are sent a snapshot at the same time, one stream each; more are told to ask another one.
pub const SNAPSHOTS_SERVED_MAX: usize = 4;
/// Damaged ledgers that are kept beside the one in use.
pub const DAMAGED_LEDGERS_MAX: u32 = 3;
/// Longest wait that a client may ask for, in milliseconds.
pub const WAIT_MS_MAX: u64 = 60_000;
/// Bytes of all clients' request bodies that are held at the same time; more wait.
pub const BODIES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of large answers that are made or held for clients to read at the same time; more wait.
pub const ANSWERS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Share of the two bounds above that one address may have, as a divisor.
pub const ADDRESS_SHARE: usize = 2;
/// Receipts of one transaction that are made at a time: an answer with more is sent in pieces.
pub const RECEIPTS_PER_PIECE: u64 = 512;
/// What a receipt may take while it is made and written as JSON, its checkpoint left out, in bytes.
pub const RECEIPT_MAKING_BYTES: usize = 16 * 1024;
/// A client that does not read so many bytes of an answer that waits for it, within [`READING_MS_MAX`], is
/// disconnected.
pub const READING_BYTES_MIN: usize = 80 * 1024;
/// See [`READING_BYTES_MIN`], in milliseconds.
pub const READING_MS_MAX: u64 = 10_000;
/// What a request costs its address's rate, in bytes, besides its answer.
pub const REQUEST_COST_BYTES: u64 = 4 * 1024;
/// What a byte of a request's body costs it.
pub const BODY_BYTE_COST: u64 = 4;
/// Seconds' worth of its rate that an address may save up.
pub const RATE_BURST_S: u64 = 8;
/// Connections of clients from one address, unless the configuration says otherwise.
pub const CONNECTIONS_PER_ADDRESS: usize = 256;
/// What one address may ask for a second, in bytes, unless the configuration says otherwise.
pub const BYTES_PER_ADDRESS_PER_S: u64 = 64 * 1024 * 1024;
/// Addresses that each listener remembers.
pub const ADDRESSES_MAX: usize = 16_384;
/// Bytes of a body that is too long which are read and thrown away before the connection is closed.
pub const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Clients' connections at the same time, each with one request under way; for one more, one that is idle is
/// closed. At most half of all open files.
pub const CONNECTIONS_MAX: usize = 1_024;
/// How long the first byte of a client's first request may take, in milliseconds.
pub const FIRST_BYTE_MS_MAX: u64 = 3_000;
/// How long a new connection waits for the place of the one that is closed for it, in milliseconds.
pub const PLACE_MS_MAX: u64 = 100;
/// Bytes of a request's first line and headers, the empty line included.
pub const HEADERS_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request.
pub const HEADERS_MAX: usize = 100;
/// A validator that has handled nothing for longer stands still, in milliseconds: it looks at its clock each
/// second.
pub const TURN_MS_MAX: u64 = 5_000;
/// Names under which a node answers, besides addresses and `localhost`.
pub const RPC_NAMES_MAX: usize = 64;
/// How long a connection takes new requests, in milliseconds.
pub const CONNECTION_MS_MAX: u64 = 120_000;
/// How long a node that stops lets requests under way finish, in milliseconds.
pub const STOPPING_MS_MAX: u64 = 5_000;
/// How long a client may take to send its headers, and then to begin its body, in milliseconds.
pub const REQUEST_MS_MAX: u64 = 10_000;
/// How fast a body comes after that, in bytes a second: half of what a line of 128 kbit/s carries.
pub const SENDING_BYTES_PER_S_MIN: u64 = 8 * 1024;
/// Most entries that one request returns.
pub const ENTRIES_PER_REQUEST_MAX: usize = 1_000;
/// Most bytes of entries that one request returns.
pub const ENTRIES_BYTES_PER_REQUEST_MAX: usize = 4 * 1024 * 1024;
/// Pause before a court is dialled again that has another genesis, or at whose address another identity
/// answers, in milliseconds.
pub const FOREIGN_PAUSE_MS: u64 = 10_000;
/// Most connections between two courts.
pub const CONNECTIONS_PER_PEER_MAX: u32 = 4;
/// Connections that may be under way at the courts' listener, those from courts' own addresses left out. At
/// most an eighth of all open files.
pub const PENDING_CONNECTIONS_MAX: usize = 512;
/// Connections that may be under way at the courts' listener from one address: a network on one machine dials
/// all at once.
pub const PENDING_PER_ADDRESS_MAX: usize = courtseal_proof::limits::COURTS_MAX;
/// Connections that one address may begin there a second.
pub const PENDING_PER_ADDRESS_PER_S: u64 = 32;
/// The same, at once.
pub const PENDING_PER_ADDRESS_BURST: u64 = 256;
/// How long a connection between courts may take to be made, handshake included, in milliseconds.
pub const HANDSHAKE_MS_MAX: u64 = 5_000;
/// Streams that one connection between courts carries; each side opens two.
pub const STREAMS_PER_CONNECTION_MAX: usize = 16;
