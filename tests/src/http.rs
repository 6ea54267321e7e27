//! An HTTP client for tests.
//!
//! In: a node's URL and a path.
//! Out: status and body of the answer, whatever they are.
//! Always: an answer of any status is returned, not turned into an error.
//! Not for malformed HTTP: see [`crate::raw`].

use anyhow::Context;
use courtseal_api::Code;
use courtseal_api::answer::ErrorAnswer;
use serde_json::Value;
use std::time::Duration;

/// How long a node may take for a request.
const WITHIN: Duration = Duration::from_secs(90);
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// An answer of any status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The error code of R1, if the answer is an error.
    pub fn code(&self) -> Option<Code> {
        serde_json::from_str::<ErrorAnswer>(&self.body).ok()?.error.code.known()
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(Some(WITHIN));
    config.build().new_agent()
}

fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> anyhow::Result<Answer> {
    let mut response = response?;
    let status = response.status().as_u16();
    let bytes = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
    Ok(Answer { status, body: String::from_utf8(bytes).context("an answer that is no UTF-8")? })
}

/// Sends a `GET` request.
///
/// # Errors
/// The node does not answer.
pub fn get(url: &str, path: &str) -> anyhow::Result<Answer> {
    read(agent().get(format!("{url}{path}")).call())
}

/// Sends a `POST` request with a JSON body.
///
/// # Errors
/// The node does not answer.
pub fn post(url: &str, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
    read(agent().post(format!("{url}{path}")).header("content-type", "application/json").send(body))
}

/// Reads the entries of a node's log that members or courts stated, recorded or rejected. The number of other
/// entries depends on how many blocks were made.
///
/// # Errors
/// The errors of [`whole_log`].
pub fn stated(url: &str) -> anyhow::Result<Vec<String>> {
    let is_stated = |text: &String| text.contains("\"kind\":\"statement\"") || text.contains("\"kind\":\"rejection\"");
    Ok(whole_log(url)?.into_iter().filter(is_stated).collect())
}

/// Reads the whole log of a node, one element for each entry, up to the size that the node last reported.
///
/// # Errors
/// The node does not answer, or its answer breaks R4.
pub fn whole_log(url: &str) -> anyhow::Result<Vec<String>> {
    let mut entries = Vec::new();
    loop {
        let page = get(url, &format!("/v1/entries?from={}&limit=1000", entries.len()))?;
        anyhow::ensure!(page.status == 200, "{page:?}");
        let page = page.json();
        let texts = page["entries"].as_array().context("no entries")?;
        entries.extend(texts.iter().filter_map(|text| text.as_str().map(str::to_owned)));
        if texts.is_empty() || entries.len() as u64 >= page["size"].as_u64().context("no size")? {
            return Ok(entries);
        }
    }
}
