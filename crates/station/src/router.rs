//! All that is served, at its addresses.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};
use axum::{Extension, Router};
use tower_http::cors::{Any, CorsLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::attempts::Attempts;
use crate::gateway::Gateway;
use crate::link::LinkKey;
use crate::live::{self, Live};
use crate::manage::UploadLimits;
use crate::payload::Compressed;
use crate::store::Store;
use crate::{Refusal, app, document, feed, gateway, manage};

/// How long an answer may take to begin.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Those who only read send no body; this is what is tolerated.
const LARGEST_BODY: usize = 64 << 10;
/// How long a browser remembers what other origins may do.
const CORS_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// [`release_feed::PROJECT_KEY_HEADER`] and [`release_feed::REASON_HEADER`] as `http` wants constants: in lower case.
const PROJECT_KEY: HeaderName = HeaderName::from_static("memfault-project-key");
const REASON: HeaderName = HeaderName::from_static("memfault-reason");

/// What the station serves.
#[derive(Debug, Clone)]
pub struct Station {
    /// Releases, payloads, devices.
    pub store: Arc<Store>,
    /// What links to payloads are signed with.
    pub links: LinkKey,
    /// Where releases are asked for instead of in the store, if that is elsewhere.
    pub gateway: Option<Arc<Gateway>>,
    /// The folder of the page, if there is one.
    pub app: Option<Arc<Path>>,
    /// Whether it is served by TLS.
    pub https: bool,
    /// Whether a proxy's word on the client's request is believed.
    pub behind_proxy: bool,
    /// What uploads may be like.
    pub uploads: UploadLimits,
    pub(crate) compressed: Compressed,
    pub(crate) wrong_tokens: Arc<Attempts>,
    pub(crate) reports: Arc<Attempts>,
    pub(crate) live: Arc<Live>,
}

impl Station {
    /// A station that serves the releases of a store, without a page, by plain HTTP.
    pub fn new(store: Arc<Store>) -> Self {
        let links = LinkKey::new(store.link_secret());
        Self {
            store,
            links,
            gateway: None,
            app: None,
            https: false,
            behind_proxy: false,
            uploads: UploadLimits::default(),
            compressed: Compressed::default(),
            wrong_tokens: Arc::new(manage::wrong_tokens()),
            reports: Arc::new(feed::reports()),
            live: Arc::default(),
        }
    }
}

/// All routes of the station.
pub fn router(station: Station) -> Router {
    let releases = match &station.gateway {
        None => feed::routes(),
        Some(gateway) => gateway::routes().layer(Extension(Arc::clone(gateway))),
    };
    let (releases, mut api) = releases.merge(feed::report_routes()).split_for_parts();
    let releases = releases.route(&format!("{}{{room}}", live::PATH), only_read(get(live::live)));
    let releases = releases.route("/api/{*path}", any(|| async { Refusal::NotFound }));
    // A gateway asks for no key, so it answers the pages of its own origin only.
    let releases = if station.gateway.is_none() { releases.layer(cors()) } else { releases };
    let constant = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let router = releases
        .route("/fieldflash.json", only_read(get(app::page_config)))
        .fallback_service(app::files(&station))
        // Layers in one are one turn to make and to take apart, for each request; the first is the outermost.
        .layer((
            RequestBodyLimitLayer::new(LARGEST_BODY),
            TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN),
        ));
    // Releases that are elsewhere are managed there.
    let router = match station.gateway {
        None => {
            let (management, more) = manage::routes(ANSWER_WITHIN);
            api.merge(more);
            router.merge(management)
        }
        Some(_) => router,
    };
    let router = router.merge(document::route(api)).layer((
        from_fn(log),
        constant(header::REFERRER_POLICY, "no-referrer"),
        constant(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ));
    let router = match station.https {
        true => router.layer(constant(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")),
        false => router,
    };
    router.with_state(station)
}

/// A route that is read, and refuses all else.
pub(crate) fn only_read(route: MethodRouter<Station>) -> MethodRouter<Station> {
    route.fallback(async || Refusal::MethodNotAllowed)
}

/// A page of any origin may use the feed: the project key is what is asked for, not a cookie.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([PROJECT_KEY, header::RANGE, header::IF_RANGE, header::IF_NONE_MATCH])
        .expose_headers([
            REASON,
            header::RETRY_AFTER,
            header::ETAG,
            header::CONTENT_RANGE,
            header::CONTENT_LENGTH,
            header::ACCEPT_RANGES,
            header::CONTENT_ENCODING,
        ])
        .max_age(CORS_MAX_AGE)
}

async fn log(request: Request, next: Next) -> Response {
    if !tracing::enabled!(tracing::Level::INFO) {
        return next.run(request).await;
    }
    let uri = request.uri();
    // A room's name is half of what two people agreed on. Whoever has the whole of a link, or the token of an upload, can use it.
    let address = match uri.path() {
        path if path.starts_with("/payloads/") => path.to_owned(),
        path if path.starts_with(live::PATH) => format!("{}…", live::PATH),
        path if path.starts_with(manage::UPLOADS) => format!("{}…", manage::UPLOADS),
        _ => uri.to_string(),
    };
    let asked = format!("{} {address}", request.method());
    let start = Instant::now();
    let response = next.run(request).await;
    tracing::info!("{asked} {} {} ms", response.status().as_u16(), start.elapsed().as_millis());
    response
}
