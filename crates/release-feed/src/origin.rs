//! Origins as browsers compare them: scheme, host, port.

/// Whether a text is an origin as a browser writes one, `https://www.example.com` or `http://localhost:8080`: nothing behind
/// it, nothing left open by a `*`, and nothing that would end the header that it is put into.
///
/// ```
/// assert!(release_feed::is_origin("https://www.example.com"));
/// assert!(!release_feed::is_origin("https://www.example.com/shop"));
/// ```
pub fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let is_name = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match address {
        Some(address) => !address.is_empty() && address.bytes().all(|c| c.is_ascii_hexdigit() || c == b':'),
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    is_host && port.is_none_or(|port| port.bytes().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_one_as_browsers_write_it() {
        for origin in ["https://www.example.com", "http://localhost:47101", "https://[2001:db8::1]:8443", "https://[::1]"] {
            assert!(is_origin(origin), "{origin}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_none() {
        for none in [
            "",
            "*",
            "null",
            "www.example.com",
            "https://",
            "https://*.example.com",
            "https://www.example.com/",
            "https://WWW.example.com",
            "https://www.example.com:",
            "https://www.example.com:99999",
            "https://a.example; script-src *",
            "https://a.example\r\nX: y",
            "https://me@a.example",
            "ftp://a.example",
            "https://[]",
        ] {
            assert!(!is_origin(none), "{none}");
        }
    }
}
