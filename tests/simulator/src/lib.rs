//! A deterministic simulation of courts: the shipped consensus, ledger, mempool and cosigning on simulated network, clocks and disks.
//!
//! In: seeds. Out: for each, what was broken, if anything, and a digest of all that happened. Always: one seed is one run, on one thread, and gives the same
//! digest in every process. Not for sockets, files and the machine's clock: suites with real processes are in the crate `courtseal-tests`.
//!
//! A reader follows a run's way: [`profile`] (what a seed lets go wrong), [`fixtures`] (the network), [`world`] (what happens, in order), [`node`] and
//! [`disk`] (a court and what it keeps), [`fetch`], [`byzantine`] (courts that lie), [`clients`], [`forgery`], [`checks`] (what must hold), [`pace`] and [`fork`], [`batch`] (many seeds). Time, chance and the network are those of `courtseal-world`.

pub mod batch;
pub mod byzantine;
pub mod checks;
pub mod clients;
pub mod disk;
pub mod fetch;
pub mod fixtures;
pub mod forgery;
pub mod fork;
pub mod node;
pub mod pace;
pub mod profile;
pub mod world;
