//! When a court starts a fetch, and when a fetch is complete (N10): at the bound, and one above.
//!
//! In: loopback swarms of courts with logs of different lengths.
//! Out: whether a fetch starts, and the height at its end.
//! Always: parts are imported by the test, in place of the validator.

use super::*;
use crate::mailbox::Mailbox;
use crate::network::loopback;
use crate::snapshot::serve::serve;
use crate::testing;
use courtseal_proof::genesis::Genesis;

const FAR: u64 = FAR_BEHIND_BLOCKS;

/// Starts a court that serves a log of so many blocks, and returns its address.
async fn serving(genesis: &Genesis, court: usize, blocks: u64) -> libp2p::Multiaddr {
    let (mut control, address) = loopback::listen(court).await;
    loopback::hold_streams(&mut control);
    let incoming = loopback::accept(&mut control, SNAPSHOT_PROTOCOL);
    let ledger = testing::ledger(genesis, blocks);
    let (links, ..) = loopback::links(genesis, court, Arc::clone(&ledger));
    tokio::spawn(serve(links, ledger, incoming));
    address
}

/// Court 0 with an empty log, connected to courts 1, 2, … with so many blocks each.
async fn behind(blocks: &[u64]) -> (Fetcher, Arc<Ledger>, Mailbox<Input>) {
    let genesis = testing::genesis(blocks.len() + 1);
    let mut addresses = Vec::new();
    for (n, blocks) in blocks.iter().enumerate() {
        addresses.push(serving(&genesis, n + 1, *blocks).await);
    }
    let mut control = loopback::join(0, &addresses).await;
    let ledger = testing::ledger(&genesis, 0);
    let (links, validator, mut mailbox) = loopback::links(&genesis, 0, Arc::clone(&ledger));
    for court in 1..=blocks.len() {
        loopback::link(&links, &mut control, court).await;
        assert!(matches!(mailbox.recv().await, Some(Input::Connected { .. })));
    }
    let source = Source { control, links, ledger: Arc::clone(&ledger), validator };
    (Fetcher::new(Handle::current(), source), ledger, mailbox)
}

#[tokio::test]
async fn n10_a_court_that_lacks_more_blocks_than_the_bound_fetches_a_snapshot() {
    let (mut fetcher, _, _mailbox) = behind(&[1]).await;
    assert_eq!(
        fetcher.begin_if_far_behind(&testing::name(0), 7, 7 + FAR),
        FetchChange::None,
        "at the bound block sync is enough"
    );
    assert_eq!(fetcher.begin_if_far_behind(&testing::name(0), u64::MAX, u64::MAX), FetchChange::None);
    assert_eq!(fetcher.begin_if_far_behind(&testing::name(0), 7, 7 + FAR + 1), FetchChange::Started, "one above");
    assert_eq!(fetcher.begin_if_far_behind(&testing::name(0), 7, 7 + FAR + 1), FetchChange::None, "one at a time");
}

#[tokio::test]
async fn n10_a_court_whose_log_ends_too_early_is_left() {
    // Court 1 has 2 blocks, court 2 has 3.
    for (told, is_enough, height) in [(2 + FAR, true, 2), (3 + FAR, true, 3), (4 + FAR, false, 3)] {
        let (mut fetcher, ledger, mut mailbox) = behind(&[2, 3]).await;
        assert_eq!(fetcher.begin_if_far_behind(&testing::name(0), 0, told), FetchChange::Started);
        let mut running = fetcher.running.take().unwrap();
        let ended = loop {
            tokio::select! {
                ended = &mut running => break ended.unwrap(),
                input = mailbox.recv() => if let Some(Input::Part { part, reply }) = input {
                    ledger.import(part.blocks()).unwrap();
                    reply(());
                },
            }
        };
        assert_eq!((ended, ledger.head().height), (is_enough, height), "{told} were told");
    }
}
