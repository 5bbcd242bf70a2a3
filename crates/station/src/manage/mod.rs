//! The management API, as Memfault's command line and its users' own tools drive it: uploads, releases, deployments,
//! cohorts, devices.
//!
//! A station is one project. Which organization and project a client names in an address makes no difference, so that
//! those it has from Memfault may stay as they are.

mod body;
mod caller;
mod cohort;
mod deployment;
mod device;
mod payload;
mod project;
mod release;
mod software;
mod upload;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::attempts::Attempts;
use crate::{Refusal, Station};

/// Below this all routes of the project stand.
const PROJECT: &str = "/api/v0/organizations/{organization}/projects/{project}";
/// Where the bytes of uploads are sent to.
pub(crate) const UPLOADS: &str = "/uploads/";
/// Bytes of a request that says what to do: release notes are the longest, and JSON may need 6 bytes for one of theirs.
const LARGEST_REQUEST: usize = 512 << 10;
/// How long the bytes of a part may take.
const PART_WITHIN: Duration = Duration::from_secs(60 * 60);
/// Wrong tokens that a client may present in [`WRONG_WITHIN`]. There is nothing to guess in 256 random bits; but who
/// tries is not to keep the database busy.
const WRONG_TOKENS: u32 = 10;
/// See [`WRONG_TOKENS`].
const WRONG_WITHIN: Duration = Duration::from_secs(60);

/// What uploads may be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// Bytes of a payload.
    pub largest: u64,
    /// Bytes of a part, if clients are to send payloads in parts: behind a proxy that takes no longer requests.
    pub part: Option<u64>,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self { largest: 64 << 20, part: None }
    }
}

/// Counts wrong tokens.
pub(crate) fn wrong_tokens() -> Attempts {
    Attempts::new(WRONG_TOKENS, WRONG_WITHIN)
}

/// The routes, and what they say of themselves. An answer begins `within` this time.
pub(crate) fn routes(within: Duration) -> (Router<Station>, OpenApi) {
    let timeout = |time| TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, time);
    let project = OpenApiRouter::new()
        .routes(routes!(project::show))
        .routes(routes!(upload::begin))
        .routes(routes!(upload::begin_in_parts))
        .routes(routes!(release::list))
        .routes(routes!(payload::add))
        .routes(routes!(release::show, release::remove))
        .routes(routes!(deployment::list, deployment::create))
        .routes(routes!(deployment::show, deployment::abort))
        .routes(routes!(software::types))
        .routes(routes!(software::version))
        .routes(routes!(cohort::list, cohort::create))
        .routes(routes!(cohort::assign))
        .routes(routes!(device::list))
        .routes(routes!(device::show, device::change));
    let requests = OpenApiRouter::new().nest(PROJECT, project).routes(routes!(upload::complete));
    let requests = requests.layer(timeout(within)).layer(DefaultBodyLimit::max(LARGEST_REQUEST));
    let parts = OpenApiRouter::new().routes(routes!(upload::part)).layer(timeout(PART_WITHIN));
    let (router, api) = requests.merge(parts).split_for_parts();
    (router.method_not_allowed_fallback(async || Refusal::WrongMethod), api)
}
