//! The host names under which a node answers (R25).
//!
//! In: the head of a request, and the names of the configuration.
//! Out: nothing, or an error for the client.
//! Always: a web page whose name was pointed at this node's address is rejected, because its requests carry
//! that name.
//! Not for deciding which clients may ask: the network and the signatures of transactions do that.

use super::problem::Problem;
use axum::http::request::Parts;
use axum::http::{Version, header};
use courtseal_api::Code;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{PoisonError, RwLock};

/// The configured names in lower case. An IP address and `localhost` are always accepted.
#[derive(Default)]
pub struct Names(RwLock<BTreeSet<String>>);

impl Names {
    /// Replaces the configured names.
    pub fn set(&self, names: &[String]) {
        let names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Checks that a request names a host under which this node answers.
    ///
    /// # Errors
    /// `malformed` if it names no host or several, `wrong-host` if it names another one.
    pub fn check(&self, head: &Parts) -> Result<(), Problem> {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.as_bytes()),
            (Some(_), Some(_)) => return Err(Problem::malformed("the request has several host headers")),
            // HTTP/1.0 has no host header, and browsers do not use it.
            (None, _) if head.version == Version::HTTP_10 => None,
            (None, _) => return Err(Problem::malformed("the request has no host header")),
        };
        // A whole URL in the request line names a host too.
        let url = head.uri.authority().map(|authority| authority.as_str().as_bytes());
        for authority in host.into_iter().chain(url) {
            let authority = String::from_utf8_lossy(authority);
            if !self.serves(&authority) {
                let message = format!(
                    "this node does not answer to {authority:?}: use its IP address, or have its operator add the name to rpc_names"
                );
                return Err(Problem::new(Code::WrongHost, message));
            }
        }
        Ok(())
    }

    fn serves(&self, authority: &str) -> bool {
        let v6 = || authority.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
        if authority.parse::<SocketAddr>().is_ok() || authority.parse::<Ipv4Addr>().is_ok() || v6().is_some() {
            return true;
        }
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => name,
            _ => authority,
        };
        let name = name.to_ascii_lowercase();
        name == "localhost" || self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn names() -> Names {
        let names = Names::default();
        names.set(&["Court-1.example".to_owned()]);
        names
    }

    fn check(version: Version, url: &str, hosts: &[&str]) -> Result<(), Code> {
        let mut request = Request::builder().version(version).uri(url);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        names().check(&request.body(()).unwrap().into_parts().0).map_err(|problem| problem.code())
    }

    #[test]
    fn r25_addresses_localhost_and_configured_names() {
        let served = ["192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:8600", "localhost", "LOCALHOST:1"];
        let named = ["court-1.example", "COURT-1.EXAMPLE:8600"];
        for host in served.into_iter().chain(named) {
            check(Version::HTTP_11, "/v1/status", &[host]).unwrap();
            check(Version::HTTP_11, &format!("http://{host}/v1/status"), &[host]).unwrap();
        }
        let others = [
            "x",
            "evil.example",
            "court-1.example.evil.example",
            "localhost.evil.example",
            "",
            ":8600",
            "192.0.2.1.evil.example",
            "evil@192.0.2.1",
            "localhost:99999",
            "[2001:db8::1",
            "2001:db8::1",
            "court-1.example:",
            "0x7f.1",
        ];
        for host in others {
            assert_eq!(check(Version::HTTP_11, "/v1/status", &[host]).expect_err(host), Code::WrongHost, "{host}");
        }
        assert_eq!(
            check(Version::HTTP_11, "http://evil.example/v1/status", &["localhost"]).unwrap_err(),
            Code::WrongHost,
            "the URL's host counts too"
        );
    }

    #[test]
    fn r25_one_host_header_and_none_in_http_1_0() {
        check(Version::HTTP_10, "/v1/status", &[]).unwrap();
        for hosts in [&[][..], &["localhost", "localhost"]] {
            assert_eq!(check(Version::HTTP_11, "/v1/status", hosts).unwrap_err(), Code::Malformed);
        }
        assert_eq!(check(Version::HTTP_10, "/v1/status", &["evil.example"]).unwrap_err(), Code::WrongHost);
    }

    #[test]
    fn r25_names_are_replaced_as_a_whole() {
        let names = names();
        names.set(&["other.example".to_owned()]);
        assert!(names.serves("other.example") && !names.serves("court-1.example"));
    }
}
