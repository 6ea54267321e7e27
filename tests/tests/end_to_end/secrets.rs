//! Secrets of a running node (F41): its passphrase comes from a file, and no other user can read its memory.
//!
//! In: encrypted key files, passphrase files, environment variables.
//! Out: failures that show what the program printed or the system reports.
//! Always: a wrong or readable passphrase file stops the node before it writes anything.
//! Not for the form of key files: the crates test it.

use courtseal_tests::launch::{Launch, as_nobody};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::{self, courtseal};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

const PASSPHRASE: &str = "eight or more: 法院";

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn f41_a_passphrase_from_a_file() {
    let network = LocalNetwork::create(1).unwrap();
    let court = &network.courts()[0];
    // The keys belong to a court that is not in the genesis, so the node reads them and then rejects them.
    let key = court.home.join("other.key");
    let mut new = program::command().unwrap();
    new.env("COURTSEAL_PASSPHRASE", PASSPHRASE).args(["key", "new", "court-z", "--court", "--genesis"]);
    new.arg(&network.listing().genesis).arg("--out").arg(&key);
    program::finish(new).unwrap().exits(0);
    let text = fs::read_to_string(court.config())
        .unwrap()
        .replace("court.key", "other.key")
        .replace("log = \"info\"", "log = \"error\"");
    let config = court.home.join("other.toml");
    fs::write(&config, format!("passphrase_file = \"passphrase\"\n{text}")).unwrap();
    let run = || courtseal(["node".as_ref(), "run".as_ref(), "--config".as_ref(), config.as_os_str()]).unwrap();
    let file = court.home.join("passphrase");
    for ending in ["", "\n", "\r\n"] {
        write_private(&file, &format!("{PASSPHRASE}{ending}"));
        run().complains(1, &["court-z is not a court of this genesis"]);
    }
    for wrong in ["", "another passphrase", &format!("{PASSPHRASE}\n\n"), &format!(" {PASSPHRASE}")] {
        write_private(&file, wrong);
        run().complains(2, &["other.key", "not a usable key file"]);
    }
    write_private(&file, PASSPHRASE);
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    run().complains(2, &["passphrase", "by others than its owner"]);
    fs::remove_file(&file).unwrap();
    run().complains(2, &["passphrase", "cannot be read"]);
    assert!(fs::read_dir(court.home.join("data")).unwrap().next().is_none(), "the node wrote into its data folder");
}

#[test]
fn f41_a_nodes_memory_is_its_own() {
    let mut network = LocalNetwork::create(1).unwrap();
    let way = as_nobody(&network.dir()).unwrap();
    network.launch_by(0, way);
    network.restart(0).unwrap();
    let process = Path::new("/proc").join(network.pid(0).unwrap().to_string());
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    let status = fs::read_to_string(process.join("status")).unwrap();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap().split_whitespace().next().unwrap();
    assert_ne!(user, "0", "the node runs as root");
    // The system gives the files of a process that must not be dumped to root, so no other user can read its
    // memory.
    for name in ["environ", "mem", "maps", "fd"] {
        assert_eq!(fs::symlink_metadata(process.join(name)).unwrap().uid(), 0, "{name}");
    }
}

#[test]
fn f41_a_passphrase_does_not_stay_in_the_environment() {
    let mut network = LocalNetwork::create(1).unwrap();
    let court = &network.courts()[0];
    let (plain, locked) = (court.home.join("court.key"), court.home.join("locked.key"));
    // The same keys under a passphrase, encrypted by openssl as their owner would do it.
    let mut keys: serde_json::Value = serde_json::from_str(&fs::read_to_string(&plain).unwrap()).unwrap();
    for purpose in ["vote", "log", "cosigner", "network"] {
        let pem = court.home.join("one.pem");
        write_private(&pem, keys["keys"][purpose].as_str().unwrap());
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", &format!("pass:{PASSPHRASE}"), "-in"]).arg(&pem);
        let output = openssl.output().unwrap();
        assert!(output.status.success());
        keys["keys"][purpose] = String::from_utf8(output.stdout).unwrap().into();
    }
    write_private(&locked, &keys.to_string());
    fs::rename(&locked, &plain).unwrap();
    network.launch_by(0, Launch { variables: vec![("COURTSEAL_PASSPHRASE", PASSPHRASE.into())], ..Launch::default() });
    network.restart(0).unwrap();
    // Only root can read the environment, and the passphrase is not in it.
    let environment = fs::read(format!("/proc/{}/environ", network.pid(0).unwrap()));
    if let Ok(environment) = environment {
        assert!(!environment.is_empty() && !environment.windows(8).any(|window| window == &PASSPHRASE.as_bytes()[..8]));
    }
}
