//! The passphrase that the environment gives, read once and then taken out of it.
//!
//! In: `COURTSEAL_PASSPHRASE`. Out: the passphrase, for whoever asks. Always: the process that goes on has no
//! passphrase in its environment, where it would stay for as long as it runs and be handed to every process
//! that it starts. To that end it starts itself again, with the passphrase in a pipe. Not for asking: see
//! [`crate::keys`].

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::pipe;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The environment variable that stands in for typing a passphrase.
pub const VARIABLE: &str = "COURTSEAL_PASSPHRASE";
/// Names the pipe, between the process and itself.
const PIPE_VARIABLE: &str = "COURTSEAL_PASSPHRASE_PIPE";
/// Longest passphrase, in bytes: what every pipe takes at once.
const BYTES_MAX: usize = 4096;

static GIVEN: OnceLock<Zeroizing<String>> = OnceLock::new();

/// Takes the passphrase out of the environment. Called first of all: it may start the program again in this
/// process.
pub fn take() {
    if let Ok(pipe) = std::env::var(PIPE_VARIABLE) {
        let number: String = pipe.chars().filter(char::is_ascii_digit).collect();
        let mut text = Zeroizing::new(String::with_capacity(BYTES_MAX));
        let read =
            File::open(format!("/proc/self/fd/{number}")).and_then(|file| file.take(BYTES_MAX as u64).read_to_string(&mut text));
        if read.is_ok() && !text.is_empty() {
            let _ = GIVEN.set(text);
        }
    } else if let Ok(text) = std::env::var(VARIABLE).map(Zeroizing::new) {
        // Where that cannot be done, the passphrase is used as it is.
        let _ = start_again(&text);
        let _ = GIVEN.set(text);
    }
}

/// Starts the program again, without the variable; returns only if that fails.
fn start_again(text: &str) -> Option<()> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let (reader, writer) = pipe().ok()?;
    let mut writer = File::from(writer);
    writer.write_all(text.as_bytes()).ok()?;
    // Its end is the passphrase's.
    fcntl_setfd(&writer, FdFlags::CLOEXEC).ok()?;
    fcntl_setfd(&reader, FdFlags::empty()).ok()?;
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env_remove(VARIABLE).env(PIPE_VARIABLE, reader.as_raw_fd().to_string());
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    let _failed = command.exec();
    None
}

/// The passphrase that the environment gave.
pub fn given() -> Option<Zeroizing<String>> {
    GIVEN.get().cloned()
}
