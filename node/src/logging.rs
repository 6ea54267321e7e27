//! Structured logs on standard error.
//!
//! In: a filter such as `info` or `info,courtseal_court=debug`.
//! Out: one line for each event: time, level, target, message, fields.
//! Always: no line holds evidence content or secret keys.
//! Not for answers to people: the command line prints those.

use anyhow::{anyhow, bail};
use tracing_subscriber::EnvFilter;

/// The consensus core logs every vote. These targets stay at `warn` unless the filter names them.
const QUIET: &str = "arc_malachitebft_core_consensus=warn,arc_malachitebft_core_driver=warn,\
                     arc_malachitebft_core_state_machine=warn,arc_malachitebft_core_votekeeper=warn";

/// The running log, whose filter can be replaced.
pub struct Logging(Box<dyn Fn(EnvFilter) -> anyhow::Result<()> + Send + Sync>);

impl Logging {
    /// Replaces the filter from now on.
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
    // The reader of the log, such as a terminal or a pipe, may be gone: the node continues without it.
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
