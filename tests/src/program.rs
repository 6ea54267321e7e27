//! The program under test: where it is, how it is run, and what every run of it must keep to.
//!
//! In: arguments. Out: exit code, both outputs, the time it took. Always: nothing of the caller's environment that stands in for an option
//! reaches it; a run that does not end is killed and fails the test. Not for long-lived processes: see [`crate::network`].

use anyhow::{Context, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No command in these suites takes longer, even on a machine that does other things too.
const ENDS_WITHIN: Duration = Duration::from_secs(240);
/// Texts that only a defect prints.
pub const DEFECTS: [&str; 5] = ["panicked at", "RUST_BACKTRACE", "stack backtrace", "internal error", "assertion failed"];
/// Variables of the caller that set options or lead to trusted policies, and must not leak in.
const VARIABLES: [&str; 7] =
    ["COURTSEAL_NODE", "COURTSEAL_KEY", "COURTSEAL_POLICY", "COURTSEAL_PASSPHRASE", "RUST_LOG", "HOME", "XDG_CONFIG_HOME"];

/// The program: `COURTSEAL_BIN`, else `courtseal` beside this test's own folder.
///
/// # Errors
/// It is not there; the message says how to build it.
pub fn program() -> anyhow::Result<PathBuf> {
    let path = match std::env::var_os("COURTSEAL_BIN") {
        Some(path) => PathBuf::from(path),
        None => {
            let own = std::env::current_exe().context("where this test is")?;
            // A test is in `release/deps`, the bench in `release`.
            let folder = own.ancestors().skip(1).find(|folder| folder.file_name() != Some(OsStr::new("deps")));
            folder.unwrap_or(Path::new(".")).join("courtseal")
        }
    };
    if !path.is_file() {
        bail!("there is no program at {}: run `make build` first, or set COURTSEAL_BIN to it", path.display());
    }
    Ok(path)
}

/// Another build of the program beside it, with crash points: `courtseal-crash`.
///
/// # Errors
/// It is not there; the message says how to build it.
pub fn with_crash_points() -> anyhow::Result<PathBuf> {
    let path = program()?.with_file_name("courtseal-crash");
    if !path.is_file() {
        bail!("there is no program at {}: run `make crash-points` first", path.display());
    }
    Ok(path)
}

/// A command of the program, without the caller's settings.
///
/// # Errors
/// As [`program`].
pub fn command() -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    without_settings(&mut command);
    Ok(command)
}

/// Takes from a command what the caller's environment would say.
pub fn without_settings(command: &mut Command) {
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; -1 if it was killed by a signal.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said on the side.
    pub stderr: String,
    /// From the start to the end of the process.
    pub elapsed: Duration,
}

/// Runs the program.
///
/// # Errors
/// It cannot be started, or does not end.
pub fn courtseal<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> anyhow::Result<Outcome> {
    let mut command = command()?;
    command.args(arguments);
    finish(command)
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started, or does not end: then it is killed.
pub fn finish(mut command: Command) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().with_context(|| format!("{command:?}"))?;
    let pid = child.id();
    let (tell, ended) = mpsc::channel();
    std::thread::spawn(move || tell.send((child.wait_with_output(), started.elapsed())));
    let Ok((output, elapsed)) = ended.recv_timeout(ENDS_WITHIN) else {
        kill(pid, "-KILL")?;
        bail!("did not end within {ENDS_WITHIN:?}: {command:?}");
    };
    let output = output?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let outcome =
        Outcome { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr), elapsed };
    for defect in DEFECTS {
        assert!(!outcome.stderr.contains(defect) && !outcome.stdout.contains(defect), "{defect}: {command:?}: {outcome:?}");
    }
    Ok(outcome)
}

/// Sends a process a signal, such as `-KILL`.
///
/// # Errors
/// There is no such process.
pub fn kill(pid: u32, signal: &str) -> anyhow::Result<()> {
    let status = Command::new("kill").args([signal, &pid.to_string()]).stderr(Stdio::null()).status()?;
    if !status.success() {
        bail!("kill {signal} {pid}: there is no such process");
    }
    Ok(())
}

impl Outcome {
    /// Requires an exit code.
    ///
    /// # Panics
    /// Another one; both outputs are shown.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Requires that it ended with this code and said why in one line, or two with what to do next, on stderr, in which all of `words` stand.
    ///
    /// # Panics
    /// If not so.
    #[track_caller]
    pub fn complains(self, code: i32, words: &[&str]) -> Self {
        let outcome = self.exits(code);
        let lines = outcome.stderr.lines().count();
        assert!((1..=2).contains(&lines), "{lines} lines on stderr:\n{}", outcome.stderr);
        outcome.says(words)
    }

    /// Requires words on either output.
    ///
    /// # Panics
    /// One is missing.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.stdout.contains(word) || self.stderr.contains(word),
                "no {word:?} in\nstdout:\n{}\nstderr:\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }

    /// Stdout as JSON.
    ///
    /// # Panics
    /// It is no JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
