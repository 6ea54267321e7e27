//! Limits on served snapshots (N10): at most so many courts at a time, each once.
//!
//! In: loopback swarms of courts that ask for a snapshot.
//! Out: which streams begin, and which end early.
//! Always: the log is longer than what a stream takes unread, so a court that stops reading is being served
//! until it goes on.

use super::*;
use crate::network::loopback;
use crate::testing;
use courtseal_court::frame::SNAPSHOT_PROTOCOL;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::genesis::Genesis;
use libp2p::StreamProtocol;
use libp2p_stream::Control;

/// A log of a megabyte. No certificate of it is checked here.
fn long_log(genesis: &Genesis) -> Arc<Ledger> {
    let ledger = Ledger::open(Arc::new(MemoryStore::new()), genesis).unwrap();
    for _ in 0..16 {
        let block =
            ledger.build(ledger.head().time.plus_ms(10), testing::key(0, testing::KeyPurpose::Vote).public(), []).unwrap();
        ledger.import(&[(block.read().clone(), vec![0; 64 * 1024])]).unwrap();
    }
    Arc::new(ledger)
}

/// Starts court 0, which serves, and returns the sides of so many other courts that are connected to it.
async fn serving(others: usize) -> Vec<Control> {
    let genesis = testing::genesis(others + 1);
    let ledger = long_log(&genesis);
    let (mut control, address) = loopback::listen(0).await;
    let incoming = loopback::accept(&mut control, SNAPSHOT_PROTOCOL);
    let (links, ..) = loopback::links(&genesis, 0, Arc::clone(&ledger));
    tokio::spawn(serve(links, ledger, incoming));
    let mut courts = Vec::new();
    for court in 1..=others {
        courts.push(loopback::join(court, std::slice::from_ref(&address)).await);
    }
    courts
}

/// Asks for the whole log, and returns the stream if a snapshot begins on it.
async fn ask(court: &mut Control) -> Option<Stream> {
    let mut stream = court.open_stream(loopback::peer_id(0), StreamProtocol::new(SNAPSHOT_PROTOCOL)).await.ok()?;
    stream.write_all(&1u64.to_be_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    let mut magic = [0; MAGIC.len()];
    stream.read_exact(&mut magic).await.ok()?;
    assert_eq!(magic, *MAGIC);
    Some(stream)
}

/// The number of bytes that follow, if the stream ends without an error.
async fn rest(mut stream: Stream) -> Option<usize> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.ok()
}

#[tokio::test]
async fn n10_at_most_four_courts_are_served_at_a_time() {
    let mut courts = serving(SNAPSHOTS_SERVED_MAX + 1).await;
    let mut streams = Vec::new();
    for court in &mut courts[..SNAPSHOTS_SERVED_MAX] {
        streams.push(ask(court).await.expect("within the bound"));
    }
    assert!(ask(&mut courts[SNAPSHOTS_SERVED_MAX]).await.is_none(), "one above is told to ask another court");
    streams.push(ask(&mut courts[1]).await.expect("a court that connects again has its place already"));
    assert!(ask(&mut courts[SNAPSHOTS_SERVED_MAX]).await.is_none(), "and takes no second one");
    assert!(rest(streams.remove(0)).await.unwrap() > 1024 * 1024, "a court that keeps reading gets all of it");
    // The place becomes free when the other side has ended too.
    while ask(&mut courts[SNAPSHOTS_SERVED_MAX]).await.is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn n10_a_newer_stream_of_a_court_replaces_its_older_one() {
    let mut courts = serving(1).await;
    let older = ask(&mut courts[0]).await.unwrap();
    let newer = ask(&mut courts[0]).await.unwrap();
    let whole = rest(newer).await.unwrap();
    assert!(rest(older).await.is_none_or(|bytes| bytes < whole), "it ends early");
}
