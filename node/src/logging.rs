//! Structured logs, on standard error.
//!
//! In: a filter such as `info` or `info,courtseal_court=debug`. Out: one line an event: time, level, where, message, fields. Always: no contents of evidence, no
//! secret keys. Not for answers to people: those are the command line's.

use anyhow::{anyhow, bail};
use tracing_subscriber::EnvFilter;

/// The consensus core narrates every vote: that is for `debug` of these targets, asked for by name.
const QUIET: &str = "arc_malachitebft_core_consensus=warn,arc_malachitebft_core_driver=warn,\
                     arc_malachitebft_core_state_machine=warn,arc_malachitebft_core_votekeeper=warn";

/// The log of this process.
pub struct Logging(Box<dyn Fn(EnvFilter) -> anyhow::Result<()> + Send + Sync>);

impl Logging {
    /// Logs by another filter from now on.
    ///
    /// # Errors
    /// The filter cannot be read.
    pub fn set(&self, filter: &str) -> anyhow::Result<()> {
        (self.0)(parse(filter)?)
    }
}

/// Starts logging for this process.
///
/// # Errors
/// The filter cannot be read, or logging was started before.
pub fn start(filter: &str) -> anyhow::Result<Logging> {
    // Whoever read the log may be gone, such as a terminal or a pipe: the node goes on without it.
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).log_internal_errors(false);
    let builder = builder.with_env_filter(parse(filter)?).with_filter_reloading();
    let handle = builder.reload_handle();
    builder.try_init().map_err(|error| anyhow!("{error}"))?;
    Ok(Logging(Box::new(move |filter| handle.reload(filter).map_err(|error| anyhow!("{error}")))))
}

fn parse(filter: &str) -> anyhow::Result<EnvFilter> {
    let is_level = |word: &str| ["off", "error", "warn", "info", "debug", "trace"].contains(&word);
    if let Some(word) = filter.split(',').map(str::trim).find(|word| !word.contains('=') && !is_level(word)) {
        bail!("the configuration's log level {word:?} is none of off, error, warn, info, debug, trace, nor target=level");
    }
    EnvFilter::try_new(format!("{QUIET},{filter}"))
        .map_err(|error| anyhow!("the configuration's log filter {filter:?} is not valid: {error}"))
}
