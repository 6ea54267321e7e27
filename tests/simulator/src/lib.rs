//! A deterministic simulation of courts: the shipped consensus, ledger, mempool and cosigning on simulated
//! network, clocks and disks.
//!
//! In: seeds.
//! Out: for each seed the first violation, if there is one, and a digest of all events.
//! Always: one seed is one run, on one thread, and gives the same digest in every process.
//! Not for sockets, files and the machine's clock: suites with real processes are in the crate
//! `courtseal-tests`.
//!
//! The way of a run:
//! * [`profile`] chooses what goes wrong, [`fixtures`] makes the network.
//! * [`world`] lets events happen in order. Its parts are courts ([`node`]) with [`disk`]s that [`fetch`]
//!   snapshots, [`byzantine`] courts, [`clients`] and their forged requests ([`forgery`]).
//! * [`checks`], [`pace`] and [`fork`] say what must hold.
//! * [`batch`] runs many seeds.
//!
//! Time, chance, network, clocks and the digest of a run are those of `courtseal-world`.

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
