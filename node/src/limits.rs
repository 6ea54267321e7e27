//! All named bounds of the node. Those of the court are in [`courtseal_court::limits`].
//!
//! In: nothing.
//! Out: constants, with their unit last in the name.
//! Always: a bound is inclusive, like the bounds of the formats in [`courtseal_proof::bytes::limits`].
//! Not for bounds that a configuration sets: here are only their defaults.

use courtseal_court::limits::FRAME_BYTES_MAX;

/// Most bytes that wait to be sent to one peer (N7): at least two of the longest messages. One more
/// disconnects the peer, which then catches up.
pub const PEER_QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most messages that wait to be sent to one peer on each stream (N7).
pub const PEER_QUEUE_MESSAGES_MAX: usize = 16_384;
/// Most small messages of one court that wait for the validator (N8). At this bound the court's urgent stream
/// is not read.
pub const URGENT_QUEUE_MESSAGES_MAX: usize = 256;
/// Most blocks and transactions of one court that wait for the validator (N8). At this bound the court's bulk
/// stream is not read.
pub const BULK_QUEUE_MESSAGES_MAX: usize = 1_024;
/// Most bytes of these blocks and transactions: two of the longest frames (N8).
pub const BULK_QUEUE_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// Most inputs of all clients that wait for the validator (N8). At this bound further inputs wait outside the
/// queue.
pub const CLIENTS_QUEUE_MESSAGES_MAX: usize = 1_024;
/// Most small messages that are handled in a row while blocks, transactions or clients wait (N8).
pub const URGENT_RUN_MAX: usize = 8;
/// Small messages that are read from one court a second (N9).
pub const URGENT_MESSAGES_PER_S: u64 = 2_000;
/// Small messages that are read from one court at once (N9).
pub const URGENT_MESSAGES_BURST: u64 = 4_000;
/// Units of bulk that are read from one court a second (N9): one for each frame, and one for each begun
/// [`BULK_UNIT_BYTES`].
pub const BULK_UNITS_PER_S: u64 = 8_000;
/// Units of bulk that are read from one court at once (N9).
pub const BULK_UNITS_BURST: u64 = 16_000;
/// Bytes of one unit of bulk (N9).
pub const BULK_UNIT_BYTES: usize = 16 * 1024;
/// Messages that are read from one court a second and cost this node more than their sender (N9): requests
/// for blocks, hellos, transactions of unknown members.
pub const COSTLY_MESSAGES_PER_S: u64 = 10;
/// Such messages that are read from one court at once (N9).
pub const COSTLY_MESSAGES_BURST: u64 = 40;
/// Most bytes that wait for a court that requests blocks (N9). Above this bound its request is dropped.
pub const ANSWERS_WAITING_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// Most courts that are sent a snapshot at the same time, on one stream each (N10). Others must ask another
/// court.
pub const SNAPSHOTS_SERVED_MAX: usize = 4;
/// Most damaged ledgers that are kept beside the one in use (S11).
pub const DAMAGED_LEDGERS_MAX: u32 = 3;
/// Longest wait that a client may ask for, in milliseconds (R2).
pub const WAIT_MS_MAX: u64 = 60_000;
/// Most bytes of request bodies of all clients that are held at a time (R11). Further requests wait.
pub const BODIES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most bytes of large answers that are made or held for clients at a time (R11). Further answers wait.
pub const ANSWERS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Part of the two bounds above that one address may have, as a divisor (R12).
pub const ADDRESS_SHARE: usize = 2;
/// Most receipts of one transaction that are made at a time (R11). An answer with more is sent in pieces.
pub const RECEIPTS_PER_PIECE: u64 = 512;
/// Most memory of one receipt while it is made and written as JSON, its checkpoint left out, in bytes.
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
/// Most bytes of an oversized body that are read and dropped before the connection is closed.
pub const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Clients' connections at the same time, each with one request under way; for one more, one that is idle is
/// closed. At most half of all open files.
pub const CONNECTIONS_MAX: usize = 1_024;
/// How long the first byte of a client's first request may take, in milliseconds.
pub const FIRST_BYTE_MS_MAX: u64 = 3_000;
/// How long a new connection waits for the place of the one that is closed for it, in milliseconds.
pub const PLACE_MS_MAX: u64 = 100;
/// Most bytes of a request's first line and headers, the empty line included (R11).
pub const HEADERS_BYTES_MAX: usize = 64 * 1024;
/// Most headers of a request (R11).
pub const HEADERS_MAX: usize = 100;
/// A validator that has handled nothing for longer than this hangs, in milliseconds (R27). It looks at its
/// clock each second.
pub const VALIDATOR_IDLE_MS_MAX: u64 = 5_000;
/// Most configured names under which a node answers (R25).
pub const RPC_NAMES_MAX: usize = 64;
/// Longest time in which a connection accepts new requests, in milliseconds (R11).
pub const CONNECTION_MS_MAX: u64 = 120_000;
/// Longest time that a stopping node gives to requests under way, in milliseconds.
pub const STOPPING_MS_MAX: u64 = 5_000;
/// Longest time in which a client sends its headers, and then begins its body, in milliseconds (R11).
pub const REQUEST_MS_MAX: u64 = 10_000;
/// Least speed of a body after that, in bytes a second (R11): half of what a line of 128 kbit/s carries.
pub const SENDING_BYTES_PER_S_MIN: u64 = 8 * 1024;
/// Most entries that one request returns.
pub const ENTRIES_PER_REQUEST_MAX: usize = 1_000;
/// Most bytes of entries that one request returns, apart from the last entry.
pub const ENTRIES_BYTES_PER_REQUEST_MAX: usize = 4 * 1024 * 1024;
/// Pause before a court is dialled again, in milliseconds (N1). It applies to a court with another genesis,
/// or at whose address another identity answers.
pub const FOREIGN_PAUSE_MS: u64 = 10_000;
/// Most established connections between two courts (N1).
pub const CONNECTIONS_PER_PEER_MAX: u32 = 4;
/// Connections that may be under way at the courts' listener, those from courts' own addresses left out. At
/// most an eighth of all open files.
pub const PENDING_CONNECTIONS_MAX: usize = 512;
/// Connections that may be under way at the courts' listener from one address: a network on one machine dials
/// all at once.
pub const PENDING_PER_ADDRESS_MAX: usize = courtseal_proof::bytes::limits::COURTS_MAX;
/// Connections that one address may begin there a second.
pub const PENDING_PER_ADDRESS_PER_S: u64 = 32;
/// The same, at once.
pub const PENDING_PER_ADDRESS_BURST: u64 = 256;
/// Longest time in which a connection between courts is made, handshake included, in milliseconds (N1).
pub const HANDSHAKE_MS_MAX: u64 = 5_000;
/// Most streams of one connection between courts (N1). Each side opens two.
pub const STREAMS_PER_CONNECTION_MAX: usize = 16;
