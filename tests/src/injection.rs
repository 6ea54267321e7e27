//! System calls of a running node that fail or take long, injected by strace.
//!
//! In: a process, which calls on which files, and what strace does to them.
//! Out: a report of these calls.
//! Always: the injection is in force when [`Injection::attach`] returns. The process runs on unchanged after
//! the injection is dropped.
//! Not for a full disk: see [`crate::small_disk`].

use crate::processes::stop_child;
use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running strace and its report.
pub struct Injection {
    strace: Option<Child>,
    report: PathBuf,
}

impl Injection {
    /// Makes `calls`, such as `fsync,fdatasync`, of a process end as `what` says in strace's syntax. Only
    /// calls on `paths` count; all calls count if there are none.
    ///
    /// # Errors
    /// strace cannot be run or does not attach.
    pub fn attach(pid: u32, calls: &str, paths: &[PathBuf], what: &str, report: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-p", &pid.to_string(), "-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={calls}:{what}")]).arg("-o").arg(report);
        for path in paths {
            command.arg("-P").arg(path);
        }
        let mut strace = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("strace")?;
        let mut said = BufReader::new(strace.stderr.take().context("strace's output")?);
        let mut line = String::new();
        loop {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                strace.wait()?;
                bail!("strace ends without attaching to {pid}");
            }
            // strace first prints the paths that it resolves to others.
            if line.contains("attached") {
                break;
            }
        }
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Ok(Self { strace: Some(strace), report: report.to_owned() })
    }

    /// Detaches from the process; returns the calls seen, one a line, with `(INJECTED)` or `(DELAYED)` where
    /// strace acted.
    ///
    /// # Errors
    /// strace has written no report.
    pub fn detach(mut self) -> anyhow::Result<Vec<String>> {
        self.end();
        let text = std::fs::read_to_string(&self.report).context("strace's report")?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Whether strace has injected a fault so far.
    pub fn struck(&self) -> bool {
        std::fs::read_to_string(&self.report).is_ok_and(|text| text.contains("(INJECTED)"))
    }

    fn end(&mut self) {
        if let Some(strace) = self.strace.take() {
            let _ = stop_child(strace);
        }
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        self.end();
    }
}
