//! A network namespace for each court, connected by one virtual cable to a switch that can drop packets.
//!
//! In: the number of courts; which packets are lost.
//! Out: addresses, and the way to start a node in a namespace.
//! Always: the test itself is connected to the switch and reaches every court whose cable is in, whatever is
//! dropped between courts. Everything is removed when dropped.
//! Not for delays: see [`crate::proxy`].

use crate::launch::Launch;
use crate::setting::must;
use std::ffi::OsString;

/// The name of the bridge that connects the courts.
const SWITCH: &str = "courts";

/// The test's own address on the switch.
pub const HERE: &str = "10.77.0.254";

/// The namespaces, one for each court.
#[derive(Debug)]
pub struct Namespaces {
    courts: usize,
}

/// The IP address of the court at an index.
pub fn host(at: usize) -> String {
    format!("10.77.0.{}", at + 1)
}

fn name(at: usize) -> String {
    format!("court-{at}")
}

fn run(line: &str) -> anyhow::Result<()> {
    must(&line.split_whitespace().collect::<Vec<_>>())
}

impl Namespaces {
    /// Makes the switch and the namespaces.
    ///
    /// # Errors
    /// The kernel does not allow it; the message names the command that failed.
    pub fn create(courts: usize) -> anyhow::Result<Self> {
        let made = Self { courts };
        run(&format!("ip link add {SWITCH} type bridge"))?;
        run(&format!("ip addr add {HERE}/24 dev {SWITCH}"))?;
        run(&format!("ip link set {SWITCH} up"))?;
        for at in 0..courts {
            let (space, host) = (name(at), host(at));
            run(&format!("ip netns add {space}"))?;
            run(&format!("ip link add cable-{at} type veth peer name eth0 netns {space}"))?;
            run(&format!("ip link set cable-{at} master {SWITCH} up"))?;
            for part in ["link set lo up".to_owned(), format!("addr add {host}/24 dev eth0"), "link set eth0 up".to_owned()] {
                run(&format!("ip -n {space} {part}"))?;
            }
        }
        run(&format!("nft add table bridge {SWITCH}"))?;
        must(&["nft", &format!("add chain bridge {SWITCH} forward {{ type filter hook forward priority 0; policy accept; }}")])?;
        Ok(made)
    }

    /// The way to start a node in a court's namespace.
    pub fn launch(&self, at: usize) -> Launch {
        let before = ["ip", "netns", "exec", &name(at)].map(OsString::from).to_vec();
        Launch { before, ..Launch::default() }
    }

    /// Drops every packet from one court to another, in this direction only.
    ///
    /// # Errors
    /// The command `nft` fails.
    pub fn lose(&self, from: usize, to: usize) -> anyhow::Result<()> {
        run(&format!("nft add rule bridge {SWITCH} forward ip saddr {} ip daddr {} drop", host(from), host(to)))
    }

    /// Drops every packet between courts of two groups.
    ///
    /// # Errors
    /// The errors of [`Self::lose`].
    pub fn part(&self, one: &[usize], other: &[usize]) -> anyhow::Result<()> {
        for (from, to) in one.iter().flat_map(|from| other.iter().map(move |to| (*from, *to))) {
            self.lose(from, to)?;
            self.lose(to, from)?;
        }
        Ok(())
    }

    /// Drops no packets any more.
    ///
    /// # Errors
    /// The command `nft` fails.
    pub fn heal(&self) -> anyhow::Result<()> {
        run(&format!("nft flush chain bridge {SWITCH} forward"))
    }

    /// Pulls a court's cable out, or puts it in again.
    ///
    /// # Errors
    /// The command `ip` fails.
    pub fn plug(&self, at: usize, in_: bool) -> anyhow::Result<()> {
        run(&format!("ip link set cable-{at} {}", if in_ { "up" } else { "down" }))
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for at in 0..self.courts {
            // The kernel removes a namespace later, but the cable's name must be free at once.
            let _ = run(&format!("ip link del cable-{at}"));
            let _ = run(&format!("ip netns del {}", name(at)));
        }
        let _ = run(&format!("nft delete table bridge {SWITCH}"));
        let _ = run(&format!("ip link del {SWITCH}"));
    }
}
