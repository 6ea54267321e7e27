//! What waits for the validator: a line for each lane of each court and one for all clients, served in turn
//! (N8).
//!
//! In: inputs, by whom they came. Out: one input at a time. Always: each line is bounded, so a sender that
//! fills its own waits and no other does; urgent lines come first, yet of every [`URGENT_RUN_MAX`] + 1 inputs
//! at least one comes from the others, if there is one; within a line the order of arrival holds. Not for
//! meaning: costs are judged before a line is joined.

use crate::limits::{
    BULK_LINE_BYTES_MAX, BULK_LINE_MESSAGES_MAX, CLIENTS_LINE_MESSAGES_MAX, URGENT_LINE_MESSAGES_MAX, URGENT_RUN_MAX,
};
use courtseal_court::frame::Lane;
use courtseal_court::input::Reply;
use courtseal_proof::name::CourtName;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// A way to answer an input, and where the answer comes; it is an error there if the input is dropped.
pub fn reply<T: Send + 'static>() -> (Reply<T>, oneshot::Receiver<T>) {
    let (sender, answer) = oneshot::channel();
    // Whoever asked may have gone.
    (Box::new(move |value| drop(sender.send(value))), answer)
}

/// The validator is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

struct Waiting<T> {
    input: T,
    _bytes: Option<OwnedSemaphorePermit>,
}

struct Court<T> {
    urgent: mpsc::Sender<Waiting<T>>,
    bulk: mpsc::Sender<Waiting<T>>,
    bulk_bytes: Arc<Semaphore>,
}

/// The side of the senders; cheap to clone.
pub struct Mail<T> {
    clients: mpsc::Sender<Waiting<T>>,
    courts: Arc<BTreeMap<CourtName, Court<T>>>,
}

impl<T> Clone for Mail<T> {
    fn clone(&self) -> Self {
        Self { clients: self.clients.clone(), courts: Arc::clone(&self.courts) }
    }
}

struct Lines<T> {
    lines: Vec<mpsc::Receiver<Waiting<T>>>,
    turn: usize,
}

/// The side of the validator.
pub struct Inbox<T> {
    urgent: Lines<T>,
    others: Lines<T>,
    urgent_run: usize,
}

/// Lines for these courts, this one's own included, which stays empty.
pub fn lines<T>(courts: impl IntoIterator<Item = CourtName>) -> (Mail<T>, Inbox<T>) {
    let (mut senders, mut urgent, mut others) = (BTreeMap::new(), Vec::new(), Vec::new());
    for court in courts {
        let (to_urgent, from_urgent) = mpsc::channel(URGENT_LINE_MESSAGES_MAX);
        let (to_bulk, from_bulk) = mpsc::channel(BULK_LINE_MESSAGES_MAX);
        let bulk_bytes = Arc::new(Semaphore::new(BULK_LINE_BYTES_MAX));
        senders.insert(court, Court { urgent: to_urgent, bulk: to_bulk, bulk_bytes });
        urgent.push(from_urgent);
        others.push(from_bulk);
    }
    let (clients, from_clients) = mpsc::channel(CLIENTS_LINE_MESSAGES_MAX);
    others.push(from_clients);
    let lines = |lines| Lines { lines, turn: 0 };
    (Mail { clients, courts: Arc::new(senders) }, Inbox { urgent: lines(urgent), others: lines(others), urgent_run: 0 })
}

impl<T> Mail<T> {
    /// Joins the clients' line; waits while it is full.
    ///
    /// # Errors
    /// [`Closed`].
    pub async fn client(&self, input: T) -> Result<(), Closed> {
        self.clients.send(Waiting { input, _bytes: None }).await.map_err(|_| Closed)
    }

    /// Joins a court's line; waits while it is full in messages or, on the bulk lane, in bytes.
    ///
    /// # Errors
    /// [`Closed`], also if there is no such court.
    pub async fn court(&self, court: &CourtName, lane: Lane, bytes: usize, input: T) -> Result<(), Closed> {
        let court = self.courts.get(court).ok_or(Closed)?;
        let (line, held) = match lane {
            Lane::Urgent => (&court.urgent, None),
            Lane::Bulk => {
                let bytes = bytes.min(BULK_LINE_BYTES_MAX) as u32;
                let held = Arc::clone(&court.bulk_bytes).acquire_many_owned(bytes).await.map_err(|_| Closed)?;
                (&court.bulk, Some(held))
            }
        };
        line.send(Waiting { input, _bytes: held }).await.map_err(|_| Closed)
    }
}

impl<T> Lines<T> {
    /// The next input, lines taking turns; none if all senders are gone.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let (count, mut closed) = (self.lines.len(), 0);
        for step in 0..count {
            let at = (self.turn + step) % count;
            match self.lines[at].poll_recv(cx) {
                Poll::Ready(Some(waiting)) => {
                    self.turn = (at + 1) % count;
                    return Poll::Ready(Some(waiting.input));
                }
                Poll::Ready(None) => closed += 1,
                Poll::Pending => {}
            }
        }
        if closed == count { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl<T> Inbox<T> {
    /// The next input; none if all senders are gone. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<T> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if self.urgent_run >= URGENT_RUN_MAX
            && let Poll::Ready(Some(input)) = self.others.poll(cx)
        {
            self.urgent_run = 0;
            return Poll::Ready(Some(input));
        }
        let urgent = self.urgent.poll(cx);
        if let Poll::Ready(Some(input)) = urgent {
            self.urgent_run = (self.urgent_run + 1).min(URGENT_RUN_MAX);
            return Poll::Ready(Some(input));
        }
        self.urgent_run = 0;
        match (self.others.poll(cx), urgent) {
            (Poll::Ready(Some(input)), _) => Poll::Ready(Some(input)),
            (Poll::Ready(None), Poll::Ready(None)) => Poll::Ready(None),
            _ => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    fn name(court: usize) -> CourtName {
        CourtName::new(format!("court-{court}")).unwrap()
    }

    fn put(mail: &Mail<&'static str>, court: usize, lane: Lane, bytes: usize, input: &'static str) -> bool {
        mail.court(&name(court), lane, bytes, input).now_or_never().is_some_and(|sent| sent.is_ok())
    }

    fn take(inbox: &mut Inbox<&'static str>) -> Option<&'static str> {
        inbox.recv().now_or_never().flatten()
    }

    #[test]
    fn n8_a_court_that_fills_its_line_waits_and_the_others_do_not() {
        let (mail, mut inbox) = lines((0..3).map(name));
        for _ in 0..URGENT_LINE_MESSAGES_MAX {
            assert!(put(&mail, 0, Lane::Urgent, 1, "flood"));
        }
        assert!(!put(&mail, 0, Lane::Urgent, 1, "one above"));
        assert!(put(&mail, 1, Lane::Urgent, 1, "vote"));
        assert!(put(&mail, 2, Lane::Urgent, 1, "vote"));
        let first: Vec<_> = (0..3).filter_map(|_| take(&mut inbox)).collect();
        assert_eq!(first, ["flood", "vote", "vote"], "lines take turns");
        assert!(put(&mail, 0, Lane::Urgent, 1, "room again"));
    }

    #[test]
    fn n8_bulk_lines_are_bounded_in_bytes_and_in_messages() {
        let (mail, mut inbox) = lines((0..2).map(name));
        assert!(put(&mail, 0, Lane::Bulk, BULK_LINE_BYTES_MAX - 1, "block"));
        assert!(put(&mail, 0, Lane::Bulk, 1, "at the bound"));
        assert!(!put(&mail, 0, Lane::Bulk, 1, "one above"));
        assert_eq!(take(&mut inbox), Some("block"));
        assert_eq!(take(&mut inbox), Some("at the bound"));
        assert!(put(&mail, 0, Lane::Bulk, usize::MAX, "more than the whole line is the whole line"));
        for _ in 0..BULK_LINE_MESSAGES_MAX {
            assert!(put(&mail, 1, Lane::Bulk, 1, "transaction"));
        }
        assert!(!put(&mail, 1, Lane::Bulk, 1, "one above"));
    }

    #[test]
    fn n8_urgent_first_yet_nobody_starves() {
        let (mail, mut inbox) = lines((0..2).map(name));
        for _ in 0..2 * URGENT_RUN_MAX {
            assert!(put(&mail, 0, Lane::Urgent, 1, "vote"));
        }
        assert!(put(&mail, 1, Lane::Bulk, 1, "block"));
        for _ in 0..CLIENTS_LINE_MESSAGES_MAX {
            assert!(mail.client("client").now_or_never().is_some());
        }
        assert!(mail.client("one above").now_or_never().is_none());
        let taken: Vec<_> = (0..2 * URGENT_RUN_MAX + 2).filter_map(|_| take(&mut inbox)).collect();
        assert_eq!(taken[URGENT_RUN_MAX], "block");
        assert_eq!(taken[2 * URGENT_RUN_MAX + 1], "client");
        assert_eq!(taken.iter().filter(|input| **input == "vote").count(), 2 * URGENT_RUN_MAX);
    }

    #[test]
    fn it_ends_when_all_senders_are_gone() {
        let (mail, mut inbox) = lines([name(0)]);
        assert!(put(&mail, 0, Lane::Bulk, 1, "last"));
        assert!(!put(&mail, 1, Lane::Bulk, 1, "there is no such court"));
        drop(mail);
        assert_eq!(inbox.recv().now_or_never(), Some(Some("last")));
        assert_eq!(inbox.recv().now_or_never(), Some(None));
    }
}
