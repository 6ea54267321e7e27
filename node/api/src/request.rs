//! Requests: a route with its variable part and its parameters.
//!
//! In: digests, indices, sizes.
//! Out: the path of a request, as a client sends it; its parameters, as a node reads them.
//! Always: a parameter that a route does not have is an error.
//! Not for bodies: the only one is a transaction (F20).

use crate::route::Route;
use courtseal_proof::bytes::digest::Digest;
use serde::Deserialize;

/// A request without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The route of this request.
    pub route: Route,
    /// The whole path, with parameters.
    pub path: String,
}

/// Parameters of R2 and R3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// How long to wait for the record, in milliseconds.
    #[serde(default)]
    pub wait_ms: u64,
}

/// Parameters of R4 and R6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// First index to return.
    #[serde(default)]
    pub from: u64,
    /// Most entries to return. Without it the node returns as many as it allows.
    pub limit: Option<usize>,
}

/// Parameters of R7: two sizes of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// The earlier size.
    pub old: u64,
    /// The later size.
    pub new: u64,
}

impl Request {
    /// A request of a route that has neither a variable part nor parameters.
    pub fn plain(route: Route) -> Self {
        Self { route, path: route.row().path.to_owned() }
    }

    /// A request of a route with this variable part.
    fn of(route: Route, part: &dyn std::fmt::Display) -> Self {
        let path = route.row().path;
        let start = path.split('{').next().unwrap_or(path);
        Self { route, path: format!("{start}{part}") }
    }

    /// Adds parameters to the path.
    fn with(self, parameters: &str) -> Self {
        Self { path: format!("{}?{parameters}", self.path), ..self }
    }

    /// R2: submits a transaction, and waits up to `wait_ms` for the record.
    pub fn submit(wait_ms: u64) -> Self {
        Self::plain(Route::Submit).with(&format!("wait_ms={wait_ms}"))
    }

    /// R3: the status of a transaction, without waiting.
    pub fn transaction(id: &Digest) -> Self {
        Self::of(Route::Transaction, id)
    }

    /// R3: the status of a transaction, after waiting up to `wait_ms` for the record.
    pub fn awaited_transaction(id: &Digest, wait_ms: u64) -> Self {
        Self::transaction(id).with(&format!("wait_ms={wait_ms}"))
    }

    /// R4: a page of entries.
    pub fn entries(from: u64, limit: u64) -> Self {
        Self::plain(Route::Entries).with(&format!("from={from}&limit={limit}"))
    }

    /// R4: one entry.
    pub fn entry(index: u64) -> Self {
        Self::of(Route::Entry, &index)
    }

    /// R5: an entry's receipt.
    pub fn receipt(index: u64) -> Self {
        Self::of(Route::Receipt, &index)
    }

    /// R6: entries that name this SHA-256.
    pub fn digest(sha256: &Digest) -> Self {
        Self::of(Route::Digest, sha256)
    }

    /// R7: a proof that the log of one size continues that of another.
    pub fn consistency(sizes: Sizes) -> Self {
        Self::plain(Route::Consistency).with(&format!("old={}&new={}", sizes.old, sizes.new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let digest = Digest([0xab; 32]);
        let hex = "ab".repeat(32);
        for (request, path) in [
            (Request::plain(Route::Status), "/v1/status".to_owned()),
            (Request::submit(5_000), "/v1/transactions?wait_ms=5000".to_owned()),
            (Request::transaction(&digest), format!("/v1/transactions/{hex}")),
            (Request::awaited_transaction(&digest, 1), format!("/v1/transactions/{hex}?wait_ms=1")),
            (Request::entries(7, 20), "/v1/entries?from=7&limit=20".to_owned()),
            (Request::entry(7), "/v1/entries/7".to_owned()),
            (Request::receipt(7), "/v1/receipts/7".to_owned()),
            (Request::digest(&digest), format!("/v1/digests/{hex}")),
            (Request::consistency(Sizes { old: 1, new: 2 }), "/v1/checkpoint/consistency?old=1&new=2".to_owned()),
        ] {
            assert_eq!(request.path, path);
        }
    }
}
