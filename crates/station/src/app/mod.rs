//! The page: its files, its headers, its `fieldflash.json`.

mod own;
mod page_config;
mod policy;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use tower_http::services::ServeDir;

use crate::Station;

use page_config::Own;

pub(crate) use page_config::page_config;

/// The file that is served at `/`.
pub const INDEX: &str = "index.html";
/// What is there never changes; a year is the longest that caches take.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// A copy may be kept, but is asked for again each time.
pub(crate) const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// What a browser is told at the root of a station that has no page.
const NO_APP: &str = "This station serves releases only: no app folder is set. \
                      Start it with --app and the folder of the built page.\n";

/// The files of the page; `.br` and `.gz` files beside them are sent to whom they are of use.
pub(crate) fn files(station: &Station) -> Router {
    let Some(folder) = &station.app else {
        return Router::new().fallback(any(|| async { (StatusCode::NOT_FOUND, NO_APP) }));
    };
    let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
    Router::new().fallback_service(files).layer(from_fn_with_state(station.clone(), add_headers))
}

async fn add_headers(State(station): State<Station>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let cached = if is_hashed(path) { IMMUTABLE } else { NO_CACHE };
    // Other pages show the page itself in theirs, and never what lies beside it: support's page is not for frames.
    let is_page = ["/", "/index.html"].contains(&path);
    let name = path.strip_prefix('/').filter(|_| [Method::GET, Method::HEAD].contains(request.method()));
    let own = match name {
        Some(name) => own::file(&station, name).await,
        None => None,
    };
    let mut response = match own {
        Some(own) => own,
        None => next.run(request).await,
    };
    let is_there = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    // A file that is missing now may be there later.
    headers.insert(header::CACHE_CONTROL, if is_there { cached } else { NO_CACHE });
    let is_html = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_html {
        let own = Own::read(&station).await;
        headers.extend(policy::headers(own.feed_is_elsewhere(), own.embedders().filter(|_| is_page)));
    }
    response
}

/// Whether a file's name holds a hash of what is in it, as trunk names them: `app-0123456789abcdef_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    // 64 bits in hexadecimal, without leading zeros.
    let is_hash = |part: &str| (12..=16).contains(&part.len()) && part.bytes().all(is_digit);
    name.split(['-', '_', '.']).skip(1).any(is_hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_trunk_hashed_are_known() {
        for name in ["/app-0123456789abcdef.js", "/app-0123456789abcdef_bg.wasm", "/snippets/x-fedcba9876543210/y.css"]
        {
            assert_eq!(is_hashed(name), !name.contains("snippets"), "{name}");
        }
        for name in ["/", "/index.html", "/fieldflash.json", "/deadbeef-notes.html", "/0123456789abcdef"] {
            assert!(!is_hashed(name), "{name}");
        }
    }
}
