//! The way to start a court's node: under another program, with environment variables, from another build.
//!
//! In: what comes before the program; variables.
//! Out: a command.
//! Always: the process that is started becomes the node itself, so that its process id is the node's.
//! Not for the node's arguments.

use crate::program;
use anyhow::Context as _;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A way to start a node; by default the program as it is.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// A program that replaces itself with the command that follows it, and its arguments.
    pub before: Vec<OsString>,
    /// Environment variables of the node.
    pub variables: Vec<(&'static str, OsString)>,
    /// Another program than [`program::program`].
    pub program: Option<PathBuf>,
}

impl Launch {
    /// Builds the command, to which arguments can be added.
    ///
    /// # Errors
    /// The errors of [`program::program`].
    pub fn command(&self) -> anyhow::Result<Command> {
        let own = self.program.clone().map_or_else(program::program, Ok)?.into_os_string();
        let mut words = self.before.iter().chain([&own]);
        let mut command = Command::new(words.next().expect("the program itself is there"));
        command.args(words);
        program::without_settings(&mut command);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// The words before a program that limit it to so many open files.
pub fn limited_files(files: usize) -> Vec<OsString> {
    let script = format!("ulimit -n {files} && exec \"$@\"");
    ["sh", "-c", &script, "sh"].map(OsString::from).to_vec()
}

/// A way to start a node on this folder as an ordinary user. A test that runs as an ordinary user needs
/// nothing for that. A test that runs as root gives the folder, and a copy of the program in it, to `nobody`.
///
/// # Errors
/// The owner of the folder cannot be changed.
pub fn as_nobody(folder: &Path) -> anyhow::Result<Launch> {
    let own = std::fs::metadata("/proc/self")?.uid();
    if own != 0 {
        return Ok(Launch::default());
    }
    let outer = folder.parent().context("a folder of its own")?;
    let copy = outer.join("courtseal");
    std::fs::copy(program::program()?, &copy)?;
    let given = Command::new("chown").args(["-R", "65534:65534"]).arg(outer).status()?;
    anyhow::ensure!(given.success(), "chown: {given}");
    let before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].map(OsString::from).to_vec();
    Ok(Launch { before, program: Some(copy), ..Launch::default() })
}
