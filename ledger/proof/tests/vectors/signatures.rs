//! Signature lines of unknown keys and of odd lengths (F30, F31), and the times of cosignatures (F43).
//!
//! In: a valid receipt.
//! Out: the same with other signature lines, each really signed if a signature is asked for.
//! Always: a well-formed line of a key that the policy does not know is *cannot tell*, whatever its length.
//! Not for the other parts of a receipt.

use crate::entries;
use crate::receipts::{Case, POSITION, Scene};
use courtseal_fixtures::Network;
use courtseal_fixtures::log::{BLOCK_TIME, member_part};
use courtseal_proof::bytes::limits::COSIGNED_AT_S_MAX;
use courtseal_proof::log::note::SignatureLine;
use courtseal_proof::receipt::Receipt;

/// The earliest time of a cosignature: ten seconds before the whole second of the entries' recorded time.
const EARLIEST_S: u64 = BLOCK_TIME.0 / 1000 - 10;

fn line(name: &str, bytes: usize) -> SignatureLine {
    SignatureLine { name: name.into(), id: [0xee; 4], blob: vec![0x5a; bytes] }
}

fn unknown_keys(scene: &Scene<'_>) -> Vec<Case> {
    let with = |name: &str, change: &dyn Fn(&mut Receipt)| {
        Case::new(format!("unknown key: {name}"), scene.changed(change)).fails("unknown-key")
    };
    let add = |name: &str, line: SignatureLine| with(name, &|r| r.signed.cosignatures.push(line.clone()));
    let origin = scene.network.origin.to_string();
    vec![
        add("surplus line of one byte", line("somebody", 1)),
        add("surplus ML-DSA-44 cosignature of a court", line("court-03", 8 + 2_420)),
        add("surplus ML-DSA-87 cosignature", line("somebody", 8 + 4_627)),
        add("surplus line under the origin", line(&origin, 2_420)),
        add("name in Chinese", line("\u{6cd5}\u{9662}", 72)),
        with("first line", &|r| {
            let log = std::mem::replace(&mut r.signed.log, line("somebody", 64));
            r.signed.cosignatures.insert(0, log);
        }),
        with("log signature of another length", &|r| r.signed.log = line(&origin, 2_420)),
        with("in place of a cosignature", &|r| r.signed.cosignatures[1] = line("court-01", 2_428)),
    ]
}

fn odd_lengths(scene: &Scene<'_>) -> Vec<Case> {
    let case = |reason: &'static str, name: &str, change: &dyn Fn(&mut Receipt)| {
        Case::new(format!("{reason}: {name}"), scene.changed(change)).fails(reason)
    };
    let log = |name: &str, change: &dyn Fn(&mut Receipt)| case("log-signature", name, change);
    let cosignatures = |name: &str, change: &dyn Fn(&mut Receipt)| case("cosignatures", name, change);
    vec![
        log("63 bytes", &|r| r.signed.log.blob.truncate(63)),
        log("65 bytes", &|r| r.signed.log.blob.push(0)),
        log("one byte", &|r| r.signed.log.blob.truncate(1)),
        log("last line", &|r| {
            let first = r.signed.cosignatures.remove(0);
            let log = std::mem::replace(&mut r.signed.log, first);
            r.signed.cosignatures.push(log);
        }),
        cosignatures("log line twice", &|r| r.signed.cosignatures.insert(0, r.signed.log.clone())),
        cosignatures("surplus log line of another court", &|r| {
            let line = scene.network.log_line(1, &r.signed.checkpoint);
            r.signed.cosignatures.insert(0, line);
        }),
        cosignatures("one without its time", &|r| drop(r.signed.cosignatures[0].blob.drain(..8))),
        cosignatures("71 bytes", &|r| r.signed.cosignatures[0].blob.truncate(71)),
        cosignatures("73 bytes", &|r| r.signed.cosignatures[0].blob.push(0)),
    ]
}

fn key_names(scene: &Scene<'_>) -> Vec<Case> {
    let names = [
        ("plus sign", "some+body"),
        ("DEL", "some\u{7f}body"),
        ("next line (U+0085)", "some\u{85}body"),
        ("application program command (U+009F)", "some\u{9f}body"),
        ("no-break space", "some\u{a0}body"),
        ("ideographic space", "some\u{3000}body"),
        ("line separator", "some\u{2028}body"),
        ("tab", "some\tbody"),
    ];
    let case = |(what, name): &(&str, &str)| {
        let text = scene.changed(|r| r.signed.cosignatures.push(line(name, 72)));
        Case::new(format!("form: {what} in a key name"), text).fails("form")
    };
    names.iter().map(case).collect()
}

/// Has a court cosign at another time.
fn cosign(network: &Network, receipt: &mut Receipt, court: usize, time_s: u64) {
    let cosignature = receipt.signed.checkpoint.cosign(&network.courts[court].cosigner, time_s);
    receipt.signed.cosignatures[court] = SignatureLine::cosignature(&network.cosigner(court), time_s, &cosignature.signature);
}

fn times(scene: &Scene<'_>) -> Vec<Case> {
    let network = scene.network;
    let at = |name: &str, court: usize, time_s: u64| {
        Case::new(format!("cosigned {name}"), scene.changed(|r| cosign(network, r, court, time_s)))
    };
    let all = |time_s: u64| scene.changed(|r| (0..network.quorum()).for_each(|court| cosign(network, r, court, time_s)));
    let early = |index: usize, leaf: Option<String>, member| {
        let mut log = scene.log();
        log.leaves[index] = leaf.unwrap_or_else(|| log.leaves[index].clone());
        let mut receipt = log.receipt(index, member);
        cosign(network, &mut receipt, 0, 0);
        receipt.to_text()
    };
    let leaf = scene.receipt().entry;
    let part = || Some(member_part(&scene.transaction, POSITION));
    let (_, unknown) = entries::unknown(&leaf).swap_remove(0);
    let (_, broken) = entries::broken(&leaf).swap_remove(0);
    let other_member = Some(member_part(&scene.transaction, 0));
    let index = courtseal_fixtures::log::FIRST_INDEX + POSITION;
    vec![
        at("10 s before the second of the record", 1, EARLIEST_S),
        at("11 s before the second of the record", 1, EARLIEST_S - 1).fails("cosignatures"),
        at("at 2^63 - 1", 2, COSIGNED_AT_S_MAX),
        at("at 2^63", 2, COSIGNED_AT_S_MAX + 1).fails("cosignatures"),
        at("at 2^64 - 1", 2, u64::MAX).fails("cosignatures"),
        at("at 0", 0, 0).fails("cosignatures"),
        Case::new("cosigned by all 50 years before the record", all(1)).fails("cosignatures"),
        Case::new("cosigned by all at 2^63", all(1 << 63)).fails("cosignatures"),
        Case::new("cosigned before the genesis", early(0, None, None)).no_file().fails("cosignatures"),
        Case::new("cosigned before an entry of version 3", early(index, Some(unknown), part())).fails("version"),
        Case::new("cosigned before an entry that is malformed", early(index, Some(broken), part())).fails("entry"),
        Case::new("cosigned before an entry that another member signed", early(index, None, other_member)).fails("cosignatures"),
    ]
}

/// All cases of this file.
pub fn cases(scene: &Scene<'_>) -> Vec<Case> {
    [unknown_keys(scene), odd_lengths(scene), key_names(scene), times(scene)].into_iter().flatten().collect()
}
