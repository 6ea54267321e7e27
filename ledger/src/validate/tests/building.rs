//! A block built of any candidates is valid (L1 to L4, L11) and leaves none out that is allowed and fits.

use super::*;
use proptest::prelude::*;

/// What may be wrong with a candidate, or nothing.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Good,
    LastMoment,
    Expired,
    FarAtTheBound,
    TooFar,
    Recorded,
    Stranger,
    OtherKey,
    OtherNetwork,
    Stated,
    StatedByMember,
    StatedOfLater,
    StatedBefore,
}

use Kind::*;

const KINDS: [Kind; 13] = [
    Good,
    LastMoment,
    Expired,
    FarAtTheBound,
    TooFar,
    Recorded,
    Stranger,
    OtherKey,
    OtherNetwork,
    Stated,
    StatedByMember,
    StatedOfLater,
    StatedBefore,
];

struct Scene {
    network: Network,
    ledger: Ledger,
    time: Timestamp,
    recorded: Arc<VerifiedTransaction>,
}

impl Scene {
    fn new() -> Self {
        let network = Network::new(4);
        let ledger = network.ledger();
        let recorded = network.transaction(NOTARY, 99, vec![public(99)]);
        let stated = network.of_court(0, 99, vec![Statement::from(network.equivocation(3, 1, 1))]);
        network.commit(&ledger, &[Arc::clone(&recorded), stated]);
        let time = ledger.head().time.plus_ms(5_000);
        Self { network, ledger, time, recorded }
    }

    /// Equal arguments give equal candidates, so that some come twice.
    fn candidate(&self, kind: Kind, nonce: u64) -> Arc<VerifiedTransaction> {
        let network = &self.network;
        let until = |not_after| network.transaction_until(NOTARY, nonce, not_after, vec![public(nonce)]);
        let far = self.time.plus_ms(NOT_AFTER_AHEAD_MS_MAX);
        // Two courts state the same of one step: one of them at most is taken.
        let stated = |accused, height| {
            let statement = Statement::from(network.equivocation(accused, height, 1));
            network.of_court(nonce as usize % 3, nonce, vec![statement])
        };
        match kind {
            Good => network.transaction(LAWYER, nonce, vec![public(nonce), public(1)]),
            LastMoment => until(self.time),
            Expired => until(Timestamp(self.time.0 - 1)),
            FarAtTheBound => until(far),
            TooFar => until(far.plus_ms(1)),
            Recorded => Arc::clone(&self.recorded),
            Stranger => signed(&network.genesis.origin(), 77, &member_key(NOTARY)),
            OtherKey => signed(&network.genesis.origin(), NOTARY, &member_key(LAWYER)),
            OtherNetwork => signed(&Origin::new(name("net"), Digest([1; 32])), NOTARY, &member_key(NOTARY)),
            Stated => stated(1, 1 + nonce % 2),
            StatedByMember => network.transaction(NOTARY, nonce, vec![Statement::from(network.equivocation(1, 1, 1))]),
            StatedOfLater => stated(1, 3),
            StatedBefore => stated(3, 1),
        }
    }

    /// Whether a candidate adds to what was taken before it.
    fn adds(&self, taken: &[Arc<VerifiedTransaction>], one: &VerifiedTransaction) -> bool {
        let about = |checked: &VerifiedTransaction| once(checked.transaction()).next();
        Network::admit(&self.ledger, one, self.time).is_ok()
            && !taken.iter().any(|other| other.id() == one.id() || about(one).is_some() && about(other) == about(one))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn l3_l4_l11_what_is_built_is_valid_and_whole(chosen in proptest::collection::vec((0..KINDS.len(), 0u64..4), 0..32)) {
        let scene = Scene::new();
        let candidates: Vec<_> = chosen.iter().map(|(kind, nonce)| scene.candidate(KINDS[*kind], *nonce)).collect();
        let block = scene.ledger.build(scene.time, scene.network.proposer(), candidates.iter().cloned()).unwrap();
        prop_assert_eq!(&scene.ledger.validate(block.read(), &NoCache).unwrap(), &block);
        let mut expected: Vec<Arc<VerifiedTransaction>> = Vec::new();
        for one in candidates {
            if scene.adds(&expected, &one) {
                expected.push(one);
            }
        }
        prop_assert_eq!(block.transactions(), expected);
    }
}

#[test]
fn every_kind_of_candidate_is_what_it_is_called() {
    let scene = Scene::new();
    let taken: Vec<bool> = KINDS.map(|kind| scene.adds(&[], &scene.candidate(kind, 0))).to_vec();
    let good = |kind: Kind| matches!(kind, Good | LastMoment | FarAtTheBound | Stated);
    assert_eq!(taken, KINDS.map(good));
}
