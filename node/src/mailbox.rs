//! The validator's mailbox: bounded queues for each court and for all clients, scheduled fairly (N8).
//!
//! In: inputs, by the court or client that sent them.
//! Out: one input at a time.
//! Always: each queue is bounded, so that a sender that fills its own queue waits, and no other does.
//! Urgent queues come first. Yet of every [`URGENT_RUN_MAX`] + 1 inputs at least one comes from the other
//! queues, if one waits there.
//! Each queue keeps the order of arrival.
//! Not for the meaning of inputs: their costs are counted before they are queued.

use crate::limits::{
    BULK_QUEUE_BYTES_MAX, BULK_QUEUE_MESSAGES_MAX, CLIENTS_QUEUE_MESSAGES_MAX, URGENT_QUEUE_MESSAGES_MAX, URGENT_RUN_MAX,
};
use courtseal_court::frame::Priority;
use courtseal_court::input::Reply;
use courtseal_proof::bytes::name::CourtName;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Makes a reply for an input, and the receiver of its value. The receiver gets an error if the input is
/// dropped.
pub fn reply<T: Send + 'static>() -> (Reply<T>, oneshot::Receiver<T>) {
    let (sender, answer) = oneshot::channel();
    // The receiver may be gone.
    (Box::new(move |value| drop(sender.send(value))), answer)
}

/// The error of a mailbox whose validator has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

struct Queued<T> {
    input: T,
    _bytes: Option<OwnedSemaphorePermit>,
}

struct CourtQueues<T> {
    urgent: mpsc::Sender<Queued<T>>,
    bulk: mpsc::Sender<Queued<T>>,
    bulk_bytes: Arc<Semaphore>,
}

/// The sending end. Clones share the queues.
pub struct MailboxSender<T> {
    clients: mpsc::Sender<Queued<T>>,
    courts: Arc<BTreeMap<CourtName, CourtQueues<T>>>,
}

impl<T> Clone for MailboxSender<T> {
    fn clone(&self) -> Self {
        Self { clients: self.clients.clone(), courts: Arc::clone(&self.courts) }
    }
}

struct FairQueues<T> {
    queues: Vec<mpsc::Receiver<Queued<T>>>,
    next: usize,
}

/// The receiving end, for the validator.
pub struct Mailbox<T> {
    urgent: FairQueues<T>,
    others: FairQueues<T>,
    urgent_run: usize,
}

/// Makes both ends, with queues for these courts. The queues of this court itself stay empty.
pub fn channel<T>(courts: impl IntoIterator<Item = CourtName>) -> (MailboxSender<T>, Mailbox<T>) {
    let (mut senders, mut urgent, mut others) = (BTreeMap::new(), Vec::new(), Vec::new());
    for court in courts {
        let (to_urgent, from_urgent) = mpsc::channel(URGENT_QUEUE_MESSAGES_MAX);
        let (to_bulk, from_bulk) = mpsc::channel(BULK_QUEUE_MESSAGES_MAX);
        let bulk_bytes = Arc::new(Semaphore::new(BULK_QUEUE_BYTES_MAX));
        senders.insert(court, CourtQueues { urgent: to_urgent, bulk: to_bulk, bulk_bytes });
        urgent.push(from_urgent);
        others.push(from_bulk);
    }
    let (clients, from_clients) = mpsc::channel(CLIENTS_QUEUE_MESSAGES_MAX);
    others.push(from_clients);
    let fair = |queues| FairQueues { queues, next: 0 };
    (MailboxSender { clients, courts: Arc::new(senders) }, Mailbox { urgent: fair(urgent), others: fair(others), urgent_run: 0 })
}

impl<T> MailboxSender<T> {
    /// Queues an input of a client; waits while the clients' queue is full.
    ///
    /// # Errors
    /// [`Closed`] if the validator has ended.
    pub async fn send_from_client(&self, input: T) -> Result<(), Closed> {
        self.clients.send(Queued { input, _bytes: None }).await.map_err(|_| Closed)
    }

    /// Queues an input of a court; waits while its queue of this priority is full in messages or, for bulk,
    /// in bytes.
    ///
    /// # Errors
    /// [`Closed`] if the validator has ended, or if there is no such court.
    pub async fn send_from_court(&self, court: &CourtName, priority: Priority, bytes: usize, input: T) -> Result<(), Closed> {
        let court = self.courts.get(court).ok_or(Closed)?;
        let (queue, held) = match priority {
            Priority::Urgent => (&court.urgent, None),
            Priority::Bulk => {
                let bytes = bytes.min(BULK_QUEUE_BYTES_MAX) as u32;
                let held = Arc::clone(&court.bulk_bytes).acquire_many_owned(bytes).await.map_err(|_| Closed)?;
                (&court.bulk, Some(held))
            }
        };
        queue.send(Queued { input, _bytes: held }).await.map_err(|_| Closed)
    }
}

impl<T> FairQueues<T> {
    /// Takes the next input, one queue after the other; `None` if all senders are gone.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let (count, mut closed) = (self.queues.len(), 0);
        for step in 0..count {
            let at = (self.next + step) % count;
            match self.queues[at].poll_recv(cx) {
                Poll::Ready(Some(waiting)) => {
                    self.next = (at + 1) % count;
                    return Poll::Ready(Some(waiting.input));
                }
                Poll::Ready(None) => closed += 1,
                Poll::Pending => {}
            }
        }
        if closed == count { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl<T> Mailbox<T> {
    /// Waits for the next input; `None` if all senders are gone. Dropping the future loses no input.
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

    fn put(sender: &MailboxSender<&'static str>, court: usize, priority: Priority, bytes: usize, input: &'static str) -> bool {
        sender.send_from_court(&name(court), priority, bytes, input).now_or_never().is_some_and(|sent| sent.is_ok())
    }

    fn take(mailbox: &mut Mailbox<&'static str>) -> Option<&'static str> {
        mailbox.recv().now_or_never().flatten()
    }

    #[test]
    fn n8_a_court_that_fills_its_queue_waits_and_the_others_do_not() {
        let (sender, mut mailbox) = channel((0..3).map(name));
        for _ in 0..URGENT_QUEUE_MESSAGES_MAX {
            assert!(put(&sender, 0, Priority::Urgent, 1, "flood"));
        }
        assert!(!put(&sender, 0, Priority::Urgent, 1, "one above"));
        assert!(put(&sender, 1, Priority::Urgent, 1, "vote"));
        assert!(put(&sender, 2, Priority::Urgent, 1, "vote"));
        let first: Vec<_> = (0..3).filter_map(|_| take(&mut mailbox)).collect();
        assert_eq!(first, ["flood", "vote", "vote"], "queues are served in turn");
        assert!(put(&sender, 0, Priority::Urgent, 1, "room again"));
    }

    #[test]
    fn n8_bulk_queues_are_bounded_in_bytes_and_in_messages() {
        let (sender, mut mailbox) = channel((0..2).map(name));
        assert!(put(&sender, 0, Priority::Bulk, BULK_QUEUE_BYTES_MAX - 1, "block"));
        assert!(put(&sender, 0, Priority::Bulk, 1, "at the bound"));
        assert!(!put(&sender, 0, Priority::Bulk, 1, "one above"));
        assert_eq!(take(&mut mailbox), Some("block"));
        assert_eq!(take(&mut mailbox), Some("at the bound"));
        assert!(put(&sender, 0, Priority::Bulk, usize::MAX, "more than the whole queue is the whole queue"));
        for _ in 0..BULK_QUEUE_MESSAGES_MAX {
            assert!(put(&sender, 1, Priority::Bulk, 1, "transaction"));
        }
        assert!(!put(&sender, 1, Priority::Bulk, 1, "one above"));
    }

    #[test]
    fn n8_urgent_first_and_no_queue_starves() {
        let (sender, mut mailbox) = channel((0..2).map(name));
        for _ in 0..2 * URGENT_RUN_MAX {
            assert!(put(&sender, 0, Priority::Urgent, 1, "vote"));
        }
        assert!(put(&sender, 1, Priority::Bulk, 1, "block"));
        for _ in 0..CLIENTS_QUEUE_MESSAGES_MAX {
            assert!(sender.send_from_client("client").now_or_never().is_some());
        }
        assert!(sender.send_from_client("one above").now_or_never().is_none());
        let taken: Vec<_> = (0..2 * URGENT_RUN_MAX + 2).filter_map(|_| take(&mut mailbox)).collect();
        assert_eq!(taken[URGENT_RUN_MAX], "block");
        assert_eq!(taken[2 * URGENT_RUN_MAX + 1], "client");
        assert_eq!(taken.iter().filter(|input| **input == "vote").count(), 2 * URGENT_RUN_MAX);
    }

    #[test]
    fn it_ends_when_all_senders_are_gone() {
        let (sender, mut mailbox) = channel([name(0)]);
        assert!(put(&sender, 0, Priority::Bulk, 1, "last"));
        assert!(!put(&sender, 1, Priority::Bulk, 1, "there is no such court"));
        drop(sender);
        assert_eq!(mailbox.recv().now_or_never(), Some(Some("last")));
        assert_eq!(mailbox.recv().now_or_never(), Some(None));
    }
}
