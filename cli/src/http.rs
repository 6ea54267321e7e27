//! Asking nodes over HTTP: the next one, at once, when one is down, slow or answers wrongly.
//!
//! In: URLs, paths, bodies. Out: answers by status, or the failure of R1 in words. Always: an answer's length
//! is bounded. Time limits (K6) are for silence, not for length. A node on this machine is never asked
//! through a proxy. Not for believing answers: the caller judges them.

mod client;
mod node;
mod reply;
mod roots;
pub mod url;

pub use client::Client;
pub use node::{COMING_MAX, Node};
pub use reply::{Answer, NoAnswer, bounded, none_answers};
