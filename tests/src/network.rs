//! A network of courts on this machine, as `network new` and `network run` make it.
//!
//! In: the number of courts.
//! Out: the courts' processes, in a temporary folder.
//! Always: a test binary runs one network at a time, on ports of its own, so that several suites can run side
//! by side. Dropping the network stops every process and checks that no node has printed a panic.
//! Not for real networks.

use crate::amend::amend;
use crate::courts::{self, Court, Listing};
use crate::http;
use crate::launch::Launch;
use crate::processes::{await_state, first_line, free_base, stop_child};
use crate::program::{self, DEFECTS, Outcome};
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

static TURN: Mutex<()> = Mutex::new(());

/// A local network; it stops when dropped.
pub struct LocalNetwork {
    folder: TempDir,
    listing: Listing,
    runner: Option<Child>,
    restarted: Vec<Option<Child>>,
    program: Launch,
    ways: Vec<Launch>,
    _turn: Option<MutexGuard<'static, ()>>,
}

impl LocalNetwork {
    /// Makes the files of a network; no process runs yet.
    ///
    /// # Errors
    /// The program fails.
    pub fn create(courts: usize) -> anyhow::Result<Self> {
        Self::create_by(Launch::default(), courts)
    }

    /// Makes the files with the given program, which later also runs the network and is its client.
    ///
    /// # Errors
    /// The program fails.
    pub fn create_by(program: Launch, courts: usize) -> anyhow::Result<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut network = Self::make(program, courts)?;
        network._turn = Some(turn);
        Ok(network)
    }

    /// Makes the files of a further network while a test holds one already. The further network cannot be
    /// run.
    ///
    /// # Errors
    /// The program fails.
    pub fn beside(courts: usize) -> anyhow::Result<Self> {
        Self::make(Launch::default(), courts)
    }

    fn make(program: Launch, courts: usize) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("courtseal-test-").tempdir()?;
        let dir = folder.path().join("net");
        loop {
            let base = free_base(courts)?;
            let mut command = program.command()?;
            command.args(["network", "new"]).arg(&dir);
            command.args(["--courts", &courts.to_string(), "--base-port", &base.to_string()]);
            let made = program::finish(command)?;
            match made.code {
                0 => break,
                // Another suite has taken a port meanwhile.
                2 if made.stderr.contains("cannot be used") => {}
                _ => bail!("network new: {made:?}"),
            }
        }
        let listing = courts::read(&dir)?;
        let restarted = listing.courts.iter().map(|_| None).collect();
        let ways = vec![program.clone(); listing.courts.len()];
        Ok(Self { folder, listing, runner: None, restarted, program, ways, _turn: None })
    }

    /// Makes and starts a network.
    ///
    /// # Errors
    /// The program fails.
    pub fn start(courts: usize) -> anyhow::Result<Self> {
        let mut network = Self::create(courts)?;
        network.run()?;
        Ok(network)
    }

    /// Starts all courts, and waits for the line that says they are ready.
    ///
    /// # Errors
    /// A court does not start.
    pub fn run(&mut self) -> anyhow::Result<()> {
        ensure!(self.runner.is_none(), "the network runs already");
        let said = File::create(self.folder.path().join("run.err"))?;
        let mut command = self.program.command()?;
        command.args(["network", "run"]).arg(self.dir()).stdout(Stdio::piped()).stderr(said);
        let child = self.runner.insert(command.spawn()?);
        let line = first_line(child)?;
        ensure!(line.starts_with("ready "), "network run says {line:?}");
        self.listing = courts::read(&self.dir())?;
        ensure!(self.listing.courts.iter().all(|court| court.pid.is_some()), "a court has no process id: {:?}", self.listing);
        Ok(())
    }

    /// Starts each court that does not run as a process of its own, in the way that [`Self::launch_by`] sets,
    /// and waits until all of them record.
    ///
    /// # Errors
    /// A court does not start, or does not record in time.
    pub fn run_each(&mut self) -> anyhow::Result<()> {
        let down: Vec<usize> = (0..self.courts().len()).filter(|at| self.pid(*at).is_none()).collect();
        down.iter().try_for_each(|at| self.launch(*at))?;
        down.iter().try_for_each(|at| self.await_ready(*at))?;
        self.await_recording(&(0..self.courts().len()).collect::<Vec<_>>())
    }

    /// Waits until each of these courts says that it records.
    ///
    /// # Errors
    /// A court does not record in time.
    pub fn await_recording(&self, courts: &[usize]) -> anyhow::Result<()> {
        let recording = |at: &usize| self.status(*at).is_some_and(|status| status["state"] == "recording");
        await_state("the courts record", || courts.iter().all(recording).then_some(()))
    }

    /// Sets the way in which a court is started from its next start on.
    pub fn launch_by(&mut self, at: usize, way: Launch) {
        self.ways[at] = way;
    }

    /// Changes the addresses in the genesis of a network that has never run, and the addresses at which
    /// clients reach each court: `rpc` gives `host:port`.
    ///
    /// # Errors
    /// An I/O error, or the new genesis breaks a rule.
    pub fn relocate(&mut self, address: impl Fn(usize) -> String, rpc: impl Fn(usize) -> String) -> anyhow::Result<()> {
        amend(&self.listing, |genesis| {
            genesis.courts.iter_mut().enumerate().for_each(|(at, court)| court.address = address(at));
            Ok(())
        })?;
        let path = self.dir().join("network.json");
        let mut text = std::fs::read_to_string(&path)?;
        for (at, court) in self.listing.courts.iter().enumerate() {
            court.configure("rpc", &rpc(at))?;
            text = text.replace(&court.url, &format!("http://{}", rpc(at)));
        }
        std::fs::write(&path, text)?;
        self.listing = courts::read(&self.dir())?;
        Ok(())
    }

    /// Waits until a court that was launched by [`Self::launch`] has ended by itself.
    ///
    /// # Errors
    /// The process does not end in time, or the court was not launched.
    pub fn await_end(&mut self, at: usize) -> anyhow::Result<ExitStatus> {
        let mut child = self.restarted[at].take().context("the court was not launched")?;
        let ended = await_state("the process ends", || child.try_wait().ok().flatten());
        if ended.is_err() {
            self.restarted[at] = Some(child);
        }
        ended
    }

    /// Stops all courts by SIGTERM and waits for each process.
    ///
    /// # Errors
    /// A process does not stop when asked.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        for child in self.restarted.iter_mut().filter_map(Option::take) {
            stop_child(child)?;
        }
        if let Some(child) = self.runner.take() {
            let status = stop_child(child)?;
            ensure!(status.success(), "network run ended with {status}");
        }
        self.listing = courts::read(&self.dir())?;
        ensure!(self.listing.courts.iter().all(|court| court.pid.is_none()), "a stopped court has a process id");
        Ok(())
    }

    /// The folder of the network.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("net")
    }

    /// A folder for the test's own files.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn desk(&self) -> anyhow::Result<PathBuf> {
        let desk = self.folder.path().join("desk");
        std::fs::create_dir_all(&desk)?;
        Ok(desk)
    }

    /// The contents of `network.json` when it was last read.
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The courts, sorted by name.
    pub fn courts(&self) -> &[Court] {
        &self.listing.courts
    }

    /// The URLs of all nodes.
    pub fn urls(&self) -> Vec<String> {
        self.courts().iter().map(|court| court.url.clone()).collect()
    }

    /// The path of the policy.
    pub fn policy(&self) -> &Path {
        &self.listing.policy
    }

    /// The path of the notary's key file.
    pub fn notary(&self) -> PathBuf {
        self.dir().join("keys").join("notary-1.key")
    }

    /// The process id of a court's node, if it runs, whichever way it was started.
    pub fn pid(&self, at: usize) -> Option<u32> {
        self.restarted[at].as_ref().map(Child::id).or(self.listing.courts[at].pid)
    }

    /// Kills a court by SIGKILL, and waits until the process is gone.
    ///
    /// # Errors
    /// The court does not run.
    pub fn kill(&mut self, at: usize) -> anyhow::Result<()> {
        if let Some(mut child) = self.restarted[at].take() {
            child.kill()?;
            child.wait()?;
            return Ok(());
        }
        let pid = self.listing.courts[at].pid.take().context("the court does not run")?;
        program::kill(pid, "-KILL")?;
        // `network run` updates the file after it has noticed the death.
        let dir = self.dir();
        await_state("network.json forgets a dead court", || courts::read(&dir).ok()?.courts[at].pid.is_none().then_some(()))
    }

    /// Starts a court that was killed, without waiting for it.
    ///
    /// # Errors
    /// The court runs, or cannot be started.
    pub fn launch(&mut self, at: usize) -> anyhow::Result<()> {
        ensure!(self.pid(at).is_none(), "{} runs already", self.courts()[at].name);
        let court = &self.listing.courts[at];
        let log = OpenOptions::new().create(true).append(true).open(court.log())?;
        let mut command = self.ways[at].command()?;
        command.args(["node", "run", "--until-stdin-closes", "--config"]).arg(court.config());
        self.restarted[at] = Some(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn()?);
        Ok(())
    }

    /// Waits for the line with which a launched court reports that it serves.
    ///
    /// # Errors
    /// The process ends without that line.
    pub fn await_ready(&mut self, at: usize) -> anyhow::Result<()> {
        let name = &self.listing.courts[at].name;
        let line = first_line(self.restarted[at].as_mut().context("the court was not launched")?)?;
        ensure!(line.starts_with(&format!("ready {name} ")), "{name} says {line:?}; {}", self.last_words(at));
        Ok(())
    }

    /// Starts a court that was killed, and waits for its ready line.
    ///
    /// # Errors
    /// The court does not start.
    pub fn restart(&mut self, at: usize) -> anyhow::Result<()> {
        self.launch(at)?;
        self.await_ready(at)
    }

    /// A node's status; `None` while the node does not answer.
    pub fn status(&self, at: usize) -> Option<Value> {
        http::get(&self.courts()[at].url, "/v1/status").ok().filter(|answer| answer.status == 200).map(|answer| answer.json())
    }

    /// Waits until these courts have the same log, all of it is cosigned, and no transaction is pending;
    /// returns the log's size.
    ///
    /// # Errors
    /// The courts do not agree in time.
    pub fn await_equal(&self, courts: &[usize]) -> anyhow::Result<u64> {
        let mut last = Vec::new();
        let found = await_state("all courts have the same root", || {
            last = courts.iter().filter_map(|at| self.status(*at)).collect();
            let same = |name: &str| last.iter().all(|status| status[name] == last[0][name]);
            let settled = last.iter().all(|status| status["pending"] == 0 && status["checkpoint_size"] == status["size"]);
            let equal = last.len() == courts.len() && ["height", "size", "root"].iter().all(|name| same(name));
            (equal && settled).then(|| last[0]["size"].as_u64()).flatten()
        });
        found.with_context(|| format!("the last states: {last:?}"))
    }

    /// Runs `notarize` with the notary's key at these nodes; `arguments` are further options and paths.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn notarize_at<A: AsRef<OsStr>>(&self, urls: &[String], arguments: &[A]) -> anyhow::Result<Outcome> {
        program::finish(self.notarize_command(urls, arguments)?)
    }

    /// The command of [`Self::notarize_at`].
    ///
    /// # Errors
    /// The program is not found.
    pub fn notarize_command<A: AsRef<OsStr>>(&self, urls: &[String], arguments: &[A]) -> anyhow::Result<Command> {
        Ok(notarize_by(self.program.command()?, urls, &self.notary(), arguments))
    }

    /// Runs `notarize` at all nodes, in order.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn notarize<A: AsRef<OsStr>>(&self, arguments: &[A]) -> anyhow::Result<Outcome> {
        self.notarize_at(&self.urls(), arguments)
    }

    /// Runs `verify` under the network's policy.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn verify<A: AsRef<OsStr>>(&self, arguments: &[A]) -> anyhow::Result<Outcome> {
        let mut command = self.program.command()?;
        command.args(["verify", "--policy"]).arg(self.policy()).args(arguments);
        program::finish(command)
    }

    /// Runs `log check` on one court's node.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn run_log_check(&self, at: usize) -> anyhow::Result<Outcome> {
        let mut command = self.program.command()?;
        command.args(["--json", "log", "check", "--node", &self.courts()[at].url, "--policy"]).arg(self.policy());
        program::finish(command)
    }

    /// Returns the size and root that `log check` of one court's node finds.
    ///
    /// # Errors
    /// The program cannot be run, or the log is not valid.
    pub fn log_check(&self, at: usize) -> anyhow::Result<(u64, String)> {
        let outcome = self.run_log_check(at)?;
        ensure!(outcome.code == 0, "{outcome:?}");
        let value = outcome.json();
        Ok((value["size"].as_u64().context("no size")?, value["root"].as_str().context("no root")?.to_owned()))
    }

    fn last_words(&self, at: usize) -> String {
        let text = std::fs::read_to_string(self.courts()[at].log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        format!("{}: {}", self.courts()[at].name, lines[lines.len().saturating_sub(4)..].join("\n    "))
    }
}

/// A `notarize` command with any key.
///
/// # Errors
/// The program is not found.
pub fn notarize_command<A: AsRef<OsStr>>(urls: &[String], key: &Path, arguments: &[A]) -> anyhow::Result<Command> {
    Ok(notarize_by(program::command()?, urls, key, arguments))
}

fn notarize_by<A: AsRef<OsStr>>(mut command: Command, urls: &[String], key: &Path, arguments: &[A]) -> Command {
    command.args(["notarize", "--key"]).arg(key);
    for url in urls {
        command.args(["--node", url]);
    }
    command.args(arguments);
    command
}

impl Drop for LocalNetwork {
    fn drop(&mut self) {
        let stopped = self.stop();
        if std::thread::panicking() || stopped.is_err() {
            // The test's own failure is more useful than a second panic. The folder is kept for inspection.
            eprintln!("stopping the network: {stopped:?}; its folder is kept in {}", self.folder.path().display());
            (0..self.courts().len()).for_each(|at| eprintln!("{}", self.last_words(at)));
            self.folder.disable_cleanup(true);
            assert!(std::thread::panicking(), "the network does not stop when asked: {stopped:?}");
            return;
        }
        for court in self.courts() {
            let log = court.said();
            for defect in DEFECTS {
                assert!(!log.contains(defect), "the log of {} has {defect:?}:\n{log}", court.name);
            }
        }
    }
}
