//! A network whose courts stand in network namespaces of their own, connected directly or through the proxy.

use courtseal_tests::namespaces::{HERE, Namespaces, host};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::proxy::Proxy;
use courtseal_tests::setting;
use std::net::SocketAddr;

/// Where clients reach a court.
const RPC: u16 = 8600;
/// Where other courts reach it; the proxy has one such port a court.
const PEERS: u16 = 8700;

/// Courts apart. Fields are dropped in this order.
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

/// Courts that reach each other directly.
pub fn start(courts: usize) -> Apart {
    let mut apart = made(courts, |at| format!("/ip4/{}/tcp/{PEERS}", host(at)));
    apart.network.run_each().unwrap();
    apart
}

/// Courts that reach each other through the proxy only.
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
