//! Where the service listens: loopback alone, on both IPv4 and IPv6, until identity and TLS exist.

use crate::fail::Failure;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpListener;

/// Tries at finding a port that is free on both addresses, when any port will do.
const TRIES_MAX: usize = 20;

/// What is listened on for one purpose.
#[derive(Debug)]
pub(crate) struct Listening {
    /// One for each loopback address that the machine has.
    pub(crate) listeners: Vec<TcpListener>,
    /// Their addresses, IPv6 first.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Listening {
    /// The addresses as endpoints.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        self.addresses.iter().map(|address| format!("http://{address}")).collect()
    }
}

/// Refuses an address that others than this machine could reach.
///
/// # Errors
///
/// If the address is not loopback.
pub(crate) fn require_loopback(address: IpAddr) -> Result<(), Failure> {
    if address.is_loopback() {
        return Ok(());
    }
    Err(Failure::usage(
        format!(
            "{address} is not loopback: callers are not identified yet and nothing is encrypted, so only this machine may call"
        ),
        "leave --listen out; to reach the service from elsewhere, put something that authenticates callers in front of it",
    ))
}

/// Listens on a port of each address; 0 takes one that is free on all.
///
/// # Errors
///
/// If the port is taken, or no address can be listened on.
pub(crate) async fn listen(addresses: &[IpAddr], port: u16, what: &str) -> Result<Listening, Failure> {
    let mut last = String::new();
    for _try in 0..if port == 0 { TRIES_MAX } else { 1 } {
        match listen_once(addresses, port).await {
            Ok(listening) => return Ok(listening),
            Err(error) => last = error.to_string(),
        }
    }
    Err(Failure::input(
        format!("port {port} for {what} cannot be had: {last}"),
        "stop what listens there, or name another port (0 takes any that is free)",
    ))
}

async fn listen_once(addresses: &[IpAddr], port: u16) -> std::io::Result<Listening> {
    let mut listening = Listening { listeners: Vec::new(), addresses: Vec::new() };
    let mut chosen = port;
    for address in addresses {
        match TcpListener::bind(SocketAddr::new(*address, chosen)).await {
            Ok(listener) => {
                let bound = listener.local_addr()?;
                chosen = bound.port();
                listening.addresses.push(bound);
                listening.listeners.push(listener);
            }
            // A machine without IPv6, or without IPv4, is served on what it has.
            Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable => {
                tracing::warn!(%address, "this machine does not have the address");
            }
            Err(error) => return Err(error),
        }
    }
    if listening.listeners.is_empty() {
        return Err(std::io::Error::from(std::io::ErrorKind::AddrNotAvailable));
    }
    Ok(listening)
}

/// Both loopback addresses.
pub(crate) const LOOPBACK: [IpAddr; 2] = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        for refused in ["0.0.0.0", "::", "192.168.1.2", "10.0.0.1", "2001:db8::1"] {
            assert!(require_loopback(refused.parse().unwrap()).is_err(), "{refused}");
        }
        for allowed in ["127.0.0.1", "::1"] {
            assert!(require_loopback(allowed.parse().unwrap()).is_ok(), "{allowed}");
        }
    }

    #[tokio::test]
    async fn both_addresses_get_the_same_free_port_and_a_taken_port_is_named() {
        let listening = listen(&LOOPBACK, 0, "portals").await.unwrap();
        let ports: Vec<u16> = listening.addresses.iter().map(SocketAddr::port).collect();
        assert!(ports.iter().all(|port| *port == ports[0] && *port != 0), "{ports:?}");
        let taken = listen(&LOOPBACK, ports[0], "portals").await.unwrap_err().to_string();
        assert!(taken.contains(&ports[0].to_string()), "{taken}");
    }
}
