//! Courts as child processes of this one.
//!
//! In: a network's folder. Out: running nodes, their process ids in `network.json`. Always: a node stops when
//! this process ends, however it ends, because it watches its standard input, whose other end is held here; a
//! court that dies stays dead. Not for stopping one's own.

use super::file::Network;
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::http::Node;
use crate::print;
use courtseal_api::{Request, Route};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long a node has to stop in order before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How often a node is asked whether it is ready.
const ASK: Duration = Duration::from_millis(25);
/// How long a node has to say how it is.
const HEALTH: Duration = Duration::from_secs(2);

/// The courts of a folder.
pub struct Courts {
    dir: PathBuf,
    network: Network,
    children: Vec<Option<Child>>,
}

impl Courts {
    /// Opens a folder that `network new` made; nothing runs yet.
    ///
    /// # Errors
    /// Usage.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let mut network = Network::read(dir)?;
        network.courts.iter_mut().for_each(|court| court.pid = None);
        let children = network.courts.iter().map(|_| None).collect();
        Ok(Self { dir: dir.to_owned(), network, children })
    }

    /// Where everything is.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Starts all courts.
    ///
    /// # Errors
    /// A port is in use; a process cannot be started.
    pub fn start_all(&mut self) -> anyhow::Result<()> {
        for court in &self.network.courts {
            let address = court.url.trim_start_matches("http://");
            if let Err(error) = TcpListener::bind(address) {
                let message = format!("{address}, where {} should answer, cannot be used: {}", court.name, files::reason(&error));
                return Err(Failure::new(Exit::Usage, message)
                    .next("stop what uses the port (another `network run` of this folder?), then try again")
                    .into());
            }
        }
        for at in 0..self.children.len() {
            self.spawn(at)?;
        }
        self.network.write(&self.dir)
    }

    /// Starts one court.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn start(&mut self, at: usize) -> anyhow::Result<()> {
        self.spawn(at)?;
        self.network.write(&self.dir)
    }

    fn spawn(&mut self, at: usize) -> anyhow::Result<()> {
        let court = &mut self.network.courts[at];
        let log = OpenOptions::new().create(true).append(true).open(court.log())?;
        let child = Command::new(std::env::current_exe()?)
            .args(["node", "run", "--until-stdin-closes", "--config"])
            .arg(court.config())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        court.pid = Some(child.id());
        self.children[at] = Some(child);
        Ok(())
    }

    /// Waits until every court that was started records; `false` if told to stop before.
    ///
    /// # Errors
    /// A court stops at its start, or they are not ready in time.
    pub fn wait_until_ready(&mut self, within: Duration, stop: &Receiver<()>) -> anyhow::Result<bool> {
        let deadline = Instant::now() + within;
        let mut waiting: Vec<(usize, Node)> = Vec::new();
        for (at, court) in self.network.courts.iter().enumerate().filter(|(at, _)| self.children[*at].is_some()) {
            waiting.push((at, Node::new(&court.url, None)?));
        }
        while !waiting.is_empty() {
            if let Some(death) = self.bury()?.into_iter().next() {
                return Err(Failure::new(Exit::Invalid, death).next("the other courts are stopped again").into());
            }
            waiting
                .retain(|(_, node)| !node.get(&Request::plain(Route::Health), HEALTH).is_ok_and(|answer| answer.status == 200));
            match stop.recv_timeout(if waiting.is_empty() { Duration::ZERO } else { ASK }) {
                Ok(()) => return Ok(false),
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(ASK),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some((at, _)) = waiting.first().filter(|_| Instant::now() > deadline) {
                let court = &self.network.courts[*at];
                let message =
                    format!("{} does not record within {}{}", court.name, print::duration(within), last_words(&court.log()));
                return Err(Failure::new(Exit::Unreachable, message).next(format!("see {}", print::path(&court.log()))).into());
            }
        }
        Ok(true)
    }

    /// Looks for courts that died since; a line for each.
    ///
    /// # Errors
    /// `network.json` cannot be written.
    pub fn bury(&mut self) -> anyhow::Result<Vec<String>> {
        let mut deaths = Vec::new();
        for (at, child) in self.children.iter_mut().enumerate() {
            let Some(status) = child.as_mut().and_then(|child| child.try_wait().ok().flatten()) else { continue };
            *child = None;
            let court = &mut self.network.courts[at];
            court.pid = None;
            deaths.push(format!(
                "{} stopped ({}){}; its log is {}; start it again with `courtseal node run --config {}`",
                court.name,
                how(status),
                last_words(&court.log()),
                print::path(&court.log()),
                print::path(&court.config())
            ));
        }
        if !deaths.is_empty() {
            self.network.write(&self.dir)?;
        }
        Ok(deaths)
    }

    /// Kills a court by SIGKILL, as a power failure would.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&mut self, at: usize) -> anyhow::Result<()> {
        let mut child =
            self.children[at].take().ok_or_else(|| usage(format!("{} does not run", self.network.courts[at].name)))?;
        child.kill()?;
        child.wait()?;
        self.network.courts[at].pid = None;
        self.network.write(&self.dir)
    }

    /// Stops all courts in order; those that take too long are killed.
    ///
    /// # Errors
    /// `network.json` cannot be written.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        // The end of their standard input is what they wait for.
        self.children.iter_mut().flatten().for_each(|child| drop(child.stdin.take()));
        let deadline = Instant::now() + STOP_WITHIN;
        for (at, child) in self.children.iter_mut().enumerate() {
            let Some(mut child) = child.take() else { continue };
            while child.try_wait()?.is_none() {
                if Instant::now() > deadline {
                    print::message(format_args!("{} does not stop; it is killed", self.network.courts[at].name));
                    child.kill()?;
                    child.wait()?;
                    break;
                }
                std::thread::sleep(ASK);
            }
        }
        self.network.courts.iter_mut().for_each(|court| court.pid = None);
        self.network.write(&self.dir)
    }
}

impl Drop for Courts {
    fn drop(&mut self) {
        if self.children.iter().any(Option::is_some) {
            // On the way out of a failure, which is what should be reported.
            let _ = self.stop();
        }
    }
}

fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "no reason known".to_owned(),
    }
}

/// The last line of a node's log that tells something about its end, as the end of a sentence; nothing if
/// there is none.
fn last_words(path: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let from = file.metadata()?.len().saturating_sub(2048);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(2048).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    // What it did in good order says nothing about its end.
    let tells = |line: &&str| [" WARN ", " ERROR "].iter().any(|level| line.contains(level)) || line.starts_with("courtseal:");
    let line = text.lines().rev().find(tells).map(|line| line.chars().filter(|c| !c.is_control()).take(300).collect::<String>());
    line.map_or_else(String::new, |line| format!("; its last words: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_tell_are_repeated() {
        let path = tempfile::tempdir().unwrap().keep().join("node.log");
        assert_eq!(last_words(&path), "");
        std::fs::write(&path, "2026 WARN a\u{1b}\n2026 INFO b\n\n").unwrap();
        assert_eq!(last_words(&path), "; its last words: 2026 WARN a");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
