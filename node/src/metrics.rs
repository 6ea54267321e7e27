//! Counters and gauges in the text format of Prometheus.
//!
//! In: events of the node.
//! Out: the text of `GET /metrics` (R10).
//! Always: a name ends in its unit, and no label holds anything about evidence or members.
//! Not for logs.

use courtseal_court::clock_watch::Comparison;
use courtseal_court::court::Measured;
use courtseal_court::mempool::Load;
use courtseal_ledger::Committed;
use courtseal_proof::bytes::name::CourtName;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Counters told apart by their labels, each a name and a value.
pub type Counters = Family<Vec<(&'static str, String)>, Counter>;

/// All counters and gauges of a node, and the registry that prints them.
pub struct Metrics {
    registry: Registry,
    blocks: Counter,
    entries: Counter,
    transactions: Counter,
    height: Gauge,
    log_size: Gauge,
    /// Entries under the newest checkpoint with a quorum.
    pub checkpoint_size: Gauge,
    pending_transactions: Gauge,
    pending_bytes: Gauge,
    dropped_transactions: Counter,
    /// Courts that are connected, this one included.
    pub connected_courts: Gauge,
    halted: Gauge,
    clock_ahead: Gauge,
    clock_groups: Gauge,
    untimely_courts: Gauge,
    requests: Counters,
    rejected: Counters,
    invalid_blocks: Counters,
    empty_heights: Counters,
    /// Open connections of clients.
    pub client_connections: Gauge,
    /// Time from a request to its receipts, in seconds.
    pub notarize_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("courtseal");
        let bounds = [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
        let metrics = Self {
            blocks: Counter::default(),
            entries: Counter::default(),
            transactions: Counter::default(),
            height: Gauge::default(),
            log_size: Gauge::default(),
            checkpoint_size: Gauge::default(),
            pending_transactions: Gauge::default(),
            pending_bytes: Gauge::default(),
            dropped_transactions: Counter::default(),
            connected_courts: Gauge::default(),
            halted: Gauge::default(),
            clock_ahead: Gauge::default(),
            clock_groups: Gauge::default(),
            untimely_courts: Gauge::default(),
            requests: Family::default(),
            rejected: Counters::default(),
            invalid_blocks: Family::default(),
            empty_heights: Family::default(),
            client_connections: Gauge::default(),
            notarize_seconds: Histogram::new(bounds),
            registry: Registry::default(),
        };
        registry.register("blocks", "Blocks committed since start", metrics.blocks.clone());
        registry.register("entries", "Entries recorded since start", metrics.entries.clone());
        registry.register("transactions", "Transactions recorded since start", metrics.transactions.clone());
        registry.register("height", "Height of the last committed block", metrics.height.clone());
        registry.register("log_entries", "Entries in the log", metrics.log_size.clone());
        registry.register(
            "checkpoint_entries",
            "Entries under the newest checkpoint with a quorum",
            metrics.checkpoint_size.clone(),
        );
        registry.register("pending_transactions", "Transactions that wait for a block", metrics.pending_transactions.clone());
        registry.register_with_unit(
            "pending",
            "Bytes of transactions that wait for a block",
            Unit::Bytes,
            metrics.pending_bytes.clone(),
        );
        registry.register(
            "dropped_transactions",
            "Waiting transactions that were dropped for those of members who hold less",
            metrics.dropped_transactions.clone(),
        );
        registry.register("connected_courts", "Courts that are connected, this one included", metrics.connected_courts.clone());
        registry.register(
            "halted",
            "1 while the last block lies in the future, so that nothing can be recorded",
            metrics.halted.clone(),
        );
        registry.register_with_unit(
            "clock_ahead",
            "By how much this court's clock is ahead of more than half of all courts' clocks; 0 if it agrees, or if too few courts agree to tell",
            Unit::Seconds,
            metrics.clock_ahead.clone(),
        );
        registry.register("clock_groups", "Groups of courts whose clocks agree", metrics.clock_groups.clone());
        registry.register(
            "untimely_courts",
            "Courts whose newest cosignature does not count here because of its time",
            metrics.untimely_courts.clone(),
        );
        registry.register("requests", "Requests answered, by route and status", metrics.requests.clone());
        registry.register(
            "refused",
            "Connections and requests rejected or slowed down, by listener and reason",
            metrics.rejected.clone(),
        );
        registry.register("invalid_blocks", "Invalid blocks proposed, by court", metrics.invalid_blocks.clone());
        registry.register(
            "empty_heights",
            "Heights that recorded nothing, by the court that started them",
            metrics.empty_heights.clone(),
        );
        registry.register("client_connections", "Connections of clients", metrics.client_connections.clone());
        registry.register_with_unit(
            "notarize",
            "From a request to its receipts",
            Unit::Seconds,
            metrics.notarize_seconds.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Counts an event that a court reports.
    pub fn measure(&self, measured: Measured<'_>) {
        match measured {
            Measured::Committed(committed) => self.committed(committed),
            Measured::InvalidBlock(court) => Self::of_court(&self.invalid_blocks, court),
            Measured::EmptyHeight(court) => Self::of_court(&self.empty_heights, court),
            Measured::Waiting { load, dropped } => self.pending(load, dropped),
            Measured::Times { is_halted, clocks, untimely_courts } => self.times(is_halted, clocks, untimely_courts),
        }
    }

    fn committed(&self, committed: &Committed) {
        self.blocks.inc();
        self.entries.inc_by(committed.size - committed.first_index);
        self.transactions.inc_by(committed.transactions.len() as u64);
        self.at(committed.height, committed.size);
    }

    fn of_court(counters: &Counters, court: &CourtName) {
        counters.get_or_create(&vec![("court", court.to_string())]).inc();
    }

    /// Sets the height and the size of the log.
    pub fn at(&self, height: u64, size: u64) {
        self.height.set(height as i64);
        self.log_size.set(size as i64);
    }

    fn times(&self, is_halted: bool, comparison: &Comparison, untimely_courts: usize) {
        self.halted.set(i64::from(is_halted));
        self.clock_ahead.set(comparison.ahead_ms().unwrap_or(0) / 1000);
        self.clock_groups.set(comparison.groups.len() as i64);
        self.untimely_courts.set(untimely_courts as i64);
    }

    fn pending(&self, load: Load, dropped: u64) {
        self.dropped_transactions.inc_by(dropped);
        self.pending_transactions.set(load.transactions as i64);
        self.pending_bytes.set(load.bytes as i64);
    }

    /// What was rejected or slowed down, by listener and reason.
    pub fn rejected(&self) -> Counters {
        self.rejected.clone()
    }

    /// Counts an answered request by route and HTTP status.
    pub fn request(&self, route: String, status: u16) {
        self.requests.get_or_create(&vec![("route", route), ("status", status.to_string())]).inc();
    }

    /// Prints all metrics in the OpenMetrics text format.
    ///
    /// # Errors
    /// None in practice: it only writes to memory.
    pub fn to_text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
