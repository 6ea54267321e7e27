//! A hostile court: an impostor that floods the other courts over authenticated streams.
//!
//! In: a network; the index of a court that does not run.
//! Out: a flood of well-formed frames that runs until it is dropped.
//! Always: the frames break no rule for which a court disconnects a peer. There are far too many of them, and
//! no answer is read.
//! Not for false votes and blocks: see `tests/tests/byzantine`.

use crate::conversation::frame;
use crate::evidence::{Signer, random, statement};
use crate::impostor::{Impostor, LANES, PAUSE};
use crate::network::LocalNetwork;
use anyhow::Context;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::genesis::Genesis;
use futures::AsyncWriteExt as _;
use libp2p::{PeerId, StreamProtocol};
use libp2p_stream::Control;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A running hostile court; it ends when dropped.
pub struct Hostile {
    _impostor: Impostor,
    sent: Arc<AtomicU64>,
}

/// A consensus message that carries a number, such as a request for blocks from a height on.
fn numbered(tag: u32, number: u64) -> Vec<u8> {
    frame(0, &[&tag.to_le_bytes()[..], &number.to_le_bytes()].concat())
}

/// The frames that are sent again and again on each stream: requests for all blocks, statuses, wakes, pings,
/// and transactions of an unknown member.
fn words(genesis: &Genesis) -> anyhow::Result<[Vec<u8>; 2]> {
    let mut urgent = numbered(9, 1);
    (0..16).for_each(|_| urgent.extend([numbered(1, 0), frame(3, &7u64.to_le_bytes())].concat()));
    let nobody = Signer { member: Name::new("nobody")?, origin: genesis.origin(), key: SecretKey::from_seed(random()?) };
    let nobody = nobody.sign(vec![statement(b"nobody's")])?;
    Ok([urgent, [frame(1, nobody.to_text().as_bytes()), numbered(2, 1)].concat()])
}

/// The addresses at which the courts listen for each other, in the order of the genesis.
///
/// # Errors
/// The genesis is not as `network new` makes it.
pub fn listeners(network: &LocalNetwork) -> anyhow::Result<Vec<SocketAddr>> {
    let genesis = Genesis::from_text(&std::fs::read(&network.listing().genesis)?)?;
    let listener = |address: &str| {
        let mut parts = address.split('/').skip(2).step_by(2);
        Some(SocketAddr::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    genesis.courts.iter().map(|court| listener(&court.address).context("an address is not of the form /ip4/…/tcp/…")).collect()
}

impl Hostile {
    /// Starts a flood in the name of the court at index `own`, which must not run, against all others.
    ///
    /// # Errors
    /// The key file cannot be read, or no thread can be started.
    pub fn start(network: &LocalNetwork, own: usize) -> anyhow::Result<Self> {
        let words = words(&Genesis::from_text(&std::fs::read(&network.listing().genesis)?)?)?;
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let impostor = Impostor::start(network, own, move |control, others| {
            for id in others {
                for (lane, words) in LANES.into_iter().zip(words.clone()) {
                    tokio::spawn(flood(control.clone(), id, lane, words, Arc::clone(&counted)));
                }
            }
        })?;
        Ok(Self { _impostor: impostor, sent })
    }

    /// The number of bytes sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Writes the same frames as fast as the court reads them; opens a new stream when the court closes the old
/// one.
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
