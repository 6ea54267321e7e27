//! Progress on stderr, for work that takes longer than a second, while a person watches.
//!
//! In: how much there is, what is done. Out: one line that is drawn again and again, and is gone at the end.
//! Always: nothing is drawn in the first second, nor where nobody watches. Not for results.

use crate::print;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Work that is done sooner needs no progress.
const QUIET: Duration = Duration::from_secs(1);
/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// A line that tells how far work on files is.
pub struct Progress {
    bar: ProgressBar,
    files: u64,
    bytes: AtomicU64,
    done: AtomicU64,
    started: Instant,
    ended: Option<Sender<()>>,
    drawer: Option<JoinHandle<()>>,
}

impl Progress {
    /// Of so many files with so many bytes, under a label.
    pub fn new(label: &str, files: u64, bytes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes.max(1)), ProgressDrawTarget::hidden());
        bar.set_style(
            ProgressStyle::with_template("{prefix} {bar:30} {msg}, {elapsed}").unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(print::column(label));
        let (ended, wait) = channel();
        let shown = bar.clone();
        let drawer = std::thread::spawn(move || {
            if wait.recv_timeout(QUIET) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                shown.enable_steady_tick(EVERY);
            }
        });
        Self {
            bar,
            files,
            bytes: AtomicU64::new(0),
            done: AtomicU64::new(0),
            started: Instant::now(),
            ended: Some(ended),
            drawer: Some(drawer),
        }
    }

    /// So many bytes more were read.
    pub fn read(&self, bytes: u64) {
        let all = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if !self.bar.is_hidden() {
            let rate = all as f64 / self.started.elapsed().as_secs_f64().max(0.001);
            let left = self.bar.length().unwrap_or(0).saturating_sub(all) as f64 / rate.max(1.0);
            let files = if self.files > 1 {
                format!("{} of {} files, ", print::count(self.done.load(Ordering::Relaxed)), print::count(self.files))
            } else {
                String::new()
            };
            self.bar.set_position(all);
            self.bar.set_message(format!("{files}reading {:.1} MB/s, about {left:.0} s left", rate / 1e6));
        }
    }

    /// One file more was read.
    pub fn file(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// What is done now, in words.
    pub fn say(&self, words: String) {
        self.bar.set_message(words);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.ended.take());
        if let Some(drawer) = self.drawer.take() {
            let _ = drawer.join();
        }
        self.bar.finish_and_clear();
    }
}
