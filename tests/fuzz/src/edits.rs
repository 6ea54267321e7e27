//! Edits of a good text, described by a fuzzer's bytes: what a forger would try.
//!
//! In: a text, others to borrow lines from, edits.
//! Out: the text after them.
//! Always: bounded in number and length.
//! Not for knowing what an edit does to the text's meaning: the verifier says.

use crate::input::Input;
use courtseal_proof::bytes::base64_text;

/// Most edits of one text.
const EDITS_MAX: usize = 16;
/// Longest text in bytes.
const LENGTH_BYTES_MAX: usize = 64 * 1024;

/// The text after the edits in `input`.
pub fn edited(text: &[u8], others: &[Vec<u8>], input: &mut Input<'_>) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..EDITS_MAX {
        if input.is_empty() || text.len() > LENGTH_BYTES_MAX {
            break;
        }
        edit(&mut text, others, input);
    }
    text
}

fn edit(text: &mut Vec<u8>, others: &[Vec<u8>], input: &mut Input<'_>) {
    let kind = input.byte() % 8;
    let at = input.short().min(text.len());
    match kind {
        0 => text.iter_mut().skip(at).take(1).for_each(|byte| *byte = input.byte()),
        1 => text.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (input.byte() % 8)),
        2 => {
            let end = (at + usize::from(input.byte())).min(text.len());
            text.drain(at..end);
        }
        3 => {
            let length = usize::from(input.byte());
            text.splice(at..at, input.take(length).iter().copied());
        }
        4 => lines(text, |lines| {
            let (from, to) = (at % lines.len(), usize::from(input.byte()) % lines.len());
            lines.swap(from, to);
        }),
        5 => lines(text, |lines| {
            let text: &Vec<u8> = input.choice(others);
            let other = split(text);
            let line = input.choice(&other).clone();
            let at = at % lines.len();
            lines[at] = line;
        }),
        6 => lines(text, |lines| {
            let at = at % lines.len();
            let line = lines[at].clone();
            if input.byte().is_multiple_of(2) { lines.insert(at, line) } else { drop(lines.remove(at)) }
        }),
        _ => lines(text, |lines| {
            let at = at % lines.len();
            inside(&mut lines[at], input);
        }),
    }
}

/// Changes one byte of what the line's last word says in base64.
fn inside(line: &mut Vec<u8>, input: &mut Input<'_>) {
    let start = line.iter().rposition(|byte| *byte == b' ').map_or(0, |at| at + 1);
    let word = std::str::from_utf8(&line[start..]).ok();
    let Some(mut bytes) = word.and_then(base64_text::decode).filter(|bytes| !bytes.is_empty()) else { return };
    let at = input.short() % bytes.len();
    bytes[at] = if input.byte().is_multiple_of(2) { input.byte() } else { bytes[at] ^ (1 << (input.byte() % 8)) };
    line.truncate(start);
    line.extend_from_slice(base64_text::encode(&bytes).as_bytes());
}

fn split(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn lines(text: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut lines = split(text);
    change(&mut lines);
    *text = lines.join(&b'\n');
}
