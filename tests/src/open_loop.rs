//! Load in an open loop: requests that are due at fixed times, whatever became of those before them.
//!
//! In: a network, signers, how many requests a second and until when. Out: when each request was due and how long it took; what failed. Always: a late request counts from
//! when it was due, and a slow one delays no other as long as fewer than [`UNDER_WAY_MAX`] are under way. Not for correctness: that is [`crate::load`].

use crate::evidence::{Signer, random, statement};
use crate::http::post;
use crate::network::LocalNetwork;
use anyhow::ensure;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Requests under way at the same time.
pub const UNDER_WAY_MAX: usize = 128;
/// How long a node may take for one, in its own words.
const WAIT: &str = "/v1/transactions?wait_ms=20000";

/// What the clients saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// When each request was due, from the start on, and how many milliseconds it took from then on, in order.
    pub done: Vec<(Duration, f64)>,
    /// Why the others failed.
    pub failed: Vec<String>,
}

/// One request for so many entries; the node answers once it has the receipts.
///
/// # Errors
/// It answers anything else.
pub fn ask(signer: &Signer, url: &str, entries: usize) -> anyhow::Result<()> {
    let statements = (0..entries).map(|_| Ok(statement(&random::<16>()?))).collect::<anyhow::Result<_>>()?;
    let transaction = signer.sign(statements)?;
    let answer = post(url, WAIT, transaction.to_text().as_bytes())?;
    ensure!(answer.status == 200, "{} {}", answer.status, answer.body.chars().take(200).collect::<String>());
    Ok(())
}

/// Asks the courts of a network in turn, in the names of the signers in turn, so many times a second; without a rate, as fast as [`UNDER_WAY_MAX`] clients can that ask again once
/// they are answered.
pub fn ask_for(network: &LocalNetwork, signers: &[Signer], length: Duration, per_s: Option<f64>) -> Seen {
    let (urls, next) = (network.urls(), AtomicU64::new(0));
    let (start, seen) = (Instant::now(), Mutex::new(Seen::default()));
    let client = || {
        let mut own = Seen::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let due = per_s.map_or_else(|| start.elapsed(), |per_s| Duration::from_secs_f64(number as f64 / per_s));
            if due >= length {
                break;
            }
            thread::sleep(due.saturating_sub(start.elapsed()));
            match ask(&signers[number as usize % signers.len()], &urls[number as usize % urls.len()], 1) {
                Ok(()) => own.done.push((due, start.elapsed().saturating_sub(due).as_secs_f64() * 1e3)),
                Err(error) => own.failed.push(format!("{:.1} s: {error:#}", due.as_secs_f64())),
            }
        }
        let mut seen = seen.lock().expect("no client panics");
        seen.done.extend(own.done);
        seen.failed.extend(own.failed);
    };
    thread::scope(|scope| (0..UNDER_WAY_MAX).for_each(|_| drop(scope.spawn(client))));
    let mut seen = seen.into_inner().expect("no client panics");
    seen.done.sort_by_key(|(due, _)| *due);
    seen
}
