//! Fuzz targets that need the whole program: the RPC's requests, configuration files, what the command line
//! reads.
//!
//! In: bytes. Out: whether they were accepted, or a panic that names what does not hold. Always: as in
//! [`courtseal_fuzz`]; the RPC alone asks the node's clock. Not for targets that need no HTTP, sockets or
//! database: they are in [`courtseal_fuzz`], which links none of these.

pub mod client;
pub mod configuration;
pub mod requests;

use courtseal_fuzz::Target;

/// All targets; a name is used once.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    [requests::TARGETS, configuration::TARGETS, client::TARGETS].into_iter().flatten()
}
