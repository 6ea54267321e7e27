//! One court floods the others over real streams (N8, N9).
//!
//! In: a hostile court, then the same court as an honest one.
//! Out: failures that show memory and bytes.
//! Always: the flooding court is read more slowly, the other courts are not, and it comes back as an honest
//! court.
//! Not for false messages: see the suite `byzantine`.

use crate::{MEMORY_MB, memory_mb, work};
use courtseal_tests::hostile::Hostile;
use courtseal_tests::metric;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;

#[test]
fn the_other_three_record_while_it_lasts() {
    let mut network = LocalNetwork::start(4).unwrap();
    let urls = network.urls();
    let folder = network.desk().unwrap().join("folder");
    // A long log makes answers to block requests large.
    courtseal_tests::evidence::folder(&folder, 1_000, 1_000).unwrap();
    network.notarize(&[&folder]).unwrap().exits(0);
    network.kill(3).unwrap();
    work(&network, "before", 3, &urls[..3]);
    let before: Vec<f64> = (0..3).map(|court| memory_mb(&network, court)).collect();
    let hostile = Hostile::start(&network, 3).unwrap();
    for url in &urls[..3] {
        for reason in ["reason=\"slowed\"", "reason=\"unread\""] {
            await_state("the flooding court is slowed, and sent no more than it reads", || {
                metric::sum(url, "courtseal_refused_total", &["listener=\"courts\"", reason]).ok().filter(|count| *count > 0.0)
            })
            .unwrap();
        }
    }
    work(&network, "during", 10, &urls[..3]);
    for (court, before) in before.into_iter().enumerate() {
        let after = memory_mb(&network, court);
        eprintln!("court {court}: {before:.0} MB before, {after:.0} MB after {} bytes", hostile.sent());
        assert!(after <= before + 2.0 * MEMORY_MB, "court {court}: {before:.0} MB before, {after:.0} MB after");
    }
    drop(hostile);
    network.restart(3).unwrap();
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    work(&network, "after", 3, &urls);
}
