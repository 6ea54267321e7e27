//! The result of a load: what the clients observed, and what the courts spent on it.
//!
//! In: when each request was due and answered, and what the courts spent within the counted time.
//! Out: rates, latencies, costs.
//! Always: rates and costs are of the answers within the counted time. Latencies and failures are of the
//! requests due within it, however late the answer came.
//! Not for judging: see [`crate::bench`].

use super::answer::Answer;
use super::form::Form;
use super::subject::Spent;
use crate::measure::Samples;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::time::Duration;

/// Bytes of a rejection that are shown.
const SHOWN_BYTES: usize = 200;

/// The counted time, measured from the start of the load; the end is not part of it.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The first instant that counts.
    pub begin: Duration,
    /// The first instant after it.
    pub end: Duration,
}

impl Window {
    fn has(&self, time: Duration) -> bool {
        (self.begin..self.end).contains(&time)
    }

    fn seconds(&self) -> f64 {
        (self.end - self.begin).as_secs_f64()
    }
}

/// A request that the courts recorded.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// When the request was due.
    pub due: Duration,
    /// When the answer was read.
    pub ended: Duration,
    /// The height of the block that recorded it, if the answer's beginning names it.
    pub height: Option<u64>,
}

/// A request that the courts did not record.
#[derive(Clone, Debug)]
pub struct Failed {
    /// When the request was due.
    pub due: Duration,
    /// The status; `None` if there was no answer.
    pub status: Option<u16>,
    /// The answer's beginning, or the error of the connection.
    pub why: String,
}

impl Failed {
    /// Makes a failure of an answer that does not say that the request is recorded.
    pub fn new(due: Duration, answer: io::Result<Answer>) -> Self {
        let (status, why) = match answer {
            Ok(answer) => {
                let start = String::from_utf8_lossy(&answer.start[..answer.start.len().min(SHOWN_BYTES)]).into_owned();
                (Some(answer.status), format!("{} {start}", answer.status))
            }
            Err(error) => (None, error.to_string()),
        };
        Self { due, status, why: format!("{:.1} s: {why}", due.as_secs_f64()) }
    }
}

/// The results that clients observed, in any order.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Requests that were recorded.
    pub done: Vec<Done>,
    /// Requests that failed.
    pub failed: Vec<Failed>,
}

impl Seen {
    /// Adds the results of another client.
    pub fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
    }
}

/// Requests that failed, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Answered with status 429: too many requests from one address.
    pub too_many: usize,
    /// Answered with status 503: busy, no quorum, or stopping.
    pub unavailable: usize,
    /// Answered with any other status.
    pub other: usize,
    /// Requests without any answer.
    pub unanswered: usize,
    /// The first one, and when it was due.
    pub first: Option<String>,
}

impl Failures {
    /// Adds the failures of another load.
    pub fn add(&mut self, other: Self) {
        self.too_many += other.too_many;
        self.unavailable += other.unavailable;
        self.other += other.other;
        self.unanswered += other.unanswered;
        self.first = self.first.take().or(other.first);
    }

    /// The number of failures.
    pub fn count(&self) -> usize {
        self.too_many + self.unavailable + self.other + self.unanswered
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { too_many, unavailable, other, unanswered, .. } = self;
        write!(out, "{too_many} by 429, {unavailable} by 503, {other} by another status, {unanswered} unanswered")
    }
}

/// The result of a load.
#[derive(Clone, Debug)]
pub struct Report {
    /// Length of the counted time, in seconds.
    pub seconds: f64,
    /// Transactions recorded within it.
    pub transactions: usize,
    /// Entries recorded within it.
    pub entries: usize,
    /// Time from when a request was due until its answer was read, in milliseconds.
    pub times: Samples,
    /// Requests that failed.
    pub failures: Failures,
    /// Resources that all courts together spent, and the memory of the largest.
    pub spent: Spent,
    /// Blocks that recorded any of the requests; 0 if the answers do not name them.
    pub blocks: usize,
    /// Whole seconds in which no such block was first observed.
    pub seconds_without_a_block: usize,
}

impl Report {
    /// Makes a report of what clients observed and what was spent within a window.
    pub fn new(form: Form, window: Window, seen: Seen, spent: &Spent) -> Self {
        let answered = seen.done.iter().filter(|done| window.has(done.ended)).count();
        let times = seen.done.iter().filter(|done| window.has(done.due));
        let times = times.map(|done| done.ended.saturating_sub(done.due).as_secs_f64() * 1e3);
        let mut failed: Vec<_> = seen.failed.iter().filter(|failed| window.has(failed.due)).collect();
        failed.sort_by_key(|failed| failed.due);
        let of = |is: fn(Option<u16>) -> bool| failed.iter().filter(|failed| is(failed.status)).count();
        let failures = Failures {
            too_many: of(|status| status == Some(429)),
            unavailable: of(|status| status == Some(503)),
            other: of(|status| !matches!(status, None | Some(429 | 503))),
            unanswered: of(|status| status.is_none()),
            first: failed.first().map(|failed| failed.why.clone()),
        };
        let (blocks, seconds_without_a_block) = blocks(&window, &seen.done);
        Self {
            seconds: window.seconds(),
            transactions: answered * form.transactions(),
            entries: answered * form.entries(),
            times: Samples::of(times.collect()),
            failures,
            spent: *spent,
            blocks,
            seconds_without_a_block,
        }
    }

    /// A count as a rate per second of the counted time.
    pub fn per_s(&self, count: usize) -> f64 {
        count as f64 / self.seconds
    }

    /// An amount divided by the number of transactions; undivided if none was recorded.
    pub fn per_transaction(&self, spent: f64) -> f64 {
        spent / self.transactions.max(1) as f64
    }
}

/// The number of blocks first observed within a window, and of its whole seconds in which none was.
fn blocks(window: &Window, done: &[Done]) -> (usize, usize) {
    let mut seen = BTreeMap::new();
    for (height, ended) in done.iter().filter_map(|done| Some((done.height?, done.ended))) {
        let first = seen.entry(height).or_insert(ended);
        *first = ended.min(*first);
    }
    let within: Vec<Duration> = seen.into_values().filter(|first| window.has(*first)).collect();
    let whole_seconds = (window.end - window.begin).as_secs() as usize;
    let with: BTreeSet<u64> = within.iter().map(|first| (*first - window.begin).as_secs()).collect();
    let with = with.into_iter().filter(|second| (*second as usize) < whole_seconds).count();
    (within.len(), whole_seconds - with)
}

/// Finds the height in the beginning of an answer (R3), if it is there.
pub fn height(start: &[u8]) -> Option<u64> {
    let start = std::str::from_utf8(start).ok()?;
    let digits = start.split_once("\"height\":")?.1.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINGLE: Form = Form::Transaction { statements: 1 };
    const SPENT: Spent = Spent { cpu_s: 0.5, switches: 30.0, memory_mb: 40.0, loopback_bytes: 9_000.0, generator_cpu_s: 0.1 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn window() -> Window {
        Window { begin: ms(1_000), end: ms(4_500) }
    }

    fn done(due: u64, ended: u64, height: Option<u64>) -> Done {
        Done { due: ms(due), ended: ms(ended), height }
    }

    #[test]
    fn rates_are_of_what_ended_in_the_window_and_latencies_of_what_was_due_in_it() {
        let early = done(999, 1_000, None);
        let late = done(4_499, 9_000, None);
        let seen = Seen { done: vec![done(990, 999, None), early, done(2_000, 2_010, None), late], failed: Vec::new() };
        let report = Report::new(Form::Transaction { statements: 7 }, window(), seen, &SPENT);
        assert_eq!((report.transactions, report.entries), (2, 14));
        assert_eq!(report.times.all(), [10.0, 4_501.0]);
        assert_eq!((report.seconds, report.per_s(report.entries)), (3.5, 4.0));
        assert_eq!(report.per_transaction(report.spent.cpu_s), 0.25);
    }

    #[test]
    fn failures_are_counted_by_kind_and_the_first_is_told() {
        let answer = |status| Ok(Answer { status, body_bytes: 4, start: b"busy".to_vec(), closes: false });
        let failed = |due, answer| Failed::new(ms(due), answer);
        let seen = Seen {
            done: Vec::new(),
            failed: vec![
                failed(4_500, answer(503)),
                failed(3_000, answer(429)),
                failed(2_000, answer(503)),
                failed(2_100, answer(503)),
                failed(2_200, answer(202)),
                failed(2_300, Err(io::ErrorKind::ConnectionRefused.into())),
                failed(999, answer(410)),
            ],
        };
        let mut failures = Report::new(SINGLE, window(), seen, &SPENT).failures;
        let counts = "1 by 429, 2 by 503, 1 by another status, 1 unanswered";
        assert_eq!((failures.to_string().as_str(), failures.count()), (counts, 5));
        assert_eq!(failures.first.as_deref(), Some("2.0 s: 503 busy"));
        failures.add(Failures { too_many: 2, first: Some("another".to_owned()), ..Failures::default() });
        assert_eq!((failures.count(), failures.too_many), (7, 3));
        assert_eq!(failures.first.as_deref(), Some("2.0 s: 503 busy"));
    }

    #[test]
    fn blocks_count_when_they_are_first_seen() {
        // Height 4 was observed before the window. Heights 5 and 6 come in its first second, 7 in its third,
        // and 8 in the incomplete last one.
        let mut all = vec![
            done(0, 1_500, Some(4)),
            done(0, 900, Some(4)),
            done(0, 2_700, Some(5)),
            done(0, 1_100, Some(5)),
            done(0, 1_999, Some(6)),
            done(0, 3_000, Some(7)),
            done(0, 4_400, Some(8)),
            done(0, 2_500, None),
        ];
        assert_eq!(blocks(&window(), &all), (4, 1));
        all.reverse();
        assert_eq!(blocks(&window(), &all), (4, 1));
        assert_eq!(blocks(&window(), &[]), (0, 3));
    }

    #[test]
    fn a_height_is_found_at_the_beginning_of_an_answer() {
        assert_eq!(height(br#"{"transaction":"x","state":"recorded","height":12,"recorded_at":"#), Some(12));
        assert_eq!(height(br#"{"height":12}"#), Some(12));
        assert_eq!(height(br#"{"height":"12"}"#), None);
        assert_eq!(height(b"{\"state\":\"pending\"}"), None);
        assert_eq!(height(b"\xff"), None);
    }
}
