//! Receipts that fail check 1, *form* (F35, F36).
//!
//! In: a valid receipt.
//! Out: its text with one thing wrong.
//! Always: everything else in it stays right, signatures included.
//! Not for checks 2 to 8.

use crate::receipts::{Case, Scene};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::receipt::Receipt;

/// The lines of a text without their ends.
pub fn lines(text: &str) -> Vec<String> {
    text.strip_suffix('\n').unwrap().split('\n').map(str::to_owned).collect()
}

/// The text of these lines.
pub fn join(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The text with its lines changed.
pub fn with_lines(text: &str, change: impl FnOnce(&mut Vec<String>)) -> String {
    let mut all = lines(text);
    change(&mut all);
    join(&all)
}

/// The text with the bytes of its extra lines changed.
pub fn with_extra(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    with_lines(text, |lines| {
        let mut extra = base64_text::decode(&lines[1]["extra ".len()..]).unwrap();
        change(&mut extra);
        lines[1] = format!("extra {}", base64_text::encode(&extra));
    })
}

/// The text with its extra lines changed.
pub fn with_extra_lines(text: &str, change: impl FnOnce(&mut Vec<String>)) -> String {
    with_extra(text, |extra| *extra = with_lines(std::str::from_utf8(extra).unwrap(), change).into_bytes())
}

/// A base64 text of the same bytes whose unused bits are not zero.
pub fn loose(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let last = ALPHABET.iter().position(|b| *b == digits.as_bytes()[digits.len() - 1]).unwrap();
    assert!(text.ends_with('='), "there are unused bits");
    format!("{}{}{}", &digits[..digits.len() - 1], char::from(ALPHABET[last + 1]), &text[digits.len()..])
}

/// The receipt whose statement's number makes the extra lines end in padding, so that they have unused bits.
pub fn padded(scene: &Scene<'_>) -> Receipt {
    let extra = |receipt: &Receipt| lines(&receipt.to_text())[1].ends_with('=');
    (0..6).map(|position| scene.receipt_of(position)).find(extra).expect("one of six lengths is not a multiple of three")
}

/// All cases of this file.
pub fn cases(scene: &Scene<'_>) -> Vec<Case> {
    let text = scene.receipt().to_text();
    let form = |name: &str, receipt: String| Case::new(format!("form: {name}"), receipt).fails("form");
    let edit = |name: &str, change: &dyn Fn(&mut Vec<String>)| form(name, with_lines(&text, change));
    let extra = |name: &str, change: &dyn Fn(&mut Vec<String>)| form(name, with_extra_lines(&text, change));
    let all = lines(&text);
    let blank = all.iter().position(String::is_empty).unwrap();
    let (origin, size, root, log) = (blank + 1, blank + 2, blank + 3, blank + 5);
    let index = format!("index {}", scene.receipt().index);
    let mut cases = vec![
        form("empty", String::new()),
        form("not a receipt", "The lease is genuine.\n".into()),
        form("CRLF line ends", text.replace('\n', "\r\n")),
        form("byte order mark", format!("\u{feff}{text}")),
        form("missing final newline", text[..text.len() - 1].to_owned()),
        form("surplus empty line at the end", format!("{text}\n")),
        form("surplus space at the end", format!("{text} ")),
        form("truncated after the path", join(&all[..blank])),
        form("truncated after the checkpoint", join(&all[..blank + 4])),
        form("truncated inside the last line", text[..text.len() - 20].to_owned()),
        edit("another first line", &|l| l[0] = "c2sp.org/tlog-proof@v2".into()),
        edit("surplus empty line at the start", &|l| l.insert(0, String::new())),
        edit("no extra line", &|l| drop(l.remove(1))),
        edit("extra line twice", &|l| l.insert(1, l[1].clone())),
        edit("extra line is not base64", &|l| l[1] = "extra -".into()),
        edit("empty extra line", &|l| l[1] = "extra ".into()),
        form("loose base64 in the extra line", with_lines(&padded(scene).to_text(), |l| l[1] = loose(&l[1]))),
        edit("no index line", &|l| drop(l.remove(2))),
        edit("index with a leading zero", &|l| l[2] = l[2].replace("index ", "index 0")),
        edit("index with a plus sign", &|l| l[2] = l[2].replace("index ", "index +")),
        edit("negative index", &|l| l[2] = l[2].replace("index ", "index -")),
        edit("index with a second space", &|l| l[2] = l[2].replace("index ", "index  ")),
        edit("index with a space at the end", &|l| l[2].push(' ')),
        edit("index in hexadecimal", &|l| l[2] = l[2].replace("index ", "index 0x")),
        edit("index in other digits", &|l| l[2] = "index \u{0664}".into()),
        edit("empty index", &|l| l[2] = "index ".into()),
        edit("index after the path", &|l| {
            let line = l.remove(2);
            l.insert(blank - 1, line);
        }),
        edit("loose base64 in the path", &|l| l[3] = loose(&l[3])),
        edit("path hash without padding", &|l| l[3] = l[3].trim_end_matches('=').into()),
        edit("path hash of 31 bytes", &|l| l[3] = base64_text::encode(&[7; 31])),
        edit("path hash with a space at the end", &|l| l[3].push(' ')),
        edit("no empty line before the checkpoint", &|l| drop(l.remove(blank))),
        edit("two empty lines before the checkpoint", &|l| l.insert(blank, String::new())),
        edit("origin changed in the checkpoint alone", &|l| l[origin] = scene.other.origin.to_string()),
        edit("origin with upper-case digits", &|l| {
            let (network, digest) = l[origin].split_once('/').unwrap();
            let other = format!("{network}/{}", digest.to_uppercase());
            (l[log], l[origin]) = (l[log].replace(&l[origin], &other), other);
        }),
        edit("checkpoint size with a leading zero", &|l| l[size] = format!("0{}", l[size])),
        edit("checkpoint size is no number", &|l| l[size] = "many".into()),
        edit("loose base64 in the root", &|l| l[root] = loose(&l[root])),
        edit("root of 31 bytes", &|l| l[root] = base64_text::encode(&[7; 31])),
        edit("checkpoint with an extension line", &|l| l.insert(root + 1, "extension".into())),
        edit("no signature lines", &|l| l.truncate(log)),
        edit("log line missing", &|l| drop(l.remove(log))),
        edit("hyphen in place of the dash", &|l| l[log] = l[log].replace('\u{2014}', "-")),
        edit("two spaces after the dash", &|l| l[log] = l[log].replace("\u{2014} ", "\u{2014}  ")),
        edit("signature line with a space at the end", &|l| l[log + 1].push(' ')),
        edit("signature line without a name", &|l| l[log + 1] = l[log + 1].replace("court-00 ", "")),
        edit("surplus signature line without signature", &|l| {
            l.push(format!("\u{2014} court-03 {}", base64_text::encode(&[1; 4])))
        }),
        edit("loose base64 in a signature line", &|l| {
            let (name, encoded) = l[log].rsplit_once(' ').unwrap();
            l[log] = format!("{name} {}", loose(encoded));
        }),
        edit("empty line among the signatures", &|l| l.insert(log + 1, String::new())),
        extra("extra lines without the entry", &|l| l.truncate(1)),
        extra("five extra lines", &|l| l.push("{}".into())),
        extra("extra lines of another kind", &|l| l[0] = "courtseal-certificate/v1".into()),
        extra("extra lines without a version", &|l| l[0] = "courtseal-receipt".into()),
        form("extra lines without the last newline", with_extra(&text, |extra| extra.truncate(extra.len() - 1))),
        form("extra lines are not UTF-8", with_extra(&text, |extra| extra[30] = 0xff)),
        form(
            "extra lines with CRLF",
            with_extra(&text, |extra| {
                *extra = String::from_utf8(extra.clone()).unwrap().replace('\n', "\r\n").into_bytes();
            }),
        ),
    ];
    assert_eq!(all[2], index);
    cases.push(form("malformed, with a policy that cannot be read", text.replace("index ", "index 0")).policy("truncated"));
    let none = Case { receipt: None, ..Case::new("no receipt", "") };
    cases.push(none.fails("no-receipt"));
    cases
}
