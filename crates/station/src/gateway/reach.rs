//! Where the upstream is, and which addresses payloads may be fetched from.
//!
//! A gateway stands where other machines of a company may be in reach that the internet cannot reach. An answer of the
//! upstream must not lead it there, unless the upstream is there itself. The addresses of a name are looked at when
//! the connection is made to them, so that a name cannot lead elsewhere in between.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// Where Memfault's cloud answers devices.
const MEMFAULT: [&str; 2] = ["device.memfault.com", "api.memfault.com"];
/// Where it takes events (Memfault API Documentation, "Memfault URLs").
const MEMFAULT_EVENTS: &str = "ingress.memfault.com";
/// What is wrong with an address that is not allowed.
pub(super) const INSIDE: &str = "is inside this station's own network";

/// The address of a release service: `https://HOST`, with a port and a path where it has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamAddress(Url);

/// A text that is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamAddressError {
    /// It is no address at all.
    #[error("it is not an address such as https://device.memfault.com")]
    NoAddress,
    /// The key would go over the network for everybody to read.
    #[error("it must begin with https:// (http:// is for this machine only)")]
    NotHttps,
    /// There is more in it than a place.
    #[error("it must hold no name, password, query or fragment")]
    TooMuch,
}

impl FromStr for UpstreamAddress {
    type Err = UpstreamAddressError;

    fn from_str(text: &str) -> Result<Self, UpstreamAddressError> {
        let url = Url::parse(text).map_err(|_| UpstreamAddressError::NoAddress)?;
        let host = url.host_str().ok_or(UpstreamAddressError::NoAddress)?;
        let is_here = host == "localhost" || literal(host).is_some_and(|address| class(address) == Class::Loopback);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return Err(UpstreamAddressError::NotHttps);
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(UpstreamAddressError::TooMuch);
        }
        Ok(Self(url))
    }
}

impl UpstreamAddress {
    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Where the events of devices go that ask here. Memfault's cloud takes them at a host of its own.
    pub(super) fn of_events(&self) -> Self {
        let mut url = self.0.clone();
        if MEMFAULT.contains(&url.host_str().unwrap_or_default()) {
            // It is a name, and a web address has one.
            let _ = url.set_host(Some(MEMFAULT_EVENTS));
        }
        Self(url)
    }

    /// An address that an answer holds, which may be relative to where the answer came from.
    pub(super) fn join(&self, address: &str) -> Option<Url> {
        self.0.join(address).ok().filter(Url::has_host)
    }
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// From where an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// From everywhere.
    Public,
    /// From this machine.
    Loopback,
    /// From a company's network.
    Private,
    /// It is none of a server on any network: of a neighbour, of a group, of a document.
    Other,
}

fn class(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(address) => class_v4(address),
        IpAddr::V6(address) => class_v6(address),
    }
}

/// After IANA's registry of special-purpose addresses.
fn class_v4(address: Ipv4Addr) -> Class {
    match address.octets() {
        [127, ..] => Class::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Class::Private,
        [0, ..] | [169, 254, ..] | [192, 0, 0 | 2, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Class::Other
        }
        [first, ..] if first >= 224 => Class::Other,
        _ => Class::Public,
    }
}

/// After IANA's registry of special-purpose addresses. Addresses that stand for one of IPv4 are what that one is.
fn class_v6(address: Ipv6Addr) -> Class {
    let v4 = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        class_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Loopback,
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            v4(high, low)
        }
        [0xfc00..=0xfdff, ..] => Class::Private,
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Class::Other,
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::Other,
    }
}

/// The address that a host is, where it is no name. Those of IPv6 stand in brackets.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Where payloads may be fetched from.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// The host of the upstream.
    upstream: Arc<str>,
}

impl Reach {
    pub fn new(upstream: &UpstreamAddress) -> Self {
        Self { upstream: upstream.0.host_str().unwrap_or_default().into() }
    }

    /// Whether a payload may come from `address`: a public one, or one as near as the upstream's.
    pub async fn allows(&self, address: IpAddr) -> bool {
        match class(address) {
            Class::Public => true,
            Class::Other => false,
            near => self.upstream_class().await == Some(near),
        }
    }

    async fn upstream_class(&self) -> Option<Class> {
        match literal(&self.upstream) {
            Some(address) => Some(class(address)),
            None => lookup_host((&*self.upstream, 0)).await.ok()?.next().map(|found| class(found.ip())),
        }
    }

    async fn look_up(self, name: Name) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
        let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
        if name.as_str() == &*self.upstream {
            return Ok(Box::new(found.into_iter()));
        }
        let mut allowed: Vec<SocketAddr> = Vec::new();
        for address in found {
            if self.allows(address.ip()).await {
                allowed.push(address);
            }
        }
        if allowed.is_empty() {
            return Err(format!("{} {INSIDE}", name.as_str()).into());
        }
        Ok(Box::new(allowed.into_iter()))
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(self.clone().look_up(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(address: &str) -> Class {
        class(address.parse().unwrap())
    }

    #[test]
    fn addresses_are_told_apart_by_where_they_can_be_reached_from() {
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "64:ff9b::808:808", "::ffff:1.1.1.1"] {
            assert_eq!(class_of(address), Class::Public, "{address}");
        }
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"] {
            assert_eq!(class_of(address), Class::Loopback, "{address}");
        }
        for address in ["10.1.2.3", "172.16.0.1", "172.31.0.1", "192.168.0.1", "100.64.0.1", "fd00::1"] {
            assert_eq!(class_of(address), Class::Private, "{address}");
        }
        for address in ["0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::", "fe80::1"] {
            assert_eq!(class_of(address), Class::Other, "{address}");
        }
    }

    async fn allowed(upstream: &str) -> [bool; 4] {
        let reach = Reach::new(&upstream.parse().unwrap());
        let mut allowed = [false; 4];
        for (allowed, address) in allowed.iter_mut().zip(["8.8.8.8", "127.0.0.1", "10.0.0.1", "169.254.169.254"]) {
            *allowed = reach.allows(address.parse().unwrap()).await;
        }
        allowed
    }

    #[tokio::test]
    async fn payloads_come_from_public_addresses_or_from_as_near_as_the_upstream() {
        assert_eq!(allowed("https://9.9.9.9").await, [true, false, false, false]);
        assert_eq!(allowed("https://localhost").await, [true, true, false, false]);
        assert_eq!(allowed("https://[::1]:8443").await, [true, true, false, false]);
        assert_eq!(allowed("https://192.168.1.1").await, [true, false, true, false]);
    }

    #[tokio::test]
    async fn a_name_leads_nowhere_that_its_addresses_may_not() {
        let found = async |upstream: &str| {
            let reach = Reach::new(&upstream.parse().unwrap());
            reach.look_up("localhost".parse().unwrap()).await.map(Iterator::count)
        };
        let error = found("https://9.9.9.9").await.unwrap_err().to_string();
        assert_eq!(error, "localhost is inside this station's own network");
        assert!(found("https://127.0.0.1").await.unwrap() > 0);
        assert!(found("https://localhost").await.unwrap() > 0);
    }

    #[test]
    fn events_of_memfaults_cloud_have_a_host_of_their_own() {
        let of_events = |text: &str| text.parse::<UpstreamAddress>().unwrap().of_events().to_string();
        assert_eq!(of_events("https://device.memfault.com"), "https://ingress.memfault.com");
        assert_eq!(of_events("https://api.memfault.com/"), "https://ingress.memfault.com");
        assert_eq!(of_events("https://ota.example.com:8443/feed"), "https://ota.example.com:8443/feed");
    }

    #[test]
    fn an_upstream_is_addressed_by_https_and_by_nothing_but_its_place() {
        let parsed = |text: &str| text.parse::<UpstreamAddress>();
        for text in ["https://device.memfault.com", "https://ota.example.com:8443/feed", "http://127.0.0.1:80"] {
            assert_eq!(parsed(text).unwrap().to_string(), text.trim_end_matches(":80"));
        }
        assert_eq!(parsed("device.memfault.com"), Err(UpstreamAddressError::NoAddress));
        for text in ["http://device.memfault.com", "ftp://device.memfault.com", "http://10.0.0.1"] {
            assert_eq!(parsed(text), Err(UpstreamAddressError::NotHttps), "{text}");
        }
        for text in ["https://a:b@c", "https://a@c", "https://c/?d", "https://c/#d"] {
            assert_eq!(parsed(text), Err(UpstreamAddressError::TooMuch), "{text}");
        }
    }
}
