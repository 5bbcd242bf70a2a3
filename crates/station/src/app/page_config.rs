//! `fieldflash.json`: what a deployment sets of the page.

use std::io;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::NO_CACHE;
use crate::store::Product;
use crate::{Refusal, Station};

/// The file's name, in the data folder and on the web.
const NAME: &str = "fieldflash.json";

/// What the page needs to know of this station. The page's own `config` reads it, and refuses unknown fields.
#[derive(Serialize)]
struct PageConfig<'a> {
    feed: Feed<'a>,
    product: Product,
}

#[derive(Serialize)]
struct Feed<'a> {
    /// Empty: the page's own origin.
    url: &'a str,
    /// None where a gateway adds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    project_key: Option<&'a str>,
}

/// Answers `/fieldflash.json`: the file in the data folder as it is; without one, what the station knows.
pub(crate) async fn page_config(State(station): State<Station>) -> Result<Response, Refusal> {
    let headers = [(header::CACHE_CONTROL, NO_CACHE)];
    if let Some(file) = own(&station).await? {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        return Ok((headers, kind, file).into_response());
    }
    let is_gateway = station.gateway.is_some();
    let product = if is_gateway { Product::default() } else { station.store.product().await? };
    let feed = Feed { url: "", project_key: (!is_gateway).then(|| station.store.project_key()) };
    Ok((headers, Json(PageConfig { feed, product })).into_response())
}

/// The file in the data folder, if there is one. Read each time: it may be changed while the station runs.
async fn own(station: &Station) -> Result<Option<Vec<u8>>, Refusal> {
    match tokio::fs::read(station.store.folder().join(NAME)).await {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            tracing::error!("{NAME} in the data folder cannot be read: {error}");
            Err(Refusal::Unavailable)
        }
    }
}

/// What a deployment's own `fieldflash.json` says, as far as the station has to know. The page reads it all, and says what is
/// wrong with it; what cannot be read here counts as not said.
pub(super) struct Own(Value);

impl Own {
    /// That of now.
    pub(super) async fn read(station: &Station) -> Self {
        let file = own(station).await.ok().flatten();
        Self(file.and_then(|file| serde_json::from_slice(&file).ok()).unwrap_or_default())
    }

    /// The text at a place, a JSON pointer, if there is one that is not empty.
    pub(super) fn text(&self, place: &str) -> Option<&str> {
        self.0.pointer(place)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether the page's releases come from another origin than its own.
    pub(super) fn feed_is_elsewhere(&self) -> bool {
        self.text("/feed/url").is_some()
    }

    /// The origins whose pages may show this one in their own.
    pub(super) fn embedders(&self) -> impl Iterator<Item = &str> {
        let origins = self.0.pointer("/embed/origins").and_then(Value::as_array);
        origins.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The files of the logo.
    pub(super) fn logos(&self) -> impl Iterator<Item = &str> {
        ["/theme/logo", "/theme/logo/light", "/theme/logo/dark"].into_iter().filter_map(|place| self.text(place))
    }
}
