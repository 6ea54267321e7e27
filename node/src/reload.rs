//! Reading the configuration again while the node runs (R26).
//!
//! In: the order to do so, as a hangup signal gives it.
//! Out: the new log filter, at once; the new configuration, for the node to take its limits from.
//! Always: a configuration that cannot be used changes nothing; the node goes on in any case.
//! Not for what is fixed at the start: that is named in the log, and waits for the next start.

use crate::config::Config;
use crate::logging::Logging;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Reads the configuration again.
pub struct Reloader {
    path: PathBuf,
    logging: Logging,
    changes: mpsc::Sender<Config>,
}

/// The configurations that were read again, in order.
pub struct Changes(mpsc::Receiver<Config>);

/// Both ends, for the configuration at this path.
pub fn channel(path: PathBuf, logging: Logging) -> (Reloader, Changes) {
    let (changes, receiver) = mpsc::channel(1);
    (Reloader { path, logging, changes }, Changes(receiver))
}

impl Reloader {
    /// Reads it now, and says in the log what came of it.
    pub async fn reload(&self) {
        match Config::load(&self.path).and_then(|config| self.logging.set(&config.log).map(|()| config)) {
            // Without a receiver, the node is stopping.
            Ok(config) => drop(self.changes.send(config).await),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(%error, "the configuration was read again and cannot be used: everything stays as it was");
            }
        }
    }
}

impl Changes {
    /// The next configuration; waits for ever if there will be none.
    pub async fn next(&mut self) -> Config {
        match self.0.recv().await {
            Some(config) => config,
            None => std::future::pending().await,
        }
    }
}
