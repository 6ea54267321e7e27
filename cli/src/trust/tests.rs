//! Which policy is used, and how it is shown.

use super::*;
use crate::trust::store::tests::{policy_text, policy_text_of};

/// A store that trusts one policy, as `mine`.
fn trusting(folder: &Path, text: &str) -> Store {
    Store::at(folder.join("courtseal")).pin(&Name::new("mine").unwrap(), text.as_bytes()).unwrap();
    Store::at(folder.join("courtseal"))
}

fn cause(refusal: Refusal) -> (Missing, String) {
    match refusal {
        Refusal::CannotTell(missing, message) => (missing, message),
        Refusal::Invalid(..) => panic!("{refusal}"),
    }
}

#[test]
fn f44_the_policy_of_the_network_is_used_and_a_given_one_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, other) = (policy_text("cn-courts", 1), policy_text("us-courts", 2));
    let (held, foreign) = (HeldPolicy::new(mine.as_bytes()), HeldPolicy::new(other.as_bytes()));
    let origin = |held: &HeldPolicy| held.policy().unwrap().origin().clone();
    let store = trusting(folder.path(), &mine);

    let trust = Trust { given: None, note: None, store: store.clone() };
    assert_eq!(trust.policy_for(&origin(&held)).unwrap().digest(), held.digest());
    let (missing, message) = cause(trust.policy_for(&origin(&foreign)).unwrap_err());
    assert_eq!(missing, Missing::Policy);
    assert!(message.contains(&origin(&foreign).to_string()), "{message}");
    let given = Trust { given: Some(Ok(foreign.clone())), note: None, store: store.clone() };
    assert_eq!(given.policy_for(&origin(&held)).unwrap().digest(), foreign.digest(), "whose network it is, the checks say");
    let unreadable = Trust { given: Some(Err("a readable policy: x".to_owned())), note: None, store };
    assert_eq!(cause(unreadable.policy_for(&origin(&held)).unwrap_err()).0, Missing::PolicyUnreadable);
    let nothing = Trust { given: None, note: None, store: Store::default() };
    assert_eq!(cause(nothing.policy_for(&origin(&held)).unwrap_err()).0, Missing::Policy);

    // A second one of the same network can only have been put there by hand.
    let path = folder.path().join("courtseal/policies/also.policy");
    files::named::write_new(&path, policy_text_of(origin(&held), 3).as_bytes(), 0o600).unwrap();
    let two = Trust { given: None, note: None, store: Store::at(folder.path().join("courtseal")) };
    let (missing, message) = cause(two.policy_for(&origin(&held)).unwrap_err());
    assert_eq!(missing, Missing::Policy);
    assert!(message.contains("'also' and 'mine'"), "{message}");
}

#[test]
fn f44_a_look_alike_shows_its_digest_and_never_the_trusted_name() {
    let folder = tempfile::tempdir().unwrap();
    let mine = policy_text("cn-courts", 1);
    let held = HeldPolicy::new(mine.as_bytes());
    let origin = held.policy().unwrap().origin().clone();
    let trust = Trust { given: None, note: None, store: trusting(folder.path(), &mine) };
    let digest = held.digest().tagged();
    assert_eq!(trust.rows(held.digest(), &origin), [("policy", format!("trusted as 'mine' ({digest})"))]);
    assert_eq!(trust.describe(held.digest()), format!("trusted as 'mine' ({digest})"));

    // The same bytes but for one at the end of a comment, the same network under other keys, another network
    // of the same name.
    let look_alikes = [
        (format!("{mine}#\n"), "this network"),
        (policy_text_of(origin, 9), "this network"),
        (policy_text("cn-courts", 9), "another network of the same name"),
    ];
    for (text, which) in look_alikes {
        let held = HeldPolicy::new(text.as_bytes());
        let origin = held.policy().unwrap().origin().clone();
        let rows = trust.rows(held.digest(), &origin);
        assert_eq!(rows[0], ("policy", held.digest().tagged()));
        assert_eq!(rows[2].0, "beware");
        assert!(rows[2].1.contains(which) && rows[2].1.contains("'mine'"), "{rows:?}");
        assert_eq!(rows[3], ("", digest.clone()));
        assert_eq!(trust.name_of(held.digest()), None);
        assert!(!trust.describe(held.digest()).contains("mine"));
    }
    let unlike = policy_text("us-courts", 4);
    let held = HeldPolicy::new(unlike.as_bytes());
    assert_eq!(trust.rows(held.digest(), held.policy().unwrap().origin()).len(), 2);
}
