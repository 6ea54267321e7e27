//! JSON texts with something odd: a tree of raw tokens, so that it can hold what no value can.
//!
//! In: a canonical text.
//! Out: a text with one change, still canonical or not.
//! Always: the parts that are not changed stay canonical.
//! Not for reading values, which the crate under test does.

use crate::numbers::Numbers;
use courtseal_proof::bytes::canonical::{self, Any};

/// Tokens in place of a value.
const VALUES: [&str; 37] = [
    "0",
    "1",
    "2",
    "-0",
    "-1",
    "007",
    "1.0",
    "1e2",
    "1E400",
    "+1",
    "0x1",
    "9007199254740991",
    "9007199254740992",
    "18446744073709551615",
    "18446744073709551616",
    "4294967295",
    "4294967296",
    "4095",
    "4096",
    "4097",
    "null",
    "true",
    "false",
    "NaN",
    "Infinity",
    "\"\"",
    "\"1\"",
    "{}",
    "[]",
    "[[]]",
    "{\"a\":1}",
    "\"hearing\"",
    "\"custody\"",
    "\"\u{6cd5}\u{9662}\"",
    "\"\\u0000\"",
    "",
    "'1'",
];
/// Words that the formats use, and some that they may use later.
const WORDS: [&str; 30] = [
    "statement",
    "rejection",
    "genesis",
    "epoch",
    "evidence",
    "equivocation",
    "judgment",
    "cosigner-equivocation",
    "render",
    "effect",
    "first",
    "ruling",
    "hearing",
    "custody",
    "public",
    "confidential",
    "sealed",
    "role",
    "asserted-in-future",
    "quota",
    "notary",
    "judge",
    "none",
    "prevote",
    "proposal",
    "a/b",
    "1970-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
    "2023-02-29T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z",
];
/// Characters to put into a string.
const PIECES: [&str; 27] = [
    "\\u0000",
    "\\u001f",
    "\\u001F",
    "\\u0041",
    "\\/",
    "\\ud800",
    "\\udc00",
    "\\ud83d\\ude00",
    "\\n",
    "\\u000a",
    "\\b",
    "\\u0008",
    "\\x",
    "\\",
    "\\\"",
    "\\\\",
    "\t",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{fdd0}",
    "\u{10ffff}",
    "\u{e9}",
    "e\u{301}",
    " ",
];
/// Unknown names of fields, and some known ones.
const NAMES: [&str; 19] = [
    "",
    "a",
    "zz",
    "A",
    "\u{e9}",
    "\u{ff00}",
    "\u{10000}",
    "\u{1f600}",
    "\u{d7ff}",
    "\\u0001",
    "\\\"",
    "v",
    "kind",
    "act",
    "path",
    "rule",
    "size",
    "epoch",
    "keyid",
];

/// A value: a token as it is written, or the text between brackets.
#[derive(Clone)]
pub enum Json {
    Raw(String),
    List(Vec<Json>),
    /// Names are written as they are, between quotes.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The tree of a canonical text.
    pub fn parse(text: &str) -> Self {
        Self::of(&canonical::read_any(text.as_bytes(), text.len()).unwrap())
    }

    fn of(value: &Any) -> Self {
        let inner = |text: &String| {
            let written = canonical::to_text(text);
            written[1..written.len() - 1].to_owned()
        };
        match value {
            Any::List(values) => Self::List(values.iter().map(Self::of).collect()),
            Any::Object(fields) => Self::Object(fields.iter().map(|(name, value)| (inner(name), Self::of(value))).collect()),
            token => Self::Raw(canonical::to_text(token)),
        }
    }

    /// The text of the tree.
    pub fn text(&self) -> String {
        match self {
            Self::Raw(token) => token.clone(),
            Self::List(values) => format!("[{}]", values.iter().map(Self::text).collect::<Vec<_>>().join(",")),
            Self::Object(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{}", value.text())).collect();
                format!("{{{}}}", fields.join(","))
            }
        }
    }

    /// Sets a field of an object, which stands where its name belongs.
    pub fn set(&mut self, name: &str, value: Json) {
        let Self::Object(fields) = self else { return };
        match fields.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = value,
            None => {
                let at = fields.partition_point(|(own, _)| own.encode_utf16().lt(name.encode_utf16()));
                fields.insert(at, (name.to_owned(), value));
            }
        }
    }

    fn count(&self) -> usize {
        1 + match self {
            Self::Raw(_) => 0,
            Self::List(values) => values.iter().map(Self::count).sum(),
            Self::Object(fields) => fields.iter().map(|(_, value)| value.count()).sum(),
        }
    }

    /// The value at this place, in the order of the text.
    fn at(&mut self, mut place: usize) -> &mut Json {
        if place == 0 {
            return self;
        }
        place -= 1;
        let inner: Vec<&mut Json> = match self {
            Self::Raw(_) => Vec::new(),
            Self::List(values) => values.iter_mut().collect(),
            Self::Object(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
        };
        for value in inner {
            let count = value.count();
            if place < count {
                return value.at(place);
            }
            place -= count;
        }
        unreachable!("the place is below the count")
    }

    /// One change. In a fifth of the cases it is one that a later version may write, or nearly so.
    pub fn spoil(&mut self, numbers: &mut Numbers) {
        match numbers.below(10) {
            0 => return self.make_later(numbers),
            1 => return self.set_a_number(numbers),
            _ => {}
        }
        let place = numbers.below(self.count());
        let node = if numbers.chance(25) { &mut *self } else { self.at(place) };
        match numbers.below(12) {
            0 => *node = Self::Raw(numbers.pick(&VALUES).to_owned()),
            1 => *node = Self::Raw(format!("\"{}\"", numbers.pick(&WORDS))),
            2 => node.put_into_a_string(numbers),
            3 => node.nest(numbers),
            4 => {
                let version =
                    numbers.pick(&["0", "1", "2", "3", "9007199254740991", "9007199254740992", "\"2\"", "null", "-2", "2.0"]);
                self.set("v", Self::Raw(version.to_owned()));
            }
            5 => self.set(
                numbers.pick(&["kind", "mode", "statement", "act", "type"]),
                Self::Raw(format!("\"{}\"", numbers.pick(&WORDS))),
            ),
            _ => node.change_fields(numbers),
        }
    }

    /// Another version or an unknown word, then any further change.
    fn make_later(&mut self, numbers: &mut Numbers) {
        match numbers.below(6) {
            0 if numbers.chance(50) => {
                let outcome =
                    numbers.pick(&["{\"answer\":{}}", "{\"earlier\":1,\"first\":false}", "{\"first\":true,\"zone\":1}"]);
                self.set("outcome", Self::Raw(outcome.to_owned()));
            }
            0 => self.set("outcome", Self::Raw(format!("{{\"rule\":\"{}\"}}", numbers.pick(&WORDS)))),
            1 => self.set("kind", Self::Raw(format!("\"{}\"", numbers.pick(&WORDS)))),
            _ => self.set("v", Self::Raw(numbers.pick(&["1", "3"]).into())),
        }
        match numbers.below(4) {
            0 => self.nest(numbers),
            1 => self.put_into_a_string(numbers),
            2 => self.change_fields(numbers),
            _ => {
                self.set(numbers.pick(&["\u{10000}", "\u{1f600}"]), Self::Raw("[1]".into()));
                self.set(numbers.pick(&["\u{ff00}", "\u{e000}"]), Self::Raw("{}".into()));
            }
        }
    }

    /// A number in place of a number, if one is met.
    fn set_a_number(&mut self, numbers: &mut Numbers) {
        for _ in 0..40 {
            let place = numbers.below(self.count());
            if let Self::Raw(token) = self.at(place)
                && token.starts_with(|c: char| c.is_ascii_digit())
            {
                return *token = numbers.pick(&VALUES[..20]).to_owned();
            }
        }
    }

    fn put_into_a_string(&mut self, numbers: &mut Numbers) {
        let piece = numbers.pick(&PIECES);
        match self {
            Self::Raw(token) if token.starts_with('"') && token.is_ascii() => {
                token.insert_str(1 + numbers.below(token.len() - 1), piece)
            }
            Self::Raw(token) => token.push_str(piece),
            Self::Object(fields) if !fields.is_empty() => {
                let at = numbers.below(fields.len());
                fields[at].0.push_str(piece);
            }
            _ => *self = Self::Raw(format!("\"{piece}\"")),
        }
    }

    fn nest(&mut self, numbers: &mut Numbers) {
        let depths = [1, 2, 120, 126, 127, 128, 129, 200, 252, 253, 254, 255, 256, 257, 258, 300, 500, 1_000, 3_000];
        let depth = depths[numbers.below(depths.len())];
        let (open, close) = if numbers.chance(50) { ("[", "]") } else { ("{\"a\":", "}") };
        let value = Self::Raw(format!("{}{}{}", open.repeat(depth), numbers.pick(&["0", "[]", "\"\""]), close.repeat(depth)));
        match self {
            Self::Object(_) => self.set(numbers.pick(&NAMES), value),
            _ => *self = value,
        }
    }

    fn change_fields(&mut self, numbers: &mut Numbers) {
        match self {
            Self::Object(fields) => {
                let (at, other) = (numbers.below(fields.len()), numbers.below(fields.len()));
                match numbers.below(6) {
                    0 if !fields.is_empty() => drop(fields.remove(at)),
                    1 if !fields.is_empty() => fields.insert(at, fields[at].clone()),
                    2 if !fields.is_empty() => fields.swap(at, other),
                    3 if !fields.is_empty() => fields[at].0 = numbers.pick(&NAMES).to_owned(),
                    // In the order of code points, which is that of UTF-16 most of the time.
                    4 => {
                        fields.push((numbers.pick(&NAMES).to_owned(), Self::Raw("1".into())));
                        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
                    }
                    _ => {
                        let value = Self::Raw(numbers.pick(&VALUES).to_owned());
                        self.set(numbers.pick(&NAMES), value);
                        self.set(numbers.pick(&NAMES), Self::Raw("1".into()));
                    }
                }
            }
            Self::List(values) if !values.is_empty() => {
                let at = numbers.below(values.len());
                if numbers.chance(50) { drop(values.remove(at)) } else { values.insert(at, values[at].clone()) }
            }
            Self::List(values) => values.push(Self::Raw("0".into())),
            Self::Raw(token) => {
                let space = numbers.pick(&[" ", "\t", ",", "\r"]);
                if numbers.chance(50) { token.push_str(space) } else { token.insert_str(0, space) }
            }
        }
    }
}

/// A text with one change, most often within its values.
pub fn spoiled(text: &str, numbers: &mut Numbers) -> String {
    let mut json = Json::parse(text);
    json.spoil(numbers);
    json.text()
}
