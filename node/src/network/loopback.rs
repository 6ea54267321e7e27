//! Swarms of several courts in one process, for tests, which reach each other without a port.
//!
//! In: a court's number, its genesis and log.
//! Out: its side of connections, links and streams.
//! Always: a court keeps its connections and streams open until the test's runtime ends.
//! Not for keys and logs: see [`crate::testing`]. Not for whole nodes: the crate `tests` starts those.

use super::{Links, Peer};
use crate::limiter::Rejections;
use crate::mailbox::{self, Mailbox, MailboxSender};
use crate::metrics::Metrics;
use crate::testing::{self, KeyPurpose, key};
use courtseal_court::admission::Admission;
use courtseal_court::frame::Priority;
use courtseal_court::input::Input;
use courtseal_ledger::Ledger;
use courtseal_proof::genesis::Genesis;
use futures::StreamExt as _;
use libp2p::core::transport::{MemoryTransport, OrTransport};
use libp2p::core::upgrade::Version;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, Transport as _, identity, noise, tcp, yamux};
use libp2p_stream::{Control, IncomingStreams};
use std::sync::Arc;

/// The links of court number `own`, none of them connected, and both ends of its validator's mailbox.
pub fn links(genesis: &Genesis, own: usize, ledger: Arc<Ledger>) -> (Links, MailboxSender<Input>, Mailbox<Input>) {
    let (sender, mailbox) = mailbox::channel(genesis.courts.iter().map(|court| court.name.clone()));
    let others = genesis.courts.iter().enumerate().filter(|(court, _)| *court != own);
    let peers = others.map(|(court, listed)| Peer { name: listed.name.clone(), id: peer_id(court) }).collect();
    let rejections = Arc::new(Rejections::new("courts", &Metrics::default()));
    (Links::new(peers, sender.clone(), Admission::new(ledger, Arc::default()), rejections), sender, mailbox)
}

fn identity(court: usize) -> identity::Keypair {
    identity::Keypair::ed25519_from_bytes(key(court, KeyPurpose::Network).seed().to_vec()).unwrap()
}

/// The network identity of this court.
pub fn peer_id(court: usize) -> PeerId {
    identity(court).public().to_peer_id()
}

/// A swarm of this court with streams and without limits.
pub fn swarm(court: usize) -> Swarm<libp2p_stream::Behaviour> {
    let identity = identity(court);
    let transport = OrTransport::new(MemoryTransport::new(), tcp::tokio::Transport::new(tcp::Config::default()))
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(&identity).unwrap())
        .multiplex(yamux::Config::default())
        .boxed();
    let config = libp2p::swarm::Config::with_tokio_executor();
    Swarm::new(transport, libp2p_stream::Behaviour::new(), identity.public().to_peer_id(), config)
}

/// Starts a court, and returns the address at which others reach it.
pub async fn listen(court: usize) -> (Control, Multiaddr) {
    let mut swarm = swarm(court);
    swarm.listen_on("/memory/0".parse().unwrap()).unwrap();
    let address = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            break address;
        }
    };
    let control = swarm.behaviour().new_control();
    tokio::spawn(async move { while swarm.next().await.is_some() {} });
    (control, address)
}

/// Starts a court that is connected to those at these addresses.
pub async fn join(court: usize, addresses: &[Multiaddr]) -> Control {
    let mut swarm = swarm(court);
    for address in addresses {
        swarm.dial(address.clone()).unwrap();
        while !matches!(swarm.select_next_some().await, SwarmEvent::ConnectionEstablished { .. }) {}
    }
    let control = swarm.behaviour().new_control();
    tokio::spawn(async move { while swarm.next().await.is_some() {} });
    control
}

/// Accepts streams of this protocol that others open.
pub fn accept(control: &mut Control, protocol: &'static str) -> IncomingStreams {
    control.accept(StreamProtocol::new(protocol)).unwrap()
}

/// Accepts both streams of each other court, and reads nothing from them.
pub fn hold_streams(control: &mut Control) {
    for priority in Priority::ALL {
        let mut incoming = accept(control, priority.protocol());
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Some(stream) = incoming.next().await {
                held.push(stream);
            }
        });
    }
}

/// Opens both streams to a court, and runs the link.
pub async fn link(links: &Links, control: &mut Control, court: usize) {
    let mut streams = Vec::new();
    for priority in Priority::ALL {
        streams.push(control.open_stream(peer_id(court), StreamProtocol::new(priority.protocol())).await.unwrap());
    }
    let streams = streams.try_into().expect("there are two priorities");
    let links = links.clone();
    tokio::spawn(async move { links.run(&testing::name(court), 1, streams).await });
}
