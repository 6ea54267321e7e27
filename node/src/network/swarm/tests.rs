//! Limits on connections and streams of one court (N1): at the bound, and one above.
//!
//! In: a swarm as it is shipped, and loopback swarms of another court.
//! Out: which connection or stream is rejected.
//! Always: each test waits for an event and never for a time.

use super::*;
use crate::network::loopback;
use crate::testing;

/// Far longer than any step here takes.
const WITHIN: Duration = Duration::from_secs(60);

/// Court 0 with the shipped settings, on a port that the system chooses.
async fn listening() -> (Swarm<Behaviour>, Multiaddr) {
    let genesis = testing::genesis(2);
    let (links, ..) = loopback::links(&genesis, 0, testing::ledger(&genesis, 0));
    let rejections = Arc::new(Rejections::new("courts", &Metrics::default()));
    let pending = PendingConnections::new(PENDING_CONNECTIONS_MAX, Default::default(), rejections);
    let mut swarm = build(&testing::key(0, testing::KeyPurpose::Network), &links, pending).unwrap();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().unwrap()).unwrap();
    loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            return (swarm, address);
        }
    }
}

fn run(mut swarm: Swarm<Behaviour>) {
    tokio::spawn(async move { while swarm.next().await.is_some() {} });
}

#[tokio::test]
async fn n1_connections_of_one_court_are_bounded() {
    let (near, address) = listening().await;
    run(near);
    let mut far = loopback::swarm(1);
    let dial = |far: &mut Swarm<libp2p_stream::Behaviour>| {
        let options = DialOpts::peer_id(loopback::peer_id(0)).condition(PeerCondition::Always);
        let options = options.addresses(vec![address.clone()]).build();
        let id = options.connection_id();
        far.dial(options).unwrap();
        id
    };
    for _ in 0..CONNECTIONS_PER_PEER_MAX {
        let dialled = dial(&mut far);
        loop {
            match tokio::time::timeout(WITHIN, far.select_next_some()).await.unwrap() {
                SwarmEvent::ConnectionEstablished { connection_id, .. } if connection_id == dialled => break,
                SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => panic!("refused"),
                _ => {}
            }
        }
    }
    let one_above = dial(&mut far);
    let ended = loop {
        match tokio::time::timeout(WITHIN, far.select_next_some()).await.expect("one above is refused") {
            SwarmEvent::ConnectionClosed { connection_id, .. } => break connection_id,
            SwarmEvent::OutgoingConnectionError { connection_id, .. } => break connection_id,
            _ => {}
        }
    };
    assert_eq!(ended, one_above);
    assert_eq!(far.network_info().connection_counters().num_established(), CONNECTIONS_PER_PEER_MAX);
}

#[tokio::test]
async fn n1_streams_of_a_connection_are_bounded() {
    let protocol = StreamProtocol::new(SNAPSHOT_PROTOCOL);
    let (near, address) = listening().await;
    let mut incoming = near.behaviour().streams.new_control().accept(protocol.clone()).unwrap();
    run(near);
    let mut far = loopback::join(1, &[address]).await;
    let mut held = Vec::new();
    for n in 1..=STREAMS_PER_CONNECTION_MAX {
        let opened = far.open_stream(loopback::peer_id(0), protocol.clone()).await;
        held.push((opened.unwrap_or_else(|error| panic!("stream {n}: {error}")), incoming.next().await.unwrap()));
    }
    let one_above = tokio::time::timeout(WITHIN, far.open_stream(loopback::peer_id(0), protocol)).await;
    assert!(one_above.expect("it is refused").is_err(), "one above");
}

#[test]
fn n2_streams_that_do_not_last_are_opened_again_ever_later_and_by_each_court_in_its_own_time() {
    let pauses: Vec<u128> = (0..8).map(|short| pause(0, short).as_millis()).collect();
    assert_eq!(pauses, [20, 40, 80, 160, 320, 500, 500, 500]);
    assert_eq!(pause(3, 0) - pause(0, 0), Duration::from_millis(3 * STAGGER_MS));
    assert_eq!(pause(0, u32::MAX), Duration::from_millis(DIAL_MS));
}

#[test]
fn streams_that_are_replaced_are_counted_for_a_while() {
    let (start, mut replaced) = (Instant::now(), Replaced::default());
    assert_eq!([0, 1, 20].map(|s| replaced.count(start + Duration::from_secs(s))), [1, 2, 3]);
    assert_eq!(replaced.count(start + REPLACED_WITHIN), REPLACED_MAX + 1, "too often");
    assert_eq!(replaced.count(start + REPLACED_WITHIN + Duration::from_millis(1)), 1, "a new count");
    let mut rare = Replaced::default();
    let apart = REPLACED_WITHIN / REPLACED_MAX + Duration::from_millis(1);
    assert!((0..20).all(|number| rare.count(start + apart * number) <= REPLACED_MAX));
}
