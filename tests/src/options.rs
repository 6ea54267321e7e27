//! Options of the measuring programs: words that stand alone, and words followed by a value.
//!
//! In: a command line.
//! Out: the options and their values.
//! Always: an unknown word is rejected.
//! Not for the program under test.

use anyhow::{Context as _, bail};
use std::fmt::Display;
use std::str::FromStr;

/// The options of a command line.
#[derive(Debug)]
pub struct Options(Vec<(String, Option<String>)>);

impl Options {
    /// Reads the words of a command line without its first one. `alone` and `with_value` are the known
    /// options.
    ///
    /// # Errors
    /// A word is unknown, or its value is missing.
    pub fn parse(words: impl Iterator<Item = String>, alone: &[&str], with_value: &[&str]) -> anyhow::Result<Self> {
        let (mut words, mut found) = (words.skip(1), Vec::new());
        while let Some(word) = words.next() {
            if with_value.contains(&word.as_str()) {
                let value = words.next().with_context(|| format!("{word} needs a value"))?;
                found.push((word, Some(value)));
            } else if alone.contains(&word.as_str()) {
                found.push((word, None));
            } else {
                bail!("there is no option {word}; the options are {}", [alone, with_value].concat().join(", "));
            }
        }
        Ok(Self(found))
    }

    /// Whether an option is given.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(word, _)| word == name)
    }

    /// The value of an option; the last one if the option is given several times.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(word, _)| word == name)?.1.as_deref()
    }

    /// The value of an option as a number; `usual` if the option is not given.
    ///
    /// # Errors
    /// The value is not such a number.
    pub fn number<T: FromStr>(&self, name: &str, usual: T) -> anyhow::Result<T>
    where
        T::Err: Display,
    {
        let Some(text) = self.text(name) else { return Ok(usual) };
        text.parse().map_err(|error| anyhow::anyhow!("{name} {text}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> anyhow::Result<Options> {
        let words = words.split_whitespace().map(str::to_owned);
        Options::parse(words, &["--quick"], &["--base", "--seconds"])
    }

    #[test]
    fn known_words_are_found_and_others_refused() {
        let options = parse("bench --base a --quick --base b").unwrap();
        assert!(options.has("--quick") && options.has("--base") && !options.has("--seconds"));
        assert_eq!((options.text("--base"), options.text("--seconds")), (Some("b"), None));
        assert!(parse("bench --slow").unwrap_err().to_string().contains("--slow"));
        assert!(parse("bench --base").unwrap_err().to_string().contains("needs a value"));
    }

    #[test]
    fn numbers_are_numbers() {
        assert_eq!(parse("soak").unwrap().number("--seconds", 60).unwrap(), 60);
        assert_eq!(parse("soak --seconds 5").unwrap().number("--seconds", 60).unwrap(), 5);
        assert!(parse("soak --seconds five").unwrap().number("--seconds", 60).is_err());
    }
}
