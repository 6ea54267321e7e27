//! The URLs of nodes, as people write them.
//!
//! In: text from the command line. Out: a URL without a slash at its end, or what is wrong with it. Always:
//! what could be meant is taken, and nothing is guessed.

use crate::failure::usage;

/// The URL of a node: `http://` or `https://`, a host, perhaps a port and a path; without `/v1`, which the
/// client adds.
///
/// # Errors
/// Usage.
pub fn of_node(text: &str) -> anyhow::Result<String> {
    let wrong = |why: &str| Err(usage(format!("{text:?} is not a node's URL: {why}; it looks like http://127.0.0.1:8600")));
    let url = text.trim();
    let Some((scheme, rest)) = url.split_once("://") else { return wrong("it has no http:// or https:// before the host") };
    let scheme = scheme.to_ascii_lowercase();
    if !["http", "https"].contains(&scheme.as_str()) {
        return wrong("it begins with neither http:// nor https://");
    }
    if rest.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return wrong("it has a blank in it");
    }
    if rest.contains(['?', '#']) {
        return wrong("it has a question mark or a hash sign in it");
    }
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix("/v1").unwrap_or(rest).trim_end_matches('/');
    let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    if host.contains('@') {
        return wrong("it has a name or a password in it, which a node does not ask for");
    }
    if host.is_empty() || host.starts_with(':') {
        return wrong("it has no host");
    }
    let host = host.to_ascii_lowercase();
    Ok(path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}")))
}

/// Whether a node's URL is of this machine.
pub fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, host)| host);
    ["127.", "localhost", "[::1]"].iter().any(|start| host.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_as_people_write_them() {
        for (written, meant) in [
            ("http://127.0.0.1:8600/", "http://127.0.0.1:8600"),
            (" HTTP://Court.Example:8600// ", "http://court.example:8600"),
            ("https://court.example/Beijing/v1/", "https://court.example/Beijing"),
            ("http://[::1]:8600", "http://[::1]:8600"),
        ] {
            assert_eq!(of_node(written).unwrap(), meant);
        }
        for bad in ["127.0.0.1:8600", "http://", "ftp://a", "http://a b", "", "http://a?x=1", "http://u:p@a", "http://:80"] {
            assert!(of_node(bad).is_err(), "{bad}");
        }
        assert!(is_local("http://localhost:1") && !is_local("http://court.example"));
    }
}
