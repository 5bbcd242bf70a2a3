//! From which address a request came.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::Station;

/// The other end of a connection, which each of its requests carries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub IpAddr);

/// Whom a limit counts: an address, or in IPv6 a network of 64 bits, all of whose addresses one client may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Client(IpAddr);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64))),
            address => Self(address),
        }
    }
}

impl FromRequestParts<Station> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, station: &Station) -> Result<Self, Infallible> {
        // Every connection that is served has one; without, all are counted as one.
        let peer = parts.extensions.get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |&Peer(address)| address);
        let forwarded = if station.behind_proxy { forwarded(&parts.headers) } else { None };
        Ok(forwarded.unwrap_or(peer).into())
    }
}

/// Whom the proxy says that it serves: the last one. Those before it are what the client made up or other proxies said.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let list = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    list.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn addresses_that_one_client_may_have_are_one() {
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_eq!(client("::ffff:10.0.0.1"), client("10.0.0.1"));
        assert_ne!(client("10.0.0.1"), client("10.0.0.2"));
    }

    #[test]
    fn only_the_proxys_own_word_counts() {
        let headers = |list: &str| HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), list.parse().unwrap())]);
        assert_eq!(forwarded(&headers("1.1.1.1, 10.0.0.1")), Some("10.0.0.1".parse().unwrap()));
        assert_eq!(forwarded(&headers("10.0.0.1, none")), None);
        assert_eq!(forwarded(&HeaderMap::new()), None);
    }
}
