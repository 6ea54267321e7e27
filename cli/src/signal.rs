//! Signals: being told to stop, by Ctrl-C, `kill`, a closed terminal or the end of standard input; and other
//! signals.
//!
//! In: signals. Out: a message or a future's end. Always: the ears are open before anything is started;
//! SIGUSR1 and SIGUSR2, which would end a process that knows nothing of them, do nothing. Not for stopping
//! anything.

use std::io::Read;
use std::sync::mpsc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears signals that ask a program in a terminal to stop, a closed terminal among them, on a thread of its
/// own; the receiver gets one message for each.
///
/// # Errors
/// The system does not let us listen.
pub fn listen() -> anyhow::Result<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel();
    let (ready, opened) = mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let (Ok(mut stops), Ok(mut hangups)) = (Stops::open(), Hangups::open()) else { return };
            let _ = ready.send(());
            loop {
                tokio::select! {
                    () = stops.next() => {}
                    () = hangups.next() => {}
                }
                if sender.send(()).is_err() {
                    return;
                }
            }
        });
    });
    opened.recv().map_err(|_| anyhow::anyhow!("the system does not let this process listen to signals"))?;
    Ok(receiver)
}

/// The signals that ask a process to stop: Ctrl-C and `kill`.
pub struct Stops {
    interrupt: Signal,
    terminate: Signal,
}

impl Stops {
    /// Opens the ears; inside a tokio runtime.
    ///
    /// # Errors
    /// The system does not let us listen.
    pub fn open() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The hangup signal: a closed terminal, or the order to read the configuration again. None where it is
/// ignored, as under `nohup`: then it stays ignored.
pub struct Hangups(Option<Signal>);

impl Hangups {
    /// Opens the ears, and makes SIGUSR1 and SIGUSR2 harmless, for as long as the process lives; inside a
    /// tokio runtime.
    ///
    /// # Errors
    /// The system does not let us listen.
    pub fn open() -> std::io::Result<Self> {
        // What has been listened to once does not end the process any more, whether or not somebody still
        // listens.
        for harmless in [SignalKind::user_defined1(), SignalKind::user_defined2()] {
            drop(signal(harmless)?);
        }
        Ok(Self(if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) }))
    }

    /// Waits for the next one, for ever if hangups are ignored.
    pub async fn next(&mut self) {
        let heard = match &mut self.0 {
            Some(hangup) => hangup.recv().await,
            None => None,
        };
        if heard.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Whether whoever started this process had it ignore a closed terminal. Read from the system's own account;
/// where there is none, it did not.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    // The lowest bit stands for signal 1, the hangup.
    ignored.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Ends when standard input does: when the process that holds its other end is gone, by whatever cause.
pub fn stdin_closed() -> tokio::sync::oneshot::Receiver<()> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // A thread, because a blocked read must not hold up the runtime's end.
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while std::io::stdin().read(&mut buffer).is_ok_and(|length| length > 0) {}
        let _ = sender.send(());
    });
    receiver
}
