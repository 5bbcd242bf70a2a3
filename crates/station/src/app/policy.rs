//! What the page may do, as a browser is told in headers.

use axum::http::{HeaderName, HeaderValue, header};

/// The content security policy, with where the page may connect to.
macro_rules! content {
    ($connect:literal) => {
        concat!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; ",
            "img-src 'self' data:; connect-src ",
            $connect,
            "; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; ",
            "trusted-types default; require-trusted-types-for 'script'"
        )
    };
}

const PERMISSIONS: &str = "serial=(self), usb=(self), bluetooth=(), camera=(), display-capture=(), geolocation=(), \
                           hid=(), microphone=(), midi=(), payment=()";

/// The headers of the page. The releases of one whose `feed_is_elsewhere` may be anywhere.
///
/// * Scripts: the page's own files, and WebAssembly. None in the HTML, and no text that becomes one: with Trusted Types
///   only what was compiled in becomes an element at all.
/// * Connections: to its own origin, if its releases are there.
/// * Of what a browser asks people for: the two ways to reach a device.
/// * No window that opened it or that it opened has anything of it.
pub(super) fn headers(feed_is_elsewhere: bool) -> [(HeaderName, HeaderValue); 3] {
    let content = if feed_is_elsewhere { content!("*") } else { content!("'self'") };
    [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(content)),
        (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}
