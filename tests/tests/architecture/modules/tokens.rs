//! Rust source as tokens, without comments, texts and code that only tests have.
//!
//! In: the text of a source file. Out: its words and signs. Always: `::` is one token; what is behind
//! `#[cfg(test)]` is left out. Not a parser: enough of the language to find `use`, `mod` and paths.

/// The words and signs of a source text, in order; text and character literals are left out.
pub fn tokens(source: &str) -> Vec<String> {
    let bytes: Vec<char> = source.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(&one) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or(' ');
        at = match one {
            '/' if next == '/' => after_line(&bytes, at),
            '/' if next == '*' => after_comment(&bytes, at),
            '"' => after_text(&bytes, at),
            'r' | 'b' | 'c' if raw_hashes(&bytes, at).is_some() => after_raw(&bytes, at),
            '\'' => after_quote(&bytes, at),
            ':' if next == ':' => {
                found.push("::".to_owned());
                at + 2
            }
            _ if one.is_alphanumeric() || one == '_' => {
                let end = (at..bytes.len()).find(|end| !is_word(bytes[*end])).unwrap_or(bytes.len());
                found.push(bytes[at..end].iter().collect());
                end
            }
            _ => {
                if !one.is_whitespace() {
                    found.push(one.to_string());
                }
                at + 1
            }
        };
    }
    found
}

fn is_word(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}

fn after_line(source: &[char], at: usize) -> usize {
    (at..source.len()).find(|end| source[*end] == '\n').unwrap_or(source.len())
}

/// Block comments may nest.
fn after_comment(source: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < source.len() {
        match (source[at], source.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn after_text(source: &[char], mut at: usize) -> usize {
    at += 1;
    while at < source.len() && source[at] != '"' {
        at += if source[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The number of `#` of a raw text that begins here, as in `r#"` or `br"`.
fn raw_hashes(source: &[char], at: usize) -> Option<usize> {
    if at > 0 && is_word(source[at - 1]) {
        return None;
    }
    let start = if source[at] == 'r' { at } else { at + 1 };
    let rest = source.get(start..)?.strip_prefix(&['r'])?;
    let hashes = rest.iter().take_while(|one| **one == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}

fn after_raw(source: &[char], at: usize) -> usize {
    let hashes = raw_hashes(source, at).unwrap_or(0);
    let begin = (at..source.len()).find(|begin| source[*begin] == '"').unwrap_or(source.len());
    let is_end =
        |end: &usize| source[*end] == '"' && source[end + 1..].iter().take(hashes).filter(|one| **one == '#').count() == hashes;
    (begin + 1..source.len()).find(is_end).map_or(source.len(), |end| end + 1 + hashes)
}

/// Behind a character literal or a lifetime.
fn after_quote(source: &[char], at: usize) -> usize {
    match (source.get(at + 1), source.get(at + 2)) {
        (Some('\\'), _) => {
            // The escaped character may be a quote itself.
            (at + 3..source.len()).find(|end| source[*end] == '\'').map_or(source.len(), |end| end + 1)
        }
        (Some(_), Some('\'')) => at + 3,
        _ => (at + 1..source.len()).find(|end| !is_word(source[*end])).unwrap_or(source.len()),
    }
}

/// The tokens without each item behind an attribute `#[cfg(…test…)]`; one with `not` in it stays.
pub fn without_tests(tokens: &[String]) -> Vec<String> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if is_at(tokens, at, &["#", "["]) {
            let end = after_group(tokens, at + 1);
            let attribute = &tokens[at..end];
            let has = |word: &str| attribute.iter().any(|token| token == word);
            let is_test = has("cfg") && has("test") && !has("not");
            if is_test {
                at = after_item(tokens, end);
                continue;
            }
            // Attributes name no modules of ours.
            at = end;
            continue;
        }
        kept.push(tokens[at].clone());
        at += 1;
    }
    kept
}

/// Whether these tokens are at this place.
pub fn is_at(tokens: &[String], at: usize, expected: &[&str]) -> bool {
    expected.iter().enumerate().all(|(step, word)| tokens.get(at + step).is_some_and(|token| token == word))
}

/// The place behind the group that begins at `at` with a bracket.
pub fn after_group(tokens: &[String], at: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    tokens.len()
}

/// The place behind an item, further attributes included: its `;`, or its body.
fn after_item(tokens: &[String], mut at: usize) -> usize {
    while is_at(tokens, at, &["#", "["]) {
        at = after_group(tokens, at + 1);
    }
    if is_at(tokens, at, &["pub"]) {
        at += 1;
        if is_at(tokens, at, &["("]) {
            at = after_group(tokens, at);
        }
    }
    let is_use = is_at(tokens, at, &["use"]);
    while at < tokens.len() {
        match tokens[at].as_str() {
            ";" | "," => return at + 1,
            "{" if !is_use => return after_group(tokens, at),
            "(" | "[" | "{" => at = after_group(tokens, at),
            _ => at += 1,
        }
    }
    at
}
