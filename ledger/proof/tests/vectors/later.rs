//! Receipts of another version, and receipts that only look like one (F36).
//!
//! In: a valid receipt.
//! Out: its text with another version line, and with a rest that this version does not know.
//! Always: the version line alone decides, whatever follows it.
//! Not for entries of a later version: see `entries`.

use crate::malformed::{join, lines, loose, padded, with_extra, with_extra_lines, with_lines};
use crate::receipts::{Case, Scene};

/// The receipt with another version line.
fn of_version(text: &str, version: &str) -> String {
    with_extra_lines(text, |lines| lines[0] = format!("courtseal-receipt/v{version}"))
}

fn later(scene: &Scene<'_>) -> Vec<Case> {
    let text = scene.receipt().to_text();
    let second = of_version(&text, "3");
    let rest = |rest: &str| join(&lines(&second)[..2]) + rest;
    let extra = |change: &dyn Fn(&mut Vec<String>)| with_extra_lines(&text, |lines| change(lines));
    let of_many_digits = "9".repeat(400);
    let cases = [
        ("version 3", second.clone()),
        ("version 1", of_version(&text, "1")),
        (
            "version 12 with other extra lines",
            extra(&|l| *l = ["courtseal-receipt/v12", "other", "lines"].map(str::to_owned).into()),
        ),
        ("version 3^53", of_version(&text, "9007199254740992")),
        ("version 3^64", of_version(&text, "18446744073709551616")),
        ("version of 400 digits", of_version(&text, &of_many_digits)),
        ("version 3 without another extra line", extra(&|l| *l = vec!["courtseal-receipt/v3".into()])),
        ("version 3 with extra lines that are not UTF-8", with_extra(&second, |extra| extra[30] = 0xff)),
        ("version 3 whose last extra line is not ended", with_extra(&second, |extra| extra.truncate(extra.len() - 1))),
        ("version 3 and nothing else", rest("")),
        ("version 3 without a checkpoint", with_lines(&second, |l| l.truncate(5))),
        ("version 3 with a checkpoint in a later form", rest("index 3\n\nsha3-512\nroot:\r\n\u{1f4dc}\n\n\n")),
        ("version 3 with other signature lines", second.replace("\u{2014} ", "* ")),
        ("version 3 with 65 hashes", with_lines(&second, |l| drop(l.splice(3..3, vec![l[3].clone(); 65])))),
        ("version 3 with an index in another form", with_lines(&second, |l| l[2] = "index 0x3".into())),
        ("version 3 not ended by a newline", second.trim_end().to_owned()),
    ];
    let mut cases: Vec<Case> =
        cases.into_iter().map(|(name, text)| Case::new(format!("receipt of {name}"), text).fails("version")).collect();
    let three = |rest: &'static [u8]| with_extra(&text, |extra| *extra = [&b"courtseal-receipt/v2\n"[..], rest].concat());
    for (name, text) in [
        ("the state entry and a proof", with_extra_lines(&text, |lines| drop(lines.pop()))),
        ("that are empty", three(b"\n\n")),
        ("that are not UTF-8", three(b"\xff\n{}\n")),
        ("and nothing else", join(&lines(&three(b"entry\n{}\n"))[..2])),
    ] {
        cases.push(Case::new(format!("version 2 with three extra lines {name}"), text).fails("version"));
    }
    cases.push(Case::new("receipt of version 3, with a policy that cannot be read", second).policy("truncated").fails("version"));
    cases
}

fn no_version(scene: &Scene<'_>) -> Vec<Case> {
    let text = scene.receipt().to_text();
    let second = of_version(&text, "3");
    let three = |rest: &'static [u8]| with_extra(&text, |extra| *extra = [&b"courtseal-receipt/v2\n"[..], rest].concat());
    let mut cases: Vec<Case> =
        ["", "0", "01", "02", "03", "00", "-3", "+3", "2 ", "3 ", " 3", "3.0", "0x3", "3\r", "\u{0663}", "2\0"]
            .iter()
            .map(|version| Case::new(format!("form: version line v{version:?}"), of_version(&text, version)).fails("form"))
            .collect();
    let form = |name: &str, text: String| Case::new(format!("form: {name}"), text).fails("form");
    cases.extend([
        form("version line in capitals", with_extra_lines(&text, |l| l[0] = "COURTSEAL-RECEIPT/V3".into())),
        form("version line not ended", with_extra(&text, |extra| *extra = b"courtseal-receipt/v3".into())),
        form("version 3 on the second extra line", with_extra_lines(&text, |l| l.insert(1, "courtseal-receipt/v3".into()))),
        form("version 3 after another first line", with_lines(&second, |l| l[0] = "c2sp.org/tlog-proof@v2".into())),
        form("version 3 with CRLF line ends", second.replace('\n', "\r\n")),
        form("version 3 with a byte order mark", format!("\u{feff}{second}")),
        form("version 3 cut inside the extra line", second[..200].to_owned()),
        form("version 3 on the third line", with_lines(&second, |l| l.swap(1, 2))),
        form("version 2 with four lines, the last not ended", with_extra(&text, |extra| extra.truncate(extra.len() - 1))),
        form("version 2 with three lines, the last not ended", three(b"entry\n{}")),
        form("version 3 in loose base64", {
            let extra = padded(scene).to_text();
            with_lines(&of_version(&extra, "3"), |l| l[1] = loose(&l[1]))
        }),
    ]);
    cases
}

/// All cases of this file.
pub fn cases(scene: &Scene<'_>) -> Vec<Case> {
    [later(scene), no_version(scene)].into_iter().flatten().collect()
}
