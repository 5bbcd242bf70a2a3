//! What the page may do, as a browser is told in headers.

use axum::http::{HeaderName, HeaderValue, header};

/// The content security policy, with where the page may connect to and who may show it in a page of theirs.
fn content(connect: &str, embedders: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src {connect}; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'self'{embedders}; trusted-types default; require-trusted-types-for 'script'"
    )
}

const PERMISSIONS: &str = "serial=(self), usb=(self), bluetooth=(), camera=(), display-capture=(), geolocation=(), \
                           hid=(), microphone=(), midi=(), payment=()";

/// The headers of the page. The releases of one whose `feed_is_elsewhere` may be anywhere.
///
/// * Scripts: the page's own files, and WebAssembly. None in the HTML, and no text that becomes one: with Trusted Types
///   only what was compiled in becomes an element at all.
/// * Connections: to its own origin, if its releases are there.
/// * Frames: within pages of its own origin and of `embedders`. What is no origin, and would say something else of the
///   policy, is left out.
/// * Of what a browser asks people for: the two ways to reach a device.
/// * No window that opened it or that it opened has anything of it.
pub(super) fn headers<'a>(
    feed_is_elsewhere: bool,
    embedders: impl Iterator<Item = &'a str>,
) -> [(HeaderName, HeaderValue); 3] {
    let embedders: String = embedders.filter(|origin| is_origin(origin)).flat_map(|origin| [" ", origin]).collect();
    let content = content(if feed_is_elsewhere { "*" } else { "'self'" }, &embedders);
    // All of it is ASCII that can be printed.
    let content = HeaderValue::from_str(&content).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    [
        (header::CONTENT_SECURITY_POLICY, content),
        (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}

/// Whether a text is an origin as a browser writes one, `https://www.example.com` or `http://localhost:8080`: nothing behind
/// it, nothing left open by a `*`, and nothing that would end the policy that it is put into. The page's own
/// `src/embedded.js` has the same rule.
fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let is_name = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
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
        for origin in
            ["https://www.example.com", "http://localhost:47101", "https://[2001:db8::1]:8443", "https://[::1]"]
        {
            assert!(is_origin(origin), "{origin}");
        }
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
