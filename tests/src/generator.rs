//! A load generator: clients that ask the courts of a network, and what it did to the courts.
//!
//! In: a running network, a plan, requests that were signed beforehand.
//! Out: a [`Report`].
//! Always: nothing is signed while the clock runs. A late request counts from when it was due. The generator
//! runs in a process of its own, so that its cost is not counted with the courts.
//! Not for correctness: that is [`crate::load`].

pub mod answer;
pub mod connection;
pub mod form;
pub mod report;
pub mod schedule;
pub mod subject;

use anyhow::ensure;
use connection::Connection;
use form::Form;
use report::{Done, Failed, Report, Seen, Window};
use schedule::{Pace, Schedule};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use subject::{Spent, Subject};

/// Bytes of an answer that are kept: its height stands within them.
const KEPT_BYTES: usize = 512;
/// How long a client rests after a failure, so that refusals cost the courts no more than a client that
/// obeys.
const REST: Duration = Duration::from_millis(50);

/// A load, and how long it lasts.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Clients, each with a connection that is kept and at most one request under way; court by court in
    /// turn.
    pub clients: usize,
    /// How their requests follow each other.
    pub pace: Pace,
    /// What a request carries.
    pub form: Form,
    /// Time at the beginning that is not counted.
    pub warming: Duration,
    /// Time after that, which is.
    pub counted: Duration,
}

impl Plan {
    /// The times of its requests.
    fn schedule(&self) -> Schedule {
        Schedule { pace: self.pace, end: self.warming + self.counted }
    }
}

/// Signs what a load needs, and runs it. A closed loop needs a bound of its rate: `most_per_s` requests a
/// second.
///
/// # Errors
/// As `send`; or a closed loop would do more than `most_per_s`.
pub fn run(subject: &Subject, plan: &Plan, most_per_s: f64) -> anyhow::Result<Report> {
    let requests = plan.form.sign_all(&subject.signers, plan.schedule().requests(most_per_s))?;
    let (mut before, mut after) = (None, None);
    let is_enough = AtomicBool::new(true);
    let seen = send(subject, plan.clients, plan.schedule(), &requests, &is_enough, |start| {
        thread::sleep(plan.warming.saturating_sub(start.elapsed()));
        before = Some(subject.spent().map(|spent| (start.elapsed(), spent)));
        thread::sleep((plan.warming + plan.counted).saturating_sub(start.elapsed()));
        after = Some(subject.spent().map(|spent| (start.elapsed(), spent)));
    })?;
    ensure!(
        is_enough.load(Ordering::Relaxed),
        "{} requests were signed for this load, and the courts did more: raise its bound",
        requests.len()
    );
    let taken = |spent: Option<anyhow::Result<(Duration, Spent)>>| spent.expect("the clock has run");
    let ((begin, before), (end, after)) = (taken(before)?, taken(after)?);
    Ok(Report::new(plan.form, Window { begin, end }, seen, &after.since(&before)))
}

/// Sends so many requests as fast as these clients can, and no more; any failure ends it.
///
/// # Errors
/// A request fails.
pub fn fill(subject: &Subject, clients: usize, form: Form, count: usize) -> anyhow::Result<()> {
    let requests = form.sign_all(&subject.signers, count)?;
    let schedule = Schedule { pace: Pace::Closed, end: Duration::MAX };
    let seen = send(subject, clients, schedule, &requests, &AtomicBool::new(true), |_| {})?;
    ensure!(seen.failed.is_empty(), "{} of {count} requests failed; the first: {}", seen.failed.len(), seen.failed[0].why);
    Ok(())
}

/// Sends requests as they become due; calls `watch` once when the clock starts, and waits for all answers.
/// Sets `is_enough` to false if the requests are used up before the end.
fn send(
    subject: &Subject,
    clients: usize,
    schedule: Schedule,
    requests: &[Vec<u8>],
    is_enough: &AtomicBool,
    watch: impl FnOnce(Instant),
) -> anyhow::Result<Seen> {
    let urls = subject.network.urls();
    let open = |client: usize| Connection::open(&urls[client % urls.len()]);
    let connections = (0..clients).map(open).collect::<std::io::Result<Vec<_>>>()?;
    let (next, start) = (AtomicUsize::new(0), Instant::now());
    let client = |mut connection: Connection| {
        let mut seen = Seen::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(due) = schedule.due(number, start.elapsed()) else { break };
            let Some(request) = requests.get(number) else {
                is_enough.store(false, Ordering::Relaxed);
                break;
            };
            thread::sleep(due.saturating_sub(start.elapsed()));
            match connection.ask(request, KEPT_BYTES) {
                Ok(answer) if answer.status == 200 => {
                    seen.done.push(Done { due, ended: start.elapsed(), height: report::height(&answer.start) });
                }
                other => {
                    seen.failed.push(Failed::new(due, other));
                    thread::sleep(REST);
                }
            }
        }
        seen
    };
    Ok(thread::scope(|scope| {
        let client = &client;
        let running: Vec<_> = connections.into_iter().map(|own| scope.spawn(move || client(own))).collect();
        watch(start);
        let mut seen = Seen::default();
        running.into_iter().for_each(|thread| seen.add(thread.join().expect("no client panics")));
        seen
    }))
}
