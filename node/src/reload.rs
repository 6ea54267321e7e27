//! Reads the configuration again while the node runs (R26).
//!
//! In: requests to reload, as a hangup signal makes them.
//! Out: the new log filter, applied at once; the new configuration, for the node to take its limits from.
//! Always: an invalid configuration changes nothing, and the node keeps running in any case.
//! Not for fields that are fixed at the start: the log names them, and the next start applies them.

use crate::config::Config;
use crate::logging::Logging;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Reads the configuration file again and passes it on.
pub struct Reloader {
    path: PathBuf,
    logging: Logging,
    changes: mpsc::Sender<Config>,
}

/// The receiver of reloaded configurations, in order.
pub struct Changes(mpsc::Receiver<Config>);

/// Makes the sender and the receiver for the configuration at this path.
pub fn channel(path: PathBuf, logging: Logging) -> (Reloader, Changes) {
    let (changes, receiver) = mpsc::channel(1);
    (Reloader { path, logging, changes }, Changes(receiver))
}

impl Reloader {
    /// Reads the configuration now, applies the log filter, and logs an error if the file is not valid.
    pub async fn reload(&self) {
        match Config::load(&self.path).and_then(|config| self.logging.set(&config.log).map(|()| config)) {
            // A missing receiver means that the node is stopping.
            Ok(config) => drop(self.changes.send(config).await),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(%error, "the configuration was read again and is not valid: nothing changes");
            }
        }
    }
}

impl Changes {
    /// Waits for the next configuration; for ever if the sender is gone.
    pub async fn next(&mut self) -> Config {
        match self.0.recv().await {
            Some(config) => config,
            None => std::future::pending().await,
        }
    }
}
