//! Policies: the network's own, foreign ones, and every rule that refuses.

use super::*;
use crate::digest::sha256;
use crate::key::SecretKey;

fn origin() -> Origin {
    Origin::new(Name::new("net").unwrap(), sha256(b"genesis"))
}

fn own(courts: u8) -> String {
    let names: Vec<Name> = (0..courts).map(|i| Name::new(format!("court-{i:02}")).unwrap()).collect();
    let key = |seed: u8| SecretKey::from_seed([seed; 32]).public();
    let courts: Vec<_> = names.iter().enumerate().map(|(i, name)| (name, key(2 * i as u8), key(2 * i as u8 + 1))).collect();
    network_policy_text(&origin(), &courts)
}

#[test]
fn f33_own_policy_is_strong_for_every_number_of_courts() {
    for courts in 1..=64 {
        let policy = Policy::parse(own(courts).as_bytes()).unwrap();
        let k = policy.least();
        assert_eq!(k, quorum_size(usize::from(courts)));
        assert!(policy.is_strong() && 3 * (k - 1) <= 2 * usize::from(courts), "k is the smallest above two thirds");
        assert!(policy.is_satisfied_by(&(0..k).collect()) && !policy.is_satisfied_by(&(1..k).collect()));
    }
}

#[test]
fn f34_groups_of_groups() {
    let text = own(4).replace(
        "group courts 3 court-00 court-01 court-02 court-03",
        "  # two and two\n\ngroup a all court-00 court-01\ngroup b any court-02\tcourt-03 \ngroup courts all a b",
    );
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.least(), 3);
    assert!(policy.is_satisfied_by(&[0, 1, 3].into()) && !policy.is_satisfied_by(&[0, 2, 3].into()));
    assert!(policy.is_strong());
    let weak = own(4).replace("group courts 3", "group courts 2");
    assert!(!Policy::parse(weak.as_bytes()).unwrap().is_strong());
    let none = own(4).replace("quorum courts", "quorum none");
    assert!(!Policy::parse(none.as_bytes()).unwrap().is_strong());
}

#[test]
fn f34_every_rule_refuses() {
    let good = own(4);
    let line = |n: usize| good.lines().nth(n).unwrap().to_owned() + "\n";
    for (bad, reason) in [
        (good.clone() + "quorum courts\n", "a second quorum line"),
        (good.replace("quorum courts\n", ""), "no quorum line: the policy may be cut short"),
        (good[..good.len() - 1].to_owned(), "cut short: the last line has no newline"),
        (good.replace("quorum courts", "quorum judges"), "the quorum names nothing defined before"),
        (good.replace("courts 3", "courts 5"), "a group's number is from 1 to the number of its members"),
        (good.replace("courts 3", "courts 0"), "a group's number is from 1 to the number of its members"),
        (good.replace("court-02 court-03\n", "court-02 court-02\n"), "a name is a member a second time"),
        (good.replace("court-02 court-03\n", "court-02 court-04\n"), "a member is not defined before"),
        (line(0) + &good, "this log key is listed before"),
        (line(4) + &good, "this witness key is listed before"),
        (good.replace("witness court-01 ", "witness court-00 "), "the name is taken"),
        (line(4).replace("witness court-00", "log") + &good, "a verifier key of the wrong type for this line"),
        (good.clone() + "notary x\n", "not a log, witness, group or quorum line"),
        (good.clone() + "\r\n", "a control character other than tab and newline"),
        (good.lines().filter(|l| !l.starts_with("log")).map(|l| l.to_owned() + "\n").collect(), "no log line"),
    ] {
        assert_eq!(Policy::parse(bad.as_bytes()).unwrap_err().reason, reason);
    }
    for cut in 0..good.len() {
        assert!(Policy::parse(&good.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
    let padded = |n: usize| good.clone() + &" ".repeat(n - good.len() - 1) + "\n";
    assert!(Policy::parse(padded(POLICY_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(Policy::parse(padded(POLICY_BYTES_MAX + 1).as_bytes()).unwrap_err().reason, "more than 256 KiB");
}
