//! Twenty SIGKILLs of courts at random, one after another at random moments under load; no receipt is lost.

use courtseal_tests::evidence::random;
use courtseal_tests::load::{self, Load};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::{given, python};

const KILLS: usize = 20;
const ALL: [usize; 4] = [0, 1, 2, 3];
/// Names the seed of a run to repeat.
const SEED: &str = "COURTSEAL_SEED";

/// A generator of numbers that look random: SplitMix64 (Steele, Lea and Flood 2014).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[test]
fn twenty_kills_lose_nothing() {
    let seed = std::env::var(SEED).ok().map_or_else(|| u64::from_le_bytes(random().unwrap()), |text| text.parse().unwrap());
    println!("{SEED}={seed}");
    let mut numbers = Numbers(seed);
    let mut network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap().join("files");
    let load = Load::start(&network, &folder, 3).unwrap();
    for kill in 0..KILLS {
        // The moment is a number of receipts from now, so that it is under load whatever the machine; now and then at once, into a restart.
        let until = load.recorded() + numbers.below(6) as usize;
        await_state("load is recorded", || (load.recorded() >= until).then_some(()))
            .unwrap_or_else(|error| panic!("kill {kill}, seed {seed}: {error}"));
        let at = numbers.below(4) as usize;
        network.kill(at).unwrap();
        network.restart(at).unwrap_or_else(|error| panic!("kill {kill} of court {at}, seed {seed}: {error:#}"));
    }
    let given_out = load.stop().unwrap();
    network.await_equal(&ALL).unwrap_or_else(|error| panic!("seed {seed}: {error:#}"));
    assert!(given::check(&network, &folder, &ALL).unwrap() >= given_out, "seed {seed}");
    load::finish_all(&network, &folder).unwrap();
    network.await_equal(&ALL).unwrap();
    let receipts = given::receipts(&folder).unwrap();
    assert_eq!(given::check(&network, &folder, &ALL).unwrap(), receipts.len());
    // The other verifier, with the policy file only.
    let files: Vec<_> =
        receipts.iter().filter_map(|receipt| receipt.to_str()?.strip_suffix(".tlog-proof").map(Into::into)).collect();
    let verdicts = python::verdicts(&files, network.policy()).unwrap();
    assert!(verdicts.len() == receipts.len() && verdicts.iter().all(|verdict| verdict["verdict"] == "valid"), "seed {seed}");
    println!("{KILLS} kills, {given_out} receipts given out meanwhile, {} in the end, none lost", receipts.len());
}
