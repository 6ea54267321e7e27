//! The RPC as types (specs/rpc.md): its routes, requests, answers and error codes.
//!
//! In: values. Out: their JSON, by serde.
//! Always: node, command line and tests use these types, so that the two ends cannot differ. A code or a state is compared as a
//! value of its enum; its spelling is written here and nowhere else.
//! Not for HTTP: who serves and who asks is up to `courtseal-node` and the command line.

pub mod answer;
pub mod code;
mod heard;
mod pieces;
pub mod request;
pub mod route;
pub mod status;

pub use code::{Code, Nature};
pub use heard::Heard;
pub use pieces::Pieces;
pub use request::Request;
pub use route::{Method, ROUTES, Route};
