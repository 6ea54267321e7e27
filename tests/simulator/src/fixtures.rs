//! The networks that are simulated: four to 32 courts, five notaries, a member of each other role.
//!
//! In: a number of courts.
//! Out: a genesis, its policy as a lawyer holds it, every secret key.
//! Always: the same number gives the same network. Keys come from numbers, unlike those of other fixtures,
//! because seeds that found something are only the same runs with the same keys.
//! Not for anything that a seed of the simulation chooses.

use courtseal_court::keys::CourtKeys;
use courtseal_fixtures::network::{KeyOf, MemberSecret};
use courtseal_fixtures::{Network, Plan};
use courtseal_proof::bytes::digest::sha256_of;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::genesis::{KeyPurpose, Role};
use courtseal_proof::verify::HeldPolicy;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

pub use courtseal_fixtures::GENESIS_TIME;

/// How many members, the first ones, are notaries.
const NOTARIES: usize = 5;
/// The members of each network.
const MEMBERS: [(&str, Role); 9] = [
    ("notary-0", Role::Notary),
    ("notary-1", Role::Notary),
    ("notary-2", Role::Notary),
    ("notary-3", Role::Notary),
    ("notary-4", Role::Notary),
    ("other-auditor", Role::Auditor),
    ("other-clerk", Role::Clerk),
    ("other-court", Role::Court),
    ("other-lawyer", Role::Lawyer),
];

/// A network that the simulation runs, with all its keys.
pub struct Fixtures {
    network: Network,
    /// The policy that a lawyer holds.
    pub policy: HeldPolicy,
    /// The courts' keys, in the order of the genesis.
    pub keys: Vec<CourtKeys>,
}

impl Deref for Fixtures {
    type Target = Network;
    fn deref(&self) -> &Network {
        &self.network
    }
}

fn numbered(of: KeyOf<'_>) -> SecretKey {
    let what = if of.purpose == KeyPurpose::Member { "member" } else { "court" };
    SecretKey::from_seed(sha256_of(&[what.as_bytes(), &(of.number as u64).to_be_bytes(), of.purpose.as_str().as_bytes()]).0)
}

impl Fixtures {
    /// The network with this many courts.
    pub fn network(courts: usize) -> Arc<Self> {
        static MADE: Mutex<BTreeMap<usize, Arc<Fixtures>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(courts).or_insert_with(|| Arc::new(Self::new(courts))))
    }

    /// The members who notarize.
    pub fn notaries(&self) -> &[MemberSecret] {
        &self.network.members[..NOTARIES]
    }

    /// The role of the member with this name.
    pub fn role(&self, name: &Name) -> Option<Role> {
        self.network.members.iter().find(|member| member.name == *name).map(|member| member.role)
    }

    fn new(courts: usize) -> Self {
        let plan = Plan { name: "simulated", courts, members: &MEMBERS, first_port: 20_000, secret: numbered, ..Plan::default() };
        let network = Network::new(plan);
        let keys = network.courts.iter().map(|court| CourtKeys {
            name: court.name.clone(),
            origin: network.origin.clone(),
            vote: court.vote.clone(),
            log: court.log.clone(),
            cosigner: court.cosigner.clone(),
            network: court.network.clone(),
        });
        Self { policy: HeldPolicy::new(network.policy.as_bytes()), keys: keys.collect(), network }
    }
}
