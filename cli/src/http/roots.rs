//! Whom the client believes about a node's certificate.
//!
//! In: `--ca`, the system's own list. Out: root certificates. Always: a file that is named is the only one
//! that counts; without one it is the system's list, and where there is none, the one that is built in. Not
//! for believing answers: a certificate says nothing about what is in the log.

use crate::failure::usage;
use crate::files::{named, reason};
use crate::print;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

/// Where systems keep their list.
const SYSTEM: [&str; 4] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];
/// Longest list, in bytes.
const LIST_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The roots for a command.
///
/// # Errors
/// Usage: the file that was named cannot be read, or holds no certificate.
pub fn roots(ca: Option<&Path>) -> anyhow::Result<RootCerts> {
    if let Some(path) = ca {
        let shown = print::path(path);
        let pem =
            named::read(path, LIST_BYTES_MAX).map_err(|error| usage(format!("--ca: cannot read {shown}: {}", reason(&error))))?;
        let certificates = certificates(&pem);
        anyhow::ensure!(!certificates.is_empty(), usage(format!("--ca: {shown} holds no certificate in PEM")));
        return Ok(RootCerts::Specific(Arc::new(certificates)));
    }
    let listed = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from).into_iter().chain(SYSTEM.map(PathBuf::from));
    let found = listed.filter_map(|path| named::read(&path, LIST_BYTES_MAX).ok()).map(|pem| certificates(&pem));
    let first = found.into_iter().find(|certificates| !certificates.is_empty());
    Ok(first.map_or(RootCerts::WebPki, |certificates| RootCerts::Specific(Arc::new(certificates))))
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let items = parse_pem(pem).filter_map(Result::ok);
    items.filter_map(|item| if let PemItem::Certificate(certificate) = item { Some(certificate) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca");
        std::fs::write(&path, "-----BEGIN NOTHING-----\n").unwrap();
        assert!(roots(Some(&path)).unwrap_err().to_string().contains("holds no certificate"));
        assert!(roots(Some(&folder.path().join("none"))).unwrap_err().to_string().contains("cannot read"));
        assert!(roots(None).is_ok());
    }
}
