//! The program under test: where it is, how it is run, and what every run must fulfil.
//!
//! In: arguments.
//! Out: exit code, standard output, standard error, and the time that the run took.
//! Always: no environment variable of the caller that sets an option reaches the program. A run that does not
//! end is killed and fails the test.
//! Not for long-lived processes: see [`crate::network`].

use anyhow::{Context, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Longest time that a command of these suites may take, even on a busy machine.
const ENDS_WITHIN: Duration = Duration::from_secs(240);
/// Texts that the program prints only because of a defect.
pub const DEFECTS: [&str; 5] = ["panicked at", "RUST_BACKTRACE", "stack backtrace", "internal error", "assertion failed"];
/// Variables of the caller that set options or lead to trusted policies; they must not reach the program.
const VARIABLES: [&str; 7] =
    ["COURTSEAL_NODE", "COURTSEAL_KEY", "COURTSEAL_POLICY", "COURTSEAL_PASSPHRASE", "RUST_LOG", "HOME", "XDG_CONFIG_HOME"];

/// Finds the program: `COURTSEAL_BIN`, else `courtseal` beside this test's own folder.
///
/// # Errors
/// The program is not there; the message says how to build it.
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

/// Finds the build of the program with crash points: `courtseal-crash`, beside the program.
///
/// # Errors
/// The program is not there; the message says how to build it.
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
/// The errors of [`program`].
pub fn command() -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    without_settings(&mut command);
    Ok(command)
}

/// Removes from a command the variables of the caller that set options, and its standard input.
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
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
    /// From the start to the end of the process.
    pub elapsed: Duration,
}

/// Runs the program with these arguments.
///
/// # Errors
/// The program cannot be started, or does not end in time.
pub fn courtseal<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> anyhow::Result<Outcome> {
    let mut command = command()?;
    command.args(arguments);
    finish(command)
}

/// Runs a command to its end.
///
/// # Errors
/// The command cannot be started, or does not end in time; then it is killed.
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
    /// The code is another one; both outputs are shown.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Requires this exit code and a complaint on standard error that contains all of `words`. The complaint
    /// has one line, or two if the second names the next step.
    ///
    /// # Panics
    /// One of these does not hold.
    #[track_caller]
    pub fn complains(self, code: i32, words: &[&str]) -> Self {
        let outcome = self.exits(code);
        let lines = outcome.stderr.lines().count();
        assert!((1..=2).contains(&lines), "{lines} lines on stderr:\n{}", outcome.stderr);
        outcome.says(words)
    }

    /// Requires that each word is on one of the two outputs.
    ///
    /// # Panics
    /// A word is missing.
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

    /// Parses the standard output as JSON.
    ///
    /// # Panics
    /// The output is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
