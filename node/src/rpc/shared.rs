//! The state that all handlers share: the ledger, the validator's mailbox, the links, the limits of clients.
//!
//! In: the parts of a node.
//! Out: [`Shared`].
//! Always: no part of it can change the ledger.
//! Not for answering requests.

use super::host::Names;
use crate::config::{Config, Limits};
use crate::limiter::ClientLimiter;
use crate::mailbox::MailboxSender;
use crate::metrics::Metrics;
use crate::network::Links;
use crate::status::Watched;
use axum::body::Bytes;
use axum::extract::State;
use courtseal_court::admission::Admission;
use courtseal_court::input::Input;
use courtseal_court::keys::CourtKeys;
use courtseal_ledger::Ledger;
use courtseal_proof::bytes::name::CourtName;
use std::sync::Arc;
use tokio::sync::watch;

/// The parts of a node that the handlers of requests use.
pub struct Shared {
    /// Name of this node's court.
    pub own: CourtName,
    /// The ledger, read only.
    pub ledger: Arc<Ledger>,
    /// The way in for clients' transactions.
    pub admission: Admission,
    /// The validator's mailbox, for inputs of clients.
    pub validator: MailboxSender<Input>,
    /// The state that the validator publishes.
    pub watched: Watched,
    /// Links to the other courts.
    pub links: Links,
    /// The node's counters.
    pub metrics: Arc<Metrics>,
    /// The genesis document, byte for byte.
    pub genesis_text: Bytes,
    /// The policy of the genesis, byte for byte.
    pub policy_text: Bytes,
    /// Whether the node is shutting down.
    pub(super) stopping: watch::Sender<bool>,
    pub(super) clients: ClientLimiter,
    pub(super) names: Names,
}

impl Shared {
    /// The state of this court's node. It accepts no configured host name yet.
    pub fn new(
        keys: &CourtKeys,
        admission: Admission,
        validator: MailboxSender<Input>,
        watched: Watched,
        links: Links,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        let ledger = Arc::clone(admission.ledger());
        let genesis = ledger.genesis();
        Self {
            own: keys.name.clone(),
            genesis_text: genesis.to_text().into(),
            policy_text: genesis.policy_text().into(),
            ledger,
            admission,
            validator,
            watched,
            links,
            stopping: watch::Sender::new(false),
            clients: ClientLimiter::new(limits, Arc::clone(&metrics)),
            names: Names::default(),
            metrics,
        }
    }

    /// Takes limits and names from a configuration, at the start and when it was read again (R26).
    pub fn take(&self, config: &Config) {
        self.clients.set(config.limits);
        self.names.set(&config.rpc_names);
    }
}

/// How a handler gets the shared parts.
pub(super) type SharedState = State<Arc<Shared>>;
