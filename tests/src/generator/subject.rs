//! A network under load: its members' keys, and what its courts have spent so far.
//!
//! In: a program; the number of courts.
//! Out: a running network of that program with 100 members.
//! Always: the limits for one address are raised, because all load comes from one. Everything else is as
//! `network new` makes it.
//! Not for changing a running network.

use crate::evidence::Signer;
use crate::launch::Launch;
use crate::measure::{loopback_bytes, usage};
use crate::members::rewrite;
use crate::network::LocalNetwork;
use anyhow::Context as _;
use courtseal_proof::genesis::Role;

/// The number of members in whose names requests are signed.
const MEMBERS: usize = 100;
/// Heartbeat of the network, in milliseconds: what `network new` writes.
const HEARTBEAT_MS: u64 = 60_000;
/// The limits of one address while a node is measured.
const LIMITS: &str = "\n[limits]\nconnections_per_address = 1024\nbytes_per_address_per_s = 8589934592\n";

/// A running network, and keys of its members.
pub struct Subject {
    /// The network that runs.
    pub network: LocalNetwork,
    /// Keys of members, all of one court.
    pub signers: Vec<Signer>,
}

/// Resources that all courts of a network together spent, and that the machine and the generator spent
/// meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Processor time of the courts, in seconds.
    pub cpu_s: f64,
    /// Context switches of the courts.
    pub switches: f64,
    /// Resident memory of the largest court, in megabytes.
    pub memory_mb: f64,
    /// Bytes over the loopback interface, of every process on this machine.
    pub loopback_bytes: f64,
    /// Processor time of this process, in seconds.
    pub generator_cpu_s: f64,
}

impl Spent {
    /// The amounts spent since an earlier reading; the memory is the present one.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            cpu_s: self.cpu_s - before.cpu_s,
            switches: self.switches - before.switches,
            memory_mb: self.memory_mb,
            loopback_bytes: self.loopback_bytes - before.loopback_bytes,
            generator_cpu_s: self.generator_cpu_s - before.generator_cpu_s,
        }
    }
}

impl Subject {
    /// Makes and starts a network of so many courts.
    ///
    /// # Errors
    /// The program fails.
    pub fn start(program: &Launch, courts: usize) -> anyhow::Result<Self> {
        let mut network = LocalNetwork::create_by(program.clone(), courts)?;
        let names: Vec<String> = (1..=MEMBERS).map(|number| format!("load-{number}")).collect();
        let members: Vec<(&str, Role)> = names.iter().map(|name| (name.as_str(), Role::Notary)).collect();
        let keys = rewrite(network.listing(), &members, HEARTBEAT_MS)?;
        for court in network.courts() {
            let text = std::fs::read_to_string(court.config())?;
            std::fs::write(court.config(), text + LIMITS)?;
        }
        network.run()?;
        Ok(Self { network, signers: keys.iter().map(|key| Signer::read(key)).collect::<anyhow::Result<_>>()? })
    }

    /// Reads what was spent so far.
    ///
    /// # Errors
    /// A court does not run.
    pub fn spent(&self) -> anyhow::Result<Spent> {
        let courts = 0..self.network.courts().len();
        let of = |court| usage(self.network.pid(court).context("a court does not run")?);
        let courts = courts.map(of).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Spent {
            cpu_s: courts.iter().map(|court| court.cpu_s).sum(),
            switches: courts.iter().map(|court| court.switches as f64).sum(),
            memory_mb: courts.iter().map(|court| court.rss_mb).fold(0.0, f64::max),
            loopback_bytes: loopback_bytes()? as f64,
            generator_cpu_s: usage(std::process::id())?.cpu_s,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_is_the_difference_but_for_memory() {
        let at =
            |n: f64| Spent { cpu_s: n, switches: n * 2.0, memory_mb: n * 3.0, loopback_bytes: n * 4.0, generator_cpu_s: n * 5.0 };
        let Spent { cpu_s, switches, memory_mb, loopback_bytes, generator_cpu_s } = at(10.0).since(&at(7.0));
        assert_eq!((cpu_s, switches, memory_mb, loopback_bytes, generator_cpu_s), (3.0, 6.0, 30.0, 12.0, 15.0));
    }
}
