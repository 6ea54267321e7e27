//! What is given: networks of four to 32 courts, their keys, five members.
//!
//! In: a number of courts. Out: a genesis, its policy, every secret key. Always: the same number gives the same network; all keys come from fixed
//! seeds. Not for anything that a seed of the simulation chooses.

use courtseal_court::keys::CourtKeys;
use courtseal_proof::digest::{Digest, sha256_of};
use courtseal_proof::genesis::{Court, CourtProof, Genesis, KeyPurpose, Member, Parameters, Role, prove_possession};
use courtseal_proof::key::SecretKey;
use courtseal_proof::name::{Name, Origin};
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::HeldPolicy;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// When a network begins, on the true clock.
pub const GENESIS_TIME: Timestamp = Timestamp(1_795_453_200_000);
/// Members of each network; all may notarize.
pub const MEMBERS: usize = 5;

/// A network.
pub struct Given {
    /// Its genesis.
    pub genesis: Genesis,
    /// Its digest.
    pub chain: Digest,
    /// Its origin.
    pub origin: Origin,
    /// The policy that a lawyer holds.
    pub policy: HeldPolicy,
    /// The courts' keys, in the order of the genesis.
    pub keys: Vec<CourtKeys>,
    /// The members.
    pub members: Vec<(Name, SecretKey)>,
}

fn name(text: &str) -> Name {
    Name::new(text).expect("names of the simulator are names")
}

fn key(what: &str, number: usize, purpose: &str) -> SecretKey {
    SecretKey::from_seed(sha256_of(&[what.as_bytes(), &(number as u64).to_be_bytes(), purpose.as_bytes()]).0)
}

impl Given {
    /// The network with this many courts.
    pub fn network(courts: usize) -> Arc<Self> {
        static MADE: Mutex<BTreeMap<usize, Arc<Given>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(courts).or_insert_with(|| Arc::new(Self::new(courts))))
    }

    fn new(courts: usize) -> Self {
        let network = name("simulated");
        let court_name = |court: usize| name(&format!("court-{court:02}"));
        let secrets: Vec<[SecretKey; 4]> =
            (0..courts).map(|court| ["cosigner", "log", "network", "vote"].map(|purpose| key("court", court, purpose))).collect();
        let purposes = [KeyPurpose::Cosigner, KeyPurpose::Log, KeyPurpose::Network, KeyPurpose::Vote];
        let court = |court: usize| {
            let (owner, keys) = (court_name(court), &secrets[court]);
            let proof = |n: usize| prove_possession(purposes[n], &network, &owner, &keys[n]);
            Court {
                address: format!("/ip4/127.0.0.1/tcp/{}", 20_000 + court),
                cosigner: keys[0].public(),
                log: keys[1].public(),
                network: keys[2].public(),
                vote: keys[3].public(),
                proof: CourtProof { cosigner: proof(0), log: proof(1), network: proof(2), vote: proof(3) },
                name: owner,
            }
        };
        let members: Vec<(Name, SecretKey)> =
            (0..MEMBERS).map(|member| (name(&format!("notary-{member}")), key("member", member, "member"))).collect();
        let member = |(owner, secret): &(Name, SecretKey)| Member {
            court: court_name(0),
            key: secret.public(),
            name: owner.clone(),
            proof: prove_possession(KeyPurpose::Member, &network, owner, secret),
            role: Role::Notary,
        };
        let genesis = Genesis {
            courts: (0..courts).map(court).collect(),
            members: members.iter().map(member).collect(),
            name: network.clone(),
            parameters: Parameters { heartbeat_ms: 60_000 },
            protocol: courtseal_proof::genesis::PROTOCOL,
            time: GENESIS_TIME,
            v: 1,
        };
        genesis.check().expect("the simulator's genesis is valid");
        let origin = genesis.origin();
        let keys = secrets.into_iter().enumerate().map(|(court, [cosigner, log, network, vote])| CourtKeys {
            name: court_name(court),
            origin: origin.clone(),
            vote,
            log,
            cosigner,
            network,
        });
        Self {
            chain: genesis.digest(),
            policy: HeldPolicy::new(genesis.policy_text().as_bytes()),
            keys: keys.collect(),
            members,
            origin,
            genesis,
        }
    }
}
