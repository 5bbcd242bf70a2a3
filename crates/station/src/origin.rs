//! The origin that a client used, so that the addresses it is given lead back here.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

use crate::{Refusal, Station};

/// `http://HOST` or `https://HOST`, as the client asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromRequestParts<Station> for Origin {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, station: &Station) -> Result<Self, Refusal> {
        find(&parts.uri, &parts.headers, station.https, station.behind_proxy).map(Self)
    }
}

/// In HTTP/2 the host stands in the address, not in a header. What a proxy says of the client's request counts only if
/// `behind_proxy`.
fn find(uri: &Uri, headers: &HeaderMap, https: bool, behind_proxy: bool) -> Result<String, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Each proxy adds its own at the end, so the first is the one that the client saw.
    let forwarded =
        |name| text(name).filter(|_| behind_proxy).map(|list| list.split(',').next().unwrap_or(list).trim());
    let scheme = match forwarded("x-forwarded-proto") {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        None if https => "https",
        _ => "http",
    };
    let addressed = || uri.authority().map(Authority::as_str).or_else(|| text(header::HOST.as_str()));
    let host = forwarded("x-forwarded-host").or_else(addressed);
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    match authority {
        Some(authority) if !authority.as_str().contains('@') => Ok(format!("{scheme}://{authority}")),
        _ => Err(Refusal::BadRequest("the header Host is missing or not valid".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(headers: &[(&'static str, &str)], behind_proxy: bool) -> Option<String> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        find(&Uri::from_static("/"), &headers, false, behind_proxy).ok()
    }

    const PROXIED: [(&str, &str); 3] =
        [("host", "10.0.0.2:80"), ("x-forwarded-host", "ota.example.com, inner"), ("x-forwarded-proto", "https")];

    #[test]
    fn it_is_that_of_the_host_header() {
        assert_eq!(origin(&[("host", "localhost:8080")], false).as_deref(), Some("http://localhost:8080"));
        assert_eq!(origin(&[("host", "[::1]:8080")], false).as_deref(), Some("http://[::1]:8080"));
    }

    #[test]
    fn a_proxy_is_believed_only_when_there_is_one() {
        assert_eq!(origin(&PROXIED, false).as_deref(), Some("http://10.0.0.2:80"));
        assert_eq!(origin(&PROXIED, true).as_deref(), Some("https://ota.example.com"));
    }

    #[test]
    fn in_http_2_it_is_that_of_the_address() {
        let uri = Uri::from_static("https://ota.example.com/api");
        let found = |https| find(&uri, &HeaderMap::new(), https, false).ok();
        assert_eq!(found(true).as_deref(), Some("https://ota.example.com"));
        assert_eq!(found(false).as_deref(), Some("http://ota.example.com"));
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        for headers in [&[][..], &[("host", "a b")], &[("host", "user@evil")], &[("host", "a/b")], &[("host", "")]] {
            assert_eq!(origin(headers, false), None, "{headers:?}");
        }
    }
}
