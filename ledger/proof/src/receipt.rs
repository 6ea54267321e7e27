//! Receipts: one C2SP `.tlog-proof` text file each (F35 to F37).
//!
//! In: what the ledger and the cosigners know; or a receipt's bytes.
//! Out: the text; or its parts, by form only.
//! Always: a parsed receipt serialises to the same bytes, so a change of any byte changes a part.
//! Not for trusting a receipt: its parts are unproven until [`crate::verify`] has checked them.

use crate::bytes::base64_text;
use crate::bytes::digest::Digest;
use crate::bytes::limits::{PATH_HASHES_MAX, RECEIPT_BYTES_MAX};
use crate::log::checkpoint::{CosignedCheckpoint, parse_decimal};
use serde::{Deserialize, Serialize};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
const EXTRA_VERSION: &str = "courtseal-receipt/v2";
const EXTRA_FAMILY: &str = "courtseal-receipt/v";
/// Most digits of another version's number that a message shows.
const VERSION_DIGITS_SHOWN: usize = 20;

/// A receipt's parts. They are unproven: see [`crate::verify::verify_receipt`].
///
/// ```
/// use courtseal_proof::receipt::{FormError, Receipt};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/vectors/receipt.json");
/// # let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
/// # let text = vectors["cases"][0]["receipt"].as_str().unwrap();
/// let receipt = Receipt::parse(text.as_bytes()).expect("a receipt by its form");
/// assert_eq!(receipt.signed.checkpoint.origin.network().as_str(), "cn-courts");
/// assert_eq!(receipt.to_text(), text, "a receipt has one text");
/// assert!(matches!(Receipt::parse(b"no receipt"), Err(FormError::Malformed(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's text, which is the leaf.
    pub entry: String,
    /// The part that binds the entry to its member's signature. None for system entries.
    pub member: Option<MemberPart>,
    /// The entry's place in the log.
    pub index: u64,
    /// RFC 6962 inclusion path, leaf to root.
    pub path: Vec<Digest>,
    /// The checkpoint that includes it, signed: by the log first, then by the courts, sorted by name (F35).
    pub signed: CosignedCheckpoint,
}

/// The member's envelope and the statement's path to the root in its payload, both as texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPart {
    /// The DSSE envelope.
    pub envelope: String,
    /// The text `{"path":[…]}`, see [`StatementPath`].
    pub path: String,
}

/// A statement's inclusion path, as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementPath {
    path: Vec<PathHash>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct PathHash(Digest);

impl TryFrom<String> for PathHash {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64_text::decode_array(&text).map(|hash| Self(Digest(hash))).ok_or("a hash is 32 bytes in canonical base64")
    }
}

impl From<PathHash> for String {
    fn from(hash: PathHash) -> String {
        base64_text::encode(&hash.0.0)
    }
}

impl StatementPath {
    /// The path of these hashes.
    pub fn new(path: &[Digest]) -> Self {
        Self { path: path.iter().map(|hash| PathHash(*hash)).collect() }
    }

    /// The hashes, leaf to root.
    pub fn hashes(&self) -> Vec<Digest> {
        self.path.iter().map(|hash| hash.0).collect()
    }
}

/// The reason why bytes are no receipt of this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormError {
    /// The bytes are no receipt.
    Malformed(&'static str),
    /// A receipt of another version, named by its version line. A very long number is cut short.
    Version(String),
}

impl Receipt {
    /// The text of the receipt.
    pub fn to_text(&self) -> String {
        let mut extra = format!("{EXTRA_VERSION}\n{}\n", self.entry);
        if let Some(member) = &self.member {
            extra.push_str(&format!("{}\n{}\n", member.envelope, member.path));
        }
        let mut text = format!("{FIRST_LINE}\nextra {}\nindex {}\n", base64_text::encode(extra.as_bytes()), self.index);
        for hash in &self.path {
            text.push_str(&base64_text::encode(&hash.0));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.signed.note().to_string());
        text
    }

    /// Reads a receipt by form alone (F35, F36).
    ///
    /// # Errors
    /// [`FormError`] if it is malformed or of another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let malformed = FormError::Malformed;
        let extra = find_extra(bytes);
        if let Some(version) = extra.as_deref().and_then(|extra| other_version(extra).or_else(|| status_proof(extra))) {
            return Err(FormError::Version(version));
        }
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(malformed("more than 256 KiB"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        if text.contains('\r') {
            return Err(malformed("its line ends were changed, by a mail program perhaps: ask for the file as it was made"));
        }
        let (head, note) = text.split_once("\n\n").ok_or(malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed("the first line is not c2sp.org/tlog-proof@v1"));
        }
        lines.next();
        let (entry, member) = parse_extra(&extra.ok_or(malformed("no extra line in canonical base64"))?)?;
        let index = lines.next().and_then(|line| parse_decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(malformed("no index line with a plain number"))?;
        let path = lines.map(|line| base64_text::decode_array(line).map(Digest)).collect::<Option<Vec<_>>>();
        let path = path.filter(|path| path.len() <= PATH_HASHES_MAX).ok_or(malformed("the path is not at most 64 hashes"))?;
        let signed = CosignedCheckpoint::parse(note).map_err(malformed)?;
        let receipt = Self { entry, member, index, path, signed };
        // A spelling that a part's reader accepted is caught here, because a receipt has one text.
        if receipt.to_text() == text { Ok(receipt) } else { Err(malformed("written another way than the format says")) }
    }
}

fn parse_extra(extra: &[u8]) -> Result<(String, Option<MemberPart>), FormError> {
    let malformed = FormError::Malformed;
    let text = std::str::from_utf8(extra).map_err(|_| malformed("the extra lines are not UTF-8"))?;
    let text = text.strip_suffix('\n').ok_or(malformed("the extra lines do not end in a newline"))?;
    let lines: Vec<&str> = text.split('\n').collect();
    match lines[..] {
        [EXTRA_VERSION, entry] => Ok((entry.to_owned(), None)),
        [EXTRA_VERSION, entry, envelope, path] => {
            Ok((entry.to_owned(), Some(MemberPart { envelope: envelope.to_owned(), path: path.to_owned() })))
        }
        _ => Err(malformed("the extra lines are not those of courtseal-receipt/v2")),
    }
}

/// The bytes that the extra line encodes. None unless the first two lines are whole, in canonical base64, and
/// within the first 256 KiB.
fn find_extra(bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = &bytes[..bytes.len().min(RECEIPT_BYTES_MAX)];
    let rest = bytes.strip_prefix(FIRST_LINE.as_bytes())?.strip_prefix(b"\nextra ")?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    base64_text::decode(std::str::from_utf8(&rest[..end]).ok()?)
}

/// The version line of another form (F36). Nothing after it is read.
fn other_version(extra: &[u8]) -> Option<String> {
    let line = &extra[..extra.iter().position(|byte| *byte == b'\n')?];
    let number = line.strip_prefix(EXTRA_FAMILY.as_bytes())?;
    let is_other = number.iter().all(u8::is_ascii_digit) && !matches!(number, [] | [b'0', ..] | b"2");
    let shown = &number[..number.len().min(VERSION_DIGITS_SHOWN)];
    let more = if shown.len() < number.len() { "\u{2026}" } else { "" };
    is_other.then(|| format!("{EXTRA_FAMILY}{}{more}", String::from_utf8_lossy(shown)))
}

/// The name of a form with three extra lines of this version (F36): a proof of a status, which this software
/// does not know.
fn status_proof(extra: &[u8]) -> Option<String> {
    let rest = extra.strip_prefix(EXTRA_VERSION.as_bytes())?.strip_prefix(b"\n")?;
    let lines = rest.iter().filter(|byte| **byte == b'\n').count();
    (lines == 2 && rest.ends_with(b"\n")).then(|| format!("{EXTRA_VERSION} with three lines, the proof of a status"))
}

#[cfg(test)]
mod tests;
