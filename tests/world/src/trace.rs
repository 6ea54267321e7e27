//! The trace of a run: a digest of all that happened, and the same in words for whoever replays it.
//!
//! In: what happened, when, to which node.
//! Out: one digest; lines on stdout if asked.
//! Always: words cost nothing unless they are wanted.
//! Not for judging.

use courtseal_proof::bytes::digest::{Digest, Hasher};
use std::fmt::Display;

/// What happened so far.
pub struct Trace {
    hasher: Hasher,
    is_shown: bool,
    events: u64,
}

impl Trace {
    /// An empty trace; in words too if `is_shown`.
    pub fn new(is_shown: bool) -> Self {
        Self { hasher: Hasher::default(), is_shown, events: 0 }
    }

    /// Something happened at `now_ms` to node `node`: `kind` in one letter, `bytes` of it, and words.
    pub fn note(&mut self, now_ms: u64, node: usize, kind: u8, bytes: &[u8], words: impl FnOnce() -> String) {
        self.events += 1;
        self.hasher.update(&now_ms.to_be_bytes());
        self.hasher.update(&[node as u8, kind]);
        self.hasher.update(&(bytes.len() as u64).to_be_bytes());
        self.hasher.update(bytes);
        if self.is_shown {
            self.say(now_ms, format_args!("node {node:>2}  {}", words()));
        }
    }

    /// Whether words are wanted.
    pub fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Something worth a line of words, but not part of the digest.
    pub fn say(&self, now_ms: u64, words: impl Display) {
        if self.is_shown {
            println!("{:>9.3} s  {words}", now_ms as f64 / 1000.0);
        }
    }

    /// So many things happened.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The digest of all of them.
    pub fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }
}
