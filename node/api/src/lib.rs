//! The RPC as types (specs/rpc.md): its routes, requests, answers and error codes.
//!
//! In: values.
//! Out: their JSON, by serde.
//! Always: node, command line and tests use these types, so that both ends agree.
//! A code or a state is compared as a value of its enum, and its spelling is written only here.
//! Not for HTTP: `courtseal-node` serves it, and the command line requests it.

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
