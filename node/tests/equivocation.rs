//! A court equivocates over real streams: the others go on, and one entry records it (C22, F42, L11).
//!
//! In: four real courts, one of which is killed; this test takes its place with its keys, as a cloned node
//! would.
//! Out: one entry, its receipt, the verdicts of both verifiers.
//! Always: the test waits for messages on the streams, never for a time.
//! Not for random behaviour of a cloned node: see `tests/tests/faults/cloned.rs`.

use courtseal_consensus::Message;
use courtseal_consensus::vote::{Signed, Vote, VoteKind};
use courtseal_court::admission::Admission;
use courtseal_court::frame::Frame;
use courtseal_court::input::Input;
use courtseal_ledger::Ledger;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_node::mailbox::{self, Mailbox};
use courtseal_node::metrics::Metrics;
use courtseal_node::network::{self, Links};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::genesis::Genesis;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::WITHIN;
use courtseal_tests::program::courtseal;
use courtseal_tests::{evidence, http, python};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

/// The equivocating court, whose keys this test holds.
const LIAR: usize = 3;
const OTHERS: [usize; 3] = [0, 1, 2];

/// The messages that the equivocating court has received.
#[derive(Default)]
struct Heard {
    connected: BTreeSet<CourtName>,
    heights: BTreeMap<CourtName, u64>,
    cosigned: BTreeMap<CourtName, u64>,
}

async fn hear(queue: &mut Mailbox<Input>, heard: &mut Heard, until: impl Fn(&Heard) -> bool) {
    while !until(heard) {
        let input = tokio::time::timeout(WITHIN, queue.recv()).await.expect("the courts go on").expect("the streams are open");
        match input {
            Input::Connected { court } => drop(heard.connected.insert(court)),
            Input::Disconnected { court } => drop(heard.connected.remove(&court)),
            Input::Consensus { court, message: Message::Hello(hello) } => drop(heard.heights.insert(court, hello.height)),
            Input::Cosignature { court, announcement } => drop(heard.cosigned.insert(court, announcement.size)),
            _ => {}
        }
    }
}

fn vote(links: &Links, chain: &Digest, key: &SecretKey, height: u64, value: Option<Digest>) {
    let content = Vote { height, round: 0, kind: VoteKind::Prevote, value, court: key.public() };
    let message = Message::Vote(Signed { signature: key.sign(&content.sign_bytes(chain)), content });
    links.peers().for_each(|court| links.send(&court.name, &Frame::Consensus(message.clone())));
}

/// Joins as the equivocating court, votes for three values in one step, and waits until all others have
/// cosigned the entry about it.
async fn lie(genesis: &Genesis, network_key: &SecretKey, vote_key: &SecretKey) -> u64 {
    let (sender, mut queue) = mailbox::channel(genesis.courts.iter().map(|court| court.name.clone()));
    let ledger = Arc::new(Ledger::open(Arc::new(MemoryStore::new()), genesis).unwrap());
    let (links, _snapshots, _tasks) = network::start(
        Admission::new(ledger, Arc::default()),
        &genesis.courts[LIAR].name,
        network_key,
        None,
        sender,
        &Metrics::default(),
    )
    .unwrap();
    let mut heard = Heard::default();
    hear(&mut queue, &mut heard, |heard| heard.connected.len() == 3 && heard.heights.len() == 3).await;
    let height = heard.heights.values().max().unwrap() + 1;
    for value in [Some(sha256(b"one block")), None, Some(sha256(b"another block"))] {
        vote(&links, &genesis.digest(), vote_key, height, value);
    }
    hear(&mut queue, &mut heard, |heard| OTHERS.iter().all(|court| heard.cosigned.get(&genesis.courts[*court].name) >= Some(&5)))
        .await;
    height
}

#[test]
fn l11_two_votes_over_real_streams_end_on_the_log_once() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    network.kill(LIAR).unwrap();
    let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
    let (liar, keys) = (network.courts()[LIAR].name.clone(), network.courts()[LIAR].home.join("court.key"));
    let [network_key, vote_key] = ["network", "vote"].map(|purpose| evidence::key(&keys, purpose).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let height = runtime.block_on(lie(&genesis, &network_key, &vote_key));
    drop(runtime);

    // All three courts saw it and stated it. One entry is recorded, and nothing waits any more.
    assert_eq!(network.await_equal(&OTHERS).unwrap(), 3 + 2);
    let url = network.courts()[0].url.clone();
    let line = format!("equivocation of {liar}: it signed two different prevotes at height {height}, round 0");
    courtseal(["log", "show", "--node", &url]).unwrap().exits(0).says(&[&line]);
    let receipt = desk.join("equivocation.tlog-proof");
    let saved = receipt.to_str().unwrap();
    courtseal(["log", "entry", "3", "--node", &url, "--receipt", saved]).unwrap().exits(0).says(&[&line]);

    // Either verifier can check it offline.
    let key = vote_key.public().to_string();
    network.verify(&["--verbose", saved]).unwrap().exits(0).says(&["VALID", &liar, "two different prevotes", "nil", &key]);
    let policy = network.policy().to_str().unwrap().to_owned();
    let verdict = python::verifier(&["--receipt", saved, "--policy", &policy]).unwrap().exits(0);
    verdict.says(&["VALID", &format!("{liar} signed two contradicting statements"), &key]);
    let other = fs::read_to_string(&receipt).unwrap().replacen("index 3", "index 1", 1);
    let altered = desk.join("altered.tlog-proof");
    fs::write(&altered, other).unwrap();
    network.verify(&[altered.as_os_str()]).unwrap().exits(1).says(&["INVALID"]);

    // The court itself starts again and signs nothing that contradicts its earlier signatures. The network
    // keeps recording.
    let file = desk.join("after");
    fs::write(&file, "after").unwrap();
    network.notarize(&[&file]).unwrap().exits(0);
    network.restart(LIAR).unwrap();
    network.await_equal(&[0, 1, 2, LIAR]).unwrap();
    assert_eq!(http::stated(&url).unwrap().len(), 2);
}
