//! Confidential mode and case tags: the log shows only commitments and tags, and the opening reveals the
//! file.
//!
//! In: files, openings, case keys.
//! Out: failures that show the entry or the verdict.
//! Always: the log holds neither digest, size nor name of a confidential file.
//! Not for the form of commitments: the crate `courtseal-proof` tests it.

use crate::{file, with};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::{given, http, python};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn confidential_files_and_their_openings() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let secret = file(&desk, "witness statement.docx", "what the witness said");
    let (receipt, opening) = (with(&secret, ".tlog-proof"), with(&secret, ".opening"));
    network.notarize(&["--confidential".as_ref(), secret.as_os_str()]).unwrap().exits(0).says(&["confidential"]);
    network.notarize(&["--confidential".as_ref(), secret.as_os_str()]).unwrap().exits(0).says(&["nothing to do"]);
    let salt = fs::read_to_string(&opening).unwrap();
    assert!(salt.contains("\"file_name\":\"witness statement.docx\""), "{salt}");

    // The entry has a commitment and nothing else about the file.
    let log = http::whole_log(&network.urls()[0]).unwrap();
    assert_eq!(log.len(), 3 + 2);
    assert!(log[3].contains("\"commitment\":\"hmac-sha256:") && log[3].contains("\"mode\":\"confidential\""), "{}", log[3]);
    assert!(
        ["sha256:", "size", "witness", "docx"].iter().all(|word| !log[3]
            .split("\"statement\":")
            .nth(1)
            .unwrap()
            .split('}')
            .next()
            .unwrap()
            .replace("hmac-sha256:", "")
            .contains(word)),
        "{}",
        log[3]
    );

    // The same file twice yields two commitments that nobody can link.
    let copy = file(&desk, "copy.docx", "what the witness said");
    network.notarize(&["--confidential".as_ref(), copy.as_os_str()]).unwrap().exits(0);
    let (one, other) = (given::entry(&receipt).unwrap().1, given::entry(&with(&copy, ".tlog-proof")).unwrap().1);
    let commitment = |entry: &str| entry.split("\"commitment\":").nth(1).unwrap()[..80].to_owned();
    assert_ne!(commitment(&one), commitment(&other));

    network.stop().unwrap();
    network.verify(&[&secret]).unwrap().exits(0).says(&["VALID", "salted commitment"]);
    let verdicts = python::verdicts(&[secret.clone(), copy.clone()], network.policy()).unwrap();
    assert!(verdicts.iter().all(|verdict| verdict["verdict"] == "valid"), "{verdicts:?}");
    // A wrong opening, a damaged one, and none.
    let with_opening =
        |path: &std::path::Path| network.verify(&["--opening".as_ref(), path.as_os_str(), secret.as_os_str()]).unwrap();
    with_opening(&with(&copy, ".opening")).exits(1).says(&["INVALID", "check 8 of 8"]);
    let damaged = file(&desk, "damaged.opening", &salt[..salt.len() - 3]);
    assert!([1, 4].contains(&with_opening(&damaged).code));
    fs::rename(&opening, desk.join("away")).unwrap();
    network.verify(&[&secret]).unwrap().exits(4).says(&["CANNOT TELL", "no-opening", "--opening FILE"]);
    with_opening(&desk.join("away")).exits(0);
    fs::write(&secret, "what the witness did not say").unwrap();
    with_opening(&desk.join("away")).exits(1).says(&["INVALID"]);
}

#[test]
fn case_tags() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let key = file(&desk, "case.key", &format!("{}\n", "5a".repeat(32)));
    let tag = |name: &str, case: &str, more: &[&str]| {
        let path = file(&desk, name, name);
        let options = ["--case", case, "--case-key", key.to_str().unwrap(), path.to_str().unwrap()];
        network.notarize(&[more, &options[..]].concat()).unwrap().exits(0);
        let entry = given::entry(&with(&path, ".tlog-proof")).unwrap().1;
        entry.split("\"case\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let path = file(&desk, "early", "early");
    let options = ["--case", "1", "--case-key", key.to_str().unwrap(), path.to_str().unwrap()];
    network.notarize(&options).unwrap().complains(2, &["by others than its owner"]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let first = tag("a", "（2026）京01民初1号", &[]);
    assert!(first.starts_with("hmac-sha256:") && first.len() == 76, "{first}");
    assert_eq!(tag("b", "（2026）京01民初1号", &["--confidential"]), first, "one case has two tags");
    assert_ne!(tag("c", "（2026）京01民初2号", &[]), first);
    let short = file(&desk, "short.key", "5a5a");
    fs::set_permissions(&short, Permissions::from_mode(0o600)).unwrap();
    let options = ["--case", "1", "--case-key", short.to_str().unwrap(), path.to_str().unwrap()];
    network.notarize(&options).unwrap().complains(2, &["is no case key", "openssl rand -hex 32"]);
}
