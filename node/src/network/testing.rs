//! Courts of one process, for tests: keys, a genesis, logs that the courts decided, and swarms that reach each other without a port.
//!
//! In: a court's place. Out: its side of connections, links and streams. Always: all keys come from seeds; what a court holds open stays open until the test's
//! runtime ends. Not for what a node does with it all: `tests` starts whole ones.

use super::{Lane, Links, Peer};
use crate::inbox::{self, Inbox, Mail};
use crate::metrics::Metrics;
use crate::validator::Input;
use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_ledger::Ledger;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::codec;
use courtseal_proof::genesis::{Court, CourtProof, Genesis, KeyPurpose, Parameters, prove_possession};
use courtseal_proof::key::SecretKey;
use courtseal_proof::name::Name;
use courtseal_proof::policy::quorum_size;
use courtseal_proof::time::Timestamp;
use futures::StreamExt as _;
use libp2p::core::transport::{MemoryTransport, OrTransport};
use libp2p::core::upgrade::Version;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, Transport as _, identity, noise, tcp, yamux};
use libp2p_stream::{Control, IncomingStreams};
use std::sync::Arc;

/// The time of the genesis.
pub const GENESIS_TIME: Timestamp = Timestamp(1_795_453_200_000);

/// A court's key: 0 cosigner, 1 log, 2 network, 3 vote.
pub fn key(court: usize, purpose: u8) -> SecretKey {
    SecretKey::from_seed([10 + 4 * court as u8 + purpose; 32])
}

/// So many courts and no members.
pub fn genesis(courts: usize) -> Genesis {
    let network = Name::new("net").unwrap();
    let court = |court: usize| {
        let name = Name::new(format!("court-{court}")).unwrap();
        let purposes = [KeyPurpose::Cosigner, KeyPurpose::Log, KeyPurpose::Network, KeyPurpose::Vote];
        let keys = [0, 1, 2, 3].map(|purpose| key(court, purpose));
        let proof = |n: usize| prove_possession(purposes[n], &network, &name, &keys[n]);
        Court {
            address: format!("/ip4/127.0.0.1/tcp/{}", 8610 + court),
            cosigner: keys[0].public(),
            log: keys[1].public(),
            network: keys[2].public(),
            proof: CourtProof { cosigner: proof(0), log: proof(1), network: proof(2), vote: proof(3) },
            vote: keys[3].public(),
            name,
        }
    };
    let genesis = Genesis {
        courts: (0..courts).map(court).collect(),
        members: Vec::new(),
        name: network.clone(),
        parameters: Parameters { heartbeat_ms: 60_000 },
        protocol: 1,
        time: GENESIS_TIME,
        v: 1,
    };
    genesis.check().unwrap();
    genesis
}

/// A log of so many empty blocks, each decided by a quorum.
pub fn ledger(genesis: &Genesis, blocks: u64) -> Arc<Ledger> {
    let (ledger, chain) = (Ledger::open(Arc::new(MemoryStore::new()), genesis).unwrap(), genesis.digest());
    for height in 1..=blocks {
        let block = ledger.build(ledger.head().time.plus_ms(10), key(0, 3).public(), []).unwrap();
        let value = block.digest();
        let signature = |court: usize| {
            let key = key(court, 3);
            let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court: key.public() };
            CourtSignature { court: key.public(), signature: key.sign(&vote.preimage(&chain)) }
        };
        let signatures = (0..quorum_size(genesis.courts.len())).map(signature).collect();
        let certificate = CommitCertificate { height, round: 0, value, signatures };
        ledger.import(&[(block.encode(), codec::encode(&certificate))]).unwrap();
    }
    Arc::new(ledger)
}

/// The links of the court at place `own`, none of them up, and what waits for its validator.
pub fn links(genesis: &Genesis, own: usize, ledger: Arc<Ledger>) -> (Links, Mail<Input>, Inbox<Input>) {
    let (mail, inbox) = inbox::lines(genesis.courts.len());
    let others = genesis.courts.iter().enumerate().filter(|(court, _)| *court != own);
    let peers = others.map(|(court, listed)| Peer { court, name: listed.name.clone(), id: peer_id(court) }).collect();
    let refusals = Arc::new(Metrics::default().refusals("courts"));
    (Links::new(peers, mail.clone(), ledger, refusals), mail, inbox)
}

fn identity(court: usize) -> identity::Keypair {
    identity::Keypair::ed25519_from_bytes(key(court, 2).seed().to_vec()).unwrap()
}

/// A court's network identity.
pub fn peer_id(court: usize) -> PeerId {
    identity(court).public().to_peer_id()
}

/// A court's swarm with streams and no bounds of its own.
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

/// A court that others reach at this address from now on.
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

/// A court that is connected to those at these addresses.
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

/// Streams of this protocol that others open.
pub fn accept(control: &mut Control, protocol: &'static str) -> IncomingStreams {
    control.accept(StreamProtocol::new(protocol)).unwrap()
}

/// Lets the others open both lanes, and reads nothing of what they write.
pub fn hold_lanes(control: &mut Control) {
    for lane in Lane::ALL {
        let mut incoming = accept(control, lane.protocol());
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Some(stream) = incoming.next().await {
                held.push(stream);
            }
        });
    }
}

/// Opens both lanes to a court and runs the link.
pub async fn link(links: &Links, control: &mut Control, court: usize) {
    let mut streams = Vec::new();
    for lane in Lane::ALL {
        streams.push(control.open_stream(peer_id(court), StreamProtocol::new(lane.protocol())).await.unwrap());
    }
    let streams = streams.try_into().expect("there are two lanes");
    let links = links.clone();
    tokio::spawn(async move { links.run(court, 1, streams).await });
}
