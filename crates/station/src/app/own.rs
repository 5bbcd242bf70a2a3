//! Files of the page that are a deployment's own: its logo, and the manifest with its name.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::page_config::Own;
use crate::Station;

/// What a browser installs the page by.
const MANIFEST: &str = "manifest.webmanifest";
/// A picture runs nothing and loads nothing, also where someone opens it by itself.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The file called `name` as the deployment has it; `None` where it has nothing of its own in it.
pub(super) async fn file(station: &Station, name: &str) -> Option<Response> {
    if name == MANIFEST {
        return manifest(station).await;
    }
    let kind = picture(name)?;
    let own = Own::read(station).await;
    // Nothing else of the folder is anybody's business: it holds the station's secrets.
    if !own.logos().any(|logo| logo == name) {
        return None;
    }
    let picture = tokio::fs::read(station.store.folder().join(name)).await.ok()?;
    let policy = (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(PICTURE_POLICY));
    Some(([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), policy], Body::from(picture)).into_response())
}

/// The kind of a picture, by its name: a plain one, without a folder.
fn picture(name: &str) -> Option<&'static str> {
    let is_plain = name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c)) && !name.starts_with('.');
    let (_, extension) = name.rsplit_once('.').filter(|_| is_plain)?;
    Some(match extension {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        _ => return None,
    })
}

/// The built page's manifest, with the deployment's name and colour.
async fn manifest(station: &Station) -> Option<Response> {
    let own = Own::read(station).await;
    let (name, background) = (own.text("/name"), own.text("/theme/colours/light/background"));
    if name.is_none() && background.is_none() {
        return None;
    }
    let built = tokio::fs::read(station.app.as_ref()?.join(MANIFEST)).await.ok()?;
    let mut manifest: Value = serde_json::from_slice(&built).ok()?;
    let mut set = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            manifest[key] = json!(value);
        }
    };
    set("name", name);
    set("short_name", name);
    set("background_color", background);
    set("theme_color", background);
    Some(([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_plain_name_and_one_of_their_kinds() {
        assert_eq!(picture("logo-2.dark.svg"), Some("image/svg+xml"));
        for none in ["station.sqlite", ".png", "../logo.png", "a/logo.png", "logo", "logo.html", "lo%20go.png", ""] {
            assert_eq!(picture(none), None, "{none}");
        }
    }
}
