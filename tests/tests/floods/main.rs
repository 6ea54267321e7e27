//! Floods: other addresses at both listeners, a court that sends without end, limits at their bounds, a first
//! node that answers badly.
//!
//! In: real processes.
//! Out: failures that show memory, counts or answers.
//! Always: honest clients are served, memory stays within a bound, and rejections are counted. No speed is
//! asserted; `make floods` does that.
//! Not for single malformed requests: see the suite `end_to_end`.

mod answers;
mod bounds;
mod court;
mod listeners;

use courtseal_tests::measure::usage;
use courtseal_tests::network::LocalNetwork;

/// Most that a flood may add to a court's memory, in megabytes: twice what is held for the clients of one
/// address, and what is held for one court.
const MEMORY_MB: f64 = 64.0;

/// Notarizes so many files one after another, and verifies each.
fn work(network: &LocalNetwork, name: &str, files: usize, urls: &[String]) {
    let desk = network.desk().unwrap();
    for number in 0..files {
        let file = desk.join(format!("{name}-{number}.txt"));
        std::fs::write(&file, format!("{name} {number}")).unwrap();
        network.notarize_at(urls, &[&file]).unwrap().exits(0);
        network.verify(&[&file]).unwrap().exits(0);
    }
}

fn memory_mb(network: &LocalNetwork, court: usize) -> f64 {
    usage(network.pid(court).unwrap()).unwrap().rss_mb
}
