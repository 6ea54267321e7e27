//! Writes a JSON object whose last field is a list, item by item.
//!
//! In: the JSON of the object without that field, then the JSON of each item.
//! Out: the JSON of the whole, with the same bytes as if it had been written at once.
//! Always: an item keeps its bytes, and only one item needs to be in memory.
//! Not for lists that fit into memory: serde writes those.

/// Writes an object in pieces. The object has at least one field before the list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pieces {
    has_items: bool,
}

impl Pieces {
    /// Opens the list: `bytes` ends with the JSON of the object.
    pub fn open(bytes: &mut Vec<u8>, field: &str) -> Self {
        debug_assert!(bytes.ends_with(b"}"), "an object");
        bytes.pop();
        bytes.extend_from_slice(format!(",\"{field}\":[").as_bytes());
        Self::default()
    }

    /// Starts the next item, whose JSON the caller writes next.
    pub fn next(&mut self, bytes: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_items, true) {
            bytes.push(b',');
        }
    }

    /// Closes the list and the object.
    pub fn close(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(b"]}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole() {
        for items in [&[][..], &["1"], &["1", "[ 2 ]", "{}"]] {
            let mut bytes = br#"{"from":7}"#.to_vec();
            let mut pieces = Pieces::open(&mut bytes, "entries");
            for item in items {
                pieces.next(&mut bytes);
                bytes.extend_from_slice(item.as_bytes());
            }
            pieces.close(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), format!(r#"{{"from":7,"entries":[{}]}}"#, items.join(",")));
        }
    }
}
