//! Canonical JSON of any shape (F3), for reading texts of a later version.
//!
//! In: a text.
//! Out: its value, or nothing.
//! Always: exactly the texts that F3 allows are read, and a value is written again byte for byte. Recursion
//! is bounded by [`NESTING_MAX`].
//! Not for documents of this version: their types are read by [`super::from_text`].

use crate::bytes::limits::{INTEGER_MAX, NESTING_MAX};
use serde::{Serialize, Serializer};

/// A value of canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Any {
    /// `true` or `false`.
    Bool(bool),
    /// An integer from 0 to 2^53 - 1.
    Integer(u64),
    /// A string without its escapes.
    Text(String),
    /// The values of an array, in order.
    List(Vec<Any>),
    /// An object: names and values in the order of the names' UTF-16 code units, each name once.
    Object(Vec<(String, Any)>),
}

impl Any {
    /// Reads the whole of a text; none if it is not canonical JSON.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        (reader.at == text.len()).then_some(value)
    }

    /// The value of a field; none if this is no object or has no such field.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The names of the fields; none if this is no object.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let fields = match self {
            Self::Object(fields) => &fields[..],
            _ => &[],
        };
        fields.iter().map(|(name, _)| name.as_str())
    }

    /// The string; none if this is something else.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer; none if this is something else.
    pub fn as_integer(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}

/// Whether `one` stands before `other` in a canonical object: by UTF-16 code units (RFC 8785, section 3.2.3).
pub fn is_before(one: &str, other: &str) -> bool {
    one.encode_utf16().lt(other.encode_utf16())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, expected: &str) -> Option<()> {
        self.text[self.at..].starts_with(expected).then(|| self.at += expected.len())
    }

    /// A value inside of `depth` lists and objects.
    fn value(&mut self, depth: usize) -> Option<Any> {
        match self.peek()? {
            b'{' => self.items(depth, "{", "}", Self::named).and_then(|fields| {
                let is_sorted = fields.is_sorted_by(|(one, _), (other, _)| is_before(one, other));
                is_sorted.then_some(Any::Object(fields))
            }),
            b'[' => self.items(depth, "[", "]", Self::value).map(Any::List),
            b'"' => self.string().map(Any::Text),
            b't' => self.skip("true").map(|()| Any::Bool(true)),
            b'f' => self.skip("false").map(|()| Any::Bool(false)),
            _ => self.integer().map(Any::Integer),
        }
    }

    /// The items between two brackets, separated by commas.
    fn items<T>(&mut self, depth: usize, open: &str, close: &str, item: fn(&mut Self, usize) -> Option<T>) -> Option<Vec<T>> {
        let depth = depth + 1;
        self.skip(open).filter(|()| depth <= NESTING_MAX)?;
        let mut items = Vec::new();
        if self.skip(close).is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self, depth)?);
            if self.skip(close).is_some() {
                return Some(items);
            }
            self.skip(",")?;
        }
    }

    fn named(&mut self, depth: usize) -> Option<(String, Any)> {
        let name = self.string()?;
        self.skip(":")?;
        Some((name, self.value(depth)?))
    }

    /// Each character has one spelling: escaped only if it must be, by its short form if it has one.
    fn string(&mut self) -> Option<String> {
        self.skip("\"")?;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c < ' ' || c == '"' || c == '\\')?;
            string.push_str(&rest[..plain]);
            self.at += plain;
            if self.skip("\"").is_some() {
                return Some(string);
            }
            string.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let short =
            [("\\b", '\u{8}'), ("\\t", '\t'), ("\\n", '\n'), ("\\f", '\u{c}'), ("\\r", '\r'), ("\\\"", '"'), ("\\\\", '\\')];
        if let Some((_, c)) = short.into_iter().find(|(spelling, _)| self.skip(spelling).is_some()) {
            return Some(c);
        }
        self.skip("\\u00")?;
        let digits = self.text.get(self.at..self.at + 2)?;
        let [code] = crate::bytes::digest::lower_hex::<1>(digits)?;
        self.at += 2;
        let c = char::from(code);
        (c < ' ' && !short.iter().any(|(_, known)| *known == c)).then_some(c)
    }

    fn integer(&mut self) -> Option<u64> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = &rest[..end];
        self.at += end;
        let is_plain = digits == "0" || !digits.starts_with('0');
        digits.parse().ok().filter(|number| is_plain && *number <= INTEGER_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::canonical::to_text;
    use proptest::prelude::*;

    #[test]
    fn f03_names_are_sorted_by_utf_16_code_units() {
        // U+10000 is D800 DC00 in UTF-16, so it stands before U+FF00, though its code point is higher.
        assert!(Any::read("{\"\u{10000}\":1,\"\u{ff00}\":1}").is_some());
        assert!(Any::read("{\"\u{ff00}\":1,\"\u{10000}\":1}").is_none());
        // The example of RFC 8785, section 3.2.3.
        let names = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"];
        assert!(names.is_sorted_by(|one, other| is_before(one, other)));
    }

    #[test]
    fn f03_nesting_at_the_bound_and_one_above() {
        let deepest = "[".repeat(NESTING_MAX) + &"]".repeat(NESTING_MAX);
        assert_eq!(Any::read(&deepest).map(|value| to_text(&value)), Some(deepest.clone()));
        assert_eq!(Any::read(&format!("[{deepest}]")), None);
        let objects = "{\"a\":".repeat(NESTING_MAX) + "1" + &"}".repeat(NESTING_MAX);
        assert!(Any::read(&objects).is_some());
        assert_eq!(Any::read(&format!("[{objects}]")), None);
        assert_eq!(Any::read(&"[".repeat(1 << 20)), None);
    }

    #[test]
    fn f03_texts_that_are_not_canonical() {
        for text in [
            "",
            " ",
            "nul",
            "null",
            "1.0",
            "1e2",
            "-0",
            "-1",
            "01",
            "+1",
            "9007199254740992",
            "18446744073709551616",
            "\"",
            "\"\\u0041\"",
            "\"\\/\"",
            "\"\\u000a\"",
            "\"\\u001F\"",
            "\"\\ud800\"",
            "\"\\u0020\"",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u00",
            "[1,]",
            "[,1]",
            "[1 ]",
            "[1",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":1,\"a\":1}",
            "{\"b\":1,\"a\":1}",
            "{\"a\": 1}",
            "1 ",
            "[]]",
            "True",
            "\u{feff}1",
        ] {
            assert_eq!(Any::read(text), None, "{text:?}");
        }
        for text in
            ["0", "9007199254740991", "\"\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\u{7f}\u{2028}\"", "{\"\":{}}", "[[],{},\"\",true,false]"]
        {
            assert_eq!(Any::read(text).map(|value| to_text(&value)).as_deref(), Some(text));
        }
    }

    fn any_value() -> impl Strategy<Value = Any> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Any::Bool),
            (0..=INTEGER_MAX).prop_map(Any::Integer),
            "(?s:.)*".prop_map(Any::Text),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Any::List),
                proptest::collection::btree_map("(?s:.){0,8}", inner, 0..6).prop_map(|fields| {
                    let mut fields: Vec<(String, Any)> = fields.into_iter().collect();
                    fields.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
                    Any::Object(fields)
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn f03_any_value_has_one_text(value in any_value(), at: proptest::sample::Index, byte: u8) {
            let text = to_text(&value);
            prop_assert_eq!(Any::read(&text), Some(value.clone()));
            let mut other = text.clone().into_bytes();
            let at = at.index(other.len());
            other[at] = byte;
            if let Some(read) = std::str::from_utf8(&other).ok().and_then(Any::read) {
                prop_assert_eq!(to_text(&read).into_bytes(), other, "what is read is written again byte for byte");
            }
        }

        /// The answer of another JSON reader, wherever the two can be compared.
        #[test]
        fn f03_what_is_read_is_json(value in any_value()) {
            let text = to_text(&value);
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(serde_json::to_value(&value).unwrap(), read);
        }
    }
}
