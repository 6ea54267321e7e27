//! A network whose courts run in network namespaces of their own, connected directly or through the proxy.
//!
//! In: the number of courts.
//! Out: a running network, its namespaces, and the proxy if there is one.
//! Always: a court is reached at an address that belongs to its namespace alone.
//! Not for choosing faults: the tests do.

use courtseal_tests::namespaces::{HERE, Namespaces, host};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::proxy::Proxy;
use courtseal_tests::setting;
use std::net::SocketAddr;

/// The port at which clients reach a court.
const RPC: u16 = 8600;
/// The port at which other courts reach it; the proxy has one such port for each court.
const PEERS: u16 = 8700;

/// Courts in namespaces of their own. The fields are dropped in this order.
pub struct Apart {
    pub network: LocalNetwork,
    pub spaces: Namespaces,
}

fn made(courts: usize, address: impl Fn(usize) -> String) -> Apart {
    setting::require(&["ip", "nft"]);
    let mut network = LocalNetwork::create(courts).unwrap();
    network.relocate(address, |at| format!("{}:{RPC}", host(at))).unwrap();
    let spaces = Namespaces::create(courts).unwrap();
    (0..courts).for_each(|at| network.launch_by(at, spaces.launch(at)));
    Apart { network, spaces }
}

/// Starts courts that reach each other directly.
pub fn start(courts: usize) -> Apart {
    let mut apart = made(courts, |at| format!("/ip4/{}/tcp/{PEERS}", host(at)));
    apart.network.run_each().unwrap();
    apart
}

/// Starts courts that reach each other only through the proxy.
pub fn start_behind_proxy(courts: usize) -> (Apart, Proxy) {
    let front = |at: usize| PEERS + at as u16;
    let mut apart = made(courts, |at| format!("/ip4/{HERE}/tcp/{}", front(at)));
    let address = |host: &str, port: u16| -> SocketAddr { format!("{host}:{port}").parse().unwrap() };
    for (at, court) in apart.network.courts().iter().enumerate() {
        court.configure("listen", &format!("/ip4/{}/tcp/{PEERS}", host(at))).unwrap();
    }
    let fronts = (0..courts).map(|at| address(HERE, front(at))).collect();
    let targets = (0..courts).map(|at| address(&host(at), PEERS)).collect();
    let who = move |caller: SocketAddr| (0..courts).find(|at| host(*at) == caller.ip().to_string());
    let proxy = Proxy::start(fronts, targets, who).unwrap();
    apart.network.run_each().unwrap();
    (apart, proxy)
}
