//! Trusted policies (F44): pinned once by the whole digest and named by the user.
//!
//! In: policies, answers on a terminal, planted files.
//! Out: failures that show what the program printed.
//! Always: a similar policy never gets a trusted name, and a failed command writes nothing.
//! Not for policies given by path: see `tests/tests/end_to_end/tampered.rs`.

use crate::{file, with};
use courtseal_proof::bytes::digest::sha256;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::{Outcome, command, finish};
use courtseal_tests::{python, terminal};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// The end of the question that the program asks before it trusts a policy.
const QUESTION: &str = "as 'courts': ";

/// A person with a home folder of their own.
struct Person<'a>(&'a Path);

impl Person<'_> {
    fn runs(&self, arguments: &[&str]) -> Outcome {
        let mut command = command().unwrap();
        command.env("HOME", self.0).args(arguments);
        finish(command).unwrap()
    }

    fn types(&self, answer: &str, arguments: &[&str]) -> Outcome {
        terminal::answering(QUESTION, answer, &[("HOME", self.0)], arguments).unwrap()
    }

    fn policies(&self) -> PathBuf {
        self.0.join(".config/courtseal/policies")
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn digest_of(path: &Path) -> String {
    sha256(&fs::read(path).unwrap()).tagged()
}

#[test]
fn f44_a_lawyer_trusts_a_policy_once_and_verifies_by_it() {
    let mut network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap();
    let lease = file(&desk, "lease.pdf", "a lease");
    network.notarize(&[&lease]).unwrap().exits(0);
    network.stop().unwrap();
    let (policy, digest) = (text(network.policy()).to_owned(), digest_of(network.policy()));
    let home = tempfile::tempdir().unwrap();
    let lawyer = Person(home.path());
    let origin = courtseal_proof::log::policy::Policy::parse(&fs::read(&policy).unwrap()).unwrap().origin().to_string();

    // Nothing is trusted yet: the program says what is missing, of which network, and what to do.
    let lost = lawyer.runs(&["verify", text(&lease)]).exits(4);
    lost.clone().says(&["CANNOT TELL", &format!("a policy of {origin}"), "(no-policy)", "courtseal policy trust FILE --as NAME"]);
    assert!(!home.path().join(".config").exists(), "verifying wrote a file");
    let told = lawyer.runs(&["--json", "verify", text(&lease)]).exits(4).json();
    assert_eq!((&told["files"][0]["reason"], &told["files"][0]["policy"]), (&"no-policy".into(), &().into()), "{told}");
    // Under a policy given by path, the program shows its whole digest, and that it is not trusted by name.
    let given = lawyer.runs(&["verify", text(&lease), "--policy", &policy]).exits(0);
    given.says(&["VALID", &digest, "not trusted by name", &origin]);
    lawyer.runs(&["policy", "list"]).exits(0).says(&["you trust no policy", "courtseal policy trust FILE"]);

    // First no terminal and no digest, then the answer no, part of a digest, another digest, and the answer
    // yes.
    let trust = ["policy", "trust", &policy, "--as", "courts"];
    lawyer.runs(&trust).complains(2, &["no terminal", "--expect DIGEST"]);
    for no in ["no", "", "y"] {
        lawyer.types(no, &trust).exits(1).says(&["not trusted; nothing was written"]);
    }
    lawyer.runs(&[&trust[..], &["--expect", &digest[..40]]].concat()).exits(2).says(&["64 hex digits"]);
    lawyer.runs(&[&trust[..], &["--expect", &"0".repeat(64)]].concat()).complains(1, &["not trusted", &digest, "expected is"]);
    assert!(!lawyer.policies().exists());
    let asked = lawyer.types("yes", &trust).exits(0);
    asked.says(&[&digest, &origin, "1, of which at least 1 must sign", "court-beijing", "key id", "trusted     as 'courts'"]);
    lawyer.runs(&trust).exits(0).says(&["'courts' already; nothing to do"]);
    assert_eq!(fs::read(lawyer.policies().join("courts.policy")).unwrap(), fs::read(&policy).unwrap());

    // Neither the policy's file nor its name is needed any more.
    let named = format!("trusted as 'courts' ({digest})");
    lawyer.runs(&["verify", text(&lease)]).exits(0).says(&["VALID", &named, &origin]);
    lawyer.runs(&["verify", text(&lease), "--policy", &policy]).exits(0).says(&["VALID", &named]);
    let folder = lawyer.runs(&["verify", text(&desk)]).exits(0);
    assert!(folder.stdout.contains("1 valid") && folder.stdout.contains(&named), "{folder:?}");
    let told = lawyer.runs(&["--json", "verify", text(&lease)]).exits(0).json();
    let one = &told["files"][0];
    assert_eq!((one["policy"].as_str(), one["trusted_as"].as_str()), (Some(&digest[..]), Some("courts")), "{told}");
    fs::write(&lease, "another lease").unwrap();
    lawyer.runs(&["verify", text(&lease)]).exits(1).says(&["INVALID", &named, "check 8 of 8"]);
    for show in ["courts", &policy] {
        lawyer.runs(&["policy", "show", show]).exits(0).says(&["as 'courts'", &digest, &origin, "court-beijing"]);
    }
    let told = lawyer.runs(&["--json", "policy", "list"]).exits(0).json();
    assert_eq!(told["policies"][0]["policy"].as_str(), Some(&digest[..]), "{told}");
    lawyer.runs(&["policy", "forget", "courts"]).exits(0).says(&["forgotten", &digest]);
    lawyer.runs(&["policy", "forget", "courts"]).complains(2, &["you trust no policy as 'courts'", "policy list"]);
    lawyer.runs(&["verify", text(&lease)]).exits(4).says(&["no-policy"]);
}

#[test]
fn f44_a_forgers_look_alike_never_gets_the_trusted_name() {
    let mut network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap();
    let lease = file(&desk, "lease.pdf", "a lease");
    network.notarize(&[&lease]).unwrap().exits(0);
    network.stop().unwrap();
    // The forger's network has the same name. The second similar policy is of the same network, and even
    // valid.
    let forged = LocalNetwork::beside(1).unwrap();
    let genuine = text(network.policy()).to_owned();
    let twin = file(&desk, "twin.policy", &format!("{}# cn-courts, official\n", fs::read_to_string(&genuine).unwrap()));
    let home = tempfile::tempdir().unwrap();
    let judge = Person(home.path());
    let digest = digest_of(network.policy());
    let expect =
        |policy: &Path, name: &str| judge.runs(&["policy", "trust", text(policy), "--as", name, "--expect", &digest_of(policy)]);
    expect(network.policy(), "courts").exits(0).says(&[&digest, "trusted     as 'courts'"]);

    let shown = judge.runs(&["verify", text(&lease), "--policy", text(&twin)]).exits(0);
    shown.clone().says(&[
        "VALID",
        &digest_of(&twin),
        "not trusted by name",
        "beware",
        "another policy, of this network, as 'courts'",
    ]);
    assert!(!shown.stdout.contains("trusted as 'courts'"), "{shown:?}");
    let told = judge.runs(&["--json", "verify", text(&lease), "--policy", text(&twin)]).exits(0).json();
    assert_eq!((&told["files"][0]["policy"], &told["files"][0]["trusted_as"]), (&digest_of(&twin).into(), &().into()), "{told}");
    let foreign = judge.runs(&["verify", text(&lease), "--policy", text(forged.policy())]).exits(4);
    assert!(foreign.stdout.contains("other-network") && !foreign.stdout.contains("'courts'"), "{foreign:?}");
    assert!(foreign.stdout.contains(&digest_of(forged.policy())), "{foreign:?}");

    // Neither gets the name or the network. The other network of this name can be trusted under a name of its
    // own.
    expect(&twin, "courts").complains(2, &["'courts' is another policy already", &digest, "forget courts"]);
    expect(&twin, "official").complains(2, &["another policy of this network is trusted as 'courts'", &digest, "may be forged"]);
    expect(network.policy(), "second").complains(2, &["trusted already, as 'courts'"]);
    expect(forged.policy(), "courts").complains(2, &["'courts' is another policy already"]);
    expect(forged.policy(), "elsewhere").exits(0);
    judge.runs(&["verify", text(&lease)]).exits(0).says(&[&format!("trusted as 'courts' ({digest})")]);
    // The independent verifier shows the whole digest too, and trusts nothing by name.
    let receipt = with(&lease, ".tlog-proof");
    let arguments = [lease.as_os_str(), "--policy".as_ref(), twin.as_os_str(), "--receipt".as_ref(), receipt.as_os_str()];
    python::verifier(&arguments).unwrap().exits(0).says(&["VALID", &digest_of(&twin)]);
}

#[test]
fn f44_what_an_intruder_planted_is_not_believed() {
    let network = LocalNetwork::create(1).unwrap();
    let other = LocalNetwork::beside(1).unwrap();
    let desk = network.desk().unwrap();
    let home = tempfile::tempdir().unwrap();
    let clerk = Person(home.path());
    let policy = text(network.policy()).to_owned();
    let expect =
        |policy: &Path, name: &str| clerk.runs(&["policy", "trust", text(policy), "--as", name, "--expect", &digest_of(policy)]);
    expect(other.policy(), "other").exits(0);
    let at = |file: &str| clerk.policies().join(file);
    let outside = file(&desk, "outside", "mine");
    symlink(&outside, at("courts.policy")).unwrap();
    let refused = expect(network.policy(), "courts").exits(2);
    refused.says(&["is in the way", "not used: it is a symbolic link", "remove it yourself"]);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
    clerk.runs(&["policy", "list"]).exits(1).says(&["other", "it is a symbolic link"]);
    fs::remove_file(at("courts.policy")).unwrap();
    fs::set_permissions(clerk.policies(), Permissions::from_mode(0o777)).unwrap();
    expect(network.policy(), "courts").exits(2).says(&["others can change it (mode 0777)", "chmod go-w"]);
    clerk.runs(&["policy", "list"]).exits(1).says(&["you trust no policy", "others can change it"]);
    fs::set_permissions(clerk.policies(), Permissions::from_mode(0o700)).unwrap();
    expect(network.policy(), "courts").exits(0);

    // Names and policies that cannot be used.
    for name in ["", "Courts", "../courts", "a b", "none"] {
        expect(network.policy(), name).complains(2, &["--as: a name has"]);
    }
    let weak = file(&desk, "weak", &fs::read_to_string(&policy).unwrap().replace("quorum courts", "quorum none"));
    expect(&weak, "weak").complains(2, &["cannot be trusted", "content with 0 of 1"]);
    expect(&file(&desk, "garbage", "no policy\n"), "bad").complains(2, &["cannot be trusted", "policy line 1"]);
    clerk.runs(&["policy", "trust", text(&desk), "--as", "bad"]).complains(2, &["cannot read the policy", "a folder"]);
    clerk.runs(&["policy", "show", "nobody"]).complains(2, &["cannot read the policy nobody"]);

    // A person without a home folder, and one with a home folder that cannot be written to.
    let mut homeless = command().unwrap();
    homeless.args(["policy", "trust", &policy, "--as", "courts", "--expect", &digest_of(network.policy())]);
    finish(homeless).unwrap().complains(2, &["neither XDG_CONFIG_HOME nor HOME", "--policy"]);
    let mut homeless = command().unwrap();
    homeless.args(["policy", "list"]);
    finish(homeless).unwrap().exits(0).says(&["you trust no policy"]);
    // Nobody can make a folder there, not even root.
    let read_only = Person(Path::new("/proc"));
    let refused = read_only.runs(&["policy", "trust", &policy, "--as", "courts", "--expect", &digest_of(network.policy())]);
    refused.complains(2, &["cannot write /proc/.config"]);
}
