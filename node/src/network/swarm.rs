//! The libp2p swarm: the connections between courts.
//!
//! In: the courts of the genesis, and this court's network key.
//! Out: running [`Links`].
//! Always: only identities of courts pass the handshake, and every court that is not connected is dialled
//! again and again (N1).
//! Not for the content of streams.

use super::address::{NetworkError, cannot_listen, check_is_free, parse, words};
use super::link::{Links, Peer};
use crate::limiter::{Address, PendingConnections, RejectedPending, Rejections};
use crate::limits::{CONNECTIONS_PER_PEER_MAX, HANDSHAKE_MS_MAX, PENDING_CONNECTIONS_MAX, STREAMS_PER_CONNECTION_MAX};
use crate::mailbox::MailboxSender;
use crate::metrics::Metrics;
use crate::open_files;
use courtseal_court::admission::Admission;
use courtseal_court::frame::{Priority, SNAPSHOT_PROTOCOL};
use courtseal_court::input::Input;
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use courtseal_proof::bytes::name::CourtName;
use futures::StreamExt as _;
use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{DialError, ListenError, NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, identity, noise, tcp, yamux};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{AbortHandle, JoinSet};

/// Interval of attempts to reach courts that are not connected, in milliseconds (N1).
const DIAL_MS: u64 = 500;

/// Pause before the streams to a court are opened again, in milliseconds (N2). It doubles each time that they
/// did not last, up to [`DIAL_MS`].
const RELINK_MS: u64 = 20;
/// Streams that were open for this long have lasted, in milliseconds (N2).
const LASTING_MS: u64 = 5_000;
/// Extra pause for each court before this one in the genesis, in milliseconds (N2).
///
/// All others wait for a court that starts again, and it takes one new stream of a kind at a time: a second
/// one at the same moment is lost.
const STAGGER_MS: u64 = 5;

/// A court seems to run twice if its open streams were replaced more often than this within
/// [`REPLACED_WITHIN`].
const REPLACED_MAX: u32 = 3;
const REPLACED_WITHIN: Duration = Duration::from_secs(20);

/// The streams of [`SNAPSHOT_PROTOCOL`]: to open, and opened by other courts.
pub struct SnapshotStreams {
    /// Opens streams to other courts.
    pub control: libp2p_stream::Control,
    /// Streams that other courts open.
    pub incoming: libp2p_stream::IncomingStreams,
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    pending: PendingConnections,
    allowed: allow_block_list::Behaviour<AllowedPeers>,
    limits: connection_limits::Behaviour,
    streams: libp2p_stream::Behaviour,
}

fn peer_id(key: &PublicKey) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(&key.0).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// Starts listening and dialling on the current runtime. All of it ends when the returned set is dropped.
///
/// # Errors
/// [`NetworkError`]: a key or an address is not usable, or libp2p does not start.
pub fn start(
    admission: Admission,
    own: &CourtName,
    key: &SecretKey,
    listen: Option<&str>,
    validator: MailboxSender<Input>,
    metrics: &Metrics,
) -> Result<(Links, SnapshotStreams, JoinSet<()>), NetworkError> {
    let genesis = admission.ledger().genesis().clone();
    let (mut peers, mut addresses) = (Vec::new(), BTreeMap::new());
    for court in genesis.courts.iter().filter(|court| court.name != *own) {
        let id = peer_id(&court.network).ok_or_else(|| NetworkError::Key(court.name.to_string()))?;
        addresses.insert(id, parse(&court.address)?);
        peers.push(Peer { name: court.name.clone(), id });
    }
    let rejections = Arc::new(Rejections::new("courts", metrics));
    let links = Links::new(peers, validator, admission, Arc::clone(&rejections));
    let of_courts = addresses.values().filter_map(Address::of).collect();
    let connections = open_files::bounded(PENDING_CONNECTIONS_MAX, 8, open_files::most());
    let pending = PendingConnections::new(connections, of_courts, Arc::clone(&rejections));
    let mut swarm = build(key, &links, pending)?;
    let place = genesis.courts.iter().position(|court| court.name == *own);
    let place = place.ok_or_else(|| NetworkError::NoCourt(own.clone()))?;
    let listen = parse(listen.unwrap_or(&genesis.courts[place].address))?;
    check_is_free(&listen)?;
    swarm.listen_on(listen.clone()).map_err(|error| cannot_listen(listen, &error))?;
    let mut tasks = JoinSet::new();
    for priority in Priority::ALL {
        let mut control = swarm.behaviour().streams.new_control();
        let incoming =
            control.accept(StreamProtocol::new(priority.protocol())).map_err(|error| NetworkError::Setup(error.to_string()))?;
        tasks.spawn(accept(links.clone(), priority, incoming));
    }
    let mut control = swarm.behaviour().streams.new_control();
    let incoming =
        control.accept(StreamProtocol::new(SNAPSHOT_PROTOCOL)).map_err(|error| NetworkError::Setup(error.to_string()))?;
    tasks.spawn(drive(swarm, place, links.clone(), addresses, rejections));
    Ok((links, SnapshotStreams { control, incoming }, tasks))
}

fn build(key: &SecretKey, links: &Links, pending: PendingConnections) -> Result<Swarm<Behaviour>, NetworkError> {
    let setup = |error: String| NetworkError::Setup(error);
    let mut seed = key.seed();
    let keypair = identity::Keypair::ed25519_from_bytes(&mut seed[..]).map_err(|error| setup(error.to_string()))?;
    let mut allowed = allow_block_list::Behaviour::<AllowedPeers>::default();
    for peer in links.peers() {
        allowed.allow_peer(peer.id);
    }
    let limits = ConnectionLimits::default().with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX));
    let limits = connection_limits::Behaviour::new(limits);
    let behaviour = Behaviour { pending, allowed, limits, streams: libp2p_stream::Behaviour::new() };
    let streams = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS_PER_CONNECTION_MAX);
        config
    };
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, streams)
        .map_err(|error| setup(error.to_string()))?
        .with_behaviour(|_| behaviour)
        .map_err(|error| setup(error.to_string()))?
        .with_swarm_config(|config| {
            config
                .with_idle_connection_timeout(Duration::from_secs(10))
                .with_max_negotiating_inbound_streams(STREAMS_PER_CONNECTION_MAX)
        })
        .with_connection_timeout(Duration::from_millis(HANDSHAKE_MS_MAX))
        .build();
    Ok(swarm)
}

/// Accepts the streams of one priority. A newer stream of a court replaces its older one, so that it has one
/// at most.
async fn accept(links: Links, priority: Priority, mut incoming: libp2p_stream::IncomingStreams) {
    let mut receiving = JoinSet::new();
    let mut newest: BTreeMap<CourtName, AbortHandle> = BTreeMap::new();
    let mut replaced: BTreeMap<CourtName, Replaced> = BTreeMap::new();
    loop {
        tokio::select! {
            next = incoming.next() => {
                let Some((id, stream)) = next else { return };
                let Some(peer) = links.peer(&id) else { continue };
                let court = peer.name.clone();
                let receiver = links.clone();
                let sender = court.clone();
                let task = receiving.spawn(async move { receiver.receive(&sender, priority, stream).await });
                if let Some(older) = newest.insert(court.clone(), task) {
                    // Both streams are opened together, so that one of them is enough to judge.
                    let is_open = priority == Priority::Urgent && !older.is_finished();
                    let (now, replaced) = (Instant::now(), replaced.entry(court.clone()).or_default());
                    let times = if is_open { replaced.count(now) } else { 0 };
                    if times > REPLACED_MAX {
                        links.note_twice(&court, now);
                    }
                    // One warning each time that the count passes the bound.
                    if times == REPLACED_MAX + 1 {
                        tracing::warn!(%court, "this court opens new streams again and again while its old ones are open: two nodes seem to run with its keys, of which one must be stopped; or this node is too slow for it");
                    }
                    older.abort();
                }
            }
            Some(_) = receiving.join_next() => {}
        }
    }
}

/// How often a court's open streams were replaced within [`REPLACED_WITHIN`].
#[derive(Default)]
struct Replaced {
    since: Option<Instant>,
    times: u32,
}

impl Replaced {
    /// Counts one more, and returns the count. [`REPLACED_WITHIN`] after its start a count ends, and a new
    /// one starts.
    fn count(&mut self, now: Instant) -> u32 {
        if self.since.is_none_or(|since| now.duration_since(since) > REPLACED_WITHIN) {
            *self = Self { since: Some(now), times: 0 };
        }
        self.times = self.times.saturating_add(1);
        self.times
    }
}

/// Drives the swarm, dials courts, and keeps one outgoing link to each connected court.
async fn drive(
    mut swarm: Swarm<Behaviour>,
    place: usize,
    links: Links,
    addresses: BTreeMap<PeerId, Multiaddr>,
    rejections: Arc<Rejections>,
) {
    let control = swarm.behaviour().streams.new_control();
    let mut running: JoinSet<(PeerId, bool)> = JoinSet::new();
    let mut linked: BTreeMap<PeerId, AbortHandle> = BTreeMap::new();
    let mut generation = 0;
    // How often in a row the streams to each court did not last.
    let mut short: BTreeMap<PeerId, u32> = BTreeMap::new();
    let mut dial = tokio::time::interval(Duration::from_millis(DIAL_MS));
    loop {
        tokio::select! {
            event = swarm.select_next_some() => match event {
                SwarmEvent::ConnectionClosed { peer_id, cause, num_established, .. } => {
                    tracing::debug!(%peer_id, num_established, ?cause, "connection closed");
                    if let Some(peer) = links.peer(&peer_id).filter(|_| num_established == 0) {
                        links.disconnect(&peer.name);
                    }
                }
                SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => match error {
                    // The rejection was counted where it was decided.
                    ListenError::Denied { cause } if cause.downcast_ref::<RejectedPending>().is_some() => {}
                    ListenError::Denied { .. } => rejections.note("unknown-peer", &send_back_addr),
                    _ => rejections.note("handshake", &send_back_addr),
                },
                SwarmEvent::OutgoingConnectionError { peer_id, error: DialError::WrongPeerId { obtained, address }, .. } => {
                    meet_other_identity(&links, peer_id, &obtained, &address);
                }
                SwarmEvent::OutgoingConnectionError { error, .. } => tracing::debug!(%error, "cannot reach a court"),
                SwarmEvent::ListenerClosed { addresses, reason: Err(error), .. } => {
                    let reason = words(&error);
                    tracing::error!(?addresses, %reason, "the node no longer listens, and other courts cannot reach it: restart it");
                }
                SwarmEvent::ListenerError { error, .. } => {
                    let reason = words(&error);
                    tracing::warn!(%reason, "a connection of another court could not be accepted");
                }
                SwarmEvent::NewListenAddr { address, .. } => tracing::info!(%address, "listening for courts"),
                _ => {}
            },
            Some(ended) = running.join_next() => {
                if let Ok((id, has_lasted)) = ended {
                    linked.remove(&id);
                    let short = short.entry(id).or_default();
                    *short = if has_lasted { 0 } else { short.saturating_add(1) };
                }
            }
            _ = dial.tick() => {
                for (id, address) in &addresses {
                    let court = links.peer(id).map(|peer| &peer.name);
                    let is_left_alone = court.is_some_and(|court| links.left_alone_for(court, Instant::now()).is_some());
                    if !swarm.is_connected(id) && !is_left_alone {
                        let options = DialOpts::peer_id(*id).condition(PeerCondition::DisconnectedAndNotDialing);
                        let _ = swarm.dial(options.addresses(vec![address.clone()]).build());
                    }
                }
            }
        }
        let unlinked: Vec<PeerId> = swarm.connected_peers().filter(|id| !linked.contains_key(id)).copied().collect();
        for id in unlinked {
            let Some(court) = links.peer(&id).map(|peer| peer.name.clone()) else { continue };
            generation += 1;
            let (links, alone, mut control, number) = (links.clone(), links.clone(), control.clone(), generation);
            let before = short.get(&id).copied().unwrap_or_default();
            let task = running.spawn(async move {
                let begun = Instant::now();
                if let Some(streams) = open(&mut control, id).await {
                    links.run(&court, number, streams).await;
                }
                let has_lasted = begun.elapsed() >= Duration::from_millis(LASTING_MS);
                // The pause holds for every cause, so that a violated rule or a broken connection does not
                // cause a busy loop.
                tokio::time::sleep(pause(place, if has_lasted { 0 } else { before })).await;
                while let Some(rest) = alone.left_alone_for(&court, Instant::now()) {
                    // The pause may be ended early.
                    tokio::time::sleep(rest.min(Duration::from_millis(DIAL_MS))).await;
                }
                (id, has_lasted)
            });
            linked.insert(id, task);
        }
    }
}

/// Notes that another identity answers at a court's address: a court with new keys, or another program.
fn meet_other_identity(links: &Links, dialled: Option<PeerId>, obtained: &PeerId, address: &Multiaddr) {
    let Some(peer) = dialled.and_then(|id| links.peer(&id)) else { return };
    if links.note_other_identity(&peer.name, Instant::now()) {
        tracing::warn!(
            court = %peer.name, %address, %obtained,
            "another identity than this court's answers at its address: it has other keys than the genesis says, or another node runs there"
        );
    }
}

/// The pause before streams are opened again that did not last `short` times in a row, for the court with
/// this number in the genesis.
fn pause(place: usize, short: u32) -> Duration {
    Duration::from_millis((RELINK_MS << short.min(16)).min(DIAL_MS) + STAGGER_MS * place as u64)
}

async fn open(control: &mut libp2p_stream::Control, id: PeerId) -> Option<[libp2p::Stream; 2]> {
    let urgent = control.open_stream(id, StreamProtocol::new(Priority::Urgent.protocol())).await.ok()?;
    let bulk = control.open_stream(id, StreamProtocol::new(Priority::Bulk.protocol())).await.ok()?;
    Some([urgent, bulk])
}

#[cfg(test)]
mod tests;
