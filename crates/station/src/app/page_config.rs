//! `fieldflash.json`: what a deployment sets of the page.

use std::io;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

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
    project_key: &'a str,
}

/// Answers `/fieldflash.json`: the file in the data folder as it is; without one, what the station knows.
pub(crate) async fn page_config(State(station): State<Station>) -> Result<Response, Refusal> {
    let headers = [(header::CACHE_CONTROL, NO_CACHE)];
    match tokio::fs::read(station.store.folder().join(NAME)).await {
        Ok(file) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            return Ok((headers, kind, file).into_response());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::error!("{NAME} in the data folder cannot be read: {error}");
            return Err(Refusal::Unavailable);
        }
    }
    let product = station.store.product().await?;
    let feed = Feed { url: "", project_key: station.store.project_key() };
    Ok((headers, Json(PageConfig { feed, product })).into_response())
}
