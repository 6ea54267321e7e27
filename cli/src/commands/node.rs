//! `node run`, `check`, `backup` and `restore`: one court's node.
//!
//! In: a configuration. Out: what its rows do. Always: the same configuration is read in the same way by all
//! of them. Not for what a node does: that is `courtseal-node`.

mod check;
mod copy;
mod run;

use super::{Command, commands};
use crate::failure::usage;
use crate::print;
use courtseal_node::config::Config;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::Path;

commands! {
    /// `node …`.
    Node {
        /// Run a court's node
        Run(run::Run),
        /// Check a court's data while its node is stopped; damage that `--full` finds is noted for the next
        /// start
        Check(check::Check),
        /// Write the log to a file, also while the node runs; keys are not in it
        Backup(copy::Backup),
        /// Make a court's ledger from such a file, in a data folder that holds none
        Restore(copy::Restore),
    }
}

fn load(path: &Path) -> anyhow::Result<Config> {
    Config::load(path).map_err(|error| usage(format!("{error:#}")))
}

fn end_of_log(height: u64, size: u64, root: &str) -> String {
    format!("{}; {} entries, root {root}", print::count(height), print::count(size))
}

/// A bar of blocks, on a terminal; gone when it is dropped.
struct Bar(ProgressBar);

impl Bar {
    fn new(label: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        let template = format!("{}{{bar:30}} {{human_pos}} of {{human_len}} blocks   about {{eta}} left", print::column(label));
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
