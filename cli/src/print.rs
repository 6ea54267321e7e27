//! What people read: aligned lines, numbers, times and paths as text.
//!
//! In: values. Out: text, on stdout for data and on stderr for messages. Always: nothing that a file's name
//! contains can move the cursor, break a line or hide text; a reader that closes the pipe is no error. Not
//! for deciding what to say.

use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::time::Timestamp;
use serde_json::{Value, json};
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How to print: the global options.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// JSON for programs.
    pub json: bool,
    /// Whole digests of files, and more detail.
    pub verbose: bool,
}

impl Style {
    /// Shortens digests of files unless `--verbose` was given. All other digests, and keys, are whole on the
    /// screen (F44).
    pub fn file_digests(&self, text: &str) -> String {
        if self.verbose { text.to_owned() } else { shorten_file_digests(text) }
    }
}

/// How many hex digits of a file's digest are shown. Nobody finds another file that has the same 80 bits as a
/// given one.
const FILE_DIGEST_DIGITS: usize = 20;
/// Widest line that is not split, in characters.
const LINE_CHARACTERS: usize = 110;

/// Width of the first column.
pub const COLUMN: usize = 12;

/// Whether nothing is written to stdout.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Whether what is written to stdout is JSON, in which escapes have a form of their own.
static JSON: AtomicBool = AtomicBool::new(false);

/// From now on stdout is JSON.
pub fn as_json() {
    JSON.store(true, Ordering::Relaxed);
}

/// Whether nothing is written to stdout.
pub fn is_silent() -> bool {
    SILENT.load(Ordering::Relaxed)
}

/// Whether nothing is written to stdout from now on.
pub fn silence(is_silent: bool) {
    SILENT.store(is_silent, Ordering::Relaxed);
}

/// Writes a line of data to stdout. A closed pipe is ignored: who closed it has read enough.
///
/// # Errors
/// Any other error of writing, such as a full disk.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    if SILENT.load(Ordering::Relaxed) {
        return Ok(());
    }
    let text = text.to_string();
    let text = if JSON.load(Ordering::Relaxed) { escaped(&text) } else { plain(&text, true) };
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a line of data: a label in the first column, then the text.
///
/// # Errors
/// As [`line()`].
pub fn row(label: &str, text: impl fmt::Display) -> io::Result<()> {
    line(format_args!("{}{}", column(label), plain(&text.to_string(), false)))
}

/// Writes a line as [`row`] does; a line that is too wide is split after each semicolon.
///
/// # Errors
/// As [`line()`].
pub fn parts(label: &str, text: &str) -> io::Result<()> {
    if COLUMN + text.chars().count() <= LINE_CHARACTERS {
        return row(label, text);
    }
    let mut label = label;
    text.split_inclusive("; ").try_for_each(|part| row(std::mem::take(&mut label), part.trim_end()))
}

/// Writes a message to stderr. That it cannot be written is nobody's concern.
pub fn message(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{}", plain(&text.to_string(), true));
}

/// A text whose control characters, and those that reorder text, are written as escapes, whoever they come
/// from: a file, a receipt, a node. Newlines are kept where our own messages have them.
fn plain(text: &str, keeps_newlines: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' if keeps_newlines => plain.push(c),
            c if reorders(c) => {
                let _ = write!(plain, "\\u{{{:x}}}", u32::from(c));
            }
            c if c.is_control() => {
                let _ = write!(plain, "\\x{:02x}", u32::from(c));
            }
            c => plain.push(c),
        }
    }
    plain
}

/// JSON whose characters that could move the cursor or reorder text are escapes of JSON. All of them are in
/// strings.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || reorders(c) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Whether a character moves the text after it.
pub fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A label padded to the first column, with two spaces after it if it is longer.
pub fn column(label: &str) -> String {
    let width = label.chars().count();
    if width < COLUMN { format!("{label}{}", " ".repeat(COLUMN - width)) } else { format!("{label}  ") }
}

/// A path for the screen: control characters, bytes that are no UTF-8 and characters that reorder text are
/// written as escapes.
pub fn path(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\\' => text.push_str("\\\\"),
                c if reorders(c) => {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
                }
                c if c.is_control() => {
                    let _ = write!(text, "\\x{:02x}", u32::from(c));
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Adds a path to a file's JSON; its bytes too, in base64, if it is no UTF-8.
pub fn add_path(value: &mut Value, path: &Path) {
    value["path"] = json!(path_text(path));
    if path.to_str().is_none() {
        value["path_bytes"] = json!(base64_text::encode(path.as_os_str().as_bytes()));
    }
}

/// A path in JSON: as it is if it is UTF-8, else with what is not written as escapes, so that two names stay
/// two.
pub fn path_text(path: &Path) -> String {
    path.to_str().map_or_else(|| self::path(path), str::to_owned)
}

/// A path as a shell takes it, to be pasted.
pub fn pasted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "._/~+@%:,=-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A number with commas: `1,204`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 file`, `1,204 files`.
pub fn several(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A time with its zone: `2026-11-23 17:00:00.123 UTC`.
pub fn time(time: Timestamp) -> String {
    format!("{} UTC", time.to_string().trim_end_matches('Z').replace('T', " "))
}

/// A duration: `31 ms`, `1.9 s`.
pub fn duration(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..1000 => format!("{ms} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// The text with every run of 64 or more hex digits cut to [`FILE_DIGEST_DIGITS`] and an ellipsis: for texts
/// that hold digests of files only.
pub fn shorten_file_digests(text: &str) -> String {
    let (mut short, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let run = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if run >= 64 {
            short.push_str(&rest[..FILE_DIGEST_DIGITS]);
            short.push('…');
        } else {
            short.push_str(&rest[..run]);
        }
        rest = &rest[run..];
        if let Some(c) = rest.chars().next() {
            short.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn numbers_and_times() {
        assert_eq!([0, 999, 1_000, 1_204, 1_000_000].map(count), ["0", "999", "1,000", "1,204", "1,000,000"]);
        assert_eq!(several(1, "file", "files"), "1 file");
        assert_eq!(several(2_000, "file", "files"), "2,000 files");
        assert_eq!(time(Timestamp(1_795_453_200_123)), "2026-11-23 17:00:00.123 UTC");
        assert_eq!(duration(Duration::from_micros(31_900)), "31 ms");
        assert_eq!(duration(Duration::from_millis(1_940)), "1.9 s");
    }

    #[test]
    fn hostile_names_stay_on_their_line() {
        let name = OsStr::from_bytes(b"a\nb\x1b[2J\xff\\ \xe2\x80\xae \xe5\x8d\xb7.pdf");
        assert_eq!(path(Path::new(name)), "a\\nb\\x1b[2J\\xff\\\\ \\u{202e} 卷.pdf");
    }

    #[test]
    fn f44_only_digests_of_files_are_short_and_have_20_digits() {
        let digest = "9f3a27".to_owned() + &"0".repeat(58);
        let shown = "sha256:9f3a2700000000000000…";
        assert_eq!(Style::default().file_digests(&format!("sha256:{digest}.")), format!("{shown}."));
        assert_eq!(Style { verbose: true, json: false }.file_digests(&digest), digest);
        assert_eq!(shorten_file_digests("abc éa 0123"), "abc éa 0123");
    }

    #[test]
    fn json_stays_json_whatever_is_in_its_strings() {
        let value = serde_json::json!({"path": "a\u{202e}\u{85}\u{2028}\n\u{200f}b\"\\"});
        let text = escaped(&value.to_string());
        assert!(!text.contains(['\u{202e}', '\u{85}', '\u{2028}', '\u{200f}', '\n']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn paths_to_paste() {
        assert_eq!(pasted(Path::new("a/b-1.pdf")), "a/b-1.pdf");
        assert_eq!(pasted(Path::new("my net's")), "'my net'\\''s'");
    }

    #[test]
    fn columns() {
        assert_eq!(column("VALID"), "VALID       ");
        assert_eq!(column("a-long-file-name.pdf"), "a-long-file-name.pdf  ");
    }
}
