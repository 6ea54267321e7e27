//! A load for tests of correctness: clients that notarize one file after another, through all courts in turn,
//! until told to stop.
//!
//! In: a network's nodes and key, and a folder.
//! Out: files with receipts beside those that were recorded; the number of receipts.
//! Always: each run of a client ends with a receipt or with its request kept; any other end is a defect.
//! Not for measuring: see [`crate::generator`].

use crate::network::{LocalNetwork, notarize_command};
use crate::program::finish;
use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Most seconds for which one client tries before it leaves the rest to a later command.
const TIMEOUT_S: &str = "6";

/// The running clients.
pub struct Load {
    stop: Arc<AtomicBool>,
    recorded: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl Load {
    /// Starts `clients` clients. Each one writes and notarizes files in a folder of its own under `folder`.
    ///
    /// # Errors
    /// A folder cannot be made.
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

    /// The number of receipts so far.
    pub fn recorded(&self) -> usize {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Lets the clients finish their present file; returns the number of receipts.
    ///
    /// # Errors
    /// A client found a defect.
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
        // Either no node answered, so that nothing was signed, or the request is kept.
        3 => ensure!(with(".pending").is_file() || outcome.stderr.contains("no node answers"), "no journal: {outcome:?}"),
        _ => bail!("unexpected: {outcome:?}"),
    }
    Ok(())
}

/// Notarizes again every file under `folder` whose request was kept; every file has a receipt after that.
///
/// # Errors
/// A file has no receipt after that.
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
