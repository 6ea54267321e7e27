//! Tampering: a changed file, a receipt with any bit changed, a changed or unsuitable policy.
//!
//! In: genuine receipts, changed in one place at a time.
//! Out: failures that name the place.
//! Always: a change is never accepted as valid, and each verdict has a reason.
//! Not for random forgeries with several changes: see `make forge`.

use crate::{file, with};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::{evidence, python};
use std::fs;

#[test]
fn tampered_files_receipts_and_policies() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let path = file(&desk, "contract", "the seller delivers on 1 May");
    let other = file(&desk, "other", "another contract");
    let secret = file(&desk, "secret", "a secret");
    network.notarize(&[&path, &other]).unwrap().exits(0);
    network.notarize(&["--confidential".as_ref(), secret.as_os_str()]).unwrap().exits(0);
    network.stop().unwrap();
    let receipt = fs::read(with(&path, ".tlog-proof")).unwrap();
    let bad = desk.join("bad.tlog-proof");
    let verify = |bytes: &[u8]| {
        fs::write(&bad, bytes).unwrap();
        network.verify(&["--receipt".as_ref(), bad.as_os_str(), path.as_os_str()]).unwrap()
    };
    verify(&receipt).exits(0).says(&["VALID"]);

    // Bits at random places, and one in every region, through the program. The verdict is never valid and
    // always on standard output.
    let mut places: Vec<usize> = (0..receipt.len() * 8).step_by(receipt.len() * 8 / 40).collect();
    let random: [u8; 40] = evidence::random().unwrap();
    places.extend(random.chunks(4).map(|four| u32::from_le_bytes(four.try_into().unwrap()) as usize % (receipt.len() * 8)));
    for place in places {
        let mut changed = receipt.clone();
        changed[place / 8] ^= 1 << (place % 8);
        let outcome = verify(&changed);
        assert!([1, 4].contains(&outcome.code), "bit {place}: {outcome:?}");
        assert!(outcome.stdout.starts_with("INVALID ") || outcome.stdout.starts_with("CANNOT TELL "), "bit {place}: {outcome:?}");
    }
    // Every bit of a public and a confidential receipt, through the independent verifier.
    for (file, opening) in [(&path, None), (&secret, Some(with(&secret, ".opening")))] {
        let receipt = with(file, ".tlog-proof");
        let tried = python::flip_bits(file, &receipt, network.policy(), opening.as_deref()).unwrap();
        assert_eq!(tried, fs::metadata(receipt).unwrap().len() * 8);
    }
    for length in [0, 1, receipt.len() / 2, receipt.len() - 1] {
        verify(&receipt[..length]).exits(1).says(&["INVALID", "check 1 of 8"]);
    }
    verify(&[&receipt[..], b"\n"].concat()).exits(1);
    verify(&vec![b'x'; 300 * 1024]).exits(1).says(&["INVALID"]);

    // A receipt for another file, no receipt, and the file with one bit changed.
    verify(&fs::read(with(&other, ".tlog-proof")).unwrap())
        .exits(1)
        .says(&["check 8 of 8", "genuine: it belongs to another file"]);
    network.verify(&[&file(&desk, "unknown", "x")]).unwrap().exits(4).says(&["CANNOT TELL", "no-receipt", "next"]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[3] ^= 1;
    fs::write(&path, bytes).unwrap();
    verify(&receipt).exits(1).says(&["INVALID", "check 8 of 8"]);

    // For a folder, the numbers of each verdict are printed.
    let folder = network.verify(&[&desk]).unwrap();
    assert!([1, 4].contains(&folder.code) && folder.stdout.contains("2 valid, 1 invalid"), "{folder:?}");
    network.verify(&[desk.join("missing")]).unwrap().complains(2, &["missing", "no such file"]);
}

#[test]
fn policies_that_are_of_no_use() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let path = file(&desk, "exhibit", "exhibit");
    network.notarize(&[&path]).unwrap().exits(0);
    let other = LocalNetwork::beside(4).unwrap();
    let foreign = file(&desk, "foreign.tlog-proof", &fs::read_to_string(with(&path, ".tlog-proof")).unwrap());
    network.stop().unwrap();
    let text = fs::read_to_string(network.policy()).unwrap();
    let under = |policy: &str| {
        let policy = file(&desk, "policy", policy);
        courtseal_tests::program::courtseal(["verify".as_ref(), path.as_os_str(), "--policy".as_ref(), policy.as_os_str()])
            .unwrap()
    };
    under(&text).exits(0);
    // The policy is truncated anywhere before its last line, unknown, too weak, or of other courts.
    for length in (0..text.rfind("quorum").unwrap()).step_by(37) {
        under(&text[..length]).exits(4).says(&["CANNOT TELL", "policy-unreadable"]);
    }
    under("not a policy\n").exits(4).says(&["policy-unreadable"]);
    under(&text.replace("group courts 3", "group courts 2")).exits(4).says(&["policy-too-weak"]);
    under(&text.replace("quorum courts", "quorum none")).exits(4).says(&["policy-too-weak"]);
    under(&fs::read_to_string(other.policy()).unwrap()).exits(4).says(&["other-network"]);
    let stricter = under(&text.replace("group courts 3", "group courts 4"));
    assert_eq!(stricter.code, 1, "a policy of four courts does not reject three cosignatures: {stricter:?}");
    // The same case from the other side: this receipt under the other network's policy.
    let outcome = courtseal_tests::program::courtseal([
        "verify".as_ref(),
        path.as_os_str(),
        "--receipt".as_ref(),
        foreign.as_os_str(),
        "--policy".as_ref(),
        other.policy().as_os_str(),
    ]);
    outcome.unwrap().exits(4).says(&["CANNOT TELL", "other-network"]);
    // No policy, a missing file, and a folder.
    let plain = |arguments: &[&str]| {
        courtseal_tests::program::courtseal(["verify", path.to_str().unwrap()].iter().chain(arguments).copied()).unwrap()
    };
    plain(&[]).exits(4).says(&["no-policy", "none was given"]);
    plain(&["--policy", "/nonexistent"]).exits(4).says(&["policy-unreadable", "no such file"]);
    plain(&["--policy", desk.to_str().unwrap()]).exits(4).says(&["policy-unreadable"]);
    // The independent verifier gives the same verdict.
    let verdicts = python::verdicts(std::slice::from_ref(&path), other.policy()).unwrap();
    assert_eq!(
        (&verdicts[0]["verdict"], &verdicts[0]["reason"]),
        (&"cannot tell".into(), &"other-network".into()),
        "{verdicts:?}"
    );
}
