//! `demo`: a whole network on this machine.
//!
//! In: how many courts, where, which files. Out: the demo's story, or its folder as JSON. Not for the steps:
//! see `crate::demo`.

use super::command::Command;
use crate::failure::Exit;
use crate::print::{self, Style};
use clap::Args;
use std::path::PathBuf;

/// Options of `demo`.
#[derive(Args)]
pub struct Demo {
    /// How many courts, 4 to 64: fewer cannot go on without one
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(4..=64))]
    pub courts: u8,
    /// Where to keep everything [default: the first free of demo-1, demo-2, …]
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Files to notarize [default: twelve files found here]
    pub files: Vec<PathBuf>,
}

impl Command for Demo {
    /// Under `--json` the story is left out.
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        if style.json {
            print::silence(true);
        }
        let result = crate::demo::run(usize::from(self.courts), self.dir.as_deref(), &self.files);
        if style.json {
            print::silence(false);
        }
        let dir = result?;
        if style.json {
            print::line(serde_json::json!({"exit": Exit::Done.code(), "dir": print::path_text(&dir)}))?;
        }
        Ok(Exit::Done)
    }
}
