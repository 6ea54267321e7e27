//! Starting and stopping a node: the only place that opens files and starts tasks.
//!
//! In: configuration and keys. Out: a running node until it is told to stop, or a clear reason why it does not start. Always: the ledger is opened and
//! checked before anything is signed; stopping is orderly: no new requests, the validator ends between two events, then everything is
//! closed. Not for words to people: the command line prints.

use crate::config::Config;
use crate::cosign::Cosigner;
use crate::court::Parts;
use crate::evidence::EvidenceDesk;
use crate::journal::FileJournal;
use crate::keys::CourtKeys;
use crate::metrics::Metrics;
use crate::rpc::{self, Desk};
use crate::validator::Validator;
use crate::{inbox, network, status};
use anyhow::{Context as _, anyhow, bail};
use courtseal_consensus::{CourtSet, Driver, Head as ConsensusHead, Timeouts};
use courtseal_ledger::store::rocks::RocksStore;
use courtseal_ledger::{Error, Head, Ledger};
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::{Genesis, PROTOCOL};
use courtseal_proof::limits::GENESIS_BYTES_MAX;
use courtseal_proof::time::Timestamp;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What a check of a data folder found.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// Height of the last block.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
    /// Entries in the log.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
    /// Entries under the newest checkpoint with a quorum.
    pub checkpoint_size: u64,
    /// Whether the journal is damaged elsewhere than at its end.
    pub is_journal_damaged: bool,
}

fn read_genesis(path: &Path) -> anyhow::Result<Genesis> {
    let name = path.display();
    let length = std::fs::metadata(path).with_context(|| format!("cannot read the genesis {name}"))?.len();
    if length > GENESIS_BYTES_MAX as u64 {
        bail!("the genesis {name} has {length} bytes, at most 8 MiB are accepted");
    }
    let text = std::fs::read(path).with_context(|| format!("cannot read the genesis {name}"))?;
    Genesis::from_text(&text).map_err(|error| anyhow!("{name} is not a valid genesis: {error}"))
}

fn open_ledger(config: &Config, genesis: &Genesis) -> anyhow::Result<Ledger> {
    let folder = config.data.join("ledger");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let open = || Ledger::open(Arc::new(RocksStore::open(&folder)?), genesis);
    open().map_err(|error| {
        let repair = match error {
            // The journal beside it keeps what this court has signed, so a new ledger cannot make it sign twice.
            Error::Corrupt(_) | Error::LostWrites { .. } | Error::Store(_) => {
                "; to repair it, move that folder away, leave all else in place, and start again: the node fetches the log from the other courts"
            }
            Error::Full(_) => "; make room on that disk and start again: nothing that was recorded is lost",
            _ => "",
        };
        anyhow!("cannot open {}: {error}{repair}", folder.display())
    })
}

fn consensus_head(head: &Head) -> ConsensusHead {
    ConsensusHead { height: head.height, digest: head.digest, time: head.time }
}

/// Checks a data folder without starting anything.
///
/// # Errors
/// Unreadable, damaged, of another network, or in use by a running node.
pub fn check(config: &Config) -> anyhow::Result<CheckReport> {
    let genesis = read_genesis(&config.genesis)?;
    if !config.data.join("ledger").exists() {
        bail!("{} holds no ledger yet; start the node once to make it", config.data.display());
    }
    let ledger = open_ledger(config, &genesis)?;
    let (_, found) = FileJournal::open(&config.data)?;
    let head = ledger.head();
    ledger.check_reaches(0, found.mark.map_or(0, |mark| mark.size))?;
    Ok(CheckReport {
        height: head.height,
        time: head.time,
        size: head.size,
        root: head.root,
        checkpoint_size: ledger.checkpoint()?.map_or(0, |newest| newest.checkpoint.size),
        is_journal_damaged: found.recovered.damaged,
    })
}

/// Runs a node until `shutdown` resolves; calls `ready` once clients are served.
///
/// # Errors
/// A reason why it does not start, for the operator.
pub async fn run(
    config: Config,
    keys: CourtKeys,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let genesis = read_genesis(&config.genesis)?;
    let own = keys.place_in(&genesis).map_err(|reason| anyhow!("{reason}"))?;
    let listener = TcpListener::bind(config.rpc).await;
    let listener = listener
        .map_err(|error| anyhow!("cannot serve clients on {}: {error}; is the port in use by another program?", config.rpc))?;
    // Opening takes the directory's lock first, so that a second node on it touches nothing.
    let ledger = Arc::new(open_ledger(&config, &genesis)?);
    let (journal, found) = FileJournal::open(&config.data)?;
    let checkpoint = ledger.checkpoint()?;
    let head = ledger.head();
    tracing::info!(court = %keys.name, network = %keys.origin, height = head.height, size = head.size, "ledger opened and checked");

    let courts = CourtSet::new(genesis.courts.iter().map(|court| court.vote))?;
    let settings = courtseal_consensus::Config {
        chain: genesis.digest(),
        protocol: PROTOCOL,
        key: Some(keys.vote.clone()),
        timeouts: Timeouts::default(),
        heartbeat_ms: genesis.parameters.heartbeat_ms,
    };
    let driver = Driver::new(settings, courts, consensus_head(&head), found.recovered);
    let quorum_at = checkpoint.as_ref().map_or(0, |newest| newest.checkpoint.size);
    let cosigner = Cosigner::new(&genesis, own, keys.log.clone(), keys.cosigner.clone(), found.mark, quorum_at);
    let evidence = EvidenceDesk::new(genesis.origin(), keys.name.clone(), keys.vote.clone());
    let metrics = Arc::new(Metrics::default());
    metrics.at(head.height, head.size);
    let (publisher, watched) = status::channel(genesis.courts.len(), checkpoint);
    let (mail, inbox) = inbox::lines(genesis.courts.len());
    let listen = config.listen.as_deref();
    let (links, network_tasks) = network::start(Arc::clone(&ledger), own, &keys.network, listen, mail.clone(), &metrics)?;

    let desk = Desk::new(&keys, Arc::clone(&ledger), mail, watched, links.clone(), Arc::clone(&metrics), config.limits);
    let desk = Arc::new(desk);
    let parts = Parts { own, ledger, driver, cosigner, evidence, metrics };
    let (stop_validator, stopping) = oneshot::channel();
    let validator = spawn_validator(Validator::new(parts, journal, links, publisher), inbox, stopping)?;
    let (stop_rpc, rpc_stopping) = oneshot::channel::<()>();
    let address = listener.local_addr()?;
    let serving = tokio::spawn(rpc::serve(listener, desk, async {
        let _ = rpc_stopping.await;
    }));
    ready(address);
    shutdown.await;
    tracing::info!("stopping");
    drop(stop_rpc);
    let _ = serving.await;
    drop(stop_validator);
    let ended = tokio::task::spawn_blocking(move || validator.join()).await?;
    drop(network_tasks);
    ended.map_err(|_| anyhow!("the validator ended by a panic; see the log"))?;
    tracing::info!("stopped");
    Ok(())
}

/// The validator has a thread of its own: it waits for disks.
fn spawn_validator(
    validator: Validator,
    inbox: inbox::Inbox<crate::validator::Input>,
    stopping: oneshot::Receiver<()>,
) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let thread = std::thread::Builder::new().name("validator".to_owned());
    Ok(thread.spawn(move || runtime.block_on(validator.run(inbox, stopping)))?)
}
