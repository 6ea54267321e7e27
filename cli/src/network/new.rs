//! Making a network for this machine: every key, the genesis, the policy, one configuration per court.
//!
//! In: a new folder, a number of courts. Out: all files, `network.json` last. Always: keys are fresh and
//! plain, of mode 0600; ports are free when they are chosen. Not for real courts: nobody should make another
//! court's keys.

use super::file::{self, Network};
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::keys::fresh::{fresh_court, fresh_key};
use crate::keys::{self, KeyFile, MemberKey};
use crate::print;
use crate::times::now;
use courtseal_node::config::Config;
use courtseal_node::keys::CourtKeys;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::genesis::{Court, CourtProof, Genesis, KeyPurpose, Member, PROTOCOL, Parameters, Role, prove_possession};
use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// The first port that is tried.
const FIRST_PORT: u16 = 8600;
/// Names of the first courts; later ones are numbered.
const COURT_NAMES: [&str; 4] = ["court-beijing", "court-guangzhou", "court-hangzhou", "court-urumqi"];
/// The first members, all of the first court.
const MEMBERS: [(&str, Role); 2] = [("clerk-1", Role::Clerk), ("notary-1", Role::Notary)];
/// Pause between heartbeat blocks, in milliseconds.
const HEARTBEAT_MS: u64 = 60_000;

/// Makes a network of `courts` courts in the new or empty folder `dir`.
///
/// # Errors
/// Usage: the folder is not empty, a port is taken, the name is none. I/O.
pub fn create(dir: &Path, courts: usize, base_port: Option<u16>, name: &str) -> anyhow::Result<Network> {
    let name = Name::new(name).map_err(|error| usage(format!("--name: {error}")))?;
    let ports = ports(courts, base_port)?;
    make_folder(dir)?;
    let dir = dir.canonicalize()?;
    let mut names = (0..courts).map(court_name).collect::<anyhow::Result<Vec<_>>>()?;
    names.sort();
    // The origin is known only when the genesis is, and the genesis only when the keys are.
    let unknown = Origin::new(name.clone(), Digest::default());
    let mut court_keys = names.into_iter().map(|name| fresh_court(name, unknown.clone())).collect::<anyhow::Result<Vec<_>>>()?;
    let mut members = Vec::new();
    for (member, role) in MEMBERS {
        members.push((MemberKey { name: Name::new(member)?, origin: unknown.clone(), key: fresh_key()? }, role));
    }
    let genesis = genesis(name, &court_keys, &members, &ports)?;
    let origin = genesis.origin();
    court_keys.iter_mut().for_each(|court| court.origin = origin.clone());
    members.iter_mut().for_each(|(member, _)| member.origin = origin.clone());

    files::named::write_new(&dir.join("genesis.json"), genesis.to_text().as_bytes(), 0o666)?;
    files::named::write_new(&dir.join("policy"), genesis.policy_text().as_bytes(), 0o666)?;
    fs::create_dir(dir.join("keys"))?;
    let mut network =
        Network { policy: dir.join("policy"), genesis: dir.join("genesis.json"), keys: BTreeMap::new(), courts: Vec::new() };
    for (member, _) in members {
        let path = dir.join("keys").join(format!("{}.key", member.name));
        network.keys.insert(member.name.to_string(), path.clone());
        keys::write_new(&path, &KeyFile::Member(Box::new(member)), None)?;
    }
    for (court, rpc) in court_keys.into_iter().zip(ports.rpc) {
        network.courts.push(write_home(&dir, court, rpc)?);
    }
    network.write(&dir)?;
    Ok(network)
}

fn make_folder(dir: &Path) -> anyhow::Result<()> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(Exit::Usage, format!("{} is not empty", print::path(dir)))
            .next("name a new folder; a network is never written over another")
            .into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(|error| usage(format!("cannot make {}: {}", print::path(dir), files::reason(&error))))
        }
        Err(error) => Err(usage(format!("cannot use {}: {}", print::path(dir), files::reason(&error)))),
    }
}

fn court_name(number: usize) -> anyhow::Result<Name> {
    Ok(Name::new(COURT_NAMES.get(number).map_or_else(|| format!("court-{}", number + 1), |name| (*name).to_owned()))?)
}

fn genesis(name: Name, courts: &[CourtKeys], members: &[(MemberKey, Role)], ports: &Ports) -> anyhow::Result<Genesis> {
    let first = courts.first().map(|court| court.name.clone()).ok_or_else(|| usage("a network has at least one court"))?;
    let court = |(keys, port): (&CourtKeys, &u16)| {
        let proof = |purpose, key| prove_possession(purpose, &name, &keys.name, key);
        Court {
            address: format!("/ip4/127.0.0.1/tcp/{port}"),
            cosigner: keys.cosigner.public(),
            log: keys.log.public(),
            name: keys.name.clone(),
            network: keys.network.public(),
            proof: CourtProof {
                cosigner: proof(KeyPurpose::Cosigner, &keys.cosigner),
                log: proof(KeyPurpose::Log, &keys.log),
                network: proof(KeyPurpose::Network, &keys.network),
                vote: proof(KeyPurpose::Vote, &keys.vote),
            },
            vote: keys.vote.public(),
        }
    };
    let member = |(member, role): &(MemberKey, Role)| Member {
        court: first.clone(),
        key: member.key.public(),
        name: member.name.clone(),
        proof: prove_possession(KeyPurpose::Member, &name, &member.name, &member.key),
        role: *role,
    };
    let genesis = Genesis {
        courts: courts.iter().zip(&ports.peers).map(court).collect(),
        members: members.iter().map(member).collect(),
        name: name.clone(),
        parameters: Parameters { heartbeat_ms: HEARTBEAT_MS },
        protocol: PROTOCOL,
        time: now(),
        v: 1,
    };
    // What we made must pass what every node checks.
    genesis.check()?;
    Ok(genesis)
}

fn write_home(dir: &Path, court: CourtKeys, rpc: u16) -> anyhow::Result<file::Court> {
    let name = court.name.to_string();
    let home = dir.join(&name);
    fs::create_dir(&home)?;
    fs::create_dir(home.join("data"))?;
    keys::write_new(&home.join("court.key"), &KeyFile::Court(Box::new(court)), None)?;
    let config = Config {
        genesis: "../genesis.json".into(),
        key: "court.key".into(),
        passphrase_file: None,
        data: "data".into(),
        rpc: SocketAddr::from((Ipv4Addr::LOCALHOST, rpc)),
        listen: None,
        log: "info".to_owned(),
        rpc_names: Vec::new(),
        limits: Default::default(),
    };
    files::named::write_new(&home.join("node.toml"), config.to_toml()?.as_bytes(), 0o666)?;
    Ok(file::Court { name, url: format!("http://127.0.0.1:{rpc}"), home, pid: None })
}

/// The ports of all courts.
struct Ports {
    rpc: Vec<u16>,
    peers: Vec<u16>,
}

/// RPC ports from the base upwards, peers' ports from the next round ten upwards; without a base, taken ones
/// are passed over.
fn ports(courts: usize, base: Option<u16>) -> anyhow::Result<Ports> {
    let mut next = u32::from(base.unwrap_or(FIRST_PORT));
    let mut take = |count: usize| -> anyhow::Result<Vec<u16>> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let port = u16::try_from(next).map_err(|_| usage("there are not enough free ports above the first one"))?;
            next += 1;
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(_) => taken.push(port),
                Err(error) if base.is_some() => {
                    let message = format!("port {port} cannot be used: {}", files::reason(&error));
                    return Err(Failure::new(Exit::Usage, message)
                        .next("choose another --base-port, or leave it out to get free ports")
                        .into());
                }
                Err(_) => {}
            }
        }
        // So that the peers' ports are easy to tell from the others.
        next = next.next_multiple_of(10);
        Ok(taken)
    };
    Ok(Ports { rpc: take(courts)?, peers: take(courts)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::verify::HeldPolicy;

    #[test]
    fn a_network_is_complete_and_passes_every_check() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("net");
        let network = create(&dir, 12, None, "cn-courts").unwrap();
        assert_eq!(Network::read(&dir).unwrap(), network);
        let names: Vec<&str> = network.courts.iter().map(|court| court.name.as_str()).collect();
        assert!(names.is_sorted() && names.contains(&"court-beijing") && names.contains(&"court-12"));
        let genesis = Genesis::from_text(&fs::read(&network.genesis).unwrap()).unwrap();
        let policy = HeldPolicy::new(&fs::read(&network.policy).unwrap());
        assert_eq!(policy.policy().unwrap().least(), 9);
        assert_eq!(*policy.policy().unwrap().origin(), genesis.origin());
        let notary = keys::read_member(&network.keys["notary-1"]).unwrap();
        assert_eq!(notary.origin, genesis.origin());
        assert!(genesis.members.iter().any(|member| member.key == notary.key.public() && member.role == Role::Notary));
        for (court, listed) in network.courts.iter().zip(&genesis.courts) {
            let keys = keys::read_court(&court.home.join("court.key")).unwrap();
            assert_eq!((keys.vote.public(), keys.origin), (listed.vote, genesis.origin()));
            assert!(court.config().is_file() && court.home.join("data").is_dir());
        }
        let text = fs::read_to_string(Network::path(&dir)).unwrap();
        assert!(text.contains("\"pid\": null"), "{text}");
        assert!(create(&dir, 1, None, "cn-courts").is_err(), "never over another");
    }

    #[test]
    fn a_taken_port_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let failure = ports(1, Some(port)).err().unwrap();
        assert!(failure.to_string().contains(&format!("port {port}")), "{failure}");
        // A court fewer than 4 is possible; the peers' port is another one.
        let free = ports(1, None).unwrap();
        assert_ne!(free.rpc, free.peers);
    }
}
