//! Which addresses may be called, and finding them.
//!
//! A citizen gives the address of a webhook, so it must not become a way into the operator's own network. The name is
//! looked up once, what it leads to is judged, and the call goes to the very address that was judged: a name that leads
//! elsewhere a moment later gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use crate::error::SettingsError;
use crate::status::Reason;

/// Addresses of one name that are tried at the most.
const ADDRESSES_MAX: usize = 4;

/// A network: an address and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (u128::from(own.to_bits()), u128::from(other.to_bits()), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        let low_bits = width - u32::from(self.prefix);
        own.checked_shr(low_bits).unwrap_or(0) == other.checked_shr(low_bits).unwrap_or(0)
    }
}

impl FromStr for Network {
    type Err = SettingsError;

    /// Reads `10.1.0.0/16` or `::1/128`.
    fn from_str(text: &str) -> Result<Network, SettingsError> {
        let (address, prefix) = text.split_once('/').ok_or(SettingsError::Network)?;
        let address: IpAddr = address.parse().map_err(|_| SettingsError::Network)?;
        let prefix: u8 = prefix.parse().map_err(|_| SettingsError::Network)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        if prefix <= width { Ok(Network { address, prefix }) } else { Err(SettingsError::Network) }
    }
}

/// Which addresses may be called: all public ones, and the networks that an operator adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    networks: Vec<Network>,
}

impl Allowed {
    /// Public addresses only.
    pub fn public_only() -> Allowed {
        Allowed::default()
    }

    /// Public addresses and those of these networks, such as an agency's own or, in tests, this machine.
    pub fn and(networks: impl IntoIterator<Item = Network>) -> Allowed {
        Allowed { networks: networks.into_iter().collect() }
    }

    /// Every address: for places that an operator names, not a citizen.
    pub(crate) fn everything() -> Allowed {
        let v4 = Network { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), prefix: 0 };
        let v6 = Network { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), prefix: 0 };
        Allowed::and([v4, v6])
    }

    /// Whether an address may be called.
    pub fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.networks.iter().any(|network| network.contains(address))
    }
}

/// Whether an address is one of the open internet: not of a machine, a home, an office, a carrier or a group, and not one
/// in which such an address is wrapped (IANA special-purpose address registries).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_carriers = first == 100 && (64..128).contains(&second);
    let is_protocols = first == 192 && second == 0 && third == 0;
    let is_relays = first == 192 && second == 88 && third == 99;
    let is_benchmarks = first == 198 && (18..20).contains(&second);
    !(first == 0
        || first >= 240
        || is_carriers
        || is_protocols
        || is_relays
        || is_benchmarks
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, fourth, .., seventh, eighth] = address.segments();
    let [high_a, high_b] = seventh.to_be_bytes();
    let [low_a, low_b] = eighth.to_be_bytes();
    if first == 0x64 && second == 0xff9b {
        // NAT64 leads to the IPv4 address at its end; its local-use form (64:ff9b:1::/48) leads anywhere.
        return third == 0 && fourth == 0 && is_public_v4(Ipv4Addr::new(high_a, high_b, low_a, low_b));
    }
    // Outside 2000::/3 nothing is public. Inside: 2001::/23 (protocols, Teredo), 6to4, documentation.
    let is_global = first & 0xe000 == 0x2000;
    let is_protocols = first == 0x2001 && second < 0x200;
    let is_documentation = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    is_global && !is_protocols && !is_documentation && first != 0x2002
}

/// Finds the addresses of a host that may be called.
pub(crate) async fn find(host: &str, port: u16, allowed: &Allowed, limit: Duration) -> Result<Vec<SocketAddr>, Reason> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let found = tokio::time::timeout(limit, tokio::net::lookup_host((bare, port))).await;
    let found: Vec<SocketAddr> = found.map_err(|_| Reason::TimedOut)?.map_err(|_| Reason::NotResolved)?.collect();
    if found.is_empty() {
        return Err(Reason::NotResolved);
    }
    let mut may_be_called = found;
    may_be_called.retain(|address| allowed.allows(address.ip()));
    may_be_called.truncate(ADDRESSES_MAX);
    if may_be_called.is_empty() { Err(Reason::Forbidden) } else { Ok(may_be_called) }
}

/// Connects to the first of the addresses that answers, each within `limit`.
pub(crate) async fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<tokio::net::TcpStream, Reason> {
    let mut reason = Reason::NotConnected;
    for address in addresses {
        match tokio::time::timeout(limit, tokio::net::TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small messages, each waited for.
                let _ignored_by_the_system = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(_)) => reason = Reason::NotConnected,
            Err(_) => reason = Reason::TimedOut,
        }
    }
    Err(reason)
}

/// Whether TLS failed because of what the peer showed, or because the connection broke.
pub(crate) fn trust_or_drop(error: &std::io::Error) -> Reason {
    match error.kind() {
        std::io::ErrorKind::InvalidData => Reason::NotTrusted,
        _ => Reason::Dropped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_machines_homes_offices_and_wrappings_are_not_public() {
        let inner = "0.0.0.0 127.0.0.1 127.8.9.1 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 \
                     192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 \
                     255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 fc00::1 fd12::1 fe80::1 fec0::1 \
                     ff02::1 2001::1 2001:db8::1 3fff::1 2002:7f00:1::1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::808:808 \
                     100::1 5f00::1";
        for text in inner.split_whitespace() {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in
            ["8.8.8.8", "172.32.0.1", "100.128.0.1", "193.10.1.1", "2a00:801::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_network_holds_its_own_addresses_also_when_they_are_wrapped() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains("10.1.255.1".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        assert!(!network.contains("fd00::1".parse().unwrap()));
        let everything: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contains("10.2.0.1".parse().unwrap()));
        assert!("::1/128".parse::<Network>().unwrap().contains("::1".parse().unwrap()));
        for text in ["", "10.0.0.0", "10.0.0.0/33", "::/129", "a/8"] {
            assert!(matches!(text.parse::<Network>(), Err(SettingsError::Network)), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_unless_that_network_is_allowed() {
        let limit = Duration::from_secs(5);
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(find(host, 443, &Allowed::public_only(), limit).await, Err(Reason::Forbidden), "{host}");
        }
        let allowed = Allowed::and(["127.0.0.0/8".parse().unwrap()]);
        let found = find("127.0.0.1", 443, &allowed, limit).await;
        assert_eq!(found, Ok(vec!["127.0.0.1:443".parse().unwrap()]));
    }
}
