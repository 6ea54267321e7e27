//! Policies: the network's own, foreign ones, and every rule that refuses.

use super::*;
use crate::bytes::digest::sha256;
use crate::bytes::key::SecretKey;

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

#[test]
fn f34_128_logs_witnesses_and_groups_and_one_above() {
    use crate::bytes::key::SecretKey as Secret;
    let key = |number: u32| Secret::from_seed(sha256(&number.to_be_bytes()).0).public();
    let logs = |count: u32| (0..count).map(|n| format!("log {}\n", VerifierKey::log(&origin(), key(n)))).collect::<String>();
    let witness = |n: u32| {
        let name = Name::new(format!("w-{n:03}")).unwrap();
        format!("witness {name} {}\n", VerifierKey::cosigner(&name, key(1000 + n)))
    };
    let witnesses = |count: u32| (0..count).map(witness).collect::<String>();
    // Each group holds the one before, so the nesting is as deep as it can be.
    let group = |n: u32| format!("group g-{n} all {}\n", if n == 0 { "w-000".into() } else { format!("g-{}", n - 1) });
    let groups = |count: u32| (0..count).map(group).collect::<String>();
    let read = |l: u32, w: u32, g: u32| Policy::parse((logs(l) + &witnesses(w) + &groups(g) + "quorum w-000\n").as_bytes());
    assert!(read(128, 128, 128).is_ok());
    assert_eq!(read(129, 1, 1).unwrap_err().reason, "more than 128 lines of this kind");
    assert_eq!(read(1, 129, 1).unwrap_err().reason, "more than 128 lines of this kind");
    assert_eq!(read(1, 1, 129).unwrap_err().reason, "more than 128 groups");
    let deep = logs(1) + &witnesses(1) + &groups(128) + "quorum g-127\n";
    assert!(Policy::parse(deep.as_bytes()).unwrap().is_strong());
}

/// The policy of four courts with the keys of these of another type: ML-DSA, say.
fn with_unknown_keys(courts: &[usize]) -> String {
    let later = |line: &str| {
        let (start, key) = line.rsplit_once('+').unwrap();
        let mut bytes = crate::bytes::base64_text::decode(key).unwrap();
        bytes[0] = 0x06;
        bytes.extend([7; 1280]);
        format!("{start}+{}", crate::bytes::base64_text::encode(&bytes))
    };
    let is_later = |line: &str| courts.iter().any(|court| line.starts_with(&format!("witness court-0{court} ")));
    own(4).lines().map(|line| if is_later(line) { later(line) } else { line.to_owned() } + "\n").collect()
}

#[test]
fn g8_a_witness_of_an_unknown_key_type_never_signs() {
    let whole = Policy::parse(own(4).as_bytes()).unwrap();
    let one = Policy::parse(with_unknown_keys(&[1]).as_bytes()).unwrap();
    assert_eq!((one.least(), one.listed(), one.witnesses().len(), one.is_strong()), (3, 4, 3, true));
    assert!(one.is_satisfied_by(&[0, 1, 2].into()) && !one.is_satisfied_by(&[0, 1].into()));
    let line = &whole.witnesses()[1];
    assert!(whole.witness(line.name(), line.id()).is_some() && one.witness(line.name(), line.id()).is_none());
    let reason = |text: &str| Policy::parse(text.as_bytes()).unwrap_err().reason;
    const NEEDED: &str = "the quorum needs a witness whose key is of a type that this software does not know";
    assert_eq!(reason(&with_unknown_keys(&[1, 2])), NEEDED);
    assert_eq!(reason(&with_unknown_keys(&[0]).replace("quorum courts", "quorum court-00")), NEEDED);
    let any = |courts: &[usize]| with_unknown_keys(courts).replace("group courts 3", "group courts any");
    assert!(Policy::parse(any(&[0, 1, 2]).as_bytes()).is_ok_and(|policy| policy.least() == 1 && !policy.is_strong()));
    // One more witness that is known would be needed than if all signed: so many are asked for.
    let groups = "group a any court-00\ngroup b all court-01 court-02 court-03\ngroup courts any a b";
    let by_groups = with_unknown_keys(&[0]).replace("group courts 3 court-00 court-01 court-02 court-03", groups);
    assert!(Policy::parse(by_groups.as_bytes()).is_ok_and(|policy| policy.least() == 3 && policy.is_strong()));
}

#[test]
fn g8_lines_of_unknown_key_types_keep_the_form() {
    let one = with_unknown_keys(&[1]);
    let line = |start: &str| one.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let (witness, log) = (line("witness court-01"), line("log "));
    let key = witness.rsplit_once('+').unwrap().1;
    let unknown_log = format!("{}+{key}\n", log.rsplit_once('+').unwrap().0);
    let reason = |text: String| Policy::parse(text.as_bytes()).err().map(|error| error.reason);
    assert_eq!(reason(unknown_log.clone() + &one), None, "such a log never signs either");
    assert_eq!(reason(unknown_log.clone() + &unknown_log + &one), Some("this log key is listed before"));
    assert_eq!(reason(unknown_log.replace("net/", "other/") + &one), Some("the logs have different origins"));
    let twice = witness.replace("witness court-01 ", "witness again ") + "\n" + &one;
    assert_eq!(reason(twice), Some("this witness key is listed before"));
    let malformed = Some("not a verifier key of a known type with a matching key id");
    for (from, to) in [(key, "Bg=="), (key, ""), (key, "B"), ("court-01+", "court-01++")] {
        assert_eq!(reason(one.replace(from, to)), malformed, "{from} {to}");
    }
    let short = "AQ".to_owned() + &"A".repeat(42);
    assert_eq!(reason(one.replace(key, &short)), malformed, "a known type with another length");
}

proptest::proptest! {
    #[test]
    fn f34_mutated_policies_never_panic(at: proptest::sample::Index, byte: u8, kind in 0u8..3) {
        let mut text = own(2).into_bytes();
        let at = at.index(text.len());
        match kind {
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            _ => drop(text.remove(at)),
        }
        if let Ok(policy) = Policy::parse(&text) {
            let _ = policy.is_strong();
        }
    }

    #[test]
    fn f34_random_lines_never_panic(text in "((log|witness|group|quorum|none|any|all|a|b|1|#|\\+)[ \t\n]){0,30}") {
        let _ = Policy::parse(text.as_bytes());
    }
}
