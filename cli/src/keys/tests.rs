//! Tests of key files: round trips, permissions, passphrases, and that OpenSSL reads the keys.

use super::*;
use courtseal_proof::bytes::digest::sha256;
use std::fs::{self, Permissions};
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

fn origin() -> Origin {
    Origin::new(Name::new("net").unwrap(), sha256(b"genesis"))
}

fn member() -> KeyFile {
    KeyFile::Member(Box::new(MemberKey {
        name: Name::new("notary-1").unwrap(),
        origin: origin(),
        key: SecretKey::from_seed([3; 32]),
    }))
}

fn court() -> KeyFile {
    let [vote, log, cosigner, network] = [1, 2, 3, 4].map(|n| SecretKey::from_seed([n; 32]));
    KeyFile::Court(Box::new(CourtKeys { name: Name::new("court-a").unwrap(), origin: origin(), vote, log, cosigner, network }))
}

fn publics(file: &KeyFile) -> Vec<(&'static str, String)> {
    file.keys().into_iter().map(|(purpose, key)| (purpose, key.public().to_string())).collect()
}

fn nobody() -> anyhow::Result<Passphrase> {
    anyhow::bail!("nobody is asked")
}

#[test]
fn f41_round_trips() {
    for file in [member(), court()] {
        let plain = file.to_text(None).unwrap();
        assert_eq!(publics(&KeyFile::from_text(&plain, nobody).unwrap()), publics(&file));
    }
    let text = member().to_text(None).unwrap();
    assert!(text.starts_with(r#"{"keys":{"member":"-----BEGIN PRIVATE KEY-----\n"#), "{}", *text);
    assert!(text.contains(r#""kind":"member","member":"notary-1","origin":"net/"#));
    let encrypted = court().to_text(Some("long enough")).unwrap();
    assert!(!encrypted.contains("BEGIN PRIVATE KEY"));
    let ask = |text: &str| Ok(Zeroizing::new(text.to_owned()));
    assert_eq!(publics(&KeyFile::from_text(&encrypted, || ask("long enough")).unwrap()), publics(&court()));
    assert!(KeyFile::from_text(&encrypted, || ask("long enougg")).is_err());
}

#[test]
fn f41_refuses_other_shapes() {
    let text = member().to_text(None).unwrap().to_string();
    for bad in [
        text.replace("\"v\":1", "\"v\":2"),
        text.replace("\"kind\":\"member\"", "\"kind\":\"court\""),
        text.replace("\"keys\":{\"member\"", "\"keys\":{\"vote\""),
        text.replace("\"v\":1", "\"v\":1,\"w\":1"),
        text.replace("BEGIN PRIVATE", "BEGIN PUBLIC"),
        text[..text.len() / 2].to_owned(),
        String::new(),
    ] {
        assert!(KeyFile::from_text(&bad, nobody).is_err(), "{bad}");
    }
}

#[test]
fn f41_files_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.key");
    write_new(&path, &member(), None).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert!(write_new(&path, &member(), None).is_err(), "never overwritten");
    assert_eq!(read_member(&path).unwrap().name.as_str(), "notary-1");
    assert!(read_court(&path).is_err());
    for mode in [0o640, 0o604, 0o620, 0o644] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let error = read(&path).err().unwrap().downcast::<Failure>().unwrap();
        assert!(error.message.contains("others") && error.next.is_some(), "{error}");
    }
}

/// The keys are ordinary PKCS#8: OpenSSL prints the same public key, with and without a passphrase.
#[test]
fn f41_openssl_reads_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let key = SecretKey::from_seed([9; 32]);
    for passphrase in [None, Some("a passphrase")] {
        let path = folder.path().join("key.pem");
        fs::write(&path, pem::encode(&key, passphrase).unwrap().as_bytes()).unwrap();
        let run = Command::new("openssl")
            .args(["pkey", "-pubout", "-outform", "DER", "-passin", "pass:a passphrase", "-in"])
            .arg(&path)
            .output();
        let Ok(run) = run else { return };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert!(run.stdout.ends_with(&key.public().0));
    }
}
