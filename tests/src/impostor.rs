//! A program with a court's network key: the other courts take it for that court, and it acts as the test
//! says.
//!
//! In: a network, the index of a court that does not run, and a function to run.
//! Out: an impostor that runs until it is dropped.
//! Always: the impostor is connected to all other courts or dials them again, and it accepts their streams.
//! Not for what the impostor sends: see [`crate::hostile`] for floods and [`crate::conversation`] for
//! receiving.

use crate::evidence::key;
use crate::network::LocalNetwork;
use courtseal_proof::genesis::Genesis;
use futures::StreamExt as _;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, SwarmBuilder, identity, noise, tcp, yamux};
use libp2p_stream::Control;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;

/// The protocol names of the two streams.
pub const LANES: [&str; 2] = ["/courtseal/urgent/1", "/courtseal/bulk/1"];

/// The pause before the impostor dials again a court that has closed the connection.
pub const PAUSE: Duration = Duration::from_millis(200);

/// A running impostor; it ends when dropped.
pub struct Impostor {
    runtime: Option<Runtime>,
    lanes: Arc<AtomicUsize>,
}

impl Impostor {
    /// Starts an impostor in the name of the court at index `own`, which must not run. What the courts send
    /// to it is never read.
    ///
    /// `act` is called once, on a thread that may spawn tasks. It gets the control that opens and accepts
    /// streams, and the other courts in the order of the genesis.
    ///
    /// # Errors
    /// The key file cannot be read, or no thread can be started.
    pub fn start(
        network: &LocalNetwork,
        own: usize,
        act: impl FnOnce(Control, Vec<PeerId>) + Send + 'static,
    ) -> anyhow::Result<Self> {
        // The streams are kept open, so that the courts take the impostor for a court.
        let kept = Mutex::new(Vec::new());
        let keep = move |_, _, stream| kept.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        Self::start_hearing(network, own, keep, act)
    }

    /// Starts an impostor as [`Self::start`] does. `hear` gets each stream that a court opens, with the index
    /// of its protocol. A stream that is dropped is closed.
    ///
    /// # Errors
    /// The key file cannot be read, or no thread can be started.
    pub fn start_hearing(
        network: &LocalNetwork,
        own: usize,
        hear: impl Fn(PeerId, usize, Stream) + Send + Sync + 'static,
        act: impl FnOnce(Control, Vec<PeerId>) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let genesis = Genesis::from_text(&std::fs::read(&network.listing().genesis)?)?;
        let court = &network.courts()[own];
        let key = identity::Keypair::ed25519_from_bytes(*key(&court.home.join("court.key"), "network")?.seed())?;
        let others: Vec<(PeerId, Multiaddr)> = genesis
            .courts
            .iter()
            .filter(|other| other.name.as_str() != court.name)
            .map(|other| {
                let key = identity::ed25519::PublicKey::try_from_bytes(&other.network.0)?;
                Ok((identity::PublicKey::from(key).to_peer_id(), other.address.parse()?))
            })
            .collect::<anyhow::Result<_>>()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let lanes = Arc::new(AtomicUsize::new(0));
        runtime.spawn(drive(key, others, Arc::new(hear), act, Arc::clone(&lanes)));
        Ok(Self { runtime: Some(runtime), lanes })
    }

    /// The number of streams that other courts have opened so far. A court opens one only after it has taken
    /// the impostor for a court.
    pub fn lanes(&self) -> usize {
        self.lanes.load(Ordering::Relaxed)
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn drive(
    key: identity::Keypair,
    others: Vec<(PeerId, Multiaddr)>,
    hear: Arc<impl Fn(PeerId, usize, Stream) + Send + Sync + 'static>,
    act: impl FnOnce(Control, Vec<PeerId>),
    lanes: Arc<AtomicUsize>,
) -> Option<()> {
    let swarm = SwarmBuilder::with_existing_identity(key).with_tokio();
    let swarm = swarm.with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default).ok()?;
    let swarm = swarm.with_behaviour(|_| libp2p_stream::Behaviour::new()).ok()?;
    let mut swarm = swarm.with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60))).build();
    let mut control = swarm.behaviour().new_control();
    for (lane, name) in LANES.into_iter().enumerate() {
        let mut incoming = control.accept(StreamProtocol::new(name)).ok()?;
        let (lanes, hear) = (Arc::clone(&lanes), Arc::clone(&hear));
        tokio::spawn(async move {
            while let Some((id, stream)) = incoming.next().await {
                hear(id, lane, stream);
                lanes.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    act(control, others.iter().map(|(id, _)| *id).collect());
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
