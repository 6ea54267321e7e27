//! A hostile court: a program of our own with a court's network key, which floods the others over authenticated streams.
//!
//! In: a network, the place of a court that does not run. Out: a running flood of well-formed frames, until it is dropped. Always: what it sends breaks no rule that
//! would have it disconnected; there is only far too much of it, and it reads no answers. Not for false votes and blocks.

use crate::evidence::{Signer, key, random, statement};
use crate::network::LocalNetwork;
use anyhow::Context;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::key::SecretKey;
use courtseal_proof::name::Name;
use futures::{AsyncWriteExt as _, StreamExt as _};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId, StreamProtocol, SwarmBuilder, identity, noise, tcp, yamux};
use libp2p_stream::Control;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// The names of both lanes.
const LANES: [&str; 2] = ["/courtseal/urgent/1", "/courtseal/bulk/1"];

/// Before it begins anew with a court that has had enough.
const PAUSE: Duration = Duration::from_millis(200);

/// A hostile court; it ends when dropped.
pub struct Hostile {
    runtime: Option<Runtime>,
    sent: Arc<AtomicU64>,
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 1) as u32;
    [&length.to_be_bytes()[..], &[kind], payload].concat()
}

/// A consensus message that is a number, such as a request for blocks from a height on.
fn numbered(tag: u32, number: u64) -> Vec<u8> {
    frame(0, &[&tag.to_le_bytes()[..], &number.to_le_bytes()].concat())
}

/// What is sent on each lane, again and again: requests for all blocks, heights, wakes, pings; transactions of nobody.
fn words(genesis: &Genesis) -> anyhow::Result<[Vec<u8>; 2]> {
    let mut urgent = numbered(9, 1);
    (0..16).for_each(|_| urgent.extend([numbered(1, 0), frame(3, &7u64.to_le_bytes())].concat()));
    let nobody = Signer { member: Name::new("nobody")?, origin: genesis.origin(), key: SecretKey::from_seed(random()?) };
    let nobody = nobody.sign(vec![statement(b"nobody's")])?;
    Ok([urgent, [frame(1, nobody.to_text().as_bytes()), numbered(2, 1)].concat()])
}

/// The network key in a court's plain key file.
fn network_key(file: &std::path::Path) -> anyhow::Result<identity::Keypair> {
    Ok(identity::Keypair::ed25519_from_bytes(*key(file, "network")?.seed())?)
}

/// Where the courts of a network listen for each other, in the order of the genesis.
///
/// # Errors
/// The genesis is not as `network new` makes it.
pub fn doors(network: &LocalNetwork) -> anyhow::Result<Vec<SocketAddr>> {
    let genesis = Genesis::from_text(&std::fs::read(&network.listing().genesis)?)?;
    let door = |address: &str| {
        let mut parts = address.split('/').skip(2).step_by(2);
        Some(SocketAddr::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    genesis.courts.iter().map(|court| door(&court.address).context("an address is /ip4/…/tcp/…")).collect()
}

impl Hostile {
    /// Starts a flood by the court at `own`, which must not run, against all others.
    ///
    /// # Errors
    /// Its key cannot be read, or there are no threads.
    pub fn start(network: &LocalNetwork, own: usize) -> anyhow::Result<Self> {
        let genesis = Genesis::from_text(&std::fs::read(&network.listing().genesis)?)?;
        let key = network_key(&network.courts()[own].home.join("court.key"))?;
        let name = network.courts()[own].name.clone();
        let others: Vec<(PeerId, Multiaddr)> = genesis
            .courts
            .iter()
            .filter(|court| court.name.as_str() != name)
            .map(|court| {
                let key = identity::ed25519::PublicKey::try_from_bytes(&court.network.0)?;
                Ok((identity::PublicKey::from(key).to_peer_id(), court.address.parse()?))
            })
            .collect::<anyhow::Result<_>>()?;
        let words = words(&genesis)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let sent = Arc::new(AtomicU64::new(0));
        runtime.spawn(drive(key, others, words, Arc::clone(&sent)));
        Ok(Self { runtime: Some(runtime), sent })
    }

    /// Bytes sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn drive(
    key: identity::Keypair,
    others: Vec<(PeerId, Multiaddr)>,
    words: [Vec<u8>; 2],
    sent: Arc<AtomicU64>,
) -> Option<()> {
    let swarm = SwarmBuilder::with_existing_identity(key).with_tokio();
    let swarm = swarm.with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default).ok()?;
    let swarm = swarm.with_behaviour(|_| libp2p_stream::Behaviour::new()).ok()?;
    let mut swarm = swarm.with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60))).build();
    let mut control = swarm.behaviour().new_control();
    for lane in LANES {
        let mut incoming = control.accept(StreamProtocol::new(lane)).ok()?;
        // Accepted, so that the court takes this one for a court; kept, and never read.
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Some((_, stream)) = incoming.next().await {
                kept.push(stream);
            }
        });
    }
    for (id, _) in &others {
        for (lane, words) in LANES.into_iter().zip(words.clone()) {
            tokio::spawn(flood(control.clone(), *id, lane, words, Arc::clone(&sent)));
        }
    }
    let mut dial = tokio::time::interval(PAUSE);
    loop {
        tokio::select! {
            _ = swarm.select_next_some() => {}
            _ = dial.tick() => {
                for (id, address) in &others {
                    if !swarm.is_connected(id) {
                        let _ = swarm.dial(DialOpts::peer_id(*id).addresses(vec![address.clone()]).build());
                    }
                }
            }
        }
    }
}

/// Writes the same again and again, as fast as it is read; begins anew when the court has had enough.
async fn flood(mut control: Control, id: PeerId, lane: &'static str, words: Vec<u8>, sent: Arc<AtomicU64>) {
    loop {
        if let Ok(mut stream) = control.open_stream(id, StreamProtocol::new(lane)).await {
            while stream.write_all(&words).await.is_ok() {
                sent.fetch_add(words.len() as u64, Ordering::Relaxed);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
