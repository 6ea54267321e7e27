//! Trusted policies on disk: what is kept, and what is never believed.

use super::*;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use courtseal_proof::log::policy::network_policy_text;
use std::fs::Permissions;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::{PermissionsExt, symlink};

/// A policy of four courts of a network of this name; another `seed` is another network.
pub fn policy_text(network: &str, seed: u8) -> String {
    policy_text_of(Origin::new(Name::new(network).unwrap(), Digest([seed; 32])), seed)
}

/// A policy of this network; another `seed` has other keys.
pub fn policy_text_of(origin: Origin, seed: u8) -> String {
    let key = |number: u8, purpose: u8| -> PublicKey {
        let mut bytes = [seed; 32];
        (bytes[0], bytes[1]) = (number, purpose);
        SecretKey::from_seed(bytes).public()
    };
    let names = ["court-beijing", "court-guangzhou", "court-hangzhou", "court-urumqi"].map(|name| Name::new(name).unwrap());
    let courts: Vec<_> = names.iter().zip(0..).map(|(name, number)| (name, key(number, 0), key(number, 1))).collect();
    network_policy_text(&origin, &courts)
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn message(error: anyhow::Error) -> String {
    let failure = error.downcast::<Failure>().unwrap();
    assert_eq!(failure.exit, Exit::Usage, "{failure}");
    format!("{}; next: {}", failure.message, failure.next.unwrap_or_default())
}

/// A store in a folder that is not there yet.
fn fresh(folder: &Path) -> Store {
    Store::at(folder.join("config/courtseal"))
}

fn again(store: &Store) -> Store {
    Store::at(store.base.clone().unwrap())
}

#[test]
fn f44_a_policy_is_kept_whole_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path());
    let text = policy_text("cn-courts", 1);
    let path = store.pin(&name("mine"), text.as_bytes()).unwrap();
    assert_eq!(path, folder.path().join("config/courtseal/policies/mine.policy"));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(fs::read(&path).unwrap(), text.as_bytes());
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");

    let store = again(&store);
    let trusted = store.named("mine").unwrap();
    assert_eq!(trusted.held.digest(), HeldPolicy::new(text.as_bytes()).digest());
    assert_eq!(trusted.origin.network().as_str(), "cn-courts");
    assert!(store.problems().is_empty());
    assert!(store.has(&name("mine"), &trusted.held, &trusted.origin).unwrap());
    store.pin(&name("mine"), text.as_bytes()).unwrap();
    assert!(message(store.forget("cn-courts").err().unwrap()).contains("no policy as 'cn-courts'"));
    assert_eq!(store.forget("mine").unwrap().1, path);
    assert!(again(&store).trusted().is_empty() && !path.exists());
}

#[test]
fn f44_one_name_one_policy_and_one_network_one_policy() {
    let folder = tempfile::tempdir().unwrap();
    let mine = policy_text("cn-courts", 1);
    let origin = Origin::new(name("cn-courts"), Digest([1; 32]));
    fresh(folder.path()).pin(&name("mine"), mine.as_bytes()).unwrap();
    let refused = |as_name: &str, text: &str, words: &[&str]| {
        // By what was read before, and by what is on disk now: another command may have been faster.
        for store in [fresh(folder.path()), Store { trusted: Vec::new(), ..fresh(folder.path()) }] {
            let said = message(store.pin(&name(as_name), text.as_bytes()).unwrap_err());
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
    };
    let digest = HeldPolicy::new(mine.as_bytes()).digest().tagged();
    refused("mine", &policy_text("us-courts", 2), &["'mine' is another policy already", &digest, "forget mine"]);
    refused("second", &mine, &["trusted already, as 'mine'"]);
    refused("second", &policy_text_of(origin, 7), &["another policy of this network", &digest, "may be forged", "forget mine"]);
    // Another network of the same name is another network.
    fresh(folder.path()).pin(&name("second"), policy_text("cn-courts", 2).as_bytes()).unwrap();
    assert_eq!(fresh(folder.path()).trusted().len(), 2);
}

#[test]
fn f44_what_asks_too_little_or_is_no_policy_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let text = policy_text("cn-courts", 1);
    let weak = text.replace("group courts 3", "group courts 2");
    for (bad, words) in
        [(weak.as_str(), "content with 2 of 4"), ("", "a readable policy"), (&text[..text.len() - 9], "a readable policy")]
    {
        let said = message(fresh(folder.path()).pin(&name("mine"), bad.as_bytes()).unwrap_err());
        assert!(said.contains("cannot be trusted") && said.contains(words), "{said}");
        assert!(!folder.path().join("config/courtseal/policies/mine.policy").exists());
        // Nor is it believed where it stands in the folder.
        let path = folder.path().join("config/courtseal/policies/planted.policy");
        fs::write(&path, bad).unwrap();
        let store = fresh(folder.path());
        assert!(store.trusted().is_empty() && store.problems()[0].contains(words), "{:?}", store.problems());
    }
}

#[test]
fn f44_planted_links_and_foreign_files_are_neither_followed_nor_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (text, outside) = (policy_text("cn-courts", 1), folder.path().join("outside"));
    fs::write(&outside, policy_text("cn-courts", 9)).unwrap();
    let first = fresh(folder.path()).pin(&name("first"), policy_text("us-courts", 2).as_bytes()).unwrap();
    let at = |file: &str| first.with_file_name(file);
    symlink(&outside, at("mine.policy")).unwrap();
    symlink(folder.path().join("nowhere"), at("dangling.policy")).unwrap();
    fs::create_dir(at("folder.policy")).unwrap();
    fs::write(at("Not A Name.policy"), &text).unwrap();
    fs::write(at("README"), "not ours").unwrap();
    fs::write(at("others.policy"), &text).unwrap();
    fs::set_permissions(at("others.policy"), Permissions::from_mode(0o666)).unwrap();

    let store = fresh(folder.path());
    assert_eq!(store.trusted().len(), 1, "{:?}", store.trusted());
    let problems = store.problems().join("\n");
    for words in
        ["mine.policy is not used: it is a symbolic link", "dangling.policy", "it is a folder", "a name has", "mode 0666"]
    {
        assert!(problems.contains(words), "{words}: {problems}");
    }
    assert!(!problems.contains("README"));
    for taken in ["mine", "dangling", "folder", "others"] {
        let said = message(store.pin(&name(taken), text.as_bytes()).unwrap_err());
        assert!(said.contains("is in the way") && said.contains("remove it yourself"), "{said}");
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), policy_text("cn-courts", 9));
    assert!(!folder.path().join("nowhere").exists());
    // What was planted between the check and the writing is not replaced either.
    assert!(files::named::write_new(&at("mine.policy"), b"x", 0o600).is_err());
}

#[test]
fn f44_only_a_folder_of_the_users_own_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let text = policy_text("cn-courts", 1);
    let path = fresh(folder.path()).pin(&name("mine"), text.as_bytes()).unwrap();
    let (base, policies) = (folder.path().join("config/courtseal"), path.parent().unwrap().to_owned());
    let unused = |words: &str| {
        let store = fresh(folder.path());
        assert!(store.trusted().is_empty(), "{words}");
        assert!(store.problems().len() == 1 && store.problems()[0].contains(words), "{words}: {:?}", store.problems());
        let said = message(store.pin(&name("other"), policy_text("us-courts", 2).as_bytes()).unwrap_err());
        assert!(said.contains(words), "{said}");
    };
    for part in [&base, &policies] {
        for mode in [0o770, 0o702] {
            fs::set_permissions(part, Permissions::from_mode(mode)).unwrap();
            unused("others can change it");
        }
        fs::set_permissions(part, Permissions::from_mode(0o755)).unwrap();
        // Only root can give a folder away.
        if std::os::unix::fs::chown(part, Some(12_345), None).is_ok() {
            unused("belongs to another user (id 12345");
            std::os::unix::fs::chown(part, Some(rustix::process::geteuid().as_raw()), None).unwrap();
        }
        let moved = folder.path().join("moved");
        fs::rename(part, &moved).unwrap();
        symlink(&moved, part).unwrap();
        unused("it is a symbolic link, not a folder");
        fs::remove_file(part).unwrap();
        fs::write(part, "").unwrap();
        unused("it is a file, not a folder");
        fs::remove_file(part).unwrap();
        fs::rename(&moved, part).unwrap();
    }
    // Reading needs no more than reading.
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(&policies, Permissions::from_mode(0o500)).unwrap();
    assert_eq!(fresh(folder.path()).trusted().len(), 1);
    fs::set_permissions(&policies, Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn f44_no_more_than_64_policies() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("config/courtseal/policies");
    let text = |number: usize| {
        let mut digest = Digest([1; 32]);
        digest.0[..8].copy_from_slice(&number.to_be_bytes());
        policy_text_of(Origin::new(name("cn-courts"), digest), 1)
    };
    fresh(folder.path()).pin(&name("n0"), text(0).as_bytes()).unwrap();
    for number in 1..TRUSTED_MAX - 1 {
        fs::write(policies.join(format!("n{number}.policy")), text(number)).unwrap();
    }
    fresh(folder.path()).pin(&name("last"), text(TRUSTED_MAX).as_bytes()).unwrap();
    let store = fresh(folder.path());
    assert_eq!(store.trusted().len(), TRUSTED_MAX, "{:?}", store.problems());
    let said = message(store.pin(&name("more"), text(TRUSTED_MAX + 1).as_bytes()).unwrap_err());
    assert!(said.contains("64 policies are trusted already"), "{said}");
    fs::write(policies.join("more.policy"), text(TRUSTED_MAX + 1)).unwrap();
    let store = fresh(folder.path());
    assert!(store.trusted().is_empty() && store.problems()[0].contains("more than 64"), "{:?}", store.problems());
}

#[test]
fn f44_the_home_is_an_absolute_path() {
    let at = |configuration: Option<&str>, home: Option<&str>| {
        base(|name| if name == "HOME" { home } else { configuration }.map(OsString::from))
    };
    assert_eq!(at(Some("/c"), Some("/h")), Some("/c/courtseal".into()));
    for ignored in [None, Some(""), Some("c")] {
        assert_eq!(at(ignored, Some("/h")), Some("/h/.config/courtseal".into()));
        assert_eq!(at(ignored, None), None);
        assert_eq!(at(None, ignored), None);
    }
    let homeless = Store::default();
    let text = policy_text("cn-courts", 1);
    assert!(message(homeless.pin(&name("mine"), text.as_bytes()).unwrap_err()).contains("neither XDG_CONFIG_HOME nor HOME"));
    // A home that cannot be written to: here because it lies under a file.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let store = Store::at(folder.path().join("file/courtseal"));
    assert!(message(store.pin(&name("mine"), text.as_bytes()).unwrap_err()).contains("cannot write"));
}
