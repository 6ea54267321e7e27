//! Addresses of courts: which ones can be dialled and listened on, and what is wrong with the others.
//!
//! In: multiaddresses of the genesis and the configuration; errors of libp2p.
//! Out: nothing, or a reason for the operator.
//! Always: a reason is never empty, and an unusable address is found before anything is created (N1).
//! Not for dialling.

use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::genesis::Genesis;
use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol;
use std::io::ErrorKind;
use std::net::SocketAddr;

/// The reason why the network does not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A network key in the genesis is not a valid libp2p identity.
    #[error("the network key of {0} is not usable")]
    Key(String),
    /// The genesis does not list this court.
    #[error("{0} is not a court of this genesis")]
    NoCourt(CourtName),
    /// An address is not a multiaddress of the expected form.
    #[error("the address {0:?} is not a multiaddress such as /ip4/192.0.2.1/tcp/8610")]
    Address(String),
    /// An address in the genesis cannot be dialled.
    #[error(
        "the genesis has {address:?} for {court}, which no court can dial: an address is /ip4/ADDRESS/tcp/PORT or /ip6/ADDRESS/tcp/PORT; names are not looked up"
    )]
    Undiallable {
        /// Name of the court with this address.
        court: String,
        /// The address as the genesis has it.
        address: String,
    },
    /// The node cannot listen on this address.
    #[error("cannot listen for courts on {0}: {1}")]
    Listen(Multiaddr, String),
    /// libp2p rejected the node's settings.
    #[error("cannot start the network: {0}")]
    Setup(String),
}

/// Error number of Linux for a family of addresses that a process may not use (EAFNOSUPPORT).
const AF_NOT_SUPPORTED: i32 = 97;

/// Parses a multiaddress.
pub fn parse(text: &str) -> Result<Multiaddr, NetworkError> {
    text.parse().map_err(|_| NetworkError::Address(text.to_owned()))
}

/// Checks that all addresses of the genesis can be dialled, and that the court `own` can listen on its
/// address.
///
/// Call it before anything is created (N1).
///
/// # Errors
/// [`NetworkError`] names the first address that is not usable.
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

/// Whether an address is a specified IP address and a port, and nothing more.
fn is_diallable(address: &Multiaddr) -> bool {
    let is_whole = address.iter().count() == 2;
    is_whole && socket_address(address).is_some_and(|address| !address.ip().is_unspecified() && address.port() > 0)
}

/// The IP address and TCP port with which a multiaddress begins.
fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    match (parts.next(), parts.next()) {
        (Some(Protocol::Ip4(ip)), Some(Protocol::Tcp(port))) => Some(SocketAddr::from((ip, port))),
        (Some(Protocol::Ip6(ip)), Some(Protocol::Tcp(port))) => Some(SocketAddr::from((ip, port))),
        _ => None,
    }
}

/// Checks that no other program uses the address.
///
/// libp2p would share the port with another program of this machine, and each would get some of the
/// connections.
pub fn check_is_free(listen: &Multiaddr) -> Result<(), NetworkError> {
    let address = socket_address(listen).ok_or_else(|| NetworkError::Address(listen.to_string()))?;
    // The listener is closed at once, so that the swarm can bind the port.
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

/// The error of a node that cannot listen, with the next step for the operator.
pub fn cannot_listen(listen: Multiaddr, error: &TransportError<std::io::Error>) -> NetworkError {
    let is_family = matches!(error, TransportError::Other(error) if error.raw_os_error() == Some(AF_NOT_SUPPORTED));
    let next = if is_family {
        "; if this node is a service, let it have AF_INET, AF_INET6 and AF_NETLINK (RestrictAddressFamilies of its unit)"
    } else {
        ""
    };
    NetworkError::Listen(listen, format!("{}{next}", words(error)))
}

/// The text of an error and of its sources; never empty.
///
/// libp2p prints nothing for some errors and leaves their text to their sources.
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
    fn n1_only_addresses_that_can_be_dialled_are_accepted() {
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
        // An unspecified address is good for listening: it stands for every address of this machine.
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
        // If all texts are empty, the debug form names the error.
        assert!(!words(&TransportError::Other(io::Error::other(""))).is_empty());
    }
}
