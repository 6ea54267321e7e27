//! Load: clients that notarize one file after another, through all courts in turn, until told to stop.
//!
//! In: a network's nodes, key, a folder. Out: files, and receipts beside those that were recorded; how many of each. Always: a client ends with a receipt, or
//! with its request kept; everything else is a defect. Not for measuring: see
//! [`crate::generator`].

use crate::network::{LocalNetwork, notarize_command};
use crate::program::finish;
use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Most seconds that one client tries before it leaves the rest to a later command.
const TIMEOUT_S: &str = "6";

/// Clients at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    recorded: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl Load {
    /// Starts `clients` clients, each of which writes and notarizes files in a folder of its own under `folder`.
    ///
    /// # Errors
    /// I/O.
    pub fn start(network: &LocalNetwork, folder: &Path, clients: usize) -> anyhow::Result<Self> {
        let (stop, recorded) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut handles = Vec::new();
        for client in 0..clients {
            let mut urls = network.urls();
            let shift = client % urls.len();
            urls.rotate_left(shift);
            let (key, folder) = (network.notary(), folder.join(format!("client-{client}")));
            std::fs::create_dir_all(&folder)?;
            let (stop, recorded) = (Arc::clone(&stop), Arc::clone(&recorded));
            handles.push(std::thread::spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    urls.rotate_left(1);
                    one(&urls, &key, &folder.join(format!("{number}.txt")), client, &recorded)?;
                }
                Ok(())
            }));
        }
        Ok(Self { stop, recorded, clients: handles })
    }

    /// How many receipts were given out so far.
    pub fn recorded(&self) -> usize {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Lets the clients finish what they are at.
    ///
    /// # Errors
    /// What a client found wrong.
    pub fn stop(self) -> anyhow::Result<usize> {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        Ok(self.recorded.load(Ordering::Relaxed))
    }
}

fn one(urls: &[String], key: &Path, file: &Path, client: usize, recorded: &AtomicUsize) -> anyhow::Result<()> {
    std::fs::write(file, format!("{client} {}", file.display()))?;
    let outcome = finish(notarize_command(urls, key, &["--timeout".as_ref(), TIMEOUT_S.as_ref(), file.as_os_str()])?)?;
    let with = |ending: &str| PathBuf::from(format!("{}{ending}", file.display()));
    match outcome.code {
        0 => {
            ensure!(with(".tlog-proof").is_file() && !with(".pending").exists(), "done without a receipt: {outcome:?}");
            recorded.fetch_add(1, Ordering::Relaxed);
        }
        // None was reached at all, so nothing was signed; or the request is kept.
        3 => ensure!(with(".pending").is_file() || outcome.stderr.contains("no node answers"), "no journal: {outcome:?}"),
        _ => bail!("unexpected: {outcome:?}"),
    }
    Ok(())
}

/// Notarizes again whatever under `folder` was left waiting; every file has a receipt after that.
///
/// # Errors
/// If not so.
pub fn finish_all(network: &LocalNetwork, folder: &Path) -> anyhow::Result<()> {
    for client in std::fs::read_dir(folder)? {
        for entry in std::fs::read_dir(client?.path())? {
            let path = entry?.path();
            let Some(file) = path.to_str().and_then(|path| path.strip_suffix(".pending")) else { continue };
            let outcome = network.notarize(&[file]).context("again")?;
            ensure!(outcome.code == 0, "{file} is not recorded: {outcome:?}");
        }
    }
    let again = network.notarize(&[folder])?;
    ensure!(again.code == 0, "{again:?}");
    Ok(())
}
