//! What the commands on a court's data share: the configuration, a bar of blocks, the end of a log in words.
//!
//! In: a configuration's path, numbers. Out: a configuration, lines. Not for the data itself.

use crate::failure::usage;
use crate::print;
use courtseal_node::config::Config;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::Path;

/// Reads the configuration.
///
/// # Errors
/// Usage: it cannot be used.
pub fn load(path: &Path) -> anyhow::Result<Config> {
    Config::load(path).map_err(|error| usage(format!("{error:#}")))
}

/// The end of a log in words.
pub fn end_of_log(height: u64, size: u64, root: &str) -> String {
    format!("{}; {} entries, root {root}", print::count(height), print::count(size))
}

/// A bar of blocks, on a terminal; gone when it is dropped.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar with a label.
    pub fn new(label: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        let template = format!("{}{{bar:30}} {{human_pos}} of {{human_len}} blocks   about {{eta}} left", print::column(label));
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// How many blocks of how many are done.
    pub fn show(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
