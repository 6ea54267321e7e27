//! Lines with something odd: signature lines, policies, and receipts as texts.
//!
//! In: lines.
//! Out: the same lines, changed.
//! Always: no signature is made here.
//! Not for documents: see `documents.rs`.

use crate::numbers::Numbers;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::log::note::SignatureLine;

/// Names of keys, good and bad ones.
const KEY_NAMES: [&str; 16] = [
    "court-00",
    "court-09",
    "zz",
    "a",
    "",
    "some+body",
    "some body",
    "z\u{7f}z",
    "z\u{85}z",
    "z\u{9f}z",
    "z\u{a0}z",
    "z\u{180e}z",
    "z\u{200b}z",
    "z\u{3000}z",
    "\u{6cd5}\u{9662}",
    "z\tz",
];
/// Lines of a policy, good and bad ones. The words in braces stand for the keys and names of this policy.
const POLICY_LINES: [&str; 30] = [
    "# gazette 7",
    "#",
    "",
    "  ",
    "\t",
    "notary {court}",
    "quorum {group}",
    "quorum none",
    "quorum {court}",
    "group b any {court}",
    "group b all {court}",
    "group b 1 {court}",
    "group b 01 {court}",
    "group b 2 {court}",
    "group b 1",
    "group none any {court}",
    "group {group} any {court}",
    "witness x {witness}",
    "witness {court} {witness}",
    "witness none {witness}",
    "witness x {pq}",
    "witness x {new}",
    "witness x {new} https://x/",
    "witness x {new} a b",
    "log {log}",
    "log {new}",
    "log {pq}",
    "log {log} https://x/",
    "# \u{85}\u{a0}",
    "witness {new}",
];

fn line(numbers: &mut Numbers, origin: &str) -> SignatureLine {
    let name = if numbers.chance(15) { origin } else { numbers.pick(&KEY_NAMES) };
    let lengths = [0, 1, 63, 64, 65, 68, 71, 72, 73, 2_420, 2_428, 4_635, 8_000];
    let length = lengths[numbers.below(lengths.len())];
    SignatureLine { name: name.to_owned(), id: [numbers.any() as u8; 4], blob: numbers.bytes(length) }
}

/// Changes the signature lines of a note, the log's first.
pub fn spoil_signatures(lines: &mut Vec<SignatureLine>, origin: &str, numbers: &mut Numbers) {
    let (at, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    match numbers.below(9) {
        0 | 1 => lines.insert(at, line(numbers, origin)),
        2 => lines.push(line(numbers, origin)),
        3 => lines[at].id[numbers.below(4)] ^= 1 << numbers.below(8),
        4 => {
            let lengths = [0, 1, 63, 64, 65, 71, 72, 73, 2_420];
            lines[at].blob.resize(lengths[numbers.below(lengths.len())], 7);
        }
        5 => lines.insert(at, lines[at].clone()),
        6 => lines.swap(at, other),
        7 => lines[at].name = numbers.pick(&KEY_NAMES).to_owned(),
        _ => drop(lines.remove(at)),
    }
}

/// Changes a policy.
pub fn spoil_policy(policy: &str, numbers: &mut Numbers) -> Vec<u8> {
    let mut lines: Vec<String> = policy.lines().map(str::to_owned).collect();
    let (at, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    let key =
        |word: &str| policy.lines().find_map(|line| line.strip_prefix(word)).unwrap().rsplit(' ').next().unwrap().to_owned();
    let made = |key_type: u8, bytes: Vec<u8>| {
        let data = [&[key_type][..], &bytes].concat();
        let id = sha256(&[b"new\n", &data[..]].concat()).to_string();
        format!("new+{}+{}", &id[..8], base64_text::encode(&data))
    };
    match numbers.below(12) {
        11 => {
            // A key of a type that does not exist yet, in place of another.
            let (start, _) = lines[at].rsplit_once('+').unwrap_or(("", ""));
            lines[at] = format!("{start}+{}", base64_text::encode(&[&[6][..], &numbers.bytes(1_312)].concat()));
        }
        10 => {
            // One log of a name that is no origin.
            lines.retain(|line| !line.starts_with("log"));
            let public = courtseal_proof::bytes::key::SecretKey::from_seed(sha256(&numbers.bytes(8)).0).public();
            lines.insert(0, format!("log {}", made(1, public.0.to_vec())));
        }
        0..4 => {
            let mut line = numbers
                .pick(&POLICY_LINES)
                .replace("{group}", "courts")
                .replace("{court}", &format!("court-0{}", numbers.below(5)));
            if line.contains("{new}") {
                let seed = sha256(&numbers.bytes(8)).0;
                let public = courtseal_proof::bytes::key::SecretKey::from_seed(seed).public();
                line = line.replace("{new}", &made([1, 4, 4, 6][numbers.below(4)], public.0.to_vec()));
            }
            line = line
                .replace("{pq}", &made(6, vec![0; 1_312]))
                .replace("{witness}", &key("witness "))
                .replace("{log}", &key("log "));
            let at = numbers.below(lines.len() + 1);
            lines.insert(at, line);
        }
        4 => drop(lines.remove(at)),
        5 => lines.swap(at, other),
        6 => {
            let counts = [
                "0",
                "1",
                "2",
                "4",
                "5",
                "03",
                "+3",
                "any",
                "all",
                "3.0",
                "9007199254740992",
                "18446744073709551616",
                "\u{0663}",
            ];
            let line = lines.iter_mut().find(|line| line.starts_with("group")).unwrap();
            *line = line.replace("courts 3", &format!("courts {}", numbers.pick(&counts)));
        }
        7 => {
            lines[at] =
                numbers.pick(&["{} ", "\t{}", "{} https://x/", "{} a b", "{}\u{a0}", "{}\r", "# {}"]).replace("{}", &lines[at])
        }
        8 => {
            let mut bytes = policy.as_bytes().to_vec();
            spoil_bytes(&mut bytes, numbers);
            return bytes;
        }
        _ => {
            let count = [128, 129][numbers.below(2)];
            lines.extend((0..count).map(|number| format!("group g{number} any court-00")));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
}

/// Changes a few bytes.
pub fn spoil_bytes(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    if bytes.is_empty() {
        return;
    }
    let at = numbers.below(bytes.len());
    match numbers.below(6) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes[at] = b"0123456789abcdefABCDEF+/= \n\r\t\"{}:,"[numbers.below(34)],
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, numbers.any() as u8),
        4 => bytes.truncate(at),
        _ => drop(bytes.splice(at..at, numbers.pick(&["\u{feff}", "\u{2014}", "\r\n", "\0", "\n\n"]).bytes())),
    }
}

/// Changes the text of a receipt.
pub fn spoil_text(text: &str, numbers: &mut Numbers) -> Vec<u8> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = numbers.below(lines.len());
    let last = lines.len() - 1;
    match numbers.below(13) {
        0 => lines.swap(at, numbers.below(last)),
        1 => drop(lines.remove(at)),
        2 => lines.insert(at, lines[at].clone()),
        3 => lines[at].push_str(numbers.pick(&[" ", "\t", "=", "\u{a0}", "\r", "A"])),
        4 => {
            let indices =
                ["", "0", "003", "+3", "9007199254740991", "9007199254740992", "18446744073709551616", "\u{0663}", "3 ", "0x3"];
            lines[2] = format!("index {}", numbers.pick(&indices));
        }
        5 => {
            let blank = lines.iter().position(String::is_empty).unwrap();
            let count = [63, 64, 65, 66][numbers.below(4)];
            let hash = base64_text::encode(&[3; 32]);
            lines.splice(3..blank, vec![hash; count]);
        }
        6 => lines[at] = lines[at].replace('\u{2014}', numbers.pick(&["-", "\u{2015}", "\u{2013}"])),
        7 => {
            let mut bytes = text.as_bytes().to_vec();
            (0..=numbers.below(3)).for_each(|_| spoil_bytes(&mut bytes, numbers));
            return bytes;
        }
        8 => return text.replace('\n', "\r\n").into_bytes(),
        9 => {
            lines[0] =
                numbers.pick(&["c2sp.org/tlog-proof@v2", "c2sp.org/tlog-proof@v1 ", "", "C2SP.org/tlog-proof@v1"]).to_owned()
        }
        10 => {
            // A signature line that brings the whole to the bound of a receipt, or past it.
            let length = 256 * 1024 + numbers.below(3) - 1;
            let room = length.saturating_sub(text.len() + "\u{2014} zz \n".len());
            let line = format!("\u{2014} zz {}", base64_text::encode(&vec![9; room / 4 * 3]));
            lines.push(line);
            let missing = length.saturating_sub(lines.iter().map(|line| line.len() + 1).sum());
            lines[last + 1].insert_str("\u{2014} ".len(), &"z".repeat(missing));
        }
        11 => return [text.as_bytes(), &numbers.bytes(40)].concat(),
        _ => {
            // The unused bits of the last base64 digit.
            if let Some(digits) = lines[at].strip_suffix('=') {
                let mut digits = digits.trim_end_matches('=').as_bytes().to_vec();
                let end = digits.len() - 1;
                digits[end] = digits[end].wrapping_add(1) & 0x7f;
                let padding = "=".repeat(lines[at].len() - digits.len());
                lines[at] = String::from_utf8(digits).unwrap() + &padding;
            }
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
}
