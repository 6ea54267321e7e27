//! Starts and stops a node: the one place that starts its tasks.
//!
//! In: a configuration and keys.
//! Out: a running node until it is told to stop, or the reason why it does not start.
//! Always: the ledger is opened and checked before anything is signed.
//! The node stops in order: no new requests, then the validator ends between two events, then everything is
//! closed.
//! Not for output to people: the command line prints.

use crate::config::Config;
use crate::data::{self, read_genesis};
use crate::metrics::Metrics;
use crate::reload::Changes;
use crate::rpc::{self, Shared};
use crate::signing_logs::SigningLogs;
use crate::snapshot::fetch::{Fetcher, Source};
use crate::snapshot::serve::serve;
use crate::validator::judge::Judge;
use crate::validator::{NodeHost, Validator};
use crate::{mailbox, network, status};
use anyhow::anyhow;
use courtseal_court::court::Parts;
use courtseal_court::keys::CourtKeys;
use futures::future::LocalBoxFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Runs a node until `shutdown` resolves.
///
/// `ready` is called with the address of the RPC once clients are served. Reloaded configurations come from
/// `changes`.
///
/// The future is boxed and takes no type parameters. Otherwise each crate that awaits it would compile the
/// whole node once more.
///
/// # Errors
/// The reason why the node does not start, for the operator.
pub fn run(
    config: Config,
    keys: CourtKeys,
    ready: Box<dyn FnOnce(SocketAddr)>,
    shutdown: LocalBoxFuture<'static, ()>,
    changes: Changes,
) -> LocalBoxFuture<'static, anyhow::Result<()>> {
    Box::pin(run_until(config, keys, ready, shutdown, changes))
}

async fn run_until(
    config: Config,
    keys: CourtKeys,
    ready: Box<dyn FnOnce(SocketAddr)>,
    mut shutdown: LocalBoxFuture<'static, ()>,
    mut changes: Changes,
) -> anyhow::Result<()> {
    let genesis = read_genesis(&config.genesis)?;
    keys.check(&genesis).map_err(|reason| anyhow!("{reason}"))?;
    let own = &keys.name;
    network::check_addresses(&genesis, own, config.listen.as_deref())?;
    let listener = TcpListener::bind(config.rpc).await;
    let listener = listener.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!(
                "cannot serve clients on {}: another program uses that port; stop it, or change `rpc` in the configuration",
                config.rpc
            )
        }
        _ => anyhow!("cannot serve clients on {}: {error}; correct `rpc` in the configuration", config.rpc),
    })?;
    // Opening locks the directory first, so that a second node on it changes nothing.
    let ledger = Arc::new(data::open_or_set_aside(&config, &genesis)?);
    data::claim(&config, &keys)?;
    let (logs, found) = SigningLogs::open(&config.data)?;
    let checkpoint = ledger.checkpoint()?;
    let head = ledger.head();
    tracing::info!(court = %keys.name, network = %keys.origin, height = head.height, size = head.size, "ledger opened and checked");

    let metrics = Arc::new(Metrics::default());
    metrics.at(head.height, head.size);
    let parts = Parts::found(&keys, Arc::clone(&ledger), found)?;
    let admission = parts.app.admission();
    let (publisher, watched) = status::channel(&genesis, checkpoint);
    let (sender, mailbox) = mailbox::channel(genesis.courts.iter().map(|court| court.name.clone()));
    let listen = config.listen.as_deref();
    let (links, snapshots, mut network_tasks) =
        network::start(admission.clone(), own, &keys.network, listen, sender.clone(), &metrics)?;
    network_tasks.spawn(serve(links.clone(), Arc::clone(&ledger), snapshots.incoming));
    let source =
        Source { control: snapshots.control, links: links.clone(), ledger: Arc::clone(&ledger), validator: sender.clone() };
    let fetcher = Fetcher::new(tokio::runtime::Handle::current(), source);

    let shared = Shared::new(&keys, admission, sender, watched, links.clone(), Arc::clone(&metrics), config.limits);
    shared.take(&config);
    let shared = Arc::new(shared);
    let host = NodeHost::new(keys.name.clone(), links, Judge::new(data::evidence_folder(&config))?, fetcher, publisher, metrics);
    let (stop_validator, stopping) = oneshot::channel();
    let validator = spawn_validator(Validator::new(parts, logs, host), mailbox, stopping)?;
    let (stop_rpc, rpc_stopping) = oneshot::channel::<()>();
    let address = listener.local_addr()?;
    let serving = tokio::spawn(rpc::serve(listener, Arc::clone(&shared), async {
        let _ = rpc_stopping.await;
    }));
    ready(address);
    let mut current = config;
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            config = changes.next() => {
                take(&shared, &current, &config);
                // Fields that need a restart are always compared with those that this node started with.
                current = Config { log: config.log, limits: config.limits, rpc_names: config.rpc_names, ..current };
            }
        }
    }
    drop(shared);
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

/// Applies the fields that a running node can change, and logs the names of the other changed fields (R26).
fn take(shared: &Shared, current: &Config, config: &Config) {
    shared.take(config);
    let (limits, names, log) = (config.limits, &config.rpc_names, &config.log);
    tracing::info!(%log, ?limits, rpc_names = ?names, "the configuration was read again");
    let fields = current.fixed_fields_changed(config);
    if !fields.is_empty() {
        tracing::warn!(?fields, "these fields of the configuration have changed and apply only from the next start");
    }
}

/// Starts the validator on its own thread, because it waits for disks.
fn spawn_validator(
    validator: Validator,
    mailbox: mailbox::Mailbox<courtseal_court::input::Input>,
    stopping: oneshot::Receiver<()>,
) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let thread = std::thread::Builder::new().name("validator".to_owned());
    Ok(thread.spawn(move || runtime.block_on(validator.run(mailbox, stopping)))?)
}
