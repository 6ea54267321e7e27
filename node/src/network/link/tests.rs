//! Bounds on the data that waits for a court (N7), and on its requests meanwhile (N9): at each bound, and one
//! above.
//!
//! In: links over loopback swarms, on one thread.
//! Out: whether the link is still connected, and what the validator receives.
//! Always: nothing else runs between two awaits, so no waiting data is written.

use super::*;
use crate::mailbox::Mailbox;
use crate::network::loopback;
use crate::testing;
use courtseal_consensus::Message;
use courtseal_proof::bytes::digest::Digest;
use futures::StreamExt as _;
use libp2p::StreamProtocol;

/// Bytes of the length and the kind of a frame.
const FRAMING_BYTES: usize = 5;

/// A link to a court that reads nothing. Nothing waits for it yet.
async fn connected() -> (Links, Mailbox<Input>) {
    let genesis = testing::genesis(2);
    let (mut far, address) = loopback::listen(1).await;
    loopback::hold_streams(&mut far);
    let mut near = loopback::join(0, &[address]).await;
    let (links, _, mut mailbox) = loopback::links(&genesis, 0, testing::ledger(&genesis, 0));
    loopback::link(&links, &mut near, 1).await;
    assert!(matches!(mailbox.recv().await, Some(Input::Connected { .. })));
    // Wait until the first ping is sent.
    while links.slot(&testing::name(1)).unwrap().waiting_bytes() > 0 {
        tokio::task::yield_now().await;
    }
    (links, mailbox)
}

fn is_connected(links: &Links) -> bool {
    links.state(&testing::name(1)).is_connected
}

/// A frame of exactly this many bytes.
fn frame(bytes: usize) -> Frame {
    Frame::Transaction(vec![0; bytes - FRAMING_BYTES].into())
}

#[tokio::test]
async fn n7_frames_wait_up_to_a_bound_on_each_stream_and_one_more_ends_the_connection() {
    let (links, mut mailbox) = connected().await;
    for _ in 0..PEER_QUEUE_MESSAGES_MAX {
        links.send(&testing::name(1), &frame(100));
    }
    assert!(is_connected(&links), "at the bound");
    links.send(&testing::name(1), &Frame::Pong(1));
    assert!(is_connected(&links), "the other stream has a queue of its own");
    links.send(&testing::name(1), &frame(100));
    assert!(!is_connected(&links), "one above");
    assert!(matches!(mailbox.recv().await, Some(Input::Disconnected { .. })), "it may connect again, and catches up");
}

#[tokio::test]
async fn n7_so_many_bytes_wait_and_one_more_ends_the_connection() {
    const COUNT: usize = 16;
    for (more, is_kept) in [(0, true), (1, false)] {
        let (links, mut mailbox) = connected().await;
        for _ in 1..COUNT {
            links.send(&testing::name(1), &frame(PEER_QUEUE_BYTES_MAX / COUNT));
        }
        assert!(is_connected(&links));
        links.send(&testing::name(1), &frame(PEER_QUEUE_BYTES_MAX / COUNT + more));
        assert_eq!(is_connected(&links), is_kept, "{more} above the bound");
        if is_kept {
            // The bound holds for both streams together, so a small message counts too.
            links.send(&testing::name(1), &Frame::Pong(1));
        }
        assert!(!is_connected(&links));
        assert!(matches!(mailbox.recv().await, Some(Input::Disconnected { .. })));
    }
}

/// The messages that the validator gets from a court that requests blocks while so many bytes wait for it.
async fn asks(waiting_bytes: usize) -> Vec<Message> {
    let genesis = testing::genesis(2);
    let (mut near, address) = loopback::listen(0).await;
    let mut incoming = loopback::accept(&mut near, Priority::Urgent.protocol());
    let mut far = loopback::join(1, &[address]).await;
    let (links, _, mut mailbox) = loopback::links(&genesis, 0, testing::ledger(&genesis, 0));
    let senders = [(); 2].map(|()| mpsc::channel(1).0);
    *lock(&links.slot(&testing::name(1)).unwrap().queue) =
        Some(Queue { generation: 1, senders, waiting_bytes: Arc::new(AtomicUsize::new(waiting_bytes)) });
    let mut stream = far.open_stream(loopback::peer_id(0), StreamProtocol::new(Priority::Urgent.protocol())).await.unwrap();
    let (_, incoming) = incoming.next().await.unwrap();
    tokio::spawn(async move { links.receive(&testing::name(1), Priority::Urgent, incoming).await });
    let last = Message::Status { height: 1 };
    for message in [Message::SyncRequest { from: 1 }, Message::BlockRequest { height: 1, value: Digest::default() }, last.clone()]
    {
        stream.write_all(&Frame::Consensus(message).encode()).await.unwrap();
    }
    stream.flush().await.unwrap();
    let mut heard = Vec::new();
    while heard.last() != Some(&last) {
        match mailbox.recv().await {
            Some(Input::Consensus { message, .. }) => heard.push(message),
            _ => panic!("only messages were sent"),
        }
    }
    heard
}

#[tokio::test]
async fn n9_requests_of_a_court_that_does_not_read_its_answers_are_dropped() {
    let heard = asks(ANSWERS_WAITING_BYTES_MAX).await;
    assert!(matches!(heard[..], [Message::SyncRequest { .. }, Message::BlockRequest { .. }, _]), "at the bound: {heard:?}");
    let heard = asks(ANSWERS_WAITING_BYTES_MAX + 1).await;
    assert_eq!(heard.len(), 1, "one above, what it says besides is heard: {heard:?}");
}

#[test]
fn a_court_seems_to_run_twice_for_a_minute_after_it_was_seen() {
    let genesis = testing::genesis(2);
    let (links, _, _) = loopback::links(&genesis, 0, testing::ledger(&genesis, 0));
    let seen = Instant::now();
    assert!(!links.seems_twice(&testing::name(1), seen));
    links.note_twice(&testing::name(1), seen);
    assert!(links.seems_twice(&testing::name(1), seen + TWICE_FOR));
    assert!(!links.seems_twice(&testing::name(1), seen + TWICE_FOR + Duration::from_millis(1)));
    assert!(!links.seems_twice(&testing::name(0), seen), "it is said of that court only");
}

#[tokio::test]
async fn c23_a_court_with_another_genesis_is_left_alone_until_it_has_the_right_one() {
    let genesis = testing::genesis(2);
    let (links, ..) = loopback::links(&genesis, 0, testing::ledger(&genesis, 0));
    let (began, pause) = (Instant::now(), Duration::from_millis(FOREIGN_PAUSE_MS));
    assert_eq!(links.left_alone_for(&testing::name(1), began), None);
    links.set_foreign(&testing::name(1), true, began);
    assert_eq!(links.left_alone_for(&testing::name(1), began), Some(pause));
    assert_eq!(links.left_alone_for(&testing::name(1), began + pause - Duration::from_millis(1)), Some(Duration::from_millis(1)));
    assert_eq!(links.left_alone_for(&testing::name(1), began + pause), None);
    links.set_foreign(&testing::name(1), true, began + pause);
    assert_eq!(links.left_alone_for(&testing::name(1), began + pause), None, "another hello makes it no longer");
    links.set_foreign(&testing::name(1), false, began);
    assert_eq!(links.left_alone_for(&testing::name(1), began), None);
    assert!(
        links.note_other_identity(&testing::name(1), began)
            && !links.note_other_identity(&testing::name(1), began + OTHER_IDENTITY_FOR),
        "said once"
    );
    assert!(links.note_other_identity(&testing::name(1), began + 3 * OTHER_IDENTITY_FOR), "and again after a while");
    assert!(links.has_other_identity(&testing::name(1), began + 4 * OTHER_IDENTITY_FOR));
    assert!(!links.has_other_identity(&testing::name(1), began + 4 * OTHER_IDENTITY_FOR + Duration::from_millis(1)));
}
