//! Addresses of courts: which ones can be dialled and listened on, and what is wrong with the others.
//!
//! In: multiaddresses of the genesis and the configuration; errors of libp2p.
//! Out: nothing, or a reason for the operator.
//! Always: a reason is never empty. What can be known of an address is found out before anything is made.
//! Not for dialling.

use courtseal_proof::genesis::Genesis;
use courtseal_proof::name::CourtName;
use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol;
use std::io::ErrorKind;
use std::net::SocketAddr;

/// Why the network did not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A key in the genesis is no network identity.
    #[error("the network key of {0} is not usable")]
    Key(String),
    /// This court is not in the genesis.
    #[error("{0} is not a court of this genesis")]
    NoCourt(CourtName),
    /// An address is no multiaddress.
    #[error("the address {0:?} is not a multiaddress such as /ip4/192.0.2.1/tcp/8610")]
    Address(String),
    /// An address in the genesis that cannot be dialled.
    #[error(
        "the genesis has {address:?} for {court}, which no court can dial: an address is /ip4/ADDRESS/tcp/PORT or /ip6/ADDRESS/tcp/PORT; names are not looked up"
    )]
    Undiallable {
        /// Whose it is.
        court: String,
        /// The address.
        address: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen for courts on {0}: {1}")]
    Listen(Multiaddr, String),
    /// libp2p refused its settings.
    #[error("cannot start the network: {0}")]
    Setup(String),
}

/// What Linux says if a process may not use a family of addresses (EAFNOSUPPORT).
const AF_NOT_SUPPORTED: i32 = 97;

/// A multiaddress.
pub fn parse(text: &str) -> Result<Multiaddr, NetworkError> {
    text.parse().map_err(|_| NetworkError::Address(text.to_owned()))
}

/// Whether all addresses of the genesis can be dialled, and the court `own` can listen where it is told to.
/// Asked before anything is made.
///
/// # Errors
/// [`NetworkError`] names the first one that is not fit.
pub fn check_addresses(genesis: &Genesis, own: &CourtName, listen: Option<&str>) -> Result<(), NetworkError> {
    for court in &genesis.courts {
        let is_fit = court.address.parse().is_ok_and(|address| is_diallable(&address));
        let (court, address) = (court.name.to_string(), court.address.clone());
        is_fit.then_some(()).ok_or(NetworkError::Undiallable { court, address })?;
    }
    let Some(court) = genesis.courts.iter().find(|court| court.name == *own) else {
        return Err(NetworkError::NoCourt(own.clone()));
    };
    let listen = listen.unwrap_or(&court.address);
    socket_address(&parse(listen)?).map(|_| ()).ok_or_else(|| NetworkError::Address(listen.to_owned()))
}

/// Whether an address is an IP address that somebody has, and a port.
fn is_diallable(address: &Multiaddr) -> bool {
    let is_whole = address.iter().count() == 2;
    is_whole && socket_address(address).is_some_and(|address| !address.ip().is_unspecified() && address.port() > 0)
}

/// The address and port with which a multiaddress begins.
fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    match (parts.next(), parts.next()) {
        (Some(Protocol::Ip4(ip)), Some(Protocol::Tcp(port))) => Some(SocketAddr::from((ip, port))),
        (Some(Protocol::Ip6(ip)), Some(Protocol::Tcp(port))) => Some(SocketAddr::from((ip, port))),
        _ => None,
    }
}

/// libp2p lets several programs of one machine share a port, so that each gets some of the connections; here
/// that can only be a mistake.
pub fn check_is_free(listen: &Multiaddr) -> Result<(), NetworkError> {
    let address = socket_address(listen).ok_or_else(|| NetworkError::Address(listen.to_string()))?;
    // Closed again at once; the port is then free for the swarm.
    let bound = std::net::TcpListener::bind(address);
    bound.map(drop).map_err(|error| {
        let next = match error.kind() {
            ErrorKind::AddrInUse => "; another program uses that port",
            ErrorKind::AddrNotAvailable => "; this machine has no such address: correct `listen` in the configuration",
            _ => "",
        };
        NetworkError::Listen(listen.clone(), format!("{error}{next}"))
    })
}

/// Why this court does not listen, with what to do about it.
pub fn cannot_listen(listen: Multiaddr, error: &TransportError<std::io::Error>) -> NetworkError {
    let is_family = matches!(error, TransportError::Other(error) if error.raw_os_error() == Some(AF_NOT_SUPPORTED));
    let next = if is_family {
        "; if this node is a service, let it have AF_INET, AF_INET6 and AF_NETLINK (RestrictAddressFamilies of its unit)"
    } else {
        ""
    };
    NetworkError::Listen(listen, format!("{}{next}", words(error)))
}

/// What is wrong, never nothing: libp2p prints no words for some errors, and leaves them to what they come
/// from.
pub fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let said = error.to_string();
        if !said.is_empty() && !words.iter().any(|before| before.contains(&said)) {
            words.push(said);
        }
        next = error.source();
    }
    if words.is_empty() { format!("{error:?}") } else { words.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use std::io;

    #[test]
    fn n1_only_what_can_be_dialled_is_taken() {
        let check = |address: &str, listen: Option<&str>| {
            let mut genesis = testing::genesis(2);
            genesis.courts[1].address = address.to_owned();
            check_addresses(&genesis, &testing::name(0), listen).map_err(|error| error.to_string())
        };
        for fit in ["/ip4/192.0.2.1/tcp/1", "/ip6/2001:db8::1/tcp/65535"] {
            check(fit, None).unwrap();
        }
        for unfit in [
            "/dns4/court-2.example/tcp/8610",
            "/dns/court-2.example/tcp/8610",
            "/ip4/0.0.0.0/tcp/8610",
            "/ip6/::/tcp/8610",
            "/ip4/192.0.2.1/tcp/0",
            "/ip4/192.0.2.1/udp/8610",
            "/ip4/192.0.2.1/tcp/8610/ws",
            "/ip4/192.0.2.1",
            "192.0.2.1:8610",
        ] {
            let error = check(unfit, None).expect_err(unfit);
            assert!(error.contains(unfit) && error.contains("court-01") && error.contains("/ip4/ADDRESS/tcp/PORT"), "{error}");
        }
        // Every address of this machine may be listened on.
        check("/ip4/192.0.2.1/tcp/1", Some("/ip4/0.0.0.0/tcp/8610")).unwrap();
        for unfit in ["/dns4/court-1.example/tcp/8610", "nowhere"] {
            assert!(check("/ip4/192.0.2.1/tcp/1", Some(unfit)).unwrap_err().contains(unfit));
        }
    }

    #[test]
    fn n1_a_reason_is_never_empty() {
        let error = TransportError::Other(io::Error::from_raw_os_error(AF_NOT_SUPPORTED));
        assert_eq!(error.to_string(), "", "what libp2p says");
        assert!(words(&error).contains("os error 97"), "{}", words(&error));
        let address: Multiaddr = "/ip4/0.0.0.0/tcp/8610".parse().unwrap();
        let said = cannot_listen(address.clone(), &error).to_string();
        assert!(said.contains("/ip4/0.0.0.0/tcp/8610") && said.contains("os error 97") && said.contains("AF_NETLINK"), "{said}");
        let other = cannot_listen(address.clone(), &TransportError::Other(io::ErrorKind::PermissionDenied.into())).to_string();
        assert!(other.contains("permission denied") && !other.contains("AF_NETLINK"), "{other}");
        let unsupported: TransportError<io::Error> = TransportError::MultiaddrNotSupported(address);
        assert!(words(&unsupported).contains("not supported"));
        // An error whose texts are all empty still says what it is.
        assert!(!words(&TransportError::Other(io::Error::other(""))).is_empty());
    }
}
