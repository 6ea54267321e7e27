//! What may have happened to a receipt on its way, when it is refused.
//!
//! In: a text that is no receipt. Out: a sentence on what changed it, and how to get it whole. Always: said
//! only of a text that is refused; never a reason to take one. Not for policies: those are taken with any
//! line ends.

/// How every receipt begins.
const BEGINNING: &str = "c2sp.org/tlog-proof@v1";
/// What to do about it.
const WHOLE: &str = "get it again as a file, not as text in a mail, or fetch it with `courtseal receipt fetch`";

/// What may have happened to the text, if that can be seen.
pub fn hint(receipt: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(receipt);
    let what = match () {
        () if receipt.starts_with(&[0xff, 0xfe]) || receipt.starts_with(&[0xfe, 0xff]) => {
            "it is in UTF-16, as a text editor may save it"
        }
        () if text.starts_with('\u{feff}') => "a byte order mark (BOM) was put before it, as a text editor on Windows does",
        () if text.contains("\r\n") => "its line ends were changed to CRLF, as Windows, git or mail may do",
        () if text.trim_start().starts_with('>') => "it was quoted by a mail program",
        () if text.lines().any(|line| line.ends_with(' ') || line.ends_with('\t')) => {
            "blanks were added at ends of its lines, as mail may do"
        }
        () if text.contains("=3D") || text.contains("=E2=80=94") => "it was encoded for mail (quoted-printable)",
        () if !text.starts_with(BEGINNING) => return None,
        () if !text.ends_with('\n') => "its last newline was lost",
        () if text.ends_with("\n\n") => "a newline was added at its end",
        () if text.lines().count() > 8 && text.lines().all(|line| line.chars().count() <= 80) => {
            "its lines were wrapped, as mail may do"
        }
        () => return None,
    };
    Some(format!("{what}; {WHOLE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_said() {
        let whole = format!("{BEGINNING}\nextra {}\nindex 1\n", "x".repeat(200));
        assert_eq!(hint(whole.as_bytes()), None, "nothing is seen");
        let wrapped = whole.replace(&"x".repeat(200), &["x".repeat(70).as_str(); 9].join("\n"));
        for (changed, word) in [
            (whole.replace('\n', "\r\n"), "CRLF"),
            (format!("\u{feff}{whole}"), "BOM"),
            (whole.replace('\n', " \n"), "blanks"),
            (whole.trim_end().to_owned(), "newline was lost"),
            (format!("{whole}\n"), "newline was added"),
            (whole.replace('\n', "\n> ").replacen("c2sp", "> c2sp", 1), "quoted"),
            (wrapped, "wrapped"),
        ] {
            assert!(hint(changed.as_bytes()).is_some_and(|hint| hint.contains(word)), "{word}: {:?}", hint(changed.as_bytes()));
        }
        assert_eq!(hint(b"something else"), None);
    }
}
